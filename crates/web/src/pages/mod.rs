//! The pages, a folder for each domain folder, and the two listeners.

mod accounts;
mod api;
mod applications;
mod assets;
mod changes;
mod clients;
pub(crate) mod closed;
mod closing;
mod content;
mod fees;
mod grants;
mod group;
mod home;
mod interview;
mod mailbox;
mod master_account;
mod office;
mod pki;
mod planner;
mod quarantine;
mod succession;
mod terminals;
pub(crate) mod tokens;

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::site::{LARGEST_FORM, Listener, RouteInfo, Routes, Site, broken_off, guard, render_failures};

pub(crate) use content::Feeds;
pub(crate) use office::office_links;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The same for one that brings files over a slow line; whoever sends nothing for a while is cut off before.
const PATIENCE_WITH_FILES: Duration = Duration::from_secs(15 * 60);

/// Ends a request that takes too long.
async fn in_time(request: Request, next: Next) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let brings_files = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"))
        && request.uri().path().starts_with("/applications/");
    let most = if brings_files { PATIENCE_WITH_FILES } else { PATIENCE };
    let answered = tokio::time::timeout(most, next.run(request)).await;
    answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

/// The last row of the page before, as it stands in an address: `1795400000000_01975….`
fn after<T: std::str::FromStr>(text: &str) -> Option<(domain::clock::Timestamp, T)> {
    let (at, id) = text.split_once('_')?;
    Some((domain::clock::Timestamp::from_millis(at.parse().ok()?), id.parse().ok()?))
}

/// An address with a query of some pairs; empty values are left out.
fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn portal_routes(demo: bool) -> Routes {
    let routes = Routes::default()
        .merge(home::routes())
        .merge(accounts::routes())
        .merge(applications::routes())
        .merge(interview::routes())
        .merge(terminals::routes())
        .merge(fees::routes())
        .merge(master_account::routes())
        .merge(grants::routes())
        .merge(succession::routes())
        .merge(closing::routes())
        .merge(changes::routes())
        .merge(clients::routes())
        .merge(group::routes())
        .merge(planner::routes())
        .merge(content::routes())
        .merge(office::routes())
        .merge(pki::routes())
        .merge(assets::routes());
    if demo { routes.merge(mailbox::routes()) } else { routes }
}

/// The list of all routes of the portal, for the test that tries each without permission.
pub fn routes(demo: bool) -> Vec<RouteInfo> {
    portal_routes(demo).merge(pki::machine()).merge(api::routes()).list
}

fn closed_routes() -> Routes {
    closed::routes().merge(pki::routes_on_closed()).merge(assets::routes())
}

/// The list of all routes of the closed network, for the test that tries each with nothing in its hands.
pub fn routes_of_closed() -> Vec<RouteInfo> {
    closed_routes().list
}

/// The portal.
pub fn portal(site: Site) -> Router {
    around(portal_routes(site.demo), (site, Listener::Portal))
}

/// The closed network's listener: pickup, renewal, EST and connection test, nothing else.
pub fn closed(site: Site) -> Router {
    around(closed_routes(), (site, Listener::Closed))
}

/// Both listeners while an installation is in quarantine; `found` when its database was found older than its journal, not
/// restored from a backup.
pub fn quarantine(operator: &services::Operator, found: bool) -> Router {
    quarantine::router(operator, found)
}

/// The plain listener of what the authority publishes, for those who check certificates.
pub fn publications(site: Site) -> Router {
    around(pki::routes_on_publications().merge(assets::routes()), (site, Listener::Publications))
}

fn around(routes: Routes, (site, listener): (Site, Listener)) -> Router {
    let machines = if listener == Listener::Portal { pki::machine().merge(api::routes()) } else { pki::machine() };
    routes
        .with_ways_back()
        .router
        // Said here, or the routes of machines would bring a fallback of their own, which no page stands around.
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(CatchPanicLayer::custom(broken_off))
        .layer(from_fn_with_state((site.clone(), listener), render_failures))
        .layer(from_fn_with_state(site.clone(), guard))
        .merge(machines.router)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(from_fn(in_time))
        .layer(CatchPanicLayer::custom(broken_off))
        .with_state(site)
}
