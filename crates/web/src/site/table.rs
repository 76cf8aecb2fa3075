//! The list of routes: built together with the router, so that none can be missing from the list that is tested.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Uri,
    response::Redirect,
    routing::{MethodRouter, get, post},
};
use domain::{access::Scope, permissions::Permission};

use super::{Site, failure::MACHINES, posted::LARGEST_WITH_FILE};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Public,
    /// Everyone who is logged in.
    Person,
    /// Everyone with an active membership.
    Member,
    /// Everyone with an active membership, and vendors for what they prepare under a mandate.
    Preparer,
    /// The owner of an institution.
    Owner,
    /// Staff of any role.
    Staff,
    /// Staff with the permission.
    Office(Permission),
    /// Staff with one of two permissions, depending on the case.
    EitherOffice(Permission, Permission),
    /// Staff with one of several permissions, depending on what it is about.
    AnyOffice(&'static [Permission]),
    /// Machines with an access token of the scope.
    Token(Scope),
}

/// A route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path with `{name}` for variable parts.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
}

impl RouteInfo {
    /// Whether a path is one of the route.
    fn is_at(&self, path: &str) -> bool {
        let (mut parts, mut names) = (path.split('/'), self.path.split('/'));
        loop {
            match (parts.next(), names.next()) {
                (Some(part), Some(name)) if name.starts_with('{') || name == part => {}
                (None, None) => return true,
                _ => return false,
            }
        }
    }
}

/// Who may open which page, for links in menus.
pub(crate) struct Pages {
    by_path: BTreeMap<&'static str, Access>,
    with_names: Vec<RouteInfo>,
}

impl Pages {
    /// The pages of a list of routes.
    pub(crate) fn of(routes: Vec<RouteInfo>) -> Self {
        let pages = routes.into_iter().filter(|route| route.method == "GET");
        let (with_names, plain): (Vec<_>, Vec<_>) = pages.partition(|page| page.path.contains('{'));
        Self { by_path: plain.into_iter().map(|page| (page.path, page.access)).collect(), with_names }
    }

    /// Who may open an address, as far as a page is there.
    pub(crate) fn access(&self, address: &str) -> Option<Access> {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let named = || self.with_names.iter().find(|page| page.is_at(path)).map(|page| page.access);
        self.by_path.get(path).copied().or_else(named)
    }
}

/// A router and its list.
pub struct Routes {
    /// The router.
    pub router: Router<Site>,
    /// The list.
    pub list: Vec<RouteInfo>,
}

impl Default for Routes {
    fn default() -> Self {
        Self { router: Router::new(), list: vec![] }
    }
}

impl Routes {
    fn add(mut self, method: &'static str, path: &'static str, access: Access, handler: MethodRouter<Site>) -> Self {
        self.router = self.router.route(path, handler);
        self.list.push(RouteInfo { method, path, access });
        self
    }

    /// Adds a page.
    #[must_use]
    pub fn get<H: Handler<T, Site>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.add("GET", path, access, get(handler))
    }

    /// Adds an action.
    #[must_use]
    pub fn post<H: Handler<T, Site>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.add("POST", path, access, post(handler))
    }

    /// Adds an action whose form may carry a file that is read whole.
    #[must_use]
    pub fn post_file<H: Handler<T, Site>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.add("POST", path, access, post(handler).layer(DefaultBodyLimit::max(LARGEST_WITH_FILE)))
    }

    /// Adds an action whose form may carry files, which are received piece by piece.
    #[must_use]
    pub fn post_files<H: Handler<T, Site>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        let most = usize::try_from(super::LONGEST).unwrap_or(usize::MAX);
        self.add("POST", path, access, post(handler).layer(DefaultBodyLimit::max(most)))
    }

    /// Adds a way back to every action that has no page at its own address: whoever opens it, as after a login that an
    /// ended session had asked for, is led to the page that the form stands on.
    #[must_use]
    pub fn with_ways_back(mut self) -> Self {
        let of = |method: &'static str| {
            self.list.iter().filter(move |route| route.method == method).map(|route| route.path).collect::<Vec<_>>()
        };
        let pages = BTreeSet::from_iter(of("GET"));
        let forms = of("POST").into_iter().filter(|path| !pages.contains(path) && !is_for_machines(path));
        for path in forms {
            let Some(floors) = floors_down(path, &pages) else { continue };
            let back = move |uri: Uri| async move { Redirect::to(below(uri.path(), floors)) };
            self.router = self.router.route(path, get(back));
        }
        self
    }

    /// Adds another list.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.list.extend(other.list);
        self
    }
}

/// Whether no browser ever comes to an address.
fn is_for_machines(path: &str) -> bool {
    ["/pki", MACHINES].iter().any(|place| path.starts_with(place))
}

/// How many parts at the end of an action's path are not in the path of the page that its form stands on.
fn floors_down(path: &str, pages: &BTreeSet<&str>) -> Option<usize> {
    (1..path.split('/').count()).find(|floors| pages.contains(below(path, *floors)))
}

/// A path without so many parts at its end.
fn below(path: &str, floors: usize) -> &str {
    let end = path.rmatch_indices('/').nth(floors.saturating_sub(1)).map_or(0, |(place, _)| place);
    if end == 0 { "/" } else { &path[..end] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_the_page_that_is_named_so_before_one_with_a_name_in_it() {
        let page = |path, access| RouteInfo { method: "GET", path, access };
        let routes = [page("/a/{id}", Access::Member), page("/a/new", Access::Public), page("/", Access::Person)];
        let pages = Pages::of(routes.to_vec());
        let access = |address| pages.access(address);
        assert_eq!(access("/a/7?b=1#c"), Some(Access::Member));
        assert_eq!(access("/a/new"), Some(Access::Public));
        assert_eq!(access("/"), Some(Access::Person));
        assert_eq!(access("/a"), None);
        assert_eq!(access("/a/7/8"), None);
    }

    #[test]
    fn the_page_of_a_form_is_the_nearest_one_above_its_action() {
        let pages = BTreeSet::from(["/", "/office/letters", "/office/letters/{id}"]);
        assert_eq!(floors_down("/office/letters/{id}/lost", &pages), Some(1));
        assert_eq!(floors_down("/office/letters/batches/{id}/confirm", &pages), Some(3));
        assert_eq!(floors_down("/logout", &pages), Some(1));
        assert_eq!(below("/office/letters/1/lost", 1), "/office/letters/1");
        assert_eq!(below("/logout", 1), "/");
    }
}
