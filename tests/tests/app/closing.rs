//! 廃止・休止・再開: what ends on the day, in order and once; called off before; the guide for changes (spec 6.1).

use axum::http::StatusCode;
use domain::{
    applications::{Kind, State},
    clock::Timestamp,
    ids::InstitutionId,
    institutions::InstitutionStatus,
    permissions::Role,
    uploads::UploadState,
};
use serde_json::json;
use services::{closing::take_step, jobs::work_all};
use storage::authority::Certificate;
use time::{Date, Duration, macros::date};

use crate::{
    browser::Browser,
    ladder::{add, certificates_of, installed},
    steps::{
        CERTIFICATE, accepted, begin, claims_on_another_line, clinic, decide, file, filed, mails, not_begun, posted,
        staff, stored, works,
    },
    support::{House, on_each_database},
    uploads::{RECEIPT, handed_in, state_of},
};

const FORM: [(&str, &str); 5] = [
    ("deed", "abolish"),
    ("day", "2026-06-30"),
    ("reason", "院長の高齢のため"),
    ("contact", "山田 花子"),
    ("contact_phone", "03-1234-5678"),
];

fn go_to(house: &House, day: Date) {
    let noon = Timestamp::start_of_day(day) + Duration::hours(12);
    house.clock.pass(noon - house.app.clock.now());
}

async fn status(house: &House, id: InstitutionId) -> InstitutionStatus {
    storage::institutions::find(&mut house.app.db.read().await.unwrap(), id).await.unwrap().unwrap().status
}

/// The owner, logged in anew.
async fn owner(house: &House, case: &str) -> Browser {
    Browser::of(house, stored(house, case).await.created_by, false).await
}

#[tokio::test]
async fn a_clinic_closes_step_by_step_on_its_day_and_nothing_ends_twice() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, "1330100016").await;
        let eligibility = filed(house, &browser).await;
        accepted(house, &eligibility).await;
        let first = file(house, &browser, "certificate", CERTIFICATE).await;
        decide(house, &staff(house, Role::RaOfficer).await, &first, "accept", &[]).await;
        installed(house, &first, "12345678901").await;
        let mut other = CERTIFICATE.to_vec();
        other[3].1 = "受付のパソコン";
        let second = file(house, &browser, "certificate", &other).await;
        decide(house, &staff(house, Role::RaOfficer).await, &second, "accept", &[]).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &second, "12345678902").await;
        let claims = file(house, &browser, "claims", &claims_on_another_line(house, "start")).await;
        let draft = begin(&browser, "certificate").await;
        let file = handed_in(house, &draft, UploadState::Clean, Some(RECEIPT)).await;
        let case = begin(&browser, "closing").await;
        let saved = browser.post(&format!("{case}/edit"), &FORM).await;
        let check = browser.get(&saved.location).await.body;
        for words in [
            "2026年6月30日（火）の午前0時から",
            "1. 端末の電子証明書1枚を失効させます（オンライン資格確認パソコン）",
            "2. 電子証明書発行通知書1件を使えなくします",
            "3. 下書き1件を削除します",
            "4. 審査中の申請・届出1件を取り下げます",
            "5. 受付済みの申請・届出1件を終了します",
            "6. 未払いの請求はありません",
            "8. 台帳の状態を「廃止」にします",
        ] {
            assert!(check.contains(words), "{words}: {check}");
        }
        let version = stored(house, &case).await.version.to_string();
        browser.post(&format!("{case}/submit"), &[("version", &version)]).await;
        accepted(house, &case).await;
        go_to(house, date!(2026 - 06 - 29));
        mails(house).await;
        let browser = owner(house, &case).await;
        let page = browser.get(&case).await.body;
        assert!(page.contains("2026年6月30日（火）の予定") && !page.contains("に完了"), "{page}");
        let office = case.replace("/applications/", "/office/applications/");
        assert!(staff(house, Role::Reviewer).await.get(&office).await.body.contains("2026年6月30日（火）の予定"));
        assert_eq!(certificates_of(house, &first).await[0].state, "valid");
        go_to(house, date!(2026 - 06 - 30));
        mails(house).await;
        ended(house, place, [&first, &second, &eligibility, &claims], &draft).await;
        assert_eq!(state_of(house, file).await, None, "the files of a draft go with it");
        assert!(!house.app.uploads.store.has(file).await.unwrap());
        assert!(!works(&Browser::terminal(house), &paper).await, "a letter fetches nothing any more");
        twice(house, &case).await;
        let page = owner(house, &case).await.get(&case).await.body;
        assert!(page.contains("2026年6月30日（火）12:00に完了") && !page.contains("の予定"), "{page}");
        let refused = not_begun(&owner(house, &case).await, "claims").await;
        assert!(refused.contains("廃止の手続が終わっている"), "{refused}");
        nothing_is_offered(&owner(house, &case).await).await;
    })
    .await;
}

/// Neither on the first page nor where several procedures or several institutions are looked at.
async fn nothing_is_offered(browser: &Browser) {
    let home = browser.get("/").await.body;
    assert!(home.contains("廃止の手続が終わっています") && home.contains("廃止の記録を見る"), "{home}");
    assert!(home.contains("失効しました。") && !home.contains("新しく申請してください"), "{home}");
    let terminals = browser.get("/terminals").await.body;
    assert!(terminals.contains("使用終了") && !terminals.contains("別の端末の発行を申請する"), "{terminals}");
    let all = browser.get("/institutions/overview").await.body;
    let together = browser.get("/together").await.body;
    assert!(together.contains("廃止の手続が終わっているため"), "{together}");
    for page in [home, all, together] {
        for words in ["はじめる", "まだ申請していません", "未申請", "まだ登録していません"] {
            assert!(!page.contains(words), "{words}: {page}");
        }
    }
    let begun = browser.post("/together", &[("kinds", "claims"), ("paper_filed", "no")]).await;
    assert_eq!(begun.location, "/together", "{}", begun.body);
    let table = browser.get("/group/new/claims/template.csv").await.body;
    assert!(table.contains("廃止の手続が終わっているため"), "{table}");
}

async fn ended(house: &House, place: InstitutionId, cases: [&String; 4], draft: &str) {
    let [first, second, eligibility, claims] = cases;
    let certificate = certificates_of(house, first).await.remove(0);
    assert_eq!(certificate.revocation_reason.as_deref(), Some("cessationOfOperation"));
    assert_eq!(stored(house, second).await.state, State::PickupExpired);
    assert_eq!(stored(house, claims).await.state, State::Withdrawn);
    assert_eq!(stored(house, eligibility).await.state, State::Superseded);
    assert_eq!(status(house, place).await, InstitutionStatus::Closed);
    let mut conn = house.app.db.read().await.unwrap();
    let id = draft.rsplit('/').next().unwrap().parse().unwrap();
    assert!(storage::applications::find(&mut conn, id).await.unwrap().is_none());
    assert!(storage::applications::draft_of(&mut conn, place, Kind::Certificate).await.unwrap().is_none());
}

/// Every step again: nothing more ends, nobody is told again.
async fn twice(house: &House, case: &str) {
    let id = stored(house, case).await.id;
    let steps = async || storage::closures::steps(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
    let before = steps().await;
    assert_eq!(before.iter().map(|one| one.count).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 0, 0, 1]);
    house.clock.pass(Duration::hours(1));
    for place in 0..8 {
        take_step(&house.app, &json!({ "application": id, "place": place })).await.unwrap();
    }
    assert_eq!(steps().await, before);
    assert_eq!(mails(house).await, []);
}

/// A certificate for another terminal, fetched and installed.
async fn at_another(house: &House, browser: &Browser, name: &'static str, number: &str) -> Certificate {
    let mut answers = CERTIFICATE.to_vec();
    answers[3].1 = name;
    let case = file(house, browser, "certificate", &answers).await;
    decide(house, &staff(house, Role::RaOfficer).await, &case, "accept", &[]).await;
    installed(house, &case, number).await
}

#[tokio::test]
async fn as_many_certificates_end_as_were_announced_and_those_that_are_long_over_are_left_alone() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, "1330100016").await;
        let person = filed(house, &browser).await;
        let over = at_another(house, &browser, "受付のパソコン", "12345678901").await;
        house.clock.pass(Duration::days(31));
        let late = at_another(house, &owner(house, &person).await, "会計のパソコン", "12345678902").await;
        go_to(house, over.not_after.date() + Duration::days(32));
        assert!(over.not_after < late.not_after && late.not_after < house.app.clock.now());
        let browser = owner(house, &person).await;
        let renewed = at_another(house, &browser, "薬局側のパソコン", "12345678903").await;
        add(house, place, &renewed, 1, renewed.not_after + Duration::days(60)).await;
        let day = house.app.clock.now().date() + Duration::days(1);
        let text = day.to_string();
        let mut form = FORM;
        form[1].1 = &text;
        let case = begin(&browser, "closing").await;
        let saved = browser.post(&format!("{case}/edit"), &form).await;
        let check = browser.get(&saved.location).await.body;
        assert!(check.contains("端末の電子証明書3枚を失効させます（"), "{check}");
        assert!(
            check.contains("会計のパソコン、薬局側のパソコン、薬局側のパソコン）") && !check.contains("受付のパソコン"),
            "{check}"
        );
        let version = stored(house, &case).await.version.to_string();
        browser.post(&format!("{case}/submit"), &[("version", &version)]).await;
        accepted(house, &case).await;
        mails(house).await;
        go_to(house, day);
        let told: String = mails(house).await.into_iter().map(|(_, body)| body).collect();
        assert!(!told.contains(&over.serial), "{told}");
        let mut conn = house.app.db.read().await.unwrap();
        let steps = storage::closures::steps(&mut conn, stored(house, &case).await.id).await.unwrap();
        assert_eq!(steps[0].count, 3);
        let all = storage::authority::of_institution(&mut conn, place).await.unwrap();
        let state = |one: &Certificate| (one.state.clone(), one.serial == over.serial);
        let revoked = || ("revoked".to_owned(), false);
        let expected = [("valid".to_owned(), true), revoked(), revoked(), revoked()];
        assert_eq!(all.iter().map(state).collect::<Vec<_>>(), expected);
    })
    .await;
}

#[tokio::test]
async fn a_closing_is_called_off_until_its_day_and_a_rest_comes_to_an_end() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, "1330100016").await;
        let (_, stranger) = clinic(house, "2730100019").await;
        filed(house, &browser).await;
        let case = file(house, &browser, "closing", &FORM).await;
        accepted(house, &case).await;
        mails(house).await;
        assert!(not_begun(&browser, "closing").await.contains("すでに受け付けています</h2>"));
        let home = browser.get("/").await.body;
        assert!(home.contains("廃止の届出を受け付けています") && home.contains("廃止・休止の状況を見る"), "{home}");
        let cancel = case.replace("/applications/", "/closing/") + "/cancel";
        assert_eq!(stranger.post(&cancel, &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.post(&cancel, &[]).await.location, "/closing?done=cancelled");
        assert_eq!(browser.post(&cancel, &[]).await.location, "/closing?done=before");
        assert_eq!(mails(house).await.len(), 1, "told once");
        assert!(!browser.get("/").await.body.contains("廃止の届出を受け付けています"));
        go_to(house, date!(2026 - 07 - 01));
        work_all(&house.app, "test").await.unwrap();
        assert_eq!(status(house, place).await, InstitutionStatus::Active);
        // A rest with its certificates, and its end.
        let browser = owner(house, &case).await;
        let rest = [("deed", "suspend"), ("day", "2026-07-10"), ("until", "2026-12-01"), ("certificates", "keep")];
        let case = file(house, &browser, "closing", &[&rest[..], &FORM[2..]].concat()).await;
        accepted(house, &case).await;
        go_to(house, date!(2026 - 07 - 10));
        mails(house).await;
        assert_eq!(status(house, place).await, InstitutionStatus::Suspended);
        let browser = owner(house, &case).await;
        let cancel = case.replace("/applications/", "/closing/") + "/cancel";
        assert_eq!(browser.post(&cancel, &[]).await.location, "/closing?done=late");
        assert!(browser.get("/closing").await.body.contains("再開の見込み：2026年12月1日"));
        let on = [("deed", "resume"), ("day", "2026-07-20")];
        let case = file(house, &browser, "closing", &[&on[..], &FORM[2..]].concat()).await;
        accepted(house, &case).await;
        go_to(house, date!(2026 - 07 - 20));
        mails(house).await;
        assert_eq!(status(house, place).await, InstitutionStatus::Active);
    })
    .await;
}

#[tokio::test]
async fn the_guide_for_changes_asks_one_question_a_page_and_says_where_and_by_when() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let empty = visitor.get("/changes?asked=what").await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.body.contains("id=\"f-what-error\""), "{}", empty.body);
        for (answers, words) in [
            ("", "何が変わりましたか"),
            ("?what=nonsense", "何が変わりましたか"),
            ("?what=moving", "医療機関等コードは変わりますか"),
            ("?what=moving&code=unknown", "地方厚生局に"),
            ("?what=moving&code=same", "回線（お客様ID）も変わりますか"),
            ("?what=moving&code=new", "いつ変わりますか"),
            ("?what=moving&code=new&day=2026-06-01", "使える最後の日：2026年9月29日（火）"),
            ("?what=moving&code=new&day=2026-06-01", "/procedures/succession"),
            ("?what=software&day=2026-08-10", "送信の期限：2026年6月20日（土）"),
            ("?what=software&day=2026-06-10", "期限は過ぎました。今日送信すると、2026年7月の請求から"),
            ("?what=name", "/inquiries?about=institution"),
            ("?what=closing&day=2026-06-30", "廃止の日：2026年6月30日（火）"),
        ] {
            let page = visitor.get(&format!("/changes{answers}")).await;
            assert!(page.status == StatusCode::OK && page.body.contains(words), "{answers}: {}", page.body);
        }
        let wrong = visitor.get("/changes?what=software&asked=day&day=x").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}
