//! What belongs to a case: what was sent, what differs, letters, certificates, fees, mails.

use domain::{
    applications::ReadingLine,
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
    permissions::Permission,
};
use services::{applications::CaseView, rows};

use crate::{
    pages::{
        applications::{answer, state_view},
        office::{parts, words},
    },
    site::{Visit, comparison},
    view::frame::{BannerKind, BannerView},
    view::parts::{CellView, CompareView, RowView, SummaryListView, SummaryRow, TableView},
};

/// The answers in their sections.
pub(super) fn sections(view: &CaseView) -> Vec<SummaryListView> {
    let case = format!("/office/applications/{}", view.case.id);
    let row = |line: &ReadingLine| SummaryRow { preview: true, ..answer(line, &case) };
    let section = |(title, lines): &(String, Vec<ReadingLine>)| SummaryListView {
        title: title.clone(),
        rows: lines.iter().map(row).collect(),
    };
    view.reading.iter().map(section).collect()
}

/// What differs from the application in force; none for a first one or when nothing does.
pub(super) fn differences(view: &CaseView) -> Option<CompareView> {
    let found = &view.differences;
    (!found.is_empty()).then(|| comparison("有効な申請との違い", ["有効な申請", "今回の申請"], found))
}

/// A line of the history.
pub(super) struct Line {
    /// When.
    pub(super) at: String,
    /// Who.
    pub(super) who: String,
    /// What.
    pub(super) what: &'static str,
    /// Reason or remark.
    pub(super) note: String,
}

/// The life of the case, oldest line first; what happened in one moment stands in the order of a case's life.
pub(super) fn history(view: &CaseView) -> Vec<Line> {
    let mut events: Vec<&rows::EventRow> = view.events.iter().collect();
    events.sort_by_key(|event| (event.at, event.event));
    let line = |event: &rows::EventRow| Line {
        at: japanese_datetime(event.at),
        who: event.actor_name.clone(),
        what: event.event.label(),
        note: event.note.clone(),
    };
    events.into_iter().map(line).collect()
}

/// Letters of the case.
pub(super) fn letters(visit: &Visit, view: &CaseView) -> TableView {
    let link = parts::may(visit, Permission::ReadLetters);
    let row = |letter: &rows::Letter| {
        let kind = words::letter_kind(&letter.kind);
        let name = match letter.batch_id.filter(|_| link) {
            Some(batch) => CellView::link(kind, format!("/office/letters/batches/{batch}")),
            None => CellView::Text(kind.to_owned()),
        };
        parts::row(vec![
            name,
            CellView::State(words::letter_state(letter)),
            CellView::Text(format!("{} 様", letter.addressee)),
            CellView::Text(day(letter.posted_at)),
            CellView::Code(letter.tracking_number.clone().unwrap_or_else(|| "－".to_owned())),
            CellView::Text(day(letter.deadline)),
        ])
    };
    let labels = ["手紙", "状態", "宛名", "発送日", "書留番号", "取得期限"];
    parts::table("通知書", &labels, view.letters.iter().map(row).collect())
}

fn day(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "－".to_owned(), |at| japanese_date(at.date()))
}

/// Certificates of the case, with the way to revoke them.
pub(super) fn certificates(visit: &Visit, view: &CaseView) -> TableView {
    let (revokes, now) = (parts::may(visit, Permission::RevokeCertificates), visit.ctx().now);
    let reports = parts::may(visit, Permission::ReportLosses);
    let row = |certificate: &rows::Certificate| {
        let action = if revokes && certificate.state == "valid" {
            let address = format!("/office/certificates/{}/revoke?case={}", certificate.id, view.case.id);
            CellView::link("失効させる", address)
        } else if reports && certificate.state == "valid" {
            let address = format!("/office/certificates/{}/loss?case={}", certificate.id, view.case.id);
            CellView::link("盗難・紛失の届出を記録する", address)
        } else {
            CellView::Text(
                certificate.revoked_at.map(|at| format!("失効：{}", japanese_datetime(at))).unwrap_or_default(),
            )
        };
        parts::row(vec![
            CellView::Text(certificate.subject.clone()),
            CellView::State(words::certificate_state(&certificate.state, certificate.not_after, now)),
            CellView::Text(japanese_date(certificate.not_before.date())),
            CellView::Text(japanese_date(certificate.not_after.date())),
            CellView::Code(certificate.serial.clone()),
            action,
        ])
    };
    let labels = ["端末名称等", "状態", "発行日", "有効期限", "シリアル番号", "失効"];
    parts::table("端末の電子証明書", &labels, view.certificates.iter().map(row).collect())
}

/// Fees of the case.
pub(super) fn fees(visit: &Visit, view: &CaseView) -> TableView {
    let row = |entry: &rows::LedgerRow| -> RowView {
        parts::row(vec![
            CellView::Text(japanese_datetime(Timestamp::from_millis(entry.at))),
            CellView::Text(crate::pages::fees::words::kind(&entry.kind).to_owned()),
            CellView::Text(words::label(visit, "fee_payments", &entry.payment)),
            CellView::Number(words::yen(entry.amount_yen)),
        ])
    };
    TableView {
        columns: parts::columns(&["日時", "区分", "支払方法", "金額"], &[3]),
        ..parts::table("発行料", &[], view.fees.iter().map(row).collect())
    }
}

/// Mails about the case with what the server said.
pub(super) fn mails(view: &CaseView) -> TableView {
    let row = |mail: &rows::Mail| {
        parts::row(vec![
            CellView::Text(japanese_datetime(mail.created_at)),
            CellView::Lines(mail.subject.clone(), format!("宛先：{}", mail.recipient)),
            CellView::State(words::mail_state(mail)),
            CellView::Text(mail.answer.clone()),
        ])
    };
    parts::table("送ったメール", &["日時", "件名", "状態", "サーバーの応答"], view.mails.iter().map(row).collect())
}

/// Mails that did not arrive, with the server's words and what to do.
pub(super) fn undelivered(view: &CaseView) -> Option<BannerView> {
    let lost = |mail: &&rows::Mail| matches!(mail.state.as_str(), "refused" | "bounced" | "failed");
    let mail = view.mails.iter().filter(lost).max_by_key(|mail| mail.created_at)?;
    let server = if mail.answer.is_empty() { "（記録なし）" } else { &mail.answer };
    let phone = match view.institution.phone.as_str() {
        "" => "台帳に電話番号がありません。通知書の住所に手紙で知らせてください。".to_owned(),
        phone => format!("医療機関等に電話（{phone}）で知らせ、メールアドレスの変更を案内してください。"),
    };
    let body = vec![
        format!("「{}」を{}に送れませんでした。", mail.subject, mail.recipient),
        format!("サーバーの応答：{server}"),
        format!("{phone}申請者は、ログインすれば、この申請のページで同じ内容を読めます。"),
    ];
    Some(BannerView {
        body, ..parts::banner(BannerKind::Warning, "申請者にメールが届いていません", &[])
    })
}

/// Other cases of the institution, newest first.
pub(super) fn related(view: &CaseView) -> TableView {
    let row = |case: &rows::Listed| {
        let number = case.reference.clone().unwrap_or_else(|| "番号なし".to_owned());
        let terminal = case.terminal_name.as_ref().map(|name| format!("端末：{name}")).unwrap_or_default();
        parts::row(vec![
            CellView::link(number, format!("/office/applications/{}", case.id)),
            CellView::Lines(case.kind.label().to_owned(), terminal),
            CellView::State(state_view(case.state)),
            CellView::Text(day(case.submitted_at)),
        ])
    };
    let rows = view.related.iter().map(row).collect();
    parts::table("この医療機関等のほかの申請", &["受付番号", "手続", "状態", "送信日"], rows)
}
