//! HTTP only: pages call one service each and choose the next page.
//!
//! `site` holds what all pages share: who visits, forms with their CSRF token, failures as pages, headers. `pages` has
//! a folder for each domain folder. [`portal`] and [`closed`] are the two listeners,
//! [`publications`] is a third one for those who check certificates.

pub mod pages;
pub mod site;
pub mod view;

#[cfg(test)]
mod gallery;

pub use pages::{closed, portal, publications, quarantine, routes, routes_of_closed};
pub use site::{Access, Proxies, RouteInfo, Site};
