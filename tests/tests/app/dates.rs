//! Dates in mails: each is counted from what happened. It is Wednesday 20 May 2026; offices examine for three business
//! days, post within three and letters arrive five business days after the approval.

use domain::{calendar::japanese_date, permissions::Role};
use services::Ctx;
use time::Duration;

use crate::{
    browser::Browser,
    pickup::fetch,
    steps::{
        CERTIFICATE, Paper, approved, claims, clinic, decide, file, filed, letters_of, mails, posted, staff, stored,
    },
    support::{House, on_each_database},
};

/// A claims filing that starts in a month.
fn claims_from(house: &House, month: &str) -> Vec<(&'static str, String)> {
    let mut answers = claims(house, "start");
    answers.iter_mut().filter(|(key, _)| *key == "start_month").for_each(|(_, value)| month.clone_into(value));
    answers.push(("line_changed", "other_line".to_owned()));
    answers
}

/// The text of the only mail since the last look whose subject has these words.
async fn told(house: &House, subject: &str) -> String {
    let mut all = mails(house).await;
    all.retain(|(own, _)| own.contains(subject));
    assert_eq!(all.len(), 1, "{subject}: {all:?}");
    all.remove(0).1
}

fn says(text: &str, words: &str) {
    assert!(text.contains(words), "「{words}」 is missing in: {text}");
}

/// A case whose letter is posted, with what the letter says.
async fn letter(house: &House, browser: &Browser) -> (String, Paper) {
    let case = approved(house, browser).await;
    let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
    (case, paper)
}

#[tokio::test]
async fn a_filing_is_told_when_its_result_is_known_and_what_follows() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let reviewer = staff(house, Role::Reviewer).await;
        let case = filed(house, &browser).await;
        says(&told(house, "【受付】").await, "2026年5月25日（月）までに結果をメール");
        decide(house, &reviewer, &case, "accept", &[]).await;
        let text = told(house, "【承認】").await;
        says(&text, "2026年7月からオンライン資格確認を利用できます");
        assert!(!text.contains("ごろ"), "no day is promised for what no rule names: {text}");
        let case = file(house, &browser, "claims", &claims_from(house, "2026-08")).await;
        says(&told(house, "【受付】").await, "2026年5月25日（月）までに結果をメール");
        decide(house, &reviewer, &case, "accept", &[]).await;
        let text = told(house, "【承認】").await;
        says(&text, "2026年8月からオンライン請求を利用できます");
        says(&text, "2026年6月11日（木）から2026年7月31日（金）まで");
    })
    .await;
}

#[tokio::test]
async fn a_correction_and_a_refusal_count_from_the_next_sending_whenever_it_comes() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let reviewer = staff(house, Role::Reviewer).await;
        let case = filed(house, &browser).await;
        decide(house, &reviewer, &case, "return", &[("words-customer_id", "書類と違います")]).await;
        let text = told(house, "直していただきたい").await;
        says(&text, "2026年6月19日（金）までに、次のページで");
        says(&text, "もう一度送信していただいてから、3営業日ほどで");
        let (_, browser) = clinic(house, "2730100019").await;
        let case = filed(house, &browser).await;
        decide(house, &reviewer, &case, "reject", &[("words-general", "二重の申請です")]).await;
        says(&told(house, "は承認されませんでした").await, "送信から3営業日ほどで");
    })
    .await;
}

#[tokio::test]
async fn a_letter_is_promised_for_the_day_it_can_arrive() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        let text = told(house, "申請情報受付通知").await;
        says(&text, "2026年6月1日（月）ごろまで");
        says(&text, "審査に3営業日、承認からお届けまでに5営業日ほど");
        house.clock.pass(Duration::days(1));
        decide(house, &staff(house, Role::RaOfficer).await, &case, "accept", &[]).await;
        let text = told(house, "【承認】").await;
        says(&text, "お手元に届くのは2026年5月28日（木）ごろ");
        says(&text, "取得期限：2026年11月17日（火）");
        house.clock.pass(Duration::days(1));
        posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        let text = told(house, "【発送】").await;
        says(&text, "2026年5月22日（金）に簡易書留で");
        says(&text, "到着の予定：2026年5月26日（火）ごろ");
        says(&text, "2026年11月17日（火）までに、使う端末で");
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_application_is_told_when_a_new_one_would_lead_to_a_letter() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        browser.post(&format!("{case}/withdraw"), &[]).await;
        says(&told(house, "取り消しました").await, "通知書が届くのは2026年6月1日（月）ごろ");
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_came_back_names_the_day_that_does_not_move() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let (case, _) = letter(house, &browser).await;
        house.clock.pass(Duration::days(170));
        let desk = staff(house, Role::DispatchClerk).await;
        let own = letters_of(house, &case).await.remove(0);
        desk.post(&format!("/office/letters/{}/came-back", own.id), &[("reason", "保管期間の経過")]).await;
        let text = told(house, "戻ってきました").await;
        says(&text, "2026年5月20日（水）にお送りした");
        says(&text, "2026年11月16日（月）までに手続をしてください。新しい通知書は、手続から5営業日ほどで");
        says(&text, "取得期限は、2026年11月16日（月）のまま変わりません");
        house.clock.pass(Duration::days(1));
        let desk = staff(house, Role::DispatchClerk).await;
        desk.post(&format!("/office/letters/{}/reissue", own.id), &[]).await;
        let text = told(house, "送り直します").await;
        says(&text, "到着の予定：2026年11月13日（金）ごろ");
        let text = text.replace("2026年11月7日（土）に通知書を作り直しました。", "");
        assert!(!text.contains("11月7日"), "the old secret died when the letter came back, not now: {text}");
    })
    .await;
}

#[tokio::test]
async fn who_never_fetched_is_told_the_deadline_that_passed() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        letter(house, &browser).await;
        mails(house).await;
        house.clock.pass(Duration::days(182));
        let text = told(house, "期限が過ぎました").await;
        says(&text, "取得期限：2026年11月16日（月）");
        says(&text, "通知書が届くのは2026年12月1日（火）ごろ");
    })
    .await;
}

#[tokio::test]
async fn a_second_pickup_does_not_give_more_days() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let (_, paper) = letter(house, &browser).await;
        let terminal = Browser::terminal(house);
        fetch(&terminal, &paper).await;
        says(&told(house, "取得されました").await, "2026年5月27日（水）10:00までなら");
        house.clock.pass(Duration::days(3));
        fetch(&terminal, &paper).await;
        says(&told(house, "取得されました").await, "2026年5月27日（水）10:00までなら");
    })
    .await;
}

#[tokio::test]
async fn an_installed_certificate_names_its_renewal_and_a_revoked_one_the_next_letter() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let (case, paper) = letter(house, &browser).await;
        fetch(&Browser::terminal(house), &paper).await;
        mails(house).await;
        let id = stored(house, &case).await.id;
        let mut conn = house.app.db.read().await.unwrap();
        let made = storage::authority::of_application(&mut conn, id).await.unwrap().remove(0);
        drop(conn);
        let shown = Ctx::visitor(&house.app, "");
        services::authority::connection_test(&shown, made.certificate.as_deref()).await.unwrap().unwrap();
        let renewal = japanese_date((made.not_after - Duration::days(90)).date());
        says(&told(house, "接続テストに成功").await, &format!("90日前（{renewal}）になったら"));
        browser.post(&format!("/certificates/{}/revoke", made.id), &[("reason", "cessationOfOperation")]).await;
        says(&told(house, "失効させました").await, "通知書が届くのは2026年6月1日（月）ごろ");
    })
    .await;
}
