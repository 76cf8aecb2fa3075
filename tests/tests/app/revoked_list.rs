//! Many certificates are revoked at once, from a list of serials that two officers answer for.

use domain::permissions::Role;
use pki::CertStatus;
use services::authority::{ListRefused, RevokedMany, publish_when_due, revoke_many};

use crate::{
    browser::{Browser, account},
    pickup::{fetch, letter_to},
    refused::{by_ocsp, certificates, count, is_listed, without},
    support::{House, on_each_database},
};

const OFFICERS: [&str; 2] = ["first@staff.example", "second@staff.example"];

async fn issued(house: &House, code: &str, number: &str) -> storage::authority::Certificate {
    let (case, paper) = letter_to(house, code, number).await;
    fetch(&Browser::terminal(house), &paper).await;
    certificates(house, &case).await.remove(0)
}

/// How many rows of the audit chain tell of an act.
async fn told(house: &House, act: &str) -> usize {
    let mut conn = house.app.db.read().await.unwrap();
    let newest = storage::audit::newest(&mut conn, None, 500).await.unwrap();
    newest.iter().filter(|row| row.action == act).count()
}

#[tokio::test]
async fn two_officers_revoke_a_list_and_doing_it_again_changes_nothing() {
    on_each_database(async |house| {
        for address in OFFICERS {
            account(house, address, &[Role::RaOfficer], None).await;
        }
        account(house, "editor@staff.example", &[Role::Editor], None).await;
        let (first, second) =
            (issued(house, "1330100016", "12345678901").await, issued(house, "2730100019", "12345678902").await);
        publish_when_due(&house.app).await.unwrap();
        let server = house.app.authority.issuing.certificate.serial().to_hex();
        let list = format!("# one image\n{}\n{}\n00ff\n{server}\n", first.serial.to_uppercase(), second.serial);
        let revoke = async |list: &str, reason: &str, officers: [&str; 2]| {
            revoke_many(&house.app, list, reason, officers).await.unwrap()
        };
        let refused =
            async |list: &str, reason: &str, officers: [&str; 2]| revoke(list, reason, officers).await.unwrap_err();
        assert_eq!(refused(&list, "cACompromise", OFFICERS).await, ListRefused::BadReason);
        assert_eq!(refused("serial\n", "keyCompromise", OFFICERS).await, ListRefused::Unreadable(vec![1]));
        assert_eq!(refused(&list, "keyCompromise", [OFFICERS[0]; 2]).await, ListRefused::OneOfficer);
        for nobody in ["nobody@staff.example", "editor@staff.example"] {
            let told = refused(&list, "keyCompromise", [OFFICERS[0], nobody]).await;
            assert_eq!(told, ListRefused::NoOfficer(nobody.to_owned()));
        }
        assert_eq!((told(house, "certificate.revoke").await, told(house, "certificate.revoke_list").await), (0, 0));

        // The second one is refused by the database: the first stays revoked, and running it again goes on.
        let rows: &str = format!("NEW.serial = '{}' AND NEW.state = 'revoked'", second.serial).leak();
        let cut_off = async || revoke_many(&house.app, &list, "keyCompromise", OFFICERS).await;
        without(house, ("certificates", "UPDATE", rows), cut_off).await.unwrap_err();
        assert!(matches!(by_ocsp(house, &first).await, Some(CertStatus::Revoked { .. })));
        let done = revoke(&list, "keyCompromise", OFFICERS).await.unwrap();
        let unknown = vec!["ff".to_owned(), server.clone()];
        let (one, other) = (first.serial.clone(), second.serial.clone());
        assert_eq!(
            done,
            RevokedMany { revoked: vec![other.clone()], before: vec![one.clone()], unknown: unknown.clone() }
        );
        let again = revoke(&list, "keyCompromise", OFFICERS).await.unwrap();
        assert_eq!(again, RevokedMany { revoked: vec![], before: vec![one, other], unknown });
        assert_eq!(told(house, "certificate.revoke").await, 2, "each once");
        assert_eq!(told(house, "certificate.revoke_list").await, 6, "two officers for each of three runs");
        publish_when_due(&house.app).await.unwrap();
        for one in [&first, &second] {
            assert!(is_listed(house, one).await);
            assert_eq!(count(std::slice::from_ref(one), "valid"), 1, "it was good before");
        }
    })
    .await;
}
