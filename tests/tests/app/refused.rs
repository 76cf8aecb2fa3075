//! The database refuses one statement in the middle, by a trigger: nothing is half done, what may have been signed is
//! accounted for, and everything goes on when the trigger is gone.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use domain::{applications::State, permissions::Role};
use pki::{CertStatus, OcspQuestion, Serial};
use services::{
    Error,
    authority::{crl, current_crl, give_up_unfinished, publish_when_due},
    jobs,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use storage::{authority::Certificate, letters::Letter};
use time::Duration;

use crate::{
    browser::{Answer, Browser},
    pickup::{fetch, letter_to},
    renewal::{IN_TIME, Installed, renew},
    steps::{Paper, staff, stored},
    support::{House, on_each_database},
};

/// A statement that is refused: its table, what it does there (perhaps to which columns), and for which new rows.
type Statement = (&'static str, &'static str, &'static str);

const ANY: &str = "1 = 1";

async fn command(house: &House, sqlite: &str, postgres: &str) {
    if house.url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(&house.url).await.unwrap();
        connection.execute(AssertSqlSafe(sqlite)).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(&house.url).await.unwrap();
        connection.execute(AssertSqlSafe(postgres)).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// Lets something happen while a statement is refused.
pub(crate) async fn without<T>(house: &House, (table, deed, rows): Statement, deeds: impl AsyncFnOnce() -> T) -> T {
    let sqlite = format!(
        "CREATE TRIGGER refusal BEFORE {deed} ON {table} WHEN {rows} BEGIN SELECT RAISE(ABORT, 'refused'); END"
    );
    let postgres = format!(
        "CREATE OR REPLACE FUNCTION refusal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
        CREATE TRIGGER refusal BEFORE {deed} ON {table} FOR EACH ROW WHEN ({rows}) EXECUTE FUNCTION refusal()"
    );
    command(house, &sqlite, &postgres).await;
    let done = deeds().await;
    command(house, "DROP TRIGGER refusal", &format!("DROP TRIGGER refusal ON {table}")).await;
    done
}

pub(crate) async fn certificates(house: &House, case: &str) -> Vec<Certificate> {
    let id = stored(house, case).await.id;
    storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap()
}

/// How many certificates there are in a state.
pub(crate) fn count(made: &[Certificate], state: &str) -> usize {
    made.iter().filter(|one| one.state == state).count()
}

/// The page of a fault of ours, with the number that finds it in the log.
fn is_told(answer: &Answer, about: Statement) {
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{about:?}: {}", answer.body);
    assert!(answer.body.contains("番号「"), "{about:?}: {}", answer.body);
}

/// Whether the full list and that of the certificate's own shard name it.
pub(crate) async fn is_listed(house: &House, certificate: &Certificate) -> bool {
    let serial = Serial::from_hex(&certificate.serial).unwrap();
    let mut on = vec![];
    for shard in [0, certificate.crl_shard] {
        let list = crl(&house.app, house.app.authority.issuing.id, shard).await.unwrap();
        on.push(list.der.windows(serial.as_bytes().len()).any(|part| part == serial.as_bytes()));
    }
    assert_eq!(on[0], on[1], "both lists say the same");
    on[0]
}

fn question(house: &House, certificate: &Certificate) -> OcspQuestion {
    let issuing = &house.app.authority.issuing.certificate;
    OcspQuestion::about(certificate.certificate.as_deref().unwrap(), issuing).unwrap()
}

/// The answer of OCSP about a certificate.
pub(crate) async fn answer_about(house: &House, certificate: &Certificate) -> Vec<u8> {
    let request = Request::post("/pki/ocsp").body(Body::from(question(house, certificate).to_der().unwrap())).unwrap();
    let answer = Browser::visitor(house).send(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.bytes
}

/// What OCSP says of a certificate; none when it cannot tell now.
pub(crate) async fn by_ocsp(house: &House, certificate: &Certificate) -> Option<CertStatus> {
    let answer = answer_about(house, certificate).await;
    question(house, certificate).read(&answer, house.app.clock.now()).ok()
}

/// Lets the jobs that failed be tried again, and the lists be made.
async fn after_a_while(house: &House) {
    house.clock.pass(Duration::minutes(2));
    jobs::work_all(&house.app, "test").await.unwrap();
    publish_when_due(&house.app).await.unwrap();
}

/// What opens a letter: the try is counted before the secret is judged, and forgotten when it is right.
const OPENING: &[Statement] =
    &[("letters", "UPDATE OF tries", "NEW.tries > 0"), ("letters", "UPDATE OF tries", "NEW.tries = 0")];

/// What a pickup or a renewal writes until it is recorded: if one of these is refused, there is nothing to sign.
const RECORDING: &[Statement] = &[
    ("key_holders", "INSERT", ANY),
    ("certificates", "INSERT", ANY),
    ("audit", "INSERT", "NEW.action = 'certificate.prepare'"),
];

/// What it writes once it is signed, in one transaction.
const STORING: &[Statement] = &[
    ("letters", "UPDATE OF state", ANY),
    ("letters", "UPDATE OF delivered_at", ANY),
    ("certificates", "UPDATE", "NEW.state = 'valid'"),
    ("applications", "UPDATE", ANY),
    ("application_events", "INSERT", ANY),
    ("mails", "INSERT", ANY),
    ("jobs", "INSERT", ANY),
    ("event_head", "UPDATE", ANY),
    ("events", "INSERT", ANY),
    ("audit", "INSERT", "NEW.action = 'certificate.issue'"),
];

/// Fetches in vain; gives how many records that left, each of them given up.
async fn fetched_in_vain(house: &House, case: &str, paper: &Paper, about: Statement) -> usize {
    let (terminal, before) = (Browser::terminal(house), certificates(house, case).await.len());
    let unopened = letters_of(house, case).await;
    let told = without(house, about, async || fetch(&terminal, paper).await).await;
    is_told(&told, about);
    let made = certificates(house, case).await;
    assert_eq!(count(&made, "abandoned"), made.len(), "{about:?}: nothing is valid or left open");
    assert!(made.iter().all(|one| one.certificate.is_none()), "{about:?}: nothing was stored");
    assert_eq!(stored(house, case).await.state, State::LetterPosted, "{about:?}");
    assert_eq!(letters_of(house, case).await, unopened, "{about:?}: as if nobody had used it");
    made.len() - before
}

/// The letters of a case; a try may stay counted.
async fn letters_of(house: &House, case: &str) -> Vec<Letter> {
    let id = stored(house, case).await.id;
    let found = storage::letters::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
    found.into_iter().map(|letter| Letter { tries: 0, ..letter }).collect()
}

/// How many events others may read.
async fn events(house: &House) -> usize {
    storage::feed::after(&mut house.app.db.read().await.unwrap(), 0, 1000).await.unwrap().len()
}

#[tokio::test]
async fn a_pickup_that_the_database_refuses_anywhere_leaves_the_letter_as_good_as_before() {
    on_each_database(async |house| {
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        jobs::work_all(&house.app, "test").await.unwrap();
        house.postbox.empty();
        let told = events(house).await;
        for about in OPENING.iter().chain(RECORDING) {
            assert_eq!(fetched_in_vain(house, &case, &paper, *about).await, 0, "{about:?}");
        }
        for about in STORING {
            assert_eq!(fetched_in_vain(house, &case, &paper, *about).await, 1, "{about:?}: it may have been signed");
        }
        after_a_while(house).await;
        assert!(house.postbox.empty().is_empty(), "nobody was told of what did not happen");
        assert_eq!(events(house).await, told, "nor was any other system");
        assert_eq!(fetch(&Browser::terminal(house), &paper).await.status, StatusCode::OK);
        assert_eq!(stored(house, &case).await.state, State::PickedUp);
        let made = certificates(house, &case).await;
        assert_eq!((count(&made, "valid"), count(&made, "abandoned")), (1, STORING.len()));
        for one in &made {
            assert_eq!(is_listed(house, one).await, one.state == "abandoned", "what was given up counts as revoked");
        }
        let valid = made.iter().find(|one| one.state == "valid").unwrap();
        assert_eq!(by_ocsp(house, valid).await, Some(CertStatus::Good));
        revoke(house, valid).await;
        after_a_while(house).await;
        assert!(is_listed(house, valid).await);
    })
    .await;
}

pub(crate) async fn revoke(house: &House, certificate: &Certificate) -> Answer {
    let path = format!("/office/certificates/{}/revoke", certificate.id);
    staff(house, Role::RaOfficer).await.post(&path, &[("reason", "keyCompromise")]).await
}

#[tokio::test]
async fn a_record_that_could_not_even_be_given_up_is_given_up_by_a_later_round() {
    on_each_database(async |house| {
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        let all = ("certificates", "UPDATE", ANY);
        let told = without(house, all, async || fetch(&Browser::terminal(house), &paper).await).await;
        is_told(&told, all);
        assert_eq!(count(&certificates(house, &case).await, "prepared"), 1);
        assert_eq!(give_up_unfinished(&house.app).await.unwrap(), 0, "somebody may still be at it");
        house.clock.pass(Duration::minutes(11));
        assert_eq!(give_up_unfinished(&house.app).await.unwrap(), 1);
        let lost = certificates(house, &case).await.remove(0);
        assert_eq!(lost.state, "abandoned");
        after_a_while(house).await;
        assert!(is_listed(house, &lost).await);
        assert_eq!(fetch(&Browser::terminal(house), &paper).await.status, StatusCode::OK);
    })
    .await;
}

/// What a revocation writes, in one transaction.
const REVOKING: &[Statement] = &[
    ("letters", "UPDATE OF state", "NEW.state = 'dead'"),
    ("certificates", "UPDATE", "NEW.state = 'revoked'"),
    ("loss_reports", "INSERT", ANY),
    ("loss_reports", "UPDATE OF done_at", ANY),
    ("blocked_keys", "INSERT", ANY),
    ("ocsp_answers", "DELETE", ANY),
    ("crl_shards", "UPDATE", ANY),
    ("jobs", "INSERT", ANY),
    ("mails", "INSERT", ANY),
    ("event_head", "UPDATE", ANY),
    ("events", "INSERT", ANY),
    ("audit", "INSERT", "NEW.action = 'certificate.revoke'"),
];

#[tokio::test]
async fn a_revocation_is_whole_or_was_not_promised() {
    on_each_database(async |house| {
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        fetch(&Browser::terminal(house), &paper).await;
        after_a_while(house).await;
        let own = certificates(house, &case).await.remove(0);
        let (letters, told) = (letters_of(house, &case).await, events(house).await);
        for about in REVOKING {
            assert_eq!(by_ocsp(house, &own).await, Some(CertStatus::Good), "its answer is on record");
            is_told(&without(house, *about, async || revoke(house, &own).await).await, *about);
            let kept = certificates(house, &case).await;
            assert_eq!(kept, std::slice::from_ref(&own), "{about:?}: all of it, or nothing");
            assert_eq!(letters_of(house, &case).await, letters, "{about:?}: its letter is as good as before");
            assert_eq!(events(house).await, told, "{about:?}: no other system was told");
            after_a_while(house).await;
            assert!(!is_listed(house, &own).await, "{about:?}");
        }
        assert_eq!(revoke(house, &own).await.status, StatusCode::SEE_OTHER);
        assert!(letters_of(house, &case).await.iter().all(|letter| letter.state == "dead"));
        let told = by_ocsp(house, &own).await;
        assert!(matches!(told, Some(CertStatus::Revoked { .. })), "at once: {told:?}");
        after_a_while(house).await;
        assert!(is_listed(house, &own).await);
    })
    .await;
}

/// What making lists and answers writes: taken, recorded, stored.
const PUBLISHING: &[Statement] = &[
    ("leases", "INSERT", ANY),
    ("authorities", "UPDATE", ANY),
    ("crls", "INSERT", ANY),
    ("audit", "INSERT", "NEW.action = 'crl.prepare'"),
    ("crls", "UPDATE", ANY),
    ("crl_shards", "INSERT", ANY),
    ("audit", "INSERT", "NEW.action = 'crl.publish'"),
];

#[tokio::test]
async fn a_list_that_the_database_refuses_is_made_later_with_a_higher_number() {
    on_each_database(async |house| {
        assert!(publish_when_due(&house.app).await.unwrap());
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        fetch(&Browser::terminal(house), &paper).await;
        after_a_while(house).await;
        let own = certificates(house, &case).await.remove(0);
        assert_eq!(revoke(house, &own).await.status, StatusCode::SEE_OTHER);
        let before = current_crl(&house.app).await.unwrap();
        for about in PUBLISHING {
            let made = without(house, *about, async || publish_when_due(&house.app).await).await;
            assert!(matches!(made, Err(Error::Internal(_))), "{about:?}: {made:?}");
            house.clock.pass(Duration::seconds(10));
            assert_eq!(*current_crl(&house.app).await.unwrap(), *before, "{about:?}: the old one is served");
        }
        after_a_while(house).await;
        assert!(current_crl(&house.app).await.unwrap().number > before.number);
        assert!(is_listed(house, &own).await, "the revocation waited for it");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_the_database_refuses_is_no_answer_and_never_good() {
    on_each_database(async |house| {
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        fetch(&Browser::terminal(house), &paper).await;
        let own = certificates(house, &case).await.remove(0);
        for about in [("ocsp_answers", "INSERT", ANY), ("ocsp_answers", "UPDATE", ANY)] {
            assert_eq!(without(house, about, async || by_ocsp(house, &own).await).await, None, "{about:?}");
        }
        assert_eq!(by_ocsp(house, &own).await, Some(CertStatus::Good));
        assert_eq!(revoke(house, &own).await.status, StatusCode::SEE_OTHER);
        let told = without(house, ("ocsp_answers", "INSERT", ANY), async || by_ocsp(house, &own).await).await;
        assert_eq!(told, None, "what was true a moment ago is not said again");
        assert!(matches!(by_ocsp(house, &own).await, Some(CertStatus::Revoked { .. })));
    })
    .await;
}

/// What a renewal writes once its certificate is signed, beyond what a pickup writes.
const RENEWING: &[Statement] = &[
    ("certificates", "UPDATE", "NEW.state = 'valid' AND NEW.renews IS NOT NULL"),
    ("ledger", "INSERT", ANY),
    ("application_events", "INSERT", ANY),
    ("mails", "INSERT", ANY),
    ("event_head", "UPDATE", ANY),
    ("events", "INSERT", ANY),
    ("audit", "INSERT", "NEW.action = 'ledger.charge'"),
];

#[tokio::test]
async fn a_renewal_that_the_database_refuses_costs_nothing_and_keeps_the_present_certificate() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        let terminal = own.terminal(house);
        let fees = own.fees(house).await;
        for about in RECORDING {
            is_told(&without(house, *about, async || renew(&terminal, true).await).await, *about);
            assert_eq!(own.all(house).await.len(), 1, "{about:?}: nothing is on record");
        }
        for about in RENEWING {
            is_told(&without(house, *about, async || renew(&terminal, true).await).await, *about);
            let made = own.all(house).await;
            assert_eq!(count(&made, "valid"), 1, "{about:?}: the present one: {made:?}");
            assert_eq!(count(&made, "prepared"), 0, "{about:?}");
            assert_eq!(own.fees(house).await, fees, "{about:?}");
        }
        assert_eq!(renew(&terminal, true).await.status, StatusCode::OK);
        let made = own.all(house).await;
        assert_eq!((count(&made, "valid"), count(&made, "abandoned")), (2, RENEWING.len()));
        assert_eq!(own.fees(house).await.len(), fees.len() + 1, "once");
    })
    .await;
}
