//! Every page has one title, one heading of its own and one way up; the menus are what editors set.

use axum::http::StatusCode;
use domain::permissions::{Permission, Role, allows};
use web::{Access, RouteInfo};

use crate::{browser::Browser, furnished::Furnished, steps::staff, support::on_each_database};

/// Pages at the top of their part of the portal, and those that are no part of it: nothing stands above them.
const TOP: &[&str] = &["/", "/office", "/office/wall", "/login", "/dev/mailbox"];

/// Somebody who may open a route.
fn opener<'a>(rows: &'a Furnished, visitor: &'a Browser, route: &RouteInfo) -> Option<&'a Browser> {
    let of = |permission: Permission| {
        rows.staff.iter().find(|(role, _)| allows(&[*role], permission)).map(|(_, browser)| browser)
    };
    match route.access {
        Access::Public => Some(visitor),
        Access::Person | Access::Member | Access::Preparer | Access::Owner => Some(&rows.owner),
        Access::Staff => rows.staff.first().map(|(_, browser)| browser),
        Access::Office(permission) => of(permission),
        Access::EitherOffice(permission, _) => of(permission),
        Access::AnyOffice(any) => of(any[0]),
        Access::Token(_) => None,
    }
}

fn count(page: &str, what: &str) -> usize {
    page.matches(what).count()
}

#[tokio::test]
async fn every_page_has_one_title_and_one_way_up() {
    on_each_database(async |house| {
        let rows = Furnished::of(house).await;
        let visitor = Browser::visitor(house);
        let (mut wrong, mut seen) = (vec![], 0);
        for route in web::routes(true).into_iter().filter(|route| route.method == "GET") {
            let Some(browser) = opener(&rows, &visitor, &route) else { continue };
            let answer = browser.get(&rows.address(route.path, false).0).await;
            if answer.status != StatusCode::OK || !answer.header("content-type").starts_with("text/html") {
                continue;
            }
            seen += 1;
            let (head, body) = answer.body.split_once("</head>").unwrap();
            let found = [count(head, "<title>"), count(body, "<h1"), count(body, "<nav class=\"breadcrumb\"")];
            let fits = found == [1, 1, 1] || (found == [1, 1, 0] && TOP.contains(&route.path));
            wrong.extend((!fits).then(|| format!("{}: {found:?}", route.path)));
        }
        assert!(seen > 80, "{seen}");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn an_editor_changes_the_menu_that_stands_above_every_page() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let first = visitor.get("/faq").await.body;
        assert!(
            first.contains("href=\"/procedures/eligibility\">オンライン資格確認 利用開始・変更申請</a>"),
            "{first}"
        );
        assert!(first.contains("<h3>導入・運用</h3>"), "the menu of chapters stands beside: {first}");
        let editor = staff(house, Role::Editor).await;
        let article = async |reader: &Browser| reader.get("/articles/KB0010381").await.body;
        let button = "<p class=\"go\"><a";
        assert!(article(&visitor).await.contains(button), "the way to the form");
        assert!(!article(&editor).await.contains(button), "a button that only says no is left out");
        let no = editor.get("/terminals").await;
        assert_eq!(no.status, StatusCode::FORBIDDEN, "{}", no.body);
        assert!(
            no.body.contains("運営者のアカウントでは開けません") && no.body.contains("業務の画面へ進む"),
            "{}",
            no.body
        );
        let form = "/office/settings/list.top_menu/change";
        let today = house.app.clock.now().date().to_string();
        let typed = |href: &str| {
            [("entry", ""), ("label", "感染症のお知らせ"), ("group", "手引きと規程"), ("position", "1"), ("href", href)]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        };
        let send = async |href: &str| {
            let page = editor.get(form).await.body;
            let seen =
                page.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("0");
            let mut fields = typed(href).to_vec();
            for (key, value) in [("seen", seen), ("from", today.as_str()), ("why", "新しい案内のため")] {
                fields.push((key.to_owned(), value.to_owned()));
            }
            let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            editor.post(form, &fields).await
        };
        let refused = send("https://elsewhere.example").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert!(refused.body.contains("「開くページ」は、このポータルの中のアドレスを"), "{}", refused.body);
        let done = send("/notices").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let shown = visitor.get("/faq").await.body;
        assert!(shown.contains("href=\"/notices\">感染症のお知らせ</a>"), "{shown}");
        let map = visitor.get("/sitemap").await.body;
        assert!(map.contains("感染症のお知らせ") && map.contains("通知書が届きません"), "{map}");
    })
    .await;
}
