//! HTTP only: pages call one service each and choose the next page.
//!
//! `site` holds what all pages share: who visits, forms with their CSRF token, failures as pages, headers. `pages` has
//! a folder for each domain folder. [`portal()`] and [`closed()`] are the two listeners,
//! [`publications`] is a third one for those who check certificates.

mod matrix;
pub mod pages;
pub mod site;
pub mod view;

#[cfg(test)]
mod gallery;

/// The request for a certificate in a body of EST, or what is wrong with it: for the tests that feed the reader hostile bytes.
///
/// # Errors
/// The sentence that the terminal is told.
pub fn request_in(body: &[u8]) -> Result<Vec<u8>, &'static str> {
    pages::closed::est::decode(body)
}

pub use matrix::permissions_document;
pub use pages::{closed, portal, publications, quarantine, routes, routes_of_closed};
pub use site::{Access, Proxies, RouteInfo, Site};
