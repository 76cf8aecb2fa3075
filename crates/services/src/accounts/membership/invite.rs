//! Invitations: an owner names an address, and whoever reads its mail may join.

use domain::{
    accounts::is_provisional,
    calendar::japanese_datetime,
    clock::Timestamp,
    forms::Finding,
    ids::{AccountId, InstitutionId, MembershipId},
};
use serde_json::json;
use storage::boxed;
use storage::{
    Conn, Tx,
    accounts::{Membership, Token},
};
use time::Duration;

use super::{
    super::{
        Link, audit_as, devices, entry, limits, links,
        login::{Started, started},
        register::insert_account,
        sessions,
        tokens::{Purpose, Wanted, consume, issue, look},
    },
    ACTIVE, ROLE_OWNER, ROLE_STAFF, is_pending, role_label, take_over,
};
use crate::{
    Ctx, Error, Result,
    mail::{Letterhead, queue},
    secrets::token_hash,
};

/// How long an invitation works.
const LIFE: Duration = Duration::days(7);

/// What inviting led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invited {
    /// The mail is on its way.
    Sent {
        /// The address as it was understood.
        address: String,
    },
    /// What is wrong with the address; field `email`.
    Slips(Vec<Finding>),
}

/// An address whose invitation still works, as owners see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenInvitation {
    /// The address.
    pub email: String,
    /// Until when its last link works.
    pub until: Timestamp,
}

/// An invitation that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Address that was invited.
    pub email: String,
    /// The institution.
    pub institution: InstitutionId,
    /// Its ten-digit code.
    pub institution_code: String,
    /// Its name.
    pub institution_name: String,
    /// Who invites.
    pub inviter: String,
    /// The account of the address, if it has one: then neither name nor password is asked for.
    pub account: Option<AccountId>,
    by: AccountId,
}

/// What a person without an account fills in to accept.
#[derive(Clone, Debug, Default)]
pub struct AcceptForm {
    /// Name of the person; field `name`.
    pub name: String,
    /// Password; field `password`.
    pub password: String,
    /// The same again; field `password_again`.
    pub password_again: String,
    /// Browser and system.
    pub device: String,
}

/// What accepting led to.
#[derive(Clone, Debug)]
pub enum Accepted {
    /// A new account, logged in.
    LoggedIn(Box<Started>),
    /// The account that the address has belongs to the institution now; the person logs in as always.
    Joined,
    /// What is wrong; fields `name`, `password`, `password_again`.
    Slips(Vec<Finding>),
    /// The link does not work.
    Link(Link<()>),
}

/// Invites a person by mail to belong to the institution that the owner acts for.
///
/// # Errors
/// [`Error::Forbidden`] for members who are not owners; [`Error::TooManyTries`] after 30 a day.
#[boxed]
pub async fn invite(ctx: &Ctx<'_>, email: &str) -> Result<Invited> {
    let institution = ctx.owner()?;
    let session = ctx.session()?;
    let address = match entry::address(email) {
        Ok(address) => address,
        Err(slip) => return Ok(Invited::Slips(vec![slip])),
    };
    let mut tx = ctx.app.db.write().await?;
    let members = storage::accounts::members_in_force(&mut tx, institution).await?;
    if members.iter().any(|member| member.person_email == address) {
        tx.rollback().await?;
        return Ok(Invited::Slips(vec![entry::finding("email", "この方は、すでに所属しています。")]));
    }
    limits::INVITATIONS.insist(ctx, &mut tx, &[&institution.to_string()]).await?;
    let wanted = Wanted {
        purpose: Purpose::Invite,
        email: &address,
        account: None,
        payload: json!({ "institution": institution, "by": session.account_id }),
        life: LIFE,
    };
    let (token, until) = issue(ctx, &mut tx, wanted).await?;
    storage::accounts::bind_token(&mut tx, &token_hash(&token), institution).await?;
    let values = [
        ("institution", session.institution.as_ref().map(|acting| acting.name.clone()).unwrap_or_default()),
        ("inviter", session.name.clone()),
        ("role", role_label(ROLE_STAFF).to_owned()),
        ("link", links::invitation(ctx, &token)),
        ("valid_until", japanese_datetime(until)),
    ];
    queue(ctx, &mut tx, &Letterhead::new("member_invited", &address), &values).await?;
    ctx.audit(&mut tx, "membership.invite", super::super::address_subject(&address), "", "");
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Invited::Sent { address })
}

/// The invitations of the institution that the owner acts for, as long as they work, by address.
///
/// # Errors
/// [`Error::Forbidden`] for members who are not owners.
#[boxed]
pub async fn open_invitations(ctx: &Ctx<'_>) -> Result<Vec<OpenInvitation>> {
    let (institution, purpose) = (ctx.owner()?, Purpose::Invite.as_str());
    let open = storage::accounts::open_tokens(&mut ctx.app.db.read().await?, institution, purpose, ctx.now).await?;
    Ok(open.into_iter().map(|(email, until)| OpenInvitation { email, until }).collect())
}

/// Takes all invitations of an address back.
///
/// # Errors
/// [`Error::Forbidden`] for members who are not owners, [`Error::ChangedMeanwhile`] when none works any more.
#[boxed]
pub async fn withdraw_invitation(ctx: &Ctx<'_>, email: &str) -> Result<()> {
    let institution = ctx.owner()?;
    let mut tx = ctx.app.db.write().await?;
    if void_invitations(ctx, &mut tx, institution, email).await? == 0 {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "membership.withdraw_invitation", super::super::address_subject(email), "", "");
    tx.commit().await?;
    Ok(())
}

/// Ends the invitations of an address to an institution, whoever sent them; gives how many still worked.
pub(super) async fn void_invitations(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    institution: InstitutionId,
    email: &str,
) -> Result<u64> {
    Ok(storage::accounts::void_tokens_at(tx, institution, Purpose::Invite.as_str(), email, ctx.now).await?)
}

/// Looks at an invitation without using it up. It is void when who invited is no longer an owner.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn invitation(ctx: &Ctx<'_>, token: &str) -> Result<Link<Invitation>> {
    let mut conn = ctx.app.db.read().await?;
    let link = look(ctx, &mut conn, Purpose::Invite, token).await?;
    let Link::Ready(row) = &link else { return Ok(link.without()) };
    let Some(inviter) = inviter_of(&mut conn, row).await? else { return Ok(Link::Unknown) };
    let account = storage::accounts::by_email(&mut conn, &row.email).await?;
    if account.as_ref().is_some_and(|account| account.disabled || account.staff) {
        return Ok(Link::Unknown);
    }
    Ok(Link::Ready(Invitation {
        email: row.email.clone(),
        institution: inviter.institution_id,
        institution_code: inviter.institution_code,
        institution_name: inviter.institution_name,
        inviter: inviter.person_name,
        account: account.map(|account| account.id),
        by: inviter.account_id,
    }))
}

/// The membership of who invites, if it is an owner's and in force.
async fn inviter_of(conn: &mut Conn, row: &Token) -> Result<Option<Membership>> {
    let institution = row.payload["institution"].as_str().and_then(|id| id.parse::<InstitutionId>().ok());
    let by = row.payload["by"].as_str().and_then(|id| id.parse::<AccountId>().ok());
    let (Some(institution), Some(by)) = (institution, by) else { return Ok(None) };
    let inviter = storage::accounts::membership_of(conn, by, institution).await?;
    Ok(inviter.filter(|member| member.state == ACTIVE && member.role == ROLE_OWNER))
}

/// Accepts an invitation: the address was proved by its link; a new person sets name and password.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn accept_invitation(ctx: &Ctx<'_>, token: &str, form: &AcceptForm) -> Result<Accepted> {
    let invitation = match invitation(ctx, token).await? {
        Link::Ready(invitation) => invitation,
        other => return Ok(Accepted::Link(other.map(drop))),
    };
    let Some(account) = invitation.account else { return accept_as_new(ctx, token, &invitation, form).await };
    let mut tx = ctx.app.db.write().await?;
    if !consume(ctx, &mut tx, token).await? {
        tx.rollback().await?;
        return Ok(Accepted::Link(Link::Used));
    }
    join(ctx, &mut tx, account, &invitation).await?;
    tx.commit().await?;
    Ok(Accepted::Joined)
}

async fn accept_as_new(ctx: &Ctx<'_>, token: &str, invitation: &Invitation, form: &AcceptForm) -> Result<Accepted> {
    let newcomer = match newcomer(ctx, &invitation.email, &[&invitation.institution_code], form).await? {
        Ok(newcomer) => newcomer,
        Err(slips) => return Ok(Accepted::Slips(slips)),
    };
    let mut tx = ctx.app.db.write().await?;
    if !consume(ctx, &mut tx, token).await? {
        tx.rollback().await?;
        return Ok(Accepted::Link(Link::Used));
    }
    let (account, cookie) = come_in(ctx, &mut tx, &invitation.email, newcomer, "login.invitation").await?;
    join(ctx, &mut tx, account, invitation).await?;
    tx.commit().await?;
    let started = started(ctx, cookie).await?.ok_or(Error::NotFound)?;
    Ok(Accepted::LoggedIn(started))
}

/// A person whose address was proved by a link, before there is an account.
pub(crate) struct Newcomer {
    name: String,
    hash: String,
    device: String,
}

/// Reads name and password of a person whose address was proved by a link.
///
/// # Errors
/// Only faults of the machine.
pub(crate) async fn newcomer(
    ctx: &Ctx<'_>,
    email: &str,
    codes: &[&str],
    form: &AcceptForm,
) -> Result<std::result::Result<Newcomer, Vec<Finding>>> {
    let mut slips = vec![];
    let name = entry::keep(&mut slips, entry::person_name(&form.name));
    let typed = entry::new_password(&form.password, &form.password_again, email, codes);
    let password = entry::keep(&mut slips, typed);
    let (Some(name), Some(password)) = (name, password) else { return Ok(Err(slips)) };
    let hash = ctx.app.hasher.hash(&password, &*ctx.app.randomness).await?;
    Ok(Ok(Newcomer { name, hash, device: form.device.clone() }))
}

/// Gives a new person an account and a session; gives both. The caller commits.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when a registration of the same address came first: the link still works, and now finds it.
pub(crate) async fn come_in(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    email: &str,
    newcomer: Newcomer,
    action: &str,
) -> Result<(AccountId, String)> {
    let account = insert_account(ctx, tx, email, &newcomer.name, newcomer.hash).await?;
    let account = account.ok_or(Error::ChangedMeanwhile)?;
    let cookie = sessions::begin(ctx, tx, account, &newcomer.device, ctx.app.settings.session_idle).await?;
    devices::note(ctx, tx, account, &newcomer.device).await?;
    audit_as(ctx, tx, account, action, format!("account:{account}"));
    Ok((account, cookie))
}

/// Makes the person a member, whatever was asked for before; no other invitation of theirs works any more.
async fn join(ctx: &Ctx<'_>, tx: &mut Tx, account: AccountId, invitation: &Invitation) -> Result<()> {
    let institution = invitation.institution;
    storage::accounts::hold_institution(tx, institution).await?;
    let new = MembershipId::new(ctx.now, &*ctx.app.randomness);
    let added =
        storage::accounts::insert_membership(tx, new, account, institution, ROLE_STAFF, ACTIVE, ctx.now).await?;
    if added.is_none() {
        let earlier = storage::accounts::membership_of(tx, account, institution).await?.ok_or(Error::NotFound)?;
        if is_pending(&earlier.state) {
            let by = format!("account:{}", invitation.by);
            let (id, from) = (earlier.id, earlier.state.as_str());
            storage::accounts::activate_membership(tx, id, from, ROLE_STAFF, &by, ctx.now).await?;
            storage::accounts::kill_proofs(tx, id).await?;
        }
    }
    void_invitations(ctx, tx, institution, &invitation.email).await?;
    audit_as(ctx, tx, account, "membership.join", format!("institution:{institution}"));
    let members = storage::accounts::members_in_force(tx, institution).await?;
    for provisional in members.iter().filter(|m| is_provisional(&m.person_email)) {
        take_over(ctx, tx, provisional, account).await?;
    }
    Ok(())
}
