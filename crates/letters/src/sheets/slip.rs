//! 払込請求書: what an institution pays for a month, and how.

use krilla::tagging::{TableHeaderScope, Tag};

use super::desk::Desk;
use super::letter::Letter;
use crate::book::Book;
use crate::layout::look::{BLACK, Look, QUIET, TINT};
use crate::layout::mm;
use crate::layout::slab::{Align, Flow};
use crate::layout::table::{Cell, Grid, Rules};
use crate::layout::tags::Node;
use crate::layout::text::Text;
use crate::model::{PaymentSlip, Row, SlipLine};
use crate::{Fault, clean};

const TITLE: &str = "払込請求書（端末の電子証明書 発行料・更新料）";
/// Widths of the columns: day, kind, reference, amount; the terminal has what is left.
const DAY: f32 = mm(33.0);
const KIND: f32 = mm(15.0);
const REFERENCE: f32 = mm(41.0);
const AMOUNT: f32 = mm(28.0);

/// The slips as one file.
pub(crate) fn payment_slips(slips: &[PaymentSlip]) -> Result<Book, Fault> {
    let first = slips.first().ok_or(Fault::Empty)?;
    let mut book = Book::new(TITLE.to_owned(), clean::line(&first.sender.name));
    for slip in slips {
        set(&mut book, slip);
    }
    Ok(book)
}

fn set(book: &mut Book, it: &PaymentSlip) {
    let letter = Letter {
        sender: &it.sender,
        recipient: &it.recipient,
        issued_on: &it.issued_on,
        numbered: "払込番号",
        reference: &it.number,
        title: TITLE,
        mark: None,
    };
    letter.set(book, |desk| opening(desk, it), |desk| body(desk, it));
}

fn opening(desk: &mut Desk<'_>, it: &PaymentSlip) {
    let asks = match it.due_on.is_empty() {
        true => "について、いまお支払いいただく金額はありません",
        false => "をご請求します",
    };
    let month = clean::line(&it.month);
    let said = format!("{month}分の端末の電子証明書の発行料・更新料{asks}。内訳は、下の明細のとおりです。");
    desk.paragraph(&said, desk.look, 0.0, mm(2.0));
    let [institution, name] = [&it.institution_code, &it.recipient.institution_name].map(|text| clean::line(text));
    desk.ruled_facts(&[("医療機関等コード", &*institution), ("医療機関等名", &name)], mm(36.0), 0.0, 0.0);
}

fn body(desk: &mut Desk<'_>, it: &PaymentSlip) {
    let [to_pay, due, number, account] =
        [&it.to_pay, &it.due_on, &it.number, &it.account].map(|text| clean::line(text));
    let codes = |desk: &mut Desk<'_>| {
        desk.paragraph("お支払いいただく金額", Look::new(9.0).bold(), 0.0, mm(1.0));
        desk.paragraph(&to_pay, Look::new(21.0).bold().color(BLACK), 0.0, mm(2.5));
        if !due.is_empty() {
            desk.paragraph(&format!("お支払い期限　{due}"), desk.look.bold(), 0.0, mm(2.5));
        }
        desk.code("払込番号", &number, 15.0, false);
    };
    desk.code_box(codes, None, 0.0);
    if !account.is_empty() {
        desk.ruled_facts(&[("お振込先", &*account)], mm(36.0), 0.0, 0.0);
        let note = "お振込の際は、振込名義の前に払込番号を入力してください。振込手数料はご負担をお願いします。\
                    すでにお支払い済みのときは、行き違いをご容赦ください。";
        desk.paragraph(note, Look::new(8.6).color(QUIET), mm(2.0), mm(2.0));
    }
    desk.heading(2, "明細", desk.look.size(11.5).bold(), (mm(2.5), mm(1.6)));
    let lines = lines(desk, &it.lines);
    desk.column.add(0.0, lines, mm(1.5));
    let sums = sums(desk, &it.sums);
    desk.column.add(0.0, sums, mm(3.0));
    desk.contact(&it.sender);
}

fn lines(desk: &mut Desk<'_>, lines: &[SlipLine]) -> Flow {
    let table = desk.tag(Tag::Table);
    let what = desk.width - DAY - KIND - REFERENCE - AMOUNT;
    let columns = vec![DAY, KIND, what, REFERENCE, AMOUNT];
    let grid = Grid { columns, pad: (mm(1.6), mm(1.1)), leading: desk.leading, rules: Rules::Below };
    let look = Look::new(8.8);
    let row = desk.book.tag(Some(table), Tag::TR);
    let heads = ["日付", "区分", "端末", "受付番号", "金額"].map(|head| {
        let node = desk.book.tag(Some(row), Tag::TH(TableHeaderScope::Column));
        (head.to_owned(), node)
    });
    let mut flow = grid.row(&cells(&heads, look.bold(), true));
    for line in lines {
        let row = desk.book.tag(Some(table), Tag::TR);
        let texts = [&line.day, &line.kind, &line.terminal, &line.reference, &line.amount];
        let data = texts.map(|text| (clean::line(text), desk.book.tag(Some(row), Tag::TD)));
        flow.extend(grid.row(&cells(&data, look, false)));
    }
    flow
}

/// Sums under the column of the amounts.
fn sums(desk: &mut Desk<'_>, sums: &[Row]) -> Flow {
    let table = desk.tag(Tag::Table);
    let columns = vec![desk.width - AMOUNT, AMOUNT];
    let grid = Grid { columns, pad: (mm(1.6), mm(1.1)), leading: desk.leading, rules: Rules::Below };
    let mut flow = vec![];
    for sum in sums {
        let row = desk.book.tag(Some(table), Tag::TR);
        let head = desk.book.tag(Some(row), Tag::TH(TableHeaderScope::Row));
        let data = desk.book.tag(Some(row), Tag::TD);
        let cell = |text: &str, node| Cell {
            text: Text::plain(&clean::line(text), desk.look.bold()),
            align: Align::Right,
            fill: None,
            node: Some(node),
        };
        flow.extend(grid.row(&[cell(&sum.label, head), cell(&sum.value, data)]));
    }
    flow
}

fn cells(texts: &[(String, Node)], look: Look, head: bool) -> Vec<Cell> {
    let last = texts.len() - 1;
    let cell = |(place, (text, node)): (usize, &(String, Node))| Cell {
        text: Text::plain(text, look),
        align: if place == last { Align::Right } else { Align::Left },
        fill: head.then_some(TINT),
        node: Some(*node),
    };
    texts.iter().enumerate().map(cell).collect()
}
