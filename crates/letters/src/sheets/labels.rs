//! Labels to stick on terminals: twelve on a sheet of A4, two beside each other and six below.
//!
//! The places are those of the label sheets that are sold for this division (86.4 × 42.3 mm, margins of 18.6 and
//! 21.6 mm, no space between labels); on plain paper the hairlines show where to cut. Printers do not reach exactly
//! where they should, so nothing is printed in the outer millimetres of a label. A label is seen by everyone who
//! passes: it holds nothing secret.

use krilla::tagging::Tag;
use std::rc::Rc;

use crate::book::Book;
use crate::layout::look::{BLACK, HAIR, HAIRLINE, Look, QUIET};
use crate::layout::mm;
use crate::layout::page::Page;
use crate::layout::slab::{Align, Flow, Ink, Mark, merged, stacked};
use crate::layout::tags::Node;
use crate::layout::text::shortened;
use crate::model::TerminalLabel;
use crate::{Fault, clean, qr};

const TITLE: &str = "端末に貼るラベル";
/// Labels on a sheet, and beside each other.
const ON_SHEET: usize = 12;
const BESIDE: usize = 2;
/// Width and height of a label.
const LABEL: (f32, f32) = (mm(86.4), mm(42.3));
/// Where the first label begins: from the left, from the top.
const FIRST: (f32, f32) = (mm(18.6), mm(21.6));
/// Space between the edge of a label and what is printed.
const PAD: f32 = mm(4.0);
/// Side of the QR code with its white border.
const CODE: f32 = mm(24.0);
/// Width of the label of a fact.
const HEAD: f32 = mm(17.0);
/// Size of what stands around the name.
const SMALL: f32 = 7.0;

/// The labels as one file, twelve on a page.
pub(crate) fn terminal_labels(labels: &[TerminalLabel]) -> Result<Book, Fault> {
    let first = labels.first().ok_or(Fault::Empty)?;
    let mut book = Book::new(TITLE.to_owned(), clean::line(&first.institution));
    for sheet in labels.chunks(ON_SHEET) {
        let mut page = Page::default();
        for (nth, label) in sheet.iter().enumerate() {
            let (column, row) = (nth % BESIDE, nth / BESIDE);
            let at = (FIRST.0 + LABEL.0 * column as f32, FIRST.1 + LABEL.1 * row as f32);
            page.foot.push(Mark::plain(at.0, at.1, Ink::Frame(LABEL.0, LABEL.1, 0.0, HAIR, HAIRLINE)));
            page.body.extend(set(&mut book, label)?.into_iter().map(|mark| mark.shifted(at.0 + PAD, at.1 + PAD)));
        }
        book.pages.push(page);
    }
    Ok(book)
}

/// What is printed on a label, from the corner inside of its border.
fn set(book: &mut Book, it: &TerminalLabel) -> Result<Vec<Mark>, Fault> {
    let part = book.tag(None, Tag::Div);
    let width = LABEL.0 - 2.0 * PAD - CODE - mm(2.0);
    let mut flow = vec![];
    let (size, most) = if it.terminal.chars().count() > 24 { (8.0, 3) } else { (10.0, 2) };
    let name = Look::new(size).bold().color(BLACK);
    add(book, part, &mut flow, 0.0, (&it.institution, Look::new(SMALL).color(QUIET), width, 1));
    add(book, part, &mut flow, mm(1.2), (&it.terminal, name, width, most));
    let place = if it.place.trim().is_empty() { "　" } else { &it.place };
    let facts = [
        ("設置場所", place),
        ("受付番号", it.reference.as_str()),
        ("有効期限", it.expires_on.as_str()),
        ("更新できる日", it.renewal_from.as_str()),
        ("問合せ", it.contact.as_str()),
    ];
    for (nth, (label, value)) in facts.into_iter().enumerate() {
        fact(book, part, &mut flow, if nth == 0 { mm(1.6) } else { mm(0.9) }, (label, value, width));
    }
    let mut marks = merged(flow).marks;
    if let Some(code) = qr::page(&it.page_url, "")? {
        let room = LABEL.0 - 2.0 * PAD;
        marks.extend(link(book, part, &code).into_iter().map(|mark| mark.shifted(room - CODE, 0.0)));
        let mut address = vec![];
        add(book, part, &mut address, 0.0, (&it.page_url, Look::new(6.2).color(QUIET), room, 1));
        let bottom = LABEL.1 - 2.0 * PAD - 6.2;
        marks.extend(merged(address).marks.into_iter().map(|mark| mark.shifted(0.0, bottom)));
    }
    Ok(marks)
}

/// A text with its look, its width, and the lines it may have.
type Piece<'a> = (&'a str, Look, f32, usize);

fn add(book: &mut Book, part: Node, flow: &mut Flow, gap: f32, (text, look, width, most): Piece<'_>) {
    let node = book.tag(Some(part), Tag::P);
    let mut lines = stacked(shortened(&clean::line(text), look, width, most), width, 0.15, Align::Left, Some(node));
    if let Some(first) = lines.first_mut() {
        first.gap = gap;
    }
    flow.append(&mut lines);
}

fn fact(book: &mut Book, part: Node, flow: &mut Flow, gap: f32, (label, value, width): (&str, &str, f32)) {
    let look = Look::new(SMALL);
    let node = book.tag(Some(part), Tag::P);
    let set = |text: &str, look: Look, room: f32| {
        merged(stacked(shortened(&clean::line(text), look, room, 1), room, 0.0, Align::Left, Some(node)))
    };
    let mut row = set(label, look.color(QUIET), HEAD);
    let value = set(value, look.color(BLACK), width - HEAD);
    row.marks.extend(value.marks.into_iter().map(|mark| mark.shifted(HEAD, 0.0)));
    row.gap = gap;
    flow.push(row);
}

/// The QR code of the page above its caption.
fn link(book: &mut Book, part: Node, code: &qr::Code) -> Vec<Mark> {
    let figure = book.tag(Some(part), Tag::Figure(Some("閉域網の更新ページのQRコード".to_owned())));
    let square = CODE / code.side();
    let inset = square * qr::QUIET_ZONE;
    let squares = Ink::Squares(square, Rc::clone(&code.squares));
    let mut marks = vec![Mark { x: inset, y: inset, ink: squares, node: Some(figure) }];
    let mut flow = vec![];
    let node = book.tag(Some(part), Tag::P);
    let lines = shortened("更新・接続テスト（閉域網）", Look::new(5.6).color(QUIET), CODE, 2);
    flow.append(&mut stacked(lines, CODE, 0.35, Align::Center, Some(node)));
    marks.extend(merged(flow).marks.into_iter().map(|mark| mark.shifted(0.0, CODE)));
    marks
}
