//! Stories of staff accounts, the second factor, the import of accounts, and rescue.

use crate::{
    people::{CLINIC, PASSWORD, TOKYO, story, token_in},
    support::House,
};
use domain::permissions::Role;
use services::{
    Ctx, Error,
    accounts::{
        import::{self, Outcome},
        login::{self, LoginOutcome, SecondFactor, Step, next_step},
        membership::ProveBy,
        password::{self, ResetDone},
        rescue,
        totp::{self, Enrolled, Removed},
    },
    office::staff::{self, Saved},
};
use time::Duration;
use totp_rs::{Builder, Secret, Totp};

/// An authenticator app that was given a secret.
pub(crate) fn app_with(secret: &str) -> Totp {
    let secret = Secret::try_from_base32(secret.replace('-', "")).unwrap();
    Builder::new().with_secret(secret).build().unwrap()
}

pub(crate) fn code_of(app: &Totp, house: &House) -> String {
    app.generate(u64::try_from(house.app.clock.now().as_seconds()).unwrap()).to_string()
}

#[tokio::test]
async fn a_new_reviewer_sets_password_and_second_factor_and_can_work_only_then() {
    story(async |house| {
        let admin = house.staff("admin@madoguchi.example", &[Role::Administrator]).await;
        let admin = house.person(&admin).await;
        let saved = staff::create(&admin, "shinsa@madoguchi.example", "審査 花子", &[Role::Reviewer]).await.unwrap();
        assert!(matches!(saved, Saved::Done(_)), "{saved:?}");
        let mail = house.mail().await;
        assert!(mail.body.contains("審査担当"), "{}", mail.body);
        let link = token_in(&mail, "/password/");
        let visitor = house.visitor(CLINIC);
        assert_eq!(password::reset(&visitor, &link, PASSWORD, PASSWORD).await.unwrap(), ResetDone::Done);
        house.mails().await;

        let (cookie, session) = house.log_in("shinsa@madoguchi.example", PASSWORD).await;
        assert_eq!(next_step(&house.app, &session), Step::EnrolSecondFactor);
        let browser = house.person(&cookie).await;
        let early = services::accounts::membership::review_list(&browser).await;
        assert!(matches!(early, Err(Error::Forbidden)));

        let enrolment = totp::begin(&browser).await.unwrap();
        assert_eq!(totp::begin(&browser).await.unwrap(), enrolment, "a reload shows the same secret");
        assert!(enrolment.url.starts_with("otpauth://totp/") && enrolment.qr_svg.starts_with("<svg"));
        let wrong = totp::confirm(&browser, PASSWORD, "000000").await.unwrap();
        assert!(matches!(wrong, Enrolled::Slips(slips) if slips[0].field == "code"));
        let app = app_with(&enrolment.secret);
        let enrolled = totp::confirm(&browser, PASSWORD, &code_of(&app, house)).await.unwrap();
        let Enrolled::Done { recovery_codes } = enrolled else { panic!("{enrolled:?}") };
        assert_eq!(recovery_codes.len(), 10);
        let browser = house.person(&cookie).await;
        services::accounts::membership::review_list(&browser).await.unwrap();
    })
    .await;
}

/// A reviewer with a second factor; gives the authenticator app and the recovery codes.
async fn reviewer_with_factor(house: &House) -> (Totp, Vec<String>) {
    let cookie = house.staff("shinsa@madoguchi.example", &[Role::Reviewer]).await;
    let browser = house.person(&cookie).await;
    let app = app_with(&totp::begin(&browser).await.unwrap().secret);
    let enrolled = totp::confirm(&browser, PASSWORD, &code_of(&app, house)).await.unwrap();
    let Enrolled::Done { recovery_codes } = enrolled else { panic!("{enrolled:?}") };
    (app, recovery_codes)
}

async fn half_logged_in<'a>(house: &'a House) -> Ctx<'a> {
    let outcome =
        login::password(&house.visitor(CLINIC), "shinsa@madoguchi.example", PASSWORD, "Firefox").await.unwrap();
    let LoginOutcome::NeedsSecondFactor(started) = outcome else { panic!("{outcome:?}") };
    house.person(&started.token).await
}

#[tokio::test]
async fn a_code_of_the_app_counts_once() {
    story(async |house| {
        let (app, _) = reviewer_with_factor(house).await;
        let browser = half_logged_in(house).await;
        let used = code_of(&app, house);
        assert_eq!(
            login::totp(&browser, &used).await.unwrap(),
            SecondFactor::Wrong,
            "the code of the enrolment is used"
        );
        house.clock.pass(Duration::seconds(30));
        let browser = half_logged_in(house).await;
        assert!(matches!(browser.account(), Err(Error::LoginRequired)), "half a login is none");
        let fresh = code_of(&app, house);
        assert_eq!(login::totp(&browser, &fresh).await.unwrap(), SecondFactor::Passed(Step::Done));
        let replayed = half_logged_in(house).await;
        assert_eq!(login::totp(&replayed, &fresh).await.unwrap(), SecondFactor::Wrong, "who looked over the shoulder");
        house.clock.pass(Duration::minutes(3));
        let late = half_logged_in(house).await;
        assert_eq!(login::totp(&late, &fresh).await.unwrap(), SecondFactor::Wrong);
    })
    .await;
}

#[tokio::test]
async fn a_recovery_code_helps_once_when_the_phone_is_lost() {
    story(async |house| {
        let (_, codes) = reviewer_with_factor(house).await;
        let typed = codes[3].to_lowercase().replace('-', " ");
        let browser = half_logged_in(house).await;
        assert_eq!(login::totp(&browser, &typed).await.unwrap(), SecondFactor::Passed(Step::Done));
        let browser = half_logged_in(house).await;
        assert_eq!(login::totp(&browser, &typed).await.unwrap(), SecondFactor::Wrong);
        assert_eq!(login::totp(&browser, &codes[4]).await.unwrap(), SecondFactor::Passed(Step::Done));
    })
    .await;
}

#[tokio::test]
async fn guessing_codes_is_limited_and_half_a_login_ends_soon() {
    story(async |house| {
        let (app, _) = reviewer_with_factor(house).await;
        let outcome = login::password(&house.visitor(CLINIC), "shinsa@madoguchi.example", PASSWORD, "x").await.unwrap();
        let LoginOutcome::NeedsSecondFactor(started) = outcome else { panic!("{outcome:?}") };
        let browser = house.person(&started.token).await;
        for _ in 0..20 {
            assert_eq!(login::totp(&browser, "123").await.unwrap(), SecondFactor::Wrong);
        }
        let limited = login::totp(&browser, &code_of(&app, house)).await.unwrap();
        assert!(matches!(limited, SecondFactor::TooManyTries { .. }), "{limited:?}");
        house.clock.pass(Duration::minutes(15));
        assert!(house.browser(&started.token).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_second_factor_is_taken_away_with_the_password_only() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let cookie = house.member("hanako@example.jp", "花子", TOKYO).await;
        let browser = house.person(&cookie).await;
        let app = app_with(&totp::begin(&browser).await.unwrap().secret);
        totp::confirm(&browser, PASSWORD, &code_of(&app, house)).await.unwrap();
        let browser = house.person(&cookie).await;
        let wrong = totp::remove(&browser, "not it").await.unwrap();
        assert!(matches!(wrong, Removed::Slips(slips) if slips[0].field == "current"));
        assert_eq!(totp::remove(&browser, PASSWORD).await.unwrap(), Removed::Done);
        house.log_in("hanako@example.jp", PASSWORD).await;
    })
    .await;
}

#[tokio::test]
async fn an_administrator_changes_others_and_never_themselves() {
    story(async |house| {
        let cookie = house.staff("admin@madoguchi.example", &[Role::Administrator]).await;
        let admin = house.person(&cookie).await;
        let own = admin.account().unwrap();
        assert!(matches!(staff::set_roles(&admin, own, &[Role::Reviewer]).await, Err(Error::Forbidden)));
        assert!(matches!(staff::disable(&admin, own).await, Err(Error::Forbidden)));
        assert!(matches!(staff::reset_second_factor(&admin, own).await, Err(Error::Forbidden)));

        let mixed = [Role::Administrator, Role::Reviewer];
        let refused = staff::create(&admin, "x@madoguchi.example", "x", &mixed).await.unwrap();
        assert!(matches!(refused, Saved::Slips(slips) if slips[0].field == "roles"));
        let worker = house.staff("worker@madoguchi.example", &[Role::Reviewer]).await;
        let id = house.person(&worker).await.account().unwrap();
        staff::set_roles(&admin, id, &[Role::Editor]).await.unwrap();
        let reviewing = services::accounts::membership::review_list(&house.person(&worker).await).await;
        assert!(matches!(reviewing, Err(Error::Forbidden)), "the role is gone at the next click");
        let again = staff::create(&admin, "worker@madoguchi.example", "x", &[Role::Editor]).await.unwrap();
        assert!(matches!(again, Saved::Slips(slips) if slips[0].field == "email"));

        staff::disable(&admin, id).await.unwrap();
        assert!(house.browser(&worker).await.is_none());
        let login = login::password(&house.visitor(CLINIC), "worker@madoguchi.example", PASSWORD, "x").await.unwrap();
        assert!(matches!(login, LoginOutcome::Refused));
        let listed = staff::list(&admin).await.unwrap();
        assert!(listed.iter().any(|line| line.own) && listed.iter().any(|line| line.disabled));
    })
    .await;
}

#[tokio::test]
async fn staff_who_lost_their_phone_get_a_new_second_factor() {
    story(async |house| {
        reviewer_with_factor(house).await;
        let admin = house.staff("admin@madoguchi.example", &[Role::Administrator]).await;
        let admin = house.person(&admin).await;
        let listed = staff::list(&admin).await.unwrap();
        let reviewer = listed.iter().find(|line| line.has_second_factor).unwrap();
        staff::reset_second_factor(&admin, reviewer.id).await.unwrap();
        let (_, session) = house.log_in("shinsa@madoguchi.example", PASSWORD).await;
        assert_eq!(next_step(&house.app, &session), Step::EnrolSecondFactor);
    })
    .await;
}

#[tokio::test]
async fn only_administrators_touch_staff() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let clinic = house.member("hanako@example.jp", "花子", TOKYO).await;
        let reviewer = house.staff("shinsa@madoguchi.example", &[Role::Reviewer]).await;
        for cookie in [clinic, reviewer] {
            let browser = house.person(&cookie).await;
            let id = browser.account().unwrap();
            assert!(matches!(staff::list(&browser).await, Err(Error::Forbidden)));
            let made = staff::create(&browser, "x@example.jp", "x", &[Role::Reviewer]).await;
            assert!(matches!(made, Err(Error::Forbidden)));
            assert!(matches!(staff::set_roles(&browser, id, &[Role::Reviewer]).await, Err(Error::Forbidden)));
            assert!(matches!(import::accounts(&browser, b"").await, Err(Error::Forbidden)));
        }
        assert!(matches!(staff::list(&house.visitor(CLINIC)).await, Err(Error::LoginRequired)));
    })
    .await;
}

#[tokio::test]
async fn an_import_of_accounts_keeps_good_rows_names_bad_ones_and_can_be_repeated() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let file = "ログイン,氏名,医療機関等コード,役割,パスワードハッシュ\r\n\
            Hanako@example.jp,花子,1330100016,代表者,\r\n\
            jiro@example.jp,次郎,1330100016,,\r\n\
            1330100016@13,あおば歯科,1330100016,,\r\n\
            kaputt,名無し,1330100016,,\r\n\
            saburo@example.jp,三郎,2730100019,,\r\n\
            shiro@example.jp,四郎,1330100016,owner,$argon2i$v=19$m=16$abc\r\n";
        let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode(file);
        let system = Ctx::system(&house.app, "import");
        let Outcome::Done { summary, rejected } = import::accounts(&system, &shift_jis).await.unwrap() else {
            panic!()
        };
        assert_eq!((summary.rows, summary.created, summary.rejected), (6, 3, 3));
        assert_eq!(rejected.iter().map(|row| row.line).collect::<Vec<_>>(), [5, 6, 7]);
        assert!(rejected[1].reason.contains("台帳"), "{rejected:?}");
        let again = import::accounts(&system, file.as_bytes()).await.unwrap();
        let Outcome::Done { summary, .. } = again else { panic!() };
        assert_eq!((summary.created, summary.updated, summary.unchanged), (0, 0, 3));

        house.open_clinic("0110112489", "雪の診療所").await;
        let second = "hanako@example.jp,花子,0110112489,,\n";
        let Outcome::Done { summary, .. } = import::accounts(&system, second.as_bytes()).await.unwrap() else {
            panic!()
        };
        assert_eq!((summary.created, summary.updated), (0, 1), "one person, two clinics");
        let json = serde_json::to_value(summary).unwrap();
        assert_eq!(json["rows"], 1);
    })
    .await;
}

#[tokio::test]
async fn a_person_sees_what_became_of_their_mails_and_probes_the_filter() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let (cookie, _) = house.register("hanako@example.jp", "花子", TOKYO, ProveBy::Rule).await;
        let browser = house.person(&cookie).await;
        rescue::probe(&browser).await.unwrap();
        let states = rescue::mail_state(&browser).await.unwrap();
        assert_eq!(states[0].state, "queued");
        let mail = house.mail().await;
        let states = rescue::mail_state(&browser).await.unwrap();
        assert_eq!((states[0].state.as_str(), states[0].answer.as_str()), ("sent", "250 OK"));
        let number = mail.body.lines().find(|line| line.len() == 6 && line.parse::<u32>().is_ok()).unwrap();
        assert!(!rescue::probe_arrived(&browser, "abc").await.unwrap());
        assert!(rescue::probe_arrived(&browser, number).await.unwrap());
        assert!(!rescue::probe_arrived(&browser, number).await.unwrap(), "a number is good once");
        for _ in 0..4 {
            rescue::probe(&browser).await.unwrap();
        }
        assert!(matches!(rescue::probe(&browser).await, Err(Error::TooManyTries { .. })));
    })
    .await;
}
