//! The month is closed: bills, files, reconciliation, and what the clinic sees of it.

use axum::http::StatusCode;
use domain::{clock::Timestamp, ids::InstitutionId, permissions::Role};
use time::macros::date;

use crate::{
    browser::Browser,
    refused::without,
    steps::{CERTIFICATE, ELIGIBILITY, approved, clinic, decide, file, staff, stored},
    support::{House, on_each_database},
};

/// The address of the closing of May.
pub(crate) const MAY: &str = "/office/closings/2026-05";

/// Two days after the end of May, in the morning.
pub(crate) fn in_june(house: &House) {
    house.clock.set(Timestamp::start_of_day(date!(2026 - 06 - 02)) + time::Duration::hours(10));
}

pub(crate) async fn billing(house: &House) -> Browser {
    staff(house, Role::BillingClerk).await
}

/// A clinic that pays by slip, with certificates for so many terminals approved; gives the addresses of the cases.
pub(crate) async fn by_slip(house: &House, code: &str, terminals: usize) -> (InstitutionId, Browser, Vec<String>) {
    let (id, browser) = clinic(house, code).await;
    let mut answers = ELIGIBILITY.to_vec();
    answers.retain(|(key, _)| *key != "fee_payment");
    answers.push(("fee_payment", "payment_slip"));
    file(house, &browser, "eligibility", &answers).await;
    let officer = staff(house, Role::RaOfficer).await;
    let mut cases = vec![];
    for number in 1..=terminals {
        let name = format!("受付{number}のパソコン");
        let mut answers = CERTIFICATE.to_vec();
        answers[3].1 = &name;
        let case = file(house, &browser, "certificate", &answers).await;
        decide(house, &officer, &case, "accept", &[]).await;
        cases.push(case);
    }
    (id, browser, cases)
}

/// Closes a month, `2026-05`, and gives the answer.
pub(crate) async fn close(house: &House, month: &str) -> String {
    let answer = billing(house).await.post("/office/closings", &[("month", month)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location
}

/// The numbers of the bills of a clinic, the newest first.
pub(crate) async fn bills_of(house: &House, clinic: InstitutionId) -> Vec<storage::fees::Bill> {
    let mut conn = house.app.db.read().await.unwrap();
    let found = storage::fees::bills_of_institution(&mut conn, clinic, i64::MAX, 50).await.unwrap();
    found.into_iter().map(|listed| listed.bill).collect()
}

/// The number of a bill, as it stands on its slip.
pub(crate) fn number(bill: &storage::fees::Bill) -> String {
    domain::fees::BillNumber::new(bill.id).plain()
}

#[tokio::test]
async fn a_month_is_closed_once_and_every_yen_leads_back_to_its_terminal() {
    on_each_database(async |house| {
        let (_, deducting) = clinic(house, "1330100016").await;
        let deducted = approved(house, &deducting).await;
        let (paying, _, cases) = by_slip(house, "2730100019", 2).await;
        let clerk = billing(house).await;
        let early = clerk.get("/office/closings").await.body;
        assert!(early.contains("いま締められる月はありません"), "May is not over: {early}");
        assert_eq!(close(house, "2026-05").await, "/office/closings?said=not_now");
        in_june(house);
        let clerk = billing(house).await;
        let asked = clerk.get("/office/closings/next").await.body;
        assert!(asked.contains("2026年5月を締める") && asked.contains("4,500円"), "{asked}");
        assert!(asked.contains("2026年6月30日（火）"), "until the end of June: {asked}");
        assert_eq!(close(house, "2026-05").await, format!("{MAY}?said=now"));
        let bills = bills_of(house, paying).await;
        assert_eq!(close(house, "2026-05").await, format!("{MAY}?said=before"), "twice changes nothing");
        assert_eq!(bills_of(house, paying).await, bills);
        assert_eq!((bills.len(), bills[0].amount_yen, bills[0].entries), (1, 3_000, 2));

        let page = clerk.get(MAY).await.body;
        assert!(page.contains("1円も違いません") && page.contains("4,500円") && page.contains("1,500円"), "{page}");
        let file = clerk.get(&format!("{MAY}/deductions.csv")).await;
        assert_eq!(file.bytes[..3], [0xef, 0xbb, 0xbf], "with a byte-order mark");
        let lines: Vec<&str> = file.body.lines().collect();
        assert_eq!(lines[1..], ["2026-05,1330100016,さくら歯科,1,1500", "2026-05,合計,,1,1500"], "{}", file.body);
        let entries = clerk.get(&format!("{MAY}/entries.csv")).await.body;
        for case in cases.iter().chain([&deducted]) {
            let id = stored(house, case).await.id.to_string();
            assert!(entries.contains(&id), "each fee names its case: {entries}");
        }
        assert!(entries.lines().last().unwrap().contains("合計") && entries.contains(",4500,"), "{entries}");
        let slips = clerk.get(&format!("{MAY}/slips.pdf?after=0")).await;
        assert!(slips.status == StatusCode::OK && slips.bytes.starts_with(b"%PDF"));

        let charges = clerk.get(&format!("{MAY}/entries?kind=charge")).await.body;
        assert_eq!(charges.matches("/office/ledger/").count(), 3, "{charges}");
        let entry = charges.split("href=\"/office/ledger/").nth(1).unwrap().split('"').next().unwrap();
        let entry = clerk.get(&format!("/office/ledger/{entry}")).await.body;
        assert!(entry.contains("受付番号") && entry.contains("/office/bills/2605"), "{entry}");
        let list = clerk.get(&format!("{MAY}/bills?payment=payment_slip")).await.body;
        assert!(list.contains(&number(&bills[0])) && list.contains("入金待ち"), "{list}");
    })
    .await;
}

#[tokio::test]
async fn months_are_closed_in_their_order_and_what_came_late_goes_into_the_next() {
    on_each_database(async |house| {
        let (paying, browser, _) = by_slip(house, "2730100019", 1).await;
        in_june(house);
        let browser = Browser::of(house, owner(house, &browser, paying).await, false).await;
        let mut answers = CERTIFICATE.to_vec();
        answers[3].1 = "2階の端末";
        let case = file(house, &browser, "certificate", &answers).await;
        decide(house, &staff(house, Role::RaOfficer).await, &case, "accept", &[]).await;
        house.clock.set(Timestamp::start_of_day(date!(2026 - 08 - 03)) + time::Duration::hours(9));
        assert_eq!(close(house, "2026-06").await, "/office/closings?said=not_now", "May first");
        assert_eq!(close(house, "2026-05").await, format!("{MAY}?said=now"));
        assert_eq!(close(house, "2026-06").await, "/office/closings/2026-06?said=now");
        assert_eq!(close(house, "2026-07").await, "/office/closings/2026-07?said=now", "an empty month too");
        assert_eq!(close(house, "2026-08").await, "/office/closings?said=not_now", "August is not over");
        let bills = bills_of(house, paying).await;
        assert_eq!(
            bills.iter().map(|bill| (bill.month.as_str(), bill.amount_yen)).collect::<Vec<_>>(),
            [("2026-06", 1_500), ("2026-05", 1_500)]
        );
        assert_eq!(bills[0].due_on, "2026-08-17", "closed late: two weeks are left");
        let report = billing(house).await.get("/office/closings/2026-07").await.body;
        assert!(report.contains("1円も違いません") && report.contains("3,000円"), "{report}");
    })
    .await;
}

/// The account that a clinic's browser belongs to.
async fn owner(house: &House, _: &Browser, clinic: InstitutionId) -> domain::ids::AccountId {
    let mut conn = house.app.db.read().await.unwrap();
    storage::accounts::members_in_force(&mut conn, clinic).await.unwrap()[0].account_id
}

#[tokio::test]
async fn a_clinic_sees_its_own_bills_and_no_others() {
    on_each_database(async |house| {
        let (paying, _, cases) = by_slip(house, "2730100019", 2).await;
        let (other, other_browser) = clinic(house, "1330100016").await;
        assert!(other_browser.get("/fees").await.body.contains("請求はまだありません"));
        in_june(house);
        close(house, "2026-05").await;
        let bill = bills_of(house, paying).await.remove(0);
        let address = format!("/fees/{}", number(&bill));
        let id = owner(house, &other_browser, paying).await;
        let browser = Browser::of(house, id, false).await;
        let list = browser.get("/fees").await.body;
        assert!(list.contains(&address) && list.contains("入金待ち") && list.contains("受付2のパソコン"), "{list}");
        for case in &cases {
            assert!(list.contains(case), "each fee leads to its application");
        }
        let page = browser.get(&address).await.body;
        assert!(page.contains("3,000円") && page.contains("まどぐち銀行") && page.contains("2026年6月30日"), "{page}");
        let slip = browser.get(&format!("{address}/slip.pdf")).await;
        assert!(slip.status == StatusCode::OK && slip.bytes.starts_with(b"%PDF"));
        nothing_is_asked_once_it_is_paid(house, &browser, &number(&bill)).await;
        let id = owner(house, &other_browser, other).await;
        let stranger = Browser::of(house, id, false).await;
        for path in [address.clone(), format!("{address}/slip.pdf"), "/fees/260500000000".to_owned()] {
            assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert!(!stranger.get("/fees").await.body.contains(&number(&bill)));
    })
    .await;
}

/// A bill that was paid names no day until which it is to be paid.
async fn nothing_is_asked_once_it_is_paid(house: &House, browser: &Browser, number: &str) {
    let paid = [("number", number), ("day", "2026-06-01"), ("amount", "3000")];
    staff(house, Role::BillingClerk).await.post("/office/payments", &paid).await;
    for address in ["/fees".to_owned(), format!("/fees/{number}")] {
        let page = browser.get(&address).await.body;
        assert!(page.contains("入金済み") && !page.contains("2026年6月30日"), "{page}");
    }
}

#[tokio::test]
async fn a_closing_that_is_refused_anywhere_in_the_middle_has_closed_nothing() {
    on_each_database(async |house| {
        let (paying, _, _) = by_slip(house, "2730100019", 2).await;
        in_june(house);
        let clerk = billing(house).await;
        let any = "1 = 1";
        for about in [
            ("closed_entries", "INSERT", any),
            ("bills", "INSERT", any),
            ("closings", "UPDATE", any),
            ("audit", "INSERT", "NEW.action = 'closing.close'"),
        ] {
            let told = without(house, about, async || clerk.post("/office/closings", &[("month", "2026-05")]).await);
            assert_eq!(told.await.status, StatusCode::INTERNAL_SERVER_ERROR, "{about:?}");
            assert_eq!(bills_of(house, paying).await, [], "{about:?}");
            assert_eq!(clerk.get(MAY).await.status, StatusCode::NOT_FOUND, "{about:?}");
        }
        assert_eq!(close(house, "2026-05").await, format!("{MAY}?said=now"), "and then it is closed, whole");
        assert_eq!(bills_of(house, paying).await[0].amount_yen, 3_000);
    })
    .await;
}

#[tokio::test]
async fn two_clerks_who_close_at_once_close_it_once() {
    on_each_database(async |house| {
        let (paying, _, _) = by_slip(house, "2730100019", 3).await;
        in_june(house);
        let (one, other) = (billing(house).await, billing(house).await);
        let fields = [("month", "2026-05")];
        let (first, second) =
            tokio::join!(one.post("/office/closings", &fields), other.post("/office/closings", &fields));
        let mut said = [first.location, second.location];
        said.sort();
        assert_eq!(said, [format!("{MAY}?said=before"), format!("{MAY}?said=now")]);
        let bills = bills_of(house, paying).await;
        assert_eq!((bills.len(), bills[0].amount_yen), (1, 4_500));
    })
    .await;
}
