//! What members see of their institution's master accounts: never a password, which stands in the notices alone.

use domain::{
    clock::Timestamp,
    ids::MasterActId,
    master_account::{Environment, Notice, in_groups},
};
use storage::{boxed, master_accounts::MasterAccount, master_accounts::MasterAct};

use super::{is_user, notice};
use crate::{Ctx, Result};

/// Lines of the record on a page.
pub const PAGE: i64 = 20;

/// An account as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Environment.
    pub environment: Environment,
    /// User ID in groups.
    pub user_id: String,
    /// Number of its password.
    pub number: i64,
    /// How its notice stands.
    pub notice: Notice,
    /// When the password was issued.
    pub issued_at: Timestamp,
    /// Until when the notice can be downloaded.
    pub shown_until: Timestamp,
}

impl Account {
    pub(super) fn of(account: &MasterAccount, notice: Notice) -> Self {
        Self {
            environment: account.environment,
            user_id: in_groups(&account.user_id),
            number: account.number,
            notice,
            issued_at: account.issued_at,
            shown_until: account.shown_until,
        }
    }
}

/// The page of an institution.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Its accounts, that of the production environment first.
    pub accounts: Vec<Account>,
    /// Whether an eligibility application was accepted, so that accounts can be issued.
    pub accepted: bool,
    /// Who did what, newest first; at most [`PAGE`] lines.
    pub acts: Vec<MasterAct>,
}

/// The accounts of one's own institution and who did what; `before` is the last line of the page before.
///
/// # Errors
/// [`crate::Error::Forbidden`] without an institution.
#[boxed]
pub async fn overview(ctx: &Ctx<'_>, before: Option<(Timestamp, MasterActId)>) -> Result<Overview> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let accounts = storage::master_accounts::of(&mut conn, institution).await?;
    Ok(Overview {
        accepted: is_user(&mut conn, institution, &accounts).await?,
        acts: storage::master_accounts::acts(&mut conn, institution, before, PAGE).await?,
        accounts: accounts.iter().map(|account| Account::of(account, notice(account, ctx))).collect(),
    })
}

/// Notices of an institution that can be downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Until when, the first of them.
    pub until: Timestamp,
    /// Whether nobody has downloaded one of them yet.
    pub is_new: bool,
}

/// What can be downloaded at one's own institution: none where nothing was issued, or its time is over.
///
/// # Errors
/// [`crate::Error::Forbidden`] without an institution.
#[boxed]
pub async fn waiting(ctx: &Ctx<'_>) -> Result<Option<Waiting>> {
    let institution = ctx.institution()?;
    let accounts = storage::master_accounts::of(&mut ctx.app.db.read().await?, institution).await?;
    let open: Vec<_> = accounts.iter().filter(|account| notice(account, ctx).is_open()).collect();
    let until = open.iter().map(|account| account.shown_until).min();
    let is_new = open.iter().any(|account| notice(account, ctx) == Notice::Waiting);
    Ok(until.map(|until| Waiting { until, is_new }))
}
