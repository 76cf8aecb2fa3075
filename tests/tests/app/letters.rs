//! Letters on their way: batches that lose a letter.

use axum::http::StatusCode;
use domain::{applications::State, permissions::Role};
use time::Duration;

use crate::{
    steps::{approved, batch, clinic, staff, stored},
    support::on_each_database,
};

#[tokio::test]
async fn a_batch_prints_without_a_letter_that_died_meanwhile_and_says_so() {
    on_each_database(async |house| {
        let (_, early) = clinic(house, "1330100016").await;
        let dead = approved(house, &early).await;
        house.clock.pass(Duration::days(100));
        let (_, late) = clinic(house, "2730100019").await;
        let living = approved(house, &late).await;
        let made = batch(&staff(house, Role::DispatchClerk).await).await;
        house.clock.pass(Duration::days(81));
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert_eq!(stored(house, &dead).await.state, State::PickupExpired);
        let dispatch = staff(house, Role::DispatchClerk).await;
        let printed = dispatch.get(&format!("{made}/issuance_notice.pdf")).await;
        assert_eq!(printed.status, StatusCode::OK, "one dead letter must not keep the others");
        let page = dispatch.get(&made).await.body;
        assert!(page.contains("この束から外れた通知書") && page.contains("1通を印刷済みにする"), "{page}");
        let list = dispatch.get(&format!("{made}/manifest.csv")).await.body;
        let row = |case: &str| list.lines().find(|line| line.contains(case)).unwrap().to_owned();
        let references =
            [stored(house, &dead).await.reference.unwrap(), stored(house, &living).await.reference.unwrap()];
        let [gone, goes] = references.map(|plain| row(&plain[..4]));
        assert!(gone.ends_with("無効になったため、発送しません") && goes.ends_with(','), "{list}");
        let confirmed = dispatch.post(&format!("{made}/confirm"), &[]).await;
        assert!(confirmed.location.ends_with("?done=printed"));
        assert_eq!(stored(house, &living).await.state, State::LetterPrinted);
        assert_eq!(stored(house, &dead).await.state, State::PickupExpired, "a dead letter moves nothing");
        let again = dispatch.get(&format!("{made}/issuance_notice.pdf")).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "after the confirmation no secret is left to print");
    })
    .await;
}
