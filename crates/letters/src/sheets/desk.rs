//! Where the parts of a sheet are set one below the other.

use krilla::tagging::{Tag, TagKind};
use std::num::NonZeroU16;
use std::rc::Rc;

use crate::book::Book;
use crate::layout::look::Look;
use crate::layout::slab::{Align, Column, Flow, Ground, Ink, Mark, paragraph};
use crate::layout::tags::Node;
use crate::layout::text::{Span, Text};

/// A column in the making: everything set here belongs to `parent` and is `width` wide.
pub(super) struct Desk<'a> {
    /// The file.
    pub(super) book: &'a mut Book,
    /// The part of the document that the column is.
    pub(super) parent: Option<Node>,
    /// Width of the column.
    pub(super) width: f32,
    /// How plain text looks.
    pub(super) look: Look,
    /// Space between two lines, in parts of their size.
    pub(super) leading: f32,
    /// Height of a page: what is higher may be divided.
    pub(super) limit: f32,
    /// What has been set.
    pub(super) column: Column,
}

impl<'a> Desk<'a> {
    /// An empty column.
    pub(super) fn new(book: &'a mut Book, parent: Option<Node>, width: f32, look: Look, limit: f32) -> Self {
        Self { book, parent, width, look, leading: 0.6, limit, column: Column::default() }
    }

    /// A part of the document inside of this column.
    pub(super) fn tag(&mut self, kind: impl Into<TagKind>) -> Node {
        let parent = self.parent;
        self.book.tag(parent, kind)
    }

    /// Sets a column of its own with `set`, inside of `parent`, and returns it.
    pub(super) fn inner(&mut self, parent: Node, width: f32, set: impl FnOnce(&mut Desk<'_>)) -> Flow {
        let column = Column::default();
        let mut desk = Desk { book: &mut *self.book, parent: Some(parent), width, column, ..*self };
        set(&mut desk);
        desk.column.flow()
    }

    /// Sets the same as [`Desk::inner`] on a ground.
    pub(super) fn grounded(&mut self, parent: Node, ground: Ground, set: impl FnOnce(&mut Desk<'_>)) -> Flow {
        let flow = self.inner(parent, self.width - 2.0 * ground.pad.0, set);
        ground.behind(flow, self.width, self.limit)
    }

    /// A paragraph of pieces.
    pub(super) fn pieces(&mut self, spans: Vec<Span>, above: f32, below: f32) {
        let node = self.tag(Tag::P);
        self.text(&Text::new(spans), node, above, below);
    }

    /// A paragraph of one look.
    pub(super) fn paragraph(&mut self, text: &str, look: Look, above: f32, below: f32) {
        self.pieces(vec![Span::new(text, look)], above, below);
    }

    /// A shaped text as content of `node`.
    pub(super) fn text(&mut self, text: &Rc<Text>, node: Node, above: f32, below: f32) {
        let flow = paragraph(text, self.width, self.leading, Align::Left, Some(node));
        self.column.add(above, flow, below);
    }

    /// A heading, which stays with what follows. Returns its anchor.
    pub(super) fn heading(&mut self, level: u8, text: &str, look: Look, space: (f32, f32)) -> usize {
        self.heading_of(level, text, vec![Span::new(text, look)], space)
    }

    /// A heading of pieces; `title` is what they say.
    pub(super) fn heading_of(&mut self, level: u8, title: &str, spans: Vec<Span>, space: (f32, f32)) -> usize {
        let kind = Tag::Hn(NonZeroU16::MIN.saturating_add(u16::from(level.saturating_sub(1))), Some(title.to_owned()));
        let (node, anchor) = (self.tag(kind), self.book.anchor());
        let mut flow = paragraph(&Text::new(spans), self.width, 0.4, Align::Left, Some(node));
        if let Some(first) = flow.first_mut() {
            first.marks.insert(0, Mark::plain(0.0, 0.0, Ink::Anchor(anchor)));
        }
        flow.iter_mut().for_each(|slab| slab.keep = true);
        self.column.add(space.0, flow, space.1);
        anchor
    }
}
