//! The dispatch desk: letters that wait, and the batches (spec 04.2).

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, clock::Timestamp, permissions::Permission as P};
use serde::Deserialize;
use services::{
    letters::{self, NextStep},
    rows::Batch,
};

use super::{letter, parts};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{BannerKind, Frame, Link},
        parts::{CellView, RowView, StateView, TableView, Tone},
    },
};

/// Address of the desk.
pub(super) const DESK: &str = "/office/letters";

#[derive(Template)]
#[template(path = "office/letters.html")]
struct Desk {
    frame: Frame,
    to_print: i64,
    to_post: i64,
    late: i64,
    target: String,
    oldest: String,
    next: Next,
    may_dispatch: bool,
    batches: TableView,
    reported: TableView,
    gone: TableView,
    overdue: TableView,
    find: String,
    found: TableView,
}

/// The one thing to do next: what it is, and where it is done.
struct Next {
    words: String,
    link: Option<Link>,
    /// Whether it is a batch to be made, by a button of its own.
    print: bool,
}

fn next(step: NextStep) -> Next {
    let link = |words: &str, label: &str, href: String| Next {
        words: words.to_owned(),
        link: Some(Link::new(label, href)),
        print: false,
    };
    let batch = |id| format!("/office/letters/batches/{id}");
    match step {
        NextStep::Confirm(id) => link(
            "作った束があります。PDFを印刷し、紙を確かめてから、印刷済みにしてください。",
            "印刷中の束を開く",
            batch(id),
        ),
        NextStep::Post(id) => link(
            "印刷した通知書があります。封入して差し出し、書留番号を記録してください。",
            "発送を記録する束を開く",
            batch(id),
        ),
        NextStep::Print => Next {
            words:
                "印刷待ちの通知書を、古いものから200通まで1つの束にします。次の画面で、印刷用のPDFと一覧表を開けます。"
                    .to_owned(),
            link: None,
            print: true,
        },
        NextStep::Returned => link(
            "戻ってきた通知書があります。申請者から連絡がないときは、開いて確かめてください。",
            "返送・不着の一覧を見る",
            "#gone".to_owned(),
        ),
        NextStep::Overdue => link(
            "届いたか分からない通知書があります。郵便の追跡を確かめ、配達か返送を記録してください。",
            "届いた記録のない一覧を見る",
            "#overdue".to_owned(),
        ),
        NextStep::Nothing => Next {
            words:
                "いますることはありません。端末の電子証明書の申請が承認されると、印刷待ちの通知書はここに加わります。"
                    .to_owned(),
            link: None,
            print: false,
        },
    }
}

/// How long the oldest letter has waited, in business days.
fn oldest(visit: &Visit, desk: &letters::Desk) -> String {
    let waited = |at: Timestamp| {
        let days = visit.site.app.holidays().business_days_between(at.date(), visit.ctx().now.date());
        format!("{days}営業日")
    };
    desk.oldest.map_or_else(|| "－".to_owned(), waited)
}

/// What was just tried, or is looked for.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    none: String,
    #[serde(default)]
    done: String,
    #[serde(default)]
    find: String,
}

/// The desk.
pub(super) async fn desk(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLetters])?;
    let desk = letters::desk(&visit.ctx()).await?;
    let mut frame = visit.office_frame("通知書の発送", DESK);
    if !said.none.is_empty() {
        frame.banners.push(parts::banner(
            BannerKind::Info,
            "印刷待ちの通知書はありません。束は作りませんでした。",
            &[],
        ));
    }
    if said.done == "reissued" {
        let next = "印刷待ちに加わりました。申請者にメールで知らせました。";
        frame.banners.push(parts::banner(BannerKind::Success, "新しい通知書を作りました。", &[next]));
    }
    let found = letters::by_number(&visit.ctx(), &said.find).await?;
    let gone = letters::gone(&visit.ctx()).await?;
    let overdue = letters::overdue(&visit.ctx()).await?;
    let reported = letters::reported(&visit.ctx()).await?;
    let labels = ["束", "状態", "通数", "発送済み", "作成", "作成した人"];
    let batches = TableView {
        columns: parts::columns(&labels, &[2, 3]),
        ..parts::table("束（新しい順）", &[], desk.batches.iter().map(row).collect())
    };
    let may_dispatch = parts::may(&visit, P::DispatchLetters);
    Ok(Html(Desk {
        frame,
        to_print: desk.to_print,
        to_post: desk.to_post,
        late: desk.late,
        target: format!("{}営業日", desk.target_days),
        oldest: oldest(&visit, &desk),
        next: next(desk.next),
        may_dispatch,
        batches,
        reported: parts::table("届かない、なくしたなどで送り直す通知書", &letter::COLUMNS, letter::rows(&reported)),
        gone: parts::table("返送・不着で、送り直しを待つ通知書", &letter::COLUMNS, letter::rows(&gone)),
        overdue: parts::table("発送から7日たち、届いた記録のない通知書", &letter::COLUMNS, letter::rows(&overdue)),
        found: parts::table("見つかった通知書", &letter::COLUMNS, letter::rows(&found)),
        find: said.find,
    })
    .into_response())
}

fn row(batch: &Batch) -> RowView {
    let state = state(batch);
    RowView {
        strong: state.tone == Tone::Active,
        cells: vec![
            CellView::link(title(batch), format!("/office/letters/batches/{}", batch.id)),
            CellView::State(state),
            CellView::Number(format!("{}通", batch.letters)),
            CellView::Number(format!("{}通", batch.posted)),
            CellView::Text(made(batch)),
            CellView::Text(batch.created_by.clone()),
        ],
    }
}

/// A batch is known by its number.
pub(super) fn title(batch: &Batch) -> String {
    format!("第{}束", batch.number)
}

/// When a batch was made.
pub(super) fn made(batch: &Batch) -> String {
    japanese_datetime(Timestamp::from_millis(batch.created_at))
}

/// How far a batch got.
pub(super) fn state(batch: &Batch) -> StateView {
    match (batch.confirmed_at, batch.posted < batch.letters) {
        (None, _) => StateView::new(Tone::Active, "印刷の確認待ち"),
        (Some(_), true) => StateView::new(Tone::Active, "発送の記録待ち"),
        (Some(_), false) => StateView::new(Tone::Done, "発送済み"),
    }
}

/// Puts waiting letters into a batch.
pub(super) async fn make_batch(visit: Visit, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    Ok(match letters::make_batch(&visit.ctx()).await? {
        Some(id) => see_other(&format!("/office/letters/batches/{id}?done=made")),
        None => see_other("/office/letters?none=1"),
    })
}
