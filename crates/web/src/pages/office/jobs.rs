//! Background work that was given up, and 「再実行」.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, clock::Timestamp, permissions::Permission};
use serde::Deserialize;
use services::{
    Error, jobs,
    rows::{Failed, TriedAgain},
};

use super::parts;
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::frame::{BannerKind, BannerView, Frame},
};

const LIST: &str = "/office/jobs";

#[derive(Template)]
#[template(path = "office/jobs.html")]
struct JobsPage {
    frame: Frame,
    rows: Vec<Line>,
    waiting: Vec<Line>,
}

/// A job that was given up, or one that will be tried again.
struct Line {
    id: String,
    what: &'static str,
    kind: String,
    /// When it was given up, or when it is tried next.
    at: String,
    attempts: i64,
    error: String,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// Jobs that were given up, and those that will be tried again.
pub(super) async fn list(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ManageJobs])?;
    let failed = jobs::failed(&visit.ctx()).await?;
    let mut frame = visit.office_frame("処理の失敗", LIST);
    frame.banners.extend(told(&said.done));
    let waiting = jobs::tried_again(&visit.ctx()).await?.into_iter().map(next).collect();
    Ok(Html(JobsPage { frame, rows: failed.into_iter().map(line).collect(), waiting }).into_response())
}

fn told(done: &str) -> Option<BannerView> {
    match done {
        "again" => Some(parts::banner(
            BannerKind::Success,
            "もう一度実行します。",
            &["終わると、この一覧から消えます。失敗すると、またここに出ます。"],
        )),
        "changed" => Some(parts::banner(BannerKind::Info, "この処理は、すでに再実行されています。", &[])),
        _ => None,
    }
}

fn line(job: Failed) -> Line {
    Line {
        id: job.id.to_string(),
        what: words(&job.kind),
        at: japanese_datetime(Timestamp::from_millis(job.failed_at)),
        kind: job.kind,
        attempts: job.attempt,
        error: job.last_error.unwrap_or_default(),
    }
}

fn next(job: TriedAgain) -> Line {
    Line {
        id: job.id.to_string(),
        what: words(&job.kind),
        at: japanese_datetime(Timestamp::from_millis(job.run_at)),
        kind: job.kind,
        attempts: job.attempt,
        error: job.last_error.unwrap_or_default(),
    }
}

/// What a kind of work does.
fn words(kind: &str) -> &'static str {
    match kind {
        services::mail::SEND => "メールの送信",
        services::applications::TAKE_EFFECT => "申請を有効にする",
        services::letters::EXPIRE => "通知書の期限を終える",
        services::letters::REMIND => "通知書の期限が近いことを知らせる",
        services::authority::PUBLISH_CRL => "失効リストの公開",
        services::authority::SIGN_OCSP => "OCSPの回答の作成",
        services::authority::RECHECK => "証明書の点検",
        services::content::index::REBUILD => "検索の索引の作り直し",
        services::feed::DELIVER => "外部のシステムへの送信",
        services::terminals::WARN => "有効期限のお知らせ",
        _ => "そのほかの処理",
    }
}

/// Runs a job again.
pub(super) async fn again(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ManageJobs])?;
    let done = match jobs::again(&visit.ctx(), parts::id(&name)?).await {
        Ok(()) => "again",
        Err(Error::ChangedMeanwhile) => "changed",
        Err(error) => return Err(error.into()),
    };
    Ok(see_other(&format!("{LIST}?done={done}")))
}
