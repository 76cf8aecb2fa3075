//! Who belongs to an institution that takes the place of another.

use domain::{
    ids::{AccountId, InstitutionId, JobId, MembershipId},
    institutions::Institution,
};
use serde_json::json;
use storage::{Tx, accounts::Membership, boxed};

use super::{
    super::audit_as, ACTIVE, LETTER, OWNER, REVIEWER, ROLE_STAFF, activate, ask::prove, code::new_code, is_pending,
    owners,
};
use crate::{App, Ctx, Error, MembershipRule, Result, succession};

/// How the person who filed a succession comes to act for the new institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// At once: by the decision, or they belonged to it before.
    Now,
    /// By the code of a letter to the registered address of the new institution.
    ByLetter,
    /// Nobody owned the old institution any more.
    Nobody,
}

impl Joined {
    /// What a mail says of it.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Now => "画面の上の「切り替える」で、新しいコードの医療機関等を選べます。",
            Self::ByLetter => {
                "新しいコードの医療機関等の住所に、確認コードの手紙をお送りします。届いたら、「医療機関等とメンバー」で確認コードを入力してください。"
            }
            Self::Nobody => "「医療機関等とメンバー」から、新しいコードの医療機関等を追加してください。",
        }
    }
}

/// Admits people of the old institution at the new one. Whoever filed the succession proves the membership as the
/// installation rules: by a posted code, which goes to the new address and so to whoever is really there; or, where
/// reviewers decide, by this very decision. The other owners wait until the first one lets them in: after a change of
/// founder they may be strangers there.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn succeed(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    applicant: AccountId,
    old: InstitutionId,
    new: &Institution,
) -> Result<Joined> {
    let members = storage::accounts::members_in_force(tx, old).await?;
    let all: Vec<&Membership> = owners(&members).collect();
    let first = all.iter().find(|one| one.account_id == applicant).or(all.first());
    let Some(first) = first else { return Ok(Joined::Nobody) };
    let joined = admit(ctx, tx, first.account_id, new).await?;
    for other in all.iter().filter(|other| other.account_id != first.account_id) {
        let id = MembershipId::new(ctx.now, &*ctx.app.randomness);
        let added = storage::accounts::insert_membership(tx, id, other.account_id, new.id, ROLE_STAFF, OWNER, ctx.now);
        if added.await?.is_some() {
            audit_as(ctx, tx, other.account_id, "membership.request", format!("membership:{id}"));
        }
    }
    Ok(joined)
}

/// The first person at the new institution.
async fn admit(ctx: &Ctx<'_>, tx: &mut Tx, person: AccountId, new: &Institution) -> Result<Joined> {
    let state = match ctx.app.settings.membership {
        MembershipRule::Letter => LETTER,
        MembershipRule::Reviewer => REVIEWER,
    };
    let id = MembershipId::new(ctx.now, &*ctx.app.randomness);
    let added = storage::accounts::insert_membership(tx, id, person, new.id, ROLE_STAFF, state, ctx.now).await?;
    if added.is_some() {
        audit_as(ctx, tx, person, "membership.request", format!("membership:{id}"));
    }
    let mine = storage::accounts::membership_of(tx, person, new.id).await?.ok_or(Error::NotFound)?;
    if mine.state == ACTIVE {
        return Ok(Joined::Now);
    }
    if state == REVIEWER && is_pending(&mine.state) {
        let decided_by = ctx.account().unwrap_or(person);
        return match activate(ctx, tx, &mine, decided_by).await? {
            true => Ok(Joined::Now),
            false => Err(Error::ChangedMeanwhile),
        };
    }
    // Hashing a code is slow: the letter is ordered after the transaction.
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let key = format!("{}:{}", succession::LETTER, mine.id);
    let payload = json!({ "membership": mine.id });
    storage::jobs::enqueue(tx, job, succession::LETTER, Some(&key), payload, ctx.now).await?;
    Ok(Joined::ByLetter)
}

/// Orders the letter with the code of a membership that waits for one and has none; otherwise nothing is done.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub(crate) async fn post_code(app: &App, id: MembershipId) -> Result<()> {
    let ctx = Ctx::system(app, "succession_letter");
    let waits = |one: &Membership| one.state == LETTER && one.code_hash.is_none();
    let mut conn = app.db.read().await?;
    if !storage::accounts::membership(&mut conn, id).await?.as_ref().is_some_and(waits) {
        return Ok(());
    }
    drop(conn);
    let code = new_code(&ctx).await?;
    let mut tx = app.db.write().await?;
    let Some(one) = storage::accounts::membership(&mut tx, id).await?.filter(waits) else {
        return Ok(tx.rollback().await?);
    };
    let place = storage::institutions::find(&mut tx, one.institution_id).await?.ok_or(Error::NotFound)?;
    prove(&ctx, &mut tx, id, &place, &one.person_name, code).await?;
    ctx.audit(&mut tx, "membership.prove", format!("membership:{id}"), "", LETTER);
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}
