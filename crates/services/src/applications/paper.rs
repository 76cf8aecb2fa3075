//! Claims filings that arrived on paper, recorded by staff.

use domain::{
    applications::{Event, Flag, Kind, State, line_customer_id::LineCustomerId},
    calendar::{japanese_date, typed_day},
    clock::Timestamp,
    forms::{Answers, Findings},
    ids::{ApplicationId, InstitutionId},
    reference::ReferenceNumber,
};
use storage::applications::Application;
use storage::boxed;

use super::{advance, record, reviewing};
use crate::{Ctx, Error, Result};

/// The oldest paper that is recorded: older days are slips of the year.
const OLDEST: time::Duration = time::Duration::days(3653);

/// What the clerk reads from the paper.
#[derive(Clone, Debug, Default)]
pub struct PaperFiling {
    /// Customer ID, `CAF…` or `COP…`, in any width.
    pub customer_id: String,
    /// The day on which the paper arrived, such as `2026-05-20`.
    pub received: String,
}

/// Records a claims filing that arrived on paper, so that its customer ID resolves (spec 05). It is in force from then
/// on; what was in force before is replaced by it.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] for an unknown institution; slips of the clerk are
/// the findings of the inner result, by the names of the fields.
#[boxed]
pub async fn record_paper_filing(
    ctx: &Ctx<'_>,
    institution: InstitutionId,
    paper: &PaperFiling,
) -> Result<Result<ApplicationId, Findings>> {
    ctx.permit(reviewing(Kind::Claims))?;
    let (id, received) = match read(ctx, paper) {
        Ok(read) => read,
        Err(slips) => return Ok(Err(slips)),
    };
    let filed = filing(ctx, institution, &id, received)?;
    let mut tx = ctx.app.db.write().await?;
    storage::institutions::find(&mut tx, institution).await?.ok_or(Error::NotFound)?;
    let in_force = storage::applications::open_by_kind(&mut tx, institution, Kind::Claims, filed.id).await?;
    if let Some(newer) = in_force.iter().filter_map(|case| case.submitted_at).find(|sent| sent.date() > received.date())
    {
        return Ok(Err(newer_filing(newer)));
    }
    for earlier in in_force {
        advance(ctx, &mut tx, &earlier, Event::Supersede, "紙の届出").await?;
    }
    storage::applications::insert_filed(&mut tx, &filed).await?;
    record(ctx, &mut tx, filed.id, Event::TakeEffect, State::Draft, State::InForce, "紙の届出").await?;
    crate::feed::moved(ctx, &mut tx, &filed, Event::TakeEffect)?;
    tx.commit().await?;
    Ok(Ok(filed.id))
}

fn newer_filing(sent: Timestamp) -> Findings {
    let mut slips = Findings::default();
    let day = japanese_date(sent.date());
    slips.error(
        "received",
        format!("{day}に送信された届出が、この紙より新しいため、登録できません。「届いた日」を確かめてください。"),
    );
    slips
}

fn read(ctx: &Ctx<'_>, paper: &PaperFiling) -> Result<(LineCustomerId, Timestamp), Findings> {
    let mut slips = Findings::default();
    let id = LineCustomerId::parse(&paper.customer_id);
    if let Err(fault) = &id {
        slips.error("customer_id", fault.to_string());
    }
    let received = typed_day(&paper.received);
    match received {
        None => slips.error("received", "「届いた日」を、2026年5月20日のように入力してください。"),
        Some(day) if day > ctx.now.date() => {
            slips.error("received", "「届いた日」が今日より後です。届出が届いた日を入力してください。");
        }
        Some(day) if day < ctx.now.date() - OLDEST => {
            slips.error("received", "「届いた日」が10年以上前です。西暦で入力してください。");
        }
        Some(_) => {}
    }
    match (id, received) {
        (Ok(id), Some(day)) if slips.errors.is_empty() => Ok((id, Timestamp::start_of_day(day))),
        _ => Err(slips),
    }
}

fn filing(ctx: &Ctx<'_>, institution: InstitutionId, id: &LineCustomerId, received: Timestamp) -> Result<Application> {
    let kind = if id.as_str().starts_with("CAF") { "caf" } else { "cop" };
    let answers = Answers::new()
        .with("application_kind", "start")
        .with("customer_id_kind", kind)
        .with("customer_id", id.as_str())
        .with("customer_id_confirm", id.as_str())
        .with("note", "紙の届出を運営者の職員が登録しました。");
    Ok(Application {
        id: ApplicationId::new(ctx.now, &*ctx.app.randomness),
        kind: Kind::Claims,
        institution_id: institution,
        state: State::InForce,
        version: 1,
        reference: Some(ReferenceNumber::generate(&*ctx.app.randomness).as_str().to_owned()),
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
        submitted_at: Some(received),
        state_since: ctx.now,
        flag: Flag::Plain,
        rule_words: String::new(),
    })
}
