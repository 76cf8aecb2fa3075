//! One decision on several cases: as many single decisions, each checked, each in a transaction of its own. What became of
//! each is kept, so that a second click, or a page that is loaded again, shows the same list and decides nothing.

use domain::{
    applications::{Act, Kind},
    ids::{ApplicationId, RunId},
};
use storage::boxed;
use storage::{
    Tx,
    applications::{Application, DecisionRun, RunResult},
};

use super::super::reviewing;
use super::decide::{
    Decision, Secrets, accept_in, clean, decidable, reject_in, release_in, return_in, said, secrets_for, take_in,
};
use super::second::{Deed, proposed};
use crate::{Ctx, Error, Result};

/// Most cases of one decision: a page of a queue.
pub const MOST_AT_ONCE: usize = storage::applications::PAGE;

/// A case that was chosen, in the version that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The case.
    pub id: ApplicationId,
    /// The version on the page.
    pub version: i64,
}

/// A decision on several cases, as it is asked for.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// Identifier that was made with the page: the same one decides once.
    pub run: RunId,
    /// The queue.
    pub kind: Kind,
    /// What is decided.
    pub act: Act,
    /// On which cases; what exceeds [`MOST_AT_ONCE`] is left alone.
    pub chosen: &'a [Chosen],
    /// Reasons of a return or a refusal: field key and sentence.
    pub reasons: &'a [(String, String)],
    /// The filter to go back to.
    pub back: &'a str,
}

/// What became of a decision on several cases.
#[derive(Clone, Debug)]
pub struct Run {
    /// The decision.
    pub run: DecisionRun,
    /// Each case, in the order of the page.
    pub results: Vec<RunResult>,
}

/// Decides each of the chosen cases; false when a reason is missing. What became of them is told by [`run`].
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when the run is another person's.
#[boxed]
pub async fn decide_all(ctx: &Ctx<'_>, order: &Order<'_>) -> Result<bool> {
    ctx.permit(reviewing(order.kind))?;
    let account = ctx.account()?;
    let reasons = said(order.reasons);
    if matches!(order.act, Act::Return | Act::Reject) && reasons.is_empty() {
        return Ok(false);
    }
    let (act, back) = (order.act.as_str().to_owned(), order.back.to_owned());
    let begun = DecisionRun { id: order.run, account, kind: order.kind, act, back, at: ctx.now };
    let mut tx = ctx.app.db.write().await?;
    if !storage::applications::insert_run(&mut tx, &begun).await? {
        drop(tx);
        return run(ctx, order.run).await.map(|_| true);
    }
    ctx.audit(&mut tx, "application.decide_several", format!("run:{}", order.run), "", order.act.as_str());
    tx.commit().await?;
    for (place, chosen) in order.chosen.iter().take(MOST_AT_ONCE).enumerate() {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        if let Err(fault) = one(ctx, order, &reasons, *chosen, place).await {
            not_done(ctx, order.run, *chosen, place, fault).await?;
        }
    }
    ctx.app.wake.notify_one();
    Ok(true)
}

/// Why a case was not decided.
enum Fault {
    /// There is no such case in this queue.
    Unknown,
    /// Somebody was faster, or has it.
    Changed,
    /// The person filed, prepared or accepted it.
    Own,
    /// Something of ours.
    Ours(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::Unknown,
            Error::Forbidden => Self::Own,
            Error::ChangedMeanwhile => Self::Changed,
            other => Self::Ours(other),
        }
    }
}

impl From<storage::Error> for Fault {
    fn from(error: storage::Error) -> Self {
        Error::from(error).into()
    }
}

/// Decides one case and notes that it was done, in one transaction.
async fn one(
    ctx: &Ctx<'_>,
    order: &Order<'_>,
    reasons: &[(String, String)],
    chosen: Chosen,
    place: i64,
) -> Result<(), Fault> {
    let found = storage::applications::find(&mut ctx.app.db.read().await?, chosen.id).await?;
    let Some(found) = found.filter(|case| case.kind == order.kind) else { return Err(Fault::Unknown) };
    let secrets = if order.act == Act::Accept { secrets_for(ctx, &found).await? } else { Secrets::default() };
    let mut tx = ctx.app.db.write().await?;
    let Some(seen) = decidable(ctx, &mut tx, chosen.id, chosen.version).await? else { return Err(Fault::Changed) };
    let words = decide(ctx, &mut tx, order.act, seen, secrets, reasons).await?;
    storage::applications::add_result(&mut tx, order.run, place, chosen.id, ("done", words)).await?;
    tx.commit().await?;
    Ok(())
}

async fn decide(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    act: Act,
    seen: Application,
    secrets: Secrets,
    reasons: &[(String, String)],
) -> Result<&'static str, Fault> {
    let (id, version) = (seen.id, seen.version);
    let words: Vec<&str> = reasons.iter().map(|(_, words)| words.as_str()).collect();
    let reason = clean(&words.join("\n"));
    let deed = match act {
        Act::Accept => Some(Deed::Accept),
        Act::Reject => Some(Deed::Reject(&reason)),
        _ => None,
    };
    if let Some(deed) = deed
        && proposed(ctx, tx, &seen, deed).await?.is_some()
    {
        return Ok("起案しました。別の担当者の承認を待っています。");
    }
    let done = match act {
        Act::Take => take_in(ctx, tx, id, version).await?,
        Act::Release => release_in(ctx, tx, id, version).await?,
        Act::Accept => Decision::Done(accept_in(ctx, tx, seen, secrets, "").await?),
        Act::Return => Decision::Done(return_in(ctx, tx, seen, reasons).await?),
        Act::Reject => Decision::Done(reject_in(ctx, tx, seen, &reason).await?),
    };
    if matches!(done, Decision::Done(_)) { Ok("") } else { Err(Fault::Changed) }
}

/// Notes why a case was not decided.
async fn not_done(ctx: &Ctx<'_>, run: RunId, chosen: Chosen, place: i64, fault: Fault) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    let Some(case) = storage::applications::find(&mut tx, chosen.id).await? else { return Ok(()) };
    let (outcome, words) = match fault {
        Fault::Unknown => return Ok(()),
        Fault::Own => ("own", "ご自身が作成、送信または承認に関わった申請のため、判断できません。".to_owned()),
        Fault::Changed => ("changed", changed(&mut tx, ctx, &case).await?),
        Fault::Ours(error) => {
            tracing::error!(case = %chosen.id, %error, "one of several decisions failed");
            ("failed", "処理できませんでした。申請を開いて、もう一度判断してください。".to_owned())
        }
    };
    storage::applications::add_result(&mut tx, run, place, chosen.id, (outcome, &words)).await?;
    tx.commit().await?;
    Ok(())
}

async fn changed(tx: &mut Tx, ctx: &Ctx<'_>, case: &Application) -> Result<String> {
    let colleague = case.assignee.filter(|assignee| ctx.account().is_ok_and(|me| me != *assignee));
    let name = match colleague {
        Some(id) => storage::accounts::find(tx, id).await?.map(|account| account.name),
        None => None,
    };
    Ok(match name {
        Some(name) => format!("{name}さんが担当しています。"),
        None => format!("画面を開いた後に変わりました。いまの状態は「{}」です。", case.state.label()),
    })
}

/// What became of a decision on several cases, for the person who made it.
///
/// # Errors
/// [`Error::NotFound`] for everyone else.
#[boxed]
pub async fn run(ctx: &Ctx<'_>, id: RunId) -> Result<Run> {
    let me = ctx.account()?;
    let mut conn = ctx.app.db.read().await?;
    let found = storage::applications::run(&mut conn, id).await?;
    let run = found.filter(|run| run.account == me).ok_or(Error::NotFound)?;
    let results = storage::applications::results_of_run(&mut conn, id).await?;
    Ok(Run { run, results })
}
