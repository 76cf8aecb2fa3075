//! A readable document: headings, paragraphs, lists, tables, and a table of contents.

use krilla::tagging::{ListNumbering, TableHeaderScope, Tag, TagKind};
use std::rc::Rc;

use super::copy::head;
use super::desk::Desk;
use super::letter::foot;
use crate::book::{Book, Bookmark};
use crate::clean;
use crate::layout::look::{ACTION, HAIR, HAIRLINE, Look, PANEL, QUIET};
use crate::layout::mm;
use crate::layout::page::{Area, HEIGHT, paginate, repeated};
use crate::layout::slab::{self, Align, Flow, Ground, Ink, Mark, Slab, indented, paragraph};
use crate::layout::table::{Cell, Grid, Rules, spread};
use crate::layout::tags::{Node, Target};
use crate::layout::text::{Span, Text};
use crate::markdown::{Align as Side, Block, Run, plain};
use crate::model::Document;

const SIZE: f32 = 10.5;
const SIDES: f32 = mm(24.0);
const TOP: f32 = mm(25.0);
const BOTTOM: f32 = mm(24.0);
/// Space between two paragraphs.
const SPACING: f32 = 1.1 * SIZE;
/// Fewer headings need no table of contents.
const CHAPTERS: usize = 4;
/// Size and space above and below of headings, from level 1.
const HEADINGS: [(f32, f32, f32); 3] = [(15.0, 30.0, 13.5), (12.5, 21.0, 10.0), (SIZE, 16.0, 8.0)];
/// A column is never set narrower than this, however deep it is nested.
const NARROWEST: f32 = 60.0;
const QUOTE: Ground =
    Ground { fill: None, frame: None, bar: Some((HAIR, mm(1.0))), radius: 0.0, pad: (mm(4.0), mm(1.0)) };
const CODE: Ground = Ground { fill: Some(PANEL), frame: None, bar: None, radius: mm(1.0), pad: (mm(3.0), mm(3.0)) };
const CONTENTS: Ground = Ground { fill: Some(PANEL), frame: None, bar: None, radius: mm(2.0), pad: (mm(5.0), mm(5.0)) };

/// The document as a file.
pub(crate) fn document(document: &Document, blocks: &[Block]) -> Book {
    let [title, version, publisher] =
        [&document.title, &document.version, &document.publisher].map(|text| clean::line(text));
    let mut book = Book::new(title.clone(), publisher.clone());
    let area = Area::within(SIDES, TOP, BOTTOM);
    let part = book.tag(None, Tag::Part);
    let mut desk = Desk::new(&mut book, Some(part), area.width, Look::new(SIZE), area.height);
    desk.leading = 0.7;
    desk.opening(&title, &[&publisher, &version, &in_force(&document.effective_date)]);
    let contents: Vec<Bookmark> = blocks.iter().filter_map(|block| desk.chapter(block)).collect();
    if contents.len() >= CHAPTERS {
        desk.contents(&contents);
    }
    let mut anchors = contents.iter().map(|chapter| chapter.anchor);
    desk.blocks(blocks, &mut anchors);
    let flow = desk.column.flow();
    book.pages = paginate(&flow, area);
    book.bookmarks = contents;
    let (look, count) = (Look::new(8.0).color(QUIET), book.pages.len());
    for (nth, page) in book.pages.iter_mut().enumerate() {
        page.foot = foot(&publisher, (nth + 1, count), look, (SIDES, HEIGHT - BOTTOM * 0.7, area.width), 1);
        if nth > 0 {
            page.head = head(&title, &version, look, (SIDES, TOP * 0.7 - 8.0, area.width));
        }
    }
    book
}

fn in_force(date: &str) -> String {
    let date = clean::line(date);
    if date.trim().is_empty() { date } else { format!("{date} 施行") }
}

fn heading_look(level: u8) -> (f32, f32, f32) {
    HEADINGS.get(usize::from(level.saturating_sub(1))).copied().unwrap_or(HEADINGS[2])
}

impl Desk<'_> {
    /// The title, and who publishes which version since when.
    fn opening(&mut self, title: &str, facts: &[&str]) {
        let node = self.tag(Tag::Title);
        let flow = paragraph(&Text::plain(title, Look::new(20.0).bold()), self.width, 0.4, Align::Left, Some(node));
        self.column.add(0.0, flow, mm(4.0));
        let facts: Vec<&str> = facts.iter().copied().filter(|fact| !fact.trim().is_empty()).collect();
        if !facts.is_empty() {
            self.paragraph(&facts.join("　 "), Look::new(9.5).color(QUIET), 0.0, mm(8.0));
        }
    }

    /// The bookmark of a heading.
    fn chapter(&mut self, block: &Block) -> Option<Bookmark> {
        let Block::Heading { level, runs } = block else { return None };
        Some(Bookmark { level: *level, title: clean::line(&plain(runs)), anchor: self.book.anchor() })
    }

    fn contents(&mut self, chapters: &[Bookmark]) {
        let part = self.tag(Tag::Div);
        let flow = self.grounded(part, CONTENTS, |desk| {
            desk.heading(1, "目次", Look::new(15.0).bold(), (0.0, mm(4.0)));
            let list = desk.tag(Tag::TOC);
            for chapter in chapters.iter().filter(|chapter| chapter.level <= 2) {
                let entry = desk.entry(chapter, list);
                desk.column.add(0.7 * SIZE, entry, 0.0);
            }
        });
        self.column.add(0.0, flow, mm(10.0));
    }

    /// A line of the contents, which leads to its chapter.
    fn entry(&mut self, chapter: &Bookmark, list: Node) -> Flow {
        let item = self.book.tag(Some(list), Tag::TOCI);
        let link = self.book.tag(Some(item), Tag::Link);
        self.book.tags.link(link, Target::Anchor(chapter.anchor, chapter.title.clone()));
        let indent = if chapter.level > 1 { SIZE } else { 0.0 };
        let number = mm(10.0);
        let text = Text::plain(&chapter.title, self.look);
        let lines = text.lines(self.width - indent - number - mm(4.0));
        let end = indent + lines.last().map_or(0.0, |line| line.width) + mm(2.0);
        let mut flow = indented(slab::stacked(lines, self.width, 0.5, Align::Left, Some(link)), indent);
        flow.iter_mut().rev().skip(1).for_each(|slab| slab.keep = true);
        if let Some(last) = flow.last_mut() {
            let length = (self.width - number - end).max(0.0);
            last.marks.push(Mark::plain(end, 0.62 * SIZE, Ink::Fill(length, 0.4, 0.0, HAIR)));
            let page = Ink::PageOf(chapter.anchor, self.look);
            last.marks.push(Mark { x: self.width, y: 0.0, ink: page, node: Some(link) });
        }
        flow
    }

    fn blocks(&mut self, blocks: &[Block], anchors: &mut dyn Iterator<Item = usize>) {
        for block in blocks {
            match block {
                Block::Heading { level, runs } => self.chapter_heading(*level, runs, anchors.next()),
                Block::Paragraph { runs } => {
                    let node = self.tag(Tag::P);
                    let text = self.runs(runs, node, self.look);
                    self.text(&text, node, SPACING, SPACING);
                }
                Block::List { start, items } => self.list(*start, items),
                Block::Quote { blocks } => {
                    let part = self.tag(Tag::BlockQuote);
                    let flow = self.quoted(part, blocks);
                    self.column.add(SPACING, flow, SPACING);
                }
                Block::Code { text } => self.listing(text),
                Block::Rule => {
                    let line = Mark::plain(0.0, 0.0, Ink::Fill(self.width, HAIRLINE, 0.0, HAIR));
                    let slab = Slab { height: HAIRLINE, marks: vec![line], ..Slab::default() };
                    self.column.add(SPACING * 1.5, vec![slab], SPACING * 1.5);
                }
                Block::Table { align, head, rows } => self.table(align, head, rows),
            }
        }
    }

    fn chapter_heading(&mut self, level: u8, runs: &[Run], anchor: Option<usize>) {
        let (size, above, below) = heading_look(level);
        let look = Look::new(size).bold();
        let spans = runs.iter().map(|run| Span::new(clean::text(&run.text), styled(run, look))).collect();
        let own = self.heading_of(level, &clean::line(&plain(runs)), spans, (above, below));
        // The contents lead to the anchor that was promised to them.
        self.column.rename_anchor(own, anchor.unwrap_or(own));
    }

    /// Runs as one text; links and pieces of code are parts of their own.
    fn runs(&mut self, runs: &[Run], parent: Node, look: Look) -> Rc<Text> {
        let spans = runs.iter().map(|run| {
            let node = match &run.link {
                Some(url) => {
                    let link = self.book.tag(Some(parent), Tag::Link);
                    self.book.tags.link(link, Target::Web(url.clone()));
                    Some(link)
                }
                None => run.code.then(|| self.book.tag(Some(parent), Tag::Code)),
            };
            Span { text: clean::text(&run.text), look: styled(run, look), node }
        });
        Text::new(spans.collect())
    }

    fn list(&mut self, start: Option<u64>, items: &[Vec<Block>]) {
        let kind = if start.is_some() { ListNumbering::Decimal } else { ListNumbering::Disc };
        let list = self.tag(Tag::L(kind));
        let labels: Vec<Rc<Text>> = (0..items.len() as u64)
            .map(|nth| match start {
                Some(first) => Text::plain(&format!("{}.", first.saturating_add(nth)), self.look),
                None => Text::plain("・", self.look),
            })
            .collect();
        let widest = labels.iter().map(Text::width).fold(0.0, f32::max);
        let indent = widest + if start.is_some() { 0.5 * SIZE } else { 0.3 * SIZE };
        for (nth, (label, blocks)) in labels.iter().zip(items).enumerate() {
            let item = self.book.tag(Some(list), Tag::LI);
            let number = self.book.tag(Some(item), Tag::Lbl);
            let body = self.book.tag(Some(item), Tag::LBody);
            let room = (self.width - indent).max(NARROWEST);
            let inner = self.inner(body, room, |desk| desk.blocks(blocks, &mut std::iter::empty()));
            let mut flow =
                indented(if inner.is_empty() { vec![Slab { height: SIZE, ..Slab::default() }] } else { inner }, indent);
            if let Some(first) = flow.first_mut() {
                let label = paragraph(label, widest, 0.0, Align::Right, Some(number));
                first.marks.splice(0..0, label.into_iter().flat_map(|slab| slab.marks));
            }
            let space = 0.9 * SIZE;
            self.column.add(if nth == 0 { SPACING } else { space }, flow, space);
        }
    }

    fn quoted(&mut self, part: Node, blocks: &[Block]) -> Flow {
        let width = self.width.max(NARROWEST + 2.0 * QUOTE.pad.0);
        let flow = self.inner(part, width - 2.0 * QUOTE.pad.0, |desk| {
            desk.look = desk.look.color(QUIET);
            desk.blocks(blocks, &mut std::iter::empty());
        });
        QUOTE.behind(flow, width, self.limit / 4.0)
    }

    fn listing(&mut self, code: &str) {
        let part = self.tag(Tag::P);
        let node = self.book.tag(Some(part), Tag::Code);
        let text = Text::plain(&clean::text(code), Look::new(9.0).mono());
        let flow = self.grounded(part, CODE, |desk| desk.text(&text, node, 0.0, 0.0));
        self.column.add(SPACING, flow, SPACING);
    }

    fn table(&mut self, align: &[Side], head: &[Vec<Run>], rows: &[Vec<Vec<Run>>]) {
        let table = self.tag(Tag::Table);
        // Many columns have room only for small letters.
        let look = self.look.size(match head.len() {
            0..=7 => SIZE,
            8..=15 => 8.0,
            _ => 5.0,
        });
        let mut cells = vec![self.cells(table, head, align, look.bold(), true)];
        cells.extend(rows.iter().map(|row| self.cells(table, row, align, look, false)));
        let pad = (mm(2.5), mm(2.0));
        let wanted: Vec<f32> = (0..head.len())
            .map(|nth| cells.iter().filter_map(|row| row.get(nth)).map(|cell| cell.text.width()).fold(0.0, f32::max))
            .map(|width| width + 2.0 * pad.0 + 0.1)
            .collect();
        let grid = Grid { columns: spread(&wanted, self.width), pad, leading: self.leading, rules: Rules::Around };
        let mut rows = cells.iter().map(|row| grid.row(row));
        let mut flow = rows.next().unwrap_or_default();
        // A head as long as a page must not be repeated on every page.
        let again = Some(Rc::new(repeated(&flow))).filter(|head| head.height < self.limit / 4.0);
        flow.iter_mut().for_each(|slab| slab.keep = again.is_some());
        for row in rows {
            flow.extend(row.into_iter().map(|slab| Slab { head: again.clone(), ..slab }));
        }
        self.column.add(SPACING, flow, SPACING);
    }

    fn cells(&mut self, table: Node, row: &[Vec<Run>], align: &[Side], look: Look, head: bool) -> Vec<Cell> {
        let tr = self.book.tag(Some(table), Tag::TR);
        let cell = |(nth, runs): (usize, &Vec<Run>)| {
            let kind: TagKind = if head { Tag::TH(TableHeaderScope::Column).into() } else { Tag::TD.into() };
            let node = self.book.tag(Some(tr), kind);
            let align = match align.get(nth) {
                Some(Side::Center) => Align::Center,
                Some(Side::Right) => Align::Right,
                Some(Side::Left) | None => Align::Left,
            };
            Cell { text: self.runs(runs, node, look), align, fill: head.then_some(PANEL), node: Some(node) }
        };
        row.iter().enumerate().map(cell).collect()
    }
}

/// How a run looks in a text that looks like `look`.
fn styled(run: &Run, look: Look) -> Look {
    let mut styled = Look { bold: look.bold || run.strong, strike: run.strike, ..look };
    if run.code {
        styled = Look { shade: true, ..styled.mono().size(0.9 * look.size) };
    }
    if run.link.is_some() {
        styled = Look { underline: true, ..styled.color(ACTION) };
    }
    styled
}
