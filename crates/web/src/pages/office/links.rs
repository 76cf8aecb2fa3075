//! The entries of the back office for the roles of a person.

use domain::{applications::Kind, permissions::Permission as P};

use crate::{site::Visit, view::frame::Link};

/// The queues of the procedures that are not in the menu by themselves.
pub(super) const OTHERS: &str = "/office/queue";
/// Their title.
pub(super) const OTHERS_TITLE: &str = "そのほかの手続";

/// Permission, words and address of every entry, in the order of the menu.
const ENTRIES: &[(P, &str, &str)] = &[
    (P::AnswerInquiries, "電話の応対", "/office/desk-call"),
    (P::ReadInquiries, "お問い合わせ", "/office/inquiries"),
    (P::EditContent, "お知らせ", "/office/notices"),
    (P::EditContent, "記事", "/office/articles"),
    (P::EditContent, "検索の言葉", "/office/search-words"),
    (P::ReadApplications, "資格確認の申請", "/office/queue/eligibility"),
    (P::ReadCertificates, "端末の電子証明書の申請", "/office/queue/certificate"),
    (P::ReadApplications, "オンライン請求の届出", "/office/queue/claims"),
    (P::ReadApplications, OTHERS_TITLE, OTHERS),
    (P::ReadCertificates, "端末の電子証明書を探す", "/office/certificates"),
    (P::ReadCertificates, "盗難・紛失の届出", "/office/losses"),
    (P::ReadChecks, "証明書の点検", "/office/checks"),
    (P::ReviewMemberships, "所属の確認", "/office/memberships"),
    (P::ReadLetters, "通知書の発送", "/office/letters"),
    (P::ReadLedger, "月の締め", "/office/closings"),
    (P::ReadLedger, "入金", "/office/payments"),
    (P::ReadLedger, "手数料台帳", "/office/ledger"),
    (P::ReadGrants, "補助金の交付決定", "/office/subsidies"),
    (P::ReadInstitutions, "医療機関等", "/office/institutions"),
    (P::ImportInstitutions, "台帳の取込み", "/office/import"),
    (P::ReadMails, "メールの送信状況", "/office/mails"),
    (P::ManageJobs, "処理の失敗", "/office/jobs"),
    (P::ReportStatus, "サービスの状況", "/office/status"),
    (P::ReadAudit, "監査記録", "/office/audit"),
    (P::ReadInterfaces, "外部連携", "/office/interfaces"),
    (P::ReadSettings, "設定", "/office/settings"),
    (P::ReadReports, "集計", "/office/reports"),
    (P::ReadStaff, "職員", "/office/staff"),
];

/// What the person's roles may open; nothing while a step of the login is left.
pub(crate) fn office_links(visit: &Visit) -> Vec<Link> {
    let ctx = visit.ctx();
    ENTRIES
        .iter()
        .filter(|(needs, _, _)| ctx.permit(*needs).is_ok())
        .map(|(_, words, href)| Link::new(*words, *href))
        .collect()
}

/// The entry of the menu under which a procedure's queue stands.
pub(super) fn entry_of(kind: Kind) -> String {
    if Kind::JOURNEY.contains(&kind) { queue_of(kind) } else { OTHERS.to_owned() }
}

/// The pages between the back office and a procedure's queue: for one that is not in the menu by itself.
pub(super) fn above(kind: Kind) -> Option<Link> {
    (!Kind::JOURNEY.contains(&kind)).then(|| Link::new(OTHERS_TITLE, OTHERS))
}

/// The address of a procedure's queue.
pub(super) fn queue_of(kind: Kind) -> String {
    format!("/office/queue/{kind}")
}
