//! Markdown turned into data: the PDF and the Word file are made from these blocks.

use pulldown_cmark::{Alignment, Event, Options, Parser, Tag, TagEnd};

/// How deep lists and quotations may nest; what is deeper is set at this depth.
const MAX_DEPTH: usize = 6;
/// Schemes that a printed document may link to.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading; levels start at 1 and never skip one.
    Heading { level: u8, runs: Vec<Run> },
    /// A paragraph.
    Paragraph { runs: Vec<Run> },
    /// A list, numbered from `start` or with bullets.
    List { start: Option<u64>, items: Vec<Vec<Block>> },
    /// A quotation.
    Quote { blocks: Vec<Block> },
    /// Text to be set letter by letter.
    Code { text: String },
    /// A line across.
    Rule,
    /// A table; rows have as many cells as the head.
    Table { align: Vec<Align>, head: Vec<Vec<Run>>, rows: Vec<Vec<Vec<Run>>> },
}

/// Text of one style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) strong: bool,
    pub(crate) strike: bool,
    pub(crate) code: bool,
    pub(crate) link: Option<String>,
}

/// How a column of a table is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// The blocks of a Markdown text; a first heading that only repeats `title` is left out.
pub(crate) fn blocks(title: &str, body: &str) -> Vec<Block> {
    let mut builder = Builder { open: vec![Container::default()], ..Builder::default() };
    for event in Parser::new_ext(body, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        builder.take(event);
    }
    builder.flush();
    let mut blocks = builder.open.pop().unwrap_or_default().blocks;
    if matches!(blocks.first(), Some(Block::Heading { runs, .. }) if plain(runs).trim() == title.trim()) {
        blocks.remove(0);
    }
    level_headings(&mut blocks);
    blocks
}

/// The text of runs without their style.
pub(crate) fn plain(runs: &[Run]) -> String {
    runs.iter().map(|run| run.text.as_str()).collect()
}

/// Shifts headings so that they start at 1 and never skip a level, as readers with a screen reader need.
fn level_headings(blocks: &mut [Block]) {
    let levels = blocks.iter().filter_map(|b| if let Block::Heading { level, .. } = b { Some(*level) } else { None });
    let top = levels.min().unwrap_or(1);
    let mut last = 0;
    for block in blocks {
        if let Block::Heading { level, .. } = block {
            *level = (*level - top + 1).min(last + 1);
            last = *level;
        }
    }
}

/// An open list, item or quotation and what it holds so far.
#[derive(Default)]
struct Container {
    blocks: Vec<Block>,
    items: Vec<Vec<Block>>,
    start: Option<u64>,
}

#[derive(Default)]
struct Table {
    align: Vec<Align>,
    head: Vec<Vec<Run>>,
    rows: Vec<Vec<Vec<Run>>>,
    row: Vec<Vec<Run>>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Container>,
    runs: Vec<Run>,
    table: Table,
    code: Option<String>,
    strong: usize,
    strike: usize,
    links: Vec<Option<String>>,
    soft_break: bool,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Code(text) => self.write(&text, true),
            Event::SoftBreak => self.soft_break = true,
            Event::HardBreak => self.write("\n", false),
            Event::Rule => {
                self.flush();
                self.push(Block::Rule);
            }
            Event::Text(t) | Event::Html(t) | Event::InlineHtml(t) | Event::InlineMath(t) | Event::DisplayMath(t) => {
                match &mut self.code {
                    Some(code) => code.push_str(&t),
                    None => self.write(&t, false),
                }
            }
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong | Tag::Emphasis => self.strong += 1,
            Tag::Strikethrough => self.strike += 1,
            Tag::Link { dest_url, .. } => self.links.push(printable_link(&dest_url)),
            Tag::List(start) => self.enter(start),
            Tag::Item | Tag::BlockQuote(_) => self.enter(None),
            Tag::CodeBlock(_) => {
                self.flush();
                self.code = Some(String::new());
            }
            Tag::Table(align) => {
                self.flush();
                self.table = Table { align: align.into_iter().map(side).collect(), ..Table::default() };
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis => self.strong = self.strong.saturating_sub(1),
            TagEnd::Strikethrough => self.strike = self.strike.saturating_sub(1),
            TagEnd::Link => drop(self.links.pop()),
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.flush(),
            TagEnd::Heading(level) => self.heading(level as u8),
            TagEnd::CodeBlock => {
                let text = self.code.take().unwrap_or_default();
                self.push(Block::Code { text: text.trim_end().to_owned() });
            }
            TagEnd::Item => {
                let item = self.leave();
                if let Some(list) = self.open.last_mut() {
                    list.items.push(item.blocks);
                }
            }
            TagEnd::List(_) => self.close(|list| Block::List { start: list.start, items: list.items }),
            TagEnd::BlockQuote(_) => self.close(|quote| Block::Quote { blocks: quote.blocks }),
            TagEnd::TableCell => {
                let cell = self.runs();
                self.table.row.push(cell);
            }
            TagEnd::TableHead => self.table.head = std::mem::take(&mut self.table.row),
            TagEnd::TableRow => self.table.rows.push(std::mem::take(&mut self.table.row)),
            TagEnd::Table => {
                let Table { align, head, rows, .. } = std::mem::take(&mut self.table);
                self.push(Block::Table { align, head, rows });
            }
            _ => {}
        }
    }

    /// Appends text in the current style; a soft break before it becomes a blank only between Latin words.
    fn write(&mut self, text: &str, code: bool) {
        let before = self.runs.last().and_then(|run| run.text.chars().last());
        let narrow = |c: Option<char>| c.is_some_and(|c| c.is_ascii() && !c.is_whitespace());
        let blank = std::mem::take(&mut self.soft_break) && narrow(before) && narrow(text.chars().next());
        let style = Run {
            text: String::new(),
            strong: self.strong > 0,
            strike: self.strike > 0,
            code,
            link: self.links.last().cloned().flatten(),
        };
        if self.runs.last().is_none_or(|last| Run { text: String::new(), ..last.clone() } != style) {
            self.runs.push(style);
        }
        if let Some(run) = self.runs.last_mut() {
            run.text.push_str(if blank { " " } else { "" });
            run.text.push_str(text);
        }
    }

    fn runs(&mut self) -> Vec<Run> {
        self.soft_break = false;
        let mut runs = std::mem::take(&mut self.runs);
        if let Some(last) = runs.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
        runs.retain(|run| !run.text.is_empty());
        runs
    }

    /// Ends a paragraph, if one has begun (items of tight lists have no paragraph of their own).
    fn flush(&mut self) {
        let runs = self.runs();
        if !runs.is_empty() {
            self.push(Block::Paragraph { runs });
        }
    }

    fn heading(&mut self, level: u8) {
        let mut runs = self.runs();
        if self.open.len() > 1 {
            // A heading inside a list or quotation has no place in the outline.
            runs.iter_mut().for_each(|run| run.strong = true);
            self.push(Block::Paragraph { runs });
        } else if !runs.is_empty() {
            self.push(Block::Heading { level, runs });
        }
    }

    fn push(&mut self, block: Block) {
        if let Some(container) = self.open.last_mut() {
            container.blocks.push(block);
        }
    }

    fn enter(&mut self, start: Option<u64>) {
        self.flush();
        self.open.push(Container { start, ..Container::default() });
    }

    fn leave(&mut self) -> Container {
        self.flush();
        if self.open.len() > 1 { self.open.pop().unwrap_or_default() } else { Container::default() }
    }

    /// Closes a list or quotation; one that is too deep gives its content to what is around it.
    fn close(&mut self, block: impl FnOnce(Container) -> Block) {
        let container = self.leave();
        if self.open.len() > 2 * MAX_DEPTH {
            let Some(parent) = self.open.last_mut() else { return };
            parent.blocks.extend(container.items.into_iter().flatten());
            parent.blocks.extend(container.blocks);
        } else {
            self.push(block(container));
        }
    }
}

fn printable_link(url: &str) -> Option<String> {
    let fits = url.len() < 2_000 && !url.contains(|c: char| c.is_control() || c.is_whitespace());
    (fits && SCHEMES.iter().any(|scheme| url.starts_with(scheme))).then(|| url.to_owned())
}

fn side(alignment: Alignment) -> Align {
    match alignment {
        Alignment::Center => Align::Center,
        Alignment::Right => Align::Right,
        Alignment::Left | Alignment::None => Align::Left,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(text: &str) -> Block {
        Block::Paragraph { runs: vec![Run { text: text.to_owned(), ..Run::default() }] }
    }

    #[test]
    fn headings_start_at_one_skip_nothing_and_do_not_repeat_the_title() {
        let body = "## 規程\n\n## 第1章\n\n##### 細目\n\n### 第1条\n";
        let levels: Vec<_> = blocks("規程", body)
            .iter()
            .map(|b| if let Block::Heading { level, runs } = b { (*level, plain(runs)) } else { panic!("{b:?}") })
            .collect();
        assert_eq!(levels, [(1, "第1章".to_owned()), (2, "細目".to_owned()), (2, "第1条".to_owned())]);
    }

    #[test]
    fn lines_of_japanese_join_without_a_blank_and_latin_words_with_one() {
        assert_eq!(blocks("", "端末の\n電子証明書"), [paragraph("端末の電子証明書")]);
        assert_eq!(blocks("", "Windows\nUpdate"), [paragraph("Windows Update")]);
    }

    #[test]
    fn tight_items_and_tables_keep_their_text() {
        let list = Block::List { start: Some(3), items: vec![vec![paragraph("三")], vec![paragraph("四")]] };
        assert_eq!(blocks("", "3. 三\n4. 四"), [list]);
        let Block::Table { align, head, rows } = blocks("", "|区分|料金|\n|--|--:|\n|発行|1,500円|").remove(0)
        else {
            panic!("no table")
        };
        assert_eq!(align, [Align::Left, Align::Right]);
        assert_eq!((plain(&head[1]), plain(&rows[0][1])), ("料金".to_owned(), "1,500円".to_owned()));
    }

    #[test]
    fn markup_of_other_languages_is_text_and_odd_links_are_not_followed() {
        assert_eq!(blocks("", "<script>alert(1)</script>"), [paragraph("<script>alert(1)</script>")]);
        let Block::Paragraph { runs } = blocks("", "[a](javascript:alert) [b](https://b.example.jp)").remove(0) else {
            panic!("no paragraph")
        };
        assert_eq!(runs.iter().filter_map(|run| run.link.as_deref()).collect::<Vec<_>>(), ["https://b.example.jp"]);
    }

    #[test]
    fn nesting_without_end_is_flattened_and_loses_no_text() {
        fn depth(block: &Block) -> usize {
            match block {
                Block::Quote { blocks } => 1 + blocks.iter().map(depth).max().unwrap_or(0),
                _ => 0,
            }
        }
        let blocks = blocks("", &format!("{}底", "> ".repeat(500)));
        assert!((1..=2 * MAX_DEPTH).contains(&depth(&blocks[0])), "{}", depth(&blocks[0]));
        assert!(format!("{blocks:?}").contains('底'));
    }
}
