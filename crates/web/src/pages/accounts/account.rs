//! One's own account: what is known, and where each thing is changed.

use askama::Template;
use axum::extract::Query;

use super::{done, way::Wanted};
use crate::{
    site::{Failure, Html, Visit},
    view::{
        frame::{BannerView, Frame},
        parts::{SummaryListView, SummaryRow},
    },
};

#[derive(Template)]
#[template(path = "accounts/account.html")]
pub(super) struct AccountPage {
    frame: Frame,
    summary: SummaryListView,
    owner: bool,
    vendor: bool,
}

/// The page of one's own account.
pub(super) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<AccountPage>, Failure> {
    let session = visit.person()?;
    let second_factor = if session.has_totp { "設定済み" } else { "設定していません" };
    let acting = session.institution.as_ref().map_or("（まだありません）", |acting| acting.name.as_str());
    let rows = vec![
        SummaryRow::new("お名前", &session.name),
        SummaryRow::new("メールアドレス（ログインID）", &session.email),
        SummaryRow::new("パスワード", "（表示しません）").with_change("/account/password"),
        SummaryRow::new("二段階認証", second_factor).with_change("/account/totp"),
        SummaryRow::new("手続をする医療機関等", acting).with_change("/account/institutions"),
    ];
    let frame = Frame { banners: told(&wanted.done), ..visit.frame("アカウントの設定") };
    let owner = session.institution.as_ref().is_some_and(|acting| acting.role == "owner");
    let vendor = services::mandates::holds_any(&visit.ctx()).await?;
    Ok(Html(AccountPage { owner, vendor, frame, summary: SummaryListView { title: String::new(), rows } }))
}

fn told(what: &str) -> Vec<BannerView> {
    match what {
        "password" => done("パスワードを変更しました", &["いまお使いの機器のほかは、すべてログアウトしました。"]),
        "second-factor-removed" => done("二段階認証をやめました", &["次からは、パスワードだけでログインします。"]),
        _ => vec![],
    }
}
