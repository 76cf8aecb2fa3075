//! When mail does not arrive: what became of our mails, and a probe (spec 2.3).

use askama::Template;
use axum::{extract::Query, response::Response};
use domain::{calendar::japanese_datetime, forms::Finding};
use services::accounts::rescue;

use super::{done, form::slip, mail_sent::filters, person, trail, way::Wanted};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextView, Width},
        frame::{BannerView, Frame},
        parts::{CellView, ColumnView, RowView, StateView, TableView, Tone},
    },
};

#[derive(Template)]
#[template(path = "accounts/mail.html")]
pub(super) struct MailPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
    address: String,
    sender_domain: String,
    filters: Vec<(String, String)>,
    sent: bool,
    table: TableView,
}

async fn page(visit: &Visit, sent: bool, slips: &[Finding]) -> Result<MailPage, Failure> {
    let address = visit.person()?.email.clone();
    let text = TextView { inputmode: "numeric".to_owned(), width: Width::Short, ..TextView::default() };
    let number = FieldView::new("number", "テストのメールに書かれた番号（6桁）", InputView::Text(text)).required();
    let (fields, errors) = with_slips(vec![number], slips);
    let rows = rescue::mail_state(&visit.ctx()).await?.into_iter().map(row).collect();
    let columns = ["件名", "状況", "宛先", "日時"].map(ColumnView::new).to_vec();
    let caption = "お送りしたメールの状況（新しい順）".to_owned();
    Ok(MailPage {
        frame: Frame { breadcrumb: trail(), has_errors: !slips.is_empty(), ..visit.frame("メールの到達確認") },
        errors,
        fields,
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
        filters: filters(visit, &address),
        address,
        sent,
        table: TableView { caption, columns, rows, ..TableView::default() },
    })
}

fn row(mail: rescue::MailState) -> RowView {
    let state = match (mail.state.as_str(), mail.answer.is_empty()) {
        ("sent", _) => StateView::new(Tone::Done, "送信済み"),
        ("refused", _) => StateView::new(Tone::Attention, "断られた"),
        ("bounced", _) => StateView::new(Tone::Attention, "届かずに戻った"),
        ("failed", _) => StateView::new(Tone::Attention, "送れなかった"),
        (_, true) => StateView::new(Tone::Waiting, "送信待ち"),
        (_, false) => StateView::new(Tone::Waiting, "再送待ち"),
    };
    let at = japanese_datetime(mail.sent_at.unwrap_or(mail.created_at));
    let told = match mail.state.as_str() {
        "sent" => mail.label.to_owned(),
        _ if mail.answer.is_empty() => mail.label.to_owned(),
        _ => format!("{}（相手の返事：{}）", mail.label, mail.answer),
    };
    // The subject of a probe holds the number that only who reads the mail may know.
    let subject = mail.subject.split("（番号").next().unwrap_or_default().to_owned();
    let to = CellView::Lines(mail.recipient, told);
    let cells = vec![CellView::Text(subject), CellView::State(state), to, CellView::Text(at)];
    RowView { cells, strong: ["refused", "bounced", "failed"].contains(&mail.state.as_str()) }
}

/// What became of our mails, and the probe.
pub(super) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<MailPage>, Failure> {
    let mut page = page(&visit, wanted.done == "probe", &[]).await?;
    page.frame.banners = told(&wanted.done);
    Ok(Html(page))
}

fn told(what: &str) -> Vec<BannerView> {
    match what {
        "probe" => done("テストのメールを送りました", &["届いたら、メールに書かれた番号を入力してください。"]),
        "arrived" => done("メールが届くことを確認できました", &["このメールアドレスで、お知らせを受け取れます。"]),
        _ => vec![],
    }
}

/// Sends a probe mail to one's own address.
pub(super) async fn probe(visit: Visit, _posted: Posted) -> Result<Response, Failure> {
    person(&visit, "/account/mail")?;
    rescue::probe(&visit.ctx()).await?;
    Ok(see_other("/account/mail?done=probe"))
}

/// Checks the number of the probe mail.
pub(super) async fn arrived(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    person(&visit, "/account/mail")?;
    if rescue::probe_arrived(&visit.ctx(), posted.get("number")).await? {
        return Ok(see_other("/account/mail?done=arrived"));
    }
    let words = "番号が違うか、期限（1日）が過ぎています。いちばん新しいテストのメールの番号を入力してください。";
    Ok(Html(page(&visit, true, &[slip("number", words)]).await?).with_faults())
}
