//! The reviewer's queues: every filter alone and with others, the way from case to case, filters that a person keeps.

use axum::http::StatusCode;
use domain::{applications::State, clock::Timestamp, permissions::Role};
use time::{Date, Duration, macros::date};

use crate::{
    browser::{Browser, account, institution, named_account},
    steps::{ELIGIBILITY, decide, file, staff, stored},
    support::{House, on_each_database},
};

/// The day on which the reviewers look.
const TODAY: Date = date!(2026 - 05 - 20);

/// Files an eligibility application on a day, on a line of its own; gives the address of its case.
pub(crate) async fn sent_on(house: &House, day: Date, code: &str, line: &str, start: &str) -> String {
    house.clock.set(Timestamp::start_of_day(day) + Duration::hours(10));
    let clinic = institution(house, code, &format!("医院{code}")).await;
    let owner = account(house, &format!("owner-{code}@clinic.example"), &[], Some(clinic)).await;
    let browser = Browser::of(house, owner, false).await;
    let mut answers = ELIGIBILITY.to_vec();
    (answers[4].1, answers[5].1, answers[7].1) = (line, line, start);
    file(house, &browser, "eligibility", &answers).await
}

/// Five cases: over the target, due today, fresh, examined by a reviewer, returned.
struct Desk {
    over: String,
    today: String,
    fresh: String,
    taken: String,
    returned: String,
    reviewer: Browser,
    reviewer_id: domain::ids::AccountId,
}

async fn desk(house: &House) -> Desk {
    let over = sent_on(house, date!(2026 - 05 - 13), "1330100016", "CAF0000000001", "2026-07").await;
    let today = sent_on(house, date!(2026 - 05 - 15), "2710200018", "CAF0000000002", "2026-06").await;
    let returned = sent_on(house, date!(2026 - 05 - 18), "1410300019", "CAF0000000003", "2026-07").await;
    let fresh = sent_on(house, date!(2026 - 05 - 19), "1340100014", "CAF0000000004", "2026-07").await;
    let taken = sent_on(house, TODAY, "2330400011", "CAF0000000005", "2026-09").await;
    let reviewer_id = named_account(house, "審査 正", "shinsa@madoguchi.example", &[Role::Reviewer], None).await;
    let reviewer = Browser::of(house, reviewer_id, true).await;
    decide(house, &reviewer, &taken, "take", &[]).await;
    decide(house, &reviewer, &returned, "return", &[("words-customer_id", "お確かめください。")]).await;
    Desk { over, today, fresh, taken, returned, reviewer, reviewer_id }
}

/// Cases that a queue lists, in its order, as addresses of their applicants' pages.
pub(crate) async fn listed(browser: &Browser, query: &str) -> Vec<String> {
    let page = browser.get(&format!("/office/queue/eligibility?{query}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let table = page.body.split("<tbody>").nth(1).unwrap_or_default().split("</tbody>").next().unwrap();
    let links = table.split("href=\"/office").skip(1).filter_map(|rest| rest.split(['?', '"']).next());
    links.map(str::to_owned).collect()
}

#[tokio::test]
async fn each_filter_cuts_alone_and_all_of_them_together() {
    on_each_database(async |house| {
        let desk = desk(house).await;
        let (over, today, fresh) = (&desk.over, &desk.today, &desk.fresh);
        let me = format!("state=in_review&assignee={}", desk.reviewer_id);
        let table: &[(&str, &[&String])] = &[
            ("", &[over, today, fresh]),
            ("state=nonsense&prefecture=99&age=x&flag=x&assignee=x&deadline=9", &[over, today, fresh]),
            ("state=in_review", &[&desk.taken]),
            ("state=returned", &[&desk.returned]),
            ("state=accepted", &[]),
            ("prefecture=13", &[over, fresh]),
            ("prefecture=27", &[today]),
            ("score_table=3", &[over]),
            ("score_table=4", &[fresh]),
            ("age=over", &[over]),
            ("age=today", &[today]),
            ("age=within", &[today, fresh]),
            ("deadline=14", &[today]),
            ("deadline=7", &[]),
            ("state=returned&deadline=30", &[&desk.returned]),
            ("assignee=nobody", &[over, today, fresh]),
            ("assignee=me", &[]),
            ("state=in_review&assignee=me", &[&desk.taken]),
            (&me, &[&desk.taken]),
            ("state=in_review&assignee=nobody", &[]),
            ("flag=asked", &[]),
            ("prefecture=13&score_table=3&age=over&assignee=nobody", &[over]),
            ("prefecture=13&score_table=4&age=over", &[]),
            ("prefecture=27&score_table=1&age=today&deadline=14&assignee=nobody", &[today]),
        ];
        for (query, expected) in table {
            let expected: Vec<String> = expected.iter().map(|case| (*case).clone()).collect();
            assert_eq!(listed(&desk.reviewer, query).await, expected, "{query}");
        }
        let other = listed(&staff(house, Role::Reviewer).await, "state=in_review&assignee=me").await;
        assert_eq!(other, [""; 0], "whoever asks is meant");
    })
    .await;
}

#[tokio::test]
async fn the_counts_say_how_many_wait_and_how_many_are_late() {
    on_each_database(async |house| {
        let desk = desk(house).await;
        let page = desk.reviewer.get("/office/queue/eligibility").await.body;
        let counts = page.split("状態ごとの件数").nth(1).unwrap().split("</ul>").next().unwrap().to_owned();
        for words in ["審査待ち <b>3</b>件", "目安超過 1件", "審査中 <b>1</b>件", "補正依頼 <b>1</b>件"]
        {
            assert!(counts.contains(words), "{words}: {counts}");
        }
        assert!(!counts.contains("回答待ち"), "{counts}");
    })
    .await;
}

/// The address behind a link of a page.
fn link(page: &str, words: &str) -> String {
    let before = page.split(&format!(">{words}<")).next().unwrap();
    assert_ne!(before.len(), page.len(), "{words}: {page}");
    before.rsplit("href=\"").next().unwrap().split('"').next().unwrap().replace("&#38;", "&")
}

#[tokio::test]
async fn the_way_from_case_to_case_follows_the_filter_and_survives_a_decision() {
    on_each_database(async |house| {
        let desk = desk(house).await;
        let office = |case: &String| format!("/office{case}");
        let queue = "/office/queue/eligibility?state=submitted&prefecture=13";
        let page = desk.reviewer.get(queue).await.body;
        let first = link(&page, "次の申請を審査する");
        assert!(first.starts_with(&office(&desk.over)), "{first}");
        let page = desk.reviewer.get(&first).await.body;
        let next = link(&page, "次の申請");
        assert!(next.starts_with(&office(&desk.fresh)), "Osaka lies between, and is left out: {next}");
        assert!(!page.contains("rel=\"prev\""), "it is the first");
        assert!(link(&page, "一覧に戻る").starts_with(queue));
        let page = desk.reviewer.get(&next).await.body;
        assert!(link(&page, "前の申請").starts_with(&office(&desk.over)));
        let version = stored(house, &desk.over).await.version.to_string();
        let fields = [("version", version.as_str()), ("queue", "state=submitted&prefecture=13")];
        let done = desk.reviewer.post(&format!("{}/accept", office(&desk.over)), &fields).await.location;
        let page = desk.reviewer.get(&done).await.body;
        let onward = desk.reviewer.get(&link(&page, "次の申請を審査する")).await.location;
        assert!(onward.starts_with(&office(&desk.fresh)) && onward.contains("prefecture"), "{onward}");
        decide(house, &desk.reviewer, &desk.fresh, "accept", &[]).await;
        let after = desk.fresh.rsplit('/').next().unwrap();
        let on = format!("/office/next?kind=eligibility&queue=state%3Dsubmitted%26prefecture%3D13&after={after}");
        let end = desk.reviewer.get(&on).await.location;
        assert_eq!(end, format!("{queue}&said=none"));
        assert!(desk.reviewer.get(&end).await.body.contains("この条件の次の申請は、もうありません。"));
    })
    .await;
}

#[tokio::test]
async fn a_queue_turns_its_pages_by_key_without_losing_or_repeating_a_case() {
    on_each_database(async |house| {
        let first = sent_on(house, TODAY, "1330100016", "CAF0000000001", "2026-07").await;
        let like = stored(house, &first).await;
        let mut tx = house.app.db.write().await.unwrap();
        for number in 1..120_i64 {
            let now = house.app.clock.now();
            let case = storage::applications::Application {
                id: domain::ids::ApplicationId::new(now, &*house.app.randomness),
                reference: Some(format!("TEST-{number:04}")),
                // Three cases of each minute: the identifier decides among them.
                submitted_at: Some(now + Duration::minutes(number / 3)),
                ..like.clone()
            };
            storage::applications::insert_filed(&mut tx, &case).await.unwrap();
        }
        tx.commit().await.unwrap();
        let reviewer = staff(house, Role::Reviewer).await;
        let (mut address, mut seen, mut pages) = ("/office/queue/eligibility?prefecture=13".to_owned(), vec![], 0);
        loop {
            let query = address.split_once('?').unwrap().1.to_owned();
            seen.extend(listed(&reviewer, &query).await);
            pages += 1;
            let page = reviewer.get(&address).await.body;
            let Some(next) = page.split("rel=\"next\"").next().filter(|before| before.len() < page.len()) else {
                break;
            };
            address = next.rsplit("href=\"").next().unwrap().split('"').next().unwrap().replace("&#38;", "&");
        }
        assert_eq!((pages, seen.len()), (3, 120));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 120);
    })
    .await;
}

#[tokio::test]
async fn a_saved_filter_belongs_to_its_person_only() {
    on_each_database(async |house| {
        let (mine, theirs) = (staff(house, Role::Reviewer).await, staff(house, Role::Reviewer).await);
        let queue = "/office/queue/eligibility";
        let fields = [("name", "東京の遅れ"), ("queue", "state=submitted&prefecture=13&age=over")];
        let saved = mine.post(&format!("{queue}/filters"), &fields).await;
        assert_eq!(saved.location, format!("{queue}?state=submitted&prefecture=13&age=over&said=saved"));
        let page = mine.get(queue).await.body;
        assert_eq!(link(&page, "東京の遅れ"), format!("{queue}?state=submitted&prefecture=13&age=over"));
        assert!(!theirs.get(queue).await.body.contains("東京の遅れ"));
        assert!(!mine.get("/office/queue/claims").await.body.contains("東京の遅れ"), "another queue");
        let delete = page.split(&format!("{queue}/filters/")).nth(1).unwrap().split('"').next().unwrap();
        let delete = format!("{queue}/filters/{delete}");
        assert_eq!(theirs.post(&delete, &[]).await.status, StatusCode::NOT_FOUND);
        assert!(mine.get(queue).await.body.contains("東京の遅れ"));
        mine.post(&format!("{queue}/filters"), &[("name", "東京の遅れ"), ("queue", "state=returned")]).await;
        assert_eq!(
            link(&mine.get(queue).await.body, "東京の遅れ"),
            format!("{queue}?state=returned"),
            "the name is one"
        );
        let unnamed = mine.post(&format!("{queue}/filters"), &[("name", " "), ("queue", "")]).await;
        assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY);
        mine.post(&delete, &[("queue", "")]).await;
        assert!(!mine.get(queue).await.body.contains("東京の遅れ"));
    })
    .await;
}

#[tokio::test]
async fn who_looks_only_chooses_nothing() {
    on_each_database(async |house| {
        let desk = desk(house).await;
        let auditor = staff(house, Role::Auditor).await;
        let page = auditor.get("/office/queue/eligibility").await.body;
        assert!(page.contains(&format!("/office{}", desk.over)) && !page.contains("type=\"checkbox\""), "{page}");
        let version = stored(house, &desk.over).await.version;
        let case = format!("{}:{version}", desk.over.rsplit('/').next().unwrap());
        let run = "01900000-0000-7000-8000-000000000001";
        let fields = [("act", "accept"), ("run", run), ("case", case.as_str())];
        let refused = auditor.post("/office/queue/eligibility/decide", &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_eq!(stored(house, &desk.over).await.state, State::Submitted);
    })
    .await;
}
