//! The machine's clock goes back or leaps forward: nothing is signed by a wrong time, everybody is told why, and what was
//! signed before is served meanwhile.

use axum::http::StatusCode;
use domain::applications::State;
use pki::CertStatus;
use services::{
    Error,
    authority::{current_crl, publish_when_due},
};
use time::Duration;

use crate::{
    browser::{Answer, Browser},
    est::{key, send, wire},
    pickup::{fetch, letter_to},
    refused::{answer_about, by_ocsp, certificates, is_listed, revoke},
    steps::stored,
    support::{House, founding::started_again, on_each_database},
};

fn is_told(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    assert!(answer.body.contains("発行に使う時計にずれが見つかった"), "{}", answer.body);
    assert!(answer.body.contains("同じ通知書を使えます"), "{}", answer.body);
}

/// A clinic has a certificate with its answer on record and published lists, and another letter; then the clock is moved,
/// and put right again.
async fn while_the_clock_is_wrong(house: &House, by: Duration) {
    let (first, paper) = letter_to(house, "1330100016", "12345678901").await;
    let (second, other) = letter_to(house, "2730100019", "12345678902").await;
    let terminal = Browser::terminal(house);
    assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::OK);
    assert!(publish_when_due(&house.app).await.unwrap());
    let own = certificates(house, &first).await.remove(0);
    let list = current_crl(&house.app).await.unwrap();
    let path = house.app.authority.issuing.crl_url(0).replace("http://madoguchi.example", "");
    assert_eq!(by_ocsp(house, &own).await, Some(CertStatus::Good));
    let answer = answer_about(house, &own).await;
    house.clock.leap(by);
    is_told(&fetch(&terminal, &other).await);
    assert_eq!(send(&terminal, "simpleenroll", Some(&other), wire(&key())).await.status, StatusCode::ACCEPTED);
    assert_eq!(certificates(house, &second).await, vec![], "not even a record");
    assert_eq!(stored(house, &second).await.state, State::LetterPosted);
    assert_eq!(Browser::visitor(house).get(&path).await.bytes, list.der, "the list is served as before");
    assert_eq!(answer_about(house, &own).await, answer, "and so is the answer");
    assert_eq!(revoke(house, &own).await.status, StatusCode::SEE_OTHER, "revoking never waits");
    let refused = publish_when_due(&house.app).await;
    assert!(matches!(refused, Err(Error::ClockInDoubt(_))), "{refused:?}");
    assert_eq!(by_ocsp(house, &own).await, None, "never good again");
    house.clock.leap(-by);
    house.clock.pass(Duration::minutes(2));
    publish_when_due(&house.app).await.unwrap();
    assert!(is_listed(house, &own).await, "the next round makes the list");
    assert!(matches!(by_ocsp(house, &own).await, Some(CertStatus::Revoked { .. })));
    assert_eq!(fetch(&terminal, &other).await.status, StatusCode::OK, "the letter is as good as before");
}

#[tokio::test]
async fn a_clock_that_went_back_stops_signing_and_nothing_else() {
    on_each_database(async |house| while_the_clock_is_wrong(house, -Duration::hours(2)).await).await;
}

#[tokio::test]
async fn a_clock_that_leapt_forward_stops_signing_and_nothing_else() {
    on_each_database(async |house| while_the_clock_is_wrong(house, Duration::days(3)).await).await;
}

#[tokio::test]
async fn a_clock_that_is_put_right_by_minutes_hinders_nobody() {
    on_each_database(async |house| {
        house.clock.pass(Duration::hours(1));
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        for minutes in [0, -4, 4, 30, -4] {
            house.clock.leap(Duration::minutes(minutes));
            assert_eq!(fetch(&Browser::terminal(house), &paper).await.status, StatusCode::OK, "{minutes}");
        }
        assert_eq!(certificates(house, &case).await.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_start_does_not_believe_a_clock_before_the_newest_record_and_takes_any_later_one_as_its_operator_does() {
    on_each_database(async |house| {
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        assert_eq!(fetch(&Browser::terminal(house), &paper).await.status, StatusCode::OK);
        house.clock.leap(-Duration::hours(9));
        let early = started_again(house, house.app.authority.clone()).await;
        let (other, second) = letter_to(&early, "2730100019", "12345678902").await;
        is_told(&fetch(&Browser::terminal(&early), &second).await);
        assert_eq!(certificates(&early, &other).await, vec![]);
        house.clock.leap(Duration::hours(9 + 30));
        assert_eq!(
            fetch(&Browser::terminal(&early), &second).await.status,
            StatusCode::OK,
            "it was put right: no leap"
        );
        is_told(&fetch(&Browser::terminal(house), &paper).await);
        let late = started_again(house, house.app.authority.clone()).await;
        assert_eq!(
            fetch(&Browser::terminal(&late), &paper).await.status,
            StatusCode::OK,
            "that is what a restart says"
        );
        assert_eq!(certificates(house, &case).await.len(), 2);
    })
    .await;
}
