//! An installation whose authority has its key in a token (SoftHSM), and what happens while the token is gone.

use std::sync::{Arc, Mutex};

use axum::http::{StatusCode, header};
use domain::{applications::State, permissions::Role};
use pki::{CertStatus, Token, TokenFault, TokenNews, TokenPlace, TokenWatch};
use services::{
    Error,
    authority::{KeyStore, PublishedCrl, current_crl, publish_when_due, token_watch},
};
use storage::authority::Certificate;
use time::Duration;

use crate::{
    browser::Browser,
    est::{key, send, wire},
    pickup::{fetch, letter_to, try_out},
    refused::{by_ocsp, revoke},
    softhsm::{PIN, SoftHsm, with_softhsm},
    steps::{staff, stored},
    support::{
        House,
        founding::{on_each_database_founded_on, reopened},
    },
};

/// Tells a story on each database in a process of its own; the keys lie in a token with the name of the engine.
fn on_a_token(test: &str, story: impl AsyncFn(&House, &SoftHsm)) {
    on_tokens(test, |softhsm, engine| softhsm.place(engine, PIN), story);
}

fn on_tokens(test: &str, place: impl Fn(&SoftHsm, &str) -> TokenPlace, story: impl AsyncFn(&House, &SoftHsm)) {
    with_softhsm(test, &["sqlite", "postgres"], |softhsm| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(on_each_database_founded_on(
            |engine, clock| KeyStore::Token(Token::new(place(softhsm, engine), clock, token_watch()).unwrap()),
            async |_, house| story(house, softhsm).await,
        ));
    });
}

async fn records(house: &House, case: &str) -> Vec<Certificate> {
    let id = stored(house, case).await.id;
    storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap()
}

/// States and serials of the certificates of a case.
async fn certificates(house: &House, case: &str) -> Vec<(String, String)> {
    records(house, case).await.into_iter().map(|certificate| (certificate.state, certificate.serial)).collect()
}

#[test]
fn nothing_is_lost_while_the_token_is_gone() {
    on_a_token("token::nothing_is_lost_while_the_token_is_gone", async |house, softhsm| {
        let terminal = Browser::terminal(house);
        let (first, paper) = letter_to(house, "1330100016", "12345678901").await;
        assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::OK);
        assert!(publish_when_due(&house.app).await.unwrap());
        let list = current_crl(&house.app).await.unwrap();
        let own = records(house, &first).await.remove(0);
        assert_eq!(by_ocsp(house, &own).await, Some(CertStatus::Good));
        let (second, paper) = letter_to(house, "2730100019", "12345678902").await;
        softhsm.remove();
        assert_eq!(by_ocsp(house, &own).await, Some(CertStatus::Good), "the responder's key is not in the token");
        for _ in 0..3 {
            let told = fetch(&terminal, &paper).await;
            assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE, "{}", told.body);
            assert!(told.body.contains("今は端末の電子証明書を作れません"), "{}", told.body);
            assert!(told.body.contains("同じ通知書を使えます"), "{}", told.body);
        }
        let told = send(&terminal, "simpleenroll", Some(&paper), wire(&key())).await;
        assert_eq!((told.status, told.headers[header::RETRY_AFTER].to_str().unwrap()), (StatusCode::ACCEPTED, "300"));
        assert!(told.text().contains("いまは発行できません"), "{}", told.text());
        let lost = certificates(house, &second).await;
        assert_eq!(lost.len(), 1, "only the first try got as far as a record: {lost:?}");
        assert_eq!(lost[0].0, "abandoned");
        assert_eq!(stored(house, &second).await.state, State::LetterPosted);
        revoke_while_it_is_gone(house, &first, &list).await;
        assert!(matches!(by_ocsp(house, &own).await, Some(CertStatus::Revoked { .. })), "at once");
        softhsm.put_back();
        assert_eq!(try_out(&terminal, &paper).await.status, StatusCode::OK, "the letter is as good as before");
        house.clock.pass(Duration::minutes(1));
        assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::OK, "nobody started anything again");
        assert_eq!(stored(house, &second).await.state, State::PickedUp);
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let now = current_crl(&house.app).await.unwrap();
        assert!(now.number > list.number, "the list that failed was published by itself");
        let serials = certificates(house, &second).await;
        assert_eq!(serials.iter().filter(|(state, _)| state == "valid").count(), 1);
        let on_list = |serial: &str| now.der.windows(serial.len() / 2).any(|part| hex(part) == serial);
        assert!(on_list(&lost[0].1), "what was given up is never valid");
        assert!(on_list(&certificates(house, &first).await[0].1));
    });
}

/// Lists and answers come while the token is waited for.
async fn are_served(house: &House, good: &Certificate, list: &PublishedCrl) {
    const AT_ONCE: std::time::Duration = std::time::Duration::from_secs(5);
    let status = tokio::time::timeout(AT_ONCE, by_ocsp(house, good)).await.unwrap();
    assert_eq!(status, Some(CertStatus::Good));
    let served = tokio::time::timeout(AT_ONCE, Browser::visitor(house).get("/pki/issuing.crl")).await.unwrap();
    assert_eq!(served.bytes, list.der);
}

#[test]
fn issuance_waits_and_everything_else_is_served_while_the_token_hangs() {
    let test = "token::issuance_waits_and_everything_else_is_served_while_the_token_hangs";
    on_tokens(test, SoftHsm::hanging_place, async |house, softhsm| {
        let terminal = Browser::terminal(house);
        let (first, paper) = letter_to(house, "1330100016", "12345678901").await;
        assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::OK);
        assert!(publish_when_due(&house.app).await.unwrap());
        let list = current_crl(&house.app).await.unwrap();
        let own = records(house, &first).await.remove(0);
        assert_eq!(by_ocsp(house, &own).await, Some(CertStatus::Good));
        let (second, paper) = letter_to(house, "2730100019", "12345678902").await;
        softhsm.hang(false);
        for _ in 0..2 {
            let (told, ()) = tokio::join!(fetch(&terminal, &paper), are_served(house, &own, &list));
            assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE, "{}", told.body);
            assert!(told.body.contains("同じ通知書を使えます"), "{}", told.body);
        }
        for _ in 0..20 {
            assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::SERVICE_UNAVAILABLE);
        }
        let lost = certificates(house, &second).await;
        assert_eq!(lost.len(), 1, "once it is known to hang nothing more is recorded: {lost:?}");
        assert_eq!((lost[0].0.as_str(), stored(house, &second).await.state), ("abandoned", State::LetterPosted));
        house.clock.pass(Duration::days(20));
        assert_eq!(by_ocsp(house, &own).await, Some(CertStatus::Good), "its responder goes on until its end");
        softhsm.go_on();
        house.clock.pass(Duration::minutes(2));
        assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::OK, "nobody started anything again");
        assert_eq!(stored(house, &second).await.state, State::PickedUp);
        assert!(publish_when_due(&house.app).await.unwrap());
        let now = current_crl(&house.app).await.unwrap();
        assert!(
            now.number > list.number && now.der.windows(lost[0].1.len() / 2).any(|part| hex(part) == lost[0].1),
            "it is never valid"
        );
    });
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Revoking works; the new list waits for the token, with its reason in the office, and the old one is served.
async fn revoke_while_it_is_gone(house: &House, case: &str, list: &PublishedCrl) {
    let id = stored(house, case).await.id;
    let made = storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
    let officer = staff(house, Role::RaOfficer).await;
    officer.post(&format!("/office/certificates/{}/revoke", made[0].id), &[("reason", "keyCompromise")]).await;
    services::jobs::work_all(&house.app, "test").await.unwrap();
    let administrator = staff(house, Role::Administrator).await;
    let page = administrator.get("/office/jobs").await.body;
    assert!(page.contains("失効リストの公開") && page.contains("cannot be reached"), "{page}");
    assert!(!page.contains("/again\""), "nobody must do anything about it");
    assert!(matches!(publish_when_due(&house.app).await, Ok(false) | Err(Error::CannotSign(_))));
    assert_eq!(*current_crl(&house.app).await.unwrap(), *list);
}

/// The store of a process that is started now, and what it tells of its token.
fn store(house: &House, softhsm: &SoftHsm, pin: &str) -> (KeyStore, Arc<Mutex<Vec<TokenNews>>>) {
    let engine = if house.url.starts_with("sqlite:") { "sqlite" } else { "postgres" };
    let news = Arc::new(Mutex::new(vec![]));
    let heard = news.clone();
    let watch: TokenWatch = Arc::new(move |told: &TokenNews| heard.lock().unwrap().push(told.clone()));
    (KeyStore::Token(Token::new(softhsm.place(engine, pin), house.clock.clone(), watch).unwrap()), news)
}

#[test]
fn a_start_without_the_token_serves_everything_but_certificates_until_it_comes() {
    let test = "token::a_start_without_the_token_serves_everything_but_certificates_until_it_comes";
    on_a_token(test, async |house, softhsm| {
        let (good, stolen) = two_answered(house).await;
        publish_when_due(&house.app).await.unwrap();
        let list = current_crl(&house.app).await.unwrap();
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        softhsm.remove();
        let (keys, _) = store(house, softhsm, PIN);
        let house = &reopened(house, &keys).await;
        let terminal = Browser::terminal(house);
        assert_eq!(try_out(&terminal, &paper).await.status, StatusCode::OK, "what needs no signature works");
        assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(certificates(house, &case).await.len(), 0, "nothing is recorded that cannot be signed");
        assert_eq!(by_ocsp(house, &good).await, Some(CertStatus::Good), "its answer is on record");
        assert_eq!(revoke(house, &stolen).await.status, StatusCode::SEE_OTHER);
        assert_eq!(by_ocsp(house, &stolen).await, None, "nobody can sign what is new, and what was true is not said");
        assert_eq!(*current_crl(&house.app).await.unwrap(), *list);
        softhsm.put_back();
        house.clock.pass(Duration::minutes(1));
        assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::OK, "nobody started anything again");
        let own = records(house, &case).await.remove(0);
        assert_eq!(by_ocsp(house, &own).await, Some(CertStatus::Good));
        assert!(matches!(by_ocsp(house, &stolen).await, Some(CertStatus::Revoked { .. })));
    });
}

/// The certificates of two terminals whose answers are on record.
async fn two_answered(house: &House) -> (Certificate, Certificate) {
    let mut made = vec![];
    for (code, number) in [("2730100019", "12345678902"), ("2710200018", "12345678903")] {
        let (case, paper) = letter_to(house, code, number).await;
        assert_eq!(fetch(&Browser::terminal(house), &paper).await.status, StatusCode::OK);
        made.push(records(house, &case).await.remove(0));
        assert_eq!(by_ocsp(house, made.last().unwrap()).await, Some(CertStatus::Good));
    }
    (made.remove(0), made.remove(0))
}

#[test]
fn a_start_with_a_wrong_pin_serves_and_tries_it_once() {
    on_a_token("token::a_start_with_a_wrong_pin_serves_and_tries_it_once", async |house, softhsm| {
        publish_when_due(&house.app).await.unwrap();
        let list = current_crl(&house.app).await.unwrap();
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        // Whoever is logged in stays so for the whole process, whatever PIN comes next: the sessions must end first.
        softhsm.remove();
        assert_eq!(fetch(&Browser::terminal(house), &paper).await.status, StatusCode::SERVICE_UNAVAILABLE);
        let lost = certificates(house, &case).await;
        softhsm.put_back();
        house.clock.pass(Duration::minutes(1));
        let (keys, news) = store(house, softhsm, "not-the-pin");
        let house = &reopened(house, &keys).await;
        let terminal = Browser::terminal(house);
        for _ in 0..3 {
            let told = fetch(&terminal, &paper).await;
            assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE, "{}", told.body);
            assert!(told.body.contains("同じ通知書を使えます"), "{}", told.body);
            house.clock.pass(Duration::hours(1));
        }
        assert!(matches!(publish_when_due(&house.app).await, Ok(false) | Err(Error::CannotSign(_))));
        assert_eq!(certificates(house, &case).await, lost, "nothing more was recorded");
        assert_eq!(*current_crl(&house.app).await.unwrap(), *list, "it is served until it ends");
        let told = news.lock().unwrap();
        let wrong = |told: &&TokenNews| matches!(told, TokenNews::Failed(TokenFault::WrongPin { .. }));
        assert_eq!(told.iter().filter(wrong).count(), 1, "one try, told once: {told:?}");
    });
}
