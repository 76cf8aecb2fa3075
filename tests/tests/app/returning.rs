//! Sessions that end in the middle: after the login people are where they were, with what they typed.

use axum::http::StatusCode;
use domain::permissions::Role;
use time::Duration;

use crate::{
    answers::counted,
    browser::{Browser, account, institution},
    steps::{begin, staff},
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

#[tokio::test]
async fn forms_without_a_session_cannot_fill_the_database() {
    on_each_database(async |house| {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let id = account(house, "owner@clinic.example", &[], Some(clinic)).await;
        let case = begin(&Browser::of(house, id, false).await, "eligibility").await;
        let page = format!("{case}/edit");
        let visitor = Browser::visitor(house);
        let kept = async || counted(house, "SELECT COUNT(*) FROM tokens WHERE purpose = 'parked_form'").await;
        let nobody = "01975bd8-3c00-7000-8000-000000000001";
        let case_of_nobody = format!("/applications/{nobody}/edit");
        for (path, fields) in [
            (case_of_nobody.as_str(), [("contact", "山田 花子"), ("action", "check")]),
            ("/together/papers", [("institution", nobody), ("contact", "山田 花子")]),
            ("/inquiries", [("person", nobody), ("body", QUESTION)]),
        ] {
            let told = visitor.post(path, &fields).await;
            assert!(told.location.starts_with("/login?next="), "{path}: {} {}", told.status, told.body);
            assert_eq!(kept().await, 0, "{path}: nothing is kept for what is not there");
        }
        let long = "あ".repeat(20_000);
        let answers: Vec<(String, &str)> = (0..5).map(|number| (format!("field{number}"), long.as_str())).collect();
        let answers: Vec<(&str, &str)> = answers.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        let told = visitor.post(&page, &answers[..4]).await;
        assert!(told.location.starts_with("/login?next="), "{}", told.body);
        let told = visitor.post(&page, &answers).await;
        assert!(told.location.is_empty() && told.body.contains("もう一度ログインしてください"), "{}", told.body);
        assert_eq!(kept().await, 1, "longer than any form");
        for number in 2..=60 {
            visitor.post(&page, &[("contact", "山田 花子")]).await;
            assert_eq!(kept().await, number);
        }
        let told = visitor.post(&page, &[("contact", "山田 花子")]).await;
        assert_eq!((told.status, kept().await), (StatusCode::TOO_MANY_REQUESTS, 60), "{}", told.body);
        house.clock.pass(Duration::hours(2));
        services::accounts::sweep(&house.app).await.unwrap();
        assert_eq!(kept().await, 0, "what nobody came back for");
    })
    .await;
}
