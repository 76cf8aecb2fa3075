//! Articles as editors write them and readers see them: versions, review, publication, archive.

use axum::http::StatusCode;
use domain::{
    applications::Rules,
    office::{FourEyes, Matter},
    permissions::Role,
};
use services::Settings;

use crate::{
    browser::{Answer, Browser, named_account},
    steps::{clinic, staff},
    support::{House, on_each_database, on_each_database_with},
};

const LIST: &str = "/office/articles";

/// What an editor types, with some fields of their own.
pub(crate) fn typed<'a>(own: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("title", "回線の種類がわからないとき"),
        ("slug", "line-unknown"),
        ("kind", "faq"),
        ("category", "回線"),
        ("editor", "ポータル担当"),
        ("body", "## 調べ方\n\n契約の書類で確かめます。\n"),
        ("note", "問い合わせが多いため"),
        ("related", "claims"),
    ];
    let kept = usual.iter().filter(|(key, _)| own.iter().all(|(own, _)| own != key));
    kept.chain(own).copied().collect()
}

/// The address of the article that a form was saved as.
pub(crate) fn saved(answer: &Answer) -> String {
    let page = answer.location.strip_suffix("?done=saved");
    assert!(page.is_some(), "{}", answer.body);
    page.unwrap().to_owned()
}

/// An article with its first draft; its page in the office.
pub(crate) async fn written(editor: &Browser, own: &[(&str, &str)]) -> String {
    saved(&editor.post(&format!("{LIST}/new"), &typed(own)).await)
}

/// Does a step on the version that was seen.
pub(crate) async fn step(editor: &Browser, page: &str, step: &str, seen: &str) -> Answer {
    editor.post(&format!("{page}/{step}"), &[("seen", seen)]).await
}

/// A published article: its page in the office, and its public address.
pub(crate) async fn published(editor: &Browser, own: &[(&str, &str)]) -> (String, String) {
    let page = written(editor, own).await;
    let done = step(editor, &page, "publish", "1").await;
    assert!(done.location.ends_with("?done=published"), "{}", done.body);
    let public = page.replace(LIST, "/articles");
    (page, public)
}

/// A house in which content needs a second person.
pub(crate) fn with_two(settings: &mut Settings) {
    let mut four_eyes = FourEyes::none();
    four_eyes.set(Matter::Content, true);
    settings.rules = std::sync::Arc::new(Rules { four_eyes, ..(*settings.rules).clone() });
}

#[tokio::test]
async fn an_article_is_written_numbered_published_and_found_from_its_procedure() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let page = written(&editor, &[]).await;
        assert_eq!(page, "/office/articles/KB0030001", "the portal gives the number");
        assert_eq!(visitor.get("/articles/line-unknown").await.status, StatusCode::NOT_FOUND, "a draft is nobody's");
        assert!(!visitor.get("/faq").await.body.contains("回線の種類がわからないとき"));
        assert!(!visitor.get("/search?q=契約の書類で").await.body.contains("line-unknown"));
        assert!(step(&editor, &page, "publish", "1").await.location.ends_with("?done=published"));
        let shown = visitor.get("/articles/line-unknown").await;
        assert_eq!(shown.status, StatusCode::OK);
        for part in ["調べ方", "KB0030001", "ポータル担当", "今日（2026年5月20日", "/procedures/claims", "目次"]
        {
            assert!(shown.body.contains(part), "{part}: {}", shown.body);
        }
        assert!(!shown.body.contains("山田 花子"), "the editor's own name is not shown");
        let list = visitor.get("/faq").await.body;
        assert!(list.contains("回線の種類がわからないとき") && list.contains("更新"), "{list}");
        let (_, owner) = clinic(house, "1330100016").await;
        assert!(owner.get("/procedures/claims").await.body.contains("/articles/line-unknown"));
        assert!(!owner.get("/procedures/eligibility").await.body.contains("/articles/line-unknown"));
        let second = written(&editor, &[("slug", "another")]).await;
        assert_eq!(second, "/office/articles/KB0030002");
    })
    .await;
}

#[tokio::test]
async fn while_a_draft_is_written_people_read_what_was_published() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let (page, public) = published(&editor, &[]).await;
        let next = typed(&[("body", "## 新しい調べ方\n"), ("related", "eligibility"), ("seen", "1")]);
        saved(&editor.post(&format!("{page}/edit"), &next).await);
        let now = visitor.get(&public).await.body;
        assert!(now.contains("契約の書類で") && !now.contains("新しい調べ方"), "{now}");
        assert!(editor.get(&page).await.body.contains("公開中（下書きあり）"));
        assert!(
            step(&editor, &page, "publish", "1").await.status == StatusCode::CONFLICT,
            "not the version that was seen"
        );
        step(&editor, &page, "publish", "2").await;
        let now = visitor.get(&public).await.body;
        assert!(now.contains("新しい調べ方") && now.contains("/procedures/eligibility"), "{now}");
        assert!(!now.contains("class=\"action-link\" href=\"/procedures/claims\""), "{now}");
    })
    .await;
}

#[tokio::test]
async fn every_version_is_kept_compared_and_can_be_restored() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let (page, public) = published(&editor, &[]).await;
        let next =
            typed(&[("body", "## 調べ方\n\n電話で確かめます。\n"), ("note", "書類がない方のため"), ("seen", "1")]);
        saved(&editor.post(&format!("{page}/edit"), &next).await);
        let history = editor.get(&page).await.body;
        for part in ["版1", "版2", "問い合わせが多いため", "書類がない方のため", "山田 花子"] {
            assert!(history.contains(part), "{part}: {history}");
        }
        let diff = editor.get(&format!("{page}/compare?a=1&b=2")).await.body;
        assert!(
            diff.contains("<span class=\"visually-hidden\">消した行：</span><del class=\"diff-text\">契約の書類で"),
            "{diff}"
        );
        assert!(
            diff.contains("<span class=\"visually-hidden\">加えた行：</span><ins class=\"diff-text\">電話で"),
            "{diff}"
        );
        step(&editor, &page, "publish", "2").await;
        let back = editor.post(&format!("{page}/restore"), &[("version", "1"), ("seen", "2")]).await;
        assert!(back.location.ends_with("?done=restored"), "{}", back.body);
        let visitor = Browser::visitor(house);
        assert!(visitor.get(&public).await.body.contains("電話で"), "restoring only writes a draft");
        step(&editor, &page, "publish", "3").await;
        assert!(visitor.get(&public).await.body.contains("契約の書類で"));
        let same = editor.post(&format!("{page}/restore"), &[("version", "1"), ("seen", "3")]).await;
        assert_eq!(same.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing to restore");
        assert!(editor.get(&format!("{page}/versions/2")).await.body.contains("電話で"));
        assert_eq!(editor.get(&format!("{page}/versions/9")).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn an_edit_from_an_old_version_is_told_and_loses_no_word() {
    on_each_database(async |house| {
        let first = staff(house, Role::Editor).await;
        let other = named_account(house, "鈴木 次郎", "jiro@madoguchi.example", &[Role::Editor], None).await;
        let second = Browser::of(house, other, true).await;
        let (page, _) = published(&first, &[]).await;
        let edit = format!("{page}/edit");
        saved(&first.post(&edit, &typed(&[("body", "## 調べ方\n\n電話で確かめます。\n"), ("seen", "1")])).await);
        let mine = "## 調べ方\n\n請求書で確かめます。\n";
        let late = second.post(&edit, &typed(&[("body", mine), ("seen", "1")])).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        for part in
            ["ほかの人が保存しました", "山田 花子", "請求書で確かめます。", "電話で", "name=\"seen\" value=\"2\""]
        {
            assert!(late.body.contains(part), "{part}: {}", late.body);
        }
        saved(&second.post(&edit, &typed(&[("body", mine), ("seen", "2")])).await);
        assert!(first.get(&format!("{page}/versions/2")).await.body.contains("電話で"), "what was overwritten is kept");
        let twice = second.post(&edit, &typed(&[("body", mine), ("seen", "2")])).await;
        assert_eq!(saved(&twice), page, "a second click saves nothing twice");
        assert!(!first.get(&page).await.body.contains("版4"));
    })
    .await;
}

#[tokio::test]
async fn where_a_second_person_is_asked_nobody_publishes_their_own_words() {
    on_each_database_with(with_two, async |house| {
        let (writer, reader) = (staff(house, Role::Editor).await, staff(house, Role::Editor).await);
        let page = written(&writer, &[]).await;
        let alone = step(&writer, &page, "publish", "1").await;
        assert_eq!(alone.status, StatusCode::CONFLICT, "a draft that nobody reviewed");
        assert!(step(&writer, &page, "submit", "1").await.location.ends_with("?done=submitted"));
        let own = step(&writer, &page, "publish", "1").await;
        assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(own.body.contains("別の編集者が内容を確かめてからします"), "{}", own.body);
        assert!(reader.get("/office").await.body.contains("記事の確認"));
        let silent = reader.post(&format!("{page}/send-back"), &[("seen", "1")]).await;
        assert!(silent.body.contains("「差し戻す理由」を入力してください"), "{}", silent.body);
        reader.post(&format!("{page}/send-back"), &[("seen", "1"), ("reason", "番号が違います。")]).await;
        assert!(writer.get(&page).await.body.contains("番号が違います。"));
        let mended = typed(&[("body", "直しました。"), ("seen", "1")]);
        saved(&writer.post(&format!("{page}/edit"), &mended).await);
        step(&writer, &page, "submit", "2").await;
        assert!(step(&reader, &page, "publish", "2").await.location.ends_with("?done=published"));
        assert!(Browser::visitor(house).get("/articles/line-unknown").await.body.contains("直しました。"));
    })
    .await;
}

#[tokio::test]
async fn an_archived_article_says_so_and_where_to_look() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let (page, public) = published(&editor, &[]).await;
        assert!(step(&editor, &page, "archive", "1").await.location.ends_with("?done=archived"));
        for address in [public.as_str(), "/articles/line-unknown"] {
            let gone = visitor.get(address).await;
            assert_eq!(gone.status, StatusCode::GONE);
            for part in ["公開を終えました", "回線の種類がわからないとき", "/faq", "/search?q=", "/inquiries"]
            {
                assert!(gone.body.contains(part), "{part}: {}", gone.body);
            }
        }
        let late = visitor.post(&format!("{public}/answer"), &[("helpful", "yes")]).await;
        assert_eq!(late.status, StatusCode::GONE, "someone who was still reading");
        assert!(!visitor.get("/faq").await.body.contains("line-unknown"));
        assert!(!visitor.get("/search?q=契約の書類で").await.body.contains("line-unknown"));
        let (_, owner) = clinic(house, "1330100016").await;
        assert!(!owner.get("/procedures/claims").await.body.contains("line-unknown"));
        assert_eq!(step(&editor, &page, "archive", "1").await.status, StatusCode::CONFLICT);
        saved(&editor.post(&format!("{page}/edit"), &typed(&[("body", "また公開します。"), ("seen", "1")])).await);
        step(&editor, &page, "publish", "2").await;
        assert!(visitor.get(&public).await.body.contains("また公開します。"));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_saved_is_refused_in_words_and_stays_in_the_form() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let deep = format!("{} x", ">".repeat(60));
        let wide = format!("|{}\n|{}\n", "a|".repeat(30), "-|".repeat(30));
        let long = "あ".repeat(50_001);
        for (own, told) in [
            (("body", "<script>alert(1)</script>"), "HTMLは使えません"),
            (("body", "<iframe src=\"https://e.example\"></iframe>"), "HTMLは使えません"),
            (("body", "[x](javascript:alert(1))"), "開けません"),
            (("body", "手数料は{{fees}}です。"), "差し込み「{{fees}}」は使えません"),
            (("body", "![](file:01975c2e-0000-7000-8000-000000000001)"), "内容を表す言葉"),
            (("body", "![図](file:01975c2e-0000-7000-8000-000000000001)"), "この記事のファイルではありません"),
            (("body", deep.as_str()), "入れ子"),
            (("body", wide.as_str()), "表の列は"),
            (("body", long.as_str()), "50000文字まで"),
            (("body", " \n"), "「本文」を入力してください"),
            (("title", ""), "「題名」を入力してください"),
            (("category", ""), "「分類」を入力してください"),
            (("editor", "山田 花子"), "個人の名前ではなく"),
            (("slug", "Line Unknown"), "英小文字・数字・ハイフン"),
            (("slug", "letter-lost"), "ほかの記事が使っています"),
        ] {
            let answer = editor.post(&format!("{LIST}/new"), &typed(&[own])).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{own:?}");
            assert!(answer.body.contains(told), "{own:?}: {}", answer.body);
            assert!(answer.body.contains("問い合わせが多いため"), "what else was typed stays");
        }
        assert!(!editor.get(LIST).await.body.contains("KB0030001"), "nothing was saved");
        let silent = written(&editor, &[]).await;
        let why = editor.post(&format!("{silent}/edit"), &typed(&[("note", ""), ("body", "x"), ("seen", "1")])).await;
        assert!(why.body.contains("「変更の理由」を入力してください"), "{}", why.body);
    })
    .await;
}

#[tokio::test]
async fn the_preview_shows_what_readers_will_see() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let body = "## 手数料\n\n{{fee}}です。[一覧](page:faq)\n\n<b>x</b>";
        let drawn = editor.post("/office/content/preview", &[("body", body)]).await;
        assert_eq!(drawn.status, StatusCode::OK, "{}", drawn.body);
        let answer: serde_json::Value = serde_json::from_str(&drawn.body).unwrap();
        let html = answer["html"].as_str().unwrap();
        assert!(html.contains("1,500円") && html.contains("href=\"/faq\"") && html.contains("&lt;b&gt;"), "{html}");
        assert!(answer["faults"][0].as_str().unwrap().contains("<b>"), "{answer}");
        let unscripted = [typed(&[("body", body)]), vec![("do", "preview")]].concat();
        let page = editor.post(&format!("{LIST}/new"), &unscripted).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("1,500円です。") && page.body.contains("問い合わせが多いため"), "{}", page.body);
        assert!(!editor.get(LIST).await.body.contains("KB0030001"), "a preview saves nothing");
        let huge = "x".repeat(300_000);
        let told = editor.post("/office/content/preview", &[("body", &huge)]).await;
        assert!(told.body.contains("50000文字まで") && told.body.len() < 1_000, "{}", told.body.len());
        let reviewer = staff(house, Role::Reviewer).await;
        assert_eq!(reviewer.post("/office/content/preview", &[("body", "x")]).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn editors_find_articles_by_state_kind_and_words_page_by_page() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        for number in 0..60 {
            let (slug, title) = (format!("many-{number}"), format!("たくさんの記事{number}"));
            written(&editor, &[("slug", &slug), ("title", &title)]).await;
        }
        let first = editor.get(&format!("{LIST}?state=draft")).await.body;
        assert_eq!(first.matches("たくさんの記事").count(), 50, "{first}");
        let next = first.split("href=\"").find(|part| part.contains("after=")).unwrap();
        let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        assert_eq!(editor.get(&next).await.body.matches("たくさんの記事").count(), 10);
        let found = editor.get(&format!("{LIST}?text=タクサンの記事５９")).await.body;
        assert_eq!(found.matches("たくさんの記事").count(), 1, "width and kana do not matter");
        assert!(editor.get(&format!("{LIST}?text=KB0010381")).await.body.contains("解説ページ"));
        assert!(!editor.get(&format!("{LIST}?kind=article")).await.body.contains("たくさんの記事"));
    })
    .await;
}

#[tokio::test]
async fn questions_are_listed_page_by_page() {
    on_each_database(async |house| {
        let mut conn = house.app.db.read().await.unwrap();
        let all = storage::content::articles(&mut conn, "faq", "", 500).await.unwrap();
        let mut walked = storage::content::articles(&mut conn, "faq", "", 9).await.unwrap();
        walked.extend(storage::content::articles(&mut conn, "faq", &all[8].number, 500).await.unwrap());
        drop(conn);
        assert!(all.len() > 14 && walked == all, "each once, in order: {walked:?}");
        let visitor = Browser::visitor(house);
        let first = visitor.get("/faq").await.body;
        assert!(
            all.iter().all(|one| first.contains(&format!("/articles/{}\"", one.slug))) && !first.contains("最初に戻る")
        );
        let later = visitor.get(&format!("/faq?faq={}", all[9].number)).await.body;
        let shows = |one: &storage::content::ArticleEntry| later.contains(&format!("/articles/{}\">", one.slug));
        assert!(!all[..10].iter().any(shows) && all[10..].iter().all(shows), "{later}");
        assert!(later.contains("最初に戻る"), "{later}");
        assert!(visitor.get("/faq?faq=KB9999999").await.body.contains(&all[0].title), "begins anew");
    })
    .await;
}

#[tokio::test]
async fn what_comes_with_the_program_is_the_first_version_and_never_overwrites_an_edit() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let page = format!("{LIST}/KB0020002");
        let history = editor.get(&page).await.body;
        assert!(history.contains("はじめからある記事") && history.contains("公開中"), "{history}");
        let next = typed(&[("title", "通知書を失くしました"), ("body", "職員が直した文です。"), ("seen", "1")]);
        saved(&editor.post(&format!("{page}/edit"), &next).await);
        step(&editor, &page, "publish", "2").await;
        services::content::seed(&house.app).await.unwrap();
        assert!(visitor.get("/articles/letter-lost").await.body.contains("職員が直した文です。"));
        assert!(!editor.get(&page).await.body.contains("版3"));
    })
    .await;
}

/// The questions that spec 07 names.
const ASKED: [&str; 13] = [
    "letter-lost",
    "applied-twice",
    "pc-replaced",
    "certificate-deleted",
    "one-for-both",
    "two-codes",
    "vendor-contact",
    "fee-billed",
    "certificate-expiry",
    "mail-not-arriving",
    "customer-id-changed",
    "line-changed",
    "code-changed",
];

#[tokio::test]
async fn the_questions_that_users_ask_are_answered_and_every_text_obeys_its_own_rules() {
    on_each_database(async |house: &House| {
        let visitor = Browser::visitor(house);
        for slug in ASKED {
            let shown = visitor.get(&format!("/articles/{slug}")).await;
            assert_eq!(shown.status, StatusCode::OK, "{slug}");
        }
        for kind in ["faq", "article"] {
            let all = storage::content::articles(&mut house.app.db.read().await.unwrap(), kind, "", 500).await.unwrap();
            assert!(all.len() >= if kind == "faq" { 20 } else { 4 });
            for entry in all {
                let article = storage::content::article(&mut house.app.db.read().await.unwrap(), &entry.slug).await;
                let body = article.unwrap().unwrap().body;
                assert_eq!(services::content::text_faults(&house.app, &body), [""; 0], "{}", entry.slug);
            }
        }
    })
    .await;
}
