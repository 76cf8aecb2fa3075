//! Stories of invitations that must not outlive what became of them.

use crate::{
    people::{CLINIC, HOKKAIDO, PASSWORD, TOKYO, story, token_in},
    support::House,
};
use services::{
    Ctx, Error,
    accounts::{
        Link,
        membership::{self, AcceptForm, Accepted, ProveBy, Removed},
    },
};

/// Invites an address and opens the mail; gives the token of its link.
async fn invited(house: &House, owner: &Ctx<'_>, email: &str) -> String {
    membership::invite(owner, email).await.unwrap();
    let mails = house.mails().await;
    token_in(mails.last().unwrap(), "/invitation/")
}

fn form() -> AcceptForm {
    AcceptForm {
        name: "次郎".to_owned(),
        password: PASSWORD.to_owned(),
        password_again: PASSWORD.to_owned(),
        device: String::new(),
    }
}

#[tokio::test]
async fn of_two_invitations_one_lets_in_and_none_comes_back_after_a_removal() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let owner = house.member("hanako@example.jp", "花子", TOKYO).await;
        let owner = house.person(&owner).await;
        let first = invited(house, &owner, "jiro@example.jp").await;
        let second = invited(house, &owner, "jiro@example.jp").await;
        let visitor = house.visitor(CLINIC);
        membership::accept_invitation(&visitor, &first, &form()).await.unwrap();
        let members = membership::members(&owner).await.unwrap();
        let jiro = members.iter().find(|member| member.person_email == "jiro@example.jp").unwrap();
        assert_eq!(membership::remove(&owner, jiro.id).await.unwrap(), Removed::Done);
        let again = membership::accept_invitation(&visitor, &second, &form()).await.unwrap();
        assert!(matches!(again, Accepted::Link(Link::Used)), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_turned_away_while_asking_cannot_use_an_invitation_from_before() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let owner = house.member("hanako@example.jp", "花子", TOKYO).await;
        house.register("jiro@example.jp", "次郎", TOKYO, ProveBy::Owner).await;
        let owner = house.person(&owner).await;
        let link = invited(house, &owner, "jiro@example.jp").await;
        let members = membership::members(&owner).await.unwrap();
        let jiro = members.iter().find(|member| member.person_email == "jiro@example.jp").unwrap();
        assert_eq!(membership::remove(&owner, jiro.id).await.unwrap(), Removed::Done);
        let opened = membership::invitation(&house.visitor(CLINIC), &link).await.unwrap();
        assert_eq!(opened, Link::Used);
    })
    .await;
}

#[tokio::test]
async fn an_owner_sees_what_is_open_and_takes_a_wrong_address_back() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.open_clinic(HOKKAIDO, "雪の診療所").await;
        let owner = house.member("hanako@example.jp", "花子", TOKYO).await;
        let other = house.member("yuki@example.jp", "雪", HOKKAIDO).await;
        let staff = house.member("taro@example.jp", "太郎", TOKYO).await;
        let (owner, other) = (house.person(&owner).await, house.person(&other).await);
        let wrong = invited(house, &owner, "jiro@exampel.jp").await;
        let right = invited(house, &owner, "jiro@example.jp").await;
        let theirs = invited(house, &other, "jiro@exampel.jp").await;

        let open = membership::open_invitations(&owner).await.unwrap();
        let named: Vec<&str> = open.iter().map(|one| one.email.as_str()).collect();
        assert_eq!(named, ["jiro@exampel.jp", "jiro@example.jp"]);
        let staff = house.person(&staff).await;
        assert!(matches!(membership::open_invitations(&staff).await, Err(Error::Forbidden)));
        assert!(matches!(membership::withdraw_invitation(&staff, "jiro@exampel.jp").await, Err(Error::Forbidden)));

        membership::withdraw_invitation(&owner, "jiro@exampel.jp").await.unwrap();
        let visitor = house.visitor(CLINIC);
        assert_eq!(membership::invitation(&visitor, &wrong).await.unwrap(), Link::Used);
        for link in [&right, &theirs] {
            assert!(matches!(membership::invitation(&visitor, link).await.unwrap(), Link::Ready(_)));
        }
        let twice = membership::withdraw_invitation(&owner, "jiro@exampel.jp").await;
        assert!(matches!(twice, Err(Error::ChangedMeanwhile)));
        assert_eq!(membership::open_invitations(&owner).await.unwrap().len(), 1);
    })
    .await;
}
