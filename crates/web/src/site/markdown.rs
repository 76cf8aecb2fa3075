//! Markdown as safe HTML: raw HTML is shown as text, links lead only where they may, and a second wall stands behind.
//!
//! Whatever text comes, the work is bounded: so many octets are read, so many pieces drawn, so deep is the nesting.

mod wall;

use std::collections::BTreeMap;

use domain::{
    content::{self, Link, Picture},
    forms,
    ids::FileId,
};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Parser, Tag, TagEnd, html};

use crate::view::{assets, parts::TocEntry};

/// The headings of a text.
pub type TableOfContents = Vec<TocEntry>;

/// Most octets of a text that are read.
const READ: usize = 200_000;
/// Most pieces of a text that are drawn.
const DRAWN: usize = 60_000;
/// Deepest nesting that is drawn; what lies deeper keeps its words.
const DEEPEST: usize = 24;

/// An uploaded file that a text names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedFile {
    /// Its address.
    pub href: String,
    /// Width and height in pixels; none for what is no picture.
    pub size: Option<(u32, u32)>,
}

/// The uploaded files that a text may name.
pub type NamedFiles = BTreeMap<FileId, NamedFile>;

/// HTML of a Markdown text, and its headings. `article:`, `document:` and `page:` links become addresses here, `picture:` images our
/// own drawings; other images are left out.
pub fn to_html(markdown: &str) -> (String, TableOfContents) {
    to_html_with(markdown, &NamedFiles::new())
}

/// The same with uploaded files: `file:` links and images lead to those that are given.
pub fn to_html_with(markdown: &str, files: &NamedFiles) -> (String, TableOfContents) {
    let end = markdown.floor_char_boundary(READ);
    let text = markdown.get(..end).unwrap_or_default();
    let mut writer = Writer { files, events: vec![], toc: vec![], heading: None, open: vec![] };
    Parser::new_ext(text, services::content::MARKDOWN).take(DRAWN).for_each(|event| writer.take(event));
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, writer.events.into_iter());
    (wall::cleaned(&with_tables(&out)), writer.toc)
}

/// Tables that scroll by themselves, whose heads say what they head and whose columns keep their side without a style.
fn with_tables(html: &str) -> String {
    let mut out = html
        .replace("<table>", "<div class=\"table-scroll\" tabindex=\"0\"><table>")
        .replace("</table>", "</table></div>")
        .replace("<th>", "<th scope=\"col\">")
        .replace("<th style", "<th scope=\"col\" style");
    for side in ["left", "center", "right"] {
        let (style, class) = (format!(" style=\"text-align: {side}\">"), format!(" class=\"align-{side}\">"));
        out = out.replace(&format!("<td{style}"), &format!("<td{class}"));
        out = out.replace(&format!("<th scope=\"col\"{style}"), &format!("<th scope=\"col\"{class}"));
    }
    out
}

/// A heading that is being read.
struct Heading {
    title: String,
    /// Where its opening tag belongs among the pieces.
    place: usize,
}

/// What became of a piece that is open.
enum Open {
    /// Drawn.
    Drawn,
    /// A link, and whether words stood in it.
    Link(String, bool),
    /// Left out; its words stay.
    Bare,
    /// An uploaded picture: its words are gathered.
    Image(NamedFile, String),
    /// A drawing, or a picture that may not be shown: its words are left out.
    Silent,
}

struct Writer<'t> {
    files: &'t NamedFiles,
    events: Vec<Event<'t>>,
    toc: TableOfContents,
    heading: Option<Heading>,
    open: Vec<Open>,
}

impl<'t> Writer<'t> {
    fn take(&mut self, event: Event<'t>) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => self.text(text),
            Event::Text(text) => self.text(text),
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Code(text) => {
                self.spoken(&text);
                self.push(Event::Code(text));
            }
            other => self.push(other),
        }
    }

    /// Draws a piece unless it stands in a picture.
    fn push(&mut self, event: Event<'t>) {
        if !self.open.iter().any(|open| matches!(open, Open::Image(..) | Open::Silent)) {
            self.events.push(event);
        }
    }

    fn text(&mut self, text: CowStr<'t>) {
        self.spoken(&text);
        self.push(Event::Text(text));
    }

    /// Words belong to the heading, the link and the picture that they stand in.
    fn spoken(&mut self, words: &str) {
        let silent = self.open.iter().any(|open| matches!(open, Open::Silent));
        for open in &mut self.open {
            match open {
                Open::Link(_, spoke) => *spoke |= !words.trim().is_empty(),
                Open::Image(_, alt) => alt.push_str(words),
                _ => {}
            }
        }
        if let Some(heading) = self.heading.as_mut().filter(|_| !silent) {
            heading.title.push_str(words);
        }
    }

    fn start(&mut self, tag: Tag<'t>) {
        let open = match tag {
            _ if self.open.len() >= DEEPEST => Open::Bare,
            Tag::Heading { .. } => {
                self.heading = Some(Heading { title: String::new(), place: self.events.len() });
                self.push(Event::Text("".into()));
                Open::Drawn
            }
            Tag::Link { link_type, dest_url, title, id } => match self.target(&dest_url) {
                Some(address) => {
                    let dest_url = address.clone().into();
                    self.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                    Open::Link(address, false)
                }
                None => Open::Bare,
            },
            Tag::Image { dest_url, .. } => self.image(&dest_url),
            tag => {
                self.push(Event::Start(tag));
                Open::Drawn
            }
        };
        self.open.push(open);
    }

    fn target(&self, address: &str) -> Option<String> {
        match content::link(address)? {
            Link::Address(address) => Some(address),
            Link::File(id) => self.files.get(&id).map(|file| file.href.clone()),
        }
    }

    fn image(&mut self, address: &str) -> Open {
        match content::picture(address) {
            Some(Picture::Drawing(picture)) => {
                self.spoken(picture.alt);
                self.push(Event::InlineHtml(drawing(picture).into()));
                Open::Silent
            }
            Some(Picture::File(id)) => match self.files.get(&id) {
                Some(file) if file.size.is_some() => Open::Image(file.clone(), String::new()),
                _ => Open::Bare,
            },
            None => Open::Bare,
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match (self.open.pop(), tag) {
            (Some(Open::Drawn), TagEnd::Heading(level)) => self.end_heading(level),
            (Some(Open::Link(address, spoke)), tag) => {
                if !spoke {
                    self.push(Event::Text(address.into()));
                }
                self.push(Event::End(tag));
            }
            (Some(Open::Image(file, alt)), _) => self.push(Event::InlineHtml(image(&file, &alt).into())),
            (Some(Open::Drawn), tag) => self.push(Event::End(tag)),
            _ => {}
        }
    }

    fn end_heading(&mut self, level: HeadingLevel) {
        let Some(Heading { title, place }) = self.heading.take() else { return };
        let tag = tag_of(level);
        if title.trim().is_empty() {
            return;
        }
        let id = self.anchor(&title);
        if let Some(slot) = self.events.get_mut(place) {
            *slot = Event::Html(format!("<{tag} id=\"{id}\">").into());
        }
        self.push(Event::Html(format!("</{tag}>\n").into()));
        self.toc.push(TocEntry { id, title, nested: tag != "h2" });
    }

    /// The name of a heading in addresses: made from its words, so that it stays when others come before it.
    fn anchor(&self, title: &str) -> String {
        let hash = title.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let base = format!("s-{hash:08x}");
        let taken = |id: &String| self.toc.iter().any(|entry| entry.id == *id);
        let mut all = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}-{number}")));
        all.find(|id| !taken(id)).unwrap_or_default()
    }
}

/// The page has one `h1`; headings of a text begin below it.
fn tag_of(level: HeadingLevel) -> &'static str {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => "h2",
        HeadingLevel::H3 => "h3",
        _ => "h4",
    }
}

/// One of our own drawings; its words come from where it is described.
fn drawing(picture: &forms::Picture) -> String {
    let (base, name) = (assets::base(), picture.name);
    let size = format!("width=\"{}\" height=\"{}\"", picture.width, picture.height);
    format!("<img src=\"{base}/img/help/{name}.svg\" {size} alt=\"{}\" loading=\"lazy\">", picture.alt)
}

/// An uploaded picture with its words.
fn image(file: &NamedFile, alt: &str) -> String {
    let (width, height) = file.size.unwrap_or_default();
    let alt = alt.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<img src=\"{}\" width=\"{width}\" height=\"{height}\" alt=\"{alt}\" loading=\"lazy\">", file.href)
}

#[cfg(test)]
mod tests;
