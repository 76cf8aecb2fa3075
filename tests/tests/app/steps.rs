//! Steps that several stories share: a clinic files, an officer approves, the dispatch desk prints and posts.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::StatusCode;
use domain::{
    calendar::{CutOff, YearMonth, cut_off},
    ids::{ApplicationId, InstitutionId},
    permissions::Role,
};
use storage::{applications::Application, letters::Letter};

use crate::{
    browser::{Browser, account, institution},
    support::House,
};

pub(crate) const ELIGIBILITY: &[(&str, &str)] = &[
    ("application_kind", "start"),
    ("terms", "1.0"),
    ("line_kind", "ip_vpn"),
    ("customer_id_kind", "caf"),
    ("customer_id", "ＣＡＦ－０１２３ ４５６７８９"),
    ("customer_id_confirm", "caf0123456789"),
    ("v6_option", "contracted"),
    ("start_month", "2026-07"),
    ("fee_payment", "deduction"),
];

pub(crate) const CERTIFICATE: &[(&str, &str)] = &[
    ("consent", "agree"),
    ("contact", "事務部 山田 花子"),
    ("terminal_count", "1"),
    ("terminal_name_1", "オンライン資格確認パソコン"),
    ("terminal_os_1", "windows_11"),
    ("purpose_1", "both"),
];

/// The mails that left since the last look: subject and text.
pub(crate) async fn mails(house: &House) -> Vec<(String, String)> {
    services::jobs::work_all(&house.app, "test").await.unwrap();
    house.postbox.empty().into_iter().map(|mail| (mail.subject, mail.body)).collect()
}

/// Begins a form and gives the address of its case.
pub(crate) async fn begin(browser: &Browser, kind: &str) -> String {
    let started = browser.post(&format!("/procedures/{kind}"), &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    started.location.trim_end_matches("/edit").to_owned()
}

/// The page to which a person is led who begins what cannot be begun now.
pub(crate) async fn not_begun(browser: &Browser, kind: &str) -> String {
    let page = format!("/procedures/{kind}");
    assert_eq!(browser.post(&page, &[]).await.location, page);
    browser.get(&page).await.body
}

fn id_of(case: &str) -> ApplicationId {
    case.rsplit('/').next().unwrap().parse().unwrap()
}

pub(crate) async fn stored(house: &House, case: &str) -> Application {
    storage::applications::find(&mut house.app.db.read().await.unwrap(), id_of(case)).await.unwrap().unwrap()
}

/// Letters of a case, oldest first, as the database keeps them.
pub(crate) async fn letters_of(house: &House, case: &str) -> Vec<Letter> {
    storage::letters::of_application(&mut house.app.db.read().await.unwrap(), id_of(case)).await.unwrap()
}

pub(crate) async fn clinic(house: &House, code: &str) -> (InstitutionId, Browser) {
    let clinic = institution(house, code, "さくら歯科").await;
    let id = account(house, &format!("owner-{code}@clinic.example"), &[], Some(clinic)).await;
    (clinic, Browser::of(house, id, false).await)
}

/// Answers of a claims filing that starts as early as it may.
pub(crate) fn claims(house: &House, kind: &'static str) -> Vec<(&'static str, String)> {
    let version = |slug: &str| house.app.reference().documents[slug].version.clone();
    let start = cut_off(house.app.clock.now().date(), CutOff::default()).as_text();
    let fixed = [
        ("application_kind", kind),
        ("paper_filed", "no"),
        ("product", "opt_one3"),
        ("os_browser", "win11_iot_ltsc_2024_edge"),
        ("connection", "ip_vpn_ipv6"),
        ("customer_id_kind", "cop"),
        ("customer_id", "COP01234567"),
        ("customer_id_confirm", "COP01234567"),
        ("fee_payment", "payment_slip"),
    ];
    let mut answers: Vec<_> = fixed.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
    answers.push(("terms", version("claims-terms")));
    answers.push(("safety_rules", version("claims-safety-rules")));
    answers.push(("start_month", start));
    answers
}

/// The same by an institution whose eligibility application declared another line.
pub(crate) fn claims_on_another_line(house: &House, kind: &'static str) -> Vec<(&'static str, String)> {
    let mut answers = claims(house, kind);
    answers.push(("line_changed", "other_line".to_owned()));
    answers
}

/// Fills a form and sends it; gives the address of its case.
pub(crate) async fn file<T: AsRef<str>>(house: &House, browser: &Browser, kind: &str, answers: &[(&str, T)]) -> String {
    let answers: Vec<(&str, &str)> = answers.iter().map(|(key, value)| (*key, value.as_ref())).collect();
    let case = begin(browser, kind).await;
    let saved = browser.post(&format!("{case}/edit"), &answers).await;
    assert_eq!(saved.location, format!("{case}/check"), "{}", saved.body);
    let version = stored(house, &case).await.version.to_string();
    let sent = browser.post(&format!("{case}/submit"), &[("version", &version)]).await;
    assert_eq!(sent.location, format!("{case}/done"), "{}", sent.body);
    case
}

/// Files an eligibility application that starts in two months, on a line of its own if another is on record, and gives
/// the address of its case.
pub(crate) async fn filed(house: &House, browser: &Browser) -> String {
    let month = YearMonth::of(house.app.clock.now().date()).plus_months(2).as_text();
    let mut answers = ELIGIBILITY.to_vec();
    answers[7].1 = &month;
    answers.push(("line_changed", "other_line"));
    file(house, browser, "eligibility", &answers).await
}

/// Decides a case: `accept`, `reject` or `return`, with what the form of the decision asks for.
pub(crate) async fn decide(house: &House, reviewer: &Browser, case: &str, decision: &str, typed: &[(&str, &str)]) {
    let version = stored(house, case).await.version.to_string();
    let office = case.replace("/applications/", "/office/applications/");
    let fields = [&[("version", version.as_str())], typed].concat();
    let decided = reviewer.post(&format!("{office}/{decision}"), &fields).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.body);
}

/// Someone of the staff with one role.
pub(crate) async fn staff(house: &House, role: Role) -> Browser {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let id = account(house, &format!("{role}-{number}@madoguchi.example"), &[role], None).await;
    Browser::of(house, id, true).await
}

/// Applies for a certificate and lets an officer approve it; gives the address of the case.
pub(crate) async fn approved(house: &House, browser: &Browser) -> String {
    filed(house, browser).await;
    let case = file(house, browser, "certificate", CERTIFICATE).await;
    decide(house, &staff(house, Role::RaOfficer).await, &case, "accept", &[]).await;
    case
}

/// Lets a reviewer accept an eligibility application or a claims filing.
pub(crate) async fn accepted(house: &House, case: &str) {
    decide(house, &staff(house, Role::Reviewer).await, case, "accept", &[]).await;
}

/// What stands on a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paper {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// Reads a letter as the printer does, while its secret exists.
pub(crate) fn read(house: &House, letter: &Letter) -> Paper {
    let sealed = letter.secret_sealed.as_ref().unwrap();
    let secret = String::from_utf8(house.app.vault.open("letter.secret", sealed).unwrap()).unwrap();
    Paper { id: letter.pickup_id.clone().unwrap(), secret }
}

/// Puts what waits into a batch and gives the batch's address.
pub(crate) async fn batch(dispatch: &Browser) -> String {
    let made = dispatch.post("/office/letters/batches", &[]).await;
    assert!(made.location.ends_with("?done=made"), "{}", made.body);
    made.location.trim_end_matches("?done=made").to_owned()
}

/// Prints and posts what waits; gives the letter of the case as it was printed.
pub(crate) async fn posted(house: &House, dispatch: &Browser, case: &str, number: &str) -> Paper {
    let batch = batch(dispatch).await;
    let letter = letters_of(house, case).await.into_iter().rfind(|letter| letter.secret_sealed.is_some()).unwrap();
    let paper = read(house, &letter);
    dispatch.get(&format!("{batch}/issuance_notice.pdf")).await;
    let confirmed = dispatch.post(&format!("{batch}/confirm"), &[]).await;
    assert!(confirmed.location.ends_with("?done=printed"), "{}", confirmed.body);
    let noted = dispatch.post(&format!("{batch}/numbers"), &[(&format!("number-{}", letter.id), number)]).await;
    assert!(noted.location.contains("done=posted&count=1"), "{}", noted.body);
    paper
}

/// Tries a letter at a terminal without fetching anything; true when it is accepted.
pub(crate) async fn works(terminal: &Browser, paper: &Paper) -> bool {
    let fields = [("pickup_id", paper.id.as_str()), ("pickup_secret", paper.secret.as_str())];
    terminal.post("/rehearsal", &fields).await.status == StatusCode::OK
}
