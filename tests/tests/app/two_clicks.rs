//! From home, everything is at most two clicks away.

use std::collections::BTreeSet;

use domain::permissions::Role;
use web::{Access, RouteInfo};

use crate::{
    browser::{Browser, account, institution},
    fees::{close, in_june},
    home::code,
    ladder::installed,
    mandates,
    steps::{CERTIFICATE, accepted, begin, claims_on_another_line, clinic, decide, file, filed, posted, staff, stored},
    subsidies::paying,
    support::{House, on_each_database},
};

/// The addresses that a page links to, without their fragments.
fn links(body: &str) -> BTreeSet<String> {
    let hrefs = body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let own = hrefs.filter(|href| href.starts_with('/') && !href.starts_with("/assets/"));
    own.map(|href| href.split('#').next().unwrap_or_default().replace("&#38;", "&"))
        .filter(|href| !href.is_empty())
        .collect()
}

/// Whether an address is one of a route.
fn is_of(href: &str, route: &RouteInfo) -> bool {
    let (path, wanted) = (href.split('?').next().unwrap_or_default(), route.path);
    let parts: Vec<&str> = path.split('/').collect();
    let names: Vec<&str> = wanted.split('/').collect();
    parts.len() == names.len() && parts.iter().zip(names).all(|(part, name)| name.contains('{') || *part == name)
}

/// Pages that no link needs to lead to: a button does, or a mail, or the page before them in a form.
const BY_OTHER_WAYS: &[&str] = &[
    "/healthz",
    "/login/second-factor",
    "/first-password",
    "/resume",
    // After a button was pressed.
    "/applications/{id}/check",
    "/applications/{id}/done",
    "/certificates/{id}/revoke",
    "/account/members/{id}/decline",
    "/account/members/{id}/remove",
    "/memberships/{id}/leave",
    "/terminals/{id}/trouble",
    // From the page of a client, which is home for a vendor.
    "/clients/{id}/give-back",
    // In an interview that was begun; home leads to where it stopped.
    "/together/continue",
    "/together/{step}",
    "/together/check",
    "/together/sent",
    // While a letter with a code is awaited.
    "/memberships/{id}/code",
    // From the list of a succession, where there is one.
    "/succession/history",
    "/succession/history/{id}",
    // On the page of a procedure that is filed by a table, and of a table that was handed in.
    "/group/new/{kind}/template.csv",
    "/group/{id}",
    "/group/{id}/faulty.csv",
    "/group/{id}/result.csv",
    "/group/{id}/rows/{number}",
    "/group/{id}/send",
    // One of many, from its list.
    "/documents/{slug}/{version}",
];

async fn reached(browser: &Browser) -> BTreeSet<String> {
    let first = links(&browser.get("/").await.body);
    let mut all = first.clone();
    for href in first {
        let page = browser.get(&href).await;
        if page.header("content-type").starts_with("text/html") {
            all.extend(links(&page.body));
        }
    }
    all
}

/// A clinic that has everything: a case to correct, a draft, terminals with certificates, a letter on its way, bills,
/// colleagues.
async fn busy(house: &House) -> Browser {
    let (place, browser) = clinic(house, "1330100016").await;
    account(house, "second@clinic.example", &[], Some(place)).await;
    accepted(house, &filed(house, &browser).await).await;
    let terminal = file(house, &browser, "certificate", CERTIFICATE).await;
    decide(house, &staff(house, Role::RaOfficer).await, &terminal, "accept", &[]).await;
    installed(house, &terminal, "12345678901").await;
    accepted(house, &file(house, &browser, "claims", &claims_on_another_line(house, "start")).await).await;
    let mut second = CERTIFICATE.to_vec();
    second[3].1 = "2階の受付のパソコン";
    let second = file(house, &browser, "certificate", &second).await;
    decide(house, &staff(house, Role::RaOfficer).await, &second, "accept", &[]).await;
    posted(house, &staff(house, Role::DispatchClerk).await, &second, "12345678902").await;
    let mut third = CERTIFICATE.to_vec();
    third[3].1 = "3階の事務のパソコン";
    house.clock.pass(time::Duration::minutes(1));
    file(house, &browser, "certificate", &third).await;
    begin(&browser, "eligibility").await;
    paying(house, &browser).await;
    let person = stored(house, &terminal).await.created_by;
    let other = institution(house, &code(5), "もう一つの歯科").await;
    let mut tx = house.app.db.write().await.unwrap();
    let now = house.app.clock.now();
    let id = domain::ids::MembershipId::new(now, &*house.app.randomness);
    storage::accounts::insert_membership(&mut tx, id, person, other, "owner", "active", now).await.unwrap();
    tx.commit().await.unwrap();
    // It has a vendor, and its owner is one for another clinic.
    let vendor = account(house, "vendor@systems.example", &[], None).await;
    mandates::in_force(house, place, vendor).await;
    mandates::in_force(house, institution(house, &code(6), "お客様の歯科").await, person).await;
    in_june(house);
    close(house, "2026-05").await;
    let browser = Browser::of(house, person, false).await;
    browser.post("/account/switch", &[("institution", &place.to_string())]).await;
    browser
}

#[tokio::test]
async fn every_page_of_an_applicant_is_within_two_clicks_from_home() {
    on_each_database(async |house| {
        let browser = busy(house).await;
        let reached = reached(&browser).await;
        let for_applicants = |route: &&RouteInfo| {
            route.method == "GET"
                && matches!(route.access, Access::Member | Access::Preparer | Access::Owner | Access::Person)
                && !BY_OTHER_WAYS.contains(&route.path)
        };
        let routes = web::routes(false);
        let missing: Vec<&str> = routes
            .iter()
            .filter(for_applicants)
            .filter(|route| !reached.iter().any(|href| is_of(href, route)))
            .map(|route| route.path)
            .collect();
        assert_eq!(missing, [""; 0], "{reached:?}");
        for page in ["/faq", "/notices", "/procedures", "/documents/cp-cps", "/inquiries/new", "/accessibility", "/pki"]
        {
            assert!(reached.contains(page), "{page}");
        }
        for page in &reached {
            assert_ne!(browser.get(page).await.status, axum::http::StatusCode::NOT_FOUND, "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn no_menu_leads_staff_or_members_to_a_page_that_only_says_no() {
    on_each_database(async |house| {
        let clerk = staff(house, Role::BillingClerk).await;
        let (place, owner) = clinic(house, "1330100016").await;
        let member = account(house, "second@clinic.example", &[], None).await;
        let mut tx = house.app.db.write().await.unwrap();
        let now = house.app.clock.now();
        let id = domain::ids::MembershipId::new(now, &*house.app.randomness);
        storage::accounts::insert_membership(&mut tx, id, member, place, "staff", "active", now).await.unwrap();
        tx.commit().await.unwrap();
        let member = Browser::of(house, member, false).await;
        let shown = async |browser: &Browser| {
            let mut all = links(&browser.get("/sitemap").await.body);
            all.extend(links(&browser.get("/faq").await.body));
            all
        };
        let of_a_visitor = shown(&Browser::visitor(house)).await;
        for page in ["/mylist", "/procedures/eligibility", "/account/mandates"] {
            assert!(of_a_visitor.contains(page) && shown(&owner).await.contains(page), "{page}");
            assert!(!shown(&clerk).await.contains(page), "{page}");
        }
        assert!(shown(&member).await.contains("/mylist"));
        for browser in [&clerk, &member] {
            let menus = shown(browser).await.into_iter();
            for page in menus.filter(|page| !page.starts_with("/articles/") && !page.starts_with("/documents/")) {
                assert_ne!(browser.get(&page).await.status, axum::http::StatusCode::FORBIDDEN, "{page}");
            }
        }
        let grants = clerk.get("/office/subsidies").await.body;
        assert!(!grants.contains("/office/queue/subsidy"), "a clerk reads no queue: {grants}");
    })
    .await;
}

#[tokio::test]
async fn settings_are_narrowed_by_what_they_are_about_and_by_name() {
    on_each_database(async |house| {
        let auditor = staff(house, Role::Auditor).await;
        let all = auditor.get("/office/settings").await.body;
        let headings = ["業務の決まり", "メールの文：申請・届出", "メールの文：端末の電子証明書", "メールの文：職員"];
        assert!(headings.iter().all(|heading| all.contains(&format!("{heading}</caption>"))), "{all}");
        assert!(!all.contains("メールの文：そのほか"), "each mail says what it is about");
        let of = |kind: &str, text: &str| format!("/office/settings?kind={kind}&text={text}");
        let mails = auditor.get(&of(headings[2], "")).await.body;
        assert!(mails.contains("mail.certificate_revoked") && !mails.contains("mail.application_returned"), "{mails}");
        let named = auditor.get(&of("", "補正依頼")).await.body;
        assert!(named.contains("mail.application_returned") && !named.contains("mail.certificate_revoked"), "{named}");
        assert!(auditor.get(&of(headings[0], "補正依頼")).await.body.contains("この条件の設定はありません"));
    })
    .await;
}
