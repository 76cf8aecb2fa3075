//! Letters that should have arrived (spec 04.2): after seven days the applicant is asked, and the desk sees them.

use domain::{applications::State, calendar::japanese_date, clock::Timestamp, permissions::Permission};
use serde_json::Value;
use storage::{Tx, boxed, letters::Letter};
use time::Duration;

use super::{
    ARRIVAL,
    again::{Posted, seen_all},
    order::{letter_of, schedule},
};
use crate::{App, Ctx, Result, applications::tell};

/// Days after the posting in which a letter should have arrived.
pub const ARRIVAL_DAYS: i64 = 7;

/// Whether a letter should have arrived by now and nobody noted that it did, or that it was posted at all.
pub fn is_overdue(letter: &Letter, now: Timestamp) -> bool {
    let since = match letter.state.as_str() {
        "printed" => letter.printed_at,
        "posted" if letter.delivered_at.is_none() => letter.posted_at,
        _ => None,
    };
    since.is_some_and(|at| at + Duration::days(ARRIVAL_DAYS) <= now)
}

/// Sets the day on which the applicant is asked whether the letter arrived.
pub(super) async fn ask_later(ctx: &Ctx<'_>, tx: &mut Tx, letter: &Letter) -> Result<()> {
    schedule(ctx, tx, (ARRIVAL, None), letter.id, ctx.now + Duration::days(ARRIVAL_DAYS)).await
}

/// Sets the day on which the applicant is asked about a printed letter of which nobody noted that it was posted.
pub(super) async fn ask_if_unposted(ctx: &Ctx<'_>, tx: &mut Tx, letter: &Letter) -> Result<()> {
    let days = Some(ARRIVAL_DAYS);
    schedule(ctx, tx, (ARRIVAL, days), letter.id, ctx.now + Duration::days(ARRIVAL_DAYS)).await
}

/// The text that asks about a letter: each is sent by the job that was set for it.
fn text(case: State, payload: &Value) -> Option<&'static str> {
    match (case, payload["days"].is_null()) {
        (State::LetterPosted, true) => Some("certificate_letter_not_arrived"),
        (State::LetterPrinted, false) => Some("certificate_letter_unposted"),
        _ => None,
    }
}

/// Asks the applicant whether the letter arrived, unless that is noted or something was fetched; the work of an
/// [`ARRIVAL`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn ask(app: &App, payload: &Value) -> Result<()> {
    let id = letter_of(payload)?;
    let ctx = Ctx::system(app, "letter_arrival");
    let mut tx = app.db.write().await?;
    let Some(letter) = storage::letters::find(&mut tx, id).await? else { return Ok(()) };
    let (Some(case), Some(deadline), true) = (letter.application_id, letter.deadline, is_overdue(&letter, ctx.now))
    else {
        return Ok(());
    };
    let Some(case) = storage::applications::find(&mut tx, case).await? else { return Ok(()) };
    let Some(text) = text(case.state, payload) else { return Ok(()) };
    let day = |at: Option<Timestamp>| at.map(|at| japanese_date(at.date())).unwrap_or_default();
    let further = [
        ("posted_on", day(letter.posted_at)),
        ("printed_on", day(letter.printed_at)),
        ("tracking", letter.tracking_number.clone().unwrap_or_default()),
        tell::letter_ordered_now(&ctx),
        tell::pickup_until(deadline),
    ];
    tell::about(&ctx, &mut tx, &case, text, &further).await?;
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

/// Letters that were posted seven days ago or longer, of which nobody noted that they arrived and with which nothing
/// was fetched, the longest ago first.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn overdue(ctx: &Ctx<'_>) -> Result<Vec<Posted>> {
    ctx.permit(Permission::ReadLetters)?;
    let mut conn = ctx.app.db.read().await?;
    let found = storage::letters::overdue(&mut conn, ctx.now - Duration::days(ARRIVAL_DAYS), 200).await?;
    seen_all(&mut conn, found).await
}
