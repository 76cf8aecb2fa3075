//! Parts that several sheets share.

use krilla::tagging::{ListNumbering, TableHeaderScope, Tag};
use std::rc::Rc;

use super::desk::Desk;
use crate::codes::{Group, groups};
use crate::layout::look::{ACTION, BLACK, HAIR, HAIRLINE, Look, QUIET, TINT, WARNING, WARNING_TINT, WHITE};
use crate::layout::mm;
use crate::layout::slab::{Align, Flow, Ground, Ink, Mark, Slab, beside, indented, merged, paragraph};
use crate::layout::table::{Cell, Grid, Rules};
use crate::layout::text::{Span, Text};
use crate::model::Sender;
use crate::{clean, qr};

/// The frame around what must be found at once.
pub(super) const BOX: Ground =
    Ground { fill: Some(TINT), frame: Some((ACTION, 0.8)), bar: None, radius: mm(2.0), pad: (mm(4.0), mm(4.0)) };
/// The ground of a warning.
const CAUTION: Ground = Ground {
    fill: Some(WARNING_TINT),
    frame: None,
    bar: Some((WARNING, mm(1.2))),
    radius: 0.0,
    pad: (mm(4.0), mm(3.0)),
};
/// The largest group of a code whose characters are named below it.
const NAMED: usize = 8;

/// A label, its value, and how the value looks.
pub(super) type Fact<'a> = (&'a str, &'a str, Look);

impl Desk<'_> {
    /// Two columns of labels and values.
    pub(super) fn facts(&mut self, facts: &[Fact<'_>], label_width: f32, grid: (f32, Rules), empty: &str) -> Flow {
        let table = self.tag(Tag::Table);
        let columns = vec![label_width, self.width - label_width];
        let grid = Grid { columns, pad: (mm(2.0), grid.0), leading: self.leading, rules: grid.1 };
        let mut flow = vec![];
        for (label, value, look) in facts {
            let row = self.book.tag(Some(table), Tag::TR);
            let head = self.book.tag(Some(row), Tag::TH(TableHeaderScope::Row));
            let data = self.book.tag(Some(row), Tag::TD);
            let (value, look) = answer(value, *look, empty);
            let cell = |text, node| Cell { text, align: Align::Left, fill: None, node: Some(node) };
            let label = Text::plain(label, self.look.color(QUIET));
            flow.extend(grid.row(&[cell(label, head), cell(Text::plain(value, look), data)]));
        }
        flow
    }

    /// Facts with a line under each.
    pub(super) fn ruled_facts(&mut self, facts: &[(&str, &str)], label_width: f32, above: f32, below: f32) {
        let facts: Vec<Fact<'_>> = facts.iter().map(|(label, value)| (*label, *value, self.look)).collect();
        let flow = self.facts(&facts, label_width, (mm(1.4), Rules::Below), "―");
        self.column.add(above, flow, below);
    }

    /// A code in groups, large under its label. With `aid`, each character and its name stand below.
    pub(super) fn code(&mut self, label: &str, code: &str, size: f32, aid: bool) {
        self.paragraph(label, Look::new(9.0).bold(), 0.0, mm(0.8));
        let large = Look::new(size).bold().mono().color(BLACK);
        let groups = groups(&clean::line(code));
        let aid = aid && groups.iter().all(|group| group.signs.len() <= NAMED);
        for row in rows(&groups, large, self.width) {
            let text = row.iter().map(|group| group.text.as_str()).collect::<Vec<_>>().join(" ");
            self.paragraph(&text, large, 0.0, if aid { mm(0.8) } else { mm(3.0) });
            if aid {
                let readings = self.readings(row, large);
                self.column.add(0.0, vec![readings], mm(3.0));
            }
        }
    }

    /// The names of the characters, each group in a column under its own place.
    fn readings(&mut self, row: &[Group], large: Look) -> Slab {
        let look = Look::new(6.8);
        let mut whole = Slab::default();
        let mut before = String::new();
        for group in row {
            let at = if before.is_empty() { 0.0 } else { advance(&before, large) };
            let node = self.tag(Tag::P);
            let spans = group.signs.iter().flat_map(|sign| {
                let name = format!(" {}{}\n", sign.kind, sign.name);
                [Span::new(sign.sign.as_str(), look.bold()), Span::new(name, look)]
            });
            let column = merged(paragraph(&Text::new(spans.collect()), self.width, 0.25, Align::Left, Some(node)));
            whole.height = whole.height.max(column.height);
            whole.marks.extend(column.marks.into_iter().map(|mark| mark.shifted(at, 0.0)));
            before.push_str(&group.text);
            before.push(' ');
        }
        whole
    }

    /// A frame with codes and, beside them, the QR code of a page.
    pub(super) fn code_box(&mut self, codes: impl FnOnce(&mut Desk<'_>), link: Option<(&qr::Code, &str)>, side: f32) {
        let part = self.tag(Tag::Div);
        let (room, gutter) = (mm(34.0), mm(5.0));
        let inner = self.width - 2.0 * BOX.pad.0;
        let text = inner - room - gutter;
        let flow = self.inner(part, text, codes);
        let flow = match link {
            Some((code, caption)) => {
                let side = self.page_link(code, caption, side, room);
                beside(flow, side, text + gutter, self.limit - 2.0 * BOX.pad.1)
            }
            None => flow,
        };
        let flow = BOX.behind(flow, self.width, self.limit);
        self.column.add(self.look.size * 0.9, flow, self.look.size * 0.9);
    }

    /// The QR code of a page above its caption, on white as cameras need it.
    fn page_link(&mut self, code: &qr::Code, caption: &str, side: f32, room: f32) -> Slab {
        let figure = self.tag(Tag::Figure(Some(format!("{caption}のQRコード"))));
        let note = self.tag(Tag::P);
        let square = side / code.side();
        let (left, inset) = ((room - side) / 2.0, square * qr::QUIET_ZONE);
        let squares = Ink::Squares(square, Rc::clone(&code.squares));
        let look = Look::new(7.5).color(QUIET);
        let caption = merged(paragraph(&Text::plain(caption, look), room, 0.4, Align::Center, Some(note)));
        let below = side + mm(1.2);
        let mut marks = vec![
            Mark::plain(left, 0.0, Ink::Fill(side, side, 0.0, WHITE)),
            Mark { x: left + inset, y: inset, ink: squares, node: Some(figure) },
        ];
        marks.extend(caption.marks.into_iter().map(|mark| mark.shifted(0.0, below)));
        Slab { height: below + caption.height, marks, ..Slab::default() }
    }

    /// Numbered steps under a heading.
    pub(super) fn steps(&mut self, title: &str, steps: &[&str]) {
        self.heading(2, title, self.look.size(11.5).bold(), (mm(4.5), mm(2.6)));
        let list = self.tag(Tag::L(ListNumbering::Decimal));
        let indent = mm(5.0);
        for (nth, step) in steps.iter().enumerate() {
            let item = self.book.tag(Some(list), Tag::LI);
            let number = self.book.tag(Some(item), Tag::Lbl);
            let body = self.book.tag(Some(item), Tag::LBody);
            let label = Text::plain(&(nth + 1).to_string(), self.look.bold().color(ACTION));
            let label = paragraph(&label, indent, 0.0, Align::Left, Some(number));
            let text = Text::plain(step, self.look);
            let text = paragraph(&text, self.width - indent, self.leading, Align::Left, Some(body));
            let item = merged(indented(text, indent));
            let marks = label.into_iter().flat_map(|slab| slab.marks).chain(item.marks).collect();
            self.column.add(self.look.size * 0.85, vec![Slab { marks, height: item.height, ..Slab::default() }], 0.0);
        }
        self.column.space(mm(3.0));
    }

    /// Something that must not be overlooked: `main` is what counts, `rest` explains it.
    pub(super) fn caution(&mut self, main: &str, rest: &str) {
        let part = self.tag(Tag::Div);
        let label = Text::plain("注意", self.look.bold().color(WARNING));
        let indent = label.width() + mm(3.0);
        let look = self.look;
        let flow = self.grounded(part, CAUTION, |desk| {
            let node = desk.tag(Tag::P);
            let label = paragraph(&label, indent, 0.0, Align::Left, Some(node));
            let width = desk.width - indent;
            let text = desk.inner(part, width, |desk| {
                desk.pieces(vec![Span::new(main, look.bold()), Span::new(rest, look)], 0.0, 0.0);
            });
            let text = merged(indented(text, indent));
            let marks = label.into_iter().flat_map(|slab| slab.marks).chain(text.marks).collect();
            desk.column.add(0.0, vec![Slab { marks, height: text.height, ..Slab::default() }], 0.0);
        });
        self.column.add(mm(3.4), flow, mm(3.4));
    }

    /// Whom to ask.
    pub(super) fn contact(&mut self, sender: &Sender) {
        let look = Look::new(9.0);
        let (contact, hours) = (clean::line(&sender.contact), clean::line(&sender.hours));
        let heads = [("お問い合わせ先", contact, look.bold()), ("受付時間", hours, look.color(QUIET))];
        let indent = Text::plain(heads[0].0, look.bold()).width() + mm(4.0);
        let width = self.width;
        let rule = Mark::plain(0.0, 0.0, Ink::Fill(width, HAIRLINE, 0.0, HAIR));
        let mut whole = Slab { height: mm(3.0), marks: vec![rule], ..Slab::default() };
        for (head, said, head_look) in heads {
            let node = self.tag(Tag::P);
            let label = paragraph(&Text::plain(head, head_look), indent, 0.0, Align::Left, Some(node));
            let said = paragraph(&Text::plain(&said, look), width - indent, 0.4, Align::Left, Some(node));
            let said = merged(indented(said, indent));
            let marks = label.into_iter().flat_map(|slab| slab.marks).chain(said.marks);
            whole.marks.extend(marks.map(|mark| mark.shifted(0.0, whole.height)));
            whole.height += said.height + mm(1.2);
        }
        self.column.add(mm(4.0), vec![whole], 0.0);
    }
}

/// What is filled in, or a word that says that nothing is.
pub(super) fn answer<'a>(value: &'a str, look: Look, empty: &'a str) -> (&'a str, Look) {
    if value.trim().is_empty() { (empty, look.color(QUIET)) } else { (value, look) }
}

/// As many groups in a row as fit, five at most: the pickup secret has five.
fn rows(groups: &[Group], look: Look, width: f32) -> Vec<&[Group]> {
    let mut rows = vec![];
    let mut start = 0;
    while start < groups.len() {
        let fits = |count: &usize| {
            let row = groups.get(start..start + count).unwrap_or_default();
            let text = row.iter().map(|group| group.text.as_str()).collect::<Vec<_>>().join(" ");
            Text::plain(&text, look).width() <= width
        };
        let most = (groups.len() - start).min(5);
        let count = (1..=most).rev().find(fits).unwrap_or(1);
        rows.extend(groups.get(start..start + count));
        start += count;
    }
    rows
}

/// Width of a text with the blanks at its end.
fn advance(text: &str, look: Look) -> f32 {
    Text::plain(text, look).glyphs.iter().map(|glyph| glyph.advance).sum()
}
