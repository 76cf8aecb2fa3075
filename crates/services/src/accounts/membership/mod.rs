//! Memberships: asked for, proved, decided, ended (spec 2.3).
//!
//! A membership waits in state `letter` (a posted code), `owner` or `reviewer` until it is `active`; it ends as
//! `refused` or `removed`, and the same person may ask again. In state `letter` without a code no letter is on its
//! way: the institution is not in the register yet, or the code was typed wrong too often.

mod acting;
mod ask;
mod code;
mod decide;
mod invite;
mod members;
mod succeed;

pub use acting::not_elsewhere;
pub(crate) use acting::{acting_for, belongs, follow};
pub use ask::{Asked, ProveBy, Requested, request};
pub use code::{CODE_LIFE, CodeAnswer, confirm_code, letter_posted, resend_letter};
pub use decide::{Decided, approve, decline, review_decide, review_list};
pub use invite::{
    AcceptForm, Accepted, Invitation, Invited, OpenInvitation, accept_invitation, invitation, invite, open_invitations,
    withdraw_invitation,
};
pub(crate) use invite::{come_in, newcomer};
pub use members::{Mine, Removed, choose, make_owner, members, mine, remove};

pub(crate) use ask::waiting;
pub(super) use ask::{Applicant, Slip, Where, ask, institution_of};
pub(super) use code::new_code;
pub(crate) use succeed::{Joined, post_code, succeed};

/// What pages show of a membership and of the letter that proves it.
pub use storage::accounts::{Membership, Proof};

use domain::{
    accounts::is_provisional,
    calendar::japanese_date,
    ids::{AccountId, MembershipId},
};
use storage::{Conn, Tx};

use super::{audit_as, letter_to, links};
use crate::{Ctx, Error, Result, mail::queue};

/// Waits for the code of a posted letter.
pub const LETTER: &str = "letter";
/// Waits for an owner.
pub const OWNER: &str = "owner";
/// Waits for a reviewer.
pub const REVIEWER: &str = "reviewer";
/// In force.
pub const ACTIVE: &str = "active";
/// Declined.
pub const REFUSED: &str = "refused";
/// Ended.
pub const REMOVED: &str = "removed";

/// Role of a member who invites, approves and removes others.
pub const ROLE_OWNER: &str = "owner";
/// Role of every other member.
pub const ROLE_STAFF: &str = "staff";

/// A state as pages say it.
pub fn state_label(state: &str) -> &'static str {
    match state {
        LETTER => "郵便の確認コード待ち",
        OWNER => "代表者の承認待ち",
        REVIEWER => "審査担当の確認待ち",
        ACTIVE => "所属中",
        REFUSED => "承認されませんでした",
        REMOVED => "所属を終了しました",
        _ => "不明",
    }
}

/// A role as pages say it.
pub fn role_label(role: &str) -> &'static str {
    if role == ROLE_OWNER { "代表者" } else { "メンバー" }
}

/// Whether a membership still waits for its proof.
pub fn is_pending(state: &str) -> bool {
    matches!(state, LETTER | OWNER | REVIEWER)
}

/// Those of the members in force whom mail can reach; a provisional account holds its place only until a person takes over.
fn real_members(members: &[Membership]) -> impl Iterator<Item = &Membership> {
    members.iter().filter(|member| !is_provisional(&member.person_email))
}

/// Those of the members in force who are owners and whom mail can reach.
fn owners(members: &[Membership]) -> impl Iterator<Item = &Membership> {
    real_members(members).filter(|member| member.role == ROLE_OWNER)
}

/// A membership of the person who is logged in.
async fn own(ctx: &Ctx<'_>, conn: &mut Conn, id: MembershipId) -> Result<Membership> {
    let account = ctx.account()?;
    let found = storage::accounts::membership(conn, id).await?;
    found.filter(|membership| membership.account_id == account).ok_or(Error::NotFound)
}

/// Puts a membership in force: the first person becomes owner, later ones staff, and provisional accounts give way.
///
/// `actor` is the account whose act it is. False when somebody was faster.
async fn activate(ctx: &Ctx<'_>, tx: &mut Tx, membership: &Membership, actor: AccountId) -> Result<bool> {
    storage::accounts::hold_institution(tx, membership.institution_id).await?;
    let members = storage::accounts::members_in_force(tx, membership.institution_id).await?;
    let role = if owners(&members).next().is_some() { ROLE_STAFF } else { ROLE_OWNER };
    let by = format!("account:{actor}");
    let (id, from) = (membership.id, membership.state.as_str());
    if !storage::accounts::activate_membership(tx, id, from, role, &by, ctx.now).await? {
        return Ok(false);
    }
    storage::accounts::kill_proofs(tx, id).await?;
    audit_as(ctx, tx, actor, "membership.activate", format!("membership:{id}"));
    for provisional in members.iter().filter(|m| is_provisional(&m.person_email)) {
        take_over(ctx, tx, provisional, actor).await?;
    }
    tell_approved(ctx, tx, membership).await?;
    Ok(true)
}

/// Ends the membership of a provisional account; its cases stay with the institution, its name in the history.
async fn take_over(ctx: &Ctx<'_>, tx: &mut Tx, provisional: &Membership, actor: AccountId) -> Result<()> {
    let by = format!("account:{actor}");
    storage::accounts::decide_membership(tx, provisional.id, ACTIVE, REMOVED, &by, ctx.now).await?;
    audit_as(ctx, tx, actor, "membership.take_over", format!("membership:{}", provisional.id));
    let rest = storage::accounts::memberships_of_account(tx, provisional.account_id).await?;
    if !rest.iter().any(|membership| membership.state == ACTIVE) {
        storage::accounts::disable(tx, provisional.account_id, ctx.now).await?;
        storage::sessions::end_others(tx, provisional.account_id, "").await?;
        audit_as(ctx, tx, actor, "account.disable", format!("account:{}", provisional.account_id));
    }
    Ok(())
}

async fn tell_approved(ctx: &Ctx<'_>, tx: &mut Tx, membership: &Membership) -> Result<()> {
    let values = [
        ("person", membership.person_name.clone()),
        ("institution", membership.institution_name.clone()),
        ("code", grouped(&membership.institution_code)),
    ];
    queue(ctx, tx, &letter_to("membership_approved", membership.account_id, &membership.person_email), &values).await
}

async fn tell_declined(ctx: &Ctx<'_>, tx: &mut Tx, membership: &Membership, reason: &str) -> Result<()> {
    let values = [
        ("person", membership.person_name.clone()),
        ("institution", membership.institution_name.clone()),
        ("reason", reason.to_owned()),
        ("login_url", links::login(ctx)),
    ];
    queue(ctx, tx, &letter_to("membership_declined", membership.account_id, &membership.person_email), &values).await
}

/// A stored code in groups for reading.
fn grouped(code: &str) -> String {
    code.parse::<domain::institutions::InstitutionCode>().map_or_else(|_| code.to_owned(), |code| code.grouped())
}

/// A day some days from now, for people.
fn day_in(ctx: &Ctx<'_>, days: i64) -> String {
    japanese_date((ctx.now + time::Duration::days(days)).date())
}
