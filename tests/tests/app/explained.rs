//! The explained state: at each step of the main line, and beside it, the mail, the applicant's page and the office say where a
//! case stands in one and the same sentence.

use domain::permissions::Role;
use time::Duration;

use crate::{
    browser::Browser,
    ladder::{certificates_of, show},
    pickup::fetch,
    steps::{
        CERTIFICATE, accepted, claims, claims_on_another_line, clinic, decide, file, filed, letters_of, mails, posted,
        staff,
    },
    support::{House, on_each_database},
};

/// Those who look at one case.
struct Looks<'a> {
    house: &'a House,
    clinic: &'a Browser,
    officer: &'a Browser,
    case: String,
}

impl Looks<'_> {
    /// The sentence on the applicant's page, after the office was seen to show the same.
    async fn sentence(&self, begins: &str) -> String {
        let page = self.clinic.get(&self.case).await;
        assert_eq!(page.status, axum::http::StatusCode::OK, "{} {}", self.case, page.location);
        let page = page.body;
        let sentence = page.split("<p class=\"life-sentence\">").nth(1).and_then(|rest| rest.split("</p>").next());
        let sentence = sentence.unwrap_or_default().to_owned();
        assert!(sentence.contains(begins), "{begins}: {sentence}");
        let agent = staff(self.house, Role::CallCentreAgent).await;
        for office in [self.officer, &agent] {
            let seen = office.get(&self.case.replace("/applications/", "/office/applications/")).await.body;
            assert!(seen.contains(&sentence), "the office says something else than: {sentence}\n{seen}");
        }
        sentence
    }

    /// The same sentence stands in the mail that has just left.
    async fn agree(&self, begins: &str) {
        let told = mails(self.house).await;
        let sentence = self.sentence(begins).await;
        let own = told.iter().filter(|(_, text)| text.contains("いまの状況")).collect::<Vec<_>>();
        assert!(!own.is_empty(), "{begins}: a mail tells of it: {told:?}");
        assert!(own.iter().any(|(_, text)| text.contains(&format!("いまの状況\n{sentence}\n"))), "{sentence}: {own:?}");
    }
}

#[tokio::test]
async fn a_filing_is_explained_in_one_sentence_everywhere() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let reviewer = staff(house, Role::Reviewer).await;
        let case = filed(house, &browser).await;
        let looks = Looks { house, clinic: &browser, officer: &reviewer, case: case.clone() };
        looks
            .agree("2026年5月20日（水）に受け付けました。審査担当が内容を確認します。目安は2026年5月25日（月）です。")
            .await;
        decide(house, &reviewer, &case, "take", &[]).await;
        looks.sentence("から審査しています。").await;
        decide(house, &reviewer, &case, "return", &[("words-customer_id", "書類をご確認ください。")]).await;
        looks.agree("補正の期限は2026年6月19日（金）です。").await;
        house.clock.pass(Duration::minutes(20));
        browser
            .post(
                &format!("{case}/edit"),
                &[("customer_id", "CAF0123456780"), ("customer_id_confirm", "CAF0123456780")],
            )
            .await;
        let version = crate::steps::stored(house, &case).await.version.to_string();
        browser.post(&format!("{case}/submit"), &[("version", &version)]).await;
        looks.agree("2026年5月20日（水）に受け付けました。").await;
        accepted(house, &case).await;
        looks.agree("承認し、受付済みになりました。2026年7月から利用できます。").await;

        let first = file(house, &browser, "claims", &claims_on_another_line(house, "start")).await;
        let looks = Looks { house, clinic: &browser, officer: &reviewer, case: first.clone() };
        looks.agree("に受け付けました。").await;
        accepted(house, &first).await;
        looks.agree("に承認し").await;
        let change = file(house, &browser, "claims", &claims(house, "change")).await;
        mails(house).await;
        accepted(house, &change).await;
        looks.agree("後の変更に置き換わりました。").await;
        let late = file(house, &browser, "claims", &claims(house, "change")).await;
        let looks = Looks { house, clinic: &browser, officer: &reviewer, case: late.clone() };
        mails(house).await;
        browser.post(&format!("{late}/withdraw"), &[]).await;
        looks.agree("に取り下げました。").await;
        let refused = file(house, &browser, "claims", &claims(house, "change")).await;
        let looks = Looks { house, clinic: &browser, officer: &reviewer, case: refused.clone() };
        mails(house).await;
        decide(house, &reviewer, &refused, "reject", &[("words-", "届出の必要がありません。")]).await;
        looks.agree("に却下しました。").await;
    })
    .await;
}

#[tokio::test]
async fn a_certificate_application_is_explained_in_one_sentence_everywhere() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let officer = staff(house, Role::RaOfficer).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        filed(house, &browser).await;
        mails(house).await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        let looks = Looks { house, clinic: &browser, officer: &officer, case: case.clone() };
        looks.agree("に受け付けました。").await;
        decide(house, &officer, &case, "accept", &[]).await;
        looks.agree("取得期限は2026年11月16日（月）です。").await;
        posted(house, &dispatch, &case, "1234-5678-901").await;
        looks.agree("通知書を簡易書留で発送しました。").await;
        let letter = format!("/office/letters/{}", letters_of(house, &case).await[0].id);
        dispatch.post(&format!("{letter}/came-back"), &[("reason", "あて所に尋ねあたりません")]).await;
        looks.agree("通知書が戻ってきました。").await;
        house.clock.pass(Duration::minutes(1));
        browser.post(&format!("{case}/send-again"), &[]).await;
        looks.agree("通知書を作り直しました。").await;
        house.clock.pass(Duration::minutes(1));
        let paper = posted(house, &dispatch, &case, "1234-5678-902").await;
        looks.agree("通知書を簡易書留で発送しました。").await;
        fetch(&Browser::terminal(house), &paper).await;
        looks.agree("同じ通知書でもう一度取得できる期限は").await;
        show(house, &case).await;
        looks.agree("接続テストに成功しました。").await;
        let made = certificates_of(house, &case).await.pop().unwrap().id;
        officer.post(&format!("/office/certificates/{made}/revoke"), &[("reason", "superseded")]).await;
        looks.agree("に失効しました。").await;
    })
    .await;
}

#[tokio::test]
async fn what_was_not_fetched_or_taken_back_is_explained_alike() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let officer = staff(house, Role::RaOfficer).await;
        filed(house, &browser).await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        let looks = Looks { house, clinic: &browser, officer: &officer, case: case.clone() };
        mails(house).await;
        browser.post(&format!("{case}/withdraw"), &[]).await;
        looks.agree("に取り消しました。").await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        decide(house, &officer, &case, "accept", &[]).await;
        posted(house, &staff(house, Role::DispatchClerk).await, &case, "1234-5678-901").await;
        mails(house).await;
        let looks = Looks { house, clinic: &browser, officer: &officer, case: case.clone() };
        house.clock.pass(Duration::days(181));
        // Sessions have ended meanwhile; the same people log in again.
        let account = crate::steps::stored(house, &case).await.created_by;
        let browser = Browser::of(house, account, false).await;
        let officer = staff(house, Role::RaOfficer).await;
        Looks { house, clinic: &browser, officer: &officer, case: looks.case }
            .agree("取得期限（2026年11月16日（月））が過ぎました。")
            .await;
    })
    .await;
}
