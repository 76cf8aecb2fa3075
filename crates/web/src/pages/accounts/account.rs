//! One's own account: what is known, and where each thing is changed.

use askama::Template;
use axum::extract::Query;

use super::{done, way::Wanted};
use crate::{
    site::{Failure, Html, Visit},
    view::{
        frame::{BannerKind, BannerView, Frame, Link},
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
    let mut banners = told(&wanted.done);
    if wanted.done == "password" {
        banners.extend(tokens_left(&visit).await?);
    }
    let frame = Frame { banners, ..visit.frame("アカウントの設定") };
    let owner = session.institution.as_ref().is_some_and(|acting| acting.role == "owner");
    let vendor = services::mandates::holds_any(&visit.ctx()).await?;
    Ok(Html(AccountPage { owner, vendor, frame, summary: SummaryListView { title: String::new(), rows } }))
}

/// The access tokens that the person made and that a changed password leaves alone: whoever knew the old one may have made them.
async fn tokens_left(visit: &Visit) -> Result<Option<BannerView>, Failure> {
    let left = services::access::own_alive(&visit.ctx()).await?;
    let names = left.iter().map(|one| format!("「{}」（{}）", one.name, one.institution_name));
    let mut body: Vec<String> = names.collect();
    body.push("心当たりのないものがあれば、「外部連携」で取り消してください。".to_owned());
    Ok((!left.is_empty()).then(|| BannerView {
        kind: BannerKind::Info,
        title: "アクセストークンは、これまでどおり使えます".to_owned(),
        body,
        link: Some(Link::new("外部連携を開く", "/account/access-tokens")),
    }))
}

fn told(what: &str) -> Vec<BannerView> {
    match what {
        "password" => done("パスワードを変更しました", &["いまお使いの機器のほかは、すべてログアウトしました。"]),
        "second-factor-removed" => done("二段階認証をやめました", &["次からは、パスワードだけでログインします。"]),
        _ => vec![],
    }
}
