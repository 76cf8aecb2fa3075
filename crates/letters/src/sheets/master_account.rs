//! マスターアカウント通知書: user ID and first password in one environment, and how each character is read.

use krilla::tagging::{TableHeaderScope, Tag};

use super::copy::{EDGE, SIDES, stamped};
use super::desk::Desk;
use super::letter::foot;
use crate::book::{Book, Bookmark};
use crate::clean;
use crate::codes::{Sign, groups};
use crate::layout::look::{Look, PANEL, QUIET};
use crate::layout::mm;
use crate::layout::page::{Area, HEIGHT, paginate};
use crate::layout::slab::{Align, Flow};
use crate::layout::table::{Cell, Grid, Rules};
use crate::layout::tags::Node;
use crate::layout::text::Text;
use crate::model::MasterAccountNotice;

const TITLE: &str = "マスターアカウント通知書";
/// Size of plain text.
const SIZE: f32 = 9.8;
/// Widths of the columns of the table: place and character; the reading has what is left.
const NARROW: [f32; 2] = [mm(18.0), mm(16.0)];
/// Halves of the table that stand side by side.
const HALVES: usize = 2;
const STEPS: [&str; 4] = [
    "オンライン資格確認等システムの管理者のログイン画面を開き、ユーザーIDと初回パスワードを入力します。",
    "はじめてログインしたときに、初回パスワードを、ご自分で決めたパスワードに変更します。",
    "職員が使うIDを、1人に1つずつ作ります。日々の業務では、マスターアカウントを使わないでください。",
    "この通知書は、鍵のかかる場所に保管します。不要になったら、細かく裁断して捨ててください。",
];

/// The notice as a file.
pub(crate) fn master_account_notice(it: &MasterAccountNotice) -> Book {
    let environment = clean::line(&it.environment);
    let mut book = Book::new(format!("{TITLE}（{environment}）"), clean::line(&it.sender.name));
    let area = Area::within(SIDES, EDGE, EDGE);
    let part = book.tag(None, Tag::Part);
    let mut desk = Desk::new(&mut book, Some(part), area.width, Look::new(SIZE), area.height);
    let anchor = stamped(&mut desk, TITLE, &environment);
    opening(&mut desk, it);
    codes(&mut desk, it);
    desk.heading(2, "初回パスワードの読み方", desk.look.size(11.5).bold(), (mm(2.5), mm(2.0)));
    let table = readings(&mut desk, &it.first_password);
    desk.column.add(0.0, table, mm(1.0));
    desk.steps("はじめて使うとき", &STEPS);
    caution(&mut desk, it);
    desk.contact(&it.sender);
    let flow = desk.column.flow();
    book.pages = paginate(&flow, area);
    book.bookmarks = vec![Bookmark { level: 1, title: format!("{TITLE}（{environment}）"), anchor }];
    feet(&mut book, it);
    book
}

fn opening(desk: &mut Desk<'_>, it: &MasterAccountNotice) {
    let said = "オンライン資格確認の利用申請が承認されましたので、オンライン資格確認等システムの管理者用のユーザーIDと\
                初回パスワードをお知らせします。";
    desk.paragraph(said, desk.look, 0.0, mm(3.0));
    let facts = [
        ("医療機関等コード", &it.institution_code),
        ("医療機関等名", &it.institution_name),
        ("環境", &it.environment),
        ("使いみち", &it.purpose),
        ("発行日", &it.issued_on),
    ]
    .map(|(label, value)| (label, clean::line(value)));
    let facts: Vec<(&str, &str)> = facts.iter().map(|(label, value)| (*label, value.as_str())).collect();
    desk.ruled_facts(&facts, mm(36.0), 0.0, 0.0);
}

fn codes(desk: &mut Desk<'_>, it: &MasterAccountNotice) {
    let codes = |desk: &mut Desk<'_>| {
        desk.code("ユーザーID", &it.user_id, 20.0, false);
        desk.code("初回パスワード", &it.first_password, 20.0, false);
        let note = "区切りの空白は入力不要です。ユーザーIDの英字は、すべて大文字です。紛らわしい文字は使っていません。";
        desk.paragraph(note, Look::new(8.0).color(QUIET), 0.0, 0.0);
    };
    desk.code_box(codes, None, 0.0);
}

/// Each character with its place and its reading, in halves side by side.
fn readings(desk: &mut Desk<'_>, password: &str) -> Flow {
    let signs: Vec<Sign> = groups(&clean::line(password)).into_iter().flat_map(|group| group.signs).collect();
    let rows = signs.len().div_ceil(HALVES);
    let table = desk.tag(Tag::Table);
    let reading = desk.width / HALVES as f32 - NARROW.iter().sum::<f32>();
    let columns = [NARROW[0], NARROW[1], reading].repeat(HALVES);
    let grid = Grid { columns, pad: (mm(2.0), mm(0.9)), leading: desk.leading, rules: Rules::Around };
    let head = desk.book.tag(Some(table), Tag::TR);
    let heads = ["何文字目", "文字", "読み方"].repeat(HALVES);
    let cells: Vec<Cell> = heads
        .into_iter()
        .map(|text| {
            let node = desk.book.tag(Some(head), Tag::TH(TableHeaderScope::Column));
            cell(text, Look::new(8.4).bold(), true, node)
        })
        .collect();
    let mut flow = grid.row(&cells);
    for row in 0..rows {
        let tr = desk.book.tag(Some(table), Tag::TR);
        let places = (0..HALVES).map(|half| half * rows + row);
        let texts = places.flat_map(|place| described(place, signs.get(place)));
        let cells: Vec<Cell> = texts
            .map(|(text, look)| {
                let node = desk.book.tag(Some(tr), Tag::TD);
                cell(&text, look, false, node)
            })
            .collect();
        flow.extend(grid.row(&cells));
    }
    if let Some(first) = flow.first_mut() {
        first.keep = true;
    }
    flow
}

/// What the three cells of a character say; nothing behind the last one.
fn described(place: usize, sign: Option<&Sign>) -> [(String, Look); 3] {
    let look = Look::new(9.4);
    let texts = sign.map_or_else(Default::default, |sign| {
        let reading = format!("{}の{}（{}）", sign.kind, sign.sign, sign.name);
        [(place + 1).to_string(), sign.sign.clone(), reading]
    });
    let [place, sign, reading] = texts;
    [(place, look.color(QUIET)), (sign, look.bold().mono()), (reading, look)]
}

fn cell(text: &str, look: Look, head: bool, node: Node) -> Cell {
    Cell { text: Text::plain(text, look), align: Align::Left, fill: head.then_some(PANEL), node: Some(node) }
}

fn caution(desk: &mut Desk<'_>, it: &MasterAccountNotice) {
    let rest = format!(
        "この通知書は、{}までポータルからダウンロードできます。その後に必要になったときや、関係のない方に見られたおそれが\
         あるときは、ポータルの「マスターアカウント情報ダウンロード」から再発行してください。前のパスワードは、すぐに使えなくなります。",
        clean::line(&it.shown_until)
    );
    desk.caution("パスワードを電話やメールでお尋ねすることはありません。", &rest);
}

/// Sender and page number at the foot of each page.
fn feet(book: &mut Book, it: &MasterAccountNotice) {
    let look = Look::new(7.5).color(QUIET);
    let room = Area::within(SIDES, EDGE, EDGE).width;
    let said = format!("{}　{TITLE}（{}）", clean::line(&it.sender.name), clean::line(&it.environment));
    let count = book.pages.len();
    for (nth, page) in book.pages.iter_mut().enumerate() {
        page.foot = foot(&said, (nth + 1, count), look, (SIDES, HEIGHT - EDGE * 0.7, room), 1);
    }
}
