//! The root revokes an issuing authority: its list says so, foreign programs and the terminal's test believe it no more.

use axum::http::StatusCode;
use domain::{checks::Fault, permissions::Role};
use services::{
    Ctx,
    authority::{self, Issuing, NotRevoked, connection_test, publish_when_due, revoke_issuing, root_crl},
};
use storage::authority::Certificate;

use crate::{
    browser::{Browser, account},
    judge,
    ladder::certificates_of,
    pickup::{fetch, letter_to},
    support::{
        House,
        founding::{key_files, on_each_database_with_keys, reopened, rolled_over},
    },
};

const OFFICERS: [&str; 2] = ["first@staff.example", "second@staff.example"];

async fn issued(house: &House, code: &str, number: &str) -> Certificate {
    let (case, paper) = letter_to(house, code, number).await;
    fetch(&Browser::terminal(house), &paper).await;
    certificates_of(house, &case).await.pop().unwrap()
}

#[tokio::test]
async fn a_revoked_issuing_authority_is_believed_by_nobody_any_more() {
    on_each_database_with_keys(async |house, keys| {
        let store = key_files(keys);
        let first = issued(house, "1330100016", "12345678901").await;
        let started_before = house;
        let name = house.app.authority.issuing.name.clone();
        let refused = async |house: &House, name: &str, reason: &str| {
            revoke_issuing(&house.app, name, reason).await.unwrap().unwrap_err()
        };
        assert_eq!(refused(house, &name, "keyCompromise").await, NotRevoked::OnlyOne(name.clone()));
        let house = &rolled_over(house, &store, &store, "共通認証局 発行局 G2").await;
        let second = issued(house, "2730100019", "12345678902").await;
        publish_when_due(&house.app).await.unwrap();
        let [new, old]: [Issuing; 2] = house.app.authority.all().cloned().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(
            [judge::with_all_lists(house, &old, &first).await, judge::with_all_lists(house, &new, &second).await],
            ["OK", "OK"]
        );

        assert_eq!(refused(house, "issuing-9", "keyCompromise").await, NotRevoked::Unknown("issuing-9".to_owned()));
        assert_eq!(refused(house, &name, "affiliationChanged").await, NotRevoked::BadReason);
        let files = std::fs::read_dir(keys).unwrap().map(|entry| entry.unwrap().path());
        let root_key = files.into_iter().find(|file| file.display().to_string().contains("root-")).unwrap();
        let elsewhere = keys.join("in-the-safe");
        std::fs::rename(&root_key, &elsewhere).unwrap();
        assert_eq!(refused(house, &name, "keyCompromise").await, NotRevoked::NoRootKey);
        assert_eq!(judge::with_all_lists(house, &old, &first).await, "OK", "nothing was done");
        std::fs::rename(&elsewhere, &root_key).unwrap();

        two_people_answer_for_it(house, &old).await;
        let serving = &reopened(house, &store).await;
        let before = root_crl(&house.app).await.unwrap().number;
        let revoked = revoke_issuing(&house.app, &name, "keyCompromise").await.unwrap().unwrap();
        assert_eq!((revoked.now, revoked.list), (true, before + 1));
        let again = revoke_issuing(&house.app, &name, "keyCompromise").await.unwrap().unwrap();
        assert_eq!((again.now, again.list), (false, before + 1), "nothing is published twice");
        assert_eq!(
            [judge::with_all_lists(house, &old, &first).await, judge::with_all_lists(house, &new, &second).await],
            ["revoked", "OK"]
        );

        serving_processes_notice_it([started_before, serving], &first, &second).await;

        let house = &reopened(house, &store).await;
        let test = async |one: &Certificate| {
            connection_test(&Ctx::system(&house.app, "test"), one.certificate.as_deref()).await.unwrap().is_ok()
        };
        assert_eq!([test(&first).await, test(&second).await], [false, true]);
        assert_eq!(house.app.authority.issuing.id, new.id);
        let chain = authority::chain_pem(&house.app);
        assert!(!chain.contains(&pki::pem::certificate(old.certificate.der())));
        assert!(Browser::visitor(house).get("/pki").await.body.contains("失効した発行局"));
        authority::recheck_now(&house.app).await.unwrap();
        let found = authority::check_findings(&Ctx::system(&house.app, "test"), None).await.unwrap();
        let one = found.iter().find(|one| one.certificate == first.id).unwrap();
        assert!(one.reasons.iter().any(|reason| reason.fault == Fault::IssuerRevoked), "{one:?}");
        assert!(found.iter().all(|one| one.certificate != second.id));
    })
    .await;
}

/// The audit chain names those who answer for it, and nobody else can.
async fn two_people_answer_for_it(house: &House, old: &Issuing) {
    for (address, role) in OFFICERS.into_iter().zip([Role::CaOfficer, Role::Administrator]) {
        account(house, address, &[role], None).await;
    }
    let answer =
        async |officers| authority::answer_for_issuing(&house.app, &old.name, "keyCompromise", officers).await.unwrap();
    for officers in [[OFFICERS[0]; 2], [OFFICERS[0], "nobody@staff.example"]] {
        assert!(matches!(answer(officers).await, Err(NotRevoked::NoOfficers(_))));
    }
    answer(OFFICERS).await.unwrap();
    let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 9).await.unwrap();
    let orders = rows.iter().filter(|row| row.action == "authority.revoke_order");
    let people: Vec<(&str, bool)> =
        orders.map(|row| (row.actor.as_str(), row.subject == format!("authority:{}", old.id))).collect();
    assert!(people.len() == 2 && people[0].0 != people[1].0, "{people:?}");
    assert!(people.iter().all(|(actor, about)| actor.starts_with("account:") && *about), "{people:?}");
}

/// Two processes that were started before: one knows no other issuing authority, one issues by the new one already.
async fn serving_processes_notice_it([alone, serving]: [&House; 2], first: &Certificate, second: &Certificate) {
    let page = async |house: &House, one: &Certificate, path: &str| {
        Browser::terminal(house).showing(one.certificate.as_deref().unwrap()).get(path).await
    };
    let words = async |house: &House, one: &Certificate| page(house, one, "/renew").await.body;
    for house in [alone, serving] {
        assert!(!words(house, first).await.contains("失効しています"), "they cannot know it yet");
        authority::notice_revoked(&house.app).await.unwrap();
        assert!(words(house, first).await.contains("この端末の電子証明書は失効しています"));
        let test = page(house, first, "/connection-test").await.body;
        assert!(test.contains("接続テストは成功していません") && test.contains("失効しています"), "{test}");
        assert_eq!(page(house, first, "/connection-test/result").await.status, StatusCode::FORBIDDEN);
        let told = connection_test(&Ctx::system(&house.app, "test"), first.certificate.as_deref()).await.unwrap();
        assert_eq!(told.unwrap_err().to_string(), "この端末の電子証明書は失効しています。");
        assert!(Browser::visitor(house).get("/pki").await.body.contains("失効した発行局"));
    }
    assert!(!words(serving, second).await.contains("失効しています"));
    let (case, paper) = letter_to(serving, "2710200018", "12345678903").await;
    assert_eq!(fetch(&Browser::terminal(alone), &paper).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(certificates_of(alone, &case).await.len(), 0, "nothing is recorded in its name");
    assert_eq!(fetch(&Browser::terminal(serving), &paper).await.status, StatusCode::OK);
}
