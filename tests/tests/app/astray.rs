//! Who goes astray: an address or a method that a listener does not have is answered by a page of that listener, in Japanese
//! and with one way on; programs are answered in plain text.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use crate::{
    browser::{Answer, Browser},
    support::on_each_database,
};

const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// The way on from a page: the address of its one button.
fn way_on(answer: &Answer) -> &str {
    let main = answer.body.split("<main").nth(1).and_then(|rest| rest.split("</main>").next()).unwrap_or_default();
    assert_eq!(main.matches("<a ").count(), 1, "one way: {main}");
    main.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

fn is_page(answer: &Answer, status: StatusCode, title: &str) {
    assert_eq!((answer.status, answer.header("content-type")), (status, HTML), "{}", answer.body);
    assert!(
        answer.body.contains("<html lang=\"ja\">") && answer.body.contains(&format!(">{title}</h1>")),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_wrong_address_or_method_leads_on_from_every_listener() {
    on_each_database(async |house| {
        let (portal, closed) = (Browser::visitor(house), Browser::terminal(house));
        let publications = Browser::of_publications(house);
        for (listener, way) in [(&portal, "/"), (&closed, "/"), (&publications, "/pki")] {
            for address in ["/nowhere", "/picup", "/office/nothing/at/all", "/%FF"] {
                let lost = listener.get(address).await;
                is_page(&lost, StatusCode::NOT_FOUND, "ページが見つかりません");
                assert_eq!(way_on(&lost), way, "{address}");
                assert_eq!(listener.get(way).await.status, StatusCode::OK, "the way leads somewhere");
            }
        }
        for (listener, address, way) in
            [(&portal, "/faq", "/"), (&closed, "/import-guide", "/"), (&publications, "/pki", "/pki")]
        {
            let refused = listener.post(address, &[]).await;
            is_page(&refused, StatusCode::METHOD_NOT_ALLOWED, "この操作はできません");
            assert_eq!(way_on(&refused), way, "{address}");
        }
        let elsewhere = closed.get("/nowhere").await.body;
        assert!(elsewhere.contains("閉域網の画面") && !elsewhere.contains("マイリスト"), "{elsewhere}");
        assert!(!publications.get("/nowhere").await.body.contains("href=\"/\""), "it has no first page");
    })
    .await;
}

#[tokio::test]
async fn programs_are_answered_in_plain_text_where_nothing_is() {
    on_each_database(async |house| {
        let (closed, publications) = (Browser::terminal(house), Browser::of_publications(house));
        for (listener, address) in [
            (&closed, "/.well-known/est/serverkeygen"),
            (&closed, "/pki/none.crl"),
            (&closed, "/pki/a/b/c"),
            (&publications, "/pki/none.crl"),
        ] {
            let answer = listener.get(address).await;
            assert_eq!((answer.status, answer.header("content-type")), (StatusCode::NOT_FOUND, PLAIN), "{address}");
            assert!(!answer.body.is_empty() && !answer.body.contains("ボタン"), "{address}: {}", answer.body);
        }
        let request = Request::delete("/.well-known/est/cacerts").body(Body::empty()).unwrap();
        let answer = closed.send(request).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::METHOD_NOT_ALLOWED, PLAIN));
        assert_eq!(answer.header("allow"), "GET,HEAD");
        assert!(answer.body.contains("このメソッドを使えません"), "{}", answer.body);
    })
    .await;
}
