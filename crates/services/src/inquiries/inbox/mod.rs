//! Replies by mail: what a mailbox gives goes into its thread, once, or is put aside for staff.

mod imap;
mod read;
mod take;

pub use imap::{Account, Imap, Security};
pub(crate) use read::summary;
pub use take::{Fetched, Place, Taken, place, take};

use std::{future::Future, pin::Pin};

use domain::{clock::Timestamp, ids::StrayId, permissions::Permission};
use storage::{boxed, inquiries::Stray};
use time::Duration;

use super::PAGE;
use crate::{App, Ctx, Error, Result};

/// Name of the lease: one process at a time reads the mailbox.
const LEASE: &str = "inquiries.mailbox";
/// How long it lasts when its holder dies.
const LEASED: Duration = Duration::minutes(10);
/// Looks of one round; what is left waits for the next.
const LOOKS: usize = 50;
/// How long it is remembered that a mail was taken, should the folder be numbered anew.
const REMEMBERED: Duration = Duration::days(400);

/// What a look into the mailbox gives: some of the mails that came after a place, in order; or what went wrong.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Vec<Fetched>, String>> + Send + 'a>>;

/// Where replies arrive.
pub trait Mailbox: Send + Sync {
    /// Some of the mails after a place; none when there are no more.
    fn fetch<'a>(&'a self, after: Option<Place>) -> Fetching<'a>;
}

/// Takes everything that is new in the mailbox; gives how many mails that were. Nothing while another process does it.
///
/// # Errors
/// When the mailbox cannot be read, with its words; what was taken before stays taken.
#[boxed]
pub async fn read_mailbox(app: &App, mailbox: &dyn Mailbox) -> Result<usize> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let mine = storage::leases::take(&mut tx, LEASE, &app.node, now, now + LEASED).await?;
    storage::inquiries::forget_mails(&mut tx, now - REMEMBERED).await?;
    tx.commit().await?;
    if !mine {
        return Ok(0);
    }
    let outcome = take_all(app, mailbox).await;
    let mut tx = app.db.write().await?;
    storage::leases::give_back(&mut tx, LEASE, &app.node).await?;
    tx.commit().await?;
    outcome
}

async fn take_all(app: &App, mailbox: &dyn Mailbox) -> Result<usize> {
    let mut count = 0;
    for _ in 0..LOOKS {
        let mails = mailbox.fetch(place(app).await?).await.map_err(Error::Internal)?;
        if mails.is_empty() {
            break;
        }
        count += mails.len();
        for mail in &mails {
            take::take_or_leave(app, mail).await?;
        }
    }
    Ok(count)
}

/// Mails that were put aside and wait for somebody, oldest first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn strays(ctx: &Ctx<'_>, after: Option<(Timestamp, StrayId)>) -> Result<Vec<Stray>> {
    ctx.permit(Permission::ReadInquiries)?;
    Ok(storage::inquiries::strays(&mut ctx.app.db.read().await?, after, PAGE).await?)
}

/// Notes that somebody dealt with a mail that was put aside.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::ChangedMeanwhile`] when somebody had before.
#[boxed]
pub async fn stray_done(ctx: &Ctx<'_>, id: StrayId) -> Result<()> {
    ctx.permit(Permission::AnswerInquiries)?;
    let mut tx = ctx.app.db.write().await?;
    if !storage::inquiries::stray_done(&mut tx, id, ctx.account()?, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "inquiry.stray_done", format!("stray:{id}"), "", "");
    Ok(tx.commit().await?)
}
