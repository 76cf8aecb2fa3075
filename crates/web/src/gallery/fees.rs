//! Fees and letters: a closing that agrees and one that does not, a clinic's bill, letters under a scanner.

use askama::Template;

use super::{member, show, visitor};
use crate::view::form::{ChoiceView, FieldView, InputView};
use crate::view::frame::*;
use crate::view::parts::*;

#[derive(Template)]
#[template(path = "office/fees/closing.html")]
struct Closing {
    frame: Frame,
    address: String,
    closed: String,
    due: String,
    entries: String,
    fees: Vec<Line>,
    standing: Vec<Line>,
    differences: Vec<String>,
    slips: Vec<Link>,
    may_print: bool,
}

struct Line {
    sign: &'static str,
    label: &'static str,
    amount: String,
    href: String,
    total: bool,
}

fn line(sign: &'static str, label: &'static str, amount: &str, href: &str) -> Line {
    Line { sign, label, amount: amount.into(), href: href.into(), total: href.is_empty() }
}

fn closing(differences: Vec<String>) -> Closing {
    Closing {
        frame: Frame { has_errors: !differences.is_empty(), csrf: "token".into(), ..visitor("2026年5月の締め") },
        address: "/office/closings/2026-05".into(),
        closed: "2026年6月2日（火）10:00　経理 算".into(),
        due: "2026年6月30日（火）".into(),
        entries: "1,204".into(),
        fees: vec![
            line("", "発行料", "1,800,000円", "/office/closings/2026-05/entries?kind=charge"),
            line("－", "取消し", "1,500円", "/office/closings/2026-05/entries?kind=reversal"),
            line("＝", "台帳の合計", "1,798,500円", ""),
        ],
        standing: vec![line("＝", "この締めの残高", "52,500円", "")],
        differences,
        slips: vec![Link::new("払込請求書（1～200件目）のPDFを開く", "/office/closings/2026-05/slips.pdf?after=0")],
        may_print: true,
    }
}

#[derive(Template)]
#[template(path = "fees/bill.html")]
struct Bill {
    frame: Frame,
    facts: SummaryListView,
    to_pay: String,
    account: String,
    number: String,
    slip: Option<String>,
    entries: TableView,
    payments: TableView,
}

#[derive(Template)]
#[template(path = "office/scan.html")]
struct Scan {
    frame: Frame,
    left: i64,
    noted: Option<Noted>,
    letter: Option<Waiting>,
    fault: String,
    typed: String,
}

struct Noted {
    said: String,
    href: String,
}

struct Waiting {
    id: u8,
    reference: String,
    to: String,
}

#[derive(Template)]
#[template(path = "office/returns.html")]
struct Returns {
    frame: Frame,
    reason: FieldView,
    said: String,
    fault: String,
    typed: String,
    list: String,
    faults: Vec<String>,
    file: FieldView,
}

#[test]
fn a_closing_that_agrees_and_one_that_does_not() {
    show("closing", &closing(vec![]));
    let words =
        "台帳（発行料＋更新料－取消し）と、請求（控除＋払込請求書）が1円合いません（1,798,500円と1,798,499円）。";
    show("closing-differs", &closing(vec![words.into()]));
}

#[test]
fn a_bill_as_its_clinic_sees_it() {
    let rows = vec![RowView {
        cells: vec![CellView::Text("2026年5月20日（水）".into()), CellView::Number("1,500円".into())],
        strong: false,
    }];
    let columns = || vec![ColumnView::new("日付"), ColumnView { numeric: true, ..ColumnView::new("金額") }];
    let table =
        |caption: &str, rows| TableView { caption: caption.into(), columns: columns(), rows, ..TableView::default() };
    let facts = SummaryListView {
        title: String::new(),
        rows: vec![SummaryRow { code: true, ..SummaryRow::new("払込番号", "2605 0000 0014") }],
    };
    show(
        "bill",
        &Bill {
            frame: member("2026年5月分の請求"),
            facts,
            to_pay: "1,500円".into(),
            account: "窓口銀行 本店 普通 1234567".into(),
            number: "2605 0000 0014".into(),
            slip: Some("/fees/260500000014/slip.pdf".into()),
            entries: table("明細", rows),
            payments: table("お支払いの記録", vec![]),
        },
    );
}

#[test]
fn letters_under_a_scanner() {
    let frame = |title: &str| Frame { csrf: "token".into(), ..visitor(title) };
    show(
        "scan",
        &Scan {
            frame: frame("発送を読み取って記録する"),
            left: 12,
            noted: Some(Noted {
                said: "E7K4-9MWP-3：書留番号 12345678901 を記録しました。".into(), href: "/".into()
            }),
            letter: None,
            fault: String::new(),
            typed: String::new(),
        },
    );
    show(
        "scan-number",
        &Scan {
            frame: frame("発送を読み取って記録する"),
            left: 11,
            noted: None,
            letter: Some(Waiting {
                id: 1,
                reference: "E3XH-7TRA-8".into(),
                to: "電子証明書発行通知書　もみじ薬局 駅前店　山田 花子 様".into(),
            }),
            fault: "書留番号「12」は、数字8～20桁で入力してください。".into(),
            typed: "12".into(),
        },
    );
    let choices = vec![ChoiceView::new("保管期間の経過", "保管期間の経過")];
    let select = InputView::Select { choices, placeholder: String::new() };
    let file = InputView::File { accept: ".csv".into(), current: String::new() };
    show(
        "returns",
        &Returns {
            frame: frame("戻ってきた通知書を記録する"),
            reason: FieldView::new("reason", "戻ってきた理由", select).required(),
            said: "12345678901：返送を記録し、申請者にメールで知らせました。".into(),
            fault: String::new(),
            typed: String::new(),
            list: "99999999999,転居先不明".into(),
            faults: vec![
                "3行目「99999999999,転居先不明」：「99999999999」の通知書はありません。番号を確かめてください。".into(),
            ],
            file: FieldView::new("list_file", "CSVファイルで送る", file),
        },
    );
}
