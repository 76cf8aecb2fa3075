//! 「役に立ちましたか」: answered by anyone, once for each reader, and read by the editors.

use axum::http::StatusCode;
use domain::permissions::Role;

use crate::{
    browser::Browser,
    steps::{clinic, staff},
    support::on_each_database,
};

const ANSWER: &str = "/articles/letter-lost/answer";
const LIST: &str = "/office/articles/feedback";
const PAGE: &str = "/office/articles/KB0020002";

#[tokio::test]
async fn a_visitor_says_what_is_missing_and_an_editor_deals_with_it() {
    on_each_database(async |house| {
        let (visitor, editor) = (Browser::visitor(house), staff(house, Role::Editor).await);
        let shown = visitor.get("/articles/letter-lost").await.body;
        assert!(
            shown.contains("このページは役に立ちましたか") && shown.contains("個別のお返事はしていません"),
            "{shown}"
        );
        let sent = visitor.post(ANSWER, &[("helpful", "no"), ("words", "電話番号が\n見つかりません <b>")]).await;
        assert_eq!(sent.location, "/articles/KB0020002?thanks=1#helpful", "{}", sent.body);
        assert!(visitor.get("/articles/KB0020002?thanks=1").await.body.contains("お答えを受け取りました"));
        assert!(editor.get("/office").await.body.contains("読者の声"));
        let list = editor.get(LIST).await.body;
        assert!(list.contains("電話番号が<br>見つかりません &#60;b&#62;") && list.contains("いいえ"), "{list}");
        assert!(editor.get(PAGE).await.body.contains("はい 0件、いいえ 1件"));
        let done = list.split("action=\"").find(|part| part.contains("/done\"")).unwrap().split('"').next().unwrap();
        assert!(editor.post(done, &[]).await.location.ends_with("?done=1"));
        assert!(editor.get(LIST).await.body.contains("未対応のひとことはありません"));
        assert!(editor.get(&format!("{LIST}?state=handled")).await.body.contains("対応済み："));
    })
    .await;
}

#[tokio::test]
async fn a_later_answer_of_the_same_reader_replaces_the_first_and_others_count_by_themselves() {
    on_each_database(async |house| {
        let (visitor, other) = (Browser::visitor(house), Browser::visitor(house));
        let (_, owner) = clinic(house, "1330100016").await;
        let editor = staff(house, Role::Editor).await;
        for (reader, helpful) in [(&visitor, "no"), (&visitor, "yes"), (&other, "no"), (&owner, "yes"), (&owner, "yes")]
        {
            let sent = reader.post(ANSWER, &[("helpful", helpful), ("words", "")]).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        }
        assert!(editor.get(PAGE).await.body.contains("はい 2件、いいえ 1件"));
        assert!(
            editor.get(LIST).await.body.contains("未対応のひとことはありません"),
            "answers without words are only counted"
        );
        let again = visitor.get("/articles/letter-lost").await.body;
        assert!(again.contains("value=\"yes\" id=\"f-helpful\" checked"), "{again}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_short_chosen_from_the_page_and_not_given_by_the_hundred() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let long = "あ".repeat(501);
        for (fields, told) in [
            (vec![("words", "よい")], "「はい」か「いいえ」を選んでください"),
            (vec![("helpful", "maybe"), ("words", "よい")], "「はい」か「いいえ」を選んでください"),
            (vec![("helpful", "yes"), ("words", long.as_str())], "500文字以内"),
        ] {
            let answer = visitor.post(ANSWER, &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.body.contains(told) && answer.body.contains(fields[fields.len() - 1].1), "{told}");
        }
        let elsewhere = visitor.post_as(ANSWER, &[("helpful", "yes")], &Browser::visitor(house)).await;
        assert_eq!(elsewhere.status, StatusCode::FORBIDDEN, "a form from elsewhere");
        assert_eq!(visitor.post("/articles/none/answer", &[("helpful", "yes")]).await.status, StatusCode::NOT_FOUND);
        for _ in 0..60 {
            let sent = Browser::visitor(house).post(ANSWER, &[("helpful", "no")]).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER);
        }
        let many = Browser::visitor(house).post(ANSWER, &[("helpful", "no")]).await;
        assert_eq!(many.status, StatusCode::TOO_MANY_REQUESTS);
    })
    .await;
}
