//! Stories of login: passwords, limits, first passwords, resets, sessions.

use crate::people::{CLINIC, ELSEWHERE, PASSWORD, TOKYO, story, token_in};
use domain::clock::Timestamp;
use services::{
    Error,
    accounts::{
        Link,
        login::{self, LoginOutcome, PasswordSet},
        membership::{self, ProveBy},
        password::{self, ResetDone},
        register::{self, MailAsked},
        session_of, sessions, touch,
    },
};
use time::Duration;

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        let visitor = house.visitor(ELSEWHERE);
        let wrong = login::password(&visitor, "hanako@example.jp", "wrong wrong wrong", "x").await.unwrap();
        let unknown = login::password(&visitor, "nobody@example.jp", "wrong wrong wrong", "x").await.unwrap();
        assert!(matches!(wrong, LoginOutcome::Refused), "{wrong:?}");
        assert_eq!(format!("{wrong:?}"), format!("{unknown:?}"));
        let empty = login::password(&visitor, " ", "", "x").await.unwrap();
        let LoginOutcome::Slips(slips) = empty else { panic!("{empty:?}") };
        assert_eq!(slips.iter().map(|slip| slip.field.as_str()).collect::<Vec<_>>(), ["email", "password"]);
        house.log_in(" HANAKO＠example.jp ", PASSWORD).await;
    })
    .await;
}

#[tokio::test]
async fn a_stranger_elsewhere_cannot_lock_a_clinic_out() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        let stranger = house.visitor(ELSEWHERE);
        let mut limited = None;
        for _ in 0..30 {
            match login::password(&stranger, "hanako@example.jp", "guess guess guess", "x").await.unwrap() {
                LoginOutcome::Refused => assert!(limited.is_none()),
                LoginOutcome::TooManyTries { until } => limited = Some(until),
                other => panic!("{other:?}"),
            }
        }
        let until: Timestamp = limited.expect("guessing is limited");
        assert!(until <= house.app.clock.now() + Duration::minutes(15));
        let right = login::password(&stranger, "hanako@example.jp", PASSWORD, "x").await.unwrap();
        assert!(matches!(right, LoginOutcome::TooManyTries { .. }), "even the right password waits there");
        house.log_in("hanako@example.jp", PASSWORD).await;

        let unknown = login::password(&stranger, "nobody@example.jp", "guess", "x").await.unwrap();
        assert!(matches!(unknown, LoginOutcome::Refused), "the network itself has tries left");
        house.clock.pass(Duration::minutes(15));
        let right = login::password(&house.visitor(ELSEWHERE), "hanako@example.jp", PASSWORD, "x").await.unwrap();
        assert!(matches!(right, LoginOutcome::LoggedIn(_)), "{right:?}");
    })
    .await;
}

#[tokio::test]
async fn guessing_over_many_addresses_is_limited_per_network_and_good_logins_do_not_count() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        for _ in 0..120 {
            house.log_in("hanako@example.jp", PASSWORD).await;
        }
        let stranger = house.visitor(ELSEWHERE);
        let mut refused = 0;
        for number in 0..110 {
            let address = format!("victim{number}@example.jp");
            match login::password(&stranger, &address, "guess", "x").await.unwrap() {
                LoginOutcome::Refused => refused += 1,
                LoginOutcome::TooManyTries { .. } => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(refused, 100);
        house.log_in("hanako@example.jp", PASSWORD).await;
    })
    .await;
}

#[tokio::test]
async fn a_customer_with_many_networks_of_ipv6_is_limited_as_one_and_its_neighbours_are_not() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        let refused = async |prefix: &str, address: &str| {
            let mut refused = 0;
            for number in 0..500 {
                let network = format!("{prefix}:{number:x}::1");
                let email = address.replace('N', &number.to_string());
                match login::password(&house.visitor(&network), &email, "guess", "x").await.unwrap() {
                    LoginOutcome::Refused => refused += 1,
                    LoginOutcome::TooManyTries { .. } => break,
                    other => panic!("{other:?}"),
                }
            }
            refused
        };
        assert_eq!(refused("2001:db8:1", "hanako@example.jp").await, 40);
        assert_eq!(refused("2001:db8:2", "victimN@example.jp").await, 400);
        let neighbour = house.visitor("2001:db8:3::1");
        let right = login::password(&neighbour, "hanako@example.jp", PASSWORD, "x").await.unwrap();
        assert!(matches!(right, LoginOutcome::LoggedIn(_)), "{right:?}");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_guessed_at_from_everywhere_is_told_once_a_day() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        house.mails().await;
        let guess = async |times: std::ops::Range<u8>| {
            for number in times {
                let stranger = house.visitor(&format!("198.51.100.{number}"));
                for email in ["hanako@example.jp", "nobody@example.jp"] {
                    login::password(&stranger, email, "guess guess guess", "x").await.unwrap();
                }
            }
        };
        guess(0..30).await;
        assert!(house.mails().await.is_empty());
        guess(30..90).await;
        let told = house.mail().await;
        assert_eq!(told.recipient, "hanako@example.jp");
        assert!(told.subject.contains("パスワードの間違いが続いています"), "{}", told.subject);
        assert!(told.body.contains("/password"), "{}", told.body);
        house.log_in("hanako@example.jp", PASSWORD).await;
        house.clock.pass(Duration::days(1));
        guess(90..130).await;
        assert_eq!(house.mail().await.recipient, "hanako@example.jp");
    })
    .await;
}

#[tokio::test]
async fn many_guesses_at_once_do_not_get_around_the_limit() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        let guesses = (0..40).map(|_| {
            let app = house.app.clone();
            tokio::spawn(async move {
                let stranger = services::Ctx::visitor(&app, ELSEWHERE);
                login::password(&stranger, "hanako@example.jp", "guess guess guess", "x").await.unwrap()
            })
        });
        let mut refused = 0;
        for guess in guesses.collect::<Vec<_>>() {
            refused += usize::from(matches!(guess.await.unwrap(), LoginOutcome::Refused));
        }
        assert_eq!(refused, 10);
    })
    .await;
}

#[tokio::test]
async fn a_provisional_login_is_explained_whether_or_not_it_exists() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.import("1330100016@01,あおば歯科,1330100016,owner,\n").await;
        let visitor = house.visitor(CLINIC);
        for typed in ["1330100016@01", "1330100016＠48", "nobody@17"] {
            let login = login::password(&visitor, typed, "any password", "x").await.unwrap();
            assert!(matches!(login, LoginOutcome::Provisional), "{typed}: {login:?}");
            assert_eq!(password::request_reset(&visitor, typed).await.unwrap(), MailAsked::Provisional);
            assert_eq!(register::begin(&visitor, typed).await.unwrap(), MailAsked::Provisional);
        }
        assert!(login::PROVISIONAL.contains("新規ユーザー登録"));
        assert!(house.mails().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_new_registration_takes_the_place_of_the_provisional_account() {
    story(async |house| {
        let clinic = house.open_clinic(TOKYO, "あおば歯科").await;
        house.import("1330100016@13,あおば歯科,1330100016,owner,\n").await;
        let cookie = house.member("hanako@example.jp", "花子", TOKYO).await;
        let browser = house.person(&cookie).await;
        assert_eq!(browser.owner().unwrap(), clinic, "a provisional account does not count as owner");
        let members = membership::members(&browser).await.unwrap();
        assert_eq!(members.len(), 1, "{members:?}");
        let mut conn = house.app.db.read().await.unwrap();
        let old = storage::accounts::by_email(&mut conn, "1330100016@13").await.unwrap().unwrap();
        assert!(old.disabled, "its name stays in the history, its login is closed");
    })
    .await;
}

#[tokio::test]
async fn an_imported_person_must_set_a_password_and_can_do_nothing_before() {
    story(async |house| {
        let clinic = house.open_clinic(TOKYO, "あおば歯科").await;
        let hash = house.app.hasher.hash("an old pass phrase of hers", &*house.app.randomness).await.unwrap();
        house.import(&format!("hanako@example.jp,花子,1330100016,owner,\"{hash}\"\n")).await;
        let outcome = login::password(&house.visitor(CLINIC), "hanako@example.jp", "an old pass phrase of hers", "x")
            .await
            .unwrap();
        let LoginOutcome::MustSetPassword(started) = outcome else { panic!("{outcome:?}") };
        let browser = house.person(&started.token).await;
        assert!(matches!(browser.account(), Err(Error::LoginRequired)));
        assert!(matches!(membership::mine(&browser).await, Err(Error::LoginRequired)));
        assert!(matches!(password::change(&browser, "x", PASSWORD, PASSWORD).await, Err(Error::LoginRequired)));

        let short = login::first_password(&browser, "short", "short").await.unwrap();
        assert!(matches!(short, PasswordSet::Slips(slips) if slips[0].field == "password"));
        let old = "an old pass phrase of hers";
        let set = login::first_password(&browser, old, old).await.unwrap();
        assert_eq!(set, PasswordSet::Done, "the old one will do");
        assert_eq!(house.person(&started.token).await.institution().unwrap(), clinic);
        assert!(house.mail().await.subject.contains("パスワード"));
        house.log_in("hanako@example.jp", old).await;
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_link_and_everything_else_ends() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let cookie = house.member("hanako@example.jp", "花子", TOKYO).await;
        let visitor = house.visitor(CLINIC);
        password::request_reset(&visitor, "hanako@example.jp").await.unwrap();
        let first = token_in(&house.mail().await, "/password/");
        password::request_reset(&visitor, "hanako@example.jp").await.unwrap();
        let second = token_in(&house.mail().await, "/password/");
        let opened = password::open(&visitor, &second).await.unwrap();
        assert!(matches!(opened, Link::Ready(reset) if reset.email == "hanako@example.jp"));

        let new = "a wholly new pass phrase";
        let slips = password::reset(&visitor, &second, new, "another").await.unwrap();
        assert!(matches!(slips, ResetDone::Slips(slips) if slips[0].field == "password_again"));
        let with_code = format!("{TOKYO} is mine");
        let slips = password::reset(&visitor, &second, &with_code, &with_code).await.unwrap();
        assert!(matches!(slips, ResetDone::Slips(_)), "the institution's code is in it");
        assert_eq!(password::reset(&visitor, &second, new, new).await.unwrap(), ResetDone::Done);
        assert!(house.browser(&cookie).await.is_none(), "all sessions end");
        assert!(house.mail().await.subject.contains("変更しました"));
        for link in [&first, &second] {
            let again = password::reset(&visitor, link, PASSWORD, PASSWORD).await.unwrap();
            assert_eq!(again, ResetDone::Link(Link::Used), "no other link works either");
        }
        let old = login::password(&visitor, "hanako@example.jp", PASSWORD, "x").await.unwrap();
        assert!(matches!(old, LoginOutcome::Refused));
        house.log_in("hanako@example.jp", new).await;
    })
    .await;
}

#[tokio::test]
async fn a_reset_for_an_unknown_address_looks_the_same_and_only_its_mailbox_learns_of_it() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        let stranger = house.visitor(ELSEWHERE);
        let known = format!("{:?}", password::request_reset(&stranger, "hanako@example.jp").await.unwrap());
        let unknown = format!("{:?}", password::request_reset(&stranger, "nobody@example.jp").await.unwrap());
        assert_eq!(known.replace("hanako@", "nobody@"), unknown);
        let mails = house.mails().await;
        let to_unknown = mails.iter().find(|mail| mail.recipient == "nobody@example.jp").unwrap();
        assert!(to_unknown.body.contains("見つからなかった") && !to_unknown.body.contains("/password/"));
    })
    .await;
}

#[tokio::test]
async fn a_password_is_changed_with_the_present_one() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let first = house.member("hanako@example.jp", "花子", TOKYO).await;
        let (second, _) = house.log_in("hanako@example.jp", PASSWORD).await;
        let browser = house.person(&second).await;
        let new = "a wholly new pass phrase";
        let wrong = password::change(&browser, "not it", new, new).await.unwrap();
        assert!(matches!(wrong, PasswordSet::Slips(slips) if slips[0].field == "current"));
        assert_eq!(password::change(&browser, PASSWORD, new, new).await.unwrap(), PasswordSet::Done);
        assert!(house.browser(&first).await.is_none() && house.browser(&second).await.is_some());
        for _ in 0..10 {
            password::change(&browser, "not it", new, new).await.unwrap();
        }
        let eleventh = password::change(&browser, new, PASSWORD, PASSWORD).await;
        assert!(matches!(eleventh, Err(Error::TooManyTries { .. })));
    })
    .await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let first = house.member("hanako@example.jp", "花子", TOKYO).await;
        let (second, _) = house.log_in("hanako@example.jp", PASSWORD).await;
        let (third, _) = house.log_in("hanako@example.jp", PASSWORD).await;
        let browser = house.person(&second).await;
        let lines = sessions::list(&browser).await.unwrap();
        assert_eq!((lines.len(), lines.iter().filter(|line| line.current).count()), (3, 1));
        let other = session_of(&house.app, &first).await.unwrap().unwrap().token_hash;
        sessions::end(&browser, &other).await.unwrap();
        assert!(house.browser(&first).await.is_none());
        assert!(matches!(sessions::end(&browser, &other).await, Err(Error::NotFound)));
        assert_eq!(sessions::end_others(&browser).await.unwrap(), 1);
        assert!(house.browser(&third).await.is_none());
        login::logout(&browser).await.unwrap();
        assert!(house.browser(&second).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let hanako = house.member("hanako@example.jp", "花子", TOKYO).await;
        let (jiro, _) = house.register("jiro@example.jp", "次郎", TOKYO, ProveBy::Rule).await;
        let hers = session_of(&house.app, &hanako).await.unwrap().unwrap().token_hash;
        let tried = sessions::end(&house.person(&jiro).await, &hers).await;
        assert!(matches!(tried, Err(Error::NotFound)));
        assert!(house.browser(&hanako).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_session_lives_by_use_and_ends_without() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let cookie = house.member("hanako@example.jp", "花子", TOKYO).await;
        for _ in 0..4 {
            house.clock.pass(Duration::minutes(20));
            let session = session_of(&house.app, &cookie).await.unwrap().expect("use keeps it alive");
            touch(&house.app, &session).await.unwrap();
        }
        house.clock.pass(Duration::seconds(30));
        let before = session_of(&house.app, &cookie).await.unwrap().unwrap();
        touch(&house.app, &before).await.unwrap();
        let after = session_of(&house.app, &cookie).await.unwrap().unwrap();
        assert_eq!(before, after, "at most once a minute");
        house.clock.pass(Duration::minutes(31));
        assert!(house.browser(&cookie).await.is_none());
        services::accounts::sweep(&house.app).await.unwrap();
    })
    .await;
}
