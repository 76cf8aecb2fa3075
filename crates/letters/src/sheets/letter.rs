//! A letter on A4 for a window envelope.
//!
//! Envelope: 長形3号 (120 × 235 mm), used sideways, with a window of 90 × 45 mm whose corner lies 20 mm from
//! the left and 12 mm from the top. Sheet: A4 in three folds of 99 mm, printed side out.
//! The sheet has about 20 mm of play in both directions, so the address keeps to a block of 66 × 24 mm at
//! 22 mm from the left and 14 mm from the top: it stays in the window wherever the sheet slides, and nothing
//! else comes into it. What is secret stands in the middle third, which lies inside the folded sheet.

use krilla::tagging::Tag;

use super::desk::Desk;
use crate::book::{Book, Bookmark};
use crate::clean;
use crate::layout::look::{ALERT, BLACK, Look, QUIET};
use crate::layout::mm;
use crate::layout::page::{Area, HEIGHT, Page, paginate, running};
use crate::layout::slab::{Align, Flow, Ink, Mark, Slab, block, merged, stacked};
use crate::layout::tags::Node;
use crate::layout::text::{Line, Text, shortened};
use crate::model::{Recipient, Sender};

const MARGIN: f32 = mm(20.0);
const TOP: f32 = mm(14.0);
const BOTTOM: f32 = mm(17.0);
/// Where the sheet is folded, twice.
const FOLD: f32 = mm(99.0);
/// The address: left edge, width, height; its top is the top margin.
const ADDRESS: (f32, f32, f32) = (mm(22.0), mm(66.0), mm(24.0));
/// The sender, to the right of the window: width, height.
const SENDER: (f32, f32) = (mm(72.0), mm(34.0));
/// Sizes in which the address is tried.
const ADDRESS_SIZES: [f32; 6] = [10.5, 9.5, 8.5, 7.5, 6.8, 6.0];
/// Lines of address, name and addressee when even the smallest size is too large.
const ADDRESS_LINES: [usize; 3] = [3, 2, 2];
/// Size of plain text.
const SIZE: f32 = 9.8;

/// What every letter has.
pub(super) struct Letter<'a> {
    /// The operator.
    pub(super) sender: &'a Sender,
    /// Where it goes.
    pub(super) recipient: &'a Recipient,
    /// Date of the letter.
    pub(super) issued_on: &'a str,
    /// What its number is called.
    pub(super) numbered: &'a str,
    /// Its number.
    pub(super) reference: &'a str,
    /// Its title.
    pub(super) title: &'a str,
    /// The postal service, if any.
    pub(super) mark: Option<&'a str>,
}

impl Letter<'_> {
    /// Adds the letter to a file: `opening` stands above the first fold, `body` below it.
    pub(super) fn set(&self, book: &mut Book, opening: impl FnOnce(&mut Desk<'_>), body: impl FnOnce(&mut Desk<'_>)) {
        let area = Area::within(MARGIN, TOP, BOTTOM);
        let part = book.tag(None, Tag::Part);
        let mut upper = Desk::new(book, Some(part), area.width, Look::new(SIZE), area.height);
        let window = self.upper_third(&mut upper);
        upper.column.add(0.0, vec![window], 0.0);
        let anchor = upper.heading(1, self.title, Look::new(17.0).bold(), (0.0, mm(3.5)));
        opening(&mut upper);
        let mut flow = upper.column.flow();
        if let Some(heading) = flow.get_mut(1) {
            heading.from = TOP + mm(44.0);
        }
        let mut lower = Desk::new(book, Some(part), area.width, Look::new(SIZE), area.height);
        body(&mut lower);
        let mut below = lower.column.flow();
        if let Some(first) = below.first_mut() {
            first.from = FOLD + mm(6.0);
            first.gap = mm(3.5);
        }
        flow.append(&mut below);
        let title = format!("{} {}", self.title, clean::line(self.reference));
        book.bookmarks.push(Bookmark { level: 1, title: title.trim().to_owned(), anchor });
        let mut pages = paginate(&flow, area);
        self.feet(&mut pages);
        book.pages.append(&mut pages);
    }

    /// Address, sender and fold marks, which take no room in the column.
    fn upper_third(&self, desk: &mut Desk<'_>) -> Slab {
        let mut marks: Vec<Mark> =
            [1.0, 2.0].map(|fold| Mark::plain(-MARGIN, fold * FOLD - TOP, Ink::Fill(mm(5.0), 0.4, 0.0, QUIET))).into();
        let address = self.address(desk);
        marks.extend(address.marks.into_iter().map(|mark| mark.shifted(ADDRESS.0 - MARGIN, 0.0)));
        let sender = self.sender(desk);
        marks.extend(sender.into_iter().map(|mark| mark.shifted(desk.width - SENDER.0, 0.0)));
        Slab { marks, ..Slab::default() }
    }

    /// The address in the largest size that fits the window.
    fn address(&self, desk: &mut Desk<'_>) -> Slab {
        let nodes = [(); 4].map(|()| desk.tag(Tag::P));
        let tried = ADDRESS_SIZES.iter().map(|size| self.address_at(*size, nodes, [usize::MAX; 3]));
        let fitting = tried.into_iter().find(|block| block.height <= ADDRESS.2);
        fitting.unwrap_or_else(|| self.address_at(ADDRESS_SIZES[5], nodes, ADDRESS_LINES))
    }

    fn address_at(&self, size: f32, nodes: [Node; 4], most: [usize; 3]) -> Slab {
        let look = Look::new(size).color(BLACK);
        let to = self.recipient;
        let stamp = self.mark.map(|mark| stamp(mark, ADDRESS.1, nodes[0]));
        let free = ADDRESS.1 - stamp.as_ref().map_or(0.0, |(width, _)| width + mm(2.0));
        let code = shortened(&format!("〒{}", clean::line(&to.postal_code)), look, free, 1);
        let rest = [
            (clean::line(&to.address), look),
            (clean::line(&to.institution_name), look),
            (addressed(&clean::line(&to.addressee)), look.bold().size(size * 1.1)),
        ];
        let mut flow = stacked(code, free, 0.22, Align::Left, Some(nodes[0]));
        if let (Some(first), Some((_, marks))) = (flow.first_mut(), stamp) {
            let down = ((first.height - STAMP_HEIGHT) / 2.0).max(0.0);
            first.marks.extend(marks.into_iter().map(|mark| mark.shifted(0.0, down)));
            first.height = first.height.max(STAMP_HEIGHT);
        }
        for (((text, look), most), node) in rest.into_iter().zip(most).zip(nodes.into_iter().skip(1)) {
            let mut lines = stacked(shortened(&text, look, ADDRESS.1, most), ADDRESS.1, 0.22, Align::Left, Some(node));
            if let Some(first) = lines.first_mut() {
                first.gap = 0.32 * size;
            }
            flow.append(&mut lines);
        }
        merged(flow)
    }

    /// Date, reference and sender to the right of the window.
    fn sender(&self, desk: &mut Desk<'_>) -> Vec<Mark> {
        let look = Look::new(9.0);
        let indent = Text::plain(self.numbered, look).width() + mm(4.0);
        let mut flow: Flow = vec![];
        for (label, value) in [("発行日", self.issued_on), (self.numbered, self.reference)] {
            let node = desk.tag(Tag::P);
            let mut row = block(Text::plain(label, look.color(QUIET)).lines(indent), indent, 0.0, Some(node));
            let value = shortened(&clean::line(value), look, SENDER.0 - indent, 1);
            let value = block(value, SENDER.0 - indent, 0.0, Some(node));
            row.marks.extend(value.marks.into_iter().map(|mark| mark.shifted(indent, 0.0)));
            flow.push(Slab { gap: mm(1.1), ..row });
        }
        let name = shortened(&clean::line(&self.sender.name), look.size(10.5).bold(), SENDER.0, 2);
        let address = format!("〒{} {}", clean::line(&self.sender.postal_code), clean::line(&self.sender.address));
        let address = shortened(&address, look, SENDER.0, if name.len() > 1 { 2 } else { 3 });
        for (lines, gap) in [(name, mm(3.1)), (address, 4.5)] {
            let node = desk.tag(Tag::P);
            let mut lines = stacked(lines, SENDER.0, 0.4, Align::Left, Some(node));
            if let Some(first) = lines.first_mut() {
                first.gap = gap;
            }
            flow.append(&mut lines);
        }
        let block = merged(flow);
        debug_assert!(block.height <= SENDER.1, "the sender keeps to its place");
        block.marks
    }

    /// Sender, reference and page number at the foot of each page.
    fn feet(&self, pages: &mut [Page]) {
        let look = Look::new(7.5).color(QUIET);
        let count = pages.len();
        let top = HEIGHT - BOTTOM * 0.7;
        let room = Area::within(MARGIN, TOP, BOTTOM).width;
        let said = format!("{}　{} {}", clean::line(&self.sender.name), self.numbered, clean::line(self.reference));
        for (nth, page) in pages.iter_mut().enumerate() {
            page.foot = foot(&said, (nth + 1, count), look, (MARGIN, top, room), 1);
        }
    }
}

/// A text on the left, the number of the page on the right.
pub(super) fn foot(said: &str, page: (usize, usize), look: Look, at: (f32, f32, f32), most: usize) -> Vec<Mark> {
    let (left, top, room) = at;
    let number: Vec<Line> = Text::plain(&format!("{} / {}", page.0, page.1), look).lines(room);
    let used = number.first().map_or(0.0, |line| line.width) + mm(6.0);
    let mut marks = running(shortened(said, look, room - used, most), (left, top), room, Align::Left);
    marks.extend(running(number, (left, top), room, Align::Right));
    marks
}

const STAMP_HEIGHT: f32 = 8.0 + 2.0 * mm(0.8);

/// A word in a red frame at the right edge of a block: its width and its marks.
fn stamp(word: &str, room: f32, node: Node) -> (f32, Vec<Mark>) {
    let text = Text::plain(word, Look::new(8.0).bold().color(ALERT));
    let width = text.width() + 2.0 * mm(1.2);
    let frame = Mark::plain(room - width, 0.0, Ink::Frame(width, STAMP_HEIGHT, 0.0, ALERT, 0.8));
    let place = |line| Mark { x: room - width + mm(1.2), y: mm(0.8), ink: Ink::Line(line), node: Some(node) };
    let line = text.lines(width).into_iter().map(place);
    (width, std::iter::once(frame).chain(line).collect())
}

/// 「様」 is added unless the name already ends with a form of address.
fn addressed(name: &str) -> String {
    match name.trim() {
        "" => "ご担当者 様".to_owned(),
        name if ["様", "御中", "殿"].iter().any(|form| name.ends_with(form)) => name.to_owned(),
        name => format!("{name} 様"),
    }
}
