//! Documents as Word files (Office Open XML), for readers who want to change them.

use docx_rs::{
    AbstractNumbering, AlignmentType, BorderType, BreakType, Docx, Footer, Hyperlink, HyperlinkData, HyperlinkType,
    IndentLevel, Level, LevelJc, LevelText, LineSpacing, NumPages, NumberFormat, Numbering, NumberingId, PageMargin,
    PageNum, Paragraph, ParagraphBorder, ParagraphBorderPosition, ParagraphBorders, RunFonts, Shading, ShdType,
    SpecialIndentType, Start, Style, StyleType, Table, TableCell, TableCellMargins, TableRow, WidthType,
};
use std::io::Cursor;

use crate::markdown::{Align, Block, Run};
use crate::model::Document;
use crate::{Fault, clean};

/// Width between the margins of an A4 page, in twentieths of a point.
const TEXT_WIDTH: usize = 9_070;
/// One step of indentation, in twentieths of a point: two characters.
const STEP: i32 = 420;
/// The numbering that draws bullets; numbered lists get one each, counted from here.
const BULLETS: usize = 2;
/// Sizes of headings in half-points, from level 1.
const HEADINGS: [usize; 6] = [32, 26, 23, 21, 21, 21];

/// The document as a Word file. Same input, same bytes.
pub(crate) fn write(document: &Document, blocks: &[Block]) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer { docx: page(), numberings: BULLETS, paragraphs: 0, links: 0 };
    writer.opening(document);
    for block in blocks {
        writer.block(block, 0);
    }
    let mut file = Cursor::new(Vec::new());
    writer.docx.pack(&mut file).map_err(|e| Fault::Word(e.to_string()))?;
    Ok(file.into_inner())
}

/// The empty page with its styles.
fn page() -> Docx {
    let fonts = RunFonts::new().ascii("BIZ UDPGothic").hi_ansi("BIZ UDPGothic").east_asia("BIZ UDPGothic");
    let margin = PageMargin { top: 1418, left: 1418, bottom: 1418, right: 1418, header: 680, footer: 680, gutter: 0 };
    let docx = Docx::new()
        .default_fonts(fonts)
        .default_size(21)
        .page_size(11_906, 16_838)
        .page_margin(margin)
        .add_style(Style::new("Title", StyleType::Paragraph).name("Title").size(40).bold())
        .add_abstract_numbering(AbstractNumbering::new(BULLETS).add_level(level("bullet", "・", 1)))
        .add_numbering(Numbering::new(BULLETS, BULLETS));
    HEADINGS.iter().enumerate().fold(docx, |docx, (nth, size)| {
        let style = Style::new(format!("Heading{}", nth + 1), StyleType::Paragraph);
        docx.add_style(style.name(format!("heading {}", nth + 1)).size(*size).bold().outline_lvl(nth))
    })
}

struct Writer {
    docx: Docx,
    numberings: usize,
    paragraphs: u32,
    links: u32,
}

impl Writer {
    /// The title, what it is and since when, and the footer.
    fn opening(&mut self, document: &Document) {
        let size = 17;
        let footer = self
            .paragraph(spacing(0, 0))
            .align(AlignmentType::Center)
            .add_run(text(&document.title).size(size))
            .add_run(text("　　").size(size))
            .add_page_num(PageNum::new())
            .add_run(text(" / ").size(size))
            .add_num_pages(NumPages::new());
        let facts = [&document.publisher, &document.version, &document.effective_date].map(|fact| clean::line(fact));
        let facts = facts.iter().filter(|fact| !fact.is_empty()).map(String::as_str).collect::<Vec<_>>().join("　");
        let title = self.paragraph(spacing(0, 120)).style("Title").add_run(text(&clean::line(&document.title)));
        let facts = self.paragraph(spacing(0, 360)).add_run(text(&facts).color("4D4D4D"));
        let docx = std::mem::take(&mut self.docx);
        let footer = Footer::new().add_paragraph(footer);
        self.docx = docx.footer(footer).add_paragraph(title).add_paragraph(facts);
    }

    /// An empty paragraph, numbered here: the library counts across all files of a process.
    fn paragraph(&mut self, spacing: LineSpacing) -> Paragraph {
        self.paragraphs += 1;
        Paragraph::new().id(format!("{:08X}", self.paragraphs)).line_spacing(spacing)
    }

    fn indented(&mut self, depth: i32, spacing: LineSpacing) -> Paragraph {
        let paragraph = self.paragraph(spacing);
        if depth == 0 { paragraph } else { paragraph.indent(Some(STEP * depth), None, None, None) }
    }

    /// Adds a block, indented by `depth` steps.
    fn block(&mut self, block: &Block, depth: i32) {
        match block {
            Block::Heading { level, runs } => self.heading(*level, runs),
            Block::Paragraph { runs } => {
                let paragraph = self.indented(depth, spacing(0, 120));
                self.add(paragraph, runs);
            }
            Block::List { start, items } => self.list(*start, items, depth),
            Block::Quote { blocks } => blocks.iter().for_each(|block| self.block(block, depth + 1)),
            Block::Code { text } => {
                let run = Run { text: text.clone(), code: true, ..Run::default() };
                let paragraph = self.indented(depth + 1, spacing(60, 120));
                self.add(paragraph, &[run]);
            }
            Block::Rule => {
                let line =
                    ParagraphBorder::new(ParagraphBorderPosition::Bottom).val(BorderType::Single).color("CCCCCC");
                let mut paragraph = self.indented(depth, spacing(60, 180));
                paragraph.property = paragraph.property.set_borders(ParagraphBorders::with_empty().set(line));
                self.add(paragraph, &[]);
            }
            Block::Table { align, head, rows } => self.table(align, head, rows),
        }
    }

    fn heading(&mut self, level: u8, runs: &[Run]) {
        let style = format!("Heading{}", usize::from(level).clamp(1, HEADINGS.len()));
        let paragraph = self.paragraph(spacing(280, 100)).style(&style).keep_next(true);
        self.add(paragraph, runs);
    }

    fn list(&mut self, start: Option<u64>, items: &[Vec<Block>], depth: i32) {
        let numbering = start.map_or(BULLETS, |start| self.numbered(start));
        for item in items {
            let mut blocks = item.iter();
            let first = self
                .paragraph(spacing(0, 60))
                .numbering(NumberingId::new(numbering), IndentLevel::new(0))
                .indent(Some(STEP * (depth + 1)), Some(SpecialIndentType::Hanging(STEP)), None, None);
            match blocks.next() {
                Some(Block::Paragraph { runs }) => self.add(first, runs),
                other => {
                    self.add(first, &[]);
                    other.into_iter().for_each(|block| self.block(block, depth + 1));
                }
            }
            blocks.for_each(|block| self.block(block, depth + 1));
        }
    }

    /// A numbering of its own, so that every numbered list starts anew.
    fn numbered(&mut self, start: u64) -> usize {
        self.numberings += 1;
        let numbers = AbstractNumbering::new(self.numberings);
        let first = usize::try_from(start).unwrap_or(1);
        let docx = std::mem::take(&mut self.docx);
        self.docx = docx
            .add_abstract_numbering(numbers.add_level(level("decimal", "%1.", first)))
            .add_numbering(Numbering::new(self.numberings, self.numberings));
        self.numberings
    }

    fn table(&mut self, align: &[Align], head: &[Vec<Run>], rows: &[Vec<Vec<Run>>]) {
        let width = TEXT_WIDTH / head.len().max(1);
        let mut all = vec![self.row(align, head, width, true)];
        all.extend(rows.iter().map(|cells| self.row(align, cells, width, false)));
        let table = Table::new(all)
            .set_grid(vec![width; head.len()])
            .margins(TableCellMargins::new().margin(60, 100, 60, 100))
            .width(TEXT_WIDTH, WidthType::Dxa);
        // Word joins two tables that nothing separates.
        let gap = self.paragraph(spacing(0, 60));
        let docx = std::mem::take(&mut self.docx);
        self.docx = docx.add_table(table).add_paragraph(gap);
    }

    fn row(&mut self, align: &[Align], cells: &[Vec<Run>], width: usize, is_head: bool) -> TableRow {
        let cells = cells.iter().enumerate().map(|(nth, runs)| {
            let side = match align.get(nth) {
                Some(Align::Center) => AlignmentType::Center,
                Some(Align::Right) => AlignmentType::Right,
                Some(Align::Left) | None => AlignmentType::Left,
            };
            let paragraph = self.paragraph(spacing(0, 0)).align(side);
            let paragraph = self.filled(paragraph, runs, is_head);
            let cell = TableCell::new().width(width, WidthType::Dxa).add_paragraph(paragraph);
            let shade = Shading::new().shd_type(ShdType::Clear).fill("F2F2F2");
            if is_head { cell.shading(shade) } else { cell }
        });
        TableRow::new(cells.collect()).cant_split()
    }

    fn add(&mut self, paragraph: Paragraph, runs: &[Run]) {
        let paragraph = self.filled(paragraph, runs, false);
        let docx = std::mem::take(&mut self.docx);
        self.docx = docx.add_paragraph(paragraph);
    }

    fn filled(&mut self, paragraph: Paragraph, runs: &[Run], strong: bool) -> Paragraph {
        runs.iter().fold(paragraph, |paragraph, run| {
            let mut piece = text(&run.text);
            if run.strong || strong {
                piece = piece.bold();
            }
            if run.strike {
                piece = piece.strike();
            }
            match &run.link {
                Some(url) => paragraph.add_hyperlink(self.link(url, piece)),
                None => paragraph.add_run(piece),
            }
        })
    }

    /// A link, numbered here for the same reason as paragraphs.
    fn link(&mut self, url: &str, piece: docx_rs::Run) -> Hyperlink {
        self.links += 1;
        let mut link = Hyperlink::new(url, HyperlinkType::External);
        if let HyperlinkData::External { rid, .. } = &mut link.link {
            *rid = format!("rIdLink{}", self.links);
        }
        link.add_run(piece.color("00118F").underline("single"))
    }
}

/// A run of clean text; its line breaks become breaks.
fn text(raw: &str) -> docx_rs::Run {
    let clean = clean::text(raw);
    let mut lines = clean.split('\n');
    let first = docx_rs::Run::new().add_text(lines.next().unwrap_or_default());
    lines.fold(first, |run, line| run.add_break(BreakType::TextWrapping).add_text(line))
}

fn spacing(before: u32, after: u32) -> LineSpacing {
    LineSpacing::new().before(before).after(after).line(320)
}

fn level(format: &str, text: &str, start: usize) -> Level {
    let (format, text) = (NumberFormat::new(format), LevelText::new(text));
    Level::new(0, Start::new(start), format, text, LevelJc::new("left")).indent(
        Some(STEP),
        Some(SpecialIndentType::Hanging(STEP)),
        None,
        None,
    )
}
