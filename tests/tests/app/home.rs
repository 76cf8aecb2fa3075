//! The home page: of each procedure the case that needs its institution most.

use domain::{
    applications::{Kind, State},
    forms::Answers,
    ids::ApplicationId,
    institutions::{Prefecture, ScoreTable, check_digit_for},
    permissions::Role,
};
use storage::applications::Application;

use crate::{
    browser::{Browser, account, institution},
    steps::{CERTIFICATE, accepted, approved, begin, clinic, decide, file, filed, letters_of, posted, staff, stored},
    support::on_each_database,
};

/// A form for so many terminals at once.
pub(crate) fn terminals(count: usize) -> Vec<(String, String)> {
    let mut answers: Vec<(String, String)> =
        CERTIFICATE[..2].iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    answers.push(("terminal_count".to_owned(), count.to_string()));
    for number in 1..=count {
        answers.push((format!("terminal_name_{number}"), format!("診察室{number}のパソコン")));
        answers.push((format!("terminal_os_{number}"), "windows_11".to_owned()));
        answers.push((format!("purpose_{number}"), "both".to_owned()));
    }
    answers
}

#[tokio::test]
async fn what_must_be_corrected_stays_first_however_many_terminals_were_applied_for_since() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        decide(
            house,
            &staff(house, Role::RaOfficer).await,
            &case,
            "return",
            &[("words-contact", "担当者名をお書きください。")],
        )
        .await;
        let many = terminals(50);
        let many: Vec<(&str, &str)> = many.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        file(house, &browser, "certificate", &many).await;
        let home = browser.get("/").await.body;
        assert!(home.contains(&format!("href=\"{case}/edit\"")), "{home}");
        assert!(home.contains("補正をお願いした項目を直す"), "{home}");
        browser.post(&format!("{case}/withdraw"), &[]).await;
        let home = browser.get("/").await.body;
        assert!(home.contains("50台分の申請があります"), "{home}");
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_came_back_stays_first_whatever_moves_after_it() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        posted(house, &dispatch, &case, "1234-5678-901").await;
        let letter = format!("/office/letters/{}", letters_of(house, &case).await[0].id);
        dispatch.post(&format!("{letter}/came-back"), &[("reason", "あて所に尋ねあたりません")]).await;
        house.clock.pass(time::Duration::minutes(1));
        let mut other = CERTIFICATE.to_vec();
        other[3].1 = "2階の受付のパソコン";
        file(house, &browser, "certificate", &other).await;
        let home = browser.get("/").await.body;
        let next = home.split("class=\"next-step\"").nth(1).unwrap().split("</section>").next().unwrap();
        assert!(next.contains(&format!("href=\"{case}/send-again\"")) && next.contains("通知書を送り直す"), "{next}");
        assert!(next.contains("取得期限") && next.contains("2026年11月16日（月）（あと180日）"), "{next}");
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_being_written_does_not_hide_that_the_certificate_may_be_applied_for() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let home = browser.get("/").await.body;
        assert!(home.contains("送信すると、はじめられます"), "{home}");
        let first = filed(house, &browser).await;
        accepted(house, &first).await;
        begin(&browser, "eligibility").await;
        let home = browser.get("/").await.body;
        assert!(home.contains("下書きの続きを入力する") && home.contains("端末1台に1枚必要です"), "{home}");
    })
    .await;
}

#[tokio::test]
async fn the_home_page_counts_as_filed_what_the_rules_count_as_filed() {
    on_each_database(async |house| {
        for (number, state) in State::ALL.iter().copied().enumerate() {
            let place = institution(house, &code(number), "さくら歯科").await;
            let owner = account(house, &format!("owner{number}@clinic.example"), &[], Some(place)).await;
            let case = begin(&Browser::of(house, owner, false).await, "eligibility").await;
            let draft = stored(house, &case).await;
            let mut tx = house.app.db.write().await.unwrap();
            let id = ApplicationId::new(house.app.clock.now(), &*house.app.randomness);
            let now = Some(house.app.clock.now());
            let other = Application { id, kind: Kind::Claims, answers: Answers::new(), state, ..draft };
            storage::applications::insert_filed(&mut tx, &Application { submitted_at: now, ..other }).await.unwrap();
            tx.commit().await.unwrap();
            let found = storage::applications::foremost(&mut house.app.db.read().await.unwrap(), place).await.unwrap();
            let claims = found.iter().find(|one| one.kind == Kind::Claims);
            assert_eq!(claims.is_some_and(|one| one.filed == 1), state.is_filed(), "{state}");
            assert_eq!(claims.is_some(), !state.is_over(), "{state}");
        }
    })
    .await;
}

/// A valid code of Tokyo for each number.
pub(crate) fn code(number: usize) -> String {
    let tokyo = Prefecture::from_code("13").unwrap();
    let six = format!("{number:06}");
    format!("133{six}{}", check_digit_for(tokyo, ScoreTable::Dental, &six).unwrap())
}
