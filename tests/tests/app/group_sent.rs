//! 一括申請, sent: agreed to once, one case for each row whatever happens in between, one mail, and nothing for whoever lost the
//! right meanwhile.

use axum::http::StatusCode;
use domain::{
    applications::{Kind, State},
    group::RowState,
    ids::{ApplicationId, InstitutionId, SheetId},
};
use serde_json::json;
use storage::applications::Application;

use crate::{
    browser::Browser,
    group::{Form, chain, good, hand_in, results},
    steps::{file, filed, mails},
    support::{House, on_each_database},
};

fn id_of(sheet: &str) -> SheetId {
    sheet.trim_start_matches("/group/").parse().unwrap()
}

/// The cases that the rows of a table became.
async fn cases(house: &House, sheet: &str) -> Vec<ApplicationId> {
    let mut conn = house.app.db.read().await.unwrap();
    let rows = storage::group::rows(&mut conn, id_of(sheet), 0, 6_000).await.unwrap();
    rows.into_iter().filter_map(|row| row.case).collect()
}

/// How many cases are filed at some institutions.
async fn filed_at(house: &House, kind: Kind, codes: &[String]) -> usize {
    let mut conn = house.app.db.read().await.unwrap();
    let mut count = 0;
    for place in storage::institutions::by_codes(&mut conn, codes).await.unwrap() {
        let listed = storage::applications::of_institution(&mut conn, place.id, None, 50).await.unwrap();
        count += listed.iter().filter(|case| case.kind == kind).count();
    }
    count
}

#[tokio::test]
async fn a_table_is_agreed_to_once_and_sent_once_whoever_clicks_and_whatever_dies() {
    on_each_database(async |house| {
        let (person, browser, codes) = chain(house, 230).await;
        let mut form = Form::of(&browser, "eligibility").await;
        for (number, code) in codes.iter().enumerate() {
            let row = good(number);
            form.add(code, &row.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>());
        }
        form.rows[5][2].clear();
        let sheet = hand_in(&browser, "eligibility", form.text(',').as_bytes()).await;
        let send = format!("{sheet}/send");
        let page = browser.get(&send).await.body;
        assert!(page.contains("229件送信します") && page.contains("利用規約への同意"), "{page}");
        assert!(page.contains("1件ずつの受付メールは送りません"), "{page}");
        let refused = browser.post(&send, &[("run", "0"), ("count", "229")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("を読み、同意する場合はチェックを入れてください。"), "{}", refused.body);
        let other = browser.post(&send, &[("run", "0"), ("count", "230"), ("terms", "1.0")]).await;
        assert!(other.body.contains("画面を開いた後に、内容が変わりました。"), "{}", other.body);
        // Two tabs and a double click begin one sending; another table waits until it has ended.
        let agreed = [("run", "0"), ("count", "229"), ("terms", "1.0")];
        let (first, second) = tokio::join!(browser.post(&send, &agreed), browser.post(&send, &agreed));
        assert_eq!((first.location.as_str(), second.location.as_str()), (&*sheet, &*sheet));
        let rest = hand_in(&browser, "eligibility", form.text(',').as_bytes()).await;
        let waits = browser.post(&format!("{rest}/send"), &agreed).await;
        assert_eq!(waits.location, format!("{rest}?said=other"), "{}", waits.body);
        let progress = browser.get(&sheet).await.body;
        assert!(
            progress.contains("229件のうち0件が終わりました") && progress.contains("http-equiv=\"refresh\""),
            "{progress}"
        );
        let open = browser.post(&format!("{sheet}/rows/7"), &[("action", "leave")]).await;
        assert_eq!(open.location, format!("{sheet}?said=left"), "what is not being sent can still be changed");
        // A worker dies between two pages; two others do the same page again at the same time.
        let work = json!({ "sheet": id_of(&sheet), "run": 1 });
        services::group::send_rows(&house.app, &work).await.unwrap();
        let halfway = cases(house, &sheet).await.len();
        assert_eq!(halfway, 200);
        let (one, two) =
            tokio::join!(services::group::send_rows(&house.app, &work), services::group::send_rows(&house.app, &work));
        one.unwrap();
        two.unwrap();
        let told: Vec<_> = mails(house).await;
        let mut sent = cases(house, &sheet).await;
        assert_eq!((sent.len(), filed_at(house, Kind::Eligibility, &codes).await), (229, 229));
        sent.sort();
        sent.dedup();
        assert_eq!(sent.len(), 229, "one case for each row");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].0.contains("229件") && told[0].1.contains(&sheet), "{told:?}");
        let found = results(&browser, &sheet).await;
        let numbers: std::collections::BTreeSet<&String> = found.values().map(|[_, number, _]| number).collect();
        assert_eq!(numbers.len(), 230, "each its own number, and one row none");
        // The case is one like any other: agreed to by the person, for the institution.
        let mut conn = house.app.db.read().await.unwrap();
        let case = storage::applications::find(&mut conn, sent[0]).await.unwrap().unwrap();
        assert_eq!((case.submitted_by, case.answers.get("terms")), (Some(person), "1.0"));
        let audit = storage::audit::newest(&mut conn, None, 5_000).await.unwrap();
        let of_case = audit.iter().find(|row| row.subject == format!("application:{}", case.id)).unwrap();
        assert_eq!(
            (of_case.actor.as_str(), &*of_case.on_behalf_of),
            (&*format!("account:{person}"), &*case.institution_id.to_string())
        );
        drop(conn);
        // The second table of the same rows crosses none of the cases.
        assert!(browser.post(&format!("{rest}/check"), &[]).await.location.ends_with("said=checked"));
        let found = results(&browser, &rest).await;
        let kept_back =
            found.values().filter(|[_, _, faults]| faults.contains("同じ手続が、すでに進んでいます")).count();
        assert_eq!(kept_back, 229);
        let template = browser.get("/group/new/eligibility/template.csv").await.body;
        assert_eq!(template.matches("すでに進んでいます").count(), 229, "left out, with the reason");
        assert_eq!(browser.post(&format!("{sheet}/discard"), &[]).await.location, "/group");
        assert_eq!(filed_at(house, Kind::Eligibility, &codes).await, 229, "the cases stay");
    })
    .await;
}

const TERMINALS: [(&str, &str); 5] =
    [("0", "受付パソコン"), ("0", "会計パソコン"), ("1", "受付パソコン"), ("1", "受付ﾊﾟｿｺﾝ"), ("2", "受付パソコン")];

#[tokio::test]
async fn a_row_is_a_terminal_and_its_fee_is_agreed_to_for_all_at_once() {
    on_each_database(async |house| {
        let (person, browser, codes) = chain(house, 4).await;
        for code in &codes[..3] {
            filed_for(house, &browser, code).await;
        }
        let mut form = Form::of(&browser, "certificate").await;
        for (place, name) in TERMINALS {
            let filled = [
                ("担当部署／担当者名", "事務部 山田 花子"),
                ("端末名称等", name),
                ("端末のOS", "Windows 11（IoT Enterprise LTSC 2024を含む）"),
                ("用途", "共用"),
            ];
            form.add(&codes[place.parse::<usize>().unwrap()], &filled);
        }
        let contact = [
            ("担当部署／担当者名", "事務部 山田 花子"),
            ("端末名称等", "受付"),
            ("端末のOS", "linux"),
            ("用途", "both"),
        ];
        form.add(&codes[3], &contact);
        let sheet = hand_in(&browser, "certificate", form.text(',').as_bytes()).await;
        let found = results(&browser, &sheet).await;
        assert!(found[&5][2].contains("「受付パソコン」が4行目にも入力されています。"), "{found:?}");
        assert!(
            found[&7][2].contains("端末の電子証明書を申請する前に、オンライン資格確認の利用申請が必要です。"),
            "{found:?}"
        );
        let send = format!("{sheet}/send");
        let page = browser.get(&send).await.body;
        assert!(page.contains("端末4台分、発行料は合計6,000円（1枚あたり1,500円）です。"), "{page}");
        let refuse = [("run", "0"), ("count", "4"), ("fee", "1500"), ("consent", "refuse")];
        let refused = browser.post(&send, &refuse).await;
        assert!(refused.body.contains("発行料に同意しない場合は申請できません。"), "{}", refused.body);
        let dearer = [("run", "0"), ("count", "4"), ("fee", "1400"), ("consent", "agree")];
        assert!(browser.post(&send, &dearer).await.body.contains("画面を開いた後に、内容が変わりました。"));
        mails(house).await;
        let agreed = [("run", "0"), ("count", "4"), ("fee", "1500"), ("consent", "agree")];
        assert_eq!(browser.post(&send, &agreed).await.location, sheet);
        // One of the institutions lets the person go before the row's turn.
        let mut tx = house.app.db.write().await.unwrap();
        let all = storage::accounts::memberships_of_account(&mut tx, person).await.unwrap();
        let gone = all.iter().find(|one| one.institution_code == codes[2]).unwrap().id;
        let now = house.app.clock.now();
        assert!(storage::accounts::decide_membership(&mut tx, gone, "active", "removed", "test", now).await.unwrap());
        tx.commit().await.unwrap();
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].1.contains("受け付けた申請：3件"), "{told:?}");
        assert!(told[0].1.contains("今回送信できなかった申請：1件"), "{told:?}");
        let found = results(&browser, &sheet).await;
        assert!(found[&6][2].contains("あなたが申請できる医療機関等のコードではありません"), "{found:?}");
        let sent = cases(house, &sheet).await;
        assert_eq!(sent.len(), 3);
        let mut conn = house.app.db.read().await.unwrap();
        for case in sent {
            assert_eq!(storage::fees::fee_agreed_to(&mut conn, case).await.unwrap(), Some(1_500));
        }
        drop(conn);
        let row = browser.get(&format!("{sheet}/rows/6")).await;
        assert_eq!(row.status, StatusCode::NOT_FOUND, "nothing of an institution that let the person go");
        let page = browser.get(&sheet).await.body;
        assert!(!page.contains("第002歯科"), "{page}");
    })
    .await;
}

/// Files an eligibility application of one of the person's institutions.
async fn filed_for(house: &House, browser: &Browser, code: &str) {
    let place = place_of(house, code).await.to_string();
    let switched = browser.post("/account/switch", &[("institution", place.as_str()), ("next", "/")]).await;
    assert_eq!(switched.status, StatusCode::SEE_OTHER);
    filed(house, browser).await;
}

#[tokio::test]
async fn a_draft_of_somebody_at_the_institution_is_not_touched_and_old_tables_go() {
    on_each_database(async |house| {
        let (_, browser, codes) = chain(house, 2).await;
        let draft = crate::steps::begin(&browser, "eligibility").await;
        let mut form = Form::of(&browser, "eligibility").await;
        for (number, code) in codes.iter().enumerate() {
            let row = good(number);
            form.add(code, &row.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>());
        }
        let sheet = hand_in(&browser, "eligibility", form.text(',').as_bytes()).await;
        let agreed = [("run", "0"), ("count", "2"), ("terms", "1.0")];
        browser.post(&format!("{sheet}/send"), &agreed).await;
        mails(house).await;
        assert_eq!(cases(house, &sheet).await.len(), 2);
        assert_eq!(browser.get(&format!("{draft}/edit")).await.status, StatusCode::OK, "the draft is still there");
        // The same person may still file singly elsewhere.
        let claims = crate::steps::claims_on_another_line(house, "start");
        file(house, &browser, "claims", &claims).await;
        let mut conn = house.app.db.read().await.unwrap();
        let counts = storage::group::counts(&mut conn, id_of(&sheet)).await.unwrap();
        assert_eq!(counts, [(RowState::Sent, 2)]);
        drop(conn);
        house.clock.pass(time::Duration::days(89));
        services::group::sweep(&house.app, &json!(null)).await.unwrap();
        assert_eq!(cases(house, &sheet).await.len(), 2, "kept for 90 days");
        house.clock.pass(time::Duration::days(2));
        services::group::sweep(&house.app, &json!(null)).await.unwrap();
        assert!(cases(house, &sheet).await.is_empty());
        assert_eq!(filed_at(house, Kind::Eligibility, &codes).await, 3, "two cases and the draft");
    })
    .await;
}

/// A row of 訪問診療等.
const VISITS: [(&str, &str); 7] = [
    ("申請区分", "開始"),
    ("利用するサービス", "訪問診療／往診"),
    ("利用開始予定年月", "2026年7月"),
    ("機器の種類", "スマートフォン・タブレット"),
    ("機器の台数", "2台"),
    ("担当者の氏名", "山田 花子"),
    ("担当者の電話番号", "03-1234-5678"),
];

#[tokio::test]
async fn rows_of_a_common_procedure_know_what_each_institution_has_filed_and_tested() {
    on_each_database(async |house| {
        let (_, browser, codes) = chain(house, 3).await;
        for code in &codes[..2] {
            filed_for(house, &browser, code).await;
        }
        let mut form = Form::of(&browser, "home_visit").await;
        codes.iter().for_each(|code| form.add(code, &VISITS));
        let sheet = hand_in(&browser, "home_visit", form.text(',').as_bytes()).await;
        let found = results(&browser, &sheet).await;
        assert!(found[&4][2].contains("この手続の前に、オンライン資格確認の利用申請が必要です。"), "{found:?}");
        let agreed = [("run", "0"), ("count", "2"), ("terms", "1.0")];
        assert_eq!(browser.post(&format!("{sheet}/send"), &agreed).await.location, sheet);
        mails(house).await;
        let sent = cases(house, &sheet).await;
        assert_eq!(sent.len(), 2);
        // One of the two is accepted: its next row changes what is in force, the other one waits.
        let mut tx = house.app.db.write().await.unwrap();
        let case = storage::applications::find(&mut tx, sent[0]).await.unwrap().unwrap();
        let now = house.app.clock.now();
        assert!(storage::applications::advance(&mut tx, &case, State::InForce, None, &[], now).await.unwrap());
        // And its terminal has passed the connection test.
        let terminal = Application {
            id: ApplicationId::new(now, &*house.app.randomness),
            kind: Kind::Certificate,
            state: State::Installed,
            reference: Some("999999999999".to_owned()),
            terminal_name: Some("受付".to_owned()),
            ..case.clone()
        };
        storage::applications::insert_filed(&mut tx, &terminal).await.unwrap();
        tx.commit().await.unwrap();
        let changes: Vec<_> = VISITS.iter().copied().chain([("申請区分", "変更")]).collect();
        let mut form = Form::of(&browser, "home_visit").await;
        codes[..2].iter().for_each(|code| form.add(code, &changes));
        let sheet = hand_in(&browser, "home_visit", form.text(',').as_bytes()).await;
        let found = results(&browser, &sheet).await;
        let accepted = if case.institution_id == place_of(house, &codes[0]).await { 2 } else { 3 };
        assert_eq!(found[&accepted][0], "送信できます", "{found:?}");
        assert!(found[&(5 - accepted)][2].contains("同じ手続が、すでに進んでいます"), "{found:?}");
        let mut form = Form::of(&browser, "operation_start").await;
        codes.iter().for_each(|code| form.add(code, &[("運用開始日", "2026-07-01")]));
        let sheet = hand_in(&browser, "operation_start", form.text(',').as_bytes()).await;
        for (row, [state, _, faults]) in results(&browser, &sheet).await {
            let good = state == "送信できます";
            assert!(
                good == (row == accepted) && good != faults.contains("接続テストを済ませてください"),
                "{row}: {faults}"
            );
        }
    })
    .await;
}

async fn place_of(house: &House, code: &str) -> InstitutionId {
    storage::institutions::by_code(&mut house.app.db.read().await.unwrap(), code).await.unwrap().unwrap().id
}
