//! A case before its reviewer: take, release, accept; return, reject and ask have pages of their own. The queue from which
//! a case was opened stays in its address, so that the next case follows the same filter.
//!
//! Every decision carries the version that the reviewer saw. When someone was faster, the answer is the case as it is
//! now with a message (409), and nothing is written over.

mod ask;
mod checks;
mod page;
mod reasons;
mod sent;
mod standing;

use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{ids::ApplicationId, permissions::Permission as P};
use serde::Deserialize;
use services::{
    Error, Result as Answer,
    applications::{self, Decision},
    office::proposals,
    uploads,
};

use super::{
    parts,
    queue::{Wanted, case_in},
};
use crate::{
    site::{Failure, HandedIn, Html, Posted, Visit, see_other},
    view::frame::{BannerKind, BannerView, Link},
};

pub(super) use ask::{ask, ask_question, note};
pub(super) use reasons::{ask_reject, ask_return, reject, return_for_correction};

pub(super) const DECIDE: [P; 2] = [P::ReviewApplications, P::ReviewCertificates];

/// What was just done, and from which queue the case was opened.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    done: String,
    queue: String,
}

/// The case.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    visit.person()?;
    let view = applications::case(&visit.ctx(), parts::id(&name)?).await?;
    let mut page = page::page(&visit, &view, &said.queue).await?;
    page.frame.banners.extend(told(&said.done, page.next_case()));
    page.frame.banners.extend(proposed(&visit, view.case.id).await?);
    Ok(Html(page).into_response())
}

/// A file of the case; each view is recorded.
pub(super) async fn file(
    visit: Visit,
    Path((name, file)): Path<(String, String)>,
    Query(wish): Query<Saving>,
) -> Result<HandedIn, Failure> {
    visit.person()?;
    let file = file.parse().map_err(|_| Error::NotFound)?;
    let opened = uploads::open_as_staff(&visit.ctx(), parts::id(&name)?, file).await?;
    Ok(HandedIn { opened, save: wish.save.is_some() })
}

/// Whether a file is saved instead of shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Saving {
    save: Option<String>,
}

/// A decision that waits for a second person.
async fn proposed(visit: &Visit, case: ApplicationId) -> Result<Option<BannerView>, Failure> {
    let waiting = proposals::waiting_about(&visit.ctx(), &format!("application:{case}")).await?;
    Ok(waiting.map(|proposal| BannerView {
        link: Some(Link::new("起案を開く", format!("/office/proposals/{}", proposal.id))),
        ..parts::banner(BannerKind::Info, "この申請の判断が起案され、別の担当者の承認を待っています。", &[])
    }))
}

fn told(done: &str, next: Link) -> Option<BannerView> {
    let next = Some(next);
    let (title, link) = match done {
        "take" => ("担当になりました。ほかの人は、この申請を判断できません。", None),
        "release" => ("担当を外れました。ほかの人が担当になれます。", next),
        "accept" => ("承認しました。申請者にメールで知らせます。", next),
        "return" => ("補正を依頼しました。申請者にメールで知らせます。", next),
        "ask" => (
            "質問を送りました。申請者にメールで知らせます。回答があると、この申請に「申請者の回答あり」と表示されます。",
            next,
        ),
        "note" => ("覚え書きを残しました。申請者には表示されません。", None),
        "reject" => ("却下しました。申請者にメールで知らせます。", next),
        "revoke" => ("端末の電子証明書を失効させました。失効リストにただちに載せます。", None),
        "revoked_before" => {
            ("この端末の電子証明書は、すでに失効しています。いまの操作では、何も変わっていません。", None)
        }
        "loss" => ("盗難・紛失の届出を記録しました。代表者と登録局の担当にメールで知らせました。", None),
        "paper" => ("紙の届出を登録しました。お客様IDが、ほかの申請で使えます。", None),
        _ => return None,
    };
    Some(BannerView { link, ..parts::banner(BannerKind::Success, title, &[]) })
}

/// Takes the case, so that nobody else decides it.
pub(super) async fn take(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (id, version) = target(&visit, &name, &posted)?;
    let outcome = applications::take(&visit.ctx(), id, version).await;
    settle(&visit, id, outcome, ("take", posted.get("queue")), &[]).await
}

/// Lets go of the case.
pub(super) async fn release(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (id, version) = target(&visit, &name, &posted)?;
    let outcome = applications::release(&visit.ctx(), id, version).await;
    settle(&visit, id, outcome, ("release", posted.get("queue")), &[]).await
}

/// Accepts the case.
pub(super) async fn accept(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (id, version) = target(&visit, &name, &posted)?;
    let outcome = applications::accept(&visit.ctx(), id, version).await;
    settle(&visit, id, outcome, ("accept", posted.get("queue")), &[]).await
}

/// The case in an address and the version that the reviewer saw; without a version nothing is decided.
fn target(visit: &Visit, name: &str, posted: &Posted) -> Result<(ApplicationId, i64), Failure> {
    parts::insist(visit, &DECIDE)?;
    Ok((parts::id(name)?, posted.number("version").unwrap_or(-1)))
}

/// The page after a decision; `typed` are words that would be lost when someone was faster.
async fn settle(
    visit: &Visit,
    id: ApplicationId,
    outcome: Answer<Decision>,
    (done, queue): (&str, &str),
    typed: &[String],
) -> Result<Response, Failure> {
    match outcome {
        Ok(Decision::Done(_)) => Ok(see_other(&address(id, done, queue))),
        Ok(Decision::Proposed(proposal)) => Ok(see_other(&format!("/office/proposals/{proposal}?done=made"))),
        Ok(Decision::StandsAgainst(why)) => stopped(visit, id, queue, why).await,
        Ok(Decision::ChangedMeanwhile | Decision::ReasonMissing) | Err(Error::ChangedMeanwhile) => {
            stale(visit, id, queue, typed).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The case, with what stands against its acceptance.
async fn stopped(visit: &Visit, id: ApplicationId, queue: &str, why: String) -> Result<Response, Failure> {
    let view = applications::case(&visit.ctx(), id).await?;
    let mut page = page::page(visit, &view, queue).await?;
    page.frame.has_errors = true;
    let banner = parts::banner(BannerKind::Error, "いまは承認できません", &[]);
    page.frame.banners.push(BannerView { body: vec![why], ..banner });
    Ok((StatusCode::CONFLICT, Html(page)).into_response())
}

/// The case with what was done, and the queue it was opened from.
fn address(id: ApplicationId, done: &str, queue: &str) -> String {
    let queue = if queue.is_empty() { String::new() } else { Wanted::parse(queue).query() };
    parts::address(&format!("/office/applications/{id}"), &[("done", done), ("queue", &queue)])
}

/// The case without anything done.
fn back(id: ApplicationId, queue: &str) -> String {
    if queue.is_empty() { case_in(id, "") } else { case_in(id, &Wanted::parse(queue).query()) }
}

/// The case as it is now, with what happened.
async fn stale(visit: &Visit, id: ApplicationId, queue: &str, typed: &[String]) -> Result<Response, Failure> {
    let view = applications::case(&visit.ctx(), id).await?;
    let mut page = page::page(visit, &view, queue).await?;
    let mut body = vec![
        "画面を開いた後に、ほかの人が操作したか、別の画面で操作されました。今回の操作は記録していません。".to_owned(),
        format!(
            "いまの状態は「{}」です。下の内容を確認してから、必要であればもう一度操作してください。",
            view.case.state.label()
        ),
    ];
    if !typed.is_empty() {
        body.push("入力した文章は、次のとおりです。必要であれば、写してお使いください。".to_owned());
        body.extend(typed.iter().cloned());
    }
    page.frame.has_errors = true;
    page.frame
        .banners
        .push(BannerView {
            body, ..parts::banner(BannerKind::Error, "この申請の状態が変わっています", &[])
        });
    Ok((StatusCode::CONFLICT, Html(page)).into_response())
}
