//! The rules of the three forms, as they are told at their fields (spec 03, 04.1, 05).

use axum::http::StatusCode;
use time::Duration;

use crate::{
    browser::{Answer, Browser},
    steps::{CERTIFICATE, ELIGIBILITY, accepted, begin, claims, clinic, file, filed, stored},
    support::{House, on_each_database},
};

pub(crate) type Answers<'a> = Vec<(&'a str, &'a str)>;
/// What is answered otherwise, and the fields at which something is told.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

/// The answers with others in their place; an answer that is not there is added.
pub(crate) fn with<'a>(answers: &[(&'a str, &'a str)], others: &[(&'a str, &'a str)]) -> Answers<'a> {
    let kept = answers.iter().filter(|(key, _)| others.iter().all(|(other, _)| other != key));
    kept.chain(others).copied().collect()
}

pub(crate) fn borrowed<'a>(answers: &'a [(&'a str, String)]) -> Answers<'a> {
    answers.iter().map(|(key, value)| (*key, value.as_str())).collect()
}

/// Keys of the fields at which a sentence stands, in the order of the page.
pub(crate) fn told_at(page: &Answer) -> Vec<String> {
    let after = page.body.split("id=\"f-").skip(1);
    after.filter_map(|rest| rest.split('"').next()?.strip_suffix("-error")).map(str::to_owned).collect()
}

pub(crate) async fn faults(browser: &Browser, case: &str, answers: &[(&str, &str)]) -> Vec<String> {
    let page = browser.post(&format!("{case}/edit"), answers).await;
    let told = told_at(&page);
    let expected = if told.is_empty() { StatusCode::SEE_OTHER } else { StatusCode::UNPROCESSABLE_ENTITY };
    assert_eq!(page.status, expected, "{}", page.body);
    told
}

/// The check page after these answers.
pub(crate) async fn check(browser: &Browser, case: &str, answers: &[(&str, &str)]) -> String {
    let saved = browser.post(&format!("{case}/edit"), answers).await;
    assert_eq!(saved.location, format!("{case}/check"), "{}", saved.body);
    browser.get(&saved.location).await.body
}

#[tokio::test]
async fn the_eligibility_form_asks_only_for_what_the_line_needs() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        let table: &[Case<'_>] = &[
            (&[], &[]),
            (&[("line_kind", "")], &["line_kind"]),
            (&[("line_kind", "ip_vpn_ctc_qtnet")], &[]),
            (&[("line_kind", "ipsec_ike")], &["ipsec_provider"]),
            (&[("line_kind", "ipsec_ike"), ("ipsec_provider", "other")], &["ipsec_provider_other"]),
            (&[("customer_id_kind", "same")], &["customer_id_kind"]),
            (&[("customer_id_kind", "cop")], &["customer_id"]),
            (&[("customer_id_confirm", "")], &["customer_id_confirm"]),
            (&[("v6_option", "not_contracted")], &["v6_option"]),
            (&[("start_month", "2026-04")], &["start_month"]),
            (&[("start_month", "2026-05")], &[]),
            (&[("start_month", "2028-05")], &[]),
            (&[("start_month", "2028-06")], &["start_month"]),
            (&[("terms", "")], &["terms"]),
            (&[("terms", "0.9")], &["terms"]),
            (&[("application_kind", "change")], &["application_kind"]),
            (&[("fee_payment", "cash")], &["fee_payment"]),
        ];
        for (others, expected) in table {
            assert_eq!(faults(&browser, &case, &with(ELIGIBILITY, others)).await, *expected, "{others:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn odd_digit_counts_and_a_late_test_are_remarks_and_no_obstacle() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        let short = [("customer_id", "CAF12345"), ("customer_id_confirm", "caf-12345"), ("test_month", "2026-08")];
        let page = check(&browser, &case, &with(ELIGIBILITY, &short)).await;
        assert!(page.contains("テスト開始予定（2026年8月）が利用開始予定（2026年7月）より後です"), "{page}");
        assert!(page.contains("10桁"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn the_same_line_is_offered_from_the_other_procedure_at_once() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        file(house, &browser, "claims", &claims(house, "start")).await;
        let case = begin(&browser, "eligibility").await;
        assert!(browser.get(&format!("{case}/edit")).await.body.contains("COP 0123 4567"), "the ID itself is shown");
        check(&browser, &case, &with(ELIGIBILITY, &[("customer_id_kind", "same")])).await;
        let version = stored(house, &case).await.version.to_string();
        browser.post(&format!("{case}/submit"), &[("version", &version)]).await;
        assert_eq!(stored(house, &case).await.line_id.as_deref(), Some("COP01234567"));
        let (_, other) = self::clinic(house, "2710200018").await;
        let case = begin(&other, "eligibility").await;
        let same =
            [("customer_id_kind", "cop"), ("customer_id", "COP01234567"), ("customer_id_confirm", "COP01234567")];
        let page = check(&other, &case, &with(ELIGIBILITY, &same)).await;
        assert!(page.contains("ほかの医療機関等の申請でも使われています"), "{page}");
    })
    .await;
}

async fn may_start(house: &House, browser: &Browser, case: &str, month: &str) -> bool {
    let answers = claims(house, "start");
    faults(browser, case, &with(&borrowed(&answers), &[("start_month", month)])).await.is_empty()
}

#[tokio::test]
async fn claims_start_two_months_after_the_twentieth_and_three_months_after_the_next_day() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "claims").await;
        assert!(
            browser
                .get(&format!("{case}/edit"))
                .await
                .body
                .contains("5月20日までに送信すると7月から、21日以降は8月から")
        );
        assert!(!may_start(house, &browser, &case, "2026-06").await);
        assert!(may_start(house, &browser, &case, "2026-07").await, "on the 20th");
        house.clock.pass(Duration::hours(14));
        let id = crate::browser::account(house, "night@clinic.example", &[], Some(clinic)).await;
        let browser = Browser::of(house, id, false).await;
        assert!(!may_start(house, &browser, &case, "2026-07").await, "at midnight in Japan it is the 21st");
        assert!(may_start(house, &browser, &case, "2026-08").await);
    })
    .await;
}

#[tokio::test]
async fn the_claims_form_asks_only_for_what_the_connection_and_the_product_need() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "claims").await;
        let answers = claims(house, "start");
        let answers = borrowed(&answers);
        let table: &[Case<'_>] = &[
            (&[], &[]),
            (&[("paper_filed", "")], &["paper_filed"]),
            (&[("paper_filed", "yes")], &["paper_filed"]),
            (&[("safety_rules", "")], &["safety_rules"]),
            (&[("product", "other")], &["product_other", "product_maker"]),
            (&[("product", "other"), ("product_other", "手作りレセ"), ("product_maker", "山田太郎")], &[]),
            (&[("os_browser", "other")], &["os_browser_other"]),
            (&[("connection", "isdn")], &["isdn_number"]),
            (&[("connection", "isdn"), ("isdn_number", "内線12")], &["isdn_number"]),
            (&[("connection", "isdn"), ("isdn_number", "０３－１２３４－５６７８")], &[]),
            (&[("connection", "ipsec_ike")], &["ipsec_provider"]),
            (&[("customer_id_kind", "same")], &["customer_id_kind"]),
            (&[("application_kind", "change")], &["application_kind"]),
        ];
        for (others, expected) in table {
            assert_eq!(faults(&browser, &case, &with(&answers, others)).await, *expected, "{others:?}");
        }
        let long = "あ".repeat(501);
        assert_eq!(faults(&browser, &case, &with(&answers, &[("note", &long)])).await, ["note"]);
        assert_eq!(faults(&browser, &case, &with(&answers, &[("note", &long[..1500])])).await, [""; 0], "500 fit");
        let page = check(&browser, &case, &answers).await;
        assert!(page.contains("株式会社オプテック"), "the maker comes with the product");
    })
    .await;
}

#[tokio::test]
async fn a_change_of_the_claims_filing_waits_for_the_twentieth() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let first = file(house, &browser, "claims", &claims(house, "start")).await;
        accepted(house, &first).await;
        house.clock.pass(Duration::days(15));
        let id = crate::browser::account(house, "june@clinic.example", &[], Some(clinic)).await;
        let browser = Browser::of(house, id, false).await;
        let change = file(house, &browser, "claims", &claims(house, "change")).await;
        accepted(house, &change).await;
        let again = begin(&browser, "claims").await;
        let answers = claims(house, "change");
        let page = browser.post(&format!("{again}/edit"), &borrowed(&answers)).await;
        assert_eq!(told_at(&page), ["application_kind"]);
        assert!(page.body.contains("2026年6月20日（土）以降に送信してください"), "the day is named: {}", page.body);
    })
    .await;
}

#[tokio::test]
async fn the_certificate_form_wants_names_that_tell_terminals_apart() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let missing = browser.get("/procedures/certificate").await.body;
        assert!(missing.contains("オンライン資格確認の利用申請が必要です"), "{missing}");
        filed(house, &browser).await;
        file(house, &browser, "certificate", CERTIFICATE).await;
        let case = begin(&browser, "certificate").await;
        let named = with(CERTIFICATE, &[("terminal_name_1", "受付パソコン")]);
        let table: &[Case<'_>] = &[
            (&[], &[]),
            (&[("consent", "refuse")], &["consent"]),
            (&[("contact", "")], &["contact"]),
            (&[("contact", "株式会社オプテック 佐藤")], &["contact"]),
            (&[("terminal_name_1", "Windows 11")], &["terminal_name_1"]),
            (&[("terminal_name_1", "パソコン2")], &["terminal_name_1"]),
            (&[("terminal_name_1", "1")], &["terminal_name_1"]),
            (&[("terminal_name_1", "オンライン資格確認パソコン")], &["terminal_name_1"]),
            (&[("terminal_os_1", "")], &["terminal_os_1"]),
            (&[("purpose_1", "play")], &["purpose_1"]),
            (&[("terminal_count", "51")], &["terminal_count"]),
            (
                &[
                    ("terminal_count", "2"),
                    ("terminal_name_2", "受付ﾊﾟｿｺﾝ"),
                    ("terminal_os_2", "windows_11"),
                    ("purpose_2", "both"),
                ],
                &["terminal_name_2"],
            ),
        ];
        for (others, expected) in table {
            assert_eq!(faults(&browser, &case, &with(&named, others)).await, *expected, "{others:?}");
        }
        let second = [("terminal_name_1", "オンライン資格確認パソコン"), ("second_reason", "パソコンを入れ替えたため")];
        let page = check(&browser, &case, &with(CERTIFICATE, &second)).await;
        assert!(page.contains("に申請済みです"), "a second one for the same terminal is told and allowed: {page}");
        assert!(page.contains("1,500円"), "the fee is told before sending");
    })
    .await;
}

#[tokio::test]
async fn a_change_shows_what_it_changes_before_it_is_sent() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let first = file(house, &browser, "claims", &claims(house, "start")).await;
        accepted(house, &first).await;
        let case = begin(&browser, "claims").await;
        let answers = claims(house, "change");
        let same = check(&browser, &case, &borrowed(&answers)).await;
        assert!(same.contains("前の申請と同じ内容です"), "{same}");
        let isdn = [("connection", "isdn"), ("isdn_number", "0312345678")];
        let page = check(&browser, &case, &with(&borrowed(&answers), &isdn)).await;
        assert!(page.contains("<del>2:IP-VPN接続【IPv6】</del>") && page.contains("<ins>4:ISDN接続</ins>"), "{page}");
        assert!(page.contains("<del>COP01234567</del>"), "what is asked no more is told too: {page}");
        assert!(page.contains("前の申請との違い（"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn another_product_brings_its_own_maker_and_a_second_beginning_is_questioned() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let own = [("product", "other"), ("product_other", "手作りレセ"), ("product_maker", "山田太郎")];
        let first = claims(house, "start");
        let first = file(house, &browser, "claims", &with(&borrowed(&first), &own)).await;
        accepted(house, &first).await;
        let case = begin(&browser, "claims").await;
        let answers = claims(house, "change");
        let listed = [("product", "opt_one3"), ("product_maker", "山田太郎")];
        let page = check(&browser, &case, &with(&borrowed(&answers), &listed)).await;
        assert!(page.contains("<ins>株式会社オプテック</ins>"), "{page}");
        let page = check(&browser, &case, &with(&borrowed(&answers), &[("application_kind", "start")])).await;
        assert!(page.contains("すでに受け付けた届出があります"), "{page}");
    })
    .await;
}
