//! Payments come in, too little, too much, twice and late; fees are taken back.

use axum::http::StatusCode;
use domain::{clock::Timestamp, ids::InstitutionId};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use time::{Duration, macros::date};

use crate::{
    fees::{MAY, billing, bills_of, by_slip, close, in_june, number},
    steps::{mails, stored},
    support::{House, on_each_database},
};

async fn only_bill(house: &House, clinic: InstitutionId) -> storage::fees::Bill {
    let mut bills = bills_of(house, clinic).await;
    assert_eq!(bills.len(), 1, "{bills:?}");
    bills.remove(0)
}

/// A clinic with a bill of 4,500 yen for May, and that bill.
async fn billed(house: &House) -> (InstitutionId, storage::fees::Bill, Vec<String>) {
    let (clinic, _, cases) = by_slip(house, "2730100019", 3).await;
    in_june(house);
    close(house, "2026-05").await;
    (clinic, only_bill(house, clinic).await, cases)
}

#[tokio::test]
async fn payments_are_noted_in_parts_once_and_too_much_is_seen() {
    on_each_database(async |house| {
        let (clinic, bill, _) = billed(house).await;
        let clerk = billing(house).await;
        let pay = async |number: &str, day: &str, amount: &str| {
            clerk.post("/office/payments", &[("number", number), ("day", day), ("amount", amount)]).await
        };
        let number = number(&bill);
        let part = pay(&number, "2026-06-01", "1,500円").await;
        assert_eq!(part.location, format!("/office/bills/{number}?said=paid"), "{}", part.body);
        assert!(clerk.get(&format!("/office/bills/{number}")).await.body.contains("一部入金"));
        let again = pay(&number, "2026/06/01", "１５００").await;
        assert_eq!(again.location, format!("/office/bills/{number}?said=paid_before"));
        assert_eq!(only_bill(house, clinic).await.paid_yen, 1_500, "the same row twice changes nothing");
        for (typed, words) in [
            (("260500000015", "2026-06-01", "1500"), "払込番号"),
            ((number.as_str(), "2026-06-03", "1500"), "先の日付"),
            ((number.as_str(), "きのう", "1500"), "「入金日」"),
            ((number.as_str(), "2026-06-01", "-1500"), "1円以上の整数"),
        ] {
            let told = pay(typed.0, typed.1, typed.2).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}");
            assert!(told.body.contains(words), "{typed:?}: {}", told.body);
        }
        let rest = pay(&number, "2026-06-02", "4000").await;
        assert!(rest.location.ends_with("?said=too_much"), "{}", rest.location);
        assert_eq!(only_bill(house, clinic).await.open_yen(), -1_000);
        let credits = clerk.get("/office/credits").await.body;
        assert!(credits.contains(&number) && credits.contains("－1,000円"), "{credits}");
        let refund = format!("/office/bills/{number}/refund");
        assert_eq!(clerk.post(&refund, &[("day", "2027-01-01")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(clerk.post(&refund, &[("day", "2026-06-02")]).await.location.ends_with("?said=refunded"));
        assert_eq!(clerk.post(&refund, &[("day", "2026-06-02")]).await.status, StatusCode::CONFLICT, "once");
        assert_eq!(only_bill(house, clinic).await.open_yen(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_list_of_the_bank_goes_in_and_its_wrong_rows_are_named() {
    on_each_database(async |house| {
        let (clinic, bill, _) = billed(house).await;
        let clerk = billing(house).await;
        let number = number(&bill);
        let mut swapped = number.clone().into_bytes();
        swapped.swap(3, 2);
        let swapped = String::from_utf8(swapped).unwrap();
        let list = format!(
            "入金日,摘要,金額,払込番号\r\n2026-06-01,フリコミ,\"1,500\",{number}\r\n2026-06-01,フリコミ,1500,{swapped}\r\n\
             2026-06-02,フリコミ,2000,{number}\r\n2026-06-01,フリコミ,1500,{number}\r\n,,千円,{number}\r\n"
        );
        let told = clerk.post_file("/office/payments/list", "list_file", list.as_bytes()).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.body.contains("2件、3,500円の入金を記録しました"), "{}", told.body);
        assert!(told.body.contains("1件は、すでに記録されていました"), "the double row: {}", told.body);
        assert!(told.body.contains("3行目") && told.body.contains("検査数字が合いません"), "{}", told.body);
        assert!(told.body.contains("6行目") && told.body.contains("「入金日」"), "{}", told.body);
        assert_eq!(only_bill(house, clinic).await.paid_yen, 3_500);
        let again = clerk.post_file("/office/payments/list", "list_file", list.as_bytes()).await;
        assert!(again.body.contains("0件、0円の入金を記録しました"), "{}", again.body);
        assert_eq!(only_bill(house, clinic).await.paid_yen, 3_500, "the same file twice changes nothing");
        let twin = format!("{number},2026-06-01,1500,振込2\n");
        let good = clerk.post("/office/payments/list", &[("list", &twin)]).await;
        assert_eq!(good.status, StatusCode::OK, "{}", good.body);
        assert_eq!(only_bill(house, clinic).await.open_yen(), -500, "a number of the bank tells two alike apart");
        let picture = clerk.post_file("/office/payments/list", "list_file", b"\x89PNG\xff\xd8\x81").await;
        assert!(picture.body.contains("ファイルを読み取れません"), "{}", picture.body);
    })
    .await;
}

#[tokio::test]
async fn a_payment_on_the_wrong_bill_is_undone_by_a_counter_entry() {
    on_each_database(async |house| {
        let (clinic, bill, _) = billed(house).await;
        let clerk = billing(house).await;
        let number = number(&bill);
        clerk.post("/office/payments", &[("number", &number), ("day", "2026-06-01"), ("amount", "4500")]).await;
        let page = clerk.get(&format!("/office/bills/{number}")).await.body;
        let undo = page.split("href=\"").find(|part| part.starts_with("/office/payments/")).unwrap();
        let undo = undo.split('"').next().unwrap().to_owned();
        assert!(undo.ends_with("/undo"), "{page}");
        assert_eq!(clerk.post(&undo, &[("reason", " ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let undone = clerk.post(&undo, &[("reason", "別の医院の入金")]).await;
        assert_eq!(undone.location, format!("/office/bills/{number}?said=undone"), "{}", undone.body);
        assert_eq!(clerk.post(&undo, &[("reason", "もう一度")]).await.status, StatusCode::CONFLICT, "once");
        assert_eq!(only_bill(house, clinic).await.paid_yen, 0);
        let page = clerk.get(&format!("/office/bills/{number}")).await.body;
        assert!(page.contains("別の医院の入金") && page.contains("入金（取消し済み）"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn who_does_not_pay_is_reminded_once_a_day_with_what_is_open() {
    on_each_database(async |house| {
        let (_, bill, _) = billed(house).await;
        let number = number(&bill);
        let remind = format!("/office/bills/{number}/remind");
        assert!(billing(house).await.post(&remind, &[]).await.location.ends_with("?said=nothing"), "not due yet");
        mails(house).await;
        house.clock.set(Timestamp::start_of_day(date!(2026 - 07 - 11)) + Duration::hours(9));
        let clerk = billing(house).await;
        let paid = [("number", number.as_str()), ("day", "2026-07-10"), ("amount", "1000")];
        clerk.post("/office/payments", &paid).await;
        let list = clerk.get("/office/overdue").await.body;
        assert!(list.contains("11日") && list.contains("3,500円") && list.contains(&number), "{list}");
        let told = clerk.post("/office/overdue", &[("bills", &number)]).await;
        assert_eq!(told.location, "/office/overdue?told=1&not=0");
        let sent = mails(house).await;
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(sent[0].1.contains("お支払いいただく金額：3,500円") && sent[0].1.contains(&format!("/fees/{number}")));
        assert!(clerk.post(&remind, &[]).await.location.ends_with("?said=told_before"));
        assert!(mails(house).await.is_empty(), "once a day");
        let nothing = clerk.post("/office/overdue", &[]).await;
        assert!(clerk.get(&nothing.location).await.body.contains("請求が選ばれていません"));
    })
    .await;
}

async fn entry_of(house: &House, case: &str) -> String {
    let id = stored(house, case).await.id;
    let entries = storage::ledger::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
    entries[0].id.to_string()
}

#[tokio::test]
async fn a_fee_is_taken_back_once_and_what_was_paid_comes_back_with_the_next_month() {
    on_each_database(async |house| {
        let (clinic, bill, cases) = billed(house).await;
        let clerk = billing(house).await;
        let paid = number(&bill);
        clerk.post("/office/payments", &[("number", &paid), ("day", "2026-06-01"), ("amount", "4500")]).await;
        let reverse = format!("/office/ledger/{}/reverse", entry_of(house, &cases[0]).await);
        assert_eq!(clerk.post(&reverse, &[("reason", "")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let done = clerk.post(&reverse, &[("reason", "同じ端末に2回申請")]).await;
        assert!(done.location.ends_with("?said=reversed"), "{}", done.body);
        assert_eq!(clerk.post(&reverse, &[("reason", "もう一度")]).await.status, StatusCode::CONFLICT, "once");
        let reversal = done.location.trim_end_matches("?said=reversed").to_owned();
        let page = clerk.get(&reversal).await.body;
        assert!(page.contains("同じ端末に2回申請") && !page.contains("この料金を取り消す"), "{page}");
        assert!(clerk.get(&format!("/office/bills/{paid}")).await.body.contains("次の締めで差し引く取消し"));
        house.clock.set(Timestamp::start_of_day(date!(2026 - 07 - 02)) + Duration::hours(9));
        close(house, "2026-06").await;
        let bills = bills_of(house, clinic).await;
        assert_eq!((bills[0].amount_yen, bills[0].open_yen()), (-1_500, -1_500), "a credit that waits");
        let report = billing(house).await.get("/office/closings/2026-06").await.body;
        assert!(report.contains("1円も違いません") && report.contains("－1,500円"), "{report}");
    })
    .await;
}

#[tokio::test]
async fn a_fee_that_was_not_paid_is_set_against_its_bill() {
    on_each_database(async |house| {
        let (clinic, bill, cases) = billed(house).await;
        let clerk = billing(house).await;
        for case in &cases {
            let reverse = format!("/office/ledger/{}/reverse", entry_of(house, case).await);
            clerk.post(&reverse, &[("reason", "誤って承認したため")]).await;
        }
        house.clock.set(Timestamp::start_of_day(date!(2026 - 07 - 02)) + Duration::hours(9));
        let remind = format!("/office/bills/{}/remind", number(&bill));
        let told = billing(house).await.post(&remind, &[]).await;
        assert!(told.location.ends_with("?said=nothing"), "nobody is asked for what was taken back: {}", told.location);
        close(house, "2026-06").await;
        let bills = bills_of(house, clinic).await;
        assert_eq!(bills.iter().map(storage::fees::Bill::open_yen).collect::<Vec<_>>(), [0, 0], "{bills:?}");
        let page = billing(house).await.get(&format!("/office/bills/{}", number(&bill))).await.body;
        assert!(page.contains("充当") && page.contains("入金済み"), "{page}");
    })
    .await;
}

/// Runs a statement as the database's own client does.
pub(crate) async fn by_hand(house: &House, text: &str) -> Result<(), sqlx::Error> {
    let text = AssertSqlSafe(text.to_owned());
    if house.url.starts_with("sqlite:") {
        SqliteConnection::connect(&house.url).await.unwrap().execute(text).await.map(drop)
    } else {
        PgConnection::connect(&house.url).await.unwrap().execute(text).await.map(drop)
    }
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_what_was_written() {
    on_each_database(async |house| {
        let (_, bill, _) = billed(house).await;
        let paid = [("number", &*number(&bill)), ("day", "2026-06-01"), ("amount", "100")];
        billing(house).await.post("/office/payments", &paid).await;
        for text in [
            "UPDATE ledger SET amount_yen = 1",
            "DELETE FROM ledger",
            "UPDATE closed_entries SET month = '2026-06'",
            "DELETE FROM closed_entries",
            "UPDATE payments SET amount_yen = 1",
            "DELETE FROM payments",
            "UPDATE bills SET amount_yen = 1",
            "DELETE FROM bills",
            "DELETE FROM closings",
        ] {
            let refused = by_hand(house, text).await.unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{text}: {refused}");
        }
        assert!(billing(house).await.get(MAY).await.body.contains("1円も違いません"));
        by_hand(house, "UPDATE closings SET slips_yen = slips_yen + 1").await.unwrap();
        let page = billing(house).await.get(MAY).await.body;
        assert!(page.contains("field-error") && page.contains("1円合いません"), "one yen is found: {page}");
    })
    .await;
}

#[tokio::test]
async fn a_refund_waits_for_a_closing_and_holds_nothing_that_it_needs() {
    on_each_database(async |house| {
        let (clinic, bill, _) = billed(house).await;
        let clerk = billing(house).await;
        let number = number(&bill);
        let paid = [("number", number.as_str()), ("day", "2026-06-01"), ("amount", "9000")];
        clerk.post("/office/payments", &paid).await;
        let mut tx = house.app.db.write().await.unwrap();
        let now = house.app.clock.now();
        storage::fees::closing::begin(&mut tx, "2026-06", "2026-07-31", "closer", now).await.unwrap();
        let refund = async { clerk.post(&format!("/office/bills/{number}/refund"), &[("day", "2026-06-02")]).await };
        let closing = async {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            storage::fees::pay_in(&mut tx, bill.id, 0).await.unwrap();
            tx.rollback().await.unwrap();
        };
        let (refunded, ()) = tokio::join!(refund, closing);
        assert!(refunded.location.ends_with("?said=refunded"), "{}", refunded.body);
        assert_eq!(only_bill(house, clinic).await.open_yen(), 0);
    })
    .await;
}
