//! The index of the search: it finds what a look through all texts would find, is made anew when it must be, and is what each
//! engine really asks.

use std::{collections::BTreeSet, sync::Mutex};

use domain::{
    clock::Timestamp,
    content::{
        search::{Compared, Kind, Needle, judge, plain},
        synonyms::Synonyms,
        tokens::expression,
    },
    typed::search_key,
};
use sqlx::Row;
use storage::{Conn, Db, search::NewEntry};
use tempfile::TempDir;

use crate::{
    browser::Browser,
    search::page,
    support::{House, on_each_database, restoring::on_each_pair_of_databases},
};

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    /// A text of few letters, so that many texts have the same pairs in another order.
    fn text(&mut self, longest: usize) -> String {
        const LETTERS: [&str; 16] =
            ["回", "線", "種", "別", "か", "カ", "ｶﾞ", "ん", "ン", "A", "ａ", "1", "ー", " ", "𠮷", "、"];
        (0..=self.below(longest)).map(|_| LETTERS[self.below(LETTERS.len())]).collect()
    }

    /// A part of a text, of two characters at least.
    fn part(&mut self, text: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        let from = self.below(letters.len().saturating_sub(1).max(1));
        let length = 2 + self.below(6);
        letters.iter().skip(from).take(length).collect()
    }
}

async fn put(house: &House, subject: &str, title: &str, body: &str) {
    put_into(&house.app.db, house.app.clock.now(), subject, title, body).await;
}

async fn put_into(db: &Db, now: Timestamp, subject: &str, title: &str, body: &str) {
    let entry = NewEntry {
        kind: Kind::Article,
        subject,
        shown_from: now,
        shown_until: None,
        changed_at: now,
        audience: "",
        number: "",
        category: "",
        title,
        body,
    };
    let mut tx = db.write().await.unwrap();
    storage::search::put(&mut tx, &entry, 1).await.unwrap();
    tx.commit().await.unwrap();
}

/// What the index finds for a needle and what is left of it after the comparison.
async fn found(conn: &mut Conn, needle: &Needle, now: Timestamp) -> BTreeSet<String> {
    let Some(wanted) = expression(needle, Some(Kind::Article), false) else { return BTreeSet::new() };
    let ids = storage::search::candidates(conn, &wanted, now, 10_000).await.unwrap();
    let texts = storage::search::of_numbers(conn, &ids, true).await.unwrap();
    let fits = |text: &storage::search::Candidate| {
        let compared = Compared { title: &text.title_key, number: "", category: "", body: &text.body_key };
        judge(needle, &compared).is_some()
    };
    texts.into_iter().filter(|text| text.subject.starts_with("made-") && fits(text)).map(|text| text.subject).collect()
}

#[tokio::test]
async fn any_part_of_a_text_finds_it_and_the_index_finds_what_a_look_through_all_would() {
    let told = Mutex::new(vec![]);
    on_each_database(async |house| {
        let mut dice = Dice(7);
        let texts: Vec<(String, String)> = (0..200).map(|_| (dice.text(12), dice.text(60))).collect();
        for (number, (title, body)) in texts.iter().enumerate() {
            put(house, &format!("made-{number}"), title, body).await;
        }
        let keys: Vec<(String, String)> =
            texts.iter().map(|(title, body)| (search_key(title), search_key(&plain(body)))).collect();
        let mut conn = house.app.db.read().await.unwrap();
        let mut all = vec![];
        for _ in 0..400 {
            let number = dice.below(keys.len());
            let typed = [dice.part(&keys[number].1), dice.part(&keys[number].0)];
            let typed = if dice.below(3) == 0 { typed.join(" ") } else { typed[0].clone() };
            let Some(needle) = Needle::read(&typed, &Synonyms::default()) else { continue };
            let within = |(title, body): &(String, String)| {
                needle.words.iter().all(|word| title.contains(&word.key) || body.contains(&word.key))
            };
            let naive = keys.iter().enumerate().filter(|(_, key)| within(key)).map(|(n, _)| format!("made-{n}"));
            let naive: BTreeSet<String> = naive.collect();
            assert!(naive.contains(&format!("made-{number}")), "{typed:?} is a part of {:?}", keys[number]);
            let found = found(&mut conn, &needle, house.app.clock.now()).await;
            assert_eq!(found, naive, "{typed:?}");
            all.push(found);
        }
        assert!(all.len() > 300 && all.iter().any(|found| found.len() > 3));
        told.lock().unwrap().push(all);
    })
    .await;
    let told = told.into_inner().unwrap();
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_text_takes_the_place_of_itself_and_two_of_the_same_second_stand_beside_each_other() {
    on_each_database(async |house| {
        let needle = |typed: &str| Needle::read(typed, &Synonyms::default()).unwrap();
        let now = house.app.clock.now();
        put(house, "made-1", "まえのことば", "くまざさ").await;
        put(house, "made-1", "あとのことば", "やまぶき").await;
        put(house, "made-2", "あとのことば", "やまぶき").await;
        let mut conn = house.app.db.read().await.unwrap();
        assert!(found(&mut conn, &needle("くまざさ"), now).await.is_empty());
        assert_eq!(found(&mut conn, &needle("やまぶき"), now).await.len(), 2);
        drop(conn);
        let mut tx = house.app.db.write().await.unwrap();
        storage::search::remove(&mut tx, Kind::Article, "made-2").await.unwrap();
        tx.commit().await.unwrap();
        let mut conn = house.app.db.read().await.unwrap();
        assert_eq!(found(&mut conn, &needle("あとのことば"), now).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_index_that_was_prepared_otherwise_is_made_anew_after_the_next_start() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        assert!(page(&visitor, "KB0010147", "").await.contains("/articles/line-kinds"));
        let mut tx = house.app.db.write().await.unwrap();
        storage::settings::remove(&mut tx, "search.format").await.unwrap();
        for slug in storage::content::article_slugs(&mut tx, "", 500).await.unwrap() {
            for kind in [Kind::Article, Kind::Faq] {
                storage::search::remove(&mut tx, kind, &slug).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        assert!(!page(&visitor, "KB0010147", "").await.contains("/articles/line-kinds"));
        let started = house.with_other_settings(|_| {}).await;
        services::jobs::work_all(&started.app, "test").await.unwrap();
        assert!(page(&visitor, "KB0010147", "").await.contains("/articles/line-kinds"));
        let format = storage::settings::get(&mut house.app.db.read().await.unwrap(), "search.format").await.unwrap();
        assert_eq!(format.as_deref(), Some("2"));
    })
    .await;
}

#[tokio::test]
async fn what_moves_to_another_database_is_found_there() {
    on_each_pair_of_databases(async |from, to| {
        let (source, now) = (Db::open(from).await.unwrap(), Timestamp::from_millis(1_780_000_000_000));
        put_into(&source, now, "made-1", "くまざさ", "やまぶき").await;
        let folder = TempDir::new().unwrap();
        services::backup::copy(&source, to, folder.path()).await.unwrap();
        let target = Db::open(to).await.unwrap();
        let needle = Needle::read("くまざさ やまぶき", &Synonyms::default()).unwrap();
        for db in [&source, &target] {
            assert_eq!(found(&mut db.read().await.unwrap(), &needle, now).await.len(), 1);
        }
        put_into(&target, now, "made-1", "やまぶき", "").await;
        assert!(found(&mut target.read().await.unwrap(), &needle, now).await.is_empty(), "the index goes on there");
        source.close().await;
        target.close().await;
    })
    .await;
}

/// How often the server's index was asked, and how often the table was read from end to end.
async fn asked(conn: &mut sqlx::PgConnection) -> (i64, i64) {
    sqlx::query("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()").execute(&mut *conn).await.unwrap();
    let text =
        "SELECT i.idx_scan, t.seq_scan FROM pg_stat_user_indexes i JOIN pg_stat_user_tables t ON t.relid = i.relid
        WHERE i.indexrelname = 'search_entries_tokens'";
    let row = sqlx::query(text).fetch_one(conn).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn each_engine_asks_its_index_even_for_a_word_that_is_everywhere() {
    on_each_database(async |house| {
        for number in 0..50 {
            put(house, &format!("made-{number}"), "どこにもあることば", &"長い文です。".repeat(40)).await;
        }
        let needle = Needle::read("です", &Synonyms::default()).unwrap();
        let wanted = expression(&needle, None, false).unwrap();
        let mut conn = house.app.db.read().await.unwrap();
        let ids = storage::search::candidates(&mut conn, &wanted, house.app.clock.now(), 40).await.unwrap();
        assert!(ids.len() == 40 && ids.is_sorted(), "the last changed ones, in order");
        let Conn::Postgres(server) = &mut conn else { return };
        let before = asked(server).await;
        for _ in 0..3 {
            storage::search::candidates(&mut conn, &wanted, house.app.clock.now(), 40).await.unwrap();
        }
        let Conn::Postgres(server) = &mut conn else { return };
        let after = asked(server).await;
        assert_eq!((after.0 - before.0, after.1 - before.1), (3, 0));
    })
    .await;
}
