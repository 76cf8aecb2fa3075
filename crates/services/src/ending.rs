//! What ends with an institution: letters on their way and certificates; and what may not be begun after that.

use domain::{
    applications::{Event, State},
    closing::Over,
    ids::{ApplicationId, CertificateId, InstitutionId},
    terminals::renewal::earliest_renewable,
};
use storage::{Conn, boxed};

use crate::{
    Ctx, Error, Result,
    applications::advance,
    authority::{Revoked, Seen, revoke_within},
};

/// The reason with which everything ends (RFC 5280, 5.3.1).
const CESSATION: &str = "cessationOfOperation";
/// Cases or certificates that are looked at in one go.
const PART: i64 = 100;

/// Kills the letters of certificates that nobody fetched and ends their cases; `why` stands in their lives. Run twice, it
/// changes nothing more. Gives the number of cases.
///
/// # Errors
/// When the database refuses; what was ended before stays so.
#[boxed]
pub(crate) async fn end_letters(ctx: &Ctx<'_>, institution: InstitutionId, why: &str) -> Result<i64> {
    let mut count = 0;
    loop {
        let part = storage::endings::to_fetch(&mut ctx.app.db.read().await?, institution, PART).await?;
        if part.is_empty() {
            return Ok(count);
        }
        for case in part {
            count += i64::from(end_letters_of(ctx, case, why).await?);
        }
    }
}

async fn end_letters_of(ctx: &Ctx<'_>, id: ApplicationId, why: &str) -> Result<bool> {
    let mut tx = ctx.app.db.write().await?;
    let case = storage::applications::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !case.kind.allows(case.state, Event::ExpirePickup) {
        tx.rollback().await?;
        return Ok(false);
    }
    for letter in storage::letters::of_application(&mut tx, id).await? {
        if storage::letters::kill(&mut tx, letter.id).await? {
            ctx.audit(&mut tx, "letter.end", format!("letter:{}", letter.id), &letter.state, "dead");
        }
    }
    advance(ctx, &mut tx, &case, Event::ExpirePickup, why).await?;
    tx.commit().await?;
    Ok(true)
}

/// Revokes what works or can still be renewed, each certificate in a transaction of its own; whoever runs it again goes on
/// where it stopped. Gives the number of certificates.
///
/// # Errors
/// When the database or the journal refuses; what was revoked before stays so.
#[boxed]
pub(crate) async fn end_certificates(ctx: &Ctx<'_>, institution: InstitutionId) -> Result<i64> {
    let from = earliest_renewable(ctx.now);
    let mut count = 0;
    loop {
        let part = storage::endings::valid(&mut ctx.app.db.read().await?, institution, from, PART).await?;
        if part.is_empty() {
            return Ok(count);
        }
        for id in part {
            end_certificate(ctx, id).await?;
            count += 1;
        }
    }
}

/// Revokes a certificate, unless its terminal held another one that was revoked a moment ago and took it along.
async fn end_certificate(ctx: &Ctx<'_>, id: CertificateId) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    let record = storage::authority::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if record.state != "valid" {
        return Ok(tx.rollback().await?);
    }
    if revoke_within(ctx, &mut tx, &record, CESSATION, Seen::Valid).await? != Revoked::Done {
        return Err(Error::internal("a valid certificate could not be revoked"));
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// Why nothing can be begun at an institution any more; none while it goes on.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn is_over(conn: &mut Conn, institution: InstitutionId) -> Result<Option<Over>> {
    Ok(storage::endings::over_among(conn, &[institution]).await?.remove(&institution))
}

/// The same of the institution for which the person acts.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn over(ctx: &Ctx<'_>) -> Result<Option<Over>> {
    is_over(&mut ctx.app.db.read().await?, ctx.institution()?).await
}

/// Whether a case was sent and waits for a decision.
pub(crate) const fn waits(state: State) -> bool {
    matches!(state, State::Submitted | State::InReview | State::Returned)
}
