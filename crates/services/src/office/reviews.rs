//! 権限の棚卸し: once a quarter a list of every staff account is made, and somebody else confirms or removes each.

use domain::{
    calendar::japanese_date,
    clock::Timestamp,
    ids::{AccountId, JobId},
    permissions::{Permission, Role, allows},
};
use serde_json::{Value, json};
use storage::{
    Tx,
    accounts::{Review, ReviewDecision, ReviewLine},
    boxed,
};
use time::Duration;

use super::staff;
use crate::{
    App, Ctx, Error, Result,
    daily::MORNING,
    mail::{Letterhead, queue},
};

/// Kind of the job that makes the list of a quarter.
pub const MAKE: &str = "staff.review";
/// Days in which a review is to be done.
const DAYS: i64 = 14;
/// What a confirmed account is called in the database.
pub const KEPT: &str = "kept";
/// What a removed account is called in the database.
pub const REMOVED: &str = "removed";

/// The quarter of an instant in Japan, such as `2026-Q2`.
fn quarter(now: Timestamp) -> String {
    let day = now.date();
    format!("{}-Q{}", day.year(), (u8::from(day.month()) - 1) / 3 + 1)
}

/// Leaves the list of this quarter to a job, once, from the morning on; whoever asks again changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn make_when_due(app: &App) -> Result<()> {
    let ctx = Ctx::system(app, "staff_review");
    let quarter = quarter(ctx.now);
    let key = format!("{MAKE}:{quarter}");
    if ctx.now.in_japan().hour() < MORNING || storage::jobs::is_known(&mut app.db.read().await?, &key).await? {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    let job = JobId::new(ctx.now, &*app.randomness);
    storage::jobs::enqueue(&mut tx, job, MAKE, Some(&key), json!({ "quarter": quarter }), ctx.now).await?;
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

/// Makes the list of a quarter and tells those who decide; the work of a [`MAKE`] job. Run twice, it changes nothing more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn make(app: &App, payload: &Value) -> Result<()> {
    let quarter = payload["quarter"].as_str().ok_or_else(|| Error::internal("no quarter"))?;
    let ctx = Ctx::system(app, "staff_review");
    let due = Timestamp::end_of_day((ctx.now + Duration::days(DAYS)).date());
    let mut tx = app.db.write().await?;
    if !storage::accounts::begin_review(&mut tx, quarter, ctx.now, due).await? {
        return Ok(());
    }
    ctx.audit(&mut tx, "staff.review", format!("review:{quarter}"), "", quarter);
    for one in storage::accounts::staff(&mut tx).await? {
        if !one.disabled && allows(&one.roles, Permission::ManageStaff) {
            let head = Letterhead { account: Some(one.id), ..Letterhead::new("staff_review", &one.email) };
            let values = [
                ("person", one.name.clone()),
                ("due", japanese_date(due.date())),
                ("page_url", format!("{}/office/staff/reviews/{quarter}", app.settings.portal_url)),
            ];
            queue(&ctx, &mut tx, &head, &values).await?;
        }
    }
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

/// All reviews, newest first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<Review>> {
    ctx.permit(Permission::ReadStaff)?;
    Ok(storage::accounts::reviews(&mut ctx.app.db.read().await?).await?)
}

/// A review with its accounts.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn one(ctx: &Ctx<'_>, quarter: &str) -> Result<(Review, Vec<ReviewLine>)> {
    ctx.permit(Permission::ReadStaff)?;
    let mut conn = ctx.app.db.read().await?;
    let review = storage::accounts::review(&mut conn, quarter).await?.ok_or(Error::NotFound)?;
    Ok((review, storage::accounts::review_lines(&mut conn, quarter).await?))
}

/// What waits for the person in the reviews that are not done: how many accounts, and whether one is overdue.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn waiting(ctx: &Ctx<'_>) -> Result<(i64, bool)> {
    ctx.permit(Permission::ManageStaff)?;
    let mut conn = ctx.app.db.read().await?;
    let open = storage::accounts::reviews(&mut conn).await?.into_iter().filter(|review| review.open > 0);
    Ok(open.fold((0, false), |(count, late), review| (count + review.open, late || review.due_at < ctx.now)))
}

/// Confirms that an account needs the roles that were seen.
///
/// # Errors
/// [`Error::Forbidden`] without the permission and for one's own account, [`Error::NotFound`],
/// [`Error::ChangedMeanwhile`] when the roles are others now, it is closed, or somebody decided before.
#[boxed]
pub async fn keep(ctx: &Ctx<'_>, quarter: &str, id: AccountId, seen: &[Role]) -> Result<()> {
    let account = staff::other(ctx, id).await?;
    if account.disabled || account.roles != seen {
        return Err(Error::ChangedMeanwhile);
    }
    let mut tx = ctx.app.db.write().await?;
    decide(ctx, &mut tx, quarter, id, KEPT, seen).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes an account that is not needed any more: it is closed and out at its next click.
///
/// # Errors
/// As [`keep`].
#[boxed]
pub async fn remove(ctx: &Ctx<'_>, quarter: &str, id: AccountId) -> Result<()> {
    let account = staff::other(ctx, id).await?;
    let mut tx = ctx.app.db.write().await?;
    decide(ctx, &mut tx, quarter, id, REMOVED, &account.roles).await?;
    staff::close(ctx, &mut tx, &account).await?;
    tx.commit().await?;
    Ok(())
}

async fn decide(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    quarter: &str,
    id: AccountId,
    decision: &'static str,
    roles: &[Role],
) -> Result<()> {
    let by = Some(ctx.account()?);
    let decided = ReviewDecision { decision, roles, at: ctx.now, by };
    if !storage::accounts::decide_review(tx, quarter, id, &decided).await? {
        return Err(Error::ChangedMeanwhile);
    }
    let after = format!("{quarter}:{decision}:{}", staff::words(roles));
    ctx.audit(tx, "staff.reviewed", format!("account:{id}"), "", &after);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_quarter_begins_at_midnight_in_japan() {
        let midnight = Timestamp::start_of_day(date!(2026 - 04 - 01));
        assert_eq!(quarter(midnight), "2026-Q2");
        assert_eq!(quarter(midnight - Duration::MILLISECOND), "2026-Q1");
        assert_eq!(quarter(Timestamp::start_of_day(date!(2026 - 12 - 31))), "2026-Q4");
    }
}
