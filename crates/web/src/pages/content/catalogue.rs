//! The catalogue of procedures: tiles beside the menu of the businesses (manual 1-4, 2-1, 3-2).

use askama::Template;
use axum::extract::Query;
use domain::applications::Kind;
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
        tiles: || vec![eligibility(), certificate(), status()],
    },
    Business {
        title: "オンライン請求",
        href: "/procedures?category=claims",
        lead: "オンライン請求に関する手続です。",
        tiles: || vec![claims(), certificate(), status()],
    },
];

fn tile(title: &str, text: &str, href: String) -> TileView {
    TileView { title: title.to_owned(), text: text.to_owned(), href, remark: String::new() }
}

/// A tile leads to the article that is read before the form.
fn article(kind: Kind) -> String {
    format!("/articles/{}", kind.procedure().article())
}

fn eligibility() -> TileView {
    tile("利用開始・変更申請", "こちらからオンライン資格確認の利用申請を行えます。", article(Kind::Eligibility))
}

fn certificate() -> TileView {
    tile("電子証明書発行申請", "こちらから端末の電子証明書の発行申請を行えます。", article(Kind::Certificate))
}

fn status() -> TileView {
    tile(
        "申請状況照会",
        "こちらから端末の電子証明書の申請の状況、通知書の発送、有効期限を確かめられます。",
        "/certificates".to_owned(),
    )
}

fn claims() -> TileView {
    tile(
        "オンライン請求 利用開始・変更申請",
        "こちらからオンライン請求の利用開始・変更申請を行えます。（電子情報処理組織の使用による費用の請求に関する届出）",
        article(Kind::Claims),
    )
}

/// All procedures, each once, for the search.
pub(super) fn all() -> [TileView; 4] {
    [eligibility(), certificate(), status(), claims()]
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
