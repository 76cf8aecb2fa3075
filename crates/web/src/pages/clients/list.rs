//! The clients of a vendor, page by page.

use askama::Template;
use axum::extract::Query;
use domain::{calendar::japanese_date, ids::MandateId};
use serde::Deserialize;
use services::mandates::{self, Client};

use super::{LIST, state_words};
use crate::{
    pages::address,
    site::{Failure, Html, Visit, grouped_code},
    view::frame::{BannerKind, BannerView, Frame},
};

/// A client as a row.
struct Row {
    id: MandateId,
    name: String,
    code: String,
    until: String,
    prepared: Vec<String>,
}

#[derive(Template)]
#[template(path = "clients/list.html")]
pub(super) struct ClientsPage {
    frame: Frame,
    text: String,
    rows: Vec<Row>,
    first: bool,
    more: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    q: String,
    after: String,
    done: String,
}

/// The list of one's clients.
pub(super) async fn list(visit: Visit, Query(page): Query<Page>) -> Result<Html<ClientsPage>, Failure> {
    visit.person()?;
    let found = mandates::clients(&visit.ctx(), &page.q, &page.after).await?;
    let mut frame = visit.frame("お客様の一覧");
    frame.banners.extend(told(&page.done));
    Ok(Html(ClientsPage {
        frame,
        rows: found.page.iter().map(row).collect(),
        first: !page.after.is_empty(),
        more: found.next.map(|after| address(LIST, &[("q", &page.q), ("after", &after)])),
        text: page.q,
    }))
}

fn row(client: &Client) -> Row {
    let mandate = &client.mandate;
    let line = |tally: &mandates::Tally| {
        format!("{}：{} {}件", tally.kind.words().short, state_words(tally.state, tally.asked), tally.count)
    };
    Row {
        id: mandate.id,
        name: mandate.name.clone(),
        code: grouped_code(&mandate.code),
        until: japanese_date((mandate.ends_at - time::Duration::MILLISECOND).date()),
        prepared: client.tallies.iter().map(line).collect(),
    }
}

fn told(what: &str) -> Option<BannerView> {
    let (kind, title, body) = match what {
        "held" => (BannerKind::Success, "委任を受けました", "お客様を選ぶと、申請の準備をはじめられます。"),
        "saved" => (BannerKind::Success, "下書きを保存しました", "まだ送信されていません。続きから入力できます。"),
        "asked" => (
            BannerKind::Success,
            "確認を依頼しました",
            "医療機関等の代表者の方に、メールでお願いしました。送信されると、この一覧の状態が変わります。",
        ),
        "sent" => {
            (BannerKind::Info, "この申請は、すでに送信されています", "いまの状態は、お客様の画面でご覧いただけます。")
        }
        "kept" => (
            BannerKind::Warning,
            "いまは確認を依頼できません",
            "先に必要な手続があるか、同じ手続が進んでいます。入力した内容は保存されています。医療機関等にお確かめください。",
        ),
        "given-back" => {
            (BannerKind::Success, "委任を辞退しました", "医療機関等の代表者の方に、メールでお知らせしました。")
        }
        _ => return None,
    };
    Some(BannerView { kind, title: title.to_owned(), body: vec![body.to_owned()], link: None })
}
