//! Pages become a PDF: tagged, in Japanese, PDF/UA-1 where the text allows it.

use krilla::action::LinkAction;
use krilla::annotation::{Annotation, LinkAnnotation, Target as Leading};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Configuration, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag};
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use std::collections::HashMap;
use std::rc::Rc;

use super::look::{Color, Look};
use super::page::{HEIGHT, Page, WIDTH};
use super::slab::{Ink, Mark};
use super::tags::{Growing, Node, Target};
use super::text::{Line, Text};
use crate::Fault;
use crate::book::{Book, Bookmark};
use crate::fonts::faces;

/// The language of everything that is printed.
const LANGUAGE: &str = "ja-JP";
/// Where the foot of a letter stands in its line box, in parts of the size.
const BASELINE: f32 = 0.88;

/// Writes a file as PDF/UA-1, or as a plain tagged PDF where a text forbids that standard.
///
/// # Errors
/// [`Fault::Export`] when the PDF writer refuses the pages.
pub(crate) fn pdf(book: &Book) -> Result<Vec<u8>, Fault> {
    let accessible = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let accessible = accessible.map_err(|_| Fault::Export("no version allows the standard".to_owned()))?;
    write(book, accessible).or_else(|_| write(book, Configuration::default())).map_err(|e| refused(&e))
}

/// What went wrong, without the text in which it did: that may be a secret.
fn refused(error: &KrillaError) -> Fault {
    let reason = match error {
        KrillaError::Font(..) => "a font cannot be embedded",
        KrillaError::Validation(_) => "a standard is not met",
        KrillaError::Limit(_) => "a limit of the format is exceeded",
        _ => "the parts do not fit together",
    };
    Fault::Export(reason.to_owned())
}

fn write(book: &Book, configuration: Configuration) -> Result<Vec<u8>, KrillaError> {
    let mut file = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut painter = Painter { book, anchors: anchors(book), tree: Growing::new(&book.tags), page: 0, links: vec![] };
    for page in &book.pages {
        painter.page(&mut file, page);
    }
    let mut outline = Outline::new();
    for node in painter.bookmarks(&book.bookmarks) {
        outline.push_child(node);
    }
    file.set_outline(outline);
    let metadata = Metadata::new().title(book.title.clone()).language(LANGUAGE.to_owned());
    let authors = Some(book.author.clone()).filter(|author| !author.trim().is_empty());
    file.set_metadata(metadata.creator("Madoguchi".to_owned()).authors(authors.into_iter().collect()));
    file.set_tag_tree(painter.tree.finish(LANGUAGE));
    file.finish()
}

/// Page and place of every anchor.
fn anchors(book: &Book) -> HashMap<usize, (usize, Point)> {
    let marks = book.pages.iter().enumerate().flat_map(|(page, marks)| marks.body.iter().map(move |mark| (page, mark)));
    let place = |(page, mark): (usize, &Mark)| match mark.ink {
        Ink::Anchor(anchor) => Some((anchor, (page, Point::from_xy(mark.x, mark.y)))),
        _ => None,
    };
    marks.filter_map(place).collect()
}

/// Glyphs of one font, look and part, from an x on.
struct Run<'a> {
    look: Look,
    node: Option<Node>,
    face: usize,
    x: f32,
    width: f32,
    glyphs: Vec<KrillaGlyph>,
    text: &'a Text,
}

struct Painter<'a> {
    book: &'a Book,
    anchors: HashMap<usize, (usize, Point)>,
    tree: Growing<'a>,
    page: usize,
    links: Vec<(Node, Rect)>,
}

impl Painter<'_> {
    fn page(&mut self, file: &mut Document, page: &Page) {
        let Some(settings) = PageSettings::from_wh(WIDTH, HEIGHT) else { return };
        let mut sheet = file.start_page_with(settings);
        let mut surface = sheet.surface();
        for (marks, kind) in
            [(&page.head, ArtifactType::Header), (&page.body, ArtifactType::Layout), (&page.foot, ArtifactType::Footer)]
        {
            for mark in marks {
                self.mark(&mut surface, mark, kind);
            }
        }
        surface.finish();
        for (node, rect) in std::mem::take(&mut self.links) {
            if let Some((target, words)) = self.leading(node) {
                let annotation = Annotation::new_link(LinkAnnotation::new(rect, target), Some(words));
                self.tree.leaf(node, sheet.add_tagged_annotation(annotation));
            }
        }
        sheet.finish();
        self.page += 1;
    }

    /// Where a link leads, and what is read aloud for it.
    fn leading(&self, node: Node) -> Option<(Leading, String)> {
        match self.book.tags.target(node)? {
            Target::Web(url) => Some((Leading::Action(LinkAction::new(url.clone()).into()), url.clone())),
            Target::Anchor(anchor, words) => {
                let (page, point) = self.anchors.get(anchor)?;
                Some((Leading::Destination(XyzDestination::new(*page, *point).into()), words.clone()))
            }
        }
    }

    fn mark(&mut self, surface: &mut Surface<'_>, mark: &Mark, decoration: ArtifactType) {
        match &mark.ink {
            Ink::Line(line) => self.line(surface, mark, line, decoration),
            Ink::PageOf(anchor, look) => {
                let number = self.anchors.get(anchor).map_or(0, |(page, _)| page + 1);
                if let Some(line) = Text::plain(&number.to_string(), *look).lines(f32::INFINITY).pop() {
                    let place = Mark { x: mark.x - line.width, ..mark.clone() };
                    self.line(surface, &place, &line, decoration);
                }
            }
            Ink::Anchor(_) => {}
            Ink::Squares(side, rows) => {
                let edge = *side * rows.len() as f32;
                if let (Some(node), Some(rect)) = (mark.node, Rect::from_xywh(mark.x, mark.y, edge, edge)) {
                    self.tree.place(node, self.page, rect);
                }
                self.begin(surface, mark.node, decoration, ContentTag::Other);
                shape(surface, squares(mark, *side, rows), Some(super::look::BLACK), None);
                surface.end_tagged();
            }
            Ink::Fill(width, height, radius, color) => {
                self.begin(surface, None, decoration, ContentTag::Other);
                shape(surface, rounded(mark, *width, *height, *radius), Some(*color), None);
                surface.end_tagged();
            }
            Ink::Frame(width, height, radius, color, thick) => {
                self.begin(surface, None, decoration, ContentTag::Other);
                shape(surface, rounded(mark, *width, *height, *radius), None, Some((*color, *thick)));
                surface.end_tagged();
            }
        }
    }

    /// Opens content of a part, or decoration where there is no part.
    fn begin(&mut self, surface: &mut Surface<'_>, node: Option<Node>, kind: ArtifactType, tag: ContentTag<'_>) {
        match node {
            Some(node) => {
                let leaf = surface.start_tagged(tag);
                self.tree.leaf(node, leaf);
            }
            None => drop(surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)))),
        }
    }

    fn line(&mut self, surface: &mut Surface<'_>, mark: &Mark, line: &Line, decoration: ArtifactType) {
        let baseline = mark.y + BASELINE * line.size;
        let runs = runs(mark, line);
        for run in runs.iter().filter(|run| run.look.shade) {
            self.strip(surface, run, (baseline - 0.98 * run.look.size, 1.3 * run.look.size), super::look::PANEL);
        }
        let mut open: Option<Option<Node>> = None;
        for run in &runs {
            if open != Some(run.node) {
                if open.is_some() {
                    surface.end_tagged();
                }
                self.begin(surface, run.node, decoration, ContentTag::Span(SpanTag::empty()));
                open = Some(run.node);
            }
            glyphs(surface, run, baseline);
        }
        if open.is_some() {
            surface.end_tagged();
        }
        for run in &runs {
            self.lines_of(surface, run, baseline);
        }
    }

    /// The lines under and through a run, and the place to click at.
    fn lines_of(&mut self, surface: &mut Surface<'_>, run: &Run<'_>, baseline: f32) {
        let thick = 0.06 * run.look.size;
        if run.look.underline {
            self.strip(surface, run, (baseline + 0.1 * run.look.size, thick), run.look.color);
        }
        if run.look.strike {
            self.strip(surface, run, (baseline - 0.36 * run.look.size, thick), run.look.color);
        }
        let top = baseline - BASELINE * run.look.size;
        let place = Rect::from_xywh(run.x, top, run.width, run.look.size);
        if let (Some(node), Some(place)) = (run.node, place.filter(|_| run.width > 0.0))
            && self.book.tags.target(node).is_some()
        {
            match self.links.last_mut() {
                // One place for the whole line, however often the font changes in it.
                Some((last, rect)) if *last == node && rect.top() == place.top() => {
                    *rect = Rect::from_ltrb(rect.left(), rect.top(), place.right(), rect.bottom()).unwrap_or(place);
                }
                _ => self.links.push((node, place)),
            }
        }
    }

    /// A strip as long as a run: top and height.
    fn strip(&mut self, surface: &mut Surface<'_>, run: &Run<'_>, (top, height): (f32, f32), color: Color) {
        let place = Mark::plain(run.x, top, Ink::Fill(run.width, height, 0.0, color));
        self.mark(surface, &place, ArtifactType::Layout);
    }

    fn bookmarks(&self, entries: &[Bookmark]) -> Vec<OutlineNode> {
        let mut nodes = vec![];
        let mut rest = entries;
        while let Some((first, later)) = rest.split_first() {
            let inner = later.iter().take_while(|entry| entry.level > first.level).count();
            let (children, next) = later.split_at(inner);
            if let Some((page, point)) = self.anchors.get(&first.anchor) {
                let mut node =
                    OutlineNode::new(first.title.clone(), XyzDestination::new(*page, *point)).with_open(true);
                self.bookmarks(children).into_iter().for_each(|child| node.push_child(child));
                nodes.push(node);
            }
            rest = next;
        }
        nodes
    }
}

/// Cuts a line where its font, look or part changes. A line of decoration has no parts.
fn runs<'a>(mark: &Mark, line: &'a Line) -> Vec<Run<'a>> {
    let mut runs: Vec<(usize, Run<'a>)> = vec![];
    let mut x = mark.x;
    for glyph in line.text.glyphs.get(line.glyphs.clone()).unwrap_or_default() {
        let Some((look, part)) = line.text.spans.get(glyph.span).copied() else { continue };
        if runs.last().is_none_or(|(span, run)| *span != glyph.span || run.face != glyph.face) {
            let node = mark.node.map(|node| part.unwrap_or(node));
            let run = Run { look, node, face: glyph.face, x, width: 0.0, glyphs: vec![], text: &line.text };
            runs.push((glyph.span, run));
        }
        if let Some((_, run)) = runs.last_mut() {
            let part = |length: f32| length / look.size;
            let (dx, dy) = (part(glyph.shift.0), part(glyph.shift.1));
            let (id, range) = (GlyphId::new(glyph.id), glyph.range.clone());
            run.glyphs.push(KrillaGlyph::new(id, part(glyph.advance), dx, dy, 0.0, range, None));
            x += glyph.advance;
            // Blanks at the end of a line hang into the margin: no line is drawn under them.
            run.width = (x.min(mark.x + line.width) - run.x).max(0.0);
        }
    }
    runs.into_iter().map(|(_, run)| run).collect()
}

fn glyphs(surface: &mut Surface<'_>, run: &Run<'_>, baseline: f32) {
    let Some(face) = faces().get(run.face) else { return };
    surface.set_stroke(None);
    surface.set_fill(Some(paint(run.look.color)));
    let start = Point::from_xy(run.x, baseline);
    surface.draw_glyphs(start, &run.glyphs, face.font.clone(), &run.text.text, run.look.size, false);
}

fn paint(color: Color) -> Fill {
    Fill { paint: rgb::Color::new(color.0, color.1, color.2).into(), ..Fill::default() }
}

fn shape(surface: &mut Surface<'_>, path: Option<Path>, fill: Option<Color>, frame: Option<(Color, f32)>) {
    let Some(path) = path else { return };
    surface.set_fill(fill.map(paint));
    surface.set_stroke(frame.map(|(color, width)| Stroke { paint: paint(color).paint, width, ..Stroke::default() }));
    surface.draw_path(&path);
}

/// The dark squares of a QR code as one path, so that no seam shows between them.
fn squares(mark: &Mark, side: f32, rows: &Rc<Vec<Vec<bool>>>) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (down, row) in rows.iter().enumerate() {
        let mut right = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let (x, y) = (mark.x + side * right as f32, mark.y + side * down as f32);
            if run.first() == Some(&true)
                && let Some(rect) = Rect::from_xywh(x, y, side * run.len() as f32, side)
            {
                path.push_rect(rect);
            }
            right += run.len();
        }
    }
    path.finish()
}

/// A rectangle whose corners are quarters of a circle.
fn rounded(mark: &Mark, width: f32, height: f32, radius: f32) -> Option<Path> {
    let (left, top, right, bottom) = (mark.x, mark.y, mark.x + width, mark.y + height);
    let mut path = PathBuilder::new();
    if radius <= 0.0 {
        path.push_rect(Rect::from_ltrb(left, top, right, bottom)?);
        return path.finish();
    }
    // How far the control points of a curve lie from its ends to come close to a circle.
    let (r, c) = (radius, radius * 0.447_715);
    path.move_to(left + r, top);
    path.line_to(right - r, top);
    path.cubic_to(right - c, top, right, top + c, right, top + r);
    path.line_to(right, bottom - r);
    path.cubic_to(right, bottom - c, right - c, bottom, right - r, bottom);
    path.line_to(left + r, bottom);
    path.cubic_to(left + c, bottom, left, bottom - c, left, bottom - r);
    path.line_to(left, top + r);
    path.cubic_to(left, top + c, left + c, top, left + r, top);
    path.close();
    path.finish()
}
