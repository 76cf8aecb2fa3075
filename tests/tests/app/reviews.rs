//! 権限の棚卸し: a list each quarter, decided on by somebody else, and readable afterwards.

use axum::http::StatusCode;
use domain::{clock::Timestamp, permissions::Role};
use services::office::reviews::make_when_due;
use time::{Duration, macros::date};

use crate::{
    browser::{Browser, account, named_account},
    steps::{mails, staff},
    support::on_each_database,
};

const REVIEWS: &str = "/office/staff/reviews";

#[tokio::test]
async fn once_a_quarter_every_staff_account_is_confirmed_or_removed_by_somebody_else() {
    on_each_database(async |house| {
        let first = named_account(house, "管理 一", "one@madoguchi.example", &[Role::Administrator], None).await;
        let second = named_account(house, "管理 二", "two@madoguchi.example", &[Role::Administrator], None).await;
        let gone = named_account(house, "去る 人", "gone@madoguchi.example", &[Role::Reviewer], None).await;
        make_when_due(&house.app).await.unwrap();
        make_when_due(&house.app).await.unwrap();
        let told = mails(house).await;
        let asked: Vec<_> = told.iter().filter(|(subject, _)| subject.contains("権限の棚卸し")).collect();
        assert_eq!(asked.len(), 2, "those who decide are told, once");
        assert!(asked[0].1.contains("2026年6月3日（水）までに"), "{}", asked[0].1);
        let (one, two) = (Browser::of(house, first, true).await, Browser::of(house, second, true).await);
        let at_work = Browser::of(house, gone, true).await;
        assert!(one.get("/office").await.body.contains("まだ確認していない職員の権限"));
        let page = one.get(&format!("{REVIEWS}/2026-Q2")).await.body;
        assert!(page.contains("去る 人") && page.contains("ほかのシステム管理者が確認します"), "{page}");
        let decide = |id, what| format!("{REVIEWS}/2026-Q2/{id}/{what}");
        assert_eq!(one.post(&decide(first, "keep"), &[("roles", "administrator")]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(one.post(&decide(first, "remove"), &[]).await.status, StatusCode::FORBIDDEN);
        let removed = one.post(&decide(gone, "remove"), &[]).await;
        assert_eq!(removed.location, format!("{REVIEWS}/2026-Q2?done=removed"), "{}", removed.body);
        assert!(at_work.get("/office").await.location.starts_with("/login"), "out at the next click");
        // The roles that were seen are the ones that are confirmed.
        let stale = one.post(&decide(second, "keep"), &[("roles", "editor")]).await;
        assert_eq!(stale.location, format!("{REVIEWS}/2026-Q2?done=changed"));
        let kept = one.post(&decide(second, "keep"), &[("roles", "administrator")]).await;
        assert_eq!(kept.location, format!("{REVIEWS}/2026-Q2?done=kept"), "{}", kept.body);
        two.post(&decide(first, "keep"), &[("roles", "administrator")]).await;
        let again = two.post(&decide(first, "keep"), &[("roles", "administrator")]).await;
        assert_eq!(again.location, format!("{REVIEWS}/2026-Q2?done=changed"), "once");
        let auditor = staff(house, Role::Auditor).await;
        let list = auditor.get(REVIEWS).await.body;
        assert!(list.contains("2026年 第2四半期") && list.contains("確認済み"), "{list}");
        let page = auditor.get(&format!("{REVIEWS}/2026-Q2")).await.body;
        assert!(page.contains("管理 一") && page.contains("停止") && !page.contains("引き続き必要"), "{page}");
        assert_eq!(auditor.post(&decide(second, "keep"), &[]).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn a_review_that_is_not_done_in_time_stands_on_the_desk_and_the_next_quarter_brings_another() {
    on_each_database(async |house| {
        let id = account(house, "admin@madoguchi.example", &[Role::Administrator], None).await;
        account(house, "reviewer@madoguchi.example", &[Role::Reviewer], None).await;
        make_when_due(&house.app).await.unwrap();
        mails(house).await;
        house.clock.pass(Duration::days(15));
        let admin = Browser::of(house, id, true).await;
        assert!(admin.get("/office").await.body.contains("確認の期限を過ぎた職員の権限があります"));
        assert!(admin.get(REVIEWS).await.body.contains("期限超過"));
        house.clock.set(Timestamp::start_of_day(date!(2026 - 07 - 01)) + Duration::hours(6));
        make_when_due(&house.app).await.unwrap();
        assert!(mails(house).await.is_empty(), "not before the morning");
        house.clock.pass(Duration::hours(2));
        make_when_due(&house.app).await.unwrap();
        mails(house).await;
        let admin = Browser::of(house, id, true).await;
        let list = admin.get(REVIEWS).await.body;
        assert!(list.contains("2026年 第3四半期") && list.contains("2026年 第2四半期"), "{list}");
        // Whoever is closed on their own page needs no decision any more.
        let other =
            storage::accounts::by_email(&mut house.app.db.read().await.unwrap(), "reviewer@madoguchi.example").await;
        let other = other.unwrap().unwrap().id;
        admin.post(&format!("/office/staff/{other}/disable"), &[]).await;
        let page = admin.get(&format!("{REVIEWS}/2026-Q3")).await.body;
        assert!(page.contains("停止") && !page.contains("引き続き必要"), "{page}");
    })
    .await;
}
