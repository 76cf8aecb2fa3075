//! The catalogue of procedures: tiles beside the menu of the businesses (manual 1-4, 2-1, 3-2).

use askama::Template;
use axum::extract::Query;
use domain::content::procedures::{CERTIFICATE, CLAIMS, ELIGIBILITY, Leads, STATUS, Tile};
use serde::Deserialize;

use super::home;
use crate::{
    site::{Html, Visit},
    view::{
        frame::{Frame, Link, Section},
        parts::{CatalogueView, TileView},
    },
};

/// One business of the catalogue with its procedures.
struct Business {
    title: &'static str,
    href: &'static str,
    lead: &'static str,
    tiles: fn() -> Vec<TileView>,
}

/// The businesses whose procedures can be done today.
const BUSINESSES: [Business; 2] = [
    Business {
        title: "オンライン資格確認",
        href: "/procedures",
        lead: "オンライン資格確認に関する手続です。",
        tiles: || vec![tile(&ELIGIBILITY), tile(&CERTIFICATE), tile(&STATUS)],
    },
    Business {
        title: "オンライン請求",
        href: "/procedures?category=claims",
        lead: "オンライン請求に関する手続です。",
        tiles: || vec![tile(&CLAIMS), tile(&CERTIFICATE), tile(&STATUS)],
    },
];

/// A procedure as its tile.
fn tile(tile: &Tile) -> TileView {
    TileView { title: tile.title.to_owned(), text: tile.text.to_owned(), href: href(tile), remark: String::new() }
}

/// Where a tile leads: to the article that is read before the form, or to a page.
pub(super) fn href(tile: &Tile) -> String {
    match tile.leads {
        Leads::Article(kind) => format!("/articles/{}", kind.procedure().article()),
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
    let [eligibility, claims] = &BUSINESSES;
    let business = if open.category == "claims" { claims } else { eligibility };
    let catalogue = CatalogueView {
        menu: BUSINESSES.iter().map(|business| Link::new(business.title, business.href)).collect(),
        current: business.href.to_owned(),
        lead: business.lead.to_owned(),
        tiles: (business.tiles)(),
    };
    let title = format!("手続の一覧：{}", business.title);
    let frame = Frame { current: Section::Business, breadcrumb: home(), ..visit.frame(title) };
    Html(CataloguePage { frame, catalogue })
}
