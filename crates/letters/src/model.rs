//! What the letters say: plain structs of texts that are ready to be read.
//!
//! Dates, codes and deadlines arrive as the Japanese texts that are printed (`2026年5月20日（水）`).
//! Structs that carry a secret hide it from `Debug`, so that it cannot slip into a log.

use std::fmt;

/// The operator who sends a letter.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    /// Name of the office, as printed beside the address window.
    pub name: String,
    /// Postal code of the office, `123-4567`.
    pub postal_code: String,
    /// Address of the office: returned letters come here.
    pub address: String,
    /// Whom to ask: name and telephone number of the call centre.
    pub contact: String,
    /// When the call centre answers.
    pub hours: String,
}

/// Whom a letter reaches: what stands in the window of the envelope.
#[derive(Clone, Debug, Default)]
pub struct Recipient {
    /// Postal code, `123-4567`, without the postal mark.
    pub postal_code: String,
    /// Registered address of the institution.
    pub address: String,
    /// Name of the institution.
    pub institution_name: String,
    /// 担当部署／担当者名 as applied for; empty addresses the person in charge. 「様」 is added when missing.
    pub addressee: String,
}

/// 電子証明書発行通知書: how and until when a certificate is picked up (spec 04.2).
#[derive(Clone, Default)]
pub struct IssuanceNotice {
    /// The operator.
    pub sender: Sender,
    /// The registered address and the person applied for.
    pub recipient: Recipient,
    /// Date of the letter.
    pub issued_on: String,
    /// Reference number of the certificate application.
    pub reference: String,
    /// Ten-digit institution code, grouped as it is to be read.
    pub institution_code: String,
    /// 端末名称等: the terminal that the certificate is for.
    pub terminal_name: String,
    /// 取得ID; printed in groups of four when it has no hyphen or blank of its own.
    pub pickup_id: String,
    /// 取得パスワード; printed in groups like the ID, with a reading aid per character.
    pub pickup_secret: String,
    /// Address of the pickup page; also printed as a QR code, therefore without the secret.
    pub pickup_url: String,
    /// Last day of pickup.
    pub pickup_deadline: String,
    /// Term of the certificate, such as 「発行日から3年3か月」.
    pub validity: String,
}

/// A letter whose code proves that a person belongs to an institution (spec 2.3 (a)).
#[derive(Clone, Default)]
pub struct MembershipLetter {
    /// The operator.
    pub sender: Sender,
    /// The registered address; the addressee is the person who asked.
    pub recipient: Recipient,
    /// Date of the letter.
    pub issued_on: String,
    /// Reference number of the request.
    pub reference: String,
    /// Ten-digit institution code, grouped as it is to be read.
    pub institution_code: String,
    /// Name of the person who asks to act for the institution.
    pub person_name: String,
    /// Login address of that person.
    pub person_email: String,
    /// 確認コード; printed in groups, with a reading aid per character.
    pub code: String,
    /// Page on which the code is entered; also printed as a QR code, therefore without the code.
    pub page_url: String,
    /// Last day on which the code is accepted.
    pub deadline: String,
}

/// User ID of online claims, sent after the filing was accepted (spec 05).
#[derive(Clone, Default)]
pub struct UserIdNotice {
    /// The operator.
    pub sender: Sender,
    /// The institution.
    pub recipient: Recipient,
    /// Date of the notice.
    pub issued_on: String,
    /// Reference number of the filing.
    pub reference: String,
    /// Ten-digit institution code, grouped as it is to be read.
    pub institution_code: String,
    /// ユーザーID of the claims system.
    pub user_id: String,
    /// First password, where one is given out together with the ID.
    pub first_password: Option<String>,
    /// 請求開始年月: from when claims may be sent online.
    pub start_month: String,
    /// Address of the claims system; also printed as a QR code. Empty leaves both out.
    pub login_url: String,
}

/// Master account of the eligibility system in one environment (spec 6.1).
#[derive(Clone, Default)]
pub struct MasterAccountNotice {
    /// The operator.
    pub sender: Sender,
    /// Ten-digit institution code, grouped as it is to be read.
    pub institution_code: String,
    /// Name of the institution.
    pub institution_name: String,
    /// The environment, such as 「本番環境」.
    pub environment: String,
    /// What the account is for, in a sentence.
    pub purpose: String,
    /// Date on which the password was issued.
    pub issued_on: String,
    /// ユーザーID; printed in groups of four.
    pub user_id: String,
    /// 初回パスワード; printed in groups of four, and each character with its reading.
    pub first_password: String,
    /// Last day on which the notice can be downloaded.
    pub shown_until: String,
}

/// A printable copy of what was sent (spec 8.2).
#[derive(Clone, Debug, Default)]
pub struct ApplicationCopy {
    /// Name of the procedure.
    pub title: String,
    /// Reference number.
    pub reference: String,
    /// Ten-digit institution code, grouped as it is to be read.
    pub institution_code: String,
    /// Name of the institution.
    pub institution_name: String,
    /// When it was sent, in Japan time.
    pub submitted_at: String,
    /// State of the case when the copy was made.
    pub state: String,
    /// What was answered, in the order of the form.
    pub sections: Vec<Section>,
    /// Terms that were agreed to.
    pub terms: Vec<AgreedTerms>,
    /// One line at the foot of each page: who keeps the original, when the copy was made.
    pub footer: String,
}

/// A group of answers in a copy.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Heading of the group.
    pub title: String,
    /// The answers.
    pub rows: Vec<Row>,
}

/// One field of a form and what was answered.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Label of the field.
    pub label: String,
    /// The answer; line breaks are kept. Empty is printed as 「未入力」.
    pub value: String,
}

/// Terms that were agreed to, in the version that was shown.
#[derive(Clone, Debug, Default)]
pub struct AgreedTerms {
    /// Title of the terms.
    pub title: String,
    /// Version, as printed on the terms.
    pub version: String,
    /// When they were agreed to.
    pub agreed_at: String,
}

/// 認証局の鍵生成式の記録: what was made before witnesses (spec 04.4).
#[derive(Clone, Debug, Default)]
pub struct CeremonyProtocol {
    /// Title; also the title of the file.
    pub title: String,
    /// What it is if it is not the real one, such as 「予行演習」; empty for the real one.
    pub stamp: String,
    /// What was done and made.
    pub sections: Vec<Section>,
    /// Who signs by hand.
    pub signatures: Vec<Signature>,
    /// One line at the foot of each page.
    pub footer: String,
}

/// A line on which a witness signs.
#[derive(Clone, Debug, Default)]
pub struct Signature {
    /// What they are there for.
    pub role: String,
    /// Name.
    pub name: String,
}

/// A readable document with versions: CP/CPS, guide, terms, example rules.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Title; also the title of the file.
    pub title: String,
    /// Version, such as 「第1.2版」.
    pub version: String,
    /// Date from which it is in force.
    pub effective_date: String,
    /// Who publishes it.
    pub publisher: String,
    /// The text in Markdown (CommonMark with tables and strike-through; raw HTML is printed as text).
    pub body: String,
}

impl fmt::Debug for IssuanceNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuanceNotice").field("reference", &self.reference).finish_non_exhaustive()
    }
}

impl fmt::Debug for MembershipLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MembershipLetter").field("reference", &self.reference).finish_non_exhaustive()
    }
}

impl fmt::Debug for MasterAccountNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterAccountNotice").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for UserIdNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserIdNotice").field("reference", &self.reference).finish_non_exhaustive()
    }
}

/// A label to stick on a terminal. It is seen by everyone who passes: nothing on it is secret.
#[derive(Clone, Debug, Default)]
pub struct TerminalLabel {
    /// Name of the institution.
    pub institution: String,
    /// 端末名称等.
    pub terminal: String,
    /// 設置場所; may be empty.
    pub place: String,
    /// Reference number of the certificate application, grouped.
    pub reference: String,
    /// Last day of validity.
    pub expires_on: String,
    /// From when the certificate can be renewed.
    pub renewal_from: String,
    /// Address of the closed network's page; also printed as a QR code. Empty leaves both out.
    pub page_url: String,
    /// Telephone number of the call centre.
    pub contact: String,
}

/// 払込請求書: the bill of a month that an institution pays itself (spec 6.3).
#[derive(Clone, Debug, Default)]
pub struct PaymentSlip {
    /// The operator.
    pub sender: Sender,
    /// The registered address.
    pub recipient: Recipient,
    /// Date of the slip.
    pub issued_on: String,
    /// 払込番号, in groups.
    pub number: String,
    /// Ten-digit institution code, grouped as it is to be read.
    pub institution_code: String,
    /// The month that is billed, 「2026年5月」.
    pub month: String,
    /// What is on it, in the order of time.
    pub lines: Vec<SlipLine>,
    /// Sums under the lines: what was charged, paid and set against it.
    pub sums: Vec<Row>,
    /// What is left to pay, 「4,500円」.
    pub to_pay: String,
    /// Last day of payment; empty when nothing is left to pay.
    pub due_on: String,
    /// Where to pay: bank, branch, account; empty when nothing is left to pay.
    pub account: String,
}

/// A fee on a slip.
#[derive(Clone, Debug, Default)]
pub struct SlipLine {
    /// When it arose.
    pub day: String,
    /// 発行料, 更新料 or 取消し.
    pub kind: String,
    /// 端末名称等.
    pub terminal: String,
    /// Reference number of the certificate application, grouped.
    pub reference: String,
    /// Yen, negative for what was taken back.
    pub amount: String,
}

/// 交付決定通知書: what a subsidy grants to an institution (spec 6.1).
#[derive(Clone, Debug, Default)]
pub struct GrantNotice {
    /// The operator.
    pub sender: Sender,
    /// The registered address.
    pub recipient: Recipient,
    /// Day of the decision.
    pub decided_on: String,
    /// 交付決定番号.
    pub number: String,
    /// Name of the scheme.
    pub scheme: String,
    /// Reference number of the application, grouped.
    pub reference: String,
    /// Ten-digit institution code, grouped as it is to be read.
    pub institution_code: String,
    /// What is granted, 「429,000円」.
    pub amount: String,
    /// How it was computed.
    pub lines: Vec<GrantLine>,
    /// Why a line counts less than was applied for, a sentence for each; none when everything counts.
    pub reasons: Vec<String>,
    /// That and why the decision was taken back; empty while it stands.
    pub taken_back: String,
}

/// A line of the computation of a grant.
#[derive(Clone, Debug, Default)]
pub struct GrantLine {
    /// What it is for.
    pub label: String,
    /// Yen that were applied for; empty for what is taken away.
    pub claimed: String,
    /// Yen of them that count; empty for what is taken away.
    pub eligible: String,
    /// Yen that it adds, negative for what it takes away.
    pub amount: String,
}
