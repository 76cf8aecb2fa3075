//! Examining: two officers on one case, several decisions at once, what stands on a case.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use domain::{
    applications::State,
    ids::{ApplicationId, RunId},
    permissions::Role,
};
use storage::applications::Application;
use time::{Date, macros::date};

use crate::{
    browser::{Answer, Browser, account, named_account},
    queues::sent_on,
    steps::{clinic, decide, filed, mails, staff, stored},
    support::{House, on_each_database},
};

const TODAY: Date = date!(2026 - 05 - 20);

pub(crate) fn office(case: &str) -> String {
    format!("/office{case}")
}

pub(crate) async fn version(house: &House, case: &str) -> String {
    stored(house, case).await.version.to_string()
}

/// A case as the list of a queue sends it.
async fn chosen(house: &House, case: &str) -> String {
    format!("{}:{}", case.rsplit('/').next().unwrap(), version(house, case).await)
}

fn run(house: &House) -> String {
    RunId::new(house.app.clock.now(), &*house.app.randomness).to_string()
}

async fn several(browser: &Browser, act: &str, run: &str, cases: &[String], words: &str) -> Answer {
    let mut fields = vec![("act", act), ("run", run), ("queue", "state=submitted"), ("words", words)];
    fields.extend(cases.iter().map(|case| ("case", case.as_str())));
    browser.post("/office/queue/eligibility/decide", &fields).await
}

#[tokio::test]
async fn of_two_officers_on_one_case_the_second_is_told_and_nothing_is_written_over() {
    on_each_database(async |house| {
        let (_, clinic) = clinic(house, "1330100016").await;
        let case = filed(house, &clinic).await;
        let first = named_account(house, "一宮 審", "first@madoguchi.example", &[Role::Reviewer], None).await;
        let (first, second) = (Browser::of(house, first, true).await, staff(house, Role::Reviewer).await);
        let seen = version(house, &case).await;
        decide(house, &first, &case, "take", &[]).await;
        for (act, words) in [("accept", ""), ("reject", "お断りします。"), ("ask", "お尋ねします。")] {
            let fields = [("version", seen.as_str()), ("words-general", words), ("words-question", words)];
            let late = second.post(&format!("{}/{act}", office(&case)), &fields).await;
            assert_eq!(late.status, StatusCode::CONFLICT, "{act}");
            assert!(
                late.body.contains("この申請の状態が変わっています") && late.body.contains(words),
                "{act}: {}",
                late.body
            );
            assert!(late.body.contains("一宮 審さんが担当しています"), "{}", late.body);
        }
        let now = version(house, &case).await;
        let held = second.post(&format!("{}/accept", office(&case)), &[("version", &now)]).await;
        assert_eq!(held.status, StatusCode::CONFLICT, "also with the present version it is the colleague's");
        assert_eq!(stored(house, &case).await.state, State::InReview);
    })
    .await;
}

#[tokio::test]
async fn a_decision_on_a_withdrawn_case_changes_nothing() {
    on_each_database(async |house| {
        let (_, clinic) = clinic(house, "1330100016").await;
        let case = filed(house, &clinic).await;
        let reviewer = staff(house, Role::Reviewer).await;
        let seen = version(house, &case).await;
        clinic.post(&format!("{case}/withdraw"), &[]).await;
        let late = reviewer.post(&format!("{}/accept", office(&case)), &[("version", &seen)]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("いまの状態は「取下げ」です"), "{}", late.body);
        assert_eq!(stored(house, &case).await.state, State::Withdrawn);
    })
    .await;
}

/// Two good cases, one that changed, one of the reviewer's own, one withdrawn.
async fn five(house: &House, own: domain::ids::AccountId) -> Vec<String> {
    let mut cases = vec![];
    for (number, code) in ["1330100016", "2710200018", "1410300019", "1340100014"].into_iter().enumerate() {
        cases.push(sent_on(house, TODAY, code, &format!("CAF000000000{number}"), "2026-07").await);
    }
    let like = stored(house, &cases[0]).await;
    let mine = Application {
        id: ApplicationId::new(house.app.clock.now(), &*house.app.randomness),
        reference: Some("OWN1-2345-6".to_owned()),
        created_by: own,
        ..like
    };
    let mut tx = house.app.db.write().await.unwrap();
    storage::applications::insert_filed(&mut tx, &mine).await.unwrap();
    tx.commit().await.unwrap();
    cases.push(format!("/applications/{}", mine.id));
    cases
}

#[tokio::test]
async fn of_several_decisions_each_is_checked_and_what_was_not_done_says_why() {
    on_each_database(async |house| {
        let me = named_account(house, "審査 正", "shinsa@madoguchi.example", &[Role::Reviewer], None).await;
        let cases = five(house, me).await;
        let reviewer = Browser::of(house, me, true).await;
        let mut all = vec![];
        for case in &cases {
            all.push(chosen(house, case).await);
        }
        decide(house, &staff(house, Role::Reviewer).await, &cases[2], "take", &[]).await;
        let owner = stored(house, &cases[3]).await.created_by;
        Browser::of(house, owner, false).await.post(&format!("{}/withdraw", cases[3]), &[]).await;
        mails(house).await;
        let run = run(house);
        let asked = [("act", "accept"), ("run", run.as_str()), ("case", &all[0]), ("case", &all[1])];
        let page = reviewer.post("/office/queue/eligibility/choose", &asked).await;
        assert!(page.body.contains("この2件を承認する") && page.body.contains(&run), "{}", page.body);
        let done = several(&reviewer, "accept", &run, &all, "").await;
        assert_eq!(done.location, format!("/office/runs/{run}"), "{}", done.body);
        let page = reviewer.get(&done.location).await.body;
        for words in
            ["2件が終わり、3件は終わっていません", "さんが担当しています", "いまの状態は「取下げ」", "ご自身が作成"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        let mut states = vec![];
        for case in &cases {
            states.push(stored(house, case).await.state);
        }
        let expected = [State::Accepted, State::Accepted, State::InReview, State::Withdrawn, State::Submitted];
        assert_eq!(states, expected);
        assert_eq!(mails(house).await.len(), 2, "each applicant is told once");
        let again = several(&reviewer, "accept", &run, &all, "").await;
        assert_eq!(again.location, done.location, "a second click shows the same list");
        assert_eq!(
            reviewer.get(&again.location).await.body.matches("終わりました").count(),
            page.matches("終わりました").count()
        );
        assert_eq!(mails(house).await.len(), 0);
        let other = staff(house, Role::Reviewer).await;
        assert_eq!(other.get(&done.location).await.status, StatusCode::NOT_FOUND);
        assert_eq!(several(&other, "accept", &run, &all, "").await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn several_are_returned_with_one_reason_and_taken_and_released_from_the_list() {
    on_each_database(async |house| {
        let mut cases = vec![];
        for (number, code) in ["1330100016", "2710200018"].into_iter().enumerate() {
            cases.push(sent_on(house, TODAY, code, &format!("CAF000000000{number}"), "2026-07").await);
        }
        let reviewer = staff(house, Role::Reviewer).await;
        for (act, state) in [("take", State::InReview), ("release", State::Submitted)] {
            let all = [chosen(house, &cases[0]).await, chosen(house, &cases[1]).await];
            let run = run(house);
            let fields = [("act", act), ("run", run.as_str()), ("case", &all[0]), ("case", &all[1])];
            let done = reviewer.post("/office/queue/eligibility/choose", &fields).await;
            assert!(reviewer.get(&done.location).await.body.contains("2件すべて、終わりました"), "{act}");
            assert_eq!(stored(house, &cases[1]).await.state, state);
        }
        let all = [chosen(house, &cases[0]).await, chosen(house, &cases[1]).await];
        let without = several(&reviewer, "return", &run(house), &all, " ").await;
        assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(without.body.contains("理由を選ぶか、入力してください"), "{}", without.body);
        let nothing = reviewer
            .post(
                "/office/queue/eligibility/choose",
                &[("act", "accept"), ("run", &run(house)), ("queue", "state=submitted")],
            )
            .await;
        assert_eq!(nothing.location, "/office/queue/eligibility?state=submitted&said=unchosen");
        let run = run(house);
        let mut fields = vec![("act", "return"), ("run", run.as_str()), ("words", "書類もご覧ください。")];
        fields.push(("canned", "eligibility_customer_id_unknown"));
        fields.extend(all.iter().map(|case| ("case", case.as_str())));
        reviewer.post("/office/queue/eligibility/decide", &fields).await;
        for case in &cases {
            let found = stored(house, case).await;
            assert_eq!((found.state, found.reasons[0].0.as_str()), (State::Returned, "customer_id"));
            assert!(found.reasons[0].1.ends_with("書類もご覧ください。"), "{:?}", found.reasons);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_decides_what_they_sent_answered_or_accepted_before() {
    on_each_database(async |house| {
        let (_, clinic) = clinic(house, "1330100016").await;
        let case = filed(house, &clinic).await;
        let id = stored(house, &case).await.id;
        let me = account(house, "me@madoguchi.example", &[Role::Reviewer], None).await;
        let reviewer = Browser::of(house, me, true).await;
        let event = storage::applications::EventRow {
            event: domain::applications::Event::Accept,
            state: State::Submitted,
            actor: format!("account:{me}"),
            actor_name: "審査 正".to_owned(),
            note: String::new(),
            at: house.app.clock.now(),
        };
        let mut tx = house.app.db.write().await.unwrap();
        let line = domain::ids::EventId::new(house.app.clock.now(), &*house.app.randomness);
        storage::applications::insert_event(&mut tx, line, id, &event).await.unwrap();
        tx.commit().await.unwrap();
        let page = reviewer.get(&office(&case)).await.body;
        assert!(!page.contains("承認する</button>") && page.contains("判断できません"), "{page}");
        let seen = version(house, &case).await;
        let refused = reviewer.post(&format!("{}/accept", office(&case)), &[("version", &seen)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_eq!(stored(house, &case).await.state, State::Submitted);
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_was_refused_stands_on_the_case_with_the_servers_words_and_what_to_do() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let id = stored(house, &case).await.id;
        let mail = storage::mails::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap().remove(0);
        let reviewer = staff(house, Role::Reviewer).await;
        assert!(!reviewer.get(&office(&case)).await.body.contains("申請者にメールが届いていません"));
        let mut tx = house.app.db.write().await.unwrap();
        let words = "550 5.1.1 no such user here";
        storage::mails::set_state(&mut tx, mail.id, "refused", words, None).await.unwrap();
        tx.commit().await.unwrap();
        let page = reviewer.get(&office(&case)).await.body;
        for expected in ["申請者にメールが届いていません", words, "03-0000-0000", "相手のサーバーが拒否"]
        {
            assert!(page.contains(expected), "{expected}: {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_deep_link_to_a_foreign_case_is_refused_to_every_other_role_and_recorded() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let id = stored(house, &case).await.id;
        let actions = async || {
            let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 50).await.unwrap();
            let about = rows.into_iter().filter(|row| row.subject == format!("application:{id}"));
            about.map(|row| row.action).next().unwrap()
        };
        for role in Role::ALL {
            let may = domain::permissions::allows(&[*role], domain::permissions::Permission::ReadApplications);
            let status = staff(house, *role).await.get(&office(&case)).await.status;
            let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(status, expected, "{role}");
            assert_eq!(actions().await, if may { "application.view" } else { "application.view_refused" }, "{role}");
        }
        let (_, stranger) = clinic(house, "2710200018").await;
        staff(house, Role::Reviewer).await.get(&office(&case)).await;
        assert_eq!(stranger.get(&case).await.status, StatusCode::NOT_FOUND);
        assert_eq!(actions().await, "application.view_refused");
        assert_eq!(stranger.get(&office(&case)).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn of_ten_cases_the_three_with_faults_are_told_apart_by_the_checks_alone() {
    on_each_database(async |house| {
        let mut cases = vec![];
        for number in 0..10 {
            let line = match number {
                3 => "CAF01234".to_owned(),
                _ => format!("CAF00000000{number:02}"),
            };
            let start = if number == 6 { "2026-05" } else { "2026-07" };
            cases.push(sent_on(house, TODAY, &crate::home::code(number), &line, start).await);
        }
        let closed = stored(house, &cases[8]).await.institution_id;
        let mut tx = house.app.db.write().await.unwrap();
        let found = storage::institutions::find(&mut tx, closed).await.unwrap().unwrap();
        let status = domain::institutions::InstitutionStatus::Closed;
        let closed = domain::institutions::Institution { status, ..found };
        storage::institutions::upsert(&mut tx, &[closed], house.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        house.clock.set(domain::clock::Timestamp::start_of_day(date!(2026 - 06 - 02)));
        let reviewer = staff(house, Role::Reviewer).await;
        let (mut faulty, mut named) = (BTreeSet::new(), vec![]);
        for (number, case) in cases.iter().enumerate() {
            let page = reviewer.get(&office(case)).await.body;
            let checks = page.split("<h2>自動の確認</h2>").nth(1).unwrap().split("</section>").next().unwrap();
            if !checks.contains("確認が必要なものはありません") {
                faulty.insert(number);
                named.push(checks.split("問題なしのもの").next().unwrap().to_owned());
            }
        }
        assert_eq!(faulty, BTreeSet::from([3, 6, 8]));
        for (checks, words) in named.iter().zip(["数字が5桁", "2026年5月はもう過ぎています", "台帳では「廃止」です"])
        {
            assert!(checks.contains(words), "{words}: {checks}");
        }
    })
    .await;
}
