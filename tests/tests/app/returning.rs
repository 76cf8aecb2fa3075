//! Sessions that end in the middle: after the login people are where they were, with what they typed.

use axum::http::StatusCode;
use domain::permissions::Role;
use time::Duration;

use crate::{
    browser::{Browser, account, institution},
    steps::staff,
    support::on_each_database,
};

const QUESTION: &str = "受付番号を忘れました。\n「控え」は<どこ>ですか？";

#[tokio::test]
async fn an_inquiry_sent_after_its_session_ended_comes_back_after_the_login() {
    on_each_database(async |house| {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let id = account(house, "owner@clinic.example", &[], Some(clinic)).await;
        let browser = Browser::of(house, id, false).await;
        assert!(browser.get("/inquiries").await.body.contains(&format!("name=\"person\" value=\"{id}\"")));
        house.clock.pass(Duration::hours(2));
        let person = id.to_string();
        let typed = [("person", person.as_str()), ("category", "eligibility"), ("body", QUESTION)];
        let parked = browser.post("/inquiries", &typed).await;
        assert_eq!(parked.location, "/login?next=/inquiries");
        let again = Browser::of(house, id, false).await.with_cookie(&parked.cookie);
        let form = again.get("/resume").await.location;
        assert!(form.starts_with("/inquiries?kept="), "{form}");
        for _ in 0..2 {
            let page = again.get(&form).await.body;
            assert!(page.contains("受付番号を忘れました。") && page.contains("&#60;どこ&#62;"), "{page}");
        }
        let other = account(house, "other@clinic.example", &[], Some(clinic)).await;
        let other = Browser::of(house, other, false).await.with_cookie(&parked.cookie);
        assert!(!other.get(&form).await.body.contains("受付番号を忘れました"), "nobody else reads it");
        assert_eq!(other.get("/resume").await.location, "/");
        let sent = again.post("/inquiries", &typed[1..]).await;
        assert!(sent.location.starts_with("/inquiries?sent="), "{}", sent.body);
    })
    .await;
}

#[tokio::test]
async fn an_action_whose_session_ended_leads_to_its_page_after_the_login() {
    on_each_database(async |house| {
        let clerk = staff(house, Role::DispatchClerk).await;
        house.clock.pass(Duration::hours(2));
        let ended = clerk.post("/office/letters/batches", &[]).await;
        assert_eq!(ended.location, "/login?next=/office/letters/batches");
        let again = staff(house, Role::DispatchClerk).await;
        assert_eq!(again.get("/office/letters/batches").await.location, "/office/letters");
    })
    .await;
}

#[tokio::test]
async fn no_address_of_a_form_is_a_dead_end() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        for route in web::routes(true)
            .into_iter()
            .filter(|route| !["/pki", "/api/"].iter().any(|place| route.path.starts_with(place)))
        {
            let path =
                route.path.replace("{kind}", "eligibility").replace("{id}", "01900000-0000-7000-8000-000000000000");
            let answer = visitor.get(&path).await;
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        }
    })
    .await;
}
