//! Re-issue: a new first password in the place of the one before it, which dies in the same statement.

use domain::{ids::InstitutionId, master_account::Environment};
use storage::{Tx, boxed, master_accounts::MasterAccount};

use super::{
    is_user,
    issue::{in_force, make},
    tell,
};
use crate::{Ctx, Error, Result};

/// An account whose password shall be replaced, and the number of the password that the person saw; 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The environment.
    pub environment: Environment,
    /// Number of the password on the page.
    pub seen: i64,
}

/// Replaces passwords of one's own institution; an account that it does not have yet is made. Owners only: whoever uses the
/// old password is locked out at once. False when somebody was faster, such as the same person's second click.
///
/// # Errors
/// [`Error::Forbidden`] for members who are not owners, [`Error::NotFound`] while no application was accepted.
#[boxed]
pub async fn reissue(ctx: &Ctx<'_>, wanted: &[Wanted]) -> Result<bool> {
    let institution = ctx.owner()?;
    let made = prepared(ctx, institution, wanted).await?;
    let mut tx = ctx.app.db.write().await?;
    let done = replace(ctx, &mut tx, made).await?;
    if done {
        tx.commit().await?;
        ctx.app.wake.notify_one();
    } else {
        tx.rollback().await?;
    }
    Ok(done)
}

/// The new passwords, made before the transaction.
pub(super) async fn prepared(
    ctx: &Ctx<'_>,
    institution: InstitutionId,
    wanted: &[Wanted],
) -> Result<Vec<MasterAccount>> {
    let mut conn = ctx.app.db.read().await?;
    let present = storage::master_accounts::of(&mut conn, institution).await?;
    if !is_user(&mut conn, institution, &present).await? {
        return Err(Error::NotFound);
    }
    drop(conn);
    let mut made = vec![];
    for one in wanted {
        let before = present.iter().find(|account| account.environment == one.environment);
        if before.map_or(0, |before| before.number) != one.seen {
            return Ok(vec![]);
        }
        made.push(make(ctx, institution, one.environment, before).await?);
    }
    Ok(made)
}

/// Puts the new passwords in force and tells the owners; false when one of them was replaced meanwhile: then nothing may be
/// committed.
pub(super) async fn replace(ctx: &Ctx<'_>, tx: &mut Tx, made: Vec<MasterAccount>) -> Result<bool> {
    for account in &made {
        let done = match account.number {
            1 => storage::master_accounts::insert(tx, account).await?,
            _ => storage::master_accounts::reissue(tx, account).await?,
        };
        if !done {
            return Ok(false);
        }
    }
    let Some(first) = made.first() else { return Ok(false) };
    let until = domain::calendar::japanese_date(first.shown_until.date());
    in_force(ctx, tx, &made, "reissue").await?;
    tell(ctx, tx, &made, "master_account_reissued", &[("until", until)]).await?;
    Ok(true)
}
