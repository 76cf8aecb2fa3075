//! What the operating system of a terminal decides at pickup: its guide, and the kind of key that is made for it (spec 04.4).

use axum::http::StatusCode;
use domain::permissions::Role;
use pki::{CertificateInfo, KeyAlgorithm};
use storage::authority::Certificate;

use crate::{
    browser::Browser,
    pickup::{fetch, try_out},
    renewal::{IN_TIME, renew, test},
    steps::{CERTIFICATE, Paper, clinic, decide, file, filed, posted, staff, stored},
    support::{House, on_each_database},
};

/// A letter for a terminal with an operating system.
async fn letter_for(house: &House, code: &str, number: &str, os: &'static str) -> (String, Paper) {
    let (_, browser) = clinic(house, code).await;
    filed(house, &browser).await;
    let mut answers = CERTIFICATE.to_vec();
    answers[4].1 = os;
    let case = file(house, &browser, "certificate", &answers).await;
    decide(house, &staff(house, Role::RaOfficer).await, &case, "accept", &[]).await;
    let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, number).await;
    (case, paper)
}

#[tokio::test]
async fn an_old_system_gets_a_key_that_it_can_use_now_and_at_its_renewal() {
    on_each_database(async |house| {
        let rsa = KeyAlgorithm::Rsa { bits: 2048 };
        for (code, number, os, kind, profile) in [
            ("1330100016", "12345678901", "windows_8", rsa, "rsa2048"),
            ("2730100019", "12345678902", "windows_11", KeyAlgorithm::P256, "p256"),
        ] {
            let (case, paper) = letter_for(house, code, number, os).await;
            let fetched = fetch(&Browser::terminal(house), &paper).await;
            assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.body);
            let first = newest(house, &case).await;
            assert_eq!((key_kind(&first), first.profile.as_str()), (kind, profile), "{os}");
            assert!(test(house, first.certificate.as_ref().unwrap()).await.contains("installed_now"));
            house.clock.pass(IN_TIME);
            let terminal = Browser::terminal(house).showing(first.certificate.as_ref().unwrap());
            let renewed = renew(&terminal, true).await;
            assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.body);
            let next = newest(house, &case).await;
            assert_ne!(next.id, first.id);
            assert_eq!((key_kind(&next), next.profile.as_str()), (kind, profile), "{os}");
        }
    })
    .await;
}

async fn newest(house: &House, case: &str) -> Certificate {
    let id = stored(house, case).await.id;
    let mut conn = house.app.db.read().await.unwrap();
    storage::authority::of_application(&mut conn, id).await.unwrap().pop().unwrap()
}

fn key_kind(certificate: &Certificate) -> KeyAlgorithm {
    CertificateInfo::parse(certificate.certificate.as_ref().unwrap()).unwrap().key_algorithm
}

#[tokio::test]
async fn a_terminal_with_linux_is_not_led_through_windows() {
    on_each_database(async |house| {
        for (code, number, os, windows) in
            [("1330100016", "12345678901", "linux", false), ("2730100019", "12345678902", "windows_10", true)]
        {
            let (_, paper) = letter_for(house, code, number, os).await;
            let page = try_out(&Browser::terminal(house), &paper).await.body;
            assert_eq!(page.contains("/import-guide"), windows, "{os}: {page}");
            assert_eq!(page.contains("証明書の管理"), !windows, "{os}");
        }
    })
    .await;
}
