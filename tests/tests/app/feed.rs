//! The event feed: everything that happened, once and in order, and nothing that did not happen.

use domain::{applications::State, calendar::YearMonth, clock::Timestamp, feed::KEPT_DAYS, permissions::Role};
use serde_json::{Value, json};
use services::{
    Ctx,
    applications::Secrets,
    feed::{Happening, publish},
};
use storage::feed::{Event, after, ends};
use time::Duration;

use crate::{
    browser::{Browser, account, institution},
    renewal::{IN_TIME, Installed, renew},
    steps::{ELIGIBILITY, accepted, clinic, file, filed, staff, stored},
    support::{House, on_each_database},
};

/// All events after a place.
pub(crate) async fn events(house: &House, place: i64) -> Vec<Event> {
    after(&mut house.app.db.read().await.unwrap(), place, 10_000).await.unwrap()
}

fn kinds(events: &[Event]) -> Vec<(&str, &str)> {
    let procedure = |event: &Event| event.data["procedure"].as_str().map(str::to_owned);
    let known = ["eligibility", "certificate", "claims"];
    let short = |event: &Event| known.into_iter().find(|name| procedure(event).as_deref() == Some(name));
    events.iter().map(|event| (event.kind.as_str(), short(event).unwrap_or(""))).collect()
}

#[tokio::test]
async fn a_clinics_way_is_told_in_order_with_codes_and_days_and_without_names() {
    on_each_database(async |house| {
        let place = institution(house, "1330100016", "さくら歯科").await;
        let owner = account(house, "owner@clinic.example", &[], Some(place)).await;
        let first = filed(house, &Browser::of(house, owner, false).await).await;
        assert_eq!(events(house, 0).await, [], "what was only sent concerns nobody else yet");
        accepted(house, &first).await;
        house.clock.pass(Duration::days(60));
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert_eq!(stored(house, &first).await.state, State::InForce);
        let month = YearMonth::of(house.app.clock.now().date()).plus_months(2).as_text();
        let mut change = ELIGIBILITY.to_vec();
        (change[0].1, change[7].1) = ("change", &month);
        let second = file(house, &Browser::of(house, owner, false).await, "eligibility", &change).await;
        accepted(house, &second).await;
        let told = events(house, 0).await;
        let of = |word| (word, "eligibility");
        let wanted = [
            of("application.accepted"),
            ("master_account.issued", ""),
            ("master_account.issued", ""),
            of("application.in_force"),
            of("application.accepted"),
            of("application.superseded"),
        ];
        assert_eq!(kinds(&told), wanted);
        let places: Vec<i64> = told.iter().map(|event| event.seq).collect();
        assert_eq!(places, [1, 2, 3, 4, 5, 6]);
        let case = stored(house, &first).await;
        assert_eq!(told[0].subject, format!("application:{}", case.id));
        assert_eq!(told[0].institution_code.as_deref(), Some("1330100016"));
        let data = &told[0].data;
        assert_eq!((&data["reference"], &data["line_customer_id"]), (&json!(case.reference), &json!("CAF0123456789")));
        let whole = format!("{told:?}");
        for name in ["山田", "花子", "さくら歯科", "@clinic.example"] {
            assert!(!whole.contains(name), "{name}: {whole}");
        }
    })
    .await;
}

#[tokio::test]
async fn certificates_are_told_when_issued_tested_renewed_and_revoked() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        renew(&own.terminal(house), true).await;
        let made = own.all(house).await;
        let officer = staff(house, Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{}/revoke", made[1].id), &[("reason", "keyCompromise")]).await;
        let told = events(house, 0).await;
        let about: Vec<(&str, Option<&str>)> = told
            .iter()
            .filter(|event| !event.kind.starts_with("application."))
            .map(|event| (event.kind.as_str(), event.data["serial"].as_str()))
            .collect();
        let (old, new) = (Some(made[0].serial.as_str()), Some(made[1].serial.as_str()));
        let wanted = [
            ("certificate.issued", old),
            ("connection_test.done", old),
            ("certificate.renewed", new),
            ("certificate.revoked", old),
            ("certificate.revoked", new),
        ];
        assert_eq!(about, wanted);
        assert_eq!(told.last().unwrap().data["reason"], "keyCompromise");
        assert!(!format!("{told:?}").contains("オンライン資格確認パソコン"), "terminals are named after people, too");
    })
    .await;
}

fn happening(data: Value) -> Happening {
    Happening { kind: "connection_test.done", institution: None, subject: "certificate:test".to_owned(), data }
}

#[tokio::test]
async fn a_verb_whose_transaction_fails_has_told_nothing() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = stored(house, &filed(house, &browser).await).await;
        let ctx = Ctx::system(&house.app, "test");
        for undone in [true, false] {
            let mut tx = house.app.db.write().await.unwrap();
            services::applications::accept_in(&ctx, &mut tx, case.clone(), Secrets::default(), "").await.unwrap();
            if undone { tx.rollback().await.unwrap() } else { drop(tx) }
        }
        let old = storage::applications::Application { version: case.version - 1, ..case.clone() };
        let mut tx = house.app.db.write().await.unwrap();
        assert!(services::applications::accept_in(&ctx, &mut tx, old, Secrets::default(), "").await.is_err());
        drop(tx);
        let mut tx = house.app.db.write().await.unwrap();
        let unknown = Happening { kind: "weather.changed", ..happening(json!({})) };
        assert!(publish(&ctx, &mut tx, &unknown).is_err(), "a kind that nobody listed");
        drop(tx);
        assert_eq!(events(house, 0).await, []);
        accepted(house, &format!("/applications/{}", case.id)).await;
        assert_eq!(events(house, 0).await[0].seq, 1, "no number was used up");
    })
    .await;
}

/// Four transactions, every third of all undone.
async fn writes(app: std::sync::Arc<services::App>, number: usize) {
    let ctx = Ctx::system(&app, "test");
    for step in 0..4 {
        let mut tx = app.db.write().await.unwrap();
        publish(&ctx, &mut tx, &happening(json!({ "writer": number, "step": step }))).unwrap();
        for _ in 0..number % 5 {
            tokio::task::yield_now().await;
        }
        match (number + step) % 3 {
            0 => tx.rollback().await.unwrap(),
            _ => tx.commit().await.unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_a_number_has_read_all_before_it_however_many_write_at_once() {
    on_each_database(async |house| {
        const WRITERS: usize = 24;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..WRITERS {
            tasks.spawn(writes(house.app.clone(), number));
        }
        let (mut seen, mut place) = (vec![], 0);
        loop {
            let found = events(house, place).await;
            let over = found.is_empty() && tasks.is_empty();
            for event in found {
                assert_eq!(event.seq, place + 1, "nothing appears later before what was read");
                place = event.seq;
                seen.push((event.data["writer"].as_u64().unwrap(), event.data["step"].as_u64().unwrap()));
            }
            if over {
                break;
            }
            while tasks.try_join_next().transpose().unwrap().is_some() {}
            tokio::task::yield_now().await;
        }
        let kept =
            (0..WRITERS as u64).flat_map(|n| (0..4).map(move |step| (n, step))).filter(|(n, s)| (n + s) % 3 != 0);
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, kept.collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn after_400_days_events_are_removed_from_the_beginning() {
    on_each_database(async |house| {
        let ctx = Ctx::system(&house.app, "test");
        let begun = house.app.clock.now();
        let at = async |days: i64| {
            house.clock.set(begun + Duration::days(days));
            let ctx = Ctx { now: house.app.clock.now(), ..ctx.clone() };
            let mut tx = house.app.db.write().await.unwrap();
            publish(&ctx, &mut tx, &happening(json!({ "day": days }))).unwrap();
            tx.commit().await.unwrap();
        };
        for days in [0, 1, 2] {
            at(days).await;
        }
        house.clock.set(begun + Duration::days(KEPT_DAYS + 1) + Duration::hours(1));
        services::audit::keep_when_due(&house.app).await.unwrap();
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let kept: Vec<i64> = events(house, 0).await.iter().map(|event| event.seq).collect();
        assert_eq!(kept, [3]);
        let known = ends(&mut house.app.db.read().await.unwrap()).await.unwrap();
        assert_eq!((known.removed, known.seq), (2, 3));
        assert_eq!(Timestamp::from_millis(events(house, 0).await[0].at), begun + Duration::days(2));
    })
    .await;
}
