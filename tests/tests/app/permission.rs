//! Every route of the list, tried by those who may not use it.

use axum::http::StatusCode;
use domain::permissions::{Permission, Role, allows};
use web::{Access, Proxies, RouteInfo};

use crate::{
    browser::{Answer, Browser, account, institution},
    support::on_each_database,
};

/// An address of a route: variable parts are names of things that do not exist.
fn address(route: &RouteInfo) -> String {
    let mut path = String::new();
    for part in route.path.split('/').skip(1) {
        path.push('/');
        path.push_str(match part {
            "{kind}" => "eligibility",
            part if part.starts_with('{') => "01900000-0000-7000-8000-000000000000",
            part => part,
        });
    }
    path
}

async fn try_route(browser: &Browser, route: &RouteInfo) -> Answer {
    match route.method {
        "GET" => browser.get(&address(route)).await,
        _ => browser.post(&address(route), &[]).await,
    }
}

/// Refused: led to the login or another step of it, or told that it is not possible or not there.
fn refused(answer: &Answer) -> bool {
    let steps = ["/login", "/first-password", "/account/totp", "/login/second-factor"];
    let led = answer.status.is_redirection() && steps.iter().any(|step| answer.location.starts_with(step));
    led || [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&answer.status)
}

fn needed(access: Access) -> Vec<Permission> {
    match access {
        Access::Office(permission) => vec![permission],
        Access::EitherOffice(one, other) => vec![one, other],
        Access::AnyOffice(any) => any.to_vec(),
        _ => vec![],
    }
}

#[tokio::test]
async fn nobody_gets_in_without_logging_in() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        for route in web::routes(true) {
            let answer = try_route(&visitor, &route).await;
            assert!(!answer.status.is_server_error(), "{} {} failed: {}", route.method, route.path, answer.body);
            if route.access != Access::Public {
                assert!(refused(&answer), "{} {} answered a visitor {}", route.method, route.path, answer.status);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn staff_reach_only_what_their_role_allows_and_members_nothing_of_the_office() {
    on_each_database(async |house| {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let member = account(house, "owner@clinic.example", &[], Some(clinic)).await;
        let member = Browser::of(house, member, false).await;
        let mut staff = vec![];
        for role in Role::ALL {
            let id = account(house, &format!("{role}@madoguchi.example"), &[*role], None).await;
            staff.push((role, Browser::of(house, id, true).await));
        }
        for route in web::routes(true) {
            let permissions = needed(route.access);
            if permissions.is_empty() && route.access != Access::Staff {
                continue;
            }
            let answer = try_route(&member, &route).await;
            assert!(refused(&answer), "{} {} answered a member {}", route.method, route.path, answer.status);
            for (role, browser) in &staff {
                let allowed = permissions.iter().any(|permission| allows(&[**role], *permission));
                let answer = try_route(browser, &route).await;
                assert!(!answer.status.is_server_error(), "{} {} as {role}: {}", route.method, route.path, answer.body);
                if !allowed && !permissions.is_empty() {
                    assert!(refused(&answer), "{} {} answered {role} {}", route.method, route.path, answer.status);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn staff_without_their_second_factor_reach_nothing_of_the_office() {
    on_each_database(async |house| {
        let id = account(house, "reviewer@madoguchi.example", &[Role::Reviewer], None).await;
        let browser = Browser::of(house, id, false).await;
        for route in web::routes(true) {
            if !needed(route.access).is_empty() {
                let answer = try_route(&browser, &route).await;
                assert!(refused(&answer), "{} {} answered {}", route.method, route.path, answer.status);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() {
    on_each_database(async |house| {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let id = account(house, "owner@clinic.example", &[], Some(clinic)).await;
        let member = Browser::of(house, id, false).await;
        let elsewhere = Browser::visitor(house);
        let forged = member.post_as("/procedures/eligibility", &[], &elsewhere).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
        assert!(forged.body.contains("画面を開き直してください"));
    })
    .await;
}

#[tokio::test]
async fn wrong_passwords_count_for_the_visitor_and_not_for_the_proxy_before_the_portal() {
    on_each_database(async |house| {
        let proxies = Proxies::parse(&["10.0.0.0/8".to_owned()], "X-Forwarded-For").unwrap();
        let visitor = |peer: &str| Browser::through(house, proxies.clone(), peer, "198.51.100.1, 203.0.113.7");
        for (peer, source) in [("10.0.0.1", "203.0.113.7"), ("192.0.2.9", "192.0.2.9")] {
            let typed = [("email", &*format!("{source}@clinic.example")), ("password", "a-wrong-password")];
            for _ in 0..30 {
                visitor(peer).post("/login", &typed).await;
            }
            let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 1).await.unwrap();
            assert_eq!((rows[0].action.as_str(), rows[0].source.as_str()), ("login.limited", source));
        }
    })
    .await;
}
