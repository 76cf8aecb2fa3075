//! The list of routes: built together with the router, so that none can be missing from the list that is tested.

use axum::{
    Router,
    handler::Handler,
    routing::{MethodRouter, get, post},
};
use domain::permissions::Permission;

use super::Site;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Public,
    /// Everyone who is logged in.
    Person,
    /// Everyone with an active membership.
    Member,
    /// The owner of an institution.
    Owner,
    /// Staff of any role.
    Staff,
    /// Staff with the permission.
    Office(Permission),
    /// Staff with one of two permissions, depending on the case.
    EitherOffice(Permission, Permission),
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

    /// Adds another list.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.list.extend(other.list);
        self
    }
}
