//! The Atom feed of notices, and a reader by another author that judges it.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use domain::permissions::Role;
use serde_json::Value;
use time::Duration;

use crate::{browser::Browser, notices::published, steps::staff, support::on_each_database};

const HINT: &str = "set TEST_PYTHON to a Python with feedparser, as `cargo xtask test` does";

/// What feedparser reads, as JSON; it must find nothing wrong.
const READER: &str = "import feedparser, json, sys
feed = feedparser.parse(sys.stdin.buffer.read())
assert not feed.bozo, feed.bozo_exception
entry = lambda e: {'id': e.id, 'title': e.title, 'link': e.link, 'updated': e.updated, 'published': e.published,
    'kind': e.content[0].type, 'body': e.content[0].value, 'terms': [t.term for t in e.get('tags', [])]}
links = {l.rel: l.href for l in feed.feed.links}
print(json.dumps({'version': feed.version, 'id': feed.feed.id, 'title': feed.feed.title, 'author': feed.feed.author,
    'language': feed.feed.get('language') or feed.feed.title_detail.language, 'updated': feed.feed.updated, 'links': links,
    'entries': [entry(e) for e in feed.entries]}))";

fn read(feed: &[u8]) -> Value {
    let python = std::env::var("TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(python);
    command.args(["-c", READER]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect(HINT);
    child.stdin.take().unwrap().write_all(feed).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{HINT}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_reader_by_another_author_reads_the_feed() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let body = "## 内容\n\n[一覧](page:procedures)と`<b>`&]]>、[目次](#s-1)";
        published(&editor, "A & B <C>", &[("body", body), ("important", "1"), ("procedures", "claims")]).await;
        house.clock.pass(Duration::minutes(30));
        published(&editor, "皆さまへ", &[]).await;
        let answer = visitor.get("/notices.atom").await;
        assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
        let feed = read(&answer.bytes);
        assert_eq!((feed["version"].as_str(), feed["language"].as_str()), (Some("atom10"), Some("ja")));
        assert_eq!(feed["links"]["self"], "https://madoguchi.example/notices.atom");
        assert_eq!(feed["links"]["alternate"], "https://madoguchi.example/notices");
        let entries = feed["entries"].as_array().unwrap();
        assert_eq!((entries.len(), entries[0]["title"].as_str()), (2, Some("皆さまへ")), "newest first");
        assert_eq!(feed["updated"], entries[0]["updated"]);
        let first = &entries[1];
        assert_eq!((first["title"].as_str(), first["kind"].as_str()), (Some("【重要】A & B <C>"), Some("text/html")));
        assert!(first["id"].as_str().unwrap().starts_with("urn:uuid:"));
        assert!(first["link"].as_str().unwrap().starts_with("https://madoguchi.example/notices/"));
        assert_eq!(first["terms"], serde_json::json!(["claims"]));
        let shown = first["body"].as_str().unwrap();
        assert!(shown.contains("href=\"https://madoguchi.example/procedures\""), "every address is whole: {shown}");
        assert!(!shown.contains("href=\"#"), "{shown}");
        let one = read(&visitor.get("/notices.atom?procedure=certificate").await.bytes);
        let titles: Vec<_> = one["entries"].as_array().unwrap().iter().map(|entry| entry["title"].clone()).collect();
        assert_eq!(titles, ["皆さまへ"]);
        assert_eq!(one["links"]["self"], "https://madoguchi.example/notices.atom?procedure=certificate");
        assert_ne!(one["id"], feed["id"], "each filter is a feed of its own");
        assert_eq!(visitor.get("/notices.atom?procedure=none").await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn an_empty_feed_is_one_too() {
    on_each_database(async |house| {
        let feed = read(&Browser::visitor(house).get("/notices.atom").await.bytes);
        assert_eq!(feed["entries"], serde_json::json!([]));
    })
    .await;
}

#[tokio::test]
async fn who_asks_each_second_is_told_that_nothing_changed_until_something_did() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        published(&editor, "はじめのお知らせ", &[]).await;
        let first = visitor.get("/notices.atom").await;
        let (tag, date) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
        assert!(tag.starts_with('"') && date.ends_with("GMT"), "{tag} {date}");
        assert_eq!(first.header("set-cookie"), "", "a reader needs no cookie");
        for _ in 0..30 {
            house.clock.pass(Duration::seconds(1));
            assert_eq!(visitor.get_if_changed("/notices.atom", &tag).await, (StatusCode::NOT_MODIFIED, tag.clone()));
        }
        let by_date = Request::get("/notices.atom").header(header::IF_MODIFIED_SINCE, &date).body(Body::empty());
        assert_eq!(visitor.ask(by_date.unwrap()).await.status(), StatusCode::NOT_MODIFIED);
        let page = published(&editor, "つぎのお知らせ", &[]).await;
        let (status, second) = visitor.get_if_changed("/notices.atom", &tag).await;
        assert!(status == StatusCode::OK && second != tag, "{status}");
        let seen = crate::notices::seen(&editor, &page).await;
        let fields = [("title", "直したお知らせ"), ("body", "x"), ("seen", seen.as_str()), ("do", "save")];
        assert!(editor.post(&format!("{page}/edit"), &fields).await.location.ends_with("?done=save"));
        let (status, third) = visitor.get_if_changed("/notices.atom", &second).await;
        assert!(status == StatusCode::OK && third != second, "a change is told");
    })
    .await;
}
