//! Markdown texts that staff write: taken apart to judge them, and as they will look.

use std::collections::BTreeMap;

use domain::{
    content::{self, Link, Picture, Shape},
    ids::FileId,
    permissions::Permission,
};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use storage::boxed;

use super::placeholders;
use crate::{App, Ctx, Error, Result, mail::fill};

/// What a text is made of, each kind of piece as far as our Markdown knows it.
pub const MARKDOWN: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

/// A text as it will look.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// Markdown with its placeholders filled as far as they are known.
    pub markdown: String,
    /// What keeps it from being saved, in sentences.
    pub faults: Vec<String>,
}

/// A text as readers will see it, for whoever writes it; nothing is kept.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn preview(ctx: &Ctx<'_>, markdown: &str) -> Result<Preview> {
    ctx.permit(Permission::EditContent)?;
    let faults = text_faults(ctx.app, markdown);
    // A text that is far too long is not drawn: nobody waits for what cannot be saved.
    if markdown.chars().count() > content::LONGEST {
        return Ok(Preview { markdown: String::new(), faults });
    }
    Ok(Preview { markdown: filled_as_far(ctx.app, markdown), faults })
}

/// What keeps a Markdown text of an article or notice from being saved, in sentences; none when nothing does.
pub fn text_faults(app: &App, markdown: &str) -> Vec<String> {
    let values = placeholders(app);
    let known: Vec<&str> = values.keys().copied().collect();
    let mut faults: Vec<String> = content::unknown_placeholder(markdown, &known).into_iter().collect();
    faults.extend(content::judge(&shape(&filled_as_far(app, markdown))));
    faults
}

/// The text with its placeholders, or as it is when one of them is not known.
fn filled_as_far(app: &App, markdown: &str) -> String {
    fill(markdown, &placeholders(app)).unwrap_or_else(|_: Error| markdown.to_owned())
}

/// What is found in a text. One that is too long is only counted.
pub(crate) fn shape(markdown: &str) -> Shape {
    let characters = markdown.chars().count();
    let mut survey = Survey { shape: Shape { characters, ..Shape::default() }, ..Survey::default() };
    if characters <= content::LONGEST {
        Parser::new_ext(markdown, MARKDOWN).for_each(|event| survey.look(event));
    }
    survey.shape
}

/// Counts on the way through a text.
#[derive(Default)]
struct Survey {
    shape: Shape,
    depth: usize,
    rows: usize,
    /// Addresses of the links, pictures and headings that are open, and whether words stood in them.
    open: Vec<(String, bool)>,
}

impl Survey {
    fn look(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Html(text) | Event::InlineHtml(text) => {
                self.shape.html.get_or_insert_with(|| text.trim().to_owned());
            }
            Event::Text(text) | Event::Code(text) if !text.trim().is_empty() => {
                self.open.iter_mut().for_each(|(_, spoke)| *spoke = true);
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        self.depth += 1;
        self.shape.depth = self.shape.depth.max(self.nesting(tag));
        match tag {
            Tag::Link { dest_url, .. } => {
                self.open.push((dest_url.to_string(), false));
                self.link(dest_url);
            }
            Tag::Image { dest_url, .. } => {
                self.shape.pictures += 1;
                self.open.push((dest_url.to_string(), false));
                self.picture(dest_url);
            }
            Tag::Heading { .. } => self.open.push((String::new(), false)),
            Tag::Table(columns) => (self.rows, self.shape.columns) = (0, self.shape.columns.max(columns.len())),
            Tag::TableHead | Tag::TableRow => {
                self.rows += 1;
                self.shape.rows = self.shape.rows.max(self.rows);
            }
            _ => {}
        }
    }

    /// Tables have layers of their own that nobody wrote as nesting.
    fn nesting(&self, tag: &Tag<'_>) -> usize {
        match tag {
            Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::TableCell => 0,
            _ => self.depth,
        }
    }

    fn end(&mut self, tag: TagEnd) {
        self.depth = self.depth.saturating_sub(1);
        if !matches!(tag, TagEnd::Link | TagEnd::Image | TagEnd::Heading(_)) {
            return;
        }
        let Some((address, spoke)) = self.open.pop() else { return };
        if spoke {
            return;
        }
        match tag {
            TagEnd::Link => drop(self.shape.silent_link.get_or_insert(address)),
            // The words of a drawing of ours come with it.
            TagEnd::Image if matches!(content::picture(&address), Some(Picture::Drawing(_))) => self.speak(),
            TagEnd::Image => drop(self.shape.silent_picture.get_or_insert(address)),
            _ => self.shape.silent_heading = true,
        }
    }

    /// A drawing speaks for the link or heading around it.
    fn speak(&mut self) {
        self.open.iter_mut().for_each(|(_, spoke)| *spoke = true);
    }

    fn link(&mut self, address: &str) {
        match content::link(address) {
            Some(Link::File(id)) => self.file(id),
            Some(Link::Address(_)) => {}
            None => drop(self.shape.bad_link.get_or_insert_with(|| address.to_owned())),
        }
    }

    fn picture(&mut self, address: &str) {
        match content::picture(address) {
            Some(Picture::File(id)) => self.file(id),
            Some(Picture::Drawing(_)) => {}
            None => drop(self.shape.bad_picture.get_or_insert_with(|| address.to_owned())),
        }
    }

    fn file(&mut self, id: FileId) {
        if !self.shape.files.contains(&id) {
            self.shape.files.push(id);
        }
    }
}

/// Values of the placeholders, for the list beside an editor: name and present value.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
pub fn placeholder_values(ctx: &Ctx<'_>) -> Result<BTreeMap<&'static str, String>> {
    ctx.permit(Permission::EditContent)?;
    Ok(placeholders(ctx.app))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "file:01975c2e-0000-7000-8000-000000000001";

    #[test]
    fn a_plain_text_has_no_faults() {
        let text = format!(
            "## 流れ\n\n1. 甲\n   - 乙\n\n|a|b|\n|-|-|\n|1|2|\n\n![](picture:customer-id) ![図]({FILE}) [申込書]({FILE}) `<b>`\n"
        );
        let found = shape(&text);
        assert_eq!(content::judge(&found), [""; 0]);
        assert_eq!((found.columns, found.rows, found.pictures, found.files.len()), (2, 2, 2, 1));
    }

    #[test]
    fn what_is_not_allowed_is_named() {
        for (text, named) in [
            ("<script>alert(1)</script>", "<script>"),
            ("x <img src=x onerror=alert(1)>", "onerror"),
            ("<iframe src=//e.example></iframe>", "<iframe"),
            ("[x](javascript:alert(1))", "javascript:"),
            ("[x](JAVASCRIPT&colon;alert(1))", "JAVASCRIPT:"),
            ("<javascript:alert(1)>", "javascript:"),
            ("[x](data:text/html;base64,aa)", "data:"),
            ("[](https://a.example)", "https://a.example"),
            ("![x](https://e.example/x.png)", "https://e.example/x.png"),
            ("##\n", "見出し"),
        ] {
            let told = content::judge(&shape(text));
            assert!(told.iter().any(|told| told.contains(named)), "{text}: {told:?}");
        }
        let silent = content::judge(&shape(&format!("![]({FILE})")));
        assert!(silent[0].contains("内容を表す言葉"), "{silent:?}");
    }

    #[test]
    fn tables_and_nesting_are_measured() {
        let table = format!("|{}\n|{}\n{}", "a|".repeat(11), "-|".repeat(11), "|1|\n".repeat(400));
        let found = shape(&table);
        assert_eq!((found.columns, found.rows), (11, 401));
        assert_eq!(content::judge(&found).len(), 2);
        assert!(shape(&format!("{} x", ">".repeat(40))).depth > content::DEEPEST);
        let list: String = (0..14).map(|level| format!("{}- x\n", "  ".repeat(level))).collect();
        assert!(shape(&list).depth > content::DEEPEST);
        let three: String = (0..3).map(|level| format!("{}- **x**\n", "  ".repeat(level))).collect();
        assert!(shape(&three).depth <= content::DEEPEST);
    }

    #[test]
    fn a_text_that_is_far_too_long_is_counted_and_not_read() {
        let found = shape(&"![](https://e.example)".repeat(10_000));
        assert_eq!((found.characters, found.pictures), (220_000, 0));
        assert_eq!(content::judge(&found).len(), 1);
    }
}
