//! マスターアカウント情報ダウンロード: the notices of an institution, until when they can be had, and who had them (spec 6.1).

mod reissue;
mod words;

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::ids::MasterActId;
use serde::Deserialize;
use services::master_accounts::{self, Overview, PAGE};

use self::words::{acts, card};
use crate::{
    pages::after,
    site::{Access, Download, Failure, Html, Posted, Routes, Visit, see_other},
    view::{
        frame::{BannerKind, BannerView, Frame},
        parts::{CardView, TableView},
    },
};

pub(in crate::pages) use words::{choice, nothing_chosen, state, wanted};

/// Address of the page.
pub(in crate::pages) const PLACE: &str = "/master-account";
/// Name of the page, of its tile and of its menu entry.
pub(in crate::pages) const TITLE: &str = "マスターアカウント情報ダウンロード";
/// The article that explains it.
const ARTICLE: &str = "/articles/master-account";

pub(super) fn routes() -> Routes {
    use Access::{Member, Owner};
    Routes::default()
        .get("/master-account", Member, show)
        .post("/master-account/download", Member, download)
        .get("/master-account/reissue", Owner, reissue::ask)
        .post("/master-account/reissue", Owner, reissue::reissue)
}

/// What an institution can do on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// No application was accepted.
    TooEarly,
    /// An application was accepted, but the portal has issued no account.
    None,
    /// Notices can be downloaded.
    Open,
    /// The time of all notices is over.
    Over,
}

#[derive(Template)]
#[template(path = "master_account/show.html")]
struct Page {
    frame: Frame,
    stage: Stage,
    cards: Vec<CardView>,
    partly: bool,
    owner: bool,
    acts: TableView,
    article: &'static str,
}

#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// The notices of the institution.
async fn show(visit: Visit, Query(from): Query<From>) -> Result<Response, Failure> {
    let mut page = page(&visit, &from.after).await?;
    page.frame.banners.extend(told(&from.done));
    Ok(Html(page).into_response())
}

async fn page(visit: &Visit, from: &str) -> Result<Page, Failure> {
    visit.member()?;
    let ctx = visit.ctx();
    let seen = master_accounts::overview(&ctx, after::<MasterActId>(from)).await?;
    let today = ctx.now.date();
    let last = seen.acts.last().filter(|_| i64::try_from(seen.acts.len()).is_ok_and(|count| count == PAGE));
    let next = last.map(|last| format!("{PLACE}?after={}_{}", last.at.as_millis(), last.id));
    let stage = stage(&seen);
    Ok(Page {
        frame: visit.frame(TITLE),
        partly: stage == Stage::Open && seen.accounts.iter().any(|account| !account.notice.is_open()),
        stage,
        cards: seen.accounts.iter().map(|account| card(account, today)).collect(),
        owner: ctx.owner().is_ok(),
        acts: TableView { next, first: (!from.is_empty()).then(|| PLACE.to_owned()), ..acts(&seen.acts) },
        article: ARTICLE,
    })
}

fn stage(seen: &Overview) -> Stage {
    if seen.accounts.iter().any(|account| account.notice.is_open()) {
        Stage::Open
    } else if !seen.accounts.is_empty() {
        Stage::Over
    } else if seen.accepted {
        Stage::None
    } else {
        Stage::TooEarly
    }
}

fn told(what: &str) -> Option<BannerView> {
    let (kind, title, body) = match what {
        "reissued" => (
            BannerKind::Success,
            "新しい初回パスワードを発行しました",
            "前のパスワードは使えなくなりました。新しい通知書をダウンロードしてください。",
        ),
        "changed" => (
            BannerKind::Warning,
            "画面を開いた後に変わりました",
            "すでに再発行されています。いまの状態をご確認ください。",
        ),
        "over" => (
            BannerKind::Warning,
            "ダウンロードできる通知書がありません",
            "ダウンロードの期間が終わりました。必要なときは、再発行してください。",
        ),
        _ => return None,
    };
    Some(BannerView { kind, title: title.to_owned(), body: vec![body.to_owned()], link: None })
}

/// The notices as a ZIP file; the page when none can be had any more.
async fn download(visit: Visit, _posted: Posted) -> Result<Response, Failure> {
    let code = visit.member()?.institution.as_ref().map(|acting| acting.code.clone()).unwrap_or_default();
    Ok(match master_accounts::download(&visit.ctx()).await? {
        Some(bytes) => {
            let name = format!("master-account-{code}.zip");
            Download { name, media_type: "application/zip", bytes, inline: false }.into_response()
        }
        None => see_other(&format!("{PLACE}?done=over")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};
    use domain::{
        clock::Timestamp,
        ids::MasterActId,
        master_account::{Environment, Notice, shown_until},
    };
    use services::{master_accounts::Account, rows::MasterAct};
    use time::macros::date;

    fn account(environment: Environment, notice: Notice) -> Account {
        let issued_at = Timestamp::start_of_day(date!(2026 - 05 - 20));
        let user_id = "P7K4-T9DR-XW3M".to_owned();
        Account { environment, user_id, number: 1, notice, issued_at, shown_until: shown_until(issued_at) }
    }

    #[test]
    fn the_page_says_at_each_stage_what_can_be_done() {
        let at = Timestamp::start_of_day(date!(2026 - 05 - 21));
        let line = |act: &str| MasterAct {
            id: MasterActId(uuid::Uuid::nil()),
            act: act.to_owned(),
            environments: "本番環境、接続確認環境".to_owned(),
            person: "山田 花子".to_owned(),
            at,
        };
        let both =
            |one, other| vec![account(Environment::Production, one), account(Environment::ConnectionTest, other)];
        for (name, accounts, accepted) in [
            ("early", vec![], false),
            ("none", vec![], true),
            ("open", both(Notice::Waiting, Notice::Downloaded), true),
            ("partly", both(Notice::Over, Notice::Waiting), true),
            ("over", both(Notice::Over, Notice::Over), true),
        ] {
            let lines = if accounts.is_empty() { vec![] } else { vec![line("download"), line("issue")] };
            let seen = Overview { accounts, accepted, acts: lines };
            let stage = stage(&seen);
            let page = Page {
                frame: member(TITLE),
                stage,
                cards: seen.accounts.iter().map(|one| card(one, date!(2026 - 05 - 22))).collect(),
                partly: name == "partly",
                owner: name != "over",
                acts: acts(&seen.acts),
                article: ARTICLE,
            };
            show(&format!("master-account-{name}"), &page);
        }
    }
}
