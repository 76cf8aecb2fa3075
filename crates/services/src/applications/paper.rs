//! Claims filings that arrived on paper, recorded by staff.

use domain::{
    applications::{Event, Kind, State},
    forms::Answers,
    ids::{ApplicationId, InstitutionId},
};
use storage::applications::Application;
use storage::boxed;

use super::{record, reviewing};
use crate::{Ctx, Error, Result};

/// Records a claims filing that arrived on paper, so that its customer ID resolves (spec 05).
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] for an unknown institution.
#[boxed]
pub async fn record_paper_filing(
    ctx: &Ctx<'_>,
    institution: InstitutionId,
    line_id: &str,
) -> Result<Result<ApplicationId, String>> {
    ctx.permit(reviewing(Kind::Claims))?;
    let id = match domain::applications::line_customer_id::LineCustomerId::parse(line_id) {
        Ok(id) => id,
        Err(fault) => return Ok(Err(fault.to_string())),
    };
    let kind = if id.as_str().starts_with("CAF") { "caf" } else { "cop" };
    let application = ApplicationId::new(ctx.now, &*ctx.app.randomness);
    let answers = Answers::new()
        .with("application_kind", "start")
        .with("customer_id_kind", kind)
        .with("customer_id", id.as_str())
        .with("customer_id_confirm", id.as_str())
        .with("note", "紙の届出を職員が登録しました。");
    let filed = Application {
        id: application,
        kind: Kind::Claims,
        institution_id: institution,
        state: State::InForce,
        version: 1,
        reference: Some(domain::reference::ReferenceNumber::generate(&*ctx.app.randomness).as_str().to_owned()),
        answers,
        remarks: vec![],
        line_id: Some(id.as_str().to_owned()),
        terminal_name: None,
        start_month: None,
        sent_with: None,
        created_by: ctx.account()?,
        submitted_by: None,
        assignee: None,
        reasons: vec![],
        created_at: ctx.now,
        updated_at: ctx.now,
        submitted_at: Some(ctx.now),
        state_since: ctx.now,
    };
    let mut tx = ctx.app.db.write().await?;
    storage::institutions::find(&mut tx, institution).await?.ok_or(Error::NotFound)?;
    storage::applications::insert_filed(&mut tx, &filed).await?;
    record(ctx, &mut tx, application, Event::TakeEffect, State::Draft, State::InForce, "紙の届出").await?;
    tx.commit().await?;
    Ok(Ok(application))
}
