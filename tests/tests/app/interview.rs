//! まとめて申請する: a clinic with its papers at hand answers each thing once and sends three filings.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::{
    applications::{Kind, State},
    calendar::{CutOff, cut_off},
};

use crate::{
    browser::{Answer, Browser},
    fields::in_page,
    steps::{clinic, filed, mails},
    support::{House, on_each_database},
};

/// What a clinic with one terminal and a line of NTT types, page by page: each datum once.
const TYPED: &[(&str, &[(&str, &str)])] = &[
    ("papers", &[("papers", "ntt_east")]),
    (
        "line",
        &[
            ("customer_id", "ＣＡＦ－０１２３ ４５６７８９"),
            ("customer_id_confirm", "caf0123456789"),
            ("v6_option", "contracted"),
        ],
    ),
    ("computer", &[("product", "opt_one3"), ("os_browser", "win11_iot_ltsc_2024_edge")]),
    ("terminals", &[]),
    ("time", &[("start_month", "2026-07"), ("fee_payment", "deduction")]),
    ("consent", &[]),
];

/// What a browser sends with a page: what is in its fields already, and what the person types over it.
pub(crate) fn with_what_is_there(page: &Answer, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut sent: BTreeMap<String, String> = in_page(&page.body).into_iter().collect();
    sent.extend(typed.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    sent.into_iter().collect()
}

async fn answer(browser: &Browser, step: &str, typed: &[(&str, &str)]) -> Answer {
    let address = format!("/together/{step}");
    let page = browser.get(&address).await;
    assert_eq!(page.status, StatusCode::OK, "{address}: {}", page.location);
    let sent = with_what_is_there(&page, typed);
    let sent: Vec<(&str, &str)> = sent.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    browser.post(&address, &sent).await
}

fn agreements(house: &House) -> Vec<(&'static str, String)> {
    let version = |slug: &str| house.app.reference().documents[slug].version.clone();
    vec![
        ("terms", format!("{}+{}", version("eligibility-terms"), version("claims-terms"))),
        ("safety_rules", version("claims-safety-rules")),
        ("consent", "agree".to_owned()),
    ]
}

/// Begins and answers every page, and counts what had to be typed or chosen.
async fn answered(house: &House, browser: &Browser) -> usize {
    let all = [("kinds", "eligibility"), ("kinds", "certificate"), ("kinds", "claims"), ("paper_filed", "no")];
    let mut next = browser.post("/together", &all).await;
    let mut fields = 1;
    for (step, typed) in TYPED {
        assert_eq!(next.location, format!("/together/{step}"), "{}", next.body);
        let agreed = if *step == "consent" { agreements(house) } else { vec![] };
        let typed: Vec<(&str, &str)> =
            typed.iter().copied().chain(agreed.iter().map(|(key, value)| (*key, value.as_str()))).collect();
        fields += typed.len();
        next = answer(browser, step, &typed).await;
    }
    assert_eq!(next.location, "/together/check");
    fields
}

/// The boxes that are ticked on the page, with the versions that it shows.
async fn chosen(browser: &Browser, kinds: &[&'static str]) -> Vec<(String, String)> {
    let page = browser.get("/together/check").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.location);
    let versions = in_page(&page.body).into_iter().filter(|(key, _)| key.starts_with("version_"));
    versions.chain(kinds.iter().map(|kind| ("kinds".to_owned(), (*kind).to_owned()))).collect()
}

async fn send(browser: &Browser, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    browser.post("/together/send", &fields).await
}

async fn cases(house: &House, clinic: domain::ids::InstitutionId) -> Vec<storage::applications::Application> {
    let mut conn = house.app.db.read().await.unwrap();
    let mut cases = vec![];
    for listed in storage::applications::of_institution(&mut conn, clinic, None, 20).await.unwrap() {
        cases.push(storage::applications::find(&mut conn, listed.id).await.unwrap().unwrap());
    }
    cases.sort_by_key(|case| case.kind);
    cases
}

const ALL: [&str; 3] = ["eligibility", "certificate", "claims"];

#[tokio::test]
async fn three_filings_take_twelve_answers_and_nothing_is_asked_twice() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        assert!(answered(house, &browser).await <= 12);
        let page = browser.get("/together/check").await;
        for words in ["1 : IP-VPN回線事業者", "2:IP-VPN接続【IPv6】", "CAF0123456789", "資格確認・請求共用パソコン"]
        {
            assert!(page.body.contains(words), "{words}");
        }
        let sent = send(&browser, &chosen(&browser, &ALL).await).await;
        assert_eq!(sent.location, "/together/sent");
        let cases = cases(house, clinic).await;
        assert_eq!(
            cases.iter().map(|case| (case.kind, case.state)).collect::<Vec<_>>(),
            Kind::JOURNEY.iter().map(|kind| (*kind, State::Submitted)).collect::<Vec<_>>()
        );
        let [eligibility, certificate, claims] = &cases[..] else { panic!("three cases") };
        assert_eq!(eligibility.answers.get("line_kind"), "ip_vpn");
        assert_eq!(claims.answers.get("connection"), "ip_vpn_ipv6");
        assert_eq!((eligibility.line_id.as_deref(), &eligibility.line_id), (Some("CAF0123456789"), &claims.line_id));
        assert_eq!(certificate.answers.get("purpose_1"), "both");
        assert_eq!(certificate.answers.get("terminal_os_1"), "windows_11");
        assert_eq!(
            claims.answers.get("start_month"),
            cut_off(house.app.clock.now().date(), CutOff::default()).max("2026-07".parse().unwrap()).as_text()
        );
        assert_eq!(mails(house).await.len(), 3, "a copy of each");
        let shown = browser.get("/together/sent").await;
        assert!(cases.iter().all(|case| shown.body.contains(case.reference.as_deref().unwrap())));
    })
    .await;
}

#[tokio::test]
async fn a_double_click_sends_once_and_shows_the_same_numbers() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        answered(house, &browser).await;
        let fields = chosen(&browser, &ALL).await;
        for _ in 0..3 {
            assert_eq!(send(&browser, &fields).await.location, "/together/sent");
        }
        assert_eq!(cases(house, clinic).await.len(), 3);
        let (first, again) = (browser.get("/together/sent").await, browser.get("/together/sent").await);
        assert_eq!(
            (first.status, first.body.matches("受付番号").count()),
            (again.status, again.body.matches("受付番号").count())
        );
        assert_eq!(browser.get("/together/line").await.location, "/together", "nothing is left to ask");
        assert!(browser.get("/together").await.body.contains("すべて送信されています"));
    })
    .await;
}

#[tokio::test]
async fn some_are_sent_and_the_rest_waits() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        answered(house, &browser).await;
        let alone = send(&browser, &chosen(&browser, &["certificate"]).await).await;
        assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(alone.body.contains("利用申請が必要です"), "a certificate does not go before the application");
        let none = send(&browser, &chosen(&browser, &[]).await).await;
        assert!(none.body.contains("送信する手続が選ばれていません"));
        assert!(cases(house, clinic).await.iter().all(|case| case.state == State::Draft));
        let sent = send(&browser, &chosen(&browser, &["eligibility", "certificate"]).await).await;
        assert_eq!(sent.location, "/together/sent");
        assert!(browser.get("/together/sent").await.body.contains("残りの手続を確認して送信する"));
        assert_eq!(send(&browser, &chosen(&browser, &["claims"]).await).await.location, "/together/sent");
        let states: Vec<State> = cases(house, clinic).await.iter().map(|case| case.state).collect();
        assert_eq!(states, [State::Submitted; 3]);
    })
    .await;
}

#[tokio::test]
async fn one_goes_on_at_the_same_question_on_another_device() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let all = [("kinds", "eligibility"), ("kinds", "claims"), ("paper_filed", "no")];
        browser.post("/together", &all).await;
        answer(&browser, "papers", &[("papers", "ntt_west")]).await;
        let left = answer(&browser, "line", &[("customer_id", "CAF01"), ("action", "leave")]).await;
        assert_eq!(left.location, "/?saved=together");
        let home = browser.get(&left.location).await.body;
        assert!(home.contains("下書きを保存しました") && home.contains("href=\"/together/continue\""));
        let members = storage::accounts::members_in_force(&mut house.app.db.read().await.unwrap(), clinic).await;
        let other = Browser::of(house, members.unwrap()[0].account_id, false).await;
        assert_eq!(other.get("/together/continue").await.location, "/together/line");
        let page = other.get("/together/line").await;
        assert!(page.body.contains("CAF01"), "what was half typed is there");
        assert!(other.get("/together").await.body.contains("続きから入力する：回線"));
        for draft in cases(house, clinic).await {
            other.post(&format!("/applications/{}/discard", draft.id), &[]).await;
        }
        for page in ["/", "/together"] {
            assert!(!other.get(page).await.body.contains("続きから入力する"), "{page}: the drafts are gone");
        }
    })
    .await;
}

#[tokio::test]
async fn what_lies_on_paper_is_left_out_and_what_was_filed_is_not_asked() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let nothing = browser.post("/together", &[("kinds", "claims"), ("paper_filed", "yes")]).await;
        assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
        let unsaid = browser.post("/together", &[("kinds", "eligibility"), ("kinds", "claims")]).await;
        assert!(unsaid.body.contains("id=\"f-paper_filed-error\""), "whether it went out on paper must be said");
        filed(house, &browser).await;
        let start = browser.get("/together").await;
        assert!(start.body.contains("すでに送信した手続") && !start.body.contains("value=\"eligibility\""));
        let all = [("kinds", "eligibility"), ("kinds", "certificate"), ("kinds", "claims"), ("paper_filed", "no")];
        assert_eq!(browser.post("/together", &all).await.location, "/together/computer", "the line is known");
        for (step, typed) in &TYPED[2..4] {
            answer(&browser, step, typed).await;
        }
        let time = browser.get("/together/time").await;
        assert!(in_page(&time.body).contains(&("fee_payment".to_owned(), "deduction".to_owned())), "known, so shown");
        let month = in_page(&browser.get("/together/terminals").await.body);
        assert!(month.iter().any(|(key, value)| key == "contact" && !value.is_empty()));
        let earliest = cut_off(house.app.clock.now().date(), CutOff::default()).as_text();
        answer(&browser, "terminals", &[("terminal_name_1", "受付パソコン"), ("purpose_1", "both")]).await;
        answer(&browser, "time", &[("claims_start_month", &earliest)]).await;
        let [_, safety, consent] = &agreements(house)[..] else { panic!("three agreements") };
        let terms = house.app.reference().documents["claims-terms"].version.clone();
        let agreed = [("terms", terms.as_str()), (safety.0, safety.1.as_str()), (consent.0, consent.1.as_str())];
        assert_eq!(answer(&browser, "consent", &agreed).await.location, "/together/check");
        send(&browser, &chosen(&browser, &["certificate", "claims"]).await).await;
        let cases = cases(house, clinic).await;
        assert_eq!(cases.iter().filter(|case| case.state == State::Submitted).count(), 3);
        let claims = cases.iter().find(|case| case.kind == Kind::Claims).unwrap();
        assert_eq!(claims.line_id.as_deref(), Some("CAF0123456789"), "the line that was declared before");
    })
    .await;
}

#[tokio::test]
async fn a_slip_is_told_on_its_page_and_everything_typed_is_kept() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let all = [("kinds", "eligibility"), ("kinds", "certificate"), ("kinds", "claims"), ("paper_filed", "no")];
        browser.post("/together", &all).await;
        let hurried = browser.get("/together/check").await;
        assert_eq!(hurried.location, "/together/line?faults=1", "the first page on which something is missing");
        answer(&browser, "papers", &[("papers", "ntt_east")]).await;
        let slip = [("customer_id", "CAFO123456789"), ("customer_id_confirm", "CAF1"), ("v6_option", "not_contracted")];
        let page = answer(&browser, "line", &slip).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["<title>エラー：", "英字の「O」", "CAFO123456789", "id=\"f-v6_option-error\""] {
            assert!(page.body.contains(words), "{words}");
        }
        let against = [("line_kind", "ipsec_ike"), ("ipsec_provider", "seto")];
        let page = answer(&browser, "line", &against).await;
        assert!(
            page.body.contains("再訪問") && page.body.contains("f-line_reason"),
            "against the papers only with a reason"
        );
        for hostile in ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "a\0b", &"あ".repeat(30_000)]
        {
            for key in ["customer_id", "line_kind", "papers", "terminal_count", "product_other", "contact"] {
                for step in ["papers", "line", "computer", "terminals"] {
                    let page = browser.post(&format!("/together/{step}"), &[(key, hostile)]).await;
                    assert!(page.status.is_redirection() || page.status == StatusCode::UNPROCESSABLE_ENTITY);
                    assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"));
                }
            }
        }
        assert_eq!(browser.get("/together/nowhere").await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_page_that_was_changed_in_another_tab_is_checked_again_before_it_is_sent() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        answered(house, &browser).await;
        let seen = chosen(&browser, &ALL).await;
        answer(&browser, "terminals", &[("terminal_name_1", "診察室パソコン")]).await;
        let again = send(&browser, &seen).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.body.contains("画面を開いた後に、内容が変わりました") && again.body.contains("診察室パソコン"));
        assert!(cases(house, clinic).await.iter().all(|case| case.state == State::Draft), "all or none");
    })
    .await;
}

#[tokio::test]
async fn several_terminals_are_asked_for_one_by_one() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        answered(house, &browser).await;
        let more = answer(&browser, "terminals", &[("terminal_count", "3"), ("action", "terminals")]).await;
        assert_eq!(more.location, "/together/terminals#f-terminal_count");
        assert_eq!(browser.get("/together/check").await.location, "/together/terminals?faults=1");
        let names = ["受付", "診察室", "会計"];
        let keys: Vec<String> =
            (1..=3).flat_map(|n| ["terminal_name", "terminal_os", "purpose"].map(|key| format!("{key}_{n}"))).collect();
        let typed: Vec<(&str, &str)> = keys
            .iter()
            .enumerate()
            .map(|(place, key)| (key.as_str(), [names[place / 3], "windows_11", "both"][place % 3]))
            .collect();
        assert_eq!(answer(&browser, "terminals", &typed).await.location, "/together/time");
        send(&browser, &chosen(&browser, &ALL).await).await;
        let terminals = cases(house, clinic).await.into_iter().filter_map(|case| case.terminal_name);
        let mut terminals: Vec<String> = terminals.collect();
        terminals.sort();
        assert_eq!(terminals, ["会計", "受付", "診察室"]);
        let shown = browser.get("/together/sent").await.body;
        assert!(names.iter().all(|name| shown.contains(name)));
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_after_the_session_ended_comes_back_to_its_own_clinic_only() {
    on_each_database(async |house| {
        let (first, browser) = clinic(house, "1330100016").await;
        let (second, stranger) = clinic(house, "2730100019").await;
        for browser in [&browser, &stranger] {
            browser.post("/together", &[("kinds", "eligibility"), ("paper_filed", "no")]).await;
        }
        let page = browser.get("/together/papers").await;
        let sent = with_what_is_there(&page, &[("papers", "ctc")]);
        let sent: Vec<(&str, &str)> = sent.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        house.clock.pass(time::Duration::hours(2));
        let late = browser.post_from_old_tab("/together/papers", &sent, &browser).await;
        assert!(late.location.starts_with("/login?next=/together/papers"), "{}", late.location);
        let papers = async |of: domain::ids::InstitutionId| {
            let mut conn = house.app.db.read().await.unwrap();
            let draft = storage::applications::draft_of(&mut conn, of, Kind::Eligibility).await.unwrap().unwrap();
            draft.answers.get("papers").to_owned()
        };
        for (institution, found, kept) in [(second, "/", ""), (first, "/together/papers", "ctc")] {
            let members =
                storage::accounts::members_in_force(&mut house.app.db.read().await.unwrap(), institution).await;
            let person = Browser::of(house, members.unwrap()[0].account_id, false).await.with_cookie(&late.cookie);
            assert_eq!(person.get("/resume").await.location, found);
            assert_eq!(papers(institution).await, kept);
        }
    })
    .await;
}
