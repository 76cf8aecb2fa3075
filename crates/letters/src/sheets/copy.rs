//! A printable copy of what was sent.

use krilla::tagging::{TableHeaderScope, Tag};
use std::{borrow::Cow, rc::Rc};

use super::desk::Desk;
use super::letter::foot;
use super::parts::{BOX, answer};
use crate::book::{Book, Bookmark};
use crate::clean;
use crate::layout::look::{Look, PANEL, QUIET};
use crate::layout::mm;
use crate::layout::page::{Area, HEIGHT, Page, paginate, running};
use crate::layout::slab::{Align, Ground, Mark, beside, merged, paragraph};
use crate::layout::table::{Cell, Grid, Rules, spread};
use crate::layout::text::{Text, shortened};
use crate::model::{AgreedTerms, ApplicationCopy, Section};

pub(super) const SIZE: f32 = 10.0;
/// Size of a command.
const COMMAND: f32 = 8.5;
pub(super) const SIDES: f32 = mm(20.0);
pub(super) const EDGE: f32 = mm(22.0);
/// Space between a heading and what stands around it.
pub(super) const HEADING: (f32, f32) = (mm(6.0), mm(2.6));

/// The copy as a file.
pub(crate) fn application_copy(copy: &ApplicationCopy) -> Book {
    let title = clean::line(&copy.title);
    let mut book = Book::new(format!("{title}（控え）"), String::new());
    let area = Area::within(SIDES, EDGE, EDGE);
    let part = book.tag(None, Tag::Part);
    let mut desk = Desk::new(&mut book, Some(part), area.width, Look::new(SIZE), area.height);
    let mut marks = vec![(1, title.clone(), stamped(&mut desk, &title, "控え"))];
    desk.summary(copy);
    for section in &copy.sections {
        marks.push((2, clean::line(&section.title), desk.section(section, Values::AsTyped)));
    }
    if !copy.terms.is_empty() {
        marks.push((2, TERMS.to_owned(), desk.terms(&copy.terms)));
    }
    let flow = desk.column.flow();
    book.pages = paginate(&flow, area);
    edges(&mut book.pages, copy, &title);
    book.bookmarks = marks.into_iter().map(|(level, title, anchor)| Bookmark { level, title, anchor }).collect();
    book
}

const TERMS: &str = "同意した規約";

/// How the values beside the labels are set.
#[derive(Debug, Clone, Copy)]
pub(super) enum Values {
    /// As they were typed, whatever they are.
    AsTyped,
    /// To be compared and repeated: hashes in groups, names of certificates part by part, and before each command the sign at
    /// which it begins.
    ToRepeat,
}

impl Values {
    /// A value and its look.
    fn set(self, value: &str, look: Look) -> (Cow<'_, str>, Look) {
        match (self, grouped(value)) {
            (Self::ToRepeat, Some(hash)) => (Cow::Owned(hash), look.mono()),
            (Self::ToRepeat, None) if are_commands(value) => {
                let prompted: Vec<String> = value.lines().map(|line| format!("$ {line}")).collect();
                (Cow::Owned(prompted.join("\n")), look.size(COMMAND).mono())
            }
            (Self::ToRepeat, None) => (parts_of_name(value).map_or(Cow::Borrowed(value), Cow::Owned), look),
            (Self::AsTyped, _) => (Cow::Borrowed(value), look),
        }
    }
}

/// The title and, beside it, the word that says what this is, such as 「控え」. Returns the title's anchor.
pub(super) fn stamped(desk: &mut Desk<'_>, title: &str, word: &str) -> usize {
    let word = Text::plain(word, Look::new(SIZE));
    let ground = Ground { fill: None, frame: Some((QUIET, 0.8)), bar: None, radius: mm(1.0), pad: (mm(2.5), mm(1.5)) };
    let node = desk.tag(Tag::P);
    let inner = word.width() + 0.1;
    let width = inner + 2.0 * ground.pad.0;
    let stamp = merged(ground.behind(paragraph(&word, inner, 0.0, Align::Left, Some(node)), width, desk.limit));
    let part = desk.tag(Tag::Div);
    let mut anchor = 0;
    let flow = desk.inner(part, desk.width - width - mm(6.0), |desk| {
        anchor = desk.heading(1, title, Look::new(18.0).bold(), (0.0, 0.0));
    });
    let mut flow = beside(flow, stamp, desk.width - width, desk.limit);
    flow.iter_mut().for_each(|slab| slab.keep = true);
    desk.column.add(0.0, flow, mm(5.0));
    anchor
}

impl Desk<'_> {
    fn summary(&mut self, copy: &ApplicationCopy) {
        let [reference, code, name, sent, state] =
            [&copy.reference, &copy.institution_code, &copy.institution_name, &copy.submitted_at, &copy.state]
                .map(|text| clean::line(text));
        let look = self.look;
        let facts = [
            ("受付番号", &*reference, look.size(12.0).bold().mono()),
            ("医療機関等コード", &code, look),
            ("医療機関等名", &name, look),
            ("送信日時", &sent, look),
            ("状態", &state, look.bold()),
        ];
        let part = self.tag(Tag::Div);
        let ground = Ground { pad: (mm(3.0), mm(2.0)), ..BOX };
        let flow = self.grounded(part, ground, |desk| {
            let flow = desk.facts(&facts, mm(36.0), (mm(1.5), Rules::Without), "未入力");
            desk.column.add(0.0, flow, 0.0);
        });
        self.column.add(0.0, flow, 0.0);
    }

    /// A group of answers under its heading.
    pub(super) fn section(&mut self, section: &Section, values: Values) -> usize {
        let anchor = self.heading(2, &clean::line(&section.title), Look::new(12.0).bold(), HEADING);
        let table = self.tag(Tag::Table);
        let columns = vec![mm(58.0), self.width - mm(58.0)];
        let grid = Grid { columns, pad: (mm(2.0), mm(2.0)), leading: self.leading, rules: Rules::Across };
        let mut flow = vec![];
        for row in &section.rows {
            let (label, value) = (clean::line(&row.label), clean::text(&row.value));
            let (value, look) = answer(value.trim_end(), self.look, "未入力");
            let (value, look) = values.set(value, look);
            let tr = self.book.tag(Some(table), Tag::TR);
            let head = Some(self.book.tag(Some(tr), Tag::TH(TableHeaderScope::Row)));
            let data = Some(self.book.tag(Some(tr), Tag::TD));
            let label = Text::plain(&label, self.look.size(9.5));
            flow.extend(grid.row(&[
                Cell { text: label, align: Align::Left, fill: Some(PANEL), node: head },
                Cell { text: Text::plain(&value, look), align: Align::Left, fill: None, node: data },
            ]));
        }
        self.column.add(0.0, flow, 0.0);
        anchor
    }

    /// The terms that were agreed to.
    fn terms(&mut self, terms: &[AgreedTerms]) -> usize {
        let anchor = self.heading(2, TERMS, Look::new(12.0).bold(), HEADING);
        let table = self.tag(Tag::Table);
        let small = self.look.size(9.5);
        let rows: Vec<[Rc<Text>; 3]> = terms
            .iter()
            .map(|it| [&it.title, &it.version, &it.agreed_at].map(|text| Text::plain(&clean::line(text), self.look)))
            .collect();
        let heads = ["規約", "版", "同意日時"].map(|head| Text::plain(head, small));
        let pad = mm(2.0);
        let wanted = |nth: usize| {
            let cells = rows.iter().chain(std::iter::once(&heads)).filter_map(|row| row.get(nth));
            cells.map(|text| text.width() + 2.0 * pad + 0.1).fold(0.0, f32::max)
        };
        let mut columns = spread(&[wanted(0), wanted(1), wanted(2)], self.width);
        let rest = self.width - columns.iter().sum::<f32>();
        if let Some(first) = columns.first_mut() {
            *first += rest;
        }
        let grid = Grid { columns, pad: (pad, pad), leading: self.leading, rules: Rules::Across };
        let mut flow = vec![];
        for (nth, row) in std::iter::once(heads).chain(rows).enumerate() {
            let tr = self.book.tag(Some(table), Tag::TR);
            let fill = (nth == 0).then_some(PANEL);
            let cells = row.map(|text| {
                let node = match nth {
                    0 => self.book.tag(Some(tr), Tag::TH(TableHeaderScope::Column)),
                    _ => self.book.tag(Some(tr), Tag::TD),
                };
                Cell { text, align: Align::Left, fill, node: Some(node) }
            });
            let mut slabs = grid.row(&cells);
            if let (0, Some(last)) = (nth, slabs.last_mut()) {
                last.keep = true;
            }
            flow.append(&mut slabs);
        }
        self.column.add(0.0, flow, 0.0);
        anchor
    }
}

/// Title and reference above later pages, the footer and the page number below each.
fn edges(pages: &mut [Page], copy: &ApplicationCopy, title: &str) {
    let look = Look::new(8.0).color(QUIET);
    let room = Area::within(SIDES, EDGE, EDGE).width;
    let reference = format!("受付番号 {}", clean::line(&copy.reference));
    let footer = clean::line(&copy.footer);
    let count = pages.len();
    for (nth, page) in pages.iter_mut().enumerate() {
        page.foot = foot(&footer, (nth + 1, count), look, (SIDES, HEIGHT - EDGE * 0.7, room), 2);
        if nth > 0 {
            page.head = head(&format!("{title}（控え）"), &reference, look, (SIDES, EDGE * 0.7 - 8.0, room));
        }
    }
}

/// A running head: what the file is on the left, which one it is on the right.
pub(super) fn head(said: &str, which: &str, look: Look, at: (f32, f32, f32)) -> Vec<Mark> {
    let (left, top, room) = at;
    let which = shortened(which, look, room / 3.0, 1);
    let used = which.first().map_or(0.0, |line| line.width) + mm(4.0);
    let mut marks = running(shortened(said, look, room - used, 1), (left, top), room, Align::Left);
    marks.extend(running(which, (left, top), room, Align::Right));
    marks
}

/// Whether every line is a command that a person repeats.
fn are_commands(value: &str) -> bool {
    value.lines().all(|line| {
        ["openssl ", "sha256sum ", "madoguchi check-config "].iter().any(|program| line.starts_with(program))
    })
}

/// The name in a certificate (RFC 4514) with each of its parts on a line; `None` for any other text.
fn parts_of_name(value: &str) -> Option<String> {
    let begins_part = |piece: &str| {
        let kind = piece.split_once('=').map_or("", |(kind, _)| kind);
        !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    };
    let mut pieces = value.split(',');
    let mut name = pieces.next().filter(|first| begins_part(first))?.to_owned();
    for piece in pieces {
        let between = if begins_part(piece) && !name.ends_with('\\') { ",\n" } else { "," };
        name += between;
        name += piece;
    }
    Some(name)
}

/// A hash or a serial number as two people compare it: groups of four, eight in a line; `None` for any other text.
fn grouped(value: &str) -> Option<String> {
    if value.len() < 32 || !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let groups: Vec<&str> = value.as_bytes().chunks(4).filter_map(|group| str::from_utf8(group).ok()).collect();
    Some(groups.chunks(8).map(|line| line.join(" ")).collect::<Vec<_>>().join("\n"))
}
