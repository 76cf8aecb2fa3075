//! Stories of registration: link, form, letter, and who already is there.

use crate::people::{CLINIC, ELSEWHERE, HOKKAIDO, TOKYO, form, story, token_in, whole};
use services::accounts::{
    Link,
    membership::{self, Asked, CodeAnswer, ProveBy},
    register::{self, Completed, Form, MailAsked},
    session_of,
};
use time::Duration;

#[tokio::test]
async fn a_clinic_registers_and_proves_its_membership_with_the_letter() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let asked = register::begin(&house.visitor(CLINIC), " Hanako＠Example.JP ").await.unwrap();
        let MailAsked::Sent { address, sender_domain, .. } = asked else { panic!("{asked:?}") };
        assert_eq!((address.as_str(), sender_domain.as_str()), ("hanako@example.jp", "madoguchi.example"));
        let mail = house.mail().await;
        assert_eq!(mail.recipient, "hanako@example.jp");
        let link = token_in(&mail, "https://madoguchi.example/register/");
        let opened = register::open(&house.visitor(CLINIC), &link).await.unwrap();
        assert!(matches!(opened, Link::Ready(registration) if registration.email == "hanako@example.jp"));

        let completed = register::complete(&house.visitor(CLINIC), &link, &form("青葉 花子", TOKYO)).await.unwrap();
        let Completed::LoggedIn { started, asked: Asked::Letter { membership, until } } = completed else {
            panic!("{completed:?}")
        };
        assert_eq!(started.session.name, "青葉 花子");
        assert_eq!(started.session.institution, None, "the account exists without the institution");
        assert!(until > house.app.clock.now() + Duration::days(30));
        assert!(house.mails().await.is_empty(), "the letter comes by post");

        let code = house.posted_code(membership).await;
        let typed = format!(" {}ー{} ", &code[..3].to_lowercase(), &code[3..]);
        let browser = house.person(&started.token).await;
        assert_eq!(membership::confirm_code(&browser, membership, &typed).await.unwrap(), CodeAnswer::Active);
        let session = session_of(&house.app, &started.token).await.unwrap().unwrap();
        let acting = session.institution.unwrap();
        assert_eq!((acting.name.as_str(), acting.role.as_str()), ("あおば歯科", "owner"), "the first one is owner");
        assert!(house.mail().await.subject.contains("あおば歯科"));
        let again = membership::confirm_code(&house.person(&started.token).await, membership, &code).await.unwrap();
        assert_eq!(again, CodeAnswer::Active, "a double click is no fault");
    })
    .await;
}

#[tokio::test]
async fn every_slip_of_the_form_is_named_at_its_field_and_the_link_stays_good() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let link = house.confirm_address("hanako@example.jp").await;
        let faulty = Form {
            name: "\u{202E}偽".to_owned(),
            password: "short".to_owned(),
            password_again: "other".to_owned(),
            code: whole("1330100019"),
            ..Form::default()
        };
        let completed = register::complete(&house.visitor(CLINIC), &link, &faulty).await.unwrap();
        let Completed::Slips { slips, may_wait } = completed else { panic!("{completed:?}") };
        for field in ["name", "code", "password"] {
            assert!(slips.iter().any(|slip| slip.field == field), "{field}: {slips:?}");
        }
        let message = &slips.iter().find(|slip| slip.field == "code").unwrap().message;
        assert!(message.contains("13-3-0100016"), "the likely slip is named: {message}");
        assert!(!may_wait, "a wrong check digit cannot wait");

        let with_code = Form { password: TOKYO.repeat(2), password_again: TOKYO.repeat(2), ..form("花子", TOKYO) };
        let completed = register::complete(&house.visitor(CLINIC), &link, &with_code).await.unwrap();
        let Completed::Slips { slips, .. } = completed else { panic!("{completed:?}") };
        assert_eq!(slips.iter().map(|slip| slip.field.as_str()).collect::<Vec<_>>(), ["password"], "the code is in it");

        let completed = register::complete(&house.visitor(CLINIC), &link, &form("花子", TOKYO)).await.unwrap();
        assert!(matches!(completed, Completed::LoggedIn { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_double_click_makes_one_account() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let link = house.confirm_address("hanako@example.jp").await;
        let (form, visitor) = (form("花子", TOKYO), house.visitor(CLINIC));
        let clicks = (register::complete(&visitor, &link, &form), register::complete(&visitor, &link, &form));
        let (first, second) = tokio::join!(clicks.0, clicks.1);
        let outcomes = [first.unwrap(), second.unwrap()];
        let made = outcomes.iter().filter(|outcome| matches!(outcome, Completed::LoggedIn { .. })).count();
        let told = outcomes.iter().filter(|outcome| matches!(outcome, Completed::Link(Link::Used))).count();
        assert_eq!((made, told), (1, 1), "{outcomes:?}");
        assert!(matches!(register::open(&visitor, &link).await.unwrap(), Link::Used));
        house.log_in("hanako@example.jp", crate::people::PASSWORD).await;
    })
    .await;
}

#[tokio::test]
async fn a_link_ends_after_a_day_and_a_cut_one_is_unknown() {
    story(async |house| {
        let link = house.confirm_address("hanako@example.jp").await;
        let cut = &link[..20];
        assert!(matches!(register::open(&house.visitor(CLINIC), cut).await.unwrap(), Link::Unknown));
        house.clock.pass(Duration::hours(24));
        let opened = register::open(&house.visitor(CLINIC), &link).await.unwrap();
        assert_eq!(opened, Link::Expired);
        assert!(opened.message().contains("有効期限"));
        let completed = register::complete(&house.visitor(CLINIC), &link, &form("花子", TOKYO)).await.unwrap();
        assert!(matches!(completed, Completed::Link(Link::Expired)));
    })
    .await;
}

#[tokio::test]
async fn nobody_learns_who_is_registered() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.member("hanako@example.jp", "花子", TOKYO).await;
        let stranger = house.visitor(ELSEWHERE);
        let hide = |asked: MailAsked, address: &str| format!("{asked:?}").replace(address, "ADDRESS");
        let known = register::begin(&stranger, "hanako@example.jp").await.unwrap();
        let unknown = register::begin(&stranger, "nobody@example.jp").await.unwrap();
        assert_eq!(hide(known, "hanako@example.jp"), hide(unknown, "nobody@example.jp"));
        let mails = house.mails().await;
        let to = |address: &str| mails.iter().filter(|mail| mail.recipient == address).collect::<Vec<_>>();
        assert_eq!((to("hanako@example.jp").len(), to("nobody@example.jp").len()), (1, 1));
        assert!(to("hanako@example.jp")[0].subject.contains("登録済み"), "only the mailbox tells");
        assert!(!to("hanako@example.jp")[0].body.contains("/register/"));
    })
    .await;
}

#[tokio::test]
async fn a_stranger_elsewhere_cannot_use_up_a_clinics_mails() {
    story(async |house| {
        for _ in 0..60 {
            let asked = register::begin(&house.visitor(ELSEWHERE), "hanako@example.jp").await.unwrap();
            assert!(matches!(asked, MailAsked::Sent { .. }), "the page never changes");
        }
        let mails = house.mails().await;
        assert_eq!(mails.len(), 5, "one network gets few mails out for one address");
        house.confirm_address("hanako@example.jp").await;
        for number in 0..60 {
            register::begin(&house.visitor(ELSEWHERE), &format!("victim{number}@example.jp")).await.unwrap();
        }
        assert!(house.mails().await.len() < 40, "one network gets few mails out at all");
        house.clock.pass(Duration::hours(1));
        register::begin(&house.visitor(ELSEWHERE), "late@example.jp").await.unwrap();
        assert_eq!(house.mails().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_code_that_is_not_in_the_register_yet_waits_for_the_next_import() {
    story(async |house| {
        house.open_clinic(HOKKAIDO, "雪の診療所").await;
        let link = house.confirm_address("taro@example.jp").await;
        let completed = register::complete(&house.visitor(CLINIC), &link, &form("太郎", TOKYO)).await.unwrap();
        let Completed::Slips { slips, may_wait: true } = completed else { panic!("{completed:?}") };
        assert!(slips[0].message.contains("確認待ち"), "{slips:?}");

        let sure = Form { wait: true, ..form("太郎", TOKYO) };
        let completed = register::complete(&house.visitor(CLINIC), &link, &sure).await.unwrap();
        let Completed::LoggedIn { started, asked: Asked::Waiting { membership } } = completed else {
            panic!("{completed:?}")
        };
        let browser = house.person(&started.token).await;
        assert_eq!(membership::resend_letter(&browser, membership).await.unwrap(), Asked::Waiting { membership });
        let answer = membership::confirm_code(&browser, membership, "ACD-EFH-JKM").await.unwrap();
        assert_eq!(answer, CodeAnswer::NoCode);

        let file = "1330100016,あおば歯科,アオバシカ,100-0001,東京都千代田区千代田1-1,03-1234-5678,青葉会,現存,,\n";
        let system = services::Ctx::system(&house.app, "import");
        let options = services::institutions::import::Options::default();
        services::institutions::import::run(&system, file.as_bytes(), options).await.unwrap();
        let mail = house.mail().await;
        assert!(mail.recipient == "taro@example.jp" && mail.body.contains("あおば歯科"), "{mail:?}");

        let asked = membership::resend_letter(&house.person(&started.token).await, membership).await.unwrap();
        assert!(matches!(asked, Asked::Letter { .. }), "{asked:?}");
        let code = house.posted_code(membership).await;
        let browser = house.person(&started.token).await;
        assert_eq!(membership::confirm_code(&browser, membership, &code).await.unwrap(), CodeAnswer::Active);
    })
    .await;
}

#[tokio::test]
async fn a_second_person_asks_the_owner() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let owner = house.member("hanako@example.jp", "花子", TOKYO).await;
        let (second, asked) = house.register("jiro@example.jp", "次郎", TOKYO, ProveBy::Owner).await;
        let Asked::Owner { membership } = asked else { panic!("{asked:?}") };
        let mail = house.mail().await;
        assert!(mail.recipient == "hanako@example.jp" && mail.body.contains("jiro@example.jp"), "{mail:?}");
        let decided = membership::approve(&house.person(&owner).await, membership).await.unwrap();
        assert_eq!(decided, membership::Decided::Done);
        assert_eq!(house.mail().await.recipient, "jiro@example.jp");
        let acting = session_of(&house.app, &second).await.unwrap().unwrap().institution.unwrap();
        assert_eq!(acting.role, "staff", "later ones are staff");
        let again = membership::approve(&house.person(&owner).await, membership).await;
        assert!(matches!(again, Err(services::Error::ChangedMeanwhile)));
        let by_staff = membership::members(&house.person(&second).await).await;
        assert!(matches!(by_staff, Err(services::Error::Forbidden)));
    })
    .await;
}

#[tokio::test]
async fn who_asks_an_owner_that_does_not_exist_gets_a_letter() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let (_, asked) = house.register("jiro@example.jp", "次郎", TOKYO, ProveBy::Owner).await;
        assert!(matches!(asked, Asked::Letter { .. }), "{asked:?}");
    })
    .await;
}
