//! Stories of strangers who ask at somebody else's code: they crowd nobody out and cost few letters.

use crate::{
    people::{HOKKAIDO, TOKYO, story, whole},
    support::House,
};
use domain::ids::{AccountId, InstitutionId, MembershipId};
use services::{
    Error,
    accounts::membership::{self, Asked, ProveBy, Removed, Requested},
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

    /// How many letters with a code were ordered for an institution.
    async fn letters_ordered(&self, institution: InstitutionId) -> usize {
        let letters = storage::letters::in_state(&mut self.app.db.read().await.unwrap(), "dead", 1_000).await.unwrap();
        let waiting =
            storage::letters::in_state(&mut self.app.db.read().await.unwrap(), "to_print", 1_000).await.unwrap();
        letters.iter().chain(&waiting).filter(|letter| letter.institution_id == institution).count()
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

#[tokio::test]
async fn leaving_and_asking_again_orders_no_further_letters() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let clinic = house.open_clinic(HOKKAIDO, "雪の診療所").await;
        let cookie = house.member("hanako@example.jp", "花子", TOKYO).await;
        let browser = house.person(&cookie).await;
        for nth in 0..8 {
            let asked = membership::request(&browser, &whole(HOKKAIDO), ProveBy::Rule, false).await.unwrap();
            let Requested::Asked(asked) = asked else { panic!("{asked:?}") };
            let ordered = matches!(asked, Asked::Letter { .. });
            assert_eq!(ordered, nth < 3, "{asked:?}");
            let mine = membership::mine(&browser).await.unwrap();
            let mine = mine.iter().find(|mine| mine.membership.institution_id == clinic).unwrap();
            assert_eq!(membership::remove(&browser, mine.membership.id).await.unwrap(), Removed::Done);
        }
        assert_eq!(house.letters_ordered(clinic).await, 3, "letters cost money");
    })
    .await;
}

#[tokio::test]
async fn many_people_order_no_more_letters_to_one_clinic_than_a_hospital_needs() {
    story(async |house| {
        let clinic = house.open_clinic(TOKYO, "あおば歯科").await;
        for nth in 0..20 {
            let (_, asked) = house.register(&format!("m{nth}@example.jp"), "通りすがり", TOKYO, ProveBy::Rule).await;
            assert!(matches!(asked, Asked::Letter { .. }), "{asked:?}");
        }
        let (cookie, asked) = house.register("hanako@example.jp", "花子", TOKYO, ProveBy::Rule).await;
        let Asked::NoLetterYet { membership, from } = asked else { panic!("{asked:?}") };
        assert_eq!(house.letters_ordered(clinic).await, 20);
        let early = membership::resend_letter(&house.person(&cookie).await, membership).await;
        assert!(matches!(early, Err(Error::TooManyTries { until }) if until == from), "{early:?}");

        house.clock.pass(from - house.app.clock.now());
        let (cookie, _) = house.log_in("hanako@example.jp", crate::people::PASSWORD).await;
        let browser = house.person(&cookie).await;
        for _ in 0..3 {
            let asked = membership::resend_letter(&browser, membership).await.unwrap();
            assert!(matches!(asked, Asked::Letter { .. }), "what was not ordered is not counted: {asked:?}");
        }
    })
    .await;
}
