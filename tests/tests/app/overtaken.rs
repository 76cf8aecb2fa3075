//! What was seen is not what is there any more: a certificate that was replaced while somebody was about to revoke it, an
//! institution that the register closed while its letter was on the way.

use axum::http::StatusCode;
use domain::{
    institutions::{Institution, InstitutionStatus},
    permissions::Role,
};
use time::Duration;

use crate::{
    browser::Browser,
    four_eyes::{by_default, proposal},
    ladder::certificates_of,
    pickup::fetch,
    steps::{CERTIFICATE, Paper, approved, clinic, file, filed, posted, staff, stored},
    stolen::fetched,
    support::{House, on_each_database, on_each_database_with},
    trouble::reasons,
};

/// The letter is used once more: another certificate takes the place of the first one.
async fn replaced(house: &House, case: &str, paper: &Paper) {
    house.clock.pass(Duration::seconds(1));
    assert_eq!(fetch(&Browser::terminal(house), paper).await.status, StatusCode::OK);
    assert_eq!(reasons(house, case).await, [Some("superseded".to_owned()), None]);
}

async fn valid(house: &House, case: &str) -> usize {
    certificates_of(house, case).await.iter().filter(|one| one.state == "valid").count()
}

#[tokio::test]
async fn what_took_the_place_of_a_certificate_that_its_owner_is_about_to_revoke_is_revoked_too() {
    for reason in ["keyCompromise", "cessationOfOperation"] {
        on_each_database(async |house| {
            let (owner, case, paper) = fetched(house).await;
            let revoke = format!("/certificates/{}/revoke", certificates_of(house, &case).await[0].id);
            let page = owner.get(&revoke).await.body;
            assert!(page.contains("name=\"seen\" value=\"valid\""), "{page}");
            replaced(house, &case, &paper).await;
            let done = owner.post(&revoke, &[("reason", reason), ("seen", "valid")]).await;
            assert!(done.location.ends_with("?done=revoked"), "{} {}", done.location, done.body);
            assert_eq!(valid(house, &case).await, 0);
            let again = owner.post(&revoke, &[("reason", reason), ("seen", "valid")]).await;
            assert!(owner.get(&again.location).await.body.contains("すでに失効しています"), "{}", again.location);
        })
        .await;
    }
}

#[tokio::test]
async fn whoever_names_one_that_is_shown_as_replaced_ends_only_that_one() {
    on_each_database(async |house| {
        let (owner, case, paper) = fetched(house).await;
        let revoke = format!("/certificates/{}/revoke", certificates_of(house, &case).await[0].id);
        replaced(house, &case, &paper).await;
        assert!(!owner.get(&revoke).await.body.contains("name=\"seen\""));
        let done = owner.post(&revoke, &[("reason", "cessationOfOperation")]).await;
        assert!(done.location.ends_with("?done=before"), "nothing was revoked: {}", done.location);
        assert_eq!(valid(house, &case).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_second_officer_approves_what_the_first_one_saw() {
    on_each_database_with(by_default, async |house| {
        let (_, case, paper) = fetched(house).await;
        let (first, second) = (staff(house, Role::RaOfficer).await, staff(house, Role::RaOfficer).await);
        let revoke = format!("/office/certificates/{}/revoke", certificates_of(house, &case).await[0].id);
        let proposed = proposal(&first.post(&revoke, &[("reason", "keyCompromise")]).await.location);
        replaced(house, &case, &paper).await;
        let done = second.post(&format!("{proposed}/approve"), &[]).await;
        assert!(done.location.ends_with("?done=approve"), "{}", done.body);
        let leaked = Some("keyCompromise".to_owned());
        assert_eq!(reasons(house, &case).await, [leaked.clone(), leaked], "both keys are blocked");
    })
    .await;
}

/// The register says how an institution stands.
async fn registered(house: &House, case: &str, status: InstitutionStatus) {
    let place = stored(house, case).await.institution_id;
    let mut tx = house.app.db.write().await.unwrap();
    let known = storage::institutions::find(&mut tx, place).await.unwrap().unwrap();
    storage::institutions::upsert(&mut tx, &[Institution { status, ..known }], house.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_letter_of_an_institution_that_the_register_closed_gives_nothing() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        registered(house, &case, InstitutionStatus::Closed).await;
        let told = fetch(&Browser::terminal(house), &paper).await;
        assert!(told.body.contains("台帳で「廃止」になっているため"), "{}", told.body);
        assert_eq!(certificates_of(house, &case).await, []);
        registered(house, &case, InstitutionStatus::Active).await;
        assert_eq!(fetch(&Browser::terminal(house), &paper).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn no_certificate_is_accepted_for_an_institution_that_the_register_closed() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        registered(house, &case, InstitutionStatus::Closed).await;
        let version = stored(house, &case).await.version.to_string();
        let accept = case.replace("/applications/", "/office/applications/") + "/accept";
        let told = staff(house, Role::RaOfficer).await.post(&accept, &[("version", &version)]).await;
        assert!(told.body.contains("台帳で「廃止」になっているため、承認できません"), "{}", told.body);
        assert_eq!(stored(house, &case).await.state, domain::applications::State::Submitted);
    })
    .await;
}
