//! A person with many institutions: what waits comes first, each with its one next step, and nothing of anybody else.

use axum::http::StatusCode;
use domain::{
    ids::{AccountId, InstitutionId, MembershipId},
    permissions::Role,
};
use time::Duration;

use crate::{
    browser::{Browser, account, institution},
    home::code,
    steps::{begin, decide, filed, staff},
    support::{House, on_each_database},
};

/// Makes a person a member of one more institution.
pub(crate) async fn join(house: &House, person: AccountId, place: InstitutionId) -> MembershipId {
    let now = house.app.clock.now();
    let id = MembershipId::new(now, &*house.app.randomness);
    let mut tx = house.app.db.write().await.unwrap();
    storage::accounts::insert_membership(&mut tx, id, person, place, "owner", "active", now).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    id
}

/// So many institutions of one person, named by their numbers.
async fn group(house: &House, person: AccountId, count: usize) -> Vec<InstitutionId> {
    let mut places = vec![];
    for number in 0..count {
        let place = institution(house, &code(number), &format!("第{number:02}歯科")).await;
        join(house, person, place).await;
        places.push(place);
    }
    places
}

/// The names of the institutions in the order of the pages, and the pages themselves.
async fn walked(browser: &Browser) -> (Vec<String>, Vec<String>) {
    let (mut names, mut pages, mut next) = (vec![], vec![], "/institutions/overview".to_owned());
    loop {
        let page = browser.get(&next).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let rows = page.body.split("<th scope=\"row\"").skip(1);
        names.extend(rows.map(|row| row.split("<span>").nth(1).unwrap().split('<').next().unwrap().to_owned()));
        let more = page.body.split("class=\"button button-small\" href=\"").find_map(|rest| {
            let (href, rest) = rest.split_once('"')?;
            rest.starts_with(" rel=\"next\"").then(|| href.replace("&#38;", "&"))
        });
        pages.push(page.body);
        match more {
            Some(href) => next = href,
            None => return (names, pages),
        }
    }
}

pub(crate) async fn switch(browser: &Browser, place: InstitutionId, next: &str) -> String {
    let place = place.to_string();
    let switched = browser.post("/account/switch", &[("institution", place.as_str()), ("next", next)]).await;
    assert_eq!(switched.status, StatusCode::SEE_OTHER);
    switched.location
}

#[tokio::test]
async fn of_sixty_institutions_those_that_wait_stand_on_top_and_one_press_opens_the_task() {
    on_each_database(async |house| {
        let person = account(house, "group@clinic.example", &[], None).await;
        let places = group(house, person, 60).await;
        let browser = Browser::of(house, person, false).await;
        switch(&browser, places[41], "/").await;
        let returned = filed(house, &browser).await;
        let reviewer = staff(house, Role::Reviewer).await;
        decide(house, &reviewer, &returned, "return", &[("words-customer_id", "お確かめください。")]).await;
        house.clock.pass(Duration::minutes(2));
        switch(&browser, places[7], "/").await;
        let draft = begin(&browser, "claims").await;
        house.clock.pass(Duration::minutes(2));
        switch(&browser, places[3], "/").await;
        filed(house, &browser).await;
        begin(&browser, "certificate").await;

        let (names, pages) = walked(&browser).await;
        assert_eq!((names.len(), pages.len()), (60, 2));
        assert_eq!(names[..4], ["第41歯科", "第07歯科", "第03歯科", "第00歯科"]);
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), 60, "each once");
        for words in [
            "60件の医療機関等のうち、3件で対応が必要です",
            "補正の期限：2026年6月19日（金）（あと30日）",
            "申請者（あなた）",
            "補正をお願いした項目を直す",
            "2026年7月から始めるときの送信期限：2026年5月20日（水）（今日まで）",
        ] {
            assert!(pages[0].contains(words), "{words}: {}", pages[0]);
        }
        assert_eq!(switch(&browser, places[41], &format!("{returned}/edit")).await, format!("{returned}/edit"));
        assert_eq!(browser.get(&format!("{returned}/edit")).await.status, StatusCode::OK);
        let home = browser.get("/").await.body;
        assert!(home.contains("第41歯科の手続") && home.contains("補正をお願いした項目を直す"), "{home}");
        assert!(pages[0].contains(&format!("name=\"next\" value=\"{draft}/edit\"")), "{}", pages[0]);
        let forged = browser
            .post_as("/account/switch", &[("institution", &places[1].to_string())], &Browser::visitor(house))
            .await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn an_ended_membership_and_institutions_of_others_are_not_there() {
    on_each_database(async |house| {
        let person = account(house, "group@clinic.example", &[], None).await;
        let places = group(house, person, 3).await;
        let browser = Browser::of(house, person, false).await;
        switch(&browser, places[1], "/").await;
        begin(&browser, "eligibility").await;
        let other = institution(house, &code(77), "よその歯科").await;
        let stranger = account(house, "other@clinic.example", &[], Some(other)).await;
        begin(&Browser::of(house, stranger, false).await, "eligibility").await;
        assert_eq!(walked(&browser).await.0, ["第01歯科", "第00歯科", "第02歯科"]);

        let mut tx = house.app.db.write().await.unwrap();
        let all = storage::accounts::memberships_of_account(&mut tx, person).await.unwrap();
        let ended = all.iter().find(|one| one.institution_id == places[1]).unwrap().id;
        let now = house.app.clock.now();
        assert!(storage::accounts::decide_membership(&mut tx, ended, "active", "removed", "test", now).await.unwrap());
        tx.commit().await.unwrap();
        let (names, pages) = walked(&browser).await;
        assert_eq!(names, ["第00歯科", "第02歯科"]);
        assert!(!pages[0].contains("よその歯科") && !pages[0].contains("下書きの続き"), "{}", pages[0]);
        let refused = browser.post("/account/switch", &[("institution", &places[1].to_string())]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        for after in ["9_0_x", "1", "x_y_z", "-1_-1_-1"] {
            assert_eq!(browser.get(&format!("/institutions/overview?after={after}")).await.status, StatusCode::OK);
        }
    })
    .await;
}
