//! Filters that a person keeps under a name.

use axum::{extract::Path, response::Response};
use domain::applications::Kind;
use services::{Error, applications};

use super::{Wanted, parts};
use crate::{
    site::{Failure, Posted, Visit, see_other},
    view::frame::{BannerKind, BannerView},
};

fn kind(name: &str) -> Result<Kind, Failure> {
    name.parse().map_err(|_| Error::NotFound.into())
}

/// Saves the filter in use under a name.
pub(in crate::pages::office) async fn save(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let kind = kind(&name)?;
    parts::insist(&visit, &[applications::reading(kind)])?;
    let wanted = Wanted::parse(posted.get("queue"));
    match applications::save_filter(&visit.ctx(), kind, posted.get("name"), &wanted.query()).await? {
        None => Ok(see_other(&wanted.address(kind, &[("said", "saved")]))),
        Some(slip) => {
            let visit_again = super::show(visit, Path(name), axum::extract::Query(wanted)).await?;
            Ok(refused(visit_again, slip))
        }
    }
}

fn refused(mut page: crate::site::Html<super::QueuePage>, slip: String) -> Response {
    page.0.frame.has_errors = true;
    page.0.frame.banners.push(BannerView { ..parts::banner(BannerKind::Error, slip, &[]) });
    page.with_faults()
}

/// Deletes a filter of one's own.
pub(in crate::pages::office) async fn delete(
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Failure> {
    let kind = kind(&name)?;
    parts::insist(&visit, &[applications::reading(kind)])?;
    applications::delete_filter(&visit.ctx(), parts::id(&id)?).await?;
    let wanted = Wanted::parse(posted.get("queue"));
    Ok(see_other(&wanted.address(kind, &[("said", "deleted")])))
}
