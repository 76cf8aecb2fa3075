//! 交付決定通知書: what a subsidy grants, and how it was computed.

use krilla::tagging::{TableHeaderScope, Tag};

use super::desk::Desk;
use super::letter::Letter;
use crate::book::Book;
use crate::clean;
use crate::layout::look::{BLACK, Look, QUIET, TINT};
use crate::layout::mm;
use crate::layout::slab::{Align, Flow};
use crate::layout::table::{Cell, Grid, Rules};
use crate::layout::tags::Node;
use crate::layout::text::Text;
use crate::model::{GrantLine, GrantNotice};

const TITLE: &str = "交付決定通知書";
/// Width of each column of yen; what the line is for has what is left.
const YEN: f32 = mm(33.0);

/// The notice as a file.
pub(crate) fn grant_notice(it: &GrantNotice) -> Book {
    let mut book = Book::new(TITLE.to_owned(), clean::line(&it.sender.name));
    let letter = Letter {
        sender: &it.sender,
        recipient: &it.recipient,
        issued_on: &it.decided_on,
        numbered: "決定番号",
        reference: &it.number,
        title: TITLE,
        mark: None,
    };
    letter.set(&mut book, |desk| opening(desk, it), |desk| body(desk, it));
    book
}

fn opening(desk: &mut Desk<'_>, it: &GrantNotice) {
    let said = format!(
        "申請のあった「{}」について、次のとおり補助金を交付することに決定しましたので、お知らせします。",
        clean::line(&it.scheme)
    );
    desk.paragraph(&said, desk.look, 0.0, mm(1.0));
}

fn body(desk: &mut Desk<'_>, it: &GrantNotice) {
    if !it.taken_back.is_empty() {
        desk.caution("この決定は取り消されました。", &clean::line(&it.taken_back));
    }
    let (amount, number) = (clean::line(&it.amount), clean::line(&it.number));
    let codes = |desk: &mut Desk<'_>| {
        desk.paragraph("交付決定額", Look::new(9.0).bold(), 0.0, mm(1.0));
        desk.paragraph(&amount, Look::new(21.0).bold().color(BLACK), 0.0, mm(2.5));
        desk.paragraph("交付決定番号", Look::new(9.0).bold(), 0.0, mm(0.8));
        desk.paragraph(&number, Look::new(15.0).bold().mono().color(BLACK), 0.0, mm(2.0));
    };
    desk.code_box(codes, None, 0.0);
    let [code, name, scheme, reference, day] =
        [&it.institution_code, &it.recipient.institution_name, &it.scheme, &it.reference, &it.decided_on]
            .map(|text| clean::line(text));
    let facts = [
        ("医療機関等コード", &*code),
        ("医療機関等名", &name),
        ("補助金の名称", &scheme),
        ("申請の受付番号", &reference),
        ("交付決定日", &day),
    ];
    desk.ruled_facts(&facts, mm(36.0), 0.0, 0.0);
    desk.heading(2, "計算の内訳", desk.look.size(11.5).bold(), (mm(4.0), mm(1.6)));
    let lines = lines(desk, it);
    desk.column.add(0.0, lines, mm(2.0));
    for reason in &it.reasons {
        desk.paragraph(&clean::line(reason), Look::new(8.6), mm(1.8), 0.0);
    }
    let note = "領収書などの書類は、あとで確かめられるように保管してください。書類と申請の内容が違うことが分かったときは、\
                決定の取消しと返還をお願いすることがあります。";
    desk.paragraph(note, Look::new(8.6).color(QUIET), mm(2.0), mm(2.0));
    desk.contact(&it.sender);
}

/// The lines, and their sum under them.
fn lines(desk: &mut Desk<'_>, it: &GrantNotice) -> Flow {
    let table = desk.tag(Tag::Table);
    let columns = vec![desk.width - 3.0 * YEN, YEN, YEN, YEN];
    let grid = Grid { columns, pad: (mm(1.6), mm(1.2)), leading: desk.leading, rules: Rules::Below };
    let look = Look::new(9.0);
    let row = desk.book.tag(Some(table), Tag::TR);
    let heads = ["費用", "申請額", "対象の額", "交付額"].map(|head| {
        let node = desk.book.tag(Some(row), Tag::TH(TableHeaderScope::Column));
        (head.to_owned(), node)
    });
    let mut flow = grid.row(&cells(&heads, look.bold(), true));
    for line in &it.lines {
        let row = desk.book.tag(Some(table), Tag::TR);
        let GrantLine { label, claimed, eligible, amount } = line;
        let data = [label, claimed, eligible, amount].map(|text| clean::line(text));
        let data = data.map(|text| (text, desk.book.tag(Some(row), Tag::TD)));
        flow.extend(grid.row(&cells(&data, look, false)));
    }
    let row = desk.book.tag(Some(table), Tag::TR);
    let sum = ["交付決定額", "", "", &it.amount].map(clean::line);
    let sum = sum.map(|text| (text, desk.book.tag(Some(row), Tag::TD)));
    flow.extend(grid.row(&cells(&sum, look.bold(), false)));
    flow
}

fn cells(texts: &[(String, Node)], look: Look, head: bool) -> Vec<Cell> {
    let cell = |(place, (text, node)): (usize, &(String, Node))| Cell {
        text: Text::plain(text, look),
        align: if place == 0 { Align::Left } else { Align::Right },
        fill: head.then_some(TINT),
        node: Some(*node),
    };
    texts.iter().enumerate().map(cell).collect()
}
