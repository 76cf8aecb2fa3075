//! The catalogue of procedures: tiles beside the menu of the businesses (manual 1-4, 2-1, 3-2).

use askama::Template;
use axum::extract::Query;
use domain::{
    applications::Business,
    content::procedures::{Leads, Tile, tiles_of},
};
use serde::Deserialize;

use super::home;
use crate::{
    site::{Html, Visit},
    view::{
        frame::{Frame, Link, Section},
        parts::{CatalogueView, TileView},
    },
};

/// The address of a business.
fn address(business: Business) -> String {
    match business {
        Business::Eligibility => "/procedures".to_owned(),
        other => format!("/procedures?category={}", other.as_str()),
    }
}

/// A procedure as its tile.
fn tile(tile: &Tile) -> TileView {
    TileView { title: tile.title.to_owned(), text: tile.text.to_owned(), href: href(tile), remark: String::new() }
}

/// Where a tile leads: to the article that is read before the form, or to a page.
pub(super) fn href(tile: &Tile) -> String {
    match tile.leads {
        Leads::Article(kind) => format!("/articles/{}", kind.article()),
        Leads::Page(address) => address.to_owned(),
    }
}

/// The business that is open.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Open {
    #[serde(default)]
    category: String,
}

#[derive(Template)]
#[template(path = "content/catalogue.html")]
pub(super) struct CataloguePage {
    frame: Frame,
    catalogue: CatalogueView,
}

/// The catalogue.
pub(super) async fn show(visit: Visit, Query(open): Query<Open>) -> Html<CataloguePage> {
    let shown = || Business::ALL.into_iter().filter(|business| tiles_of(*business).next().is_some());
    let business = shown().find(|business| business.as_str() == open.category).unwrap_or(Business::Eligibility);
    let catalogue = CatalogueView {
        menu: shown().map(|business| Link::new(business.label(), address(business))).collect(),
        current: address(business),
        lead: business.lead().to_owned(),
        tiles: tiles_of(business).map(|one| tile(&one)).collect(),
    };
    let title = format!("手続の一覧：{}", business.label());
    let frame = Frame { current: Section::Business, breadcrumb: home(), ..visit.frame(title) };
    Html(CataloguePage { frame, catalogue })
}
