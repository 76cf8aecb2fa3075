//! What the authority publishes: addresses that need no TLS, and revocation lists that never run out.

use std::path::{Path, PathBuf};

use services::authority::{current_crl, publish_when_due, root_crl};
use time::Duration;

use crate::support::{House, on_each_database, on_each_database_with_keys};

fn holds(der: &[u8], text: &str) -> bool {
    der.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn certificates_of_an_https_portal_name_plain_addresses() {
    on_each_database(async |house| {
        assert!(house.app.settings.portal_url.starts_with("https://"));
        let urls = &house.app.authority.urls;
        assert_eq!(urls.crl.as_deref(), Some("http://madoguchi.example/pki/issuing.crl"));
        assert_eq!(urls.ocsp.as_deref(), Some("http://madoguchi.example/pki/ocsp"));
        assert_eq!(urls.issuer.as_deref(), Some("http://madoguchi.example/pki/issuing.cer"));
        let issuing = house.app.authority.issuer.der();
        assert!(holds(issuing, "http://madoguchi.example/pki/root.crl"));
        assert!(!holds(issuing, "https://madoguchi.example/pki/"), "a check of TLS must not need TLS");
    })
    .await;
}

#[tokio::test]
async fn the_issuing_authority_renews_its_list_after_half_its_life() {
    on_each_database(async |house| {
        assert!(publish_when_due(&house.app).await.unwrap());
        let first = current_crl(&house.app).await.unwrap();
        house.clock.pass(Duration::hours(11));
        assert!(!publish_when_due(&house.app).await.unwrap());
        house.clock.pass(Duration::hours(1));
        assert!(publish_when_due(&house.app).await.unwrap());
        let second = current_crl(&house.app).await.unwrap();
        assert_eq!((second.0, second.2), (first.0 + 1, first.2 + Duration::hours(12)));
    })
    .await;
}

fn root_key_file(keys: &Path) -> PathBuf {
    let files = std::fs::read_dir(keys).unwrap().map(|entry| entry.unwrap().path());
    let is_root = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().starts_with("root-");
    files.into_iter().find(is_root).unwrap()
}

/// A regular round of the workers, some days later; gives the number of the root's list and the days it still lasts.
async fn round(house: &House, days: i64) -> (i64, i64) {
    house.clock.pass(Duration::days(days));
    publish_when_due(&house.app).await.unwrap();
    let (number, _, next) = root_crl(&house.app).await.unwrap();
    (number, (next - house.app.clock.now()).whole_days())
}

#[tokio::test]
async fn the_list_of_the_root_is_renewed_too_when_its_key_is_there() {
    on_each_database_with_keys(async |house, keys| {
        assert_eq!(round(house, 1).await, (1, 364), "made when the authority was founded");
        assert_eq!(round(house, 180).await, (1, 184));
        assert_eq!(round(house, 2).await, (2, 365), "half a year is over");
        let (file, elsewhere) = (root_key_file(keys), keys.join("in-the-safe"));
        std::fs::rename(&file, &elsewhere).unwrap();
        assert_eq!(round(house, 320).await, (2, 45), "the key lies in a safe: nothing is signed, nothing breaks");
        assert!(current_crl(&house.app).await.unwrap().2 > house.app.clock.now(), "the other list goes on");
        std::fs::rename(&elsewhere, &file).unwrap();
        assert_eq!(round(house, 0).await, (3, 365), "back for a minute is enough");
    })
    .await;
}
