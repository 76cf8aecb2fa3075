//! Planning the steps when a closing is accepted.

use domain::{
    calendar::typed_day,
    closing::{Deed, Step, begins_at, steps},
    ids::JobId,
    institutions::InstitutionStatus,
};
use serde_json::json;
use storage::{Conn, Tx, applications::Application, closures::Closure};

use super::{STEP, subject, tell};
use crate::{Ctx, Error, Result};

fn closure_of(ctx: &Ctx<'_>, case: &Application) -> Result<Closure> {
    let day = typed_day(case.answers.get("day")).ok_or_else(|| Error::internal("a closing without a day"))?;
    let deed: Deed = case.answers.get("deed").parse().map_err(Error::internal)?;
    Ok(Closure {
        application: case.id,
        institution: case.institution_id,
        deed,
        day: day.to_string(),
        until: if deed == Deed::Suspend { case.answers.get("until").to_owned() } else { String::new() },
        revokes: deed == Deed::Abolish || (deed == Deed::Suspend && case.answers.is("certificates", "revoke")),
        begins_at: begins_at(day).max(ctx.now),
        accepted_at: ctx.now,
        cancelled_at: None,
        done_at: None,
    })
}

/// Why a closing cannot be accepted now; none when it can.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn stands_against(conn: &mut Conn, case: &Application) -> Result<Option<String>> {
    if storage::closures::planned(conn, case.institution_id).await?.is_some() {
        return Ok(Some("この医療機関等の廃止・休止・再開は、すでに1件受け付けています。取りやめられるか、終わるまで、承認できません。".to_owned()));
    }
    let place = storage::institutions::find(conn, case.institution_id).await?.ok_or(Error::NotFound)?;
    let resumes = case.answers.is("deed", Deed::Resume.as_str());
    let misses = match place.status {
        InstitutionStatus::Closed => Some("台帳では、すでに廃止となっています。"),
        InstitutionStatus::Active if resumes => Some("台帳では、休止となっていません。"),
        InstitutionStatus::Active | InstitutionStatus::Suspended => None,
    };
    Ok(misses.map(str::to_owned))
}

/// Plans the steps for the day.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when another closing of the institution is planned.
pub(crate) async fn accepted(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    let closure = closure_of(ctx, case)?;
    let planned: &[Step] = steps(closure.deed, closure.revokes);
    if !storage::closures::insert(tx, &closure, planned).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(tx, "closing.accept", subject(closure.institution), "", closure.deed.as_str());
    enqueue(ctx, tx, &closure, 0).await?;
    let words: Vec<String> =
        planned.iter().enumerate().map(|(number, step)| format!("{}. {}", number + 1, step.label())).collect();
    tell(ctx, tx, &closure, "closing_accepted", &[("steps", words.join("\n"))]).await
}

/// Sets the job that does a step.
pub(super) async fn enqueue(ctx: &Ctx<'_>, tx: &mut Tx, closure: &Closure, place: i64) -> Result<()> {
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let key = format!("{STEP}:{}:{place}", closure.application);
    let payload = json!({ "application": closure.application, "place": place });
    storage::jobs::enqueue(tx, job, STEP, Some(&key), payload, closure.begins_at.max(ctx.now)).await?;
    Ok(())
}
