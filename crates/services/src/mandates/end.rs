//! The end of a mandate: by an owner, by the vendor, or by the clock; and the mail before it.

use domain::{
    clock::Timestamp,
    ids::MandateId,
    mandates::{Act, HowEnded, WARNED_DAYS},
};
use serde_json::{Value, json};
use storage::{Tx, boxed};
use time::Duration;

use super::{Mandate, own, record, subject, tell_owners, until};
use crate::{
    App, Ctx, Error, Result,
    accounts::links,
    daily,
    mail::{Letterhead, queue},
};

/// Kind of the job that looks after mandates that end.
pub const SWEEP: &str = "mandate.sweep";
/// Mandates that one job looks at before the next one goes on.
const PAGE: usize = 100;

/// Ends a mandate at once. Drafts that the vendor began stay with the institution.
///
/// # Errors
/// [`Error::Forbidden`] for everyone but owners, [`Error::NotFound`] for one of another institution,
/// [`Error::ChangedMeanwhile`] when it was ended before.
#[boxed]
pub async fn end(ctx: &Ctx<'_>, id: MandateId) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    let mandate = own(ctx, &mut tx, id).await?;
    close(ctx, &mut tx, &mandate, HowEnded::Owner).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// Ends a mandate, notes it and tells both sides; the caller commits.
pub(super) async fn close(ctx: &Ctx<'_>, tx: &mut Tx, mandate: &Mandate, how: HowEnded) -> Result<()> {
    if !storage::mandates::end(tx, mandate.id, how, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    let (act, action) = match how {
        HowEnded::Owner => (Act::End, "mandate.end"),
        HowEnded::Vendor => (Act::GiveBack, "mandate.give_back"),
        HowEnded::Clock => (Act::Expire, "mandate.expire"),
    };
    record(ctx, tx, mandate.id, act, &ctx.actor_name(), "").await?;
    ctx.audit(tx, action, subject(mandate.id), "", how.as_str());
    let values = [
        ("institution", mandate.name.clone()),
        ("company", mandate.company.clone()),
        ("why", format!("{}。", how.label())),
    ];
    tell_vendor(ctx, tx, mandate, ("mandate_ended", &values)).await?;
    tell_owners(ctx, tx, mandate.institution, ("mandate_ended", &values)).await
}

/// Tells whoever holds a mandate; an offer that nobody accepted concerns nobody.
async fn tell_vendor(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    mandate: &Mandate,
    (text, values): (&str, &[(&'static str, String)]),
) -> Result<()> {
    let Some(account) = mandate.account else { return Ok(()) };
    let own = [("person", mandate.person.clone())];
    let values: Vec<_> = own.into_iter().chain(values.iter().cloned()).collect();
    let head = Letterhead { account: Some(account), ..Letterhead::new(text, &mandate.email) };
    queue(ctx, tx, &head, &values).await
}

/// Begins the look after mandates of this day, once, from the morning on.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep_when_due(app: &App) -> Result<()> {
    daily::begin(app, SWEEP, Value::Null).await
}

/// Tells both sides of mandates that end soon, and notes those that are over; a page of them, the work of a [`SWEEP`] job. Run
/// twice, it changes nothing more. Whether a mandate is in force never waits for it.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "mandate_sweep");
    let until = Timestamp::start_of_day(ctx.now.date() + Duration::days(WARNED_DAYS + 1));
    let after = daily::place::<MandateId>(payload);
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let found = storage::mandates::ending(&mut app.db.read().await?, until, after, limit).await?;
    for mandate in &found {
        look_after(&ctx, mandate).await?;
    }
    match found.last().filter(|_| found.len() == PAGE) {
        Some(last) => {
            let next = json!([last.ends_at.as_millis(), last.id]);
            daily::go_on(&ctx, SWEEP, &last.id.to_string(), next).await
        }
        None => Ok(()),
    }
}

async fn look_after(ctx: &Ctx<'_>, mandate: &Mandate) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    let done = match mandate.ends_at <= ctx.now {
        true => match close(ctx, &mut tx, mandate, HowEnded::Clock).await {
            Err(Error::ChangedMeanwhile) => false,
            other => other.map(|()| true)?,
        },
        false => warn(ctx, &mut tx, mandate).await?,
    };
    if !done {
        return Ok(tx.rollback().await?);
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// Tells both sides of a mandate in force, once, that it ends soon.
async fn warn(ctx: &Ctx<'_>, tx: &mut Tx, mandate: &Mandate) -> Result<bool> {
    // A mandate of a few days only was given with its end before the eyes of both.
    let short = mandate.ends_at - mandate.given_at <= Duration::days(WARNED_DAYS + 1);
    if mandate.account.is_none() || short || !storage::mandates::warned(tx, mandate.id, ctx.now).await? {
        return Ok(false);
    }
    let values = |page: String| {
        [
            ("institution", mandate.name.clone()),
            ("company", mandate.company.clone()),
            ("until", until(mandate)),
            ("page_url", page),
        ]
    };
    tell_vendor(ctx, tx, mandate, ("mandate_ending", &values(links::mandates(ctx)))).await?;
    tell_owners(ctx, tx, mandate.institution, ("mandate_ending", &values(links::mandates(ctx)))).await?;
    ctx.audit(tx, "mandate.warn", subject(mandate.id), "", &until(mandate));
    Ok(true)
}
