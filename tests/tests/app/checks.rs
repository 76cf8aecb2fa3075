//! The nightly check: what was changed in the database, what became unacceptable, and what cannot be judged are told apart.

use axum::http::StatusCode;
use domain::{
    checks::{Fault, Verdict},
    clock::Timestamp,
    ids::CertificateId,
    permissions::Role,
};
use services::{
    Ctx, authority,
    rows::{Check, FoundInCheck},
};
use sqlx::types::Uuid;
use storage::{Conn, authority::Certificate};
use time::Duration;

use crate::{
    browser::Browser,
    ladder::certificates_of,
    pickup::{fetch, letter_to},
    steps::staff,
    support::{House, on_each_database},
};

/// A certificate that a clinic fetched.
async fn issued(house: &House, code: &str, number: &str) -> Certificate {
    let (case, paper) = letter_to(house, code, number).await;
    fetch(&Browser::terminal(house), &paper).await;
    certificates_of(house, &case).await.pop().unwrap()
}

/// Changes a row of the database behind the program's back.
async fn tamper(house: &House, text: &'static str, value: &[u8], id: Uuid) {
    let mut tx = house.app.db.write().await.unwrap();
    match &mut *tx {
        Conn::Sqlite(conn) => drop(sqlx::query(text).bind(value).bind(id).execute(&mut *conn).await.unwrap()),
        Conn::Postgres(conn) => drop(sqlx::query(text).bind(value).bind(id).execute(&mut **conn).await.unwrap()),
    }
    tx.commit().await.unwrap();
}

async fn check(house: &House) -> Check {
    authority::recheck_now(&house.app).await.unwrap()
}

/// Verdict, terminal's certificate and faults of all findings.
async fn found(house: &House) -> Vec<FoundInCheck> {
    authority::check_findings(&Ctx::system(&house.app, "test"), None).await.unwrap()
}

fn faults(of: &FoundInCheck) -> Vec<Fault> {
    of.reasons.iter().map(|reason| reason.fault).collect()
}

/// What the workers send about the check: address and subject.
async fn told(house: &House) -> Vec<(String, String)> {
    services::jobs::work_all(&house.app, "test").await.unwrap();
    let mails = house.postbox.empty().into_iter().filter(|mail| mail.subject.contains("証明書の点検"));
    mails.map(|mail| (mail.recipient, mail.subject)).collect()
}

#[tokio::test]
async fn tampered_blocked_and_unjudgeable_certificates_are_told_apart() {
    on_each_database(async |house| {
        let administrator = staff(house, Role::Administrator).await;
        let changed = issued(house, "1330100016", "12345678901").await;
        let leaked = issued(house, "2730100019", "12345678902").await;
        let run = check(house).await;
        assert_eq!((run.bad, run.unchecked, run.ended_at.is_some()), (0, 0, true), "{:?}", found(house).await);
        assert!(run.counted >= 4, "root, issuing authority and two terminals: {run:?}");
        let page = administrator.get("/office/checks").await;
        assert!(page.body.contains("見つかったものはありません"), "{}", page.body);
        assert!(!administrator.get("/office").await.body.contains("毎晩の点検で"));
        assert_eq!(told(house).await, []);

        let mut der = changed.certificate.clone().unwrap();
        *der.last_mut().unwrap() ^= 1;
        tamper(house, "UPDATE certificates SET certificate = $1 WHERE id = $2", &der, changed.id.0).await;
        authority::block_keys(&house.app, &leaked.key_hash).await.unwrap();
        let run = check(house).await;
        assert_eq!((run.bad, run.unchecked, run.fresh), (2, 0, 2));
        let all = found(house).await;
        let of = |one: &Certificate| all.iter().find(|found| found.certificate == one.id).unwrap();
        assert_eq!(faults(of(&changed)), [Fault::Signature]);
        assert_eq!(faults(of(&leaked)), [Fault::Blocked]);
        let page = administrator.get("/office/checks").await.body;
        assert!(page.contains("署名と合いません") && page.contains("使用を止めた鍵の証明書です"), "{page}");
        assert!(!page.contains("/office/applications/"), "an administrator sees no cases");
        assert!(administrator.get("/office").await.body.contains("毎晩の点検で"));
        let officer = staff(house, Role::RaOfficer).await.get("/office/checks").await.body;
        assert!(officer.contains(&format!("/office/applications/{}", leaked.application_id.unwrap())), "{officer}");
        let mails = told(house).await;
        assert!(mails.len() == 1 && mails[0].1.contains("新しく2件"), "{mails:?}");

        house.clock.pass(Duration::days(1));
        let run = check(house).await;
        assert_eq!((run.bad, run.fresh), (2, 0));
        assert_eq!(told(house).await, [], "nobody is told of the same thing again");
        let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 50).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.action == "certificates.check").count(), 3, "one entry a run");

        house.clock.pass(Duration::minutes(1));
        let officer = staff(house, Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{}/revoke", leaked.id), &[("reason", "keyCompromise")]).await;
        let good = changed.certificate.as_deref().unwrap();
        tamper(house, "UPDATE certificates SET certificate = $1 WHERE id = $2", good, changed.id.0).await;
        assert_eq!(check(house).await.bad, 0);
        assert_eq!(found(house).await, [], "good again, and revoked: nothing stands any more");
    })
    .await;
}

#[tokio::test]
async fn a_missing_authority_says_nothing_against_its_certificates() {
    on_each_database(async |house| {
        let made = issued(house, "1330100016", "12345678901").await;
        let issuer = made.authority_id.0;
        let der = house.app.authority.issuing.certificate.der().to_vec();
        tamper(house, "UPDATE authorities SET certificate = $1 WHERE id = $2", &[], issuer).await;
        let run = check(house).await;
        assert!(run.bad == 0 && run.unchecked > 0, "{run:?}");
        let all = found(house).await;
        let one = all.iter().find(|found| found.certificate == made.id).unwrap();
        assert_eq!((one.verdict, faults(one)), (Verdict::Unchecked, vec![Fault::Issuer]));
        tamper(house, "UPDATE authorities SET certificate = $1 WHERE id = $2", &der, issuer).await;
        tamper(house, "UPDATE certificates SET certificate = $1 WHERE id = $2", b"gone", made.id.0).await;
        check(house).await;
        let all = found(house).await;
        assert_eq!((all.len(), faults(&all[0])), (1, vec![Fault::Bytes]));
    })
    .await;
}

#[tokio::test]
async fn the_register_and_the_certificate_must_say_the_same() {
    on_each_database(async |house| {
        let made = issued(house, "1330100016", "12345678901").await;
        let other = issued(house, "2730100019", "12345678902").await;
        let der = other.certificate.as_deref().unwrap();
        tamper(house, "UPDATE certificates SET certificate = $1 WHERE id = $2", der, made.id.0).await;
        check(house).await;
        let all = found(house).await;
        let details: Vec<&str> = all[0].reasons.iter().map(|reason| reason.detail.as_str()).collect();
        assert!(all.len() == 1 && all[0].verdict == Verdict::Bad, "{all:?}");
        assert!(["serial", "key_hash", "tbs"].iter().all(|field| details.contains(field)), "{details:?}");
        assert!(!faults(&all[0]).contains(&Fault::Signature), "its own issuer did sign it");
    })
    .await;
}

#[tokio::test]
async fn revoked_certificates_are_read_again_too_until_they_end() {
    on_each_database(async |house| {
        let made = issued(house, "1330100016", "12345678901").await;
        let before = check(house).await.counted;
        let officer = staff(house, Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{}/revoke", made.id), &[("reason", "keyCompromise")]).await;
        let run = check(house).await;
        assert_eq!((run.counted, run.bad), (before, 0), "that its key is blocked stands against it no more");
        let mut der = made.certificate.clone().unwrap();
        *der.last_mut().unwrap() ^= 1;
        tamper(house, "UPDATE certificates SET certificate = $1 WHERE id = $2", &der, made.id.0).await;
        assert_eq!(check(house).await.bad, 1);
        assert_eq!(faults(&found(house).await[0]), [Fault::Signature]);
        house.clock.pass(made.not_after - house.app.clock.now() + Duration::hours(1));
        check(house).await;
        assert_eq!(found(house).await, [], "what has ended is left alone");
    })
    .await;
}

/// Adds certificates that nobody can read, so that a run takes several steps.
async fn add_many(house: &House, like: &Certificate, count: u32) {
    let now = house.app.clock.now();
    let mut tx = house.app.db.write().await.unwrap();
    for number in 0..count {
        let id = CertificateId::new(now, &*house.app.randomness);
        let record = Certificate { id, serial: format!("{}{number:04x}", like.serial), ..like.clone() };
        storage::authority::insert_prepared(&mut tx, std::slice::from_ref(&record)).await.unwrap();
        assert!(storage::authority::store_signed(&mut tx, id, &[], now).await.unwrap());
    }
    tx.commit().await.unwrap();
}

/// Moves the clock to an hour of the next day in Japan.
fn tomorrow(house: &House, hour: i64) {
    let day = house.app.clock.now().date() + Duration::days(1);
    house.clock.set(Timestamp::start_of_day(day) + Duration::hours(hour));
}

#[tokio::test]
async fn the_check_of_a_night_is_made_once_and_goes_on_after_an_interruption() {
    on_each_database(async |house| {
        let made = issued(house, "1330100016", "12345678901").await;
        let all = check(house).await.counted;
        add_many(house, &made, 450).await;
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let runs = async || authority::checks(&Ctx::system(&house.app, "test")).await.unwrap();
        tomorrow(house, 1);
        services::jobs::work_all(&house.app, "test").await.unwrap();
        authority::recheck_when_due(&house.app).await.unwrap();
        assert_eq!(runs().await.len(), 1, "too early");
        house.clock.pass(Duration::hours(1));
        services::jobs::work_all(&house.app, "test").await.unwrap();
        for _ in 0..3 {
            authority::recheck_when_due(&house.app).await.unwrap();
        }
        assert_eq!(runs().await.len(), 2, "once a night, whoever asks");

        assert!(services::jobs::work_one(&house.app, "first").await.unwrap());
        let begun = runs().await.remove(0);
        assert_eq!((begun.counted, begun.ended_at), (200, None));
        let now = house.app.clock.now();
        let mut tx = house.app.db.write().await.unwrap();
        let taken = storage::jobs::claim(&mut tx, "killed", now).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert_eq!(taken.kind, authority::RECHECK);
        house.clock.pass(Duration::minutes(2));
        services::jobs::work_all(&house.app, "second").await.unwrap();
        authority::recheck(&house.app, &taken.payload).await.unwrap();
        let ended = runs().await.remove(0);
        assert!(ended.ended_at.is_some());
        assert_eq!(
            (ended.counted, ended.unchecked, ended.bad),
            (all + 450, 450, 0),
            "nothing is left out or counted twice"
        );

        let officer = staff(house, Role::RaOfficer).await;
        let first = officer.get("/office/checks").await.body;
        let next = first.split("href=\"").find(|part| part.starts_with("/office/checks?after=")).unwrap();
        let second = officer.get(next.split('"').next().unwrap()).await;
        assert_eq!(second.status, StatusCode::OK);
        assert!(second.body.contains("最初に戻る") && second.body.contains("点検できず"));
        assert!(officer.get("/office").await.body.contains("200件以上"));
    })
    .await;
}

#[tokio::test]
async fn a_command_that_was_interrupted_is_completed_by_the_workers() {
    on_each_database(async |house| {
        let made = issued(house, "1330100016", "12345678901").await;
        add_many(house, &made, 450).await;
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let runs = async || authority::checks(&Ctx::system(&house.app, "test")).await.unwrap();
        let begun = async { while runs().await.first().is_none_or(|run| run.counted == 0) {} };
        tokio::select! {
            biased;
            () = begun => {}
            _ = authority::recheck_now(&house.app) => unreachable!("three steps take longer than one"),
        }
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert!(runs().await[0].ended_at.is_none(), "the command may still be at it");
        house.clock.pass(Duration::minutes(11));
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert!(matches!(runs().await[..], [Check { ended_at: Some(_), unchecked: 450, .. }]));
    })
    .await;
}
