//! Every route of the list, tried by those who may not use it.

use axum::http::StatusCode;
use domain::permissions::{Permission, Role, allows};
use web::{Access, Proxies, RouteInfo};

use crate::{
    browser::{Answer, Browser, account, institution},
    furnished::Furnished,
    support::on_each_database,
};

async fn try_route(browser: &Browser, route: &RouteInfo, address: &str) -> Answer {
    match route.method {
        "GET" => browser.get(address).await,
        _ => browser.post(address, &[]).await,
    }
}

/// Led to the login or another step of it.
fn led_to_login(answer: &Answer) -> bool {
    let steps = ["/login", "/first-password", "/account/totp", "/login/second-factor"];
    answer.status.is_redirection() && steps.iter().any(|step| answer.location.starts_with(step))
}

/// Told that it is not allowed, or led to the login.
fn forbidden(answer: &Answer) -> bool {
    led_to_login(answer) || [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status)
}

/// Refused: led to the login or another step of it, or told that it is not possible or not there.
fn refused(answer: &Answer) -> bool {
    forbidden(answer) || answer.status == StatusCode::NOT_FOUND
}

/// What stands in the way of somebody who is allowed: nothing is forbidden, nothing fails, and what exists is found.
/// A form without its fields may be told so, and what a case does not have in its state may be missing.
fn hindered(answer: &Answer, route: &RouteInfo, known: bool) -> bool {
    const BY_STATE: [&str; 3] = [
        "/applications/{id}/user-id-notice.pdf",
        "/applications/{id}/done",
        "/office/letters/batches/{id}/membership_code.pdf",
    ];
    let missing = answer.status == StatusCode::NOT_FOUND;
    let must_exist = known && route.method == "GET" && !BY_STATE.contains(&route.path);
    forbidden(answer) || answer.status.is_server_error() || (missing && must_exist)
}

fn told(route: &RouteInfo, who: &str, answer: &Answer) -> String {
    format!("{} {} as {who}: {} {}", route.method, route.path, answer.status, answer.location)
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
        let rows = Furnished::of(house).await;
        for route in web::routes(true) {
            let answer = try_route(&visitor, &route, &rows.address(route.path, false).0).await;
            assert!(!answer.status.is_server_error(), "{} {} failed: {}", route.method, route.path, answer.body);
            if route.access != Access::Public {
                assert!(forbidden(&answer), "{}", told(&route, "a visitor", &answer));
            }
        }
    })
    .await;
}

/// Whether a role may use an address of a route of the office: with two permissions, the one of the case counts, and of a
/// setting the one of its topic. Whoever writes a note must read the case.
fn may(role: Role, route: &RouteInfo, certificates: bool) -> bool {
    let reads = if certificates { Permission::ReadCertificates } else { Permission::ReadApplications };
    match route.access {
        _ if route.path.ends_with("/notes") => [Permission::WriteNotes, reads].iter().all(|one| allows(&[role], *one)),
        Access::AnyOffice(_) if route.path.starts_with("/office/settings/") => {
            allows(&[role], Permission::ChangeSettings)
        }
        Access::AnyOffice(any) => any.iter().any(|one| allows(&[role], *one)),
        Access::EitherOffice(one, other) => allows(&[role], if certificates { other } else { one }),
        Access::Office(permission) => allows(&[role], permission),
        Access::Staff => true,
        _ => false,
    }
}

#[tokio::test]
async fn staff_reach_exactly_what_their_role_allows_and_members_nothing_of_the_office() {
    on_each_database(async |house| {
        let rows = Furnished::of(house).await;
        let mut wrong = vec![];
        for route in web::routes(true) {
            let office = !needed(route.access).is_empty() || route.access == Access::Staff;
            let bound = [Access::Member, Access::Preparer, Access::Owner].contains(&route.access);
            let sides: &[bool] =
                if matches!(route.access, Access::EitherOffice(..)) { &[false, true] } else { &[true] };
            for certificates in sides {
                let (address, known) = rows.address(route.path, *certificates);
                // Whichever case comes first, and a call is its own agent's alone.
                let any = route.path == "/office/next";
                let known = known && !route.path.starts_with("/office/calls/");
                for (who, browser) in [("an owner", &rows.owner), ("a member", &rows.member)] {
                    let answer = if office { try_route(browser, &route, &address).await } else { continue };
                    wrong.extend((!forbidden(&answer)).then(|| told(&route, who, &answer)));
                }
                for (role, browser) in rows.staff.iter().filter(|_| office || bound) {
                    let answer = try_route(browser, &route, &address).await;
                    let allowed = office
                        && (may(*role, &route, *certificates)
                            || any && may(*role, &route, true)
                            || any && may(*role, &route, false));
                    let fits = if allowed { !hindered(&answer, &route, known) } else { refused(&answer) };
                    wrong.extend((!fits).then(|| told(&route, role.as_str(), &answer)));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn members_reach_what_is_theirs_and_of_another_institution_nothing() {
    on_each_database(async |house| {
        let rows = Furnished::of(house).await;
        let mut wrong = vec![];
        let mut foreign_cases = 0;
        let all = web::routes(true);
        let kinds = [Access::Person, Access::Member, Access::Preparer, Access::Owner];
        let bound = all.iter().filter(|route| kinds.contains(&route.access));
        for route in bound {
            for certificates in [false, true] {
                let (address, known) = rows.address(route.path, certificates);
                let of_a_row = route.path.contains("{id}");
                if of_a_row {
                    let answer = try_route(&rows.stranger, route, &address).await;
                    let fits = answer.status == StatusCode::NOT_FOUND;
                    wrong.extend((!fits).then(|| told(route, "a stranger", &answer)));
                    foreign_cases += i64::from(route.path.starts_with("/applications/{id}"));
                }
                // What would change who is who is tried by strangers only.
                let changes = route.method == "POST" && (of_a_row || route.path.contains("/account/"));
                if changes || route.method == "POST" && route.path.starts_with("/together") {
                    continue;
                }
                let answer = try_route(&rows.owner, route, &address).await;
                wrong.extend(hindered(&answer, route, known).then(|| told(route, "the owner", &answer)));
                let answer = try_route(&rows.member, route, &address).await;
                let fits = match route.access {
                    Access::Owner => refused(&answer),
                    Access::Person if of_a_row => answer.status == StatusCode::NOT_FOUND,
                    _ => !hindered(&answer, route, known),
                };
                wrong.extend((!fits).then(|| told(route, "a member", &answer)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let noted = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 1_000).await.unwrap();
        let noted = noted.iter().filter(|row| row.action == "application.view_refused").count();
        assert!(
            i64::try_from(noted).unwrap() >= foreign_cases && foreign_cases > 10,
            "{noted} of {foreign_cases} are noted"
        );
    })
    .await;
}

#[tokio::test]
async fn whoever_is_removed_while_logged_in_is_out_at_the_next_click() {
    on_each_database(async |house| {
        let rows = Furnished::of(house).await;
        assert_eq!(rows.member.get(&rows.eligibility).await.status, StatusCode::OK);
        let members = rows.owner.get("/account/members").await.body;
        let ids: Vec<&str> = members
            .split("/account/members/")
            .skip(1)
            .filter_map(|rest| rest.split_once("/remove"))
            .map(|(id, _)| id)
            .collect();
        let mut removed = false;
        for id in ids.into_iter().filter(|id| id.len() == 36) {
            let answer = rows.owner.post(&format!("/account/members/{id}/remove"), &[]).await;
            removed |= answer.status.is_redirection();
        }
        assert!(removed, "{members}");
        assert!(led_to_login(&rows.member.get(&rows.eligibility).await), "the session has ended");
        let id = storage::accounts::by_email(&mut house.app.db.read().await.unwrap(), "member@clinic.example").await;
        let again = Browser::of(house, id.unwrap().unwrap().id, false).await;
        assert_eq!(again.get(&rows.eligibility).await.location, "/", "a new login reaches nothing there");
        // The same for staff.
        let leaving = account(house, "leaving@madoguchi.example", &[Role::Reviewer], None).await;
        let at_work = Browser::of(house, leaving, true).await;
        assert_eq!(at_work.get("/office/queue/eligibility").await.status, StatusCode::OK);
        let admin = &rows.staff.iter().find(|(role, _)| *role == Role::Administrator).unwrap().1;
        let fewer = admin.post(&format!("/office/staff/{leaving}/roles"), &[("roles", "editor")]).await;
        assert!(fewer.location.ends_with("?done=roles"), "{}", fewer.body);
        assert_eq!(at_work.get("/office/queue/eligibility").await.status, StatusCode::FORBIDDEN, "a role less");
        let closed = admin.post(&format!("/office/staff/{leaving}/disable"), &[]).await;
        assert!(closed.location.ends_with("?done=disabled"), "{}", closed.body);
        assert!(led_to_login(&at_work.get("/office").await), "out at the next click");
    })
    .await;
}

#[test]
fn the_document_of_permissions_says_what_the_code_enforces() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operate/permissions.md");
    let wanted = web::permissions_document();
    if std::env::var_os("WRITE_PERMISSIONS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == wanted, "docs/operate/permissions.md is old: run `cargo xtask permissions`");
}

#[tokio::test]
async fn staff_without_their_second_factor_reach_nothing_of_the_office() {
    on_each_database(async |house| {
        let rows = Furnished::of(house).await;
        let id = account(house, "no-factor@madoguchi.example", Role::ALL, None).await;
        let browser = Browser::of(house, id, false).await;
        for route in web::routes(true) {
            if !needed(route.access).is_empty() {
                let answer = try_route(&browser, &route, &rows.address(route.path, false).0).await;
                assert!(forbidden(&answer), "{}", told(&route, "somebody half logged in", &answer));
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
