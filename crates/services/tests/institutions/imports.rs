//! Importing again and again: what is new, changed, gone, waited for, cut off.

use std::io::{self, Cursor, Read};

use domain::{ids::InstitutionId, institutions::ScoreTable, permissions::Role};
use services::{
    Error,
    institutions::{import::run, import_report, imports},
    jobs::work_all,
};
use time::Duration;

use crate::support::on_each_database;
use crate::tools::*;

#[tokio::test]
async fn a_second_import_of_the_same_file_changes_nothing() {
    on_each_database(async |house| {
        let file = published(0..1_500);
        let first = import(house, &file, medical()).await;
        assert_eq!(first.summary, figures(1_500, |figures| figures.created = 1_500));
        let before = register(&house.app.db).await;
        house.clock.pass(Duration::days(30));
        let second = import(house, &file, medical()).await;
        assert_eq!(second.summary, figures(1_500, |figures| figures.unchanged = 1_500));
        assert_eq!(register(&house.app.db).await, before);
        assert_eq!(second.report.lines().count(), 1, "{}", second.report);
    })
    .await;
}

#[tokio::test]
async fn what_changed_is_written_and_what_the_list_does_not_tell_is_kept() {
    on_each_database(async |house| {
        let code = code(ScoreTable::Medical, 7);
        let full = format!("{code},七医院,ナナイイン,060-0001,札幌市中央区1,011-000-0000,七田 太郎,休止,2001-04-01,\n");
        import(house, full, medical()).await;
        let before = of_code(house, code.as_str()).await.unwrap();
        let list = format!("01{local},{local},七番医院,,札幌市北区2\n", local = code.local());
        let again = import(house, list, medical()).await;
        assert_eq!(again.summary, figures(1, |figures| figures.updated = 1));
        let after = of_code(house, code.as_str()).await.unwrap();
        assert_eq!((after.name.as_str(), after.address.as_str()), ("七番医院", "札幌市北区2"));
        assert_eq!(
            (after.id, after.postal_code, after.phone, after.founder, after.name_kana, after.status, after.valid_from),
            (
                before.id,
                before.postal_code,
                before.phone,
                before.founder,
                before.name_kana,
                before.status,
                before.valid_from
            )
        );
    })
    .await;
}

#[tokio::test]
async fn a_code_that_comes_again_in_the_file_counts_once() {
    on_each_database(async |house| {
        let rows = published(0..3);
        let file = format!("{rows}{}{}", published(1..2), published(2..3).replace("診療所2", "別の診療所"));
        let imported = import(house, file, medical()).await;
        assert_eq!(
            imported.summary,
            figures(5, |figures| {
                figures.created = 3;
                figures.repeated = 2;
            })
        );
        let lines: Vec<_> = imported.report.lines().skip(1).collect();
        assert!(lines[0].starts_with("4,重複,2行目と同じ") && lines[0].contains("内容も同じ"), "{}", lines[0]);
        assert!(lines[1].starts_with("5,重複,3行目と同じ") && lines[1].contains("内容が違う"), "{}", lines[1]);
        let kept = of_code(house, code(ScoreTable::Medical, 2).as_str()).await.unwrap();
        assert_eq!(kept.name, "診療所2");
    })
    .await;
}

#[tokio::test]
async fn a_check_digit_that_fits_another_table_is_taken_with_a_warning_and_none_at_all_refused() {
    on_each_database(async |house| {
        let dental = code(ScoreTable::Dental, 5);
        let local = dental.local();
        let hopeless = (0..10)
            .map(|digit| format!("000009{digit}"))
            .find(|local| domain::institutions::tables_that_fit(dental.prefecture(), local).is_empty());
        let hopeless = hopeless.unwrap();
        let file =
            format!("01{local},{local},五歯科内科,0600001,札幌市\n01{hopeless},{hopeless},六医院,0600001,札幌市\n");
        let imported = import(house, file, medical()).await;
        assert_eq!(
            imported.summary,
            figures(2, |figures| {
                figures.created = 1;
                figures.warned = 1;
                figures.rejected = 1;
            })
        );
        assert!(of_code(house, &format!("011{local}")).await.is_some());
        let lines: Vec<_> = imported.report.lines().skip(1).collect();
        assert!(lines[0].starts_with("1,注意") && lines[0].contains("3 : 歯科"), "{}", lines[0]);
        assert!(lines[1].starts_with("2,取り込めない行") && lines[1].contains("検査数字"), "{}", lines[1]);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_in_the_file_is_listed_but_never_deleted() {
    on_each_database(async |house| {
        import(house, published(0..4), medical()).await;
        let pharmacy = code(ScoreTable::Pharmacy, 1);
        import(house, format!("{pharmacy},一薬局,,,,,,,,\n"), medical()).await;
        let imported = import(house, published(2..5), medical()).await;
        assert_eq!(
            imported.summary,
            figures(3, |figures| {
                figures.unchanged = 2;
                figures.created = 1;
                figures.missing = 2;
            })
        );
        for number in 0..2 {
            let gone = code(ScoreTable::Medical, number);
            let line = format!("{gone},診療所{number}");
            assert!(imported.report.contains(&line), "{}", imported.report);
            assert!(of_code(house, gone.as_str()).await.unwrap().in_register);
        }
        assert!(!imported.report.contains(pharmacy.as_str()));
        assert!(of_code(house, pharmacy.as_str()).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn people_who_waited_for_their_institution_are_told_once() {
    on_each_database(async |house| {
        let place = waiting(house, code(ScoreTable::Medical, 1)).await;
        let membership = join(house, &place, "new@clinic.example", "letter").await;
        join(house, &place, "left@clinic.example", "removed").await;
        let imported = import(house, published(0..3), medical()).await;
        assert_eq!(imported.summary, figures(3, |figures| figures.created = 3));
        let found = of_code(house, place.code.as_str()).await.unwrap();
        assert_eq!((found.id, found.name.as_str(), found.in_register), (place.id, "診療所1", true));
        import(house, published(0..3), medical()).await;
        work_all(&house.app, "test").await.unwrap();
        let mails = house.postbox.empty();
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert_eq!(mails[0].recipient, "new@clinic.example");
        assert!(mails[0].subject.contains("診療所1"), "{}", mails[0].subject);
        for words in
            [place.code.grouped(), "060-0001 札幌市中央区".to_owned(), format!("/memberships/{membership}/code")]
        {
            assert!(mails[0].body.contains(&words), "{words}: {}", mails[0].body);
        }
    })
    .await;
}

#[tokio::test]
async fn an_import_that_was_cut_off_keeps_what_it_had_and_the_next_one_completes_it() {
    on_each_database(async |house| {
        let file = published(0..2_500);
        let cut = file.len() * 4 / 5;
        let broken = Cursor::new(file.as_bytes()[..cut].to_vec()).chain(Failing);
        let answer = run(&administrator(house), broken, medical()).await;
        assert!(matches!(answer, Err(Error::Internal(_))), "{answer:?}");
        let kept = u64::try_from(register(&house.app.db).await.len()).unwrap();
        assert_eq!(kept, 1_000 * (kept / 1_000), "whole batches only");
        assert!(kept > 0);
        house.clock.pass(Duration::minutes(5));
        let complete = import(house, &file, medical()).await;
        assert_eq!(
            complete.summary,
            figures(2_500, |figures| {
                figures.unchanged = kept;
                figures.created = 2_500 - kept;
            })
        );
        let history = imports(&administrator(house), None, 10).await.unwrap();
        let ends: Vec<_> = history.iter().map(|import| import.finished_at.is_some()).collect();
        assert_eq!(ends, [true, false]);
    })
    .await;
}

/// A disk that fails.
struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk fails"))
    }
}

#[tokio::test]
async fn the_history_shows_who_imported_what_and_the_audit_chain_holds() {
    on_each_database(async |house| {
        let imported = import(house, format!("{}1,2,3\n", published(0..2)), medical()).await;
        let office = administrator(house);
        let history = imports(&office, None, 10).await.unwrap();
        assert_eq!(history.len(), 1);
        assert_eq!((history[0].file_name.as_str(), history[0].actor_name.as_str()), ("list.csv", "山田 花子"));
        let words = serde_json::to_string(&imported.summary).unwrap();
        assert_eq!(
            words,
            r#"{"rows":3,"created":2,"updated":0,"unchanged":0,"repeated":0,"warned":0,"rejected":1,"missing":0}"#
        );
        assert_eq!(history[0].summary, serde_json::to_value(imported.summary).unwrap());
        let (_, report) = import_report(&office, imported.id).await.unwrap();
        assert_eq!(report, imported.report);
        assert!(report.contains("\r\n3,取り込めない行,"), "{report}");
        assert!(imports(&office, Some((history[0].started_at, history[0].id)), 10).await.unwrap().is_empty());
        let mut conn = house.app.db.read().await.unwrap();
        assert!(storage::audit::verify(&mut conn).await.unwrap().is_ok());
        let rows = storage::audit::newest(&mut conn, None, 10).await.unwrap();
        let subject = format!("import:{}", imported.id);
        let acts: Vec<_> = rows.iter().filter(|row| row.subject == subject).map(|row| row.action.as_str()).collect();
        assert_eq!(acts, ["institutions.imported", "institutions.import"]);
    })
    .await;
}

#[tokio::test]
async fn only_who_may_import_does() {
    on_each_database(async |house| {
        for role in [Role::Reviewer, Role::Auditor, Role::CallCentreAgent] {
            let answer = run(&person(house, &[role]), Cursor::new(published(0..1)), medical()).await;
            assert!(matches!(answer, Err(Error::Forbidden)), "{role}");
        }
        let visitor = services::Ctx::visitor(&house.app, "");
        let answer = run(&visitor, Cursor::new(published(0..1)), medical()).await;
        assert!(matches!(answer, Err(Error::LoginRequired)));
        assert!(register(&house.app.db).await.is_empty());
        let unknown = InstitutionId::new(house.app.clock.now(), &*house.app.randomness);
        let answer = services::institutions::get(&person(house, &[Role::Reviewer]), unknown).await;
        assert!(matches!(answer, Err(Error::NotFound)));
    })
    .await;
}
