//! Inquiries: those that wait and the others, each with its age against the target (spec 6.4).

mod figures;
mod one;
mod strays;

pub(super) use figures::{figures, figures_csv};
pub(super) use one::{answer, assign, close, show};
pub(super) use strays::{done as stray_done, list as strays};

use axum::extract::Query;
use domain::{
    calendar::japanese_datetime,
    ids::InquiryId,
    inquiries::{InquiryState, Way},
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{inquiries, rows::Inquiry};

use super::{parts, words};
use crate::{
    pages::content::inquiries::state as badge,
    site::{Failure, Html, Visit},
    view::{
        frame::{BannerKind, BannerView, Link},
        parts::{CellView, FilterBarView, RowView, TableView},
    },
};

const LIST: &str = "/office/inquiries";
/// The word of the filter for one's own.
const MINE: &str = "mine";

/// Which inquiries are shown.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    state: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// Inquiries in one state: those that somebody waits for from the oldest on.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadInquiries])?;
    let state = wanted.state.parse().unwrap_or(InquiryState::Open);
    let mine = wanted.who == MINE;
    let found = inquiries::list(&visit.ctx(), state, mine, parts::after::<InquiryId>(&wanted.after)).await?;
    let mut frame = visit.office_frame("お問い合わせ", LIST);
    frame.banners.extend(told(&wanted.done));
    let links = vec![
        Link::new("回答の集計", format!("{LIST}/figures")),
        Link::new("届いたメールで、お問い合わせに入らなかったもの", format!("{LIST}/strays")),
    ];
    let empty = ("この条件のお問い合わせはありません", "ほかの状態を選んで、「絞り込む」を押してください。");
    let page = parts::ListPage::new(frame, table(&visit, state, &wanted, &found), empty);
    let lead = format!("回答の目安は{}営業日です。", visit.site.app.rules().answer_days);
    Ok(Html(parts::ListPage { lead, links, filters: Some(filters(state, mine)), ..page }))
}

fn filters(state: InquiryState, mine: bool) -> FilterBarView {
    let states = InquiryState::ALL.iter().map(|state| (state.as_str().to_owned(), state.label().to_owned()));
    let mut state_field = parts::filter("state", "状態", states, state.as_str());
    if let crate::view::form::InputView::Select { placeholder, .. } = &mut state_field.input {
        placeholder.clear();
    }
    let who = std::iter::once((MINE.to_owned(), "自分の担当".to_owned()));
    FilterBarView {
        action: LIST.to_owned(),
        fields: vec![state_field, parts::filter("who", "担当", who, if mine { MINE } else { "" })],
        reset: if mine || state != InquiryState::Open { LIST.to_owned() } else { String::new() },
        saved: vec![
            Link::new("回答待ち", LIST),
            Link::new("自分の担当の回答待ち", format!("{LIST}?who={MINE}")),
            Link::new("返事待ち", format!("{LIST}?state=waiting")),
        ],
    }
}

fn table(visit: &Visit, state: InquiryState, wanted: &Wanted, found: &[Inquiry]) -> TableView {
    let labels = ["受付番号", "種類", "問い合わせた方", "状態", "この状態になった日時", "経過（営業日）", "担当"];
    let page = |after: &str| parts::address(LIST, &[("state", state.as_str()), ("who", &wanted.who), ("after", after)]);
    let last = found.last().filter(|_| found.len() == parts::PAGE);
    let order = if state.is_waited_for() { "古い順" } else { "新しい順" };
    let rows = found.iter().map(|inquiry| row(visit, inquiry)).collect();
    TableView {
        columns: parts::columns(&labels, &[5]),
        extent: format!("{}件を表示しています", found.len()),
        first: (!wanted.after.is_empty()).then(|| page("")),
        next: last.map(|last| page(&parts::after_text(last.since, last.id))),
        ..parts::table(&format!("{}のお問い合わせ（{order}）", state.label()), &[], rows)
    }
}

/// Business days since an inquiry waits, and whether that is more than the target.
fn age(visit: &Visit, inquiry: &Inquiry) -> (i64, bool) {
    let app = &visit.site.app;
    let days = app.holidays().business_days_between(inquiry.since.date(), visit.ctx().now.date());
    (days, inquiry.state == InquiryState::Open && days > i64::from(app.rules().answer_days))
}

fn row(visit: &Visit, inquiry: &Inquiry) -> RowView {
    let (days, late) = age(visit, inquiry);
    let way = if inquiry.way == Way::Phone { "　電話" } else { "" };
    let category = words::label(visit, "inquiry_categories", &inquiry.category);
    RowView {
        cells: vec![
            CellView::link(&inquiry.reference, format!("{LIST}/{}", inquiry.id)),
            CellView::Text(format!("{category}{way}")),
            CellView::Lines(inquiry.person_name.clone(), inquiry.institution_name.clone().unwrap_or_default()),
            CellView::State(badge(inquiry.state, true)),
            CellView::Text(japanese_datetime(inquiry.since)),
            CellView::Number(if late { format!("{days}（目安超過）") } else { days.to_string() }),
            CellView::Text(inquiry.assignee_name.clone().unwrap_or_else(|| "（未定）".to_owned())),
        ],
        strong: late,
    }
}

/// What was done on the page before.
fn told(done: &str) -> Option<BannerView> {
    let (kind, title, body): (_, _, &[&str]) = match done {
        "answered" => (BannerKind::Success, "回答しました。問い合わせた方にメールで知らせます。", &[]),
        "asked" => (BannerKind::Success, "質問を送りました。返事があると、回答待ちに戻ります。", &[]),
        "closed" => {
            (BannerKind::Success, "お問い合わせを終了しました。", &["新しい内容が届くと、回答待ちに戻ります。"])
        }
        "assigned" => (BannerKind::Success, "担当を変えました。", &[]),
        "held" => (BannerKind::Error, "先に、ほかの人が担当を変えています。", &["今の担当を確かめてください。"]),
        "done" => (BannerKind::Success, "処理済みにしました。", &[]),
        _ => return None,
    };
    Some(parts::banner(kind, title, body))
}
