//! The back office: a queue with filters, an empty one, and a case with its decision.

use askama::Template;

use super::{show, visitor};
use crate::view::form::{ChoiceView, FieldView, InputView, TextView};
use crate::view::frame::*;
use crate::view::parts::*;

#[derive(Template)]
#[template(path = "gallery/queue.html")]
struct Queue {
    frame: Frame,
    filters: FilterBarView,
    table: TableView,
}

#[derive(Template)]
#[template(path = "gallery/review.html")]
struct Review {
    frame: Frame,
    block: SummaryListView,
    comparison: CompareView,
    decision: Vec<FieldView>,
}

#[derive(Template)]
#[template(path = "gallery/editor.html")]
struct Editor {
    frame: Frame,
    text: FieldView,
    preview: PreviewView,
    diff: DiffView,
    same: DiffView,
    about: Vec<Link>,
}

pub(super) fn frame(title: &str) -> Frame {
    let links = ["審査", "電子証明書", "発送", "経理", "医療機関等", "監査"];
    Frame {
        csrf: "token".into(),
        session: Some(SessionView {
            person: "審査 太郎".into(),
            staff_role: "審査担当".into(),
            ..SessionView::default()
        }),
        office_links: links.map(|label| Link::new(label, format!("/office/{label}"))).into(),
        office_current: "/office/審査".into(),
        ..visitor(title)
    }
}

fn columns() -> Vec<ColumnView> {
    let sort = |ascending| Some(SortView { href: "/office/queue?sort=age".into(), ascending });
    vec![
        ColumnView::new("選択"),
        ColumnView { sort: sort(None), ..ColumnView::new("受付番号") },
        ColumnView::new("医療機関等"),
        ColumnView::new("状態"),
        ColumnView { sort: sort(Some(false)), numeric: true, ..ColumnView::new("経過（営業日）") },
        ColumnView::new("担当"),
    ]
}

fn row(reference: &str, name: &str, state: StateView, age: &str, strong: bool) -> RowView {
    let check =
        CellView::Check { name: "case".into(), value: reference.into(), label: format!("{reference}を選ぶ") };
    RowView {
        cells: vec![
            check,
            CellView::link(reference, "/office/cases/1"),
            CellView::Lines(name.into(), "13 3 0100016　東京都".into()),
            CellView::State(state),
            CellView::Number(age.into()),
            CellView::Text("（未定）".into()),
        ],
        strong,
    }
}

fn filters() -> FilterBarView {
    let select = |key: &str, label: &str, list: &[&str]| {
        let choices = list.iter().map(|word| ChoiceView::new(*word, *word)).collect();
        FieldView::new(key, label, InputView::Select { choices, placeholder: "すべて".into() })
    };
    FilterBarView {
        action: "/office/queue".into(),
        fields: vec![
            select("state", "状態", &["審査待ち", "審査中"]),
            select("prefecture", "都道府県", &["東京都", "神奈川県"]),
            FieldView::new("q", "受付番号・名称", InputView::Text(TextView::new(""))),
        ],
        reset: "/office/queue".into(),
        saved: vec![
            Link::new("自分の担当", "/office/queue?mine"),
            Link::new("5営業日を超えたもの", "/office/queue?late"),
        ],
    }
}

#[test]
fn a_queue_with_filters_and_an_empty_one() {
    let waiting = || StateView::new(Tone::Waiting, "審査待ち");
    let table = TableView {
        caption: "審査待ちの申請".into(),
        caption_hidden: true,
        columns: columns(),
        rows: vec![
            row("E7K4-9MWP-3", "医療法人社団さくら会 さくら歯科クリニック", waiting(), "6", true),
            row("E3XH-7TRA-8", "もみじ薬局 駅前店", StateView::new(Tone::Active, "審査中"), "2", false),
            row("E9PN-4KDC-5", "あおぞら訪問看護ステーション", StateView::new(Tone::Attention, "再提出"), "1", false),
        ],
        row_header: 1,
        extent: "128件のうち1〜50件".into(),
        first: None,
        next: Some("/office/queue?after=x".into()),
    };
    show("queue", &Queue { frame: frame("審査の一覧"), filters: filters(), table });
    show("queue-empty", &Queue { frame: frame("審査の一覧"), filters: filters(), table: TableView::default() });
}

#[test]
fn a_case_beside_its_decision() {
    let rows = vec![
        SummaryRow::new("電気通信回線種別", "1 : IP-VPN回線事業者（NTTなど）"),
        SummaryRow { code: true, ..SummaryRow::new("お客様ID", "CAF 1234 5678 90") },
        SummaryRow::new("利用開始予定年月", "2027年1月"),
    ];
    let rest =
        CompareRow { label: "お客様ID".into(), before: "COP 1234 5678".into(), after: "CAF 1234 5678 90".into() };
    let comparison = CompareView {
        caption: "前の申請との違い".into(),
        before: "前の申請".into(),
        after: "今回".into(),
        rows: vec![rest],
    };
    let choices = [("accept", "受け付ける"), ("return", "補正を依頼する"), ("reject", "却下する")];
    let choices = choices.map(|(value, label)| ChoiceView::new(value, label)).to_vec();
    let reason = InputView::LongText { value: String::new(), maxlength: 500 };
    let decision = vec![
        FieldView::new("decision", "判断", InputView::Radio { choices }).required(),
        FieldView::new("reason", "理由", reason),
    ];
    let block = SummaryListView { title: "申請の内容".into(), rows };
    show("review", &Review { frame: frame("E7K4-9MWP-3 さくら歯科クリニック"), block, comparison, decision });
}

#[test]
fn a_text_beside_its_preview_and_what_changed_in_it() {
    let body = "## 調べ方\n\n|書類|見る所|\n|-|-:|\n|開通のご案内|右上|\n\n<b>x</b>";
    let (html, _) = crate::site::to_html(body);
    let faults = vec!["HTMLは使えません。「<b>」を消すか、前後を「`」で囲んでください。".to_owned()];
    let line = |mark, text: &str| DiffLine { mark, text: text.into() };
    let lines = vec![
        line(DiffMark::Gap, "12"),
        line(DiffMark::Same, "## 調べ方"),
        line(DiffMark::Removed, "契約の書類で確かめます。"),
        line(DiffMark::Added, "電話で確かめます。"),
    ];
    let editor = Editor {
        frame: frame("記事を編集する"),
        text: FieldView::new("body", "本文", InputView::LongText { value: body.into(), maxlength: 50_000 }).required(),
        preview: PreviewView { of: "body".into(), html, faults },
        diff: DiffView { title: "本文の違い".into(), lines },
        same: DiffView { title: "同じ本文".into(), lines: vec![] },
        about: vec![Link::new("回線の種類がわからないとき", "/articles/line-unknown")],
    };
    show("editor", &editor);
    show("editor-empty", &Editor { preview: PreviewView { of: "body".into(), ..PreviewView::default() }, ..editor });
}
