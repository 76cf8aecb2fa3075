//! The expiry ladder: who is told when that a certificate ends, once for each rung, until a successor is installed.

use domain::{
    clock::Timestamp,
    ids::{CertificateId, InstitutionId},
    permissions::Role,
    terminals::renewal,
};
use serde_json::json;
use services::Ctx;
use storage::authority::Certificate;
use time::{Duration, Time};

use crate::{
    browser::{Browser, account},
    pickup::fetch,
    steps::{CERTIFICATE, approved, clinic, decide, file, filed, posted, staff, stored},
    support::{House, on_each_database},
};

/// The certificates of a case, oldest first.
pub(crate) async fn certificates_of(house: &House, case: &str) -> Vec<Certificate> {
    let id = stored(house, case).await.id;
    storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap()
}

/// Prints, posts and fetches what was approved, and shows it in the connection test.
pub(crate) async fn installed(house: &House, case: &str, number: &str) -> Certificate {
    let paper = posted(house, &staff(house, Role::DispatchClerk).await, case, number).await;
    fetch(&Browser::terminal(house), &paper).await;
    show(house, case).await
}

/// Shows the last certificate of a case in the connection test.
pub(crate) async fn show(house: &House, case: &str) -> Certificate {
    let made = certificates_of(house, case).await.pop().unwrap();
    let visitor = Ctx::visitor(&house.app, "");
    services::authority::connection_test(&visitor, made.certificate.as_deref()).await.unwrap().unwrap();
    made
}

/// Moves the clock to noon of a day, counted from the last day of a certificate.
pub(crate) fn go_to(house: &House, end: Timestamp, days: i64) {
    let noon = Timestamp::start_of_day(end.date() + Duration::days(days)) + Duration::hours(12);
    house.clock.pass(noon - house.app.clock.now());
}

/// What the ladder sends now: address, subject, text.
async fn told(house: &House) -> Vec<(String, String, String)> {
    services::terminals::warn_when_due(&house.app).await.unwrap();
    services::jobs::work_all(&house.app, "test").await.unwrap();
    let mails = house.postbox.empty().into_iter().filter(|mail| mail.subject.contains("有効期限"));
    let mut mails: Vec<_> = mails.map(|mail| (mail.recipient, mail.subject, mail.body)).collect();
    mails.sort();
    mails
}

fn two(name: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut answers = CERTIFICATE.to_vec();
    answers[2].1 = "2";
    answers.extend([("terminal_name_2", name), ("terminal_os_2", "windows_11"), ("purpose_2", "claims")]);
    answers
}

#[tokio::test]
async fn members_and_vendor_are_told_once_on_each_rung_however_long_the_process_was_away() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, "1330100016").await;
        account(house, "second@clinic.example", &[], Some(place)).await;
        filed(house, &browser).await;
        let vendor = [("technical_contact", "みなとシステム 佐藤"), ("technical_mail", "Support@Vendor.example")];
        let case = file(house, &browser, "certificate", &[CERTIFICATE, &vendor].concat()).await;
        decide(house, &staff(house, Role::RaOfficer).await, &case, "accept", &[]).await;
        let end = installed(house, &case, "12345678901").await.not_after;
        let mut rungs = vec![];
        for left in [91, 90, 89, 20, 19, 15, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2, -7, -13, -14, -28, -30, -31] {
            go_to(house, end, -left);
            let mails = told(house).await;
            assert_eq!(told(house).await, [], "{left}: once a day");
            services::terminals::warn(&house.app, &json!({ "band": 0 })).await.unwrap();
            assert_eq!(told(house).await, [], "{left}: a job that runs twice tells nobody twice");
            if mails.is_empty() {
                continue;
            }
            rungs.push(left);
            let to: Vec<&str> = mails.iter().map(|(to, _, _)| to.as_str()).collect();
            assert_eq!(to, ["owner-1330100016@clinic.example", "second@clinic.example", "support@vendor.example"]);
            assert!(mails[2].2.starts_with("みなとシステム 佐藤 様"), "{}", mails[2].2);
            let words = match left {
                0 => "有効期限は、本日までです".to_owned(),
                left if left > 0 => format!("有効期限まで、あと{left}日です"),
                _ => "有効期限が切れています".to_owned(),
            };
            assert!(mails[0].1.contains(&words), "{left}: {}", mails[0].1);
            assert!(mails[0].2.contains("オンライン資格確認パソコン") && mails[0].2.contains("1,500円"));
        }
        assert_eq!(rungs, [90, 20, 15, 7, 6, 5, 4, 3, 2, 1, 0, -1, -7, -14, -28]);
    })
    .await;
}

#[tokio::test]
async fn several_terminals_stand_in_one_mail_and_a_revoked_one_in_none() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        file(house, &browser, "certificate", &two("オンライン請求用パソコン")).await;
        let mut made = vec![];
        for (number, case) in cases(house).await.into_iter().enumerate() {
            decide(house, &staff(house, Role::RaOfficer).await, &case, "accept", &[]).await;
            made.push(installed(house, &case, &format!("1234567890{number}")).await);
        }
        go_to(house, made[0].not_after, -60);
        let mails = told(house).await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert!(
            mails[0].2.contains("・オンライン請求用パソコン") && mails[0].2.contains("・オンライン資格確認パソコン")
        );
        let officer = staff(house, Role::RaOfficer).await;
        let revoke = format!("/office/certificates/{}/revoke", made[0].id);
        officer.post(&revoke, &[("reason", "cessationOfOperation")]).await;
        go_to(house, made[0].not_after, -30);
        let mails = told(house).await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert_eq!(mails[0].2.matches("受付番号").count(), 1, "{}", mails[0].2);
    })
    .await;
}

/// Two terminals, each with a vendor of its own, and the mails 60 days before the end.
async fn told_with_two_vendors(house: &House, members_left: bool) -> Vec<(String, String, String)> {
    let (place, browser) = clinic(house, "1330100016").await;
    filed(house, &browser).await;
    let mut end = None;
    for (number, name) in ["受付のパソコン", "診察室のパソコン"].into_iter().enumerate() {
        let mail = format!("support-{number}@vendor.example");
        let mut answers = CERTIFICATE.to_vec();
        answers[3].1 = name;
        answers.extend([("technical_contact", "みなとシステム 佐藤"), ("technical_mail", &mail)]);
        let case = file(house, &browser, "certificate", &answers).await;
        decide(house, &staff(house, Role::RaOfficer).await, &case, "accept", &[]).await;
        end = Some(installed(house, &case, &format!("1234567890{number}")).await.not_after);
    }
    if !members_left {
        let mut tx = house.app.db.write().await.unwrap();
        let now = house.app.clock.now();
        for one in storage::accounts::members_in_force(&mut tx, place).await.unwrap() {
            storage::accounts::decide_membership(&mut tx, one.id, "active", "removed", "test", now).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    go_to(house, end.unwrap(), -60);
    told(house).await
}

#[tokio::test]
async fn a_vendor_reads_of_its_own_terminals_only() {
    on_each_database(async |house| {
        let mails = told_with_two_vendors(house, true).await;
        let lists = |text: &str| (text.contains("・受付のパソコン"), text.contains("・診察室のパソコン"));
        let told: Vec<_> = mails.iter().map(|(to, _, text)| (to.as_str(), lists(text))).collect();
        let expected = [
            ("owner-1330100016@clinic.example", (true, true)),
            ("support-0@vendor.example", (true, false)),
            ("support-1@vendor.example", (false, true)),
        ];
        assert_eq!(told, expected);
    })
    .await;
}

#[tokio::test]
async fn vendors_are_told_where_nobody_of_the_institution_is_left() {
    on_each_database(async |house| {
        let mails = told_with_two_vendors(house, false).await;
        let to: Vec<_> = mails.iter().map(|(to, _, _)| to.as_str()).collect();
        assert_eq!(to, ["support-0@vendor.example", "support-1@vendor.example"]);
    })
    .await;
}

/// Addresses of the certificate applications that were sent, in the order of sending.
async fn cases(house: &House) -> Vec<String> {
    let mut conn = house.app.db.read().await.unwrap();
    let found = storage::institutions::by_code(&mut conn, "1330100016").await.unwrap().unwrap();
    let cases = storage::applications::certificate_cases_of(&mut conn, found.id).await.unwrap();
    cases.iter().map(|case| format!("/applications/{}", case.id)).collect()
}

#[tokio::test]
async fn the_warnings_go_on_until_the_successor_is_installed() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let end = installed(house, &case, "12345678901").await.not_after;
        go_to(house, end, -90);
        let owner = account(house, "late@clinic.example", &[], Some(place)).await;
        let browser = Browser::of(house, owner, false).await;
        let again = [CERTIFICATE, &[("second_reason", "有効期限が近いため")]].concat();
        let second = file(house, &browser, "certificate", &again).await;
        decide(house, &staff(house, Role::RaOfficer).await, &second, "accept", &[]).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &second, "12345678902").await;
        let mails = told(house).await;
        assert!(mails.len() == 2 && !mails[0].2.contains("新しい端末の電子証明書は受取済みです"), "{mails:?}");
        fetch(&Browser::terminal(house), &paper).await;
        go_to(house, end, -60);
        let mails = told(house).await;
        assert_eq!(mails.len(), 2, "fetched is not installed");
        assert!(
            mails[0].2.contains("\n　新しい端末の電子証明書は受取済みです。接続テストをしてください。"),
            "{}",
            mails[0].2
        );
        assert!(mails[0].2.contains("/connection-test"), "{}", mails[0].2);
        show(house, &second).await;
        for left in [30, 7, 0, -1] {
            go_to(house, end, -left);
            assert_eq!(told(house).await, [], "{left}");
        }
    })
    .await;
}

/// Adds a certificate that ends at an instant, as if it had been issued for a case.
pub(crate) async fn add(house: &House, place: InstitutionId, like: &Certificate, number: u32, end: Timestamp) {
    let now = house.app.clock.now();
    let id = CertificateId::new(now, &*house.app.randomness);
    let serial = format!("{}{number:04x}", like.serial);
    let key_hash = pki::sha256_hex(serial.as_bytes());
    let record = Certificate { id, serial, key_hash, not_after: end, institution_id: Some(place), ..like.clone() };
    let mut tx = house.app.db.write().await.unwrap();
    storage::authority::insert_prepared(&mut tx, std::slice::from_ref(&record)).await.unwrap();
    assert!(storage::authority::store_signed(&mut tx, id, &[], now).await.unwrap());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_hundred_certificates_of_one_institution_keep_nobody_else_from_being_told() {
    on_each_database(async |house| {
        let (first, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let one = installed(house, &case, "12345678901").await;
        let (second, browser) = clinic(house, "2730100019").await;
        let case = approved(house, &browser).await;
        let other = installed(house, &case, "12345678902").await;
        let end = Timestamp::start_of_day(one.not_after.date()) + Duration::days(10);
        for number in 0..105 {
            add(house, first, &one, number, end).await;
        }
        add(house, second, &other, 0, end + Duration::hours(1)).await;
        go_to(house, end, -15);
        let mails = told(house).await;
        assert_eq!(mails.len(), 2, "{:?}", mails.iter().map(|(to, _, _)| to).collect::<Vec<_>>());
        assert_eq!(mails[0].2.matches("受付番号").count(), 106);
        assert!(mails[1].0.contains("2730100019"), "the second page was reached");
    })
    .await;
}

#[tokio::test]
async fn a_day_begins_in_japan_and_nobody_is_woken_at_night() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let end = installed(house, &case, "12345678901").await.not_after;
        assert_eq!(end.in_japan().time(), Time::from_hms(23, 59, 59).unwrap());
        let day = end.date() - Duration::days(renewal::OPENS_DAYS);
        for (hour, count) in [(0, 0), (6, 0), (7, 1)] {
            house.clock.pass(Timestamp::start_of_day(day) + Duration::hours(hour) - house.app.clock.now());
            assert_eq!(told(house).await.len(), count, "{hour} o'clock");
        }
    })
    .await;
}
