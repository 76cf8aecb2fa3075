//! The dispatch desk: what comes next, what waits too long, letters under a scanner, lists with wrong rows.

use axum::http::StatusCode;
use domain::{applications::State, clock::Timestamp, permissions::Role};
use time::{Duration, macros::date};

use crate::{
    browser::Browser,
    steps::{approved, batch, clinic, letters_of, mails, posted, staff, stored},
    support::{House, on_each_database},
};

/// Two letters in a batch that is printed; gives the batch and the cases.
async fn printed(house: &House, dispatch: &Browser) -> (String, Vec<String>) {
    let mut cases = vec![];
    for code in ["1330100016", "2730100019"] {
        cases.push(approved(house, &clinic(house, code).await.1).await);
    }
    let made = batch(dispatch).await;
    dispatch.get(&format!("{made}/issuance_notice.pdf")).await;
    let confirmed = dispatch.post(&format!("{made}/confirm"), &[]).await;
    assert!(confirmed.location.ends_with("?done=printed"), "{}", confirmed.body);
    (made, cases)
}

async fn reference(house: &House, case: &str) -> String {
    stored(house, case).await.reference.unwrap()
}

async fn scan(dispatch: &Browser, letter: &str, code: &str) -> crate::browser::Answer {
    dispatch.post("/office/letters/scan", &[("letter", letter), ("code", code)]).await
}

#[tokio::test]
async fn a_letter_and_its_number_pass_under_the_scanner_and_the_field_keeps_the_focus() {
    on_each_database(async |house| {
        let dispatch = staff(house, Role::DispatchClerk).await;
        let (_, cases) = printed(house, &dispatch).await;
        assert!(dispatch.get("/office/letters/scan").await.body.contains(" autofocus "));
        let early = scan(&dispatch, "", "12345678901").await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(early.body.contains("書留番号のようです") && early.body.contains(" autofocus "), "{}", early.body);
        let unknown = scan(&dispatch, "", "ABCD-EFGH").await;
        assert!(unknown.body.contains("「ABCD-EFGH」の通知書はありません"), "{}", unknown.body);
        assert!(scan(&dispatch, "", " ").await.body.contains("もう一度読み取ってください"));

        let typed = reference(house, &cases[0]).await.replace('-', " ").to_lowercase();
        let found = dispatch.get(&format!("/office/letters?find={}", typed.replace(' ', ""))).await.body;
        assert!(!found.contains("この番号の通知書はありません"), "the desk finds it, too: {found}");
        let first = scan(&dispatch, "", &typed).await;
        let letter = letters_of(house, &cases[0]).await[0].clone();
        assert_eq!(first.location, format!("/office/letters/scan?letter={}", letter.id));
        let page = dispatch.get(&first.location).await.body;
        assert!(page.contains("この通知書に貼る書留番号") && page.contains(" autofocus "), "{page}");
        let short = scan(&dispatch, &letter.id.to_string(), "12").await;
        assert!(short.body.contains("数字8～20桁") && short.body.contains("name=\"letter\""), "{}", short.body);
        let noted = scan(&dispatch, &letter.id.to_string(), "1234-5678-901").await;
        assert_eq!(noted.location, format!("/office/letters/scan?done={}", letter.id), "{}", noted.body);
        let page = dispatch.get(&noted.location).await.body;
        assert!(page.contains("書留番号 12345678901 を記録しました") && page.contains("待つ通知書：1通"), "{page}");
        assert_eq!(stored(house, &cases[0]).await.state, State::LetterPosted);
        let told = mails(house).await;
        assert!(told.iter().any(|(_, text)| text.contains("12345678901")), "the applicant is told: {told:?}");

        let again = scan(&dispatch, "", &reference(house, &cases[0]).await).await;
        assert!(again.body.contains("すでに発送を記録しています"), "{}", again.body);
        let second = letters_of(house, &cases[1]).await[0].clone();
        let by_id = scan(&dispatch, "", second.pickup_id.as_deref().unwrap()).await;
        assert_eq!(by_id.location, format!("/office/letters/scan?letter={}", second.id), "the 取得ID names it too");
        let used = scan(&dispatch, &second.id.to_string(), "12345678901").await;
        assert!(used.body.contains("ほかの通知書に記録されています"), "one number, one letter: {}", used.body);
        let over = scan(&dispatch, &letter.id.to_string(), &reference(house, &cases[1]).await).await;
        assert_eq!(over.location, by_id.location, "another letter takes the place of the one before");
    })
    .await;
}

#[tokio::test]
async fn what_came_back_is_scanned_or_listed_and_wrong_rows_are_named() {
    on_each_database(async |house| {
        let dispatch = staff(house, Role::DispatchClerk).await;
        let (made, cases) = printed(house, &dispatch).await;
        let early = [("code", &*reference(house, &cases[1]).await), ("reason", "保管期間の経過")];
        let early = dispatch.post("/office/letters/returns", &early).await;
        assert!(early.body.contains("発送の記録がありません。受付番号で通知書を探し"), "{}", early.body);
        let list = format!(
            "{},12345678901\n{},12345678902\n",
            reference(house, &cases[0]).await,
            reference(house, &cases[1]).await
        );
        dispatch.post(&format!("{made}/numbers"), &[("list", &list)]).await;
        mails(house).await;
        let fields = [("code", "1234-5678-901"), ("reason", "保管期間の経過")];
        let back = dispatch.post("/office/letters/returns", &fields).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
        let page = dispatch.get(&back.location).await.body;
        assert!(page.contains("返送を記録し、申請者にメールで知らせました") && page.contains(" autofocus "), "{page}");
        assert!(page.contains("value=\"保管期間の経過\" selected"), "the reason stays chosen: {page}");
        assert_eq!(stored(house, &cases[0]).await.state, State::LetterReturned);
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].1.contains("保管期間の経過"), "{told:?}");
        let twice = dispatch.post("/office/letters/returns", &fields).await;
        assert!(twice.location.contains("said=before"), "{}", twice.location);

        let list = format!("番号,理由\n12345678902,転居先不明\n99999999999,転居先不明\n{}\n", fields[0].1);
        let told = dispatch.post("/office/letters/returns/list", &[("list", &list)]).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.body.contains("1通の返送を記録しました。1通は、すでに記録していました"), "{}", told.body);
        assert!(
            told.body.contains("3行目「99999999999,転居先不明」：「99999999999」の通知書はありません"),
            "{}",
            told.body
        );
        assert_eq!(stored(house, &cases[1]).await.state, State::LetterReturned);
        assert!(mails(house).await[0].1.contains("転居先不明"));
        let file =
            dispatch.post_file("/office/letters/returns/list", "list_file", "受付番号\r\nAAAA\r\n".as_bytes()).await;
        assert!(file.body.contains("2行目「AAAA」"), "{}", file.body);
    })
    .await;
}

#[tokio::test]
async fn a_list_of_numbers_with_unknown_double_and_swapped_rows_goes_in_as_far_as_it_is_right() {
    on_each_database(async |house| {
        let dispatch = staff(house, Role::DispatchClerk).await;
        let (made, cases) = printed(house, &dispatch).await;
        let (first, second) = (reference(house, &cases[0]).await, reference(house, &cases[1]).await);
        let list = format!("受付番号,書留番号\n{first},12345678901\nAAAA-AAAA,12345678903\n12345678902,{second}\n{second},12345678901\n");
        let told = dispatch.post(&format!("{made}/numbers"), &[("list", &list)]).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in [
            "1通を発送済みにしました".to_owned(),
            "3行目「AAAA-AAAA,12345678903」：受付番号「AAAA-AAAA」の通知書は、この束にありません".to_owned(),
            format!("4行目「12345678902,{second}」：列が逆です。受付番号「{second}」、書留番号「12345678902」の順に"),
            format!("5行目「{second},12345678901」：書留番号「12345678901」は、ほかの通知書に記録されています"),
        ] {
            assert!(told.body.contains(&words), "{words}: {}", told.body);
        }
        assert_eq!(stored(house, &cases[0]).await.state, State::LetterPosted);
        assert_eq!(stored(house, &cases[1]).await.state, State::LetterPrinted);
        let confirmed = dispatch.post(&format!("{made}/confirm"), &[]).await;
        assert!(confirmed.location.ends_with("?done=before"), "{}", confirmed.location);
        let page = dispatch.get(&confirmed.location).await.body;
        assert!(page.contains("すでに印刷済みになっています。何も変わっていません"), "{page}");
        assert!(letters_of(house, &cases[1]).await[0].secret_sealed.is_none(), "and the secret is gone for good");
    })
    .await;
}

/// What is huge is named by its beginning, many rows by the first of them, and all of it stays in the field.
#[tokio::test]
async fn huge_and_empty_lists_are_answered_in_few_words_and_stay() {
    on_each_database(async |house| {
        let dispatch = staff(house, Role::DispatchClerk).await;
        let (made, cases) = printed(house, &dispatch).await;
        let numbers = format!("{made}/numbers");
        let long = "9".repeat(5_000);
        let letter = letters_of(house, &cases[0]).await[0].id;
        let told = dispatch.post(&numbers, &[(&format!("number-{letter}"), &long), ("list", &long)]).await;
        let named = format!("「{}…」", "9".repeat(40));
        assert!(told.body.contains(&format!("書留番号{named}は、数字8～20桁")), "{}", told.body);
        assert_eq!(told.body.matches(&long).count(), 2, "once in each field");
        let rows: Vec<String> = (1..=50).map(|row| format!("AAAA-{row},12345678901")).collect();
        let told = dispatch.post(&numbers, &[("list", &rows.join("\n"))]).await.body;
        assert!(told.contains("20行目「AAAA-20,") && !told.contains("21行目"), "{told}");
        assert!(told.contains("ほかに30行が使えませんでした") && told.contains("AAAA-50,12345678901"), "{told}");
        for wrong in ["abcdefgh", "1234567890O"] {
            let told = dispatch.post(&numbers, &[(&format!("number-{letter}"), wrong)]).await;
            assert!(told.body.contains("数字8～20桁"), "{wrong} is no number: {}", told.body);
        }
        let returns = "/office/letters/returns/list";
        let told = dispatch.post(returns, &[("list", " \n")]).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.body.contains("番号がありません。") && !told.body.contains("返送を記録しました"), "{}", told.body);
        assert!(!told.body.contains("正しい行は記録しました"), "{}", told.body);
        let told = dispatch.post(returns, &[("list", &format!("{long}\n,転居先不明"))]).await.body;
        assert!(told.contains(&format!("1行目{named}：{named}の通知書はありません")), "{told}");
        assert!(told.contains("2行目「,転居先不明」：「番号,理由」の形で"), "{told}");
        let noted = dispatch.post(&numbers, &[(&format!("number-{letter}"), "ａ１２３-４５６７-８９０１ａ")]).await;
        assert!(noted.location.ends_with("count=1"), "{}", noted.body);
        assert_eq!(letters_of(house, &cases[0]).await[0].tracking_number.as_deref(), Some("12345678901"));
    })
    .await;
}

#[tokio::test]
async fn the_desk_says_what_comes_next_and_what_has_waited_too_long() {
    on_each_database(async |house| {
        let desk = async || staff(house, Role::DispatchClerk).await.get("/office/letters").await.body;
        assert!(desk().await.contains("いますることはありません"));
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let page = desk().await;
        assert!(page.contains("印刷する束を作る") && page.contains("<b>0営業日</b>"), "{page}");
        // Wednesday 20 May; the target is three business days: Monday 25 May is the last good day.
        for (day, late, age) in
            [(date!(2026 - 05 - 24), 0, 2), (date!(2026 - 05 - 25), 0, 3), (date!(2026 - 05 - 26), 1, 4)]
        {
            house.clock.set(Timestamp::start_of_day(day) + Duration::hours(9));
            let page = desk().await;
            let figure = |label: &str, value: i32| format!("<dt>{label}</dt><dd><b>{value}");
            assert!(page.contains(&figure("目標（3営業日）を超えたもの", late)), "{day}: {page}");
            assert!(page.contains(&figure("いちばん古いもの", age)), "{day}: {page}");
        }
        let dispatch = staff(house, Role::DispatchClerk).await;
        let made = batch(&dispatch).await;
        assert!(desk().await.contains(&format!("href=\"{made}\">印刷中の束を開く")));
        dispatch.get(&format!("{made}/issuance_notice.pdf")).await;
        dispatch.post(&format!("{made}/confirm"), &[]).await;
        assert!(desk().await.contains(&format!("href=\"{made}\">発送を記録する束を開く")));
        let letter = letters_of(house, &case).await[0].id;
        dispatch.post(&format!("{made}/numbers"), &[(&format!("number-{letter}"), "12345678901")]).await;
        assert!(desk().await.contains("いますることはありません"));
        house.clock.pass(Duration::days(8));
        assert!(desk().await.contains("届いた記録のない一覧を見る"));
        let dispatch = staff(house, Role::DispatchClerk).await;
        dispatch.post(&format!("/office/letters/{letter}/came-back"), &[("reason", "転居先不明")]).await;
        assert!(desk().await.contains("返送・不着の一覧を見る"));
    })
    .await;
}

#[tokio::test]
async fn what_an_applicant_reported_as_not_arrived_is_listed_until_its_successor_is_posted() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        posted(house, &dispatch, &case, "12345678901").await;
        browser.post(&format!("{case}/send-again"), &[]).await;
        let listed = async || {
            let page = dispatch.get("/office/letters").await.body;
            page.contains("届かない、なくしたなどで送り直す通知書")
        };
        assert!(listed().await);
        posted(house, &dispatch, &case, "12345678902").await;
        assert!(!listed().await);
    })
    .await;
}
