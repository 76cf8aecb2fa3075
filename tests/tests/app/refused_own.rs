//! The database refuses one statement in the middle of what the authority does for itself: its own certificates, and the
//! revocation of an issuing authority.

use pki::{CertStatus, Serial};
use services::{
    Error,
    authority::{self, current_crl, publish_when_due, revoke_issuing, root_crl},
};
use sqlx::{Connection, PgConnection, SqliteConnection};
use time::Duration;

use crate::{
    pickup::{fetch, letter_to},
    refused::{by_ocsp, certificates, without},
    support::{
        House,
        founding::{key_files, on_each_database_with_keys, rolled_over},
        on_each_database,
    },
};

const ANY: &str = "1 = 1";

/// Serials of the authority's own certificates in a state.
async fn own(house: &House, state: &str) -> Vec<Serial> {
    let text = format!("SELECT serial FROM certificates WHERE institution_id IS NULL AND state = '{state}'");
    let text = sqlx::AssertSqlSafe(text);
    let serials: Vec<String> = if house.url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(&house.url).await.unwrap();
        sqlx::query_scalar(text).fetch_all(&mut connection).await.unwrap()
    } else {
        let mut connection = PgConnection::connect(&house.url).await.unwrap();
        sqlx::query_scalar(text).fetch_all(&mut connection).await.unwrap()
    };
    serials.iter().map(|serial| Serial::from_hex(serial).unwrap()).collect()
}

/// What was recorded and not stored was given up at once, because it may have been signed, and counts as revoked.
async fn is_accounted_for(house: &House, unfinished: usize) {
    assert_eq!(own(house, "prepared").await.len(), 0);
    publish_when_due(&house.app).await.unwrap();
    let list = current_crl(&house.app).await.unwrap();
    let lost = own(house, "abandoned").await;
    assert_eq!(lost.len(), unfinished);
    for serial in lost {
        assert!(list.der.windows(serial.as_bytes().len()).any(|part| part == serial.as_bytes()), "{serial}");
    }
}

#[tokio::test]
async fn a_certificate_for_the_listener_that_the_database_refuses_is_accounted_for() {
    on_each_database(async |house| {
        let make = async || authority::server_certificate(&house.app).await;
        let before = own(house, "valid").await.len();
        for (about, recorded) in
            [(("certificates", "INSERT", ANY), 0), (("certificates", "UPDATE", "NEW.state = 'valid'"), 1)]
        {
            let made = without(house, about, make).await;
            assert!(matches!(made, Err(Error::Internal(_))), "{about:?}");
            assert_eq!((own(house, "valid").await.len(), own(house, "abandoned").await.len()), (before, recorded));
        }
        is_accounted_for(house, 1).await;
        assert_eq!(make().await.unwrap().chain.len(), 2);
        assert_eq!(own(house, "valid").await.len(), before + 1);
    })
    .await;
}

#[tokio::test]
async fn a_responder_that_the_database_refuses_answers_nothing_until_it_is_recorded() {
    on_each_database(async |house| {
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        fetch(&crate::browser::Browser::terminal(house), &paper).await;
        let terminal = certificates(house, &case).await.remove(0);
        let before = own(house, "valid").await.len();
        for about in [("certificates", "INSERT", ANY), ("certificates", "UPDATE", "NEW.state = 'valid'")] {
            assert_eq!(without(house, about, async || by_ocsp(house, &terminal).await).await, None, "{about:?}");
            assert_eq!(own(house, "valid").await.len(), before, "{about:?}: nobody may answer");
        }
        is_accounted_for(house, 1).await;
        assert_eq!(by_ocsp(house, &terminal).await, Some(CertStatus::Good));
        assert_eq!(own(house, "valid").await.len(), before + 1, "one responder");
    })
    .await;
}

/// What the revocation of an issuing authority writes, in one transaction.
const REVOKING: &[(&str, &str, &str)] = &[
    ("certificates", "UPDATE", "NEW.state = 'revoked'"),
    ("blocked_keys", "INSERT", ANY),
    ("crl_shards", "UPDATE", ANY),
    ("audit", "INSERT", "NEW.action = 'authority.revoke'"),
];

#[tokio::test]
async fn the_revocation_of_an_issuing_authority_is_whole_or_was_not_promised() {
    on_each_database_with_keys(async |house, keys| {
        let store = key_files(keys);
        let name = house.app.authority.issuing.name.clone();
        let serial = house.app.authority.issuing.certificate.serial().to_hex();
        let house = &rolled_over(house, &store, &store, "共通認証局 発行局 G2").await;
        publish_when_due(&house.app).await.unwrap();
        let before = root_crl(&house.app).await.unwrap().number;
        let revoke = async || revoke_issuing(&house.app, &name, "keyCompromise").await;
        let stands = async || {
            let mut conn = house.app.db.read().await.unwrap();
            storage::authority::is_revoked_by(&mut conn, &serial, house.app.authority.root_id).await.unwrap()
        };
        for about in REVOKING {
            let told = without(house, *about, revoke).await;
            assert!(matches!(told, Err(Error::Internal(_))), "{about:?}: {told:?}");
            assert!(!stands().await, "{about:?}: all of it, or nothing");
            publish_when_due(&house.app).await.unwrap();
            assert_eq!(root_crl(&house.app).await.unwrap().number, before, "{about:?}");
        }
        let told = without(house, ("crls", "INSERT", ANY), revoke).await;
        assert!(matches!(told, Err(Error::Internal(_))), "{told:?}");
        assert!(stands().await, "the revocation stands, its list is to come");
        house.clock.pass(Duration::minutes(2));
        let told = revoke().await.unwrap().unwrap();
        assert!(!told.now && told.list > before, "running it again goes on: {told:?}");
    })
    .await;
}
