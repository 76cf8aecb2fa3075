//! Acceptance by rule: a case for which every check is green may be accepted without a person, but some are drawn for one
//! all the same (spec 6.2, issue 5).

use domain::{
    applications::{Flag, Kind, State, StraightThrough, awaited_until, checks::Check},
    ids::{ApplicationId, JobId},
};
use serde_json::{Value, json};
use storage::boxed;
use storage::{Tx, applications::Application};

use super::super::{
    checks::{checks_of, elsewhere_of},
    facts::facts_for_case,
};
use super::decide::{Secrets, accept_in, secrets_for};
use crate::{App, Ctx, Error, Result};

/// Kind of the job that applies the rule to a case that was sent.
pub const STRAIGHT_THROUGH: &str = "application.straight_through";
/// Who acts.
const ACTOR: &str = "straight_through";

/// What the rule says about a case.
enum Verdict {
    /// Every check is green, and it was not drawn.
    Accept,
    /// Every check is green, but a person looks at this one.
    Sample,
    /// These checks need a person.
    Hold(String),
}

/// Lets the rule look at a case once it is sent, in the transaction that sends it; nothing while the rule is off.
pub(in super::super) async fn enqueue(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    (id, kind, version): (ApplicationId, Kind, i64),
) -> Result<()> {
    if !ctx.app.rules().straight_through.is_on(kind) {
        return Ok(());
    }
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let key = format!("straight_through:{id}:{version}");
    let payload = json!({ "application": id, "version": version });
    storage::jobs::enqueue(tx, job, STRAIGHT_THROUGH, Some(&key), payload, ctx.now).await?;
    Ok(())
}

/// Applies the rule to a case; the work of a [`STRAIGHT_THROUGH`] job. Run twice, or after anyone touched the case, it
/// changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn straight_through(app: &App, payload: &Value) -> Result<()> {
    let id = payload["application"].as_str().and_then(|id| id.parse::<ApplicationId>().ok());
    let (Some(id), Some(version)) = (id, payload["version"].as_i64()) else {
        return Err(Error::internal("no application"));
    };
    let rule = app.rules().straight_through;
    let ctx = Ctx { source: rule.record(), ..Ctx::system(app, ACTOR) };
    let untouched = |case: &Application| {
        case.state == State::Submitted && case.version == version && case.flag == Flag::Plain && rule.is_on(case.kind)
    };
    let found = storage::applications::find(&mut app.db.read().await?, id).await?;
    let Some(found) = found.filter(untouched) else { return Ok(()) };
    let verdict = judge(&ctx, &found, rule).await?;
    let accepts = matches!(verdict, Verdict::Accept);
    let secrets = if accepts { secrets_for(&ctx, &found).await? } else { Secrets::default() };
    let mut tx = app.db.write().await?;
    let Some(seen) = storage::applications::find(&mut tx, id).await?.filter(untouched) else { return Ok(()) };
    match verdict {
        Verdict::Accept => {
            accept_in(&ctx, &mut tx, seen, secrets, &rule.words()).await?;
        }
        Verdict::Sample => mark(&ctx, &mut tx, &seen, (Flag::Sampled, &rule.words())).await?,
        Verdict::Hold(names) => mark(&ctx, &mut tx, &seen, (Flag::Held, &names)).await?,
    }
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

/// The lot is drawn only among cases that the rule would accept.
async fn judge(ctx: &Ctx<'_>, case: &Application, rule: StraightThrough) -> Result<Verdict> {
    let facts = facts_for_case(ctx, case, &case.answers).await?;
    let elsewhere = elsewhere_of(ctx, case, &facts).await?;
    let checks = checks_of(ctx, case, &facts, &elsewhere).await?;
    let open: Vec<&str> =
        checks.iter().filter(|check| check.needs_a_person()).map(|check: &Check| check.name.label()).collect();
    Ok(if !open.is_empty() {
        Verdict::Hold(open.join("、"))
    } else if rule.is_sampled(case.kind, ctx.app.randomness.below(100)) {
        Verdict::Sample
    } else {
        Verdict::Accept
    })
}

async fn mark(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application, (flag, words): (Flag, &str)) -> Result<()> {
    let until = awaited_until(case.state, case.state_since, case.start());
    storage::applications::set_flag(tx, case.id, (flag, words), until).await?;
    ctx.audit(tx, &format!("application.{flag}"), format!("application:{}", case.id), "", words);
    Ok(())
}
