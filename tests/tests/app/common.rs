//! Every procedure of the common kind, walked from its tile to the end by what all share: a new folder is walked as well.

use axum::http::StatusCode;
use domain::{
    applications::{Kind, Life, State},
    forms::Answers,
    ids::InstitutionId,
    permissions::Role,
    procedures::{Common, example},
};
use services::Ctx;

use crate::{
    browser::{Browser, account, institution as institution_of},
    steps::{clinic, file, filed, mails, stored},
    support::{House, on_each_database},
};

/// The example of each procedure that a clinic can begin once its eligibility application is in.
async fn examples(house: &House, clinic: InstitutionId, browser: &Browser) -> Vec<(Kind, Answers)> {
    let mut found = vec![];
    for kind in Common::ALL.iter().map(|common| Kind::Common(*common)) {
        let page = browser.get(&format!("/procedures/{kind}")).await;
        assert_eq!(page.status, StatusCode::OK, "{kind}");
        assert!(page.body.contains(kind.label()) && page.body.contains(kind.words().lead), "{kind}");
        let facts = services::applications::facts_of(&Ctx::system(&house.app, "test"), clinic, kind).await.unwrap();
        if kind.procedure().missing_before(&facts).is_none() {
            found.push((kind, example(kind, &facts)));
        }
    }
    assert!(found.len() >= 3);
    found
}

/// What everybody finds of a procedure before it was begun: its tile, its article and the way to the form.
async fn is_found(kind: Kind, browser: &Browser) {
    let tile = kind.tile();
    let catalogue = browser.get(&format!("/procedures?category={}", tile.businesses[0].as_str())).await.body;
    let article = format!("/articles/{}", kind.procedure().article());
    assert!(catalogue.contains(tile.title) && catalogue.contains(&article), "{kind}");
    let article = browser.get(&article).await.body;
    assert!(article.contains(kind.words().to_form) && article.contains(&format!("/procedures/{kind}")), "{kind}");
    let found = browser.get(&format!("/search?q={}", tile.title.split(' ').next().unwrap())).await.body;
    assert!(found.contains(tile.title), "{kind}");
}

#[tokio::test]
async fn every_procedure_of_the_common_kind_is_found_filed_examined_and_accepted_by_what_all_share() {
    on_each_database(async |house| {
        let (institution, browser) = clinic(house, "1330100016").await;
        let (_, stranger) = clinic(house, "2730100019").await;
        filed(house, &browser).await;
        institution_of(house, "1330100107", "みほん歯科").await;
        let reviewer = account(house, "reviewer@madoguchi.example", &[Role::Reviewer], None).await;
        let reviewer = Browser::of(house, reviewer, true).await;
        mails(house).await;
        for (kind, answers) in examples(house, institution, &browser).await {
            is_found(kind, &browser).await;
            let answers: Vec<(&str, &str)> = answers.iter().collect();
            let case = file(house, &browser, kind.as_str(), &answers).await;
            let office = case.replace("/applications/", "/office/applications/");
            let reference = stored(house, &case).await.reference.unwrap();
            let told = mails(house).await;
            assert!(
                told.iter().any(|(subject, body)| subject.starts_with("【受付】") && body.contains(kind.label())),
                "{kind}"
            );
            assert!(browser.get(&format!("{case}/copy.pdf")).await.bytes.starts_with(b"%PDF"), "{kind}");
            assert_eq!(stranger.get(&case).await.status, StatusCode::NOT_FOUND, "{kind}");
            assert!(browser.get("/").await.body.contains(kind.label()), "{kind} stands on the home page");
            assert!(reviewer.get(&format!("/search?q={reference}")).await.body.contains(&office), "{kind}");
            if kind.life() != Life::AtOnce {
                decided(house, kind, (&browser, &reviewer), (&case, &office), &answers).await;
            }
            let accepted = stored(house, &case).await.state;
            assert!([State::Accepted, State::InForce].contains(&accepted), "{kind} is {accepted}");
            let told = mails(house).await;
            let said =
                told.iter().any(|(subject, body)| subject.starts_with("【承認】") && body.contains(kind.label()));
            assert!(said || kind.life() == Life::AtOnce, "{kind}");
        }
    })
    .await;
}

/// Found in the queue, returned for one field, corrected, accepted.
async fn decided(
    house: &House,
    kind: Kind,
    (applicant, reviewer): (&Browser, &Browser),
    (case, office): (&str, &str),
    answers: &[(&str, &str)],
) {
    assert!(reviewer.get("/office/queue").await.body.contains(&format!("/office/queue/{kind}")), "{kind}");
    assert!(reviewer.get(&format!("/office/queue/{kind}")).await.body.contains(office), "{kind}");
    assert_eq!(reviewer.get(office).await.status, StatusCode::OK, "{kind}");
    let version = async || stored(house, case).await.version.to_string();
    let field = answers.iter().map(|(key, _)| *key).find(|key| *key == "contact").unwrap_or(answers[0].0);
    let reason = format!("words-{field}");
    let back = [("version", version().await), (reason.as_str(), "もう一度ご確認ください。".to_owned())];
    let back: Vec<(&str, &str)> = back.iter().map(|(key, value)| (*key, value.as_str())).collect();
    reviewer.post(&format!("{office}/return"), &back).await;
    assert_eq!(stored(house, case).await.state, State::Returned, "{kind}");
    let saved = applicant.post(&format!("{case}/edit"), answers).await;
    assert_eq!(saved.location, format!("{case}/check"), "{kind}");
    applicant.post(&format!("{case}/submit"), &[("version", &version().await)]).await;
    assert_eq!(stored(house, case).await.state, State::Submitted, "{kind}");
    reviewer.post(&format!("{office}/accept"), &[("version", &version().await)]).await;
}
