//! Slabs: pieces of a column that no page break divides, and how they are stacked, framed and set side by side.

use std::rc::Rc;

use super::look::{Color, Look};
use super::tags::Node;
use super::text::{Line, Text};

/// A last line narrower than this, in parts of its size, looks lost.
const LONELY: f32 = 2.5;
/// Lines of a paragraph that is still set with that in mind.
const LONGEST: usize = 12;

/// What is painted.
#[derive(Clone, Debug)]
pub(crate) enum Ink {
    /// A line of text; its place is the top of the line.
    Line(Line),
    /// A filled rectangle: width, height, radius of the corners.
    Fill(f32, f32, f32, Color),
    /// The frame of a rectangle: width, height, radius, colour, thickness.
    Frame(f32, f32, f32, Color, f32),
    /// The dark squares of a QR code: side of one square, rows of squares.
    Squares(f32, Rc<Vec<Vec<bool>>>),
    /// A place that links and bookmarks lead to.
    Anchor(usize),
    /// The number of the page of an anchor, ending at the place.
    PageOf(usize, Look),
}

/// Ink at a place. What belongs to no node is decoration.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// Distance from the left edge.
    pub(crate) x: f32,
    /// Distance from the top edge.
    pub(crate) y: f32,
    /// What is painted.
    pub(crate) ink: Ink,
    /// The part of the document.
    pub(crate) node: Option<Node>,
}

impl Mark {
    /// Decoration at a place.
    pub(crate) fn plain(x: f32, y: f32, ink: Ink) -> Self {
        Self { x, y, ink, node: None }
    }

    /// The same mark elsewhere.
    pub(crate) fn shifted(mut self, dx: f32, dy: f32) -> Self {
        self.x += dx;
        self.y += dy;
        self
    }
}

/// A piece of a column; its marks are placed from its own top left corner.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slab {
    /// Space above, which vanishes at the top of a page.
    pub(crate) gap: f32,
    /// Height without the gap.
    pub(crate) height: f32,
    /// What is painted.
    pub(crate) marks: Vec<Mark>,
    /// Whether the next slab must stand on the same page.
    pub(crate) keep: bool,
    /// Where the slab begins at the earliest on the first page, from the top of the sheet.
    pub(crate) from: f32,
    /// What is repeated above the slab when it is the first of a page: the head of its table.
    pub(crate) head: Option<Rc<Slab>>,
}

/// A column of slabs.
pub(crate) type Flow = Vec<Slab>;

/// How the lines of a paragraph are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// At the left edge.
    Left,
    /// In the middle.
    Center,
    /// At the right edge.
    Right,
}

impl Align {
    /// Where a line of `width` begins in a space of `room`.
    pub(crate) fn offset(self, width: f32, room: f32) -> f32 {
        match self {
            Self::Left => 0.0,
            Self::Center => (room - width).max(0.0) / 2.0,
            Self::Right => (room - width).max(0.0),
        }
    }
}

/// The lines of a paragraph; `leading` is the space between two lines in parts of their size.
pub(crate) fn paragraph(text: &Rc<Text>, width: f32, leading: f32, align: Align, node: Option<Node>) -> Flow {
    stacked(settled(text, width), width, leading, align, node)
}

/// The lines of a paragraph, without a character or two alone on the last one if the others can give way.
fn settled(text: &Rc<Text>, width: f32) -> Vec<Line> {
    let lines = text.lines(width);
    let alone = |lines: &[Line]| lines.last().is_some_and(|last| last.width < LONELY * last.size);
    if !(2..=LONGEST).contains(&lines.len()) || !alone(&lines) || text.text.contains('\n') {
        return lines;
    }
    let size = lines.iter().map(|line| line.size).fold(0.0, f32::max);
    let tried = [1.0, 2.0, 3.0].map(|less| text.lines(width - less * size));
    tried.into_iter().find(|tried| tried.len() == lines.len() && !alone(tried)).unwrap_or(lines)
}

/// Lines below each other. The first two and the last two stay together.
pub(crate) fn stacked(lines: Vec<Line>, width: f32, leading: f32, align: Align, node: Option<Node>) -> Flow {
    let count = lines.len();
    let slab = |(nth, line): (usize, Line)| Slab {
        gap: if nth == 0 { 0.0 } else { leading * line.size },
        height: line.size,
        keep: nth + 1 < count && (nth == 0 || nth + 2 == count),
        marks: vec![Mark { x: align.offset(line.width, width), y: 0.0, ink: Ink::Line(line), node }],
        ..Slab::default()
    };
    lines.into_iter().enumerate().map(slab).collect()
}

/// Lines below each other as one slab.
pub(crate) fn block(lines: Vec<Line>, width: f32, leading: f32, node: Option<Node>) -> Slab {
    merged(stacked(lines, width, leading, Align::Left, node))
}

/// Height of a column on one page.
pub(crate) fn height(flow: &[Slab]) -> f32 {
    flow.iter().enumerate().map(|(nth, slab)| slab.height + if nth == 0 { 0.0 } else { slab.gap }).sum()
}

/// A column as one slab.
pub(crate) fn merged(flow: Flow) -> Slab {
    let (gap, from) = flow.first().map_or((0.0, 0.0), |slab| (slab.gap, slab.from));
    let mut whole = Slab { gap, from, ..Slab::default() };
    for (nth, slab) in flow.into_iter().enumerate() {
        let y = whole.height + if nth == 0 { 0.0 } else { slab.gap };
        whole.marks.extend(slab.marks.into_iter().map(|mark| mark.shifted(0.0, y)));
        whole.height = y + slab.height;
    }
    whole
}

/// A column moved to the right.
pub(crate) fn indented(mut flow: Flow, by: f32) -> Flow {
    for slab in &mut flow {
        slab.marks = std::mem::take(&mut slab.marks).into_iter().map(|mark| mark.shifted(by, 0.0)).collect();
    }
    flow
}

/// A column with `side` beside it: on one page if `limit` allows, else beside its first slab.
pub(crate) fn beside(flow: Flow, side: Slab, at: f32, limit: f32) -> Flow {
    let mut flow = if height(&flow) <= limit { vec![merged(flow)] } else { flow };
    if let Some(first) = flow.first_mut() {
        first.marks.extend(side.marks.into_iter().map(|mark| mark.shifted(at, 0.0)));
        first.height = first.height.max(side.height);
    }
    flow
}

/// A ground behind a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    /// Colour of the ground.
    pub(crate) fill: Option<Color>,
    /// Colour and thickness of a frame.
    pub(crate) frame: Option<(Color, f32)>,
    /// Colour and width of a bar along the left edge.
    pub(crate) bar: Option<(Color, f32)>,
    /// Radius of the corners.
    pub(crate) radius: f32,
    /// Space between the edge and the column: to the left and right, above and below.
    pub(crate) pad: (f32, f32),
}

impl Ground {
    fn marks(&self, width: f32, height: f32, radius: f32) -> Vec<Mark> {
        let fill = self.fill.map(|color| Ink::Fill(width, height, radius, color));
        let frame = self.frame.map(|(color, thick)| Ink::Frame(width, height, radius, color, thick));
        let bar = self.bar.map(|(color, thick)| Ink::Fill(thick, height, 0.0, color));
        [fill, frame, bar].into_iter().flatten().map(|ink| Mark::plain(0.0, 0.0, ink)).collect()
    }

    /// Puts the ground behind a column that was set for the width inside of it. The whole stays on one page
    /// if `limit` allows, else it may be divided between slabs.
    pub(crate) fn behind(&self, flow: Flow, width: f32, limit: f32) -> Flow {
        let whole = height(&flow) + 2.0 * self.pad.1 <= limit;
        let flow = if whole { vec![merged(flow)] } else { flow };
        let (count, radius) = (flow.len(), if whole { self.radius } else { 0.0 });
        let mut framed = indented(flow, self.pad.0);
        for (nth, slab) in framed.iter_mut().enumerate() {
            let above = if nth == 0 { self.pad.1 } else { std::mem::take(&mut slab.gap) };
            let below = if nth + 1 == count { self.pad.1 } else { 0.0 };
            slab.height += above + below;
            let inner = std::mem::take(&mut slab.marks).into_iter().map(|mark| mark.shifted(0.0, above));
            slab.marks = self.marks(width, slab.height, radius).into_iter().chain(inner).collect();
        }
        framed
    }
}

/// Stacks columns with space between them; of two spaces that meet, the larger counts.
#[derive(Default)]
pub(crate) struct Column {
    flow: Flow,
    below: f32,
}

impl Column {
    /// Adds a column with the space that it wants above and below.
    pub(crate) fn add(&mut self, above: f32, mut flow: Flow, below: f32) {
        if let Some(first) = flow.first_mut() {
            first.gap = self.below.max(above);
            self.below = below;
            self.flow.append(&mut flow);
        }
    }

    /// Adds space.
    pub(crate) fn space(&mut self, space: f32) {
        self.below += space;
    }

    /// Gives an anchor of the last column added another number.
    pub(crate) fn rename_anchor(&mut self, from: usize, to: usize) {
        for mark in self.flow.iter_mut().rev().flat_map(|slab| &mut slab.marks) {
            if let Ink::Anchor(anchor) = &mut mark.ink
                && *anchor == from
            {
                *anchor = to;
                return;
            }
        }
    }

    /// The slabs.
    pub(crate) fn flow(self) -> Flow {
        self.flow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Rc<Text> {
        Text::plain(text, Look::new(10.0))
    }

    #[test]
    fn no_character_is_left_alone_on_the_last_line() {
        let said = "漢字".repeat(20) + "です。";
        let full = text("漢字").width() * 20.0;
        let widths: Vec<f32> = settled(&text(&said), full + 5.0).iter().map(|line| line.width).collect();
        assert!(widths.len() == 2 && widths[1] >= LONELY * 10.0, "{widths:?}");
    }

    #[test]
    fn a_box_that_fits_a_page_stays_whole_and_a_longer_one_is_divided() {
        let ground = Ground { fill: None, frame: None, bar: None, radius: 0.0, pad: (5.0, 5.0) };
        let flow = || paragraph(&text(&"とても長い文です。".repeat(40)), 100.0, 0.5, Align::Left, None);
        let whole = ground.behind(flow(), 110.0, 2_000.0);
        assert_eq!((whole.len(), whole[0].height), (1, height(&flow()) + 10.0));
        let parts = ground.behind(flow(), 110.0, 200.0);
        assert_eq!(parts.len(), flow().len());
        assert!((height(&parts) - whole[0].height).abs() < 0.1);
    }

    #[test]
    fn of_two_spaces_that_meet_the_larger_counts() {
        let slab = || vec![Slab { height: 10.0, ..Slab::default() }];
        let mut column = Column::default();
        column.add(5.0, slab(), 7.0);
        column.add(3.0, slab(), 0.0);
        column.add(4.0, slab(), 0.0);
        assert_eq!(column.flow().iter().map(|slab| slab.gap).collect::<Vec<_>>(), [5.0, 7.0, 4.0]);
    }
}
