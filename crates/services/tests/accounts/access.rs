//! Stories of access tokens: a session alone makes none, the owners hear of each, and a reset of the password ends them.

use crate::{
    people::{CLINIC, PASSWORD, TOKYO, story, token_in},
    support::House,
};
use services::{
    Ctx, Error,
    access::{self, Made, Wanted},
    accounts::{
        membership,
        password::{self, ResetDone},
    },
};
use time::Duration;

fn wanted(house: &House, current: &str) -> Wanted {
    Wanted {
        name: "レセプトコンピューター".to_owned(),
        scopes: vec!["applications:read".to_owned()],
        last_day: Some((house.app.clock.now() + Duration::days(300)).date()),
        current: current.to_owned(),
    }
}

/// Whether a machine with the token gets in.
async fn works(house: &House, token: &str) -> bool {
    match access::caller(&house.app, token, CLINIC).await {
        Ok(_) => true,
        Err(Error::LoginRequired) => false,
        Err(other) => panic!("{other:?}"),
    }
}

async fn made(house: &House, owner: &Ctx<'_>) -> String {
    match access::make_for_institution(owner, &wanted(house, PASSWORD)).await.unwrap() {
        Made::Done(token) => token,
        slips @ Made::Slips(_) => panic!("{slips:?}"),
    }
}

#[tokio::test]
async fn a_token_asks_for_the_password_and_every_owner_hears_of_it() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let first = house.member("hanako@example.jp", "花子", TOKYO).await;
        house.member("jiro@example.jp", "次郎", TOKYO).await;
        house.member("taro@example.jp", "太郎", TOKYO).await;
        let owner = house.person(&first).await;
        let members = membership::members(&owner).await.unwrap();
        let jiro = members.iter().find(|member| member.person_email == "jiro@example.jp").unwrap();
        membership::make_owner(&owner, jiro.id).await.unwrap();

        for wrong in ["", "not it"] {
            let refused = access::make_for_institution(&owner, &wanted(house, wrong)).await.unwrap();
            assert!(matches!(refused, Made::Slips(slips) if slips[0].field == "current"));
        }
        assert!(house.mails().await.is_empty());

        let token = made(house, &owner).await;
        assert!(works(house, &token).await);
        let mails = house.mails().await;
        let mut told: Vec<&str> = mails.iter().map(|mail| mail.recipient.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["hanako@example.jp", "jiro@example.jp"], "owners only");
        assert!(mails.iter().all(|mail| mail.body.contains("レセプトコンピューター") && !mail.body.contains(&token)));

        for _ in 0..10 {
            access::make_for_institution(&owner, &wanted(house, "guess")).await.unwrap();
        }
        let limited = access::make_for_institution(&owner, &wanted(house, PASSWORD)).await;
        assert!(matches!(limited, Err(Error::TooManyTries { .. })), "{limited:?}");
    })
    .await;
}

#[tokio::test]
async fn a_password_set_anew_by_mail_ends_the_tokens_of_its_person_and_tells_the_owners() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let cookie = house.member("hanako@example.jp", "花子", TOKYO).await;
        house.member("jiro@example.jp", "次郎", TOKYO).await;
        let owner = house.person(&cookie).await;
        let members = membership::members(&owner).await.unwrap();
        let jiro = members.iter().find(|member| member.person_email == "jiro@example.jp").unwrap();
        membership::make_owner(&owner, jiro.id).await.unwrap();
        let hers = made(house, &owner).await;
        let (cookie, _) = house.log_in("jiro@example.jp", PASSWORD).await;
        let his = made(house, &house.person(&cookie).await).await;
        house.mails().await;

        let new = "a wholly new pass phrase";
        password::change(&owner, PASSWORD, new, new).await.unwrap();
        assert!(works(house, &hers).await, "whoever knows the password may keep them");
        assert_eq!(access::own_alive(&owner).await.unwrap().len(), 1, "and is told of them");
        house.mails().await;

        let visitor = house.visitor(CLINIC);
        password::request_reset(&visitor, "hanako@example.jp").await.unwrap();
        let link = token_in(&house.mail().await, "/password/");
        let opened = password::open(&visitor, &link).await.unwrap();
        assert!(matches!(opened, services::accounts::Link::Ready(reset) if reset.access_tokens == 1));
        assert_eq!(password::reset(&visitor, &link, PASSWORD, PASSWORD).await.unwrap(), ResetDone::Done);
        assert!(!works(house, &hers).await);
        assert!(works(house, &his).await, "those of others go on");
        let mails = house.mails().await;
        let told = mails.iter().filter(|mail| mail.body.contains("・レセプトコンピューター"));
        let mut told: Vec<&str> = told.map(|mail| mail.recipient.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["hanako@example.jp", "jiro@example.jp"]);
    })
    .await;
}
