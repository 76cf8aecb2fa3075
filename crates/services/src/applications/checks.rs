//! Gathers what the checks of a case look at (spec 6.2).

use domain::applications::{
    Facts,
    checks::{CaseFacts, Check, Elsewhere, Sender, checks},
    line_customer_id::LineCustomerId,
};
use storage::{Conn, applications::Application};

use crate::{Ctx, Result, accounts::membership::ACTIVE};

/// Cases of other institutions with the same customer ID.
pub(super) async fn elsewhere_of(ctx: &Ctx<'_>, case: &Application, facts: &Facts) -> Result<Vec<Elsewhere>> {
    let Some(line) = case.kind.procedure().line_id(facts, &case.answers) else { return Ok(vec![]) };
    let id = LineCustomerId::parse(&line).map_or(line, |id| id.as_str().to_owned());
    let mut conn = ctx.app.db.read().await?;
    Ok(storage::applications::elsewhere_with_line(&mut conn, &id, case.institution_id).await?)
}

/// Who sent a case: anybody of the staff who began or sent it counts before a member.
async fn sender_of(conn: &mut Conn, case: &Application) -> Result<Sender> {
    let sent_by = case.submitted_by.unwrap_or(case.created_by);
    for id in [case.created_by, sent_by] {
        if storage::accounts::find(conn, id).await?.is_none_or(|account| account.staff) {
            return Ok(Sender::Staff);
        }
    }
    let membership = storage::accounts::membership_of(conn, sent_by, case.institution_id).await?;
    Ok(if membership.is_some_and(|one| one.state == ACTIVE) { Sender::Member } else { Sender::Former })
}

/// Every check of a case, by facts that leave the case itself out.
pub(super) async fn checks_of(
    ctx: &Ctx<'_>,
    case: &Application,
    facts: &Facts,
    elsewhere: &[Elsewhere],
) -> Result<Vec<Check>> {
    let sender = sender_of(&mut ctx.app.db.read().await?, case).await?;
    Ok(checks(&CaseFacts {
        kind: case.kind,
        answers: &case.answers,
        sent_at: case.submitted_at.unwrap_or(case.created_at),
        remarks: &case.remarks,
        facts,
        elsewhere,
        sender,
    }))
}
