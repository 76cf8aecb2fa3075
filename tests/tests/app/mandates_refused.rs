//! What a mandate does not allow, and its end: by the clinic, by the vendor, by the clock.

use axum::http::StatusCode;
use domain::{ids::MandateId, permissions::Role};
use storage::mandates::Preparation;
use time::Duration;
use web::Access;

use crate::{
    browser::{Browser, account},
    furnished::Furnished,
    mandates::{ask, in_force, prepare, without_consent},
    steps::{ELIGIBILITY, clinic, mails, staff, stored},
    support::{House, on_each_database},
};

/// Notes that a vendor prepared a case.
async fn prepared(house: &House, case: &str, vendor: domain::ids::AccountId, mandate: MandateId) {
    let seen = stored(house, case).await;
    let now = house.app.clock.now();
    let new =
        Preparation { application: seen.id, account: vendor, mandate, institution: seen.institution_id, begun_at: now };
    let mut tx = house.app.db.write().await.unwrap();
    storage::mandates::begin(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_mandate_opens_no_address_but_the_form_of_what_was_prepared() {
    on_each_database(async |house| {
        let rows = Furnished::of(house).await;
        let mut conn = house.app.db.read().await.unwrap();
        let vendor = storage::accounts::by_email(&mut conn, "vendor@systems.example").await.unwrap().unwrap().id;
        let place = stored(house, &rows.eligibility).await.institution_id;
        let mandate = storage::mandates::in_force(&mut conn, vendor, place, house.app.clock.now()).await.unwrap();
        drop(conn);
        let mut wrong = vec![];
        // First a vendor who has prepared nothing, then one who prepared the very cases that are asked for.
        for has_prepared in [false, true] {
            if has_prepared {
                let mandate = mandate.as_ref().unwrap().id;
                prepared(house, &rows.eligibility, vendor, mandate).await;
                prepared(house, &rows.certificate_case, vendor, mandate).await;
            }
            for route in web::routes(true) {
                if [Access::Public, Access::Person].contains(&route.access) && !route.path.contains("{id}") {
                    continue;
                }
                for certificates in [false, true] {
                    let (address, _) = rows.address(route.path, certificates);
                    let answer = match route.method {
                        "GET" => rows.vendor.get(&address).await,
                        _ => rows.vendor.post(&address, &[]).await,
                    };
                    let closed = [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED];
                    let sent_home = answer.status.is_redirection() && answer.location == "/";
                    let told = answer.location == "/clients?done=sent" || answer.status == StatusCode::CONFLICT;
                    let preparing = has_prepared && route.access == Access::Preparer && told;
                    let fits = closed.contains(&answer.status) || sent_home || preparing;
                    let public = route.access == Access::Public;
                    let line = format!("{} {}: {} {}", route.method, route.path, answer.status, answer.location);
                    wrong.extend((!fits && !public).then_some(line));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn staff_who_prepared_it_as_a_vendor_decide_nothing_of_it() {
    on_each_database(async |house| {
        let (place, owner) = clinic(house, "1330100016").await;
        let case = crate::steps::filed(house, &owner).await;
        let reviewer = account(house, "once-a-vendor@madoguchi.example", &[Role::Reviewer], None).await;
        let mandate = in_force(house, place, reviewer).await;
        prepared(house, &case, reviewer, mandate).await;
        let version = stored(house, &case).await.version.to_string();
        let office = case.replace("/applications/", "/office/applications/");
        let own = Browser::of(house, reviewer, true).await;
        assert_eq!(own.post(&format!("{office}/accept"), &[("version", &version)]).await.status, StatusCode::FORBIDDEN);
        // And staff prepare nothing while they are staff.
        assert_eq!(own.get(&format!("{case}/edit")).await.status, StatusCode::NOT_FOUND);
        let other = staff(house, Role::Reviewer).await;
        assert!(other.post(&format!("{office}/accept"), &[("version", &version)]).await.status.is_redirection());
    })
    .await;
}

#[tokio::test]
async fn two_clients_are_never_mixed_and_an_end_in_the_middle_of_typing_loses_nothing_for_the_clinic() {
    on_each_database(async |house| {
        let (place, owner) = clinic(house, "1330100016").await;
        let (other_place, other_owner) = clinic(house, "2730100019").await;
        let id = account(house, "ogawa@systems.example", &[], None).await;
        let [first, second] = [in_force(house, place, id).await, in_force(house, other_place, id).await];
        let vendor = Browser::of(house, id, false).await;
        let rival = account(house, "rival@systems.example", &[], None).await;
        in_force(house, place, rival).await;
        let rival = Browser::of(house, rival, false).await;
        let (case, other) =
            (prepare(&vendor, first, "eligibility").await, prepare(&vendor, second, "eligibility").await);
        vendor.post(&format!("{case}/draft"), &[("customer_id", "CAF1111111111")]).await;
        vendor.post(&format!("{other}/draft"), &[("customer_id", "CAF2222222222")]).await;
        for (browser, own, foreign) in [(&owner, &case, &other), (&other_owner, &other, &case)] {
            assert_eq!(browser.get(&format!("{own}/edit")).await.status, StatusCode::OK);
            assert_eq!(browser.get(&format!("{foreign}/edit")).await.status, StatusCode::NOT_FOUND);
        }
        assert!(!vendor.get(&format!("{case}/edit")).await.body.contains("2222222222"));
        assert!(!vendor.get(&format!("/clients/{first}")).await.body.contains(other.as_str()));
        // A second vendor of the same clinic sees nothing of it, and cannot begin it beside.
        assert_eq!(rival.get(&format!("{case}/edit")).await.status, StatusCode::NOT_FOUND);
        // The clinic ends it while the form stands open.
        mails(house).await;
        let ended = owner.post(&format!("/account/mandates/{first}/end"), &[]).await;
        assert_eq!(ended.location, "/account/mandates?done=ended", "{}", ended.body);
        assert_eq!(mails(house).await.iter().filter(|(subject, _)| subject.contains("委任が終わりました")).count(), 2);
        for address in [format!("{case}/draft"), format!("{case}/edit"), format!("{case}/ask")] {
            let late = vendor.post(&address, &[("customer_id", "CAF3333333333"), ("version", "2")]).await;
            assert_eq!(late.status, StatusCode::GONE, "{address}");
            assert!(late.body.contains("委任が終わったため") && !late.body.contains("1111111111"), "{}", late.body);
        }
        assert_eq!(vendor.get(&format!("/clients/{first}")).await.status, StatusCode::GONE);
        assert!(!vendor.get("/clients").await.body.contains(&first.to_string()));
        let kept = stored(house, &case).await;
        assert!(kept.answers.get("customer_id").contains("1111111111"), "{:?}", kept.answers);
        assert_eq!(owner.get(&format!("{case}/edit")).await.status, StatusCode::OK);
        assert_eq!(vendor.get(&format!("{other}/edit")).await.status, StatusCode::OK, "the other client goes on");
    })
    .await;
}

#[tokio::test]
async fn what_is_written_again_is_no_longer_asked_for_and_a_mandate_is_prolonged_and_given_back() {
    on_each_database(async |house| {
        let (place, owner) = clinic(house, "1330100016").await;
        let id = account(house, "ogawa@systems.example", &[], None).await;
        let (mandate, vendor) = (in_force(house, place, id).await, Browser::of(house, id, false).await);
        let case = prepare(&vendor, mandate, "eligibility").await;
        vendor.post(&format!("{case}/edit"), &without_consent(ELIGIBILITY)).await;
        ask(house, &vendor, &case).await;
        ask(house, &vendor, &case).await;
        let told = mails(house).await;
        let asked = told.iter().filter(|(subject, _)| subject.contains("準備した申請を確認してください")).count();
        assert_eq!(asked, 1, "asked twice, told once");
        let mut changed = without_consent(ELIGIBILITY);
        changed.retain(|(key, _)| *key != "fee_payment");
        vendor.post(&format!("{case}/draft"), &[&changed[..], &[("fee_payment", "payment_slip")]].concat()).await;
        assert!(!owner.get("/").await.body.contains("準備した申請を確認してください"), "it is being written again");
        let day = (house.app.clock.now() + Duration::days(100)).date().to_string();
        let prolonged = owner.post(&format!("/account/mandates/{mandate}/prolong"), &[("last_day", &day)]).await;
        assert_eq!(prolonged.location, "/account/mandates?done=prolonged", "{}", prolonged.body);
        let late = [("last_day", "2040-01-01")];
        let refused = owner.post(&format!("/account/mandates/{mandate}/prolong"), &late).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let back = vendor.post(&format!("/clients/{mandate}/give-back"), &[]).await;
        assert_eq!(back.location, "/clients?done=given-back", "{}", back.body);
        let history = owner.get(&format!("/account/mandates/{mandate}")).await.body;
        for words in ["期限を変えました", "確認を依頼しました", "委任を辞退しました", "申請の準備をはじめました"]
        {
            assert!(history.contains(words), "{words}: {history}");
        }
        let subjects: Vec<String> = mails(house).await.into_iter().map(|(subject, _)| subject).collect();
        assert!(subjects.iter().any(|subject| subject.contains("期限が変わりました")), "{subjects:?}");
        assert!(subjects.iter().any(|subject| subject.contains("委任が終わりました")), "{subjects:?}");
    })
    .await;
}

/// Lets the work of the day be done, and gives the subjects of the mails about mandates.
async fn told(house: &House) -> Vec<String> {
    for _ in 0..2 {
        services::mandates::sweep_when_due(&house.app).await.unwrap();
        services::jobs::work_all(&house.app, "test").await.unwrap();
        services::mandates::sweep(&house.app, &serde_json::Value::Null).await.unwrap();
    }
    let all = mails(house).await.into_iter().map(|(subject, _)| subject);
    all.filter(|subject| subject.contains("委任は") || subject.contains("委任が終わりました")).collect()
}

#[tokio::test]
async fn both_sides_are_told_two_weeks_before_the_end_and_at_the_end_once() {
    on_each_database(async |house| {
        let (place, _owner) = clinic(house, "1330100016").await;
        let id = account(house, "ogawa@systems.example", &[], None).await;
        let mandate = in_force(house, place, id).await;
        assert!(told(house).await.is_empty());
        house.clock.pass(Duration::days(352));
        assert_eq!(told(house).await.len(), 2, "one for the owner, one for the vendor");
        house.clock.pass(Duration::days(2));
        assert!(told(house).await.is_empty());
        // The clock ends it by itself, before any job has noted it.
        house.clock.pass(Duration::days(12));
        let vendor = Browser::of(house, id, false).await;
        assert_eq!(vendor.get(&format!("/clients/{mandate}")).await.status, StatusCode::GONE);
        assert_eq!(told(house).await.len(), 2);
        assert!(told(house).await.is_empty());
        let found = storage::mandates::find(&mut house.app.db.read().await.unwrap(), mandate).await.unwrap().unwrap();
        assert_eq!(found.how, Some(domain::mandates::HowEnded::Clock));
    })
    .await;
}
