//! After a certificate was revoked: the pages say so, and the terminal may have a new one.

use domain::{applications::State, permissions::Role};

use crate::{
    browser::Browser,
    ladder::certificates_of,
    pickup::fetch,
    steps::{CERTIFICATE, approved, clinic, file, letters_of, posted, read, staff, stored},
    support::on_each_database,
};

#[tokio::test]
async fn a_revoked_certificate_ends_its_line_and_its_terminal_may_be_applied_for_again() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        fetch(&Browser::terminal(house), &paper).await;
        let id = stored(house, &case).await.id;
        let made = storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
        let officer = staff(house, Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{}/revoke", made[0].id), &[("reason", "superseded")]).await;
        for page in ["/certificates", case.as_str()] {
            let told = browser.get(page).await.body;
            assert!(told.contains("失効") && !told.contains("いまここ"), "{told}");
        }
        let again = file(house, &browser, "certificate", CERTIFICATE).await;
        assert_eq!(stored(house, &again).await.state, State::Submitted, "nobody asks why there should be a second one");
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_nobody_noted_as_posted_is_not_called_used() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let letter = letters_of(house, &case).await.remove(0);
        let paper = read(house, &letter);
        let told = fetch(&Browser::terminal(house), &paper).await.body;
        assert!(told.contains("まだ発送の記録がありません") && !told.contains("取得は終わっています"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_private_key_that_was_pasted_by_mistake_is_not_sent_back() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n";
        let fields =
            [("pickup_id", paper.id.as_str()), ("pickup_secret", &paper.secret), ("way", "request"), ("request", key)];
        let told = Browser::terminal(house).post("/pickup", &fields).await.body;
        assert!(told.contains("秘密鍵のファイルです") && !told.contains("MIGHAgEAMBMGByqGSM49"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_terminal_with_a_revoked_certificate_is_told_to_apply_anew_and_not_to_install() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        fetch(&Browser::terminal(house), &paper).await;
        let made = certificates_of(house, &case).await.remove(0);
        let officer = staff(house, Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{}/revoke", made.id), &[("reason", "keyCompromise")]).await;
        let terminal = Browser::terminal(house);
        let without = terminal.get("/connection-test").await.body;
        assert!(without.contains("取得したファイル（.p12）を端末に入れたか"), "{without}");
        let told = terminal.showing(made.certificate.as_deref().unwrap()).get("/connection-test").await.body;
        assert!(
            told.contains("この端末の電子証明書は失効しています") && told.contains("新しく申請してください"),
            "{told}"
        );
        assert!(!told.contains("取得したファイル（.p12）を端末に入れたか"), "{told}");
    })
    .await;
}
