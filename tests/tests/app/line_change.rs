//! The customer ID of the line: slips, the ID on record, and a line that was changed (spec 03).

use axum::http::StatusCode;
use domain::permissions::Role;

use crate::{
    correcting::send,
    rules::{borrowed, check, faults, told_at, with},
    steps::{ELIGIBILITY, accepted, begin, claims, clinic, file, filed, staff},
    support::on_each_database,
};

#[tokio::test]
async fn every_slip_in_a_customer_id_is_caught_at_its_field() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        let table = [
            ("CAF0123456789CAF0123456789", "customer_id", "2回続けて入力されています"),
            ("01234567890123456789", "customer_id", "「CAF」または「COP」で始まります"),
            ("COP01234567", "customer_id", "「CAF」を選んでいますが"),
            ("CAFO123456789", "customer_id", "数字の「0」ではありませんか"),
            ("CAF0123456798", "customer_id_confirm", "違います"),
        ];
        for (typed, field, words) in table {
            let page = browser.post(&format!("{case}/edit"), &with(ELIGIBILITY, &[("customer_id", typed)])).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(told_at(&page), [field], "{typed}");
            assert!(page.body.contains(words) && page.body.contains(typed), "{typed}: {}", page.body);
        }
        let twice = "CAF01234567890123456789012";
        let page = browser.post(&format!("{case}/edit"), &with(ELIGIBILITY, &[("customer_id", twice)])).await;
        assert!(page.body.contains("2回続けて入力していないか"), "{}", page.body);
        let page = check(&browser, &case, ELIGIBILITY).await;
        assert!(page.contains("CAF 0123 4567 89"), "read back in groups: {page}");
    })
    .await;
}

#[tokio::test]
async fn an_id_that_is_not_the_one_on_record_is_asked_about() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = begin(&browser, "claims").await;
        let answers = claims(house, "start");
        let answers = borrowed(&answers);
        assert_eq!(faults(&browser, &case, &answers).await, ["line_changed"]);
        let page = browser.post(&format!("{case}/edit"), &with(&answers, &[("line_changed", "no")])).await;
        assert_eq!(told_at(&page), ["customer_id"]);
        for id in ["「CAF 0123 4567 89」", "「COP 0123 4567」"] {
            assert!(page.body.contains(id), "both are read back in groups: {}", page.body);
        }
        let own =
            [("customer_id_kind", "caf"), ("customer_id", "caf0123456789"), ("customer_id_confirm", "CAF0123456789")];
        let right = with(&with(&answers, &own), &[("line_changed", "no")]);
        let page = check(&browser, &case, &right).await;
        assert!(!page.contains("回線を変更しましたか"), "nothing to ask about the ID on record: {page}");
        let other = check(&browser, &case, &with(&answers, &[("line_changed", "other_line")])).await;
        assert!(other.contains("とは別の回線を使います"), "two lines are no slip: {other}");
    })
    .await;
}

#[tokio::test]
async fn a_line_that_was_changed_is_told_to_the_reviewer_and_the_other_procedure_is_not_forgotten() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let first = filed(house, &browser).await;
        accepted(house, &first).await;
        let answers = claims(house, "start");
        let same = with(&borrowed(&answers), &[("customer_id_kind", "same")]);
        let filing = file(house, &browser, "claims", &same).await;
        accepted(house, &filing).await;
        let case = begin(&browser, "eligibility").await;
        let new = [
            ("application_kind", "change"),
            ("customer_id", "CAF9876543210"),
            ("customer_id_confirm", "CAF9876543210"),
        ];
        let changed = with(ELIGIBILITY, &new);
        assert_eq!(faults(&browser, &case, &changed).await, ["line_changed"]);
        let page = browser.get(&format!("{case}/edit")).await.body;
        assert!(page.contains("登録されているお客様IDは「CAF 0123 4567 89」ですが、「CAF 9876 5432 10」"), "{page}");
        let told = check(&browser, &case, &with(&changed, &[("line_changed", "yes")])).await;
        assert!(told.contains("「CAF 0123 4567 89」から「CAF 9876 5432 10」に変わります"), "{told}");
        assert!(
            told.contains("オンライン請求の届出に登録されているお客様IDは「CAF 0123 4567 89」のままです"),
            "{told}"
        );
        assert_eq!(send(house, &browser, &case).await, format!("{case}/done"));
        let reviewer = staff(house, Role::Reviewer).await;
        let office = reviewer.get(&case.replace("/applications/", "/office/applications/")).await.body;
        assert!(office.contains("に変わります") && office.contains("はい、変更しました"), "{office}");
        accepted(house, &case).await;
        let next = begin(&browser, "eligibility").await;
        let again = with(&changed, &[("start_month", "2026-08")]);
        assert_eq!(faults(&browser, &next, &again).await, [""; 0], "the new ID is on record now");
    })
    .await;
}
