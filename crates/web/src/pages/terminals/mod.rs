//! The register of an institution's terminals, and what to do when something happened to one (spec 04.5).

mod calendar;
mod list;
mod one;
mod trouble;
mod ways;
mod words;

use domain::ids::ApplicationId;
use services::Error;

use crate::site::{Access, Failure, Routes, Visit};

pub(super) use words::{overview_table, state, waiting_words};

pub(super) fn routes() -> Routes {
    use Access::{Member, Owner};
    Routes::default()
        .get("/terminals", Member, list::show)
        .get("/terminals/list.csv", Member, list::csv)
        .get("/terminals/labels.pdf", Member, list::labels)
        .get("/terminals/calendar", Member, calendar::show)
        .post("/terminals/calendar", Owner, calendar::renew)
        .get("/calendar/{token}", Access::Public, calendar::file)
        .get("/terminals/{id}", Member, one::show)
        .get("/terminals/{id}/label.pdf", Member, one::label)
        .get("/terminals/{id}/trouble", Member, trouble::show)
        .post("/terminals/{id}/trouble", Member, trouble::act)
        .post("/terminals/{id}/place", Owner, one::set_place)
}

/// The case of a terminal in an address.
fn id(text: &str) -> Result<ApplicationId, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

/// Whether the person may do what only owners may.
fn is_owner(visit: &Visit) -> bool {
    visit.ctx().owner().is_ok()
}
