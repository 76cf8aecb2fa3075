//! One receiver: how it stands, what it said, and the buttons that let it go on.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime, clock::Timestamp, feed::EventKind, forms::Finding, ids::ReceiverId,
    permissions::Permission as P,
};
use services::{
    Error,
    feed::receivers::{self, Standing},
    rows::Delivery,
};

use super::{LIST, Said, receivers::state};
use crate::{
    pages::office::parts::{self, PAGE},
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextView, Width},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, RowView, StateView, SummaryListView, SummaryRow, TableView, Tone},
    },
};

#[derive(Template)]
#[template(path = "office/receiver.html")]
struct ReceiverPage {
    frame: Frame,
    errors: ErrorSummary,
    address: String,
    state: StateView,
    facts: SummaryListView,
    table: TableView,
    manages: bool,
    active: bool,
    waits: bool,
    from: FieldView,
}

/// One receiver.
pub(in crate::pages::office) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadInterfaces])?;
    let mut page = page(&visit, parts::id(&name)?, said.before.parse().ok(), "", &[]).await?;
    page.frame.banners.extend(told(&said.done));
    Ok(Html(page).into_response())
}

fn told(done: &str) -> Option<BannerView> {
    let (title, body): (_, &[&str]) = match done {
        "changed" => ("通知先を変更しました。", &[]),
        "paused" => ("送信を止めました。", &["止めている間のイベントは残り、再開すると順に届きます。"]),
        "went-on" => ("送信を再開しました。", &["残っているイベントを、順に送っています。"]),
        "replayed" => ("選んだ番号から送り直しています。", &["受け取り側は、同じwebhook-idを2回目とみなします。"]),
        "before" => return Some(parts::banner(BannerKind::Info, "状態は、すでに変わっています。", &[])),
        _ => return None,
    };
    Some(parts::banner(BannerKind::Success, title, body))
}

async fn page(
    visit: &Visit,
    id: ReceiverId,
    before: Option<i64>,
    typed: &str,
    slips: &[Finding],
) -> Result<ReceiverPage, Failure> {
    let standing = receivers::find(&visit.ctx(), id).await?;
    let mut found = receivers::deliveries(&visit.ctx(), id, before, PAGE as i64 + 1).await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let address = format!("/office/receivers/{id}");
    let labels = ["番号", "イベント", "医療機関等コード", "結果", "受け取り側の言葉", "回数", "日時"];
    let mut table = parts::table("送信の記録（新しい順）", &labels, found.iter().map(line).collect());
    table.columns = parts::columns(&labels, &[0, 5]);
    table.first = before.map(|_| address.clone());
    table.next = found.last().filter(|_| more).map(|last| format!("{address}?before={}", last.seq));
    let mut frame = Frame { has_errors: !slips.is_empty(), ..visit.office_frame(&standing.receiver.name, LIST) };
    frame.breadcrumb.push(Link::new("外部連携", LIST));
    let number = TextView { inputmode: "numeric".to_owned(), width: Width::Short, ..TextView::new(typed) };
    let from = FieldView::new("from", "番号", InputView::Text(number))
        .required()
        .with_help("この番号のイベントから、もう一度順に送ります。");
    let (fields, errors) = with_slips(vec![from], slips);
    let receiver = &standing.receiver;
    Ok(ReceiverPage {
        frame,
        errors,
        address,
        state: state(&standing),
        table,
        manages: parts::may(visit, P::ManageInterfaces),
        active: receiver.state == "active",
        waits: receiver.state != "active" || receiver.failures > 0,
        from: fields.into_iter().next().unwrap_or_default(),
        facts: SummaryListView { title: String::new(), rows: facts(&standing) },
    })
}

fn facts(standing: &Standing) -> Vec<SummaryRow> {
    let receiver = &standing.receiver;
    let wishes = receiver.wishes();
    let known = wishes.kinds.iter().filter_map(|kind| kind.parse::<EventKind>().ok());
    let kinds: Vec<&str> = known.map(EventKind::label).collect();
    let kinds = if kinds.is_empty() { "すべて".to_owned() } else { kinds.join("、") };
    let left = (standing.last - receiver.place).max(0);
    let mut rows = vec![
        SummaryRow { code: true, ..SummaryRow::new("アドレス", &receiver.url) },
        SummaryRow::new("知らせるイベント", kinds),
        SummaryRow::new("初回パスワードのハッシュ", if wishes.credentials { "送ります" } else { "除いて送ります" }),
        SummaryRow::new("届いた番号", format!("{}（最新は{}、残り{left}件）", receiver.place, standing.last)),
    ];
    if let Some(since) = receiver.since() {
        rows.push(SummaryRow::new("届かなくなった日時", japanese_datetime(since)));
        let next = Timestamp::from_millis(receiver.next_try_at);
        rows.extend((receiver.state == "active").then(|| SummaryRow::new("次に試す日時", japanese_datetime(next))));
    }
    rows
}

fn line(delivery: &Delivery) -> RowView {
    let kind = delivery.kind.as_deref().and_then(|kind| kind.parse::<EventKind>().ok());
    let result = match (delivery.delivered_at, delivery.status) {
        (Some(_), _) => StateView::new(Tone::Done, "届いた"),
        (None, Some(status)) => StateView::new(Tone::Attention, format!("断られた（{status}）")),
        (None, None) => StateView::new(Tone::Attention, "つながらない"),
    };
    parts::row(vec![
        CellView::Number(delivery.seq.to_string()),
        CellView::Text(kind.map_or("（削除済み）", EventKind::label).to_owned()),
        CellView::Code(delivery.institution_code.clone().unwrap_or_else(|| "―".to_owned())),
        CellView::State(result),
        CellView::Text(delivery.words.clone()),
        CellView::Number(format!("{}回", delivery.tries)),
        CellView::Text(japanese_datetime(Timestamp::from_millis(delivery.tried_at))),
    ])
}

fn back(id: ReceiverId, outcome: Result<(), Error>, done: &str) -> Result<Response, Failure> {
    let done = match outcome {
        Ok(()) => done,
        Err(Error::ChangedMeanwhile) => "before",
        Err(error) => return Err(error.into()),
    };
    Ok(see_other(&format!("/office/receivers/{id}?done={done}")))
}

/// Stops calling it.
pub(in crate::pages::office) async fn pause(
    visit: Visit,
    Path(name): Path<String>,
    _posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageInterfaces])?;
    let id = parts::id(&name)?;
    back(id, receivers::pause(&visit.ctx(), id).await, "paused")
}

/// Calls it again.
pub(in crate::pages::office) async fn go_on(
    visit: Visit,
    Path(name): Path<String>,
    _posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageInterfaces])?;
    let id = parts::id(&name)?;
    back(id, receivers::go_on(&visit.ctx(), id).await, "went-on")
}

/// Tells it everything again from a number on.
pub(in crate::pages::office) async fn replay(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageInterfaces])?;
    let (id, from) = (parts::id(&name)?, posted.get("from"));
    match receivers::replay(&visit.ctx(), id, from).await? {
        Ok(()) => back(id, Ok(()), "replayed"),
        Err(message) => {
            let slips = [Finding { field: "from".to_owned(), message }];
            Ok(Html(page(&visit, id, None, from, &slips).await?).with_faults())
        }
    }
}
