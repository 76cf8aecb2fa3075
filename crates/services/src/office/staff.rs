//! Accounts of the operator's staff (spec 1.2): made, given roles and closed by administrators.

use std::collections::BTreeMap;

use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    forms::Finding,
    ids::AccountId,
    permissions::{Permission, Role},
};
use serde_json::Value;
use storage::boxed;
use storage::{
    Tx,
    accounts::{Account, ReviewDecision},
};
use time::Duration;

use crate::{
    Ctx, Error, Result,
    accounts::{
        entry, links,
        tokens::{Purpose, Wanted, issue},
        totp,
    },
    mail::{Letterhead, queue},
};

/// How long the link for the first password works.
const LINK_LIFE: Duration = Duration::days(7);
/// Roles that examine or hold keys: an administrator has none of them (spec 1.2).
const APART_FROM_ADMINISTRATOR: [Role; 3] = [Role::Reviewer, Role::RaOfficer, Role::CaOfficer];

/// A staff account as a line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffAccount {
    /// Identifier.
    pub id: AccountId,
    /// Address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// Whether a password was set.
    pub has_password: bool,
    /// Whether a second factor is in force.
    pub has_second_factor: bool,
    /// Whether it is closed.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its person last logged in.
    pub last_login_at: Option<Timestamp>,
    /// Whether it is the reader's own: then nothing of it can be changed here.
    pub own: bool,
}

/// What a change led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is done.
    Done(AccountId),
    /// What is wrong; fields `email`, `name`, `roles`.
    Slips(Vec<Finding>),
}

/// All staff accounts by address.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ReadStaff`].
#[boxed]
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<StaffAccount>> {
    ctx.permit(Permission::ReadStaff)?;
    let own = ctx.account().ok();
    let mut conn = ctx.app.db.read().await?;
    let accounts = storage::accounts::staff(&mut conn).await?;
    let logins: BTreeMap<AccountId, Timestamp> =
        storage::accounts::staff_logins(&mut conn).await?.into_iter().collect();
    let line = |account: Account| StaffAccount {
        own: Some(account.id) == own,
        last_login_at: logins.get(&account.id).copied(),
        id: account.id,
        email: account.email,
        name: account.name,
        roles: account.roles,
        has_password: account.password_hash.is_some(),
        has_second_factor: account.totp_secret.is_some(),
        disabled: account.disabled,
        created_at: account.created_at,
    };
    Ok(accounts.into_iter().map(line).collect())
}

/// Makes a staff account and mails a link for its first password.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageStaff`].
#[boxed]
pub async fn create(ctx: &Ctx<'_>, email: &str, name: &str, roles: &[Role]) -> Result<Saved> {
    ctx.permit(Permission::ManageStaff)?;
    let mut slips = vec![];
    let email = entry::keep(&mut slips, entry::address(email));
    let name = entry::keep(&mut slips, entry::person_name(name));
    slips.extend(role_slip(roles));
    let (email, name) = match (email, name) {
        (Some(email), Some(name)) if slips.is_empty() => (email, name),
        _ => return Ok(Saved::Slips(slips)),
    };
    let account = blank(ctx, email, name, roles);
    let mut tx = ctx.app.db.write().await?;
    match storage::accounts::insert(&mut tx, &account).await {
        Ok(()) => {}
        Err(storage::Error::Duplicate) => {
            tx.rollback().await?;
            let message =
                "このメールアドレスには、すでにアカウントがあります。職員用に別のメールアドレスを入力してください。";
            return Ok(Saved::Slips(vec![entry::finding("email", message)]));
        }
        Err(error) => return Err(error.into()),
    }
    invite(ctx, &mut tx, &account).await?;
    ctx.audit(&mut tx, "staff.create", format!("account:{}", account.id), "", &words(roles));
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Saved::Done(account.id))
}

fn blank(ctx: &Ctx<'_>, email: String, name: String, roles: &[Role]) -> Account {
    Account {
        id: AccountId::new(ctx.now, &*ctx.app.randomness),
        email,
        name,
        password_hash: None,
        must_reset: false,
        staff: true,
        roles: sorted(roles),
        totp_secret: None,
        totp_last_step: 0,
        disabled: false,
        created_at: ctx.now,
    }
}

async fn invite(ctx: &Ctx<'_>, tx: &mut Tx, account: &Account) -> Result<()> {
    let wanted = Wanted {
        purpose: Purpose::Reset,
        email: &account.email,
        account: Some(account.id),
        payload: Value::Null,
        life: LINK_LIFE,
    };
    let (token, until) = issue(ctx, tx, wanted).await?;
    let labels: Vec<&str> = account.roles.iter().map(|role| role.label()).collect();
    let values = [
        ("person", account.name.clone()),
        ("roles", labels.join("、")),
        ("link", links::new_password(ctx, &token)),
        ("valid_until", japanese_datetime(until)),
    ];
    let head = Letterhead { account: Some(account.id), ..Letterhead::new("staff_created", &account.email) };
    queue(ctx, tx, &head, &values).await
}

/// Sets the roles of another staff account; one's own cannot be changed.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageStaff`] and for one's own account, [`Error::NotFound`].
#[boxed]
pub async fn set_roles(ctx: &Ctx<'_>, id: AccountId, roles: &[Role]) -> Result<Saved> {
    let account = other(ctx, id).await?;
    if let Some(slip) = role_slip(roles) {
        return Ok(Saved::Slips(vec![slip]));
    }
    let roles = sorted(roles);
    let mut tx = ctx.app.db.write().await?;
    if !storage::accounts::set_roles(&mut tx, id, &roles).await? {
        return Err(Error::NotFound);
    }
    ctx.audit(&mut tx, "staff.set_roles", format!("account:{id}"), &words(&account.roles), &words(&roles));
    tx.commit().await?;
    Ok(Saved::Done(id))
}

/// Closes another staff account; it is logged out at once.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageStaff`] and for one's own account, [`Error::NotFound`],
/// [`Error::ChangedMeanwhile`] when it is closed.
#[boxed]
pub async fn disable(ctx: &Ctx<'_>, id: AccountId) -> Result<()> {
    let account = other(ctx, id).await?;
    let mut tx = ctx.app.db.write().await?;
    close(ctx, &mut tx, &account).await?;
    tx.commit().await?;
    Ok(())
}

/// Closes an account in the caller's transaction; no review asks about it any more.
pub(super) async fn close(ctx: &Ctx<'_>, tx: &mut Tx, account: &Account) -> Result<()> {
    let id = account.id;
    if !storage::accounts::disable(tx, id, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    storage::sessions::end_others(tx, id, "").await?;
    storage::accounts::void_tokens(tx, id, Purpose::Reset.as_str(), ctx.now).await?;
    let by = ctx.account().ok();
    let decided = ReviewDecision { decision: super::reviews::REMOVED, roles: &account.roles, at: ctx.now, by };
    storage::accounts::decide_all_reviews(tx, id, &decided).await?;
    ctx.audit(tx, "staff.disable", format!("account:{id}"), "", "");
    Ok(())
}

/// Takes the second factor of another staff account away, when the device is lost; its sessions end.
///
/// # Errors
/// As [`set_roles`].
#[boxed]
pub async fn reset_second_factor(ctx: &Ctx<'_>, id: AccountId) -> Result<()> {
    let account = other(ctx, id).await?;
    let mut tx = ctx.app.db.write().await?;
    totp::drop_factor(&mut tx, id).await?;
    storage::sessions::end_others(&mut tx, id, "").await?;
    ctx.audit(&mut tx, "staff.reset_second_factor", format!("account:{id}"), "", "");
    totp::tell_off(ctx, &mut tx, &account, (id, &account.name, &account.email), totp::BY_OPERATOR).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// A staff account that is not the administrator's own.
pub(super) async fn other(ctx: &Ctx<'_>, id: AccountId) -> Result<Account> {
    ctx.permit(Permission::ManageStaff)?;
    if ctx.account().is_ok_and(|own| own == id) {
        return Err(Error::Forbidden);
    }
    let found = storage::accounts::find(&mut ctx.app.db.read().await?, id).await?;
    found.filter(|account| account.staff).ok_or(Error::NotFound)
}

/// What is wrong with a set of roles: none, or roles that one person may not join.
fn role_slip(roles: &[Role]) -> Option<Finding> {
    let has = |role: &Role| roles.contains(role);
    if roles.is_empty() {
        return Some(entry::finding("roles", "役割を1つ以上選んでください。"));
    }
    if has(&Role::Administrator) && APART_FROM_ADMINISTRATOR.iter().any(has) {
        let message = "「システム管理者」は、審査担当・登録局担当・認証局管理者を兼ねられません。別の方のアカウントにしてください。";
        return Some(entry::finding("roles", message));
    }
    if has(&Role::Auditor) && roles.iter().any(|role| *role != Role::Auditor) {
        let message = "「監査」は見るだけの役割のため、ほかの役割を兼ねられません。";
        return Some(entry::finding("roles", message));
    }
    None
}

fn sorted(roles: &[Role]) -> Vec<Role> {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    roles
}

pub(super) fn words(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_that_watch_each_other_are_kept_apart() {
        assert!(role_slip(&[]).is_some());
        assert!(role_slip(&[Role::Administrator, Role::Reviewer]).is_some());
        assert!(role_slip(&[Role::Auditor, Role::Editor]).is_some());
        assert!(role_slip(&[Role::Administrator, Role::Editor]).is_none());
        assert!(role_slip(&[Role::Reviewer, Role::RaOfficer]).is_none());
    }
}
