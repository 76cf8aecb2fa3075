//! Mails with their delivery. Their text is not shown: it may carry links that only the recipient may open.

use axum::extract::Query;
use domain::{calendar::japanese_datetime, ids::MailId, permissions::Permission};
use serde::Deserialize;
use services::{office, rows::Mail};

use super::{parts, words};
use crate::{
    site::{Failure, Html, Visit},
    view::parts::{CellView, RowView, TableView},
};

const LIST: &str = "/office/mails";

/// Which part of the list is shown.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: String,
}

/// Mails, newest first.
pub(super) async fn list(visit: Visit, Query(page): Query<Page>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[Permission::ReadMails])?;
    let mails = office::mails(&visit.ctx(), parts::after::<MailId>(&page.after)).await?;
    let last = mails.last().filter(|_| mails.len() == parts::PAGE);
    let labels = ["宛先", "件名", "状態", "サーバーの応答", "作成", "送信"];
    let table = TableView {
        first: (!page.after.is_empty()).then(|| LIST.to_owned()),
        next: last.map(|mail| parts::address(LIST, &[("after", &parts::after_text(mail.created_at, mail.id))])),
        ..parts::table("メール（新しい順）", &labels, mails.iter().map(row).collect())
    };
    let lead = format!(
        "届かないという問い合わせには、状態とサーバーの応答をお伝えください。送信元のドメインは「{}」です。",
        visit.site.app.settings.mail_domain()
    );
    let frame = visit.office_frame("メールの送信状況", LIST);
    let empty = ("メールはまだありません", "登録や申請があると、ここに並びます。");
    Ok(Html(parts::ListPage { lead, ..parts::ListPage::new(frame, table, empty) }))
}

fn row(mail: &Mail) -> RowView {
    let subject = match mail.application_id {
        Some(case) => CellView::link(&mail.subject, format!("/office/applications/{case}")),
        None => CellView::Text(mail.subject.clone()),
    };
    RowView {
        cells: vec![
            CellView::Text(mail.recipient.clone()),
            subject,
            CellView::State(words::mail_state(mail)),
            CellView::Text(mail.answer.clone()),
            CellView::Text(japanese_datetime(mail.created_at)),
            CellView::Text(mail.sent_at.map_or_else(|| "－".to_owned(), japanese_datetime)),
        ],
        strong: ["refused", "bounced", "failed"].contains(&mail.state.as_str()),
    }
}
