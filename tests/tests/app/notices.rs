//! Notices: an editor writes them, they appear and end by the clock, and each reader sees what concerns them.

use axum::http::StatusCode;
use domain::permissions::Role;
use time::Duration;

use crate::{
    articles::with_two,
    browser::{Answer, Browser, account, institution},
    steps::{clinic, filed, staff},
    support::{House, on_each_database, on_each_database_with},
};

/// A day and a time as the fields of the form take them.
pub(crate) fn typed(house: &House, ahead: Duration) -> (String, String) {
    let at = (house.app.clock.now() + ahead).in_japan();
    (at.date().to_string(), format!("{:02}:{:02}", at.hour(), at.minute()))
}

/// Publishes a notice and gives the address of its page in the office.
pub(crate) async fn published(editor: &Browser, title: &str, further: &[(&str, &str)]) -> String {
    // Of two values of a field the first counts.
    let fields = [further, &[("title", title), ("body", "## 内容\n\n詳しくは窓口へ。"), ("do", "publish")]].concat();
    let answer = editor.post("/office/notices", &fields).await;
    assert!(answer.location.ends_with("?done=publish"), "{} {}", answer.status, answer.body);
    answer.location.split('?').next().unwrap().to_owned()
}

/// The newest version of a notice, as its form knows it.
pub(crate) async fn seen(editor: &Browser, page: &str) -> String {
    let form = editor.get(&format!("{page}/edit")).await.body;
    form.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The page of a live notice for everybody.
pub(crate) async fn address(editor: &Browser, page: &str) -> String {
    let shown = editor.get(page).await.body;
    let rest = shown.split("class=\"button\" href=\"/notices/").nth(1);
    assert!(rest.is_some(), "{shown}");
    let rest = rest.unwrap();
    format!("/notices/{}", rest.split('"').next().unwrap())
}

async fn close(editor: &Browser, page: &str, act: &str) -> Answer {
    let shown = editor.get(page).await.body;
    let seen = shown.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    editor.post(&format!("{page}/close"), &[("act", act), ("seen", &seen)]).await
}

#[tokio::test]
async fn a_notice_is_a_draft_then_read_by_everybody_then_ended() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let draft = editor
            .post(
                "/office/notices",
                &[
                    ("title", "【重要】窓口の休止"),
                    ("important", "1"),
                    ("body", "**月曜**に休みます。"),
                    ("do", "save"),
                ],
            )
            .await;
        assert!(draft.location.ends_with("?done=save"), "{}", draft.body);
        let page = draft.location.split('?').next().unwrap();
        assert!(!visitor.get("/notices").await.body.contains("窓口の休止"), "a draft is for staff only");
        let edit = format!("{page}/edit");
        let form = editor.get(&edit).await.body;
        assert!(form.contains("value=\"窓口の休止\"") && form.contains("**月曜**に休みます。"), "{form}");
        let version = seen(&editor, page).await;
        let fields =
            [("title", "窓口の休止"), ("important", "1"), ("body", "**月曜**に休みます。"), ("seen", &version)];
        let sent = editor.post(&edit, &[&fields[..], &[("do", "publish")]].concat()).await;
        assert!(sent.location.ends_with("?done=publish"), "{}", sent.body);
        let list = visitor.get("/notices").await.body;
        assert!(list.contains("【重要】") && list.contains("窓口の休止"), "{list}");
        assert!(visitor.get("/").await.body.contains("窓口の休止"), "on the top page at once");
        let address = address(&editor, page).await;
        let shown = visitor.get(&address).await.body;
        assert!(shown.contains("<strong>月曜</strong>") && shown.contains("対象：すべての医療機関等"), "{shown}");
        assert!(shown.contains("application/atom+xml"));
        let ended = close(&editor, page, "end").await;
        assert!(ended.location.ends_with("?done=end"), "{}", ended.body);
        let gone = visitor.get(&address).await;
        assert_eq!(gone.status, StatusCode::GONE);
        assert!(gone.body.contains("掲載は終わりました") && !gone.body.contains("月曜"), "{}", gone.body);
        assert!(!visitor.get("/").await.body.contains("窓口の休止"));
        let history = editor.get(page).await.body;
        for words in ["版3：掲載の終了", "版2：公開", "版1：保存", "山田 花子"] {
            assert!(history.contains(words), "{words}: {history}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_notice_appears_at_its_hour_and_goes_at_its_end_without_anybody() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let ((from_day, from_time), (until_day, until_time)) =
            (typed(house, Duration::hours(5)), typed(house, Duration::hours(8)));
        let period = [
            ("from_day", from_day.as_str()),
            ("from_time", &from_time),
            ("until_day", &until_day),
            ("until_time", &until_time),
        ];
        let page = published(&editor, "計画停止", &period).await;
        assert!(editor.get(&page).await.body.contains("公開待ち"));
        assert!(!visitor.get("/").await.body.contains("計画停止"));
        house.clock.pass(Duration::hours(5));
        assert!(visitor.get("/").await.body.contains("計画停止"), "it began");
        let editor = staff(house, Role::Editor).await;
        let address = address(&editor, &page).await;
        assert_eq!(visitor.get(&address).await.status, StatusCode::OK);
        house.clock.pass(Duration::hours(3));
        assert!(!visitor.get("/").await.body.contains("計画停止"), "it ended, though the page was read a moment ago");
        let gone = visitor.get(&address).await;
        assert_eq!(gone.status, StatusCode::GONE);
        assert!(gone.body.contains("掲載の期間が過ぎました"), "{}", gone.body);
    })
    .await;
}

#[tokio::test]
async fn what_was_never_read_is_not_there_and_what_was_taken_back_says_so() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let (day, time) = typed(house, Duration::hours(5));
        let ahead = published(&editor, "まだ先", &[("from_day", &day), ("from_time", &time)]).await;
        close(&editor, &ahead, "withdraw").await;
        house.clock.pass(Duration::hours(6));
        let editor = staff(house, Role::Editor).await;
        assert!(!visitor.get("/notices").await.body.contains("まだ先"));
        let read = published(&editor, "料金の誤り", &[]).await;
        let address = address(&editor, &read).await;
        close(&editor, &read, "withdraw").await;
        let gone = visitor.get(&address).await;
        assert_eq!(gone.status, StatusCode::GONE);
        assert!(gone.body.contains("取り下げました") && !gone.body.contains("料金の誤り"), "{}", gone.body);
        let again = editor.post(&format!("{read}/edit"), &[("title", "料金"), ("body", "x"), ("do", "publish")]).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "what was taken back stays so");
    })
    .await;
}

#[tokio::test]
async fn two_editors_lose_no_word() {
    on_each_database(async |house| {
        let (one, other) = (staff(house, Role::Editor).await, staff(house, Role::Editor).await);
        let page = published(&one, "受付の時間", &[]).await;
        let edit = format!("{page}/edit");
        let version = seen(&one, &page).await;
        let save = |body: &'static str, version: String| {
            vec![
                ("title", "受付の時間".to_owned()),
                ("body", body.to_owned()),
                ("seen", version),
                ("do", "save".to_owned()),
            ]
        };
        let post = async |browser: &Browser, fields: &[(&str, String)]| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
            browser.post(&edit, &fields).await
        };
        assert!(post(&one, &save("9時から", version.clone())).await.location.ends_with("?done=save"));
        let slower = post(&other, &save("10時から、水曜を除く", version)).await;
        assert_eq!(slower.status, StatusCode::CONFLICT);
        for words in ["ほかの方が変更しました", "10時から、水曜を除く", "9時から"] {
            assert!(slower.body.contains(words), "{words}: {}", slower.body);
        }
        let version = slower.body.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let kept = post(&other, &save("9時から、水曜を除く", version)).await;
        assert!(kept.location.ends_with("?done=save"), "{}", kept.body);
        let history = one.get(&page).await.body;
        assert!(history.contains("9時から、水曜を除く") && history.contains("版3：保存"), "{history}");
    })
    .await;
}

#[tokio::test]
async fn slips_are_named_and_everything_typed_stays() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let wrong = [
            ("title", ""),
            ("body", "{{price}}円です。"),
            ("from_day", "いつか"),
            ("until_day", "2020-01-01"),
            ("scores", "3"),
            ("prefectures", "13"),
            ("do", "publish"),
        ];
        let told = editor.post("/office/notices", &wrong).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.body.contains("「掲載の開始」の日を") && told.body.contains("{{price}}円です。"), "{}", told.body);
        let readable: Vec<_> = wrong.into_iter().filter(|(key, _)| *key != "from_day").collect();
        let told = editor.post("/office/notices", &readable).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in [
            "「題名」を入力してください",
            "使えるのは",
            "後にしてください",
            "value=\"13\" id=\"f-prefectures-12\" checked",
        ] {
            assert!(told.body.contains(words), "{words}: {}", told.body);
        }
        let preview = [("title", "停止"), ("body", "電話は{{contact}}です。<script>x</script>"), ("do", "preview")];
        let shown = editor.post("/office/notices", &preview).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(shown.body.contains("プレビュー：停止") && !shown.body.contains("<script>x"), "{}", shown.body);
        assert!(!editor.get("/office/notices").await.body.contains("停止"), "looking keeps nothing");
    })
    .await;
}

#[tokio::test]
async fn members_see_what_concerns_their_institution_and_everything_with_one_click() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let (_, dentist) = clinic(house, "1330100016").await;
        filed(house, &dentist).await;
        let osaka = institution(house, "2710100017", "もみじ医院").await;
        let doctor = account(house, "doctor@clinic.example", &[], Some(osaka)).await;
        let doctor = Browser::of(house, doctor, false).await;
        published(&editor, "東京の歯科の方へ", &[("scores", "3"), ("prefectures", "13")]).await;
        published(&editor, "大阪の方へ", &[("prefectures", "27")]).await;
        published(&editor, "届出の締切", &[("procedures", "claims")]).await;
        published(&editor, "皆さまへ", &[]).await;
        let sees = async |browser: &Browser, path: &str| {
            let body = browser.get(path).await.body;
            ["東京の歯科の方へ", "大阪の方へ", "届出の締切", "皆さまへ"]
                .map(|title| body.contains(&format!("{title}</a>")))
        };
        assert_eq!(sees(&dentist, "/notices").await, [true, false, false, true], "claims were never begun");
        assert_eq!(sees(&dentist, "/notices?scope=all").await, [true; 4]);
        assert_eq!(sees(&dentist, "/").await, [true, false, false, true]);
        assert_eq!(sees(&doctor, "/notices").await, [false, true, true, true], "who has begun nothing may begin each");
        let visitor = Browser::visitor(house);
        assert_eq!(sees(&visitor, "/notices").await, [true; 4]);
        assert!(visitor.get("/notices").await.body.contains("対象：東京都の歯科"));
        assert_eq!(sees(&visitor, "/notices?procedure=certificate").await, [true, true, false, true]);
    })
    .await;
}

#[tokio::test]
async fn a_long_list_is_turned_page_by_page_and_filtered_by_words_importance_and_year() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        for number in 0..45 {
            let important = if number == 0 { "1" } else { "0" };
            published(&editor, &format!("お知らせ{number}番"), &[("important", important)]).await;
            house.clock.pass(Duration::minutes(1));
        }
        let (mut path, mut seen, mut pages) = ("/notices".to_owned(), vec![], 0);
        loop {
            let body = visitor.get(&path).await.body;
            let titles = body.split("お知らせ").skip(1).filter_map(|rest| rest.split_once("番</a>"));
            seen.extend(titles.filter_map(|(number, _)| number.parse::<u32>().ok()));
            pages += 1;
            let Some(next) = body.split("rel=\"next\"").next().filter(|_| body.contains("rel=\"next\"")) else { break };
            path = next.rsplit("href=\"").next().unwrap().split('"').next().unwrap().replace("&#38;", "&");
        }
        assert_eq!((pages, seen), (3, (0..45).rev().collect()), "each once, newest first");
        let one = visitor.get("/notices?q=%E3%81%8A%E7%9F%A5%E3%82%89%E3%81%9B7%E7%95%AA").await.body;
        assert!(one.contains("お知らせ7番</a>") && !one.contains("お知らせ8番"), "{one}");
        let important = visitor.get("/notices?important=1").await.body;
        assert!(important.contains("お知らせ0番</a>") && !important.contains("お知らせ1番</a>"));
        assert!(visitor.get("/notices?year=2025").await.body.contains("この条件のお知らせはありません"));
        assert!(visitor.get("/notices?year=2026").await.body.contains("お知らせ44番</a>"));
        for odd in ["/notices?after=x&year=0&procedure=none", "/notices?q=%00%25_", "/notices?year=99999999999"] {
            assert_eq!(visitor.get(odd).await.status, StatusCode::OK, "{odd}");
        }
        let office = editor.get("/office/notices?standing=live&text=7%E7%95%AA").await.body;
        assert!(office.contains("お知らせ7番") && !office.contains("お知らせ8番"), "{office}");
        assert!(!editor.get("/office/notices?standing=draft").await.body.contains("お知らせ7番"));
    })
    .await;
}

#[tokio::test]
async fn where_a_second_person_is_asked_nobody_publishes_their_own_words() {
    on_each_database_with(with_two, async |house| {
        let (writer, other) = (staff(house, Role::Editor).await, staff(house, Role::Editor).await);
        let words = [("title", "窓口の休止"), ("body", "月曜に休みます。")];
        let alone = writer.post("/office/notices", &[&words[..], &[("do", "publish")]].concat()).await;
        assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            alone.body.contains("ほかの編集者の確認が必要です") && alone.body.contains("月曜に休みます。"),
            "{}",
            alone.body
        );
        let draft = writer.post("/office/notices", &[&words[..], &[("do", "save")]].concat()).await;
        let page = draft.location.split('?').next().unwrap().to_owned();
        let publish = async |editor: &Browser, words: &[(&str, &str)]| {
            let seen = seen(editor, &page).await;
            editor.post(&format!("{page}/edit"), &[words, &[("seen", seen.as_str()), ("do", "publish")]].concat()).await
        };
        assert_eq!(publish(&writer, &words).await.status, StatusCode::UNPROCESSABLE_ENTITY, "one's own");
        let changed = [("title", "窓口の休止"), ("body", "火曜に休みます。")];
        assert_eq!(
            publish(&other, &changed).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "words nobody else has read"
        );
        let done = publish(&other, &words).await;
        assert!(done.location.ends_with("?done=publish"), "{} {}", done.status, done.body);
    })
    .await;
}
