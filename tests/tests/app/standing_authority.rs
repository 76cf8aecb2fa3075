//! What stays as it is while the installation around an authority changes: the address in its certificates, and the lists of the
//! others when a key was lost.

use domain::clock::Clock;
use services::authority::{crl, publish_when_due, sign_ocsp_when_due};
use time::Duration;

use crate::{
    judge,
    pickup::letter_to,
    rollover::issued,
    support::founding::{key_files, moved_to, on_each_database_with_keys, reopened, rolled_over},
};

#[tokio::test]
async fn lists_and_certificates_name_the_address_of_their_authority_whatever_is_configured_since() {
    on_each_database_with_keys(async |house, folder| {
        let keys = key_files(folder);
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        let first = issued(house, &case, &paper).await;
        let house = &moved_to(house, &keys, "http://moved.example").await;
        let (case, paper) = letter_to(house, "2730100019", "12345678902").await;
        let second = issued(house, &case, &paper).await;
        house.clock.pass(Duration::hours(13));
        assert!(publish_when_due(&house.app).await.unwrap());
        let issuing = &house.app.authority.issuing;
        for one in [&first, &second] {
            assert_eq!(judge::with_its_list(house, issuing, one).await, "OK", "the list is one for this certificate");
        }
        let house = &rolled_over(house, &keys, &keys, "共通認証局 発行局 G2").await;
        let issuing = &house.app.authority.issuing;
        assert_eq!(issuing.ocsp_url(), "http://madoguchi.example/pki/ocsp", "the ceremony's configuration");
    })
    .await;
}

#[tokio::test]
async fn an_earlier_authority_whose_key_was_lost_does_not_hinder_the_others() {
    on_each_database_with_keys(async |house, folder| {
        let keys = key_files(folder);
        house.clock.pass(Duration::SECOND);
        let rolled = rolled_over(house, &keys, &keys, "共通認証局 発行局 G2").await;
        let [_, old] = rolled.app.authority.all().collect::<Vec<_>>()[..] else { unreachable!("two authorities") };
        std::fs::remove_file(folder.join(format!("{}.key.pem", old.name))).unwrap();
        let house = &reopened(house, &keys).await;
        house.clock.pass(Duration::hours(13));
        assert!(publish_when_due(&house.app).await.unwrap(), "the others publish, and the work is done");
        assert!(!publish_when_due(&house.app).await.unwrap());
        let issuing = &house.app.authority.issuing;
        assert_eq!(crl(&house.app, issuing.id, 0).await.unwrap().this_update, house.clock.now());
        sign_ocsp_when_due(&house.app).await.unwrap();
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let failed = storage::jobs::failed(&mut house.app.db.read().await.unwrap(), 10).await.unwrap();
        assert!(failed.is_empty(), "{failed:?}");
    })
    .await;
}
