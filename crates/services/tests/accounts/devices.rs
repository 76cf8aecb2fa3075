//! Stories of logins from a device that the person did not use before.

use crate::{
    people::{CLINIC, ELSEWHERE, PASSWORD, TOKYO, story},
    staff::{app_with, code_of},
};
use services::accounts::{
    login::{self, LoginOutcome},
    totp::{self, Enrolled},
};
use time::Duration;

const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0";
const EDGE_LATER: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0";
const PHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1";

#[tokio::test]
async fn a_login_from_a_device_that_is_not_known_is_told_once() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        house.log_in("hanako@example.jp", PASSWORD).await;
        assert!(house.mails().await.is_empty(), "she registered with it");

        for (device, told) in [(EDGE, true), (EDGE, false), (EDGE_LATER, false), (PHONE, true), (PHONE, false)] {
            let visitor = house.visitor(ELSEWHERE);
            login::password(&visitor, "hanako@example.jp", "guess", device).await.unwrap();
            let outcome = login::password(&visitor, "hanako@example.jp", PASSWORD, device).await.unwrap();
            assert!(matches!(outcome, LoginOutcome::LoggedIn(_)));
            let mails = house.mails().await;
            assert_eq!(mails.len(), usize::from(told), "{device}: {mails:#?}");
            assert!(mails.iter().all(|mail| mail.body.contains("（") && mail.body.contains(ELSEWHERE)));
        }

        house.clock.pass(Duration::days(200));
        house.log_in("hanako@example.jp", PASSWORD).await;
        assert!(house.mail().await.subject.contains("新しい機器"), "not used for so long");
        services::accounts::sweep(&house.app).await.unwrap();
        house.clock.pass(Duration::days(200));
        services::accounts::sweep(&house.app).await.unwrap();
        house.log_in("hanako@example.jp", PASSWORD).await;
        assert!(house.mail().await.subject.contains("新しい機器"), "also where nothing is known any more");
    })
    .await;
}

#[tokio::test]
async fn with_a_second_factor_a_login_is_told_when_it_is_complete() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let cookie = house.member("hanako@example.jp", "花子", TOKYO).await;
        let browser = house.person(&cookie).await;
        let app = app_with(&totp::begin(&browser).await.unwrap().secret);
        let enrolled = totp::confirm(&browser, PASSWORD, &code_of(&app, house)).await.unwrap();
        assert!(matches!(enrolled, Enrolled::Done { .. }));
        house.mails().await;
        house.clock.pass(Duration::minutes(2));
        let outcome = login::password(&house.visitor(CLINIC), "hanako@example.jp", PASSWORD, PHONE).await.unwrap();
        let LoginOutcome::NeedsSecondFactor(started) = outcome else { panic!("{outcome:?}") };
        assert!(house.mails().await.is_empty(), "half a login is none");
        login::totp(&house.person(&started.token).await, &code_of(&app, house)).await.unwrap();
        let mail = house.mail().await;
        assert!(mail.recipient == "hanako@example.jp" && mail.body.contains("iPhone"), "{}", mail.body);
    })
    .await;
}
