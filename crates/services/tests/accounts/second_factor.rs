//! Stories of a second factor that somebody else set up, and of one that was lost.

use crate::{
    people::{CLINIC, PASSWORD, TOKYO, story},
    staff::{app_with, code_of},
    support::House,
};
use domain::permissions::Role;
use services::{
    Error,
    accounts::{
        login::{self, LoginOutcome},
        membership,
        totp::{self, Enrolled, Removed},
    },
    office::second_factor::{self, Freed},
};

/// Sets a second factor up in the person's browser.
async fn enrolled(house: &House, cookie: &str) {
    let browser = house.person(cookie).await;
    let app = app_with(&totp::begin(&browser).await.unwrap().secret);
    let done = totp::confirm(&browser, PASSWORD, &code_of(&app, house)).await.unwrap();
    assert!(matches!(done, Enrolled::Done { .. }), "{done:?}");
}

#[tokio::test]
async fn whoever_finds_a_browser_open_sets_no_second_factor_up_and_the_person_hears_of_each() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let cookie = house.member("hanako@example.jp", "花子", TOKYO).await;
        let browser = house.person(&cookie).await;
        let app = app_with(&totp::begin(&browser).await.unwrap().secret);
        for wrong in ["", "guess"] {
            let refused = totp::confirm(&browser, wrong, &code_of(&app, house)).await.unwrap();
            assert!(matches!(refused, Enrolled::Slips(slips) if slips[0].field == "current"));
        }
        house.log_in("hanako@example.jp", PASSWORD).await;
        assert!(house.mails().await.is_empty());

        enrolled(house, &cookie).await;
        let mail = house.mail().await;
        assert!(mail.recipient == "hanako@example.jp" && mail.subject.contains("二段階認証を設定"), "{mail:?}");
        let removed = totp::remove(&house.person(&cookie).await, PASSWORD).await.unwrap();
        assert_eq!(removed, Removed::Done);
        let mail = house.mail().await;
        assert!(mail.subject.contains("解除") && mail.body.contains("ご本人の操作"), "{mail:?}");
    })
    .await;
}

#[tokio::test]
async fn an_applicant_without_phone_and_codes_is_freed_and_the_owners_hear_of_it() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        let cookie = house.member("jiro@example.jp", "次郎", TOKYO).await;
        house.member("taro@example.jp", "太郎", TOKYO).await;
        enrolled(house, &cookie).await;
        house.mails().await;
        let locked = login::password(&house.visitor(CLINIC), "jiro@example.jp", PASSWORD, "Firefox").await.unwrap();
        assert!(matches!(locked, LoginOutcome::NeedsSecondFactor(_)));

        let reviewer = house.staff("shinsa@madoguchi.example", &[Role::Reviewer, Role::CallCentreAgent]).await;
        let admin = house.staff("admin@madoguchi.example", &[Role::Administrator]).await;
        let proof = "台帳の電話番号にかけ直し、代表者の方に確かめました。";
        let early = second_factor::free(&house.person(&reviewer).await, "jiro@example.jp", proof).await;
        assert!(matches!(early, Err(Error::Forbidden)));
        let admin = house.person(&admin).await;
        for (email, proof, field) in [
            ("jiro@example.jp", " ", "proof"),
            ("nobody@example.jp", proof, "email"),
            ("hanako@example.jp", proof, "email"),
            ("admin@madoguchi.example", proof, "email"),
        ] {
            let refused = second_factor::free(&admin, email, proof).await.unwrap();
            assert!(matches!(&refused, Freed::Slips(slips) if slips[0].field == field), "{email}: {refused:?}");
        }
        assert_eq!(second_factor::free(&admin, "jiro@example.jp", proof).await.unwrap(), Freed::Done);
        assert!(house.browser(&cookie).await.is_none(), "whoever is logged in is out");
        let mails = house.mails().await;
        let mut told: Vec<&str> = mails.iter().map(|mail| mail.recipient.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["hanako@example.jp", "jiro@example.jp"], "the person and the owner");
        assert!(mails.iter().all(|mail| mail.body.contains("次郎様のアカウント")));
        let (cookie, _) = house.log_in("jiro@example.jp", PASSWORD).await;
        assert_eq!(membership::mine(&house.person(&cookie).await).await.unwrap().len(), 1);
    })
    .await;
}
