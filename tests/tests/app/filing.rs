//! Filing through the pages: one submit is one case, nobody sees another's, a stale decision never overwrites.

use axum::http::StatusCode;
use domain::{
    applications::{Kind, State},
    permissions::Role,
};

use crate::{
    browser::{Browser, account, institution},
    steps::{ELIGIBILITY, begin, clinic, filed, stored},
    support::on_each_database,
};

#[tokio::test]
async fn a_double_click_a_reload_and_a_second_tab_make_one_case() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        assert_eq!(begin(&browser, "eligibility").await, begin(&browser, "eligibility").await, "one draft");
        let case = filed(house, &browser).await;
        let reference = stored(house, &case).await.reference;
        for _ in 0..2 {
            let again = browser.post(&format!("{case}/submit"), &[("version", "1")]).await;
            assert_eq!(again.location, format!("{case}/done"));
        }
        assert_eq!(stored(house, &case).await.reference, reference);
        let mut conn = house.app.db.read().await.unwrap();
        let cases = storage::applications::of_institution(&mut conn, clinic, None, 10).await.unwrap();
        assert_eq!(cases.len(), 1);
        let kept = stored(house, &case).await;
        assert_eq!(kept.answers.get("customer_id"), "CAF0123456789", "full width, blanks and hyphens are normalised");
        assert_eq!((kept.kind, kept.state), (Kind::Eligibility, State::Submitted));
    })
    .await;
}

#[tokio::test]
async fn slips_are_named_and_everything_typed_is_kept() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        let mut typed: Vec<(&str, &str)> = ELIGIBILITY.to_vec();
        typed[4].1 = "CAFO123456789";
        let page = browser.post(&format!("{case}/edit"), &typed).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains("<title>エラー：") && page.body.contains("英字の「O」"), "the look-alike is named");
        assert!(page.body.contains("CAFO123456789"), "what was typed is kept");
        typed[4].1 = "CAF9999999999";
        let page = browser.post(&format!("{case}/edit"), &typed).await;
        assert!(page.body.contains("id=\"f-customer_id_confirm-error\""), "a difference is told at the second field");
        typed[4].1 = "CAF0123456789";
        typed[6].1 = "not_contracted";
        let page = browser.post(&format!("{case}/edit"), &typed).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains("フレッツ・v6オプションの契約がないと利用できません"));
    })
    .await;
}

#[tokio::test]
async fn hostile_text_is_stored_or_refused_and_never_runs() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "claims").await;
        let long = "あ".repeat(10_000);
        for hostile in ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "😀\u{202e}abc", "a\0b", &long]
        {
            let fields = ["note", "product_other", "product_maker", "customer_id", "application_kind", "start_month"];
            let typed: Vec<(&str, &str)> = fields.iter().map(|field| (*field, hostile)).collect();
            let page = browser.post(&format!("{case}/edit"), &typed).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"));
        }
    })
    .await;
}

#[tokio::test]
async fn another_institution_sees_nothing_of_a_case() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let (_, stranger) = clinic(house, "2730100019").await;
        let case = filed(house, &browser).await;
        for page in ["", "/edit", "/check", "/done", "/copy.pdf", "/withdraw", "/user-id-notice.pdf"] {
            let answer = stranger.get(&format!("{case}{page}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page}");
        }
        for action in ["/edit", "/draft", "/submit", "/withdraw", "/discard"] {
            let answer = stranger.post(&format!("{case}{action}"), &[("version", "1")]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
        }
        assert_eq!(stored(house, &case).await.state, State::Submitted);
    })
    .await;
}

#[tokio::test]
async fn the_second_reviewer_is_told_and_never_overwrites() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let office = case.replace("/applications/", "/office/applications/");
        let version = stored(house, &case).await.version.to_string();
        let mut reviewers = vec![];
        for name in ["first", "second"] {
            let id = account(house, &format!("{name}@madoguchi.example"), &[Role::Reviewer], None).await;
            reviewers.push(Browser::of(house, id, true).await);
        }
        reviewers[0].post(&format!("{office}/accept"), &[("version", &version)]).await;
        let late =
            reviewers[1].post(&format!("{office}/reject"), &[("version", &version), ("reason", "遅れた判断")]).await;
        assert!(!late.status.is_server_error());
        assert_eq!(stored(house, &case).await.state, State::Accepted);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_is_applied_for_only_after_the_eligibility_application() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let page = browser.get("/procedures/certificate").await;
        assert!(page.body.contains("先に必要な手続があります") && page.body.contains("/procedures/eligibility"));
        filed(house, &browser).await;
        let page = browser.get("/procedures/certificate").await;
        assert!(!page.body.contains("先に必要な手続があります"));
    })
    .await;
}

#[tokio::test]
async fn a_claims_filing_before_the_cut_off_is_refused_with_the_earliest_month() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "claims").await;
        let page = browser.post(&format!("{case}/edit"), &[("start_month", "2026-06")]).await;
        assert!(page.body.contains("最も早い月は2026年7月です"), "sent on 20 May, the earliest start is July");
        house.clock.pass(time::Duration::days(1));
        let id = account(house, "next-day@clinic.example", &[], Some(stored(house, &case).await.institution_id)).await;
        let later = Browser::of(house, id, false).await;
        let page = later.post(&format!("{case}/edit"), &[("start_month", "2026-07")]).await;
        assert!(page.body.contains("最も早い月は2026年8月です"), "a day later it is August");
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_after_its_session_ended_comes_back_after_the_login() {
    on_each_database(async |house| {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let id = account(house, "owner@clinic.example", &[], Some(clinic)).await;
        let browser = Browser::of(house, id, false).await;
        let case = begin(&browser, "eligibility").await;
        house.clock.pass(time::Duration::hours(2));
        let parked = browser.post(&format!("{case}/edit"), ELIGIBILITY).await;
        assert!(parked.location.starts_with("/login?next="), "led to the login: {}", parked.location);
        assert!(!stored(house, &case).await.answers.has("v6_option"), "nothing is written without a session");
        let again = Browser::of(house, id, false).await.with_cookie(&parked.cookie);
        assert_eq!(again.get("/resume").await.location, format!("{case}/edit"));
        assert_eq!(stored(house, &case).await.answers.get("v6_option"), "contracted");
    })
    .await;
}

#[tokio::test]
async fn a_tab_that_was_open_before_the_next_login_keeps_what_is_typed_in_it() {
    on_each_database(async |house| {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let id = account(house, "owner@clinic.example", &[], Some(clinic)).await;
        let before = Browser::of(house, id, false).await;
        let case = begin(&before, "eligibility").await;
        let after = Browser::of(house, id, false).await;
        let forged = after.post_as(&format!("{case}/edit"), ELIGIBILITY, &before).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "an old token alone is not enough");
        assert!(forged.body.contains("山田 花子"), "the page of the failure knows who is logged in");
        assert!(!stored(house, &case).await.answers.has("v6_option"));
        let saved = after.post_from_old_tab(&format!("{case}/edit"), ELIGIBILITY, &before).await;
        assert_eq!(saved.location, format!("{case}/check"));
        assert_eq!(stored(house, &case).await.answers.get("v6_option"), "contracted");
        let sent = after.post_from_old_tab(&format!("{case}/submit"), &[], &before).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "nothing is sent without a token");
    })
    .await;
}
