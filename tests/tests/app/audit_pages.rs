//! The auditor's pages: rows by filters, as a file, who looked at how much, the verification; and what goes after its period.

use axum::http::StatusCode;
use domain::{clock::Timestamp, ids::JobId, permissions::Role};
use time::Duration;

use crate::{
    browser::{Browser, named_account},
    steps::{clinic, decide, filed, mails, staff, stored},
    support::{House, on_each_database},
};

/// Whole of an export.
async fn exported(auditor: &Browser, query: &str) -> Vec<String> {
    let file = auditor.get(&format!("/office/audit/export.csv{query}")).await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    assert!(file.body.starts_with("\u{feff}番号,"), "{}", file.body);
    file.body.lines().skip(1).map(str::to_owned).collect()
}

async fn reviewer(house: &House) -> Browser {
    let id = named_account(house, "審査 正", "shinsa@madoguchi.example", &[Role::Reviewer], None).await;
    Browser::of(house, id, true).await
}

#[tokio::test]
async fn an_auditor_finds_rows_by_who_what_to_which_for_whom_and_when() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let (_, other) = clinic(house, "2730100019").await;
        let case = filed(house, &browser).await;
        house.clock.pass(Duration::days(2));
        let (_, late) = clinic(house, "1330100024").await;
        let later = filed(house, &late).await;
        let reviewer = reviewer(house).await;
        let office = |case: &str| case.replace("/applications/", "/office/applications/");
        reviewer.get(&office(&case)).await;
        reviewer.get(&office(&case)).await;
        reviewer.get(&office(&later)).await;
        drop(other);
        let auditor = staff(house, Role::Auditor).await;
        let found = async |query: &str| exported(&auditor, query).await;

        let views = found("?who=shinsa%40madoguchi.example&action=application.view").await;
        assert_eq!(views.len(), 3, "{views:?}");
        assert!(views.iter().all(|row| row.contains("審査 正")), "{views:?}");
        let reference = stored(house, &case).await.reference.unwrap();
        let about = found(&format!("?subject={reference}")).await;
        assert!(about.len() >= 4 && about.iter().all(|row| row.contains(&stored_id(&case))), "{about:?}");
        let of_clinic = found("?institution=1330100016").await;
        assert!(of_clinic.iter().any(|row| row.contains("application.submit")), "{of_clinic:?}");
        let first_day = found("?from=2026-05-20&to=2026-05-20").await;
        assert!(first_day.iter().all(|row| row.contains("2026-05-20")) && !first_day.is_empty());
        assert!(found("?from=2026-05-21&to=2026-05-21").await.is_empty());
        assert_eq!(found("?who=nobody%40madoguchi.example").await.len(), 0);
        let both = found("?action=application.submit&from=2026-05-22").await;
        assert_eq!(both.len(), 1, "{both:?}");

        let page = auditor.get("/office/audit?action=application.view").await.body;
        assert!(page.contains("審査 正") && page.contains("申請の閲覧"), "{page}");
        let all = found("").await;
        assert!(all[0].contains("audit.export"), "each export is a row itself: {}", all[0]);
        assert!(reviewer.get("/office/audit/export.csv").await.status == StatusCode::FORBIDDEN);
    })
    .await;
}

fn stored_id(case: &str) -> String {
    case.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_of_thousands_of_rows_is_whole_and_harmless_to_a_spreadsheet() {
    on_each_database(async |house| {
        let mut tx = house.app.db.write().await.unwrap();
        for number in 0..2_500 {
            let subject = format!("=HYPERLINK(\"{number}\")");
            tx.audit(storage::audit::Entry {
                at: house.app.clock.now().as_millis(),
                actor: "system:story".to_owned(),
                action: "story.row".to_owned(),
                subject,
                ..Default::default()
            });
        }
        tx.commit().await.unwrap();
        let auditor = staff(house, Role::Auditor).await;
        let rows = exported(&auditor, "?action=story.row").await;
        assert_eq!(rows.len(), 2_500);
        assert!(rows.iter().all(|row| row.contains(",\"'=HYPERLINK(")), "{}", rows[0]);
        assert!(rows[0].contains("2499") && rows[2_499].contains("(\"\"0\"\")"), "newest first: {}", rows[2_499]);
        let page = auditor.get("/office/audit?action=story.row").await.body;
        assert!(page.contains("rel=\"next\""));
        let next = page.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
        let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        assert!(next.contains("before="), "{next}");
        let second = auditor.get(&next).await.body;
        assert!(second.contains("最初に戻る") && !second.contains("2499"), "{second}");
    })
    .await;
}

#[tokio::test]
async fn looking_at_personal_data_is_counted_by_person_and_day() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await.replace("/applications/", "/office/applications/");
        let reviewer = reviewer(house).await;
        for _ in 0..3 {
            reviewer.get(&case).await;
        }
        house.clock.pass(Duration::days(1));
        let reviewer = Browser::of(house, account_of(house, "shinsa@madoguchi.example").await, true).await;
        reviewer.get(&case).await;
        let auditor = staff(house, Role::Auditor).await;
        let page = auditor.get("/office/audit/views").await.body;
        let rows: Vec<&str> = page.split("<tr").filter(|row| row.contains("審査 正")).collect();
        assert_eq!(rows.len(), 2, "{page}");
        assert!(rows[0].contains("2026-05-21") && rows[0].contains("1回") && rows[0].contains("1件"), "{}", rows[0]);
        assert!(rows[1].contains("2026-05-20") && rows[1].contains("3回") && rows[1].contains("1件"), "{}", rows[1]);
        let before = auditor.get("/office/audit/views?to=2026-05-20").await.body;
        assert!(before.contains("2026-05-20") && !before.contains("<th scope=\"row\">2026-05-21"), "{before}");
    })
    .await;
}

async fn account_of(house: &House, email: &str) -> domain::ids::AccountId {
    storage::accounts::by_email(&mut house.app.db.read().await.unwrap(), email).await.unwrap().unwrap().id
}

#[tokio::test]
async fn the_page_tells_what_the_verification_in_the_background_found() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let auditor = staff(house, Role::Auditor).await;
        assert!(auditor.get("/office/audit/verify").await.body.contains("まだ行っていません"));
        let asked = auditor.post("/office/audit/verify", &[]).await;
        assert_eq!((asked.status, asked.location.as_str()), (StatusCode::SEE_OTHER, "/office/audit/verify"));
        let waits = auditor.get("/office/audit/verify").await.body;
        assert!(waits.contains("検証を待っています") && waits.contains("data-progress"), "{waits}");
        let noted = serde_json::json!({ "at": house.app.clock.now().as_millis(), "rows": 400_000, "of": 1_000_000 });
        let mut tx = house.app.db.write().await.unwrap();
        storage::settings::set(&mut tx, "audit.verifying", &noted.to_string()).await.unwrap();
        tx.commit().await.unwrap();
        let runs = auditor.get("/office/audit/verify").await.body;
        assert!(runs.contains("1,000,000件のうち、400,000件まで検証しました。"), "{runs}");
        house.clock.pass(time::Duration::minutes(10));
        let stopped = auditor.get("/office/audit/verify").await.body;
        assert!(stopped.contains("検証が途中で止まっています") && !stopped.contains("data-progress"), "{stopped}");
        mails(house).await;
        let found = auditor.get("/office/audit/verify").await.body;
        assert!(found.contains("異常はありません") && !found.contains("途中で止まって"), "{found}");
        crate::audit_chain::client(&house.url, "UPDATE audit SET actor = 'nobody' WHERE seq = 3");
        house.clock.pass(Duration::minutes(2));
        auditor.post("/office/audit/verify", &[]).await;
        mails(house).await;
        let page = auditor.get("/office/audit/verify").await.body;
        assert!(page.contains("はじめに異常が見つかったのは3番の記録です"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn jobs_that_were_done_long_ago_are_removed_and_the_others_kept() {
    on_each_database(async |house| {
        let enqueue = async |kind: &str, key: &str, at: Timestamp| {
            let mut tx = house.app.db.write().await.unwrap();
            let id = JobId::new(house.app.clock.now(), &*house.app.randomness);
            storage::jobs::enqueue(&mut tx, id, kind, Some(key), serde_json::json!({}), at).await.unwrap();
            tx.commit().await.unwrap();
        };
        let begun = house.app.clock.now();
        for (kind, key) in
            [(services::content::FORGET, "old"), ("unknown", "failed"), (services::content::TELL, "told")]
        {
            enqueue(kind, key, begun).await;
        }
        let mut tx = house.app.db.write().await.unwrap();
        let told = storage::jobs::claim_keyed(&mut tx, "test", "told", begun).await.unwrap().unwrap();
        assert!(storage::jobs::done(&mut tx, &told, "test", begun).await.unwrap());
        tx.commit().await.unwrap();
        let known = async || {
            services::audit::keep_when_due(&house.app).await.unwrap();
            services::jobs::work_all(&house.app, "test").await.unwrap();
            let mut conn = house.app.db.read().await.unwrap();
            let mut known = vec![];
            for key in ["old", "failed", "told", "later"] {
                if storage::jobs::is_known(&mut conn, key).await.unwrap() {
                    known.push(key);
                }
            }
            known
        };
        enqueue(services::content::FORGET, "later", begun + Duration::days(30)).await;
        assert_eq!(known().await, ["old", "failed", "told", "later"]);
        house.clock.pass(Duration::days(400));
        assert_eq!(known().await, ["old", "failed", "told", "later"], "the day is not over");
        house.clock.pass(Duration::days(1));
        assert_eq!(known().await, ["failed", "told", "later"]);
    })
    .await;
}

#[tokio::test]
async fn a_refused_case_loses_its_answers_after_three_years_and_a_mail_its_text_after_one() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let reviewer = staff(house, Role::Reviewer).await;
        decide(house, &reviewer, &case, "reject", &[("words-general", "電話 03-1234-5678 で確認しました")]).await;
        let (_, other) = clinic(house, "2730100019").await;
        let going = filed(house, &other).await;
        mails(house).await;
        let before = stored(house, &case).await;
        let sweep = async || {
            services::audit::keep_when_due(&house.app).await.unwrap();
            services::jobs::work_all(&house.app, "test").await.unwrap();
        };
        let texts = async || {
            let mut conn = house.app.db.read().await.unwrap();
            storage::mails::of_application(&mut conn, before.id).await.unwrap()
        };
        house.clock.pass(Duration::days(364));
        sweep().await;
        assert!(texts().await.iter().all(|mail| !mail.body.is_empty()), "a year has not passed");
        house.clock.pass(Duration::days(2));
        sweep().await;
        let left = texts().await;
        assert!(left.iter().all(|mail| mail.body.is_empty() && !mail.subject.is_empty() && mail.state == "sent"));
        assert_eq!(stored(house, &case).await.answers, before.answers, "the case keeps its answers meanwhile");
        house.clock.pass(Duration::days(730));
        sweep().await;
        let after = stored(house, &case).await;
        assert!(after.answers.iter().next().is_none() && after.line_id.is_none());
        let kept = |case: &storage::applications::Application| {
            (case.reference.clone(), case.state, case.submitted_at, case.state_since)
        };
        assert_eq!(kept(&after), kept(&before));
        assert!(stored(house, &going).await.answers.iter().next().is_some(), "an open case keeps everything");
        let events = storage::applications::events(&mut house.app.db.read().await.unwrap(), after.id).await.unwrap();
        assert!(events.len() >= 3 && events.iter().all(|event| event.note.is_empty()));
        let page = staff(house, Role::Reviewer).await.get(&case.replace("/applications", "/office/applications")).await;
        assert_eq!(page.status, StatusCode::OK, "its page opens as before");
        assert!(!page.body.contains("03-1234-5678"), "{}", page.body);
        let (progress, known) = (storage::audit::Progress::default(), std::collections::BTreeMap::new());
        let mut conn = house.app.db.read().await.unwrap();
        let chain = storage::audit::verify_against(&mut conn, &known, &progress).await.unwrap();
        assert!(chain.as_ref().is_ok_and(|chain| progress.rows() == (chain.rows(), chain.rows())), "{progress:?}");
    })
    .await;
}
