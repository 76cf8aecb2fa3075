//! 承継の状況: the countdown of the old code, what to apply for under the new one, and the history that was handed over
//! (spec 6.1).

mod guide;
mod history;

use domain::{calendar::japanese_date, ids::ApplicationId, succession::days_left};
use services::{
    Error,
    rows::Succession,
    succession::{self, Side},
};

use crate::{
    site::{Access, Failure, Routes, Visit},
    view::frame::{BannerKind, BannerView, Link},
};

/// Address of the guided list.
const GUIDE: &str = "/succession";
/// Its name.
const TITLE: &str = "承継の状況";

pub(super) fn routes() -> Routes {
    use Access::Member;
    Routes::default()
        .get("/succession", Member, guide::show)
        .post("/succession/terminals/{id}", Member, guide::begin)
        .get("/succession/history", Member, history::list)
        .get("/succession/history/{id}", Member, history::show)
}

/// The way to the guided list.
pub(super) fn link() -> Link {
    Link::new(TITLE, GUIDE)
}

/// The case in an address.
fn id(text: &str) -> Result<ApplicationId, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

/// What the first page says while the term of an old code runs.
pub(super) async fn banner(visit: &Visit) -> Result<Option<BannerView>, Failure> {
    let ctx = visit.ctx();
    let running = succession::running(&ctx).await?;
    Ok(running.map(|(one, side)| countdown(&one, side, ctx.now.date())))
}

fn countdown(one: &Succession, side: Side, today: time::Date) -> BannerView {
    let left = days_left(one.ends_at, today);
    let words = match left {
        left if left > 0 => format!("あと{left}日"),
        0 => "今日まで".to_owned(),
        _ => "期限が過ぎました".to_owned(),
    };
    let first = match side {
        Side::Old => "この医療機関等コードは、承継により新しいコードに変わります。",
        Side::New => "前のコードから承継しました。新しいコードで必要な手続を進めてください。",
    };
    BannerView {
        kind: BannerKind::Warning,
        title: format!(
            "前のコードの端末の電子証明書が使えるのは、{}まで（{words}）です。",
            japanese_date(one.ends_at.date())
        ),
        body: vec![first.to_owned()],
        link: Some(Link::new(TITLE, GUIDE)),
    }
}
