//! Stories of strangers who ask at somebody else's code: they crowd nobody out.

use crate::{
    people::{TOKYO, story},
    support::House,
};
use domain::ids::{AccountId, InstitutionId, MembershipId};
use services::{
    Error,
    accounts::membership::{self, Asked, ProveBy, Removed},
};
use storage::accounts::Account;
use time::Duration;

impl House {
    /// Strangers who asked at a code, and what became of it.
    async fn crowd(&self, institution: InstitutionId, number: usize, state: &str) {
        let now = self.app.clock.now();
        let mut tx = self.app.db.write().await.unwrap();
        for nth in 0..number {
            let account = Account {
                id: AccountId::new(now, &*self.app.randomness),
                email: format!("stranger{nth}.{state}@example.jp"),
                name: "通りすがり".to_owned(),
                password_hash: None,
                must_reset: false,
                staff: false,
                roles: vec![],
                totp_secret: None,
                totp_last_step: 0,
                disabled: false,
                created_at: now,
            };
            storage::accounts::insert(&mut tx, &account).await.unwrap();
            let id = MembershipId::new(now, &*self.app.randomness);
            storage::accounts::insert_membership(&mut tx, id, account.id, institution, "staff", state, now)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        self.clock.pass(Duration::SECOND);
    }
}

#[tokio::test]
async fn strangers_who_asked_before_do_not_hide_the_owner_of_a_clinic() {
    story(async |house| {
        let clinic = house.open_clinic(TOKYO, "あおば歯科").await;
        house.crowd(clinic, 150, "refused").await;
        house.crowd(clinic, 150, "letter").await;
        let first = house.member("hanako@example.jp", "花子", TOKYO).await;
        let second = house.member("jiro@example.jp", "次郎", TOKYO).await;
        let owner = house.person(&first).await;
        assert_eq!(owner.owner().unwrap(), clinic);
        let later = house.person(&second).await;
        assert!(matches!(later.owner(), Err(Error::Forbidden)), "whoever comes later is staff");

        let members = membership::members(&owner).await.unwrap();
        let named: Vec<&str> = members.iter().map(|one| one.person_email.as_str()).take(2).collect();
        assert_eq!(named, ["hanako@example.jp", "jiro@example.jp"], "the owner sees them");
        assert_eq!(membership::remove(&owner, members[0].id).await.unwrap(), Removed::LastOwner);
        assert_eq!(membership::remove(&owner, members[1].id).await.unwrap(), Removed::Done);
    })
    .await;
}

#[tokio::test]
async fn the_owners_hear_of_a_request_behind_many_others() {
    story(async |house| {
        let clinic = house.open_clinic(TOKYO, "あおば歯科").await;
        house.crowd(clinic, 220, "removed").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        let (_, asked) = house.register("jiro@example.jp", "次郎", TOKYO, ProveBy::Owner).await;
        assert!(matches!(asked, Asked::Owner { .. }), "{asked:?}");
        let mails = house.mails().await;
        assert!(mails.iter().any(|mail| mail.recipient == "hanako@example.jp"), "{mails:#?}");
    })
    .await;
}
