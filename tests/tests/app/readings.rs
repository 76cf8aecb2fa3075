//! Readings are counted once for each reader and day, stars once for each account, whatever happens at the same time.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use domain::content::{Rating, Subject};
use services::{content::count_readings, secrets::new_token};
use time::Duration;

use crate::{
    browser::Browser,
    steps::clinic,
    support::{House, on_each_database},
};

const ARTICLE: &str = "/articles/letter-lost";

async fn views(house: &House) -> i64 {
    count_readings(&house.app).await.unwrap();
    let mut conn = house.app.db.read().await.unwrap();
    storage::content::article(&mut conn, "letter-lost").await.unwrap().unwrap().views
}

/// Opens the article with the cookie of a visitor.
async fn opened(browser: &Browser, token: &str) {
    let request = Request::get(ARTICLE).header("cookie", format!("mg_visitor={token}")).body(Body::empty()).unwrap();
    assert_eq!(browser.ask(request).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_thousand_readers_at_once_are_a_thousand_and_their_reloads_none() {
    on_each_database(async |house| {
        let before = views(house).await;
        let browser = Browser::visitor(house);
        let tokens: Vec<String> = (0..1_000).map(|_| new_token(&*house.app.randomness)).collect();
        let all = || futures_util::future::join_all(tokens.iter().map(|token| opened(&browser, token)));
        tokio::join!(all(), async {
            for _ in 0..20 {
                count_readings(&house.app).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(views(house).await, before + 1_000);
        all().await;
        assert_eq!(views(house).await, before + 1_000, "reloads are not counted");
        house.clock.pass(Duration::days(1));
        opened(&browser, &tokens[0]).await;
        assert_eq!(views(house).await, before + 1_001, "another day counts");
    })
    .await;
}

#[tokio::test]
async fn another_process_counts_nobody_again() {
    on_each_database(async |house| {
        let subject = Subject::Notice("x".to_owned());
        let mut tx = house.app.db.write().await.unwrap();
        let readers: Vec<[u8; 16]> = (0..700_u32).map(|number| u128::from(number).to_be_bytes()).collect();
        assert_eq!(storage::content::note_readings(&mut tx, &subject, 7, &readers[..600]).await.unwrap(), 600);
        assert_eq!(storage::content::note_readings(&mut tx, &subject, 7, &readers).await.unwrap(), 100);
        storage::content::remove_readings(&mut tx, 8).await.unwrap();
        assert_eq!(storage::content::note_readings(&mut tx, &subject, 7, &readers).await.unwrap(), 700);
    })
    .await;
}

#[tokio::test]
async fn the_page_shows_a_reading_at_once_and_the_number_that_is_kept_soon() {
    on_each_database(async |house| {
        let before = views(house).await;
        let shown = |page: &str, views: i64| page.contains(&format!("閲覧数：{}<", domain::text::thousands(views)));
        let reader = Browser::visitor(house);
        assert!(shown(&reader.get(ARTICLE).await.body, before + 1));
        assert!(shown(&reader.get(ARTICLE).await.body, before + 1));
        assert_eq!(views(house).await, before + 1);
        assert!(shown(&reader.get(ARTICLE).await.body, before + 1));
    })
    .await;
}

#[tokio::test]
async fn stars_from_two_tabs_are_one_vote_and_a_visitor_has_none() {
    on_each_database(async |house| {
        let (_, first) = clinic(house, "1330100016").await;
        let (_, second) = clinic(house, "2730100019").await;
        let page = first.get(ARTICLE).await.body;
        assert!(page.contains("評価：まだありません") && page.contains("まだ評価していません"), "{page}");
        let stars = |stars: &'static str| [("stars", stars)];
        let address = format!("{ARTICLE}/stars");
        let (three, four) = (stars("3"), stars("4"));
        let (left, right) = tokio::join!(first.post(&address, &three), first.post(&address, &four));
        assert_eq!((left.status, right.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
        first.post(&address, &stars("5")).await;
        second.post(&address, &stars("2")).await;
        let subject = Subject::Article("letter-lost".to_owned());
        let mut conn = house.app.db.read().await.unwrap();
        let rating = storage::content::rating(&mut conn, &subject).await.unwrap();
        assert_eq!(rating, Rating { stars: 7, votes: 2 });
        let page = first.get(ARTICLE).await.body;
        assert!(page.contains("5点満点中3.5点、2人") && page.contains("あなたの評価：星5つ"), "{page}");
        for odd in ["0", "6", "-1", "", "5x"] {
            assert_eq!(first.post(&address, &[("stars", odd)]).await.status, StatusCode::NOT_FOUND, "{odd}");
        }
        let visitor = Browser::visitor(house);
        assert!(visitor.get(ARTICLE).await.body.contains("すると、このページを星で評価できます"));
        assert!(visitor.post(&address, &stars("1")).await.location.starts_with("/login"));
        assert_eq!(first.post("/articles/no-such/stars", &stars("1")).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}
