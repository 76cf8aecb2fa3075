//! Stories of memberships: codes, owners, reviewers, invitations, the end.

use crate::people::{CLINIC, HOKKAIDO, PASSWORD, TOKYO, story, token_in, whole};
use domain::permissions::Role;
use services::{
    Error, MembershipRule,
    accounts::{
        Link,
        membership::{self, AcceptForm, Accepted, Asked, CodeAnswer, Decided, Invited, ProveBy, Removed, Requested},
        session_of,
    },
};
use time::Duration;

#[tokio::test]
async fn five_wrong_codes_kill_a_letter_and_a_new_one_helps() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let (cookie, asked) = house.register("hanako@example.jp", "花子", TOKYO, ProveBy::Rule).await;
        let Asked::Letter { membership, .. } = asked else { panic!("{asked:?}") };
        let first = house.posted_code(membership).await;
        let wrong = if first.starts_with("AAA") { "CCC-CCC-CCC" } else { "AAA-AAA-AAA" };
        let browser = house.person(&cookie).await;
        let slip = membership::confirm_code(&browser, membership, "0").await.unwrap();
        assert!(matches!(slip, CodeAnswer::Slip(_)), "what cannot be a code is no try");
        for left in [4, 3, 2, 1, 0] {
            let answer = membership::confirm_code(&browser, membership, wrong).await.unwrap();
            assert_eq!(answer, CodeAnswer::Wrong { left });
        }
        assert_eq!(membership::confirm_code(&browser, membership, &first).await.unwrap(), CodeAnswer::NoCode);

        assert!(matches!(membership::resend_letter(&browser, membership).await.unwrap(), Asked::Letter { .. }));
        let second = house.posted_code(membership).await;
        assert_ne!(first, second);
        let answer = membership::confirm_code(&browser, membership, &first).await.unwrap();
        assert_eq!(answer, CodeAnswer::Wrong { left: 4 }, "the old code is dead");
        assert_eq!(membership::confirm_code(&browser, membership, &second).await.unwrap(), CodeAnswer::Active);
    })
    .await;
}

#[tokio::test]
async fn many_guesses_at_once_get_no_more_than_five_answers() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let (cookie, asked) = house.register("hanako@example.jp", "花子", TOKYO, ProveBy::Rule).await;
        let Asked::Letter { membership, .. } = asked else { panic!("{asked:?}") };
        let right = house.posted_code(membership).await;
        let mut guesses = vec![];
        for _ in 0..12 {
            let (app, cookie) = (house.app.clone(), cookie.clone());
            guesses.push(tokio::spawn(async move {
                let session = session_of(&app, &cookie).await.unwrap().unwrap();
                let browser = services::Ctx::person(&app, session, CLINIC);
                membership::confirm_code(&browser, membership, "AAA-AAA-AAA").await
            }));
        }
        for guess in guesses {
            let answer = guess.await.unwrap();
            assert!(!matches!(answer, Ok(CodeAnswer::Active)), "{answer:?}");
        }
        let browser = house.person(&cookie).await;
        assert_eq!(membership::confirm_code(&browser, membership, &right).await.unwrap(), CodeAnswer::NoCode);
    })
    .await;
}

#[tokio::test]
async fn a_code_runs_out_and_letters_are_limited() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let (_, asked) = house.register("hanako@example.jp", "花子", TOKYO, ProveBy::Rule).await;
        let Asked::Letter { membership, until } = asked else { panic!("{asked:?}") };
        let code = house.posted_code(membership).await;
        house.clock.pass(until - house.app.clock.now() + Duration::SECOND);
        let (cookie, _) = house.log_in("hanako@example.jp", PASSWORD).await;
        let browser = house.person(&cookie).await;
        assert_eq!(membership::confirm_code(&browser, membership, &code).await.unwrap(), CodeAnswer::Expired);
        for _ in 0..3 {
            membership::resend_letter(&browser, membership).await.unwrap();
        }
        let fourth = membership::resend_letter(&browser, membership).await;
        assert!(matches!(fourth, Err(Error::TooManyTries { .. })), "letters cost money");
    })
    .await;
}

#[tokio::test]
async fn a_membership_belongs_to_its_person() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let (_, asked) = house.register("hanako@example.jp", "花子", TOKYO, ProveBy::Rule).await;
        let Asked::Letter { membership, .. } = asked else { panic!("{asked:?}") };
        let code = house.posted_code(membership).await;
        let (other, _) = house.register("jiro@example.jp", "次郎", TOKYO, ProveBy::Rule).await;
        let browser = house.person(&other).await;
        let stolen = membership::confirm_code(&browser, membership, &code).await;
        assert!(matches!(stolen, Err(Error::NotFound)));
        assert!(matches!(membership::resend_letter(&browser, membership).await, Err(Error::NotFound)));
        assert!(matches!(membership::remove(&browser, membership).await, Err(Error::NotFound)));
        assert!(matches!(membership::approve(&browser, membership).await, Err(Error::Forbidden)));
    })
    .await;
}

#[tokio::test]
async fn an_owner_invites_a_new_person_and_one_who_has_an_account() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        house.open_clinic(HOKKAIDO, "雪の診療所").await;
        let owner = house.member("hanako@example.jp", "花子", TOKYO).await;
        let other = house.member("yuki@example.jp", "雪", HOKKAIDO).await;

        let invited = membership::invite(&house.person(&owner).await, "Jiro@example.jp").await.unwrap();
        assert_eq!(invited, Invited::Sent { address: "jiro@example.jp".to_owned() });
        let token = token_in(&house.mail().await, "/invitation/");
        let visitor = house.visitor(CLINIC);
        let invitation = membership::invitation(&visitor, &token).await.unwrap();
        assert!(matches!(&invitation, Link::Ready(i) if i.account.is_none() && i.institution_name == "あおば歯科"));
        let form = AcceptForm {
            name: "次郎".to_owned(),
            password: PASSWORD.to_owned(),
            password_again: PASSWORD.to_owned(),
            device: String::new(),
        };
        let accepted = membership::accept_invitation(&visitor, &token, &form).await.unwrap();
        let Accepted::LoggedIn(started) = accepted else { panic!("{accepted:?}") };
        assert_eq!(started.session.institution.as_ref().unwrap().role, "staff");
        let again = membership::accept_invitation(&visitor, &token, &form).await.unwrap();
        assert!(matches!(again, Accepted::Link(Link::Used)));

        membership::invite(&house.person(&owner).await, "yuki@example.jp").await.unwrap();
        let token = token_in(&house.mail().await, "/invitation/");
        let accepted = membership::accept_invitation(&visitor, &token, &AcceptForm::default()).await.unwrap();
        assert!(matches!(accepted, Accepted::Joined), "{accepted:?}");
        let session = session_of(&house.app, &other).await.unwrap().unwrap();
        assert_eq!(session.institutions, 2);
        let twice = membership::invite(&house.person(&owner).await, "yuki@example.jp").await.unwrap();
        assert!(matches!(twice, Invited::Slips(_)), "{twice:?}");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_dies_with_the_owners_power_and_after_a_week() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let first = house.member("hanako@example.jp", "花子", TOKYO).await;
        membership::invite(&house.person(&first).await, "jiro@example.jp").await.unwrap();
        let token = token_in(&house.mail().await, "/invitation/");
        let visitor = house.visitor(CLINIC);
        let form = AcceptForm {
            name: "次郎".into(),
            password: PASSWORD.into(),
            password_again: PASSWORD.into(),
            device: String::new(),
        };
        membership::accept_invitation(&visitor, &token, &form).await.unwrap();
        let browser = house.person(&first).await;
        let members = membership::members(&browser).await.unwrap();
        let jiro = members.iter().find(|member| member.person_email == "jiro@example.jp").unwrap();
        membership::make_owner(&browser, jiro.id).await.unwrap();
        membership::invite(&browser, "late@example.jp").await.unwrap();
        let void = token_in(&house.mail().await, "/invitation/");
        let own = members.iter().find(|member| member.person_email == "hanako@example.jp").unwrap();
        assert_eq!(membership::remove(&browser, own.id).await.unwrap(), Removed::Done, "an owner may leave now");
        assert_eq!(membership::invitation(&visitor, &void).await.unwrap(), Link::Unknown);

        let (cookie, _) = house.log_in("jiro@example.jp", PASSWORD).await;
        membership::invite(&house.person(&cookie).await, "late@example.jp").await.unwrap();
        let mails = house.mails().await;
        let token = token_in(mails.last().unwrap(), "/invitation/");
        house.clock.pass(Duration::days(7));
        assert_eq!(membership::invitation(&house.visitor(CLINIC), &token).await.unwrap(), Link::Expired);
    })
    .await;
}

#[tokio::test]
async fn a_removed_member_is_out_at_the_next_click_and_the_only_owner_stays() {
    story(async |house| {
        let clinic = house.open_clinic(TOKYO, "あおば歯科").await;
        let owner = house.member("hanako@example.jp", "花子", TOKYO).await;
        let second = house.member("jiro@example.jp", "次郎", TOKYO).await;
        let browser = house.person(&owner).await;
        let members = membership::members(&browser).await.unwrap();
        assert_eq!(members.iter().map(|member| member.role.as_str()).collect::<Vec<_>>(), ["owner", "staff"]);
        assert_eq!(membership::remove(&browser, members[0].id).await.unwrap(), Removed::LastOwner);
        assert_eq!(house.person(&second).await.institution().unwrap(), clinic);

        assert_eq!(membership::remove(&browser, members[1].id).await.unwrap(), Removed::Done);
        assert!(house.browser(&second).await.is_none(), "the next click asks to log in");
        let mail = house.mail().await;
        assert!(mail.recipient == "jiro@example.jp" && mail.subject.contains("終了"), "{mail:?}");
        let (cookie, session) = house.log_in("jiro@example.jp", PASSWORD).await;
        assert_eq!(session.institution, None);
        let chosen = membership::choose(&house.person(&cookie).await, clinic).await;
        assert!(matches!(chosen, Err(Error::NotFound)));
        assert!(matches!(membership::remove(&browser, members[1].id).await, Err(Error::ChangedMeanwhile)));

        let asked = membership::request(&house.person(&cookie).await, &whole(TOKYO), ProveBy::Owner, false).await;
        assert!(matches!(asked.unwrap(), Requested::Asked(Asked::Owner { .. })), "who was removed may ask again");
    })
    .await;
}

#[tokio::test]
async fn a_person_of_two_clinics_chooses_for_which_one_to_act() {
    story(async |house| {
        let tokyo = house.open_clinic(TOKYO, "あおば歯科").await;
        let hokkaido = house.open_clinic(HOKKAIDO, "雪の診療所").await;
        let cookie = house.member("hanako@example.jp", "花子", TOKYO).await;
        let browser = house.person(&cookie).await;
        let asked = membership::request(&browser, &whole(HOKKAIDO), ProveBy::Rule, false).await.unwrap();
        let Requested::Asked(Asked::Letter { membership, .. }) = asked else { panic!("{asked:?}") };
        let twice = membership::request(&browser, &whole(HOKKAIDO), ProveBy::Rule, false).await.unwrap();
        assert!(matches!(twice, Requested::Asked(Asked::Already { membership: same, .. }) if same == membership));
        let early = membership::choose(&browser, hokkaido).await;
        assert!(matches!(early, Err(Error::NotFound)), "not before it is proved");
        let code = house.posted_code(membership).await;
        membership::confirm_code(&browser, membership, &code).await.unwrap();
        for chosen in [tokyo, hokkaido] {
            membership::choose(&house.person(&cookie).await, chosen).await.unwrap();
            assert_eq!(house.person(&cookie).await.institution().unwrap(), chosen);
        }
        assert_eq!(membership::mine(&house.person(&cookie).await).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_reviewer_decides_where_the_operator_rules_so_but_never_their_own() {
    crate::people::story_with(
        |settings| settings.membership = MembershipRule::Reviewer,
        async |house| {
            house.open_clinic(TOKYO, "あおば歯科").await;
            let (cookie, asked) = house.register("hanako@example.jp", "花子", TOKYO, ProveBy::Rule).await;
            let Asked::Reviewer { membership } = asked else { panic!("{asked:?}") };
            let by_applicant = membership::review_list(&house.person(&cookie).await).await;
            assert!(matches!(by_applicant, Err(Error::Forbidden)));

            let reviewer = house.staff("reviewer@madoguchi.example", &[Role::Reviewer]).await;
            let reviewer = house.person(&reviewer).await;
            assert_eq!(membership::review_list(&reviewer).await.unwrap().len(), 1);
            let without_reason = membership::review_decide(&reviewer, membership, Some(" ")).await.unwrap();
            assert!(matches!(without_reason, Decided::Slips(slips) if slips[0].field == "reason"));
            membership::review_decide(&reviewer, membership, Some("コードが違います。")).await.unwrap();
            assert!(house.mail().await.body.contains("コードが違います。"));

            let again = membership::request(&house.person(&cookie).await, &whole(TOKYO), ProveBy::Rule, false).await;
            assert!(
                matches!(again.unwrap(), Requested::Asked(Asked::Reviewer { membership: same }) if same == membership)
            );
            assert_eq!(membership::review_decide(&reviewer, membership, None).await.unwrap(), Decided::Done);
            assert_eq!(
                house.person(&cookie).await.owner().unwrap(),
                house.person(&cookie).await.institution().unwrap()
            );

            let own = house.pending_of_staff(&reviewer, TOKYO).await;
            let decided = membership::review_decide(&reviewer, own, None).await;
            assert!(matches!(decided, Err(Error::Forbidden)), "{decided:?}");
        },
    )
    .await;
}

#[tokio::test]
async fn an_owner_declines_with_a_reason_and_the_letter_on_its_way_is_dead() {
    story(async |house| {
        house.open_clinic(TOKYO, "あおば歯科").await;
        let owner = house.member("hanako@example.jp", "花子", TOKYO).await;
        let (cookie, asked) = house.register("mallory@example.jp", "マロリー", TOKYO, ProveBy::Rule).await;
        let Asked::Letter { membership, .. } = asked else { panic!("{asked:?}") };
        let code = house.posted_code(membership).await;
        let browser = house.person(&owner).await;
        membership::decline(&browser, membership, "当院の職員ではありません。").await.unwrap();
        assert!(house.mail().await.body.contains("当院の職員ではありません。"));
        let typed = membership::confirm_code(&house.person(&cookie).await, membership, &code).await;
        assert!(matches!(typed, Err(Error::ChangedMeanwhile)));
    })
    .await;
}
