//! Finding a certificate by its serial number.

use axum::extract::Query;
use domain::{calendar::japanese_date, clock::Timestamp, permissions::Permission as P};
use serde::Deserialize;
use services::{authority, rows::FoundCertificate};

use super::{parts, words};
use crate::{
    site::{Failure, Html, Visit, grouped_code},
    view::{
        form::{FieldView, InputView, TextView},
        parts::{CellView, FilterBarView, RowView},
    },
};

const LIST: &str = "/office/certificates";

/// What is looked for.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    serial: String,
}

/// Asks for a serial number, and shows the certificate that has it.
pub(super) async fn find(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadCertificates])?;
    let asked = !wanted.serial.trim().is_empty();
    let (found, fault) = if asked {
        match authority::find_certificate(&visit.ctx(), &wanted.serial).await? {
            Ok(found) => (found, None),
            Err(fault) => (None, Some(fault.to_string())),
        }
    } else {
        (None, None)
    };
    let empty = match (asked, &fault) {
        (true, None) => (
            "この番号の電子証明書はありません",
            "ほかの窓口が発行したものか、番号に誤りがあります。もう一度ご確認ください。",
        ),
        (true, Some(_)) => ("番号を読み取れません", "上の欄の説明をご確認ください。"),
        _ => ("シリアル番号を入力してください", "「絞り込む」を押すと、その番号の電子証明書が表示されます。"),
    };
    let labels = ["シリアル番号", "端末名称等", "医療機関等", "状態", "有効期限", "受付番号", "失効"];
    let table = parts::table("見つかった電子証明書", &labels, found.iter().map(|one| row(&visit, one)).collect());
    let mut frame = visit.office_frame("端末の電子証明書を探す", LIST);
    frame.has_errors = fault.is_some();
    let filters = Some(filters(&wanted.serial, fault));
    let lead = "接続テストやポータルの端末の画面、証明書の表示画面に書かれているシリアル番号で探します。".to_owned();
    Ok(Html(parts::ListPage { lead, filters, ..parts::ListPage::new(frame, table, empty) }))
}

fn filters(typed: &str, fault: Option<String>) -> FilterBarView {
    let field = FieldView::new("serial", "シリアル番号", InputView::Text(TextView::code(typed, vec![])));
    FilterBarView {
        action: LIST.to_owned(),
        fields: vec![FieldView { error: fault, ..field }],
        reset: if typed.is_empty() { String::new() } else { LIST.to_owned() },
        saved: vec![],
    }
}

fn row(visit: &Visit, found: &FoundCertificate) -> RowView {
    let now = visit.ctx().now;
    let ends = Timestamp::from_millis(found.not_after);
    let case = found.application_id.zip(found.reference.as_ref());
    let institution = found.institution_name.clone().zip(found.institution_code.as_deref().map(grouped_code));
    let revoke = case.filter(|_| found.state == "valid" && parts::may(visit, P::RevokeCertificates));
    let revoked = found.revoked_at.map(|at| domain::calendar::japanese_datetime(Timestamp::from_millis(at)));
    parts::row(vec![
        CellView::Code(found.serial.clone()),
        CellView::Text(found.subject.clone()),
        institution.map_or_else(|| CellView::Text("（運営者）".to_owned()), |(name, code)| CellView::Lines(name, code)),
        CellView::State(words::certificate_state(&found.state, ends, now)),
        CellView::Text(japanese_date(ends.date())),
        case.map_or_else(
            || CellView::Text(String::new()),
            |(id, reference)| CellView::link(reference, format!("/office/applications/{id}")),
        ),
        revoke.map_or_else(
            || CellView::Text(revoked.unwrap_or_default()),
            |(case, _)| CellView::link("失効させる", format!("{LIST}/{}/revoke?case={case}", found.id)),
        ),
    ])
}
