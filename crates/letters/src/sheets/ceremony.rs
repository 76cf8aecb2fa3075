//! The protocol of a ceremony, with a line for each signature by hand.

use krilla::tagging::Tag;

use super::copy::{EDGE, HEADING, SIDES, SIZE, Values, head, stamped};
use super::desk::Desk;
use super::letter::foot;
use crate::book::{Book, Bookmark};
use crate::clean;
use crate::layout::look::{Look, QUIET};
use crate::layout::mm;
use crate::layout::page::{Area, HEIGHT, Page, paginate};
use crate::model::{CeremonyProtocol, Signature};

const SIGNATURES: &str = "立会人の署名";
/// Where one writes by hand.
const LINE: &str = "署名：＿＿＿＿＿＿＿＿＿＿＿＿＿＿＿＿　日付：＿＿＿＿＿＿＿＿";

/// The protocol as a file.
pub(crate) fn ceremony_protocol(protocol: &CeremonyProtocol) -> Book {
    let title = clean::line(&protocol.title);
    let stamp = clean::line(&protocol.stamp);
    let mut book = Book::new(title.clone(), String::new());
    let area = Area::within(SIDES, EDGE, EDGE);
    let part = book.tag(None, Tag::Part);
    let mut desk = Desk::new(&mut book, Some(part), area.width, Look::new(SIZE), area.height);
    let anchor = match stamp.is_empty() {
        true => desk.heading(1, &title, Look::new(18.0).bold(), (0.0, mm(5.0))),
        false => stamped(&mut desk, &title, &stamp),
    };
    let mut marks = vec![(1, title.clone(), anchor)];
    for section in &protocol.sections {
        marks.push((2, clean::line(&section.title), desk.section(section, Values::ToRepeat)));
    }
    marks.push((2, SIGNATURES.to_owned(), signatures(&mut desk, &protocol.signatures)));
    let flow = desk.column.flow();
    book.pages = paginate(&flow, area);
    edges(&mut book.pages, protocol, &title);
    book.bookmarks = marks.into_iter().map(|(level, title, anchor)| Bookmark { level, title, anchor }).collect();
    book
}

fn signatures(desk: &mut Desk<'_>, lines: &[Signature]) -> usize {
    let anchor = desk.heading(2, SIGNATURES, Look::new(12.0).bold(), HEADING);
    let look = desk.look;
    for line in lines {
        let who = format!("{}　{}", clean::line(&line.role), clean::line(&line.name));
        desk.paragraph(&who, look, mm(5.0), mm(3.0));
        desk.paragraph(LINE, look, 0.0, mm(2.0));
    }
    anchor
}

/// What the file is above later pages, the footer and the page number below each.
fn edges(pages: &mut [Page], protocol: &CeremonyProtocol, title: &str) {
    let look = Look::new(8.0).color(QUIET);
    let room = Area::within(SIDES, EDGE, EDGE).width;
    let (footer, stamp) = (clean::line(&protocol.footer), clean::line(&protocol.stamp));
    let count = pages.len();
    for (nth, page) in pages.iter_mut().enumerate() {
        page.foot = foot(&footer, (nth + 1, count), look, (SIDES, HEIGHT - EDGE * 0.7, room), 2);
        if nth > 0 {
            page.head = head(title, &stamp, look, (SIDES, EDGE * 0.7 - 8.0, room));
        }
    }
}
