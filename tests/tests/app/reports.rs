//! Reports: what the summary keeps is what counting everything gives, and the pages show it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::{
    applications::{Event, Kind, State},
    clock::Timestamp,
    forms::Answers,
    ids::{AccountId, ApplicationId, EventId, InstitutionId},
    permissions::Role,
    reference::ReferenceNumber,
    reports::Topic,
};
use services::{
    Ctx,
    reports::{Range, report, summarise_when_due},
};
use storage::applications::{Application, EventRow};
use time::{Date, Duration, macros::date};

use crate::{
    browser::{account, institution},
    steps::{approved, clinic, filed, posted, staff},
    support::{House, on_each_database},
};

/// What happened to whom, as the story knows it.
#[derive(Clone, Copy, Debug)]
struct Told {
    kind: Kind,
    prefecture: &'static str,
    event: Event,
    at: Timestamp,
}

const FIRST: Date = date!(2026 - 03 - 30);
const DAYS: u32 = 45;

/// Cases at random, with everything that happened to them.
struct Crowd<'a> {
    house: &'a House,
    person: AccountId,
    places: Vec<(InstitutionId, &'static str)>,
    told: Vec<Told>,
}

impl<'a> Crowd<'a> {
    async fn new(house: &'a House) -> Self {
        let person = account(house, "crowd@clinic.example", &[], None).await;
        let codes = [("1330100016", "13"), ("2730100019", "27"), ("1310100018", "13"), ("1440100016", "14")];
        let mut places = vec![];
        for (code, prefecture) in codes {
            places.push((institution(house, code, "さくら歯科").await, prefecture));
        }
        Self { house, person, places, told: vec![] }
    }

    fn below(&self, bound: u32) -> u32 {
        (*self.house.app.randomness).below(bound)
    }

    fn instant(&self, day: Date) -> Timestamp {
        Timestamp::start_of_day(day) + Duration::milliseconds(i64::from(self.below(86_400_000)))
    }

    /// A case that was sent on a day, and what became of it.
    async fn case(&mut self, sent: Date, today: Date) {
        let kind = Kind::ALL[self.below(4) as usize];
        let (institution, prefecture) = self.places[self.below(4) as usize];
        let mut at = self.instant(sent);
        let mut happened = vec![(Event::Submit, State::Submitted, at)];
        let mut state = State::Submitted;
        let fate = self.below(5);
        let steps: &[(Event, State)] = match fate {
            0 => &[],
            1 => &[(Event::Take, State::InReview), (Event::Accept, State::Accepted)],
            2 => &[(Event::Take, State::InReview), (Event::Reject, State::Rejected)],
            3 => &[(Event::Withdraw, State::Withdrawn)],
            _ => &[
                (Event::Take, State::InReview),
                (Event::Return, State::Returned),
                (Event::Resubmit, State::Submitted),
                (Event::Take, State::InReview),
                (Event::Accept, State::Accepted),
            ],
        };
        for (event, to) in steps {
            at = at + Duration::hours(i64::from(self.below(100)));
            if at.date() > today {
                break;
            }
            state = *to;
            happened.push((*event, *to, at));
        }
        self.write(kind, institution, state, &happened).await;
        self.told.extend(happened.iter().map(|(event, _, at)| Told { kind, prefecture, event: *event, at: *at }));
    }

    async fn write(
        &self,
        kind: Kind,
        institution: InstitutionId,
        state: State,
        happened: &[(Event, State, Timestamp)],
    ) {
        let (app, at) = (&self.house.app, happened[0].2);
        let sent = happened.iter().rfind(|(event, _, _)| matches!(event, Event::Submit | Event::Resubmit)).unwrap().2;
        let case = Application {
            id: ApplicationId::new(at, &*app.randomness),
            kind,
            institution_id: institution,
            state,
            version: 1,
            reference: Some(ReferenceNumber::generate(&*app.randomness).as_str().to_owned()),
            answers: Answers::new(),
            remarks: vec![],
            line_id: None,
            terminal_name: None,
            start_month: None,
            sent_with: None,
            created_by: self.person,
            submitted_by: Some(self.person),
            assignee: None,
            flag: domain::applications::Flag::Plain,
            rule_words: String::new(),
            reasons: vec![],
            created_at: at,
            updated_at: at,
            submitted_at: Some(sent),
            state_since: at,
        };
        let mut tx = app.db.write().await.unwrap();
        storage::applications::insert_filed(&mut tx, &case).await.unwrap();
        for (event, to, at) in happened {
            let actor = "account:crowd".to_owned();
            let row = EventRow {
                event: *event,
                state: *to,
                actor: actor.clone(),
                actor_name: actor,
                note: String::new(),
                at: *at,
            };
            let id = EventId::new(*at, &*app.randomness);
            storage::applications::insert_event(&mut tx, id, case.id, &row).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Everything that happened until a day, counted one by one.
    fn counted(&self, kind: Kind, prefecture: &str, day: Date, wanted: &[Event]) -> i64 {
        let fits = |one: &&Told| {
            one.kind == kind
                && (prefecture.is_empty() || one.prefecture == prefecture)
                && one.at.date() == day
                && wanted.contains(&one.event)
        };
        i64::try_from(self.told.iter().filter(fits).count()).unwrap()
    }

    /// Cases under way at the end of a day, counted from the beginning.
    fn under_way(&self, kind: Kind, prefecture: &str, day: Date) -> i64 {
        let mut each = FIRST;
        let mut open = 0;
        while each <= day {
            open += self.counted(kind, prefecture, each, &[Event::Submit]);
            open -= self.counted(kind, prefecture, each, &[Event::Accept, Event::Reject, Event::Withdraw]);
            each += Duration::DAY;
        }
        open
    }
}

/// The pictures of a report by their titles and series.
async fn shown(house: &House, topic: Topic, prefecture: &str) -> BTreeMap<String, BTreeMap<String, Vec<i64>>> {
    shown_over(house, topic, prefecture, 90).await
}

async fn shown_over(
    house: &House,
    topic: Topic,
    prefecture: &str,
    days: u16,
) -> BTreeMap<String, BTreeMap<String, Vec<i64>>> {
    let range = Range { days, prefecture: prefecture.to_owned() };
    let report = report(&Ctx::system(&house.app, "test"), topic, &range).await.unwrap();
    report
        .pictures
        .into_iter()
        .map(|picture| (picture.title, picture.series.into_iter().map(|one| (one.name, one.values)).collect()))
        .collect()
}

async fn summarised(house: &House) {
    summarise_when_due(&house.app).await.unwrap();
    services::jobs::work_all(&house.app, "test").await.unwrap();
}

fn compare(crowd: &Crowd<'_>, found: &BTreeMap<String, BTreeMap<String, Vec<i64>>>, prefecture: &str, today: Date) {
    for kind in &Kind::ALL[..4] {
        // A procedure that nobody filed in this place has no line.
        let of = |title: &str| found[title].get(kind.label()).cloned().unwrap_or_else(|| vec![0; 90]);
        let (arrived, open) = (of("届いた申請"), of("残っている申請"));
        assert_eq!((arrived.len(), open.len()), (90, 90));
        for back in 0..90 {
            let (place, day) = (89 - back as usize, today - Duration::days(back));
            assert_eq!(arrived[place], crowd.counted(*kind, prefecture, day, &[Event::Submit]), "{kind} {day}");
            assert_eq!(open[place], crowd.under_way(*kind, prefecture, day), "{kind} {day} {prefecture}");
        }
    }
}

/// Months are the sums of their days, and what is under way is what was left at their ends.
fn compare_months(
    crowd: &Crowd<'_>,
    found: &BTreeMap<String, BTreeMap<String, Vec<i64>>>,
    prefecture: &str,
    today: Date,
) {
    for kind in &Kind::ALL[..4] {
        let of = |title: &str| found[title].get(kind.label()).cloned().unwrap_or_default();
        let (arrived, open) = (of("届いた申請"), of("残っている申請"));
        let mut end = today;
        for (arrived, open) in arrived.iter().zip(&open).rev() {
            let days = (1..=end.day()).map(|day| end.replace_day(day).unwrap());
            let sum: i64 = days.map(|day| crowd.counted(*kind, prefecture, day, &[Event::Submit])).sum();
            assert_eq!(*arrived, sum, "{kind} until {end} in {prefecture:?}");
            assert_eq!(*open, crowd.under_way(*kind, prefecture, end), "{kind} at {end} in {prefecture:?}");
            end = end.replace_day(1).unwrap() - Duration::DAY;
        }
    }
}

#[tokio::test]
async fn what_is_kept_by_day_is_what_counting_everything_gives() {
    on_each_database(async |house| {
        let mut crowd = Crowd::new(house).await;
        let last = FIRST + Duration::days(i64::from(DAYS));
        for _ in 0..120 {
            let sent = FIRST + Duration::days(i64::from(crowd.below(DAYS)));
            crowd.case(sent, last).await;
        }
        house.clock.set(Timestamp::start_of_day(last) + Duration::hours(20));
        let today = house.app.clock.now().date();
        summarised(house).await;
        for prefecture in ["", "13", "14", "47"] {
            compare(&crowd, &shown(house, Topic::Cases, prefecture).await, prefecture, today);
        }
        for prefecture in ["", "13", "47"] {
            let year = shown_over(house, Topic::Cases, prefecture, 365).await;
            compare_months(&crowd, &year, prefecture, today);
        }
        let before = shown(house, Topic::Cases, "").await;
        let outcomes = &before["審査の結果"];
        for (name, event) in [("承認", Event::Accept), ("却下", Event::Reject), ("補正依頼", Event::Return)] {
            let all = crowd.told.iter().filter(|one| one.event == event).count();
            assert_eq!(outcomes[name].iter().sum::<i64>(), i64::try_from(all).unwrap(), "{name}");
        }
        // A day goes on: what comes now is seen at once, and kept when the day is over.
        house.clock.pass(Duration::minutes(1));
        crowd.case(today, today).await;
        compare(&crowd, &shown(house, Topic::Cases, "").await, "", today);
        house.clock.pass(Duration::days(2));
        summarised(house).await;
        let today = house.app.clock.now().date();
        compare(&crowd, &shown(house, Topic::Cases, "").await, "", today);
        // A month is over, and gathered.
        house.clock.pass(Duration::days(20));
        summarised(house).await;
        for days in [365, 1_096] {
            let long = shown_over(house, Topic::Cases, "", days).await;
            compare_months(&crowd, &long, "", house.app.clock.now().date());
            let places: i64 = long["都道府県ごとの届いた申請"].values().flatten().sum();
            let sent = crowd.told.iter().filter(|one| one.event == Event::Submit).count();
            assert_eq!(places, i64::try_from(sent).unwrap());
        }
        // Made anew, everything is the same.
        let kept = kept(house).await;
        services::reports::rebuild(&Ctx::system(&house.app, "test")).await.unwrap();
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert_eq!(self::kept(house).await, kept);
    })
    .await;
}

/// Everything that is kept.
async fn kept(house: &House) -> Vec<storage::reports::Figure> {
    let mut conn = house.app.db.read().await.unwrap();
    let mut all = vec![];
    for what in ["arrived", "arrived_in", "decided", "open", "open_in", "age", "fees", "fee_count", "letters", "ending"]
    {
        all.extend(storage::reports::range(&mut conn, what, "", "9999", "").await.unwrap());
    }
    assert!(all.len() > 100);
    all
}

#[tokio::test]
async fn the_pages_show_pictures_with_their_figures_and_files() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        posted(house, &dispatch, &case, "12345678901").await;
        let (_, other) = clinic(house, "2730100019").await;
        filed(house, &other).await;
        summarised(house).await;
        let auditor = staff(house, Role::Auditor).await;
        for topic in Topic::ALL {
            let page = auditor.get(&format!("/office/reports/{topic}?days=90")).await;
            assert_eq!(page.status, StatusCode::OK, "{topic}: {}", page.body);
            assert!(page.body.contains(topic.label()) && !page.body.contains("style="), "{topic}");
        }
        let page = auditor.get("/office/reports").await.body;
        assert!(
            page.contains("<svg class=\"chart-drawing\"") && page.contains("<title id=\"chart-0-title\">届いた申請")
        );
        assert!(page.contains("5/20　オンライン資格確認 利用開始・変更申請　2件"), "{page}");
        let file = auditor.get("/office/reports/cases/0/figures.csv").await;
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        assert!(file.body.starts_with("\u{feff}日,") && file.body.lines().count() == 31, "{}", file.body);
        assert!(file.body.contains("5/20,2,1,0"), "{}", file.body);
        assert_eq!(auditor.get("/office/reports/cases/9/figures.csv").await.status, StatusCode::NOT_FOUND);
        assert_eq!(auditor.get("/office/reports/other").await.status, StatusCode::NOT_FOUND);
        let letters = auditor.get("/office/reports/letters").await.body;
        assert!(letters.contains("5/20　発送　1通") && letters.contains("0　配達中　1通"), "{letters}");
        assert!(auditor.get("/office/reports/fees").await.body.contains("発行料"));
        let wall = auditor.get("/office/wall").await.body;
        assert!(wall.contains("http-equiv=\"refresh\"") && wall.contains("今日届いた申請"), "{wall}");
        assert!(!wall.contains("さくら歯科"), "nothing on a wall tells of an institution");
    })
    .await;
}
