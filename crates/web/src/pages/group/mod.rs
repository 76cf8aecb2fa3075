//! 一括申請: choose a procedure, hand a table in, put its rows right, send it, watch it (spec 6.1).

mod procedure;
mod row;
mod send;
mod sheet;
mod start;

use domain::{applications::Kind, ids::SheetId};
use services::Error;

use crate::{
    site::{Access, Failure, Routes, Visit},
    view::frame::{Frame, Link},
};

/// Address of the first page.
pub(super) const ADDRESS: &str = "/group";
/// Name of the pages.
const TITLE: &str = "一括申請";

pub(super) fn routes() -> Routes {
    use Access::{Member, Person};
    Routes::default()
        .get(ADDRESS, Member, start::show)
        .get("/group/new/{kind}", Member, procedure::show)
        .post_file("/group/new/{kind}", Member, procedure::hand_in)
        .get("/group/new/{kind}/template.csv", Member, procedure::template)
        .get("/group/{id}", Person, sheet::show)
        .get("/group/{id}/faulty.csv", Person, sheet::faulty)
        .get("/group/{id}/result.csv", Person, sheet::result)
        .post("/group/{id}/check", Person, sheet::recheck)
        .post("/group/{id}/discard", Person, sheet::discard)
        .get("/group/{id}/rows/{number}", Person, row::show)
        .post("/group/{id}/rows/{number}", Person, row::save)
        .get("/group/{id}/send", Person, send::ask)
        .post("/group/{id}/send", Person, send::send)
}

/// The procedure in an address.
fn kind(text: &str) -> Result<Kind, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

/// The table in an address.
fn id(text: &str) -> Result<SheetId, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

/// The frame of a page below the first one.
fn frame(visit: &Visit, title: impl Into<String>, further: Option<Link>) -> Frame {
    let mut frame = visit.frame(title);
    frame.breadcrumb.push(Link::new(TITLE, ADDRESS));
    frame.breadcrumb.extend(further);
    frame
}

/// A count with its thousands.
fn figure(number: i64) -> String {
    domain::text::thousands(number)
}
