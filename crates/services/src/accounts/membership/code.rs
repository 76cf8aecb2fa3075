//! The posted code that proves a membership.

use domain::{
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
    ids::{AccountId, InstitutionId, MembershipId},
    secrets::MembershipCode,
};
use storage::boxed;
use storage::{
    Tx,
    accounts::{Membership, Proof},
    letters::Letter,
};
use time::Duration;

use super::{
    super::{
        letter_to,
        limits::{self, Over},
    },
    ACTIVE, Asked, LETTER, OWNER, REVIEWER, activate, ask, own,
};
use crate::{Ctx, Error, MembershipRule, Result, mail::queue};

/// How long a posted code is accepted, counted from the order of its letter to the end of a day.
pub const CODE_LIFE: Duration = Duration::days(45);
/// A code dies after so many wrong tries.
const TRIES: i64 = 5;

/// What typing a code led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeAnswer {
    /// The membership is in force.
    Active,
    /// It is not the code of the letter.
    Wrong {
        /// Tries that are left; with 0 the code is dead and a new letter must be ordered.
        left: i64,
    },
    /// No code is awaited: none was sent yet, or it is dead. A letter must be ordered.
    NoCode,
    /// The code's time is over. A letter must be ordered.
    Expired,
    /// What was typed has not the form of a code; it does not count as a try.
    Slip(String),
}

/// A code and its hash, made before the transaction begins: hashing is slow.
pub(in crate::accounts) struct NewCode {
    code: MembershipCode,
    hash: String,
}

/// Makes a code.
pub(in crate::accounts) async fn new_code(ctx: &Ctx<'_>) -> Result<NewCode> {
    let code = MembershipCode::generate(&*ctx.app.randomness);
    let hash = ctx.app.hasher.hash(code.as_str(), &*ctx.app.randomness).await?;
    Ok(NewCode { code, hash })
}

/// Until when the code of a letter ordered at an instant is accepted.
fn until(ordered: Timestamp) -> Timestamp {
    Timestamp::end_of_day((ordered + CODE_LIFE).date())
}

/// Orders the letter with a new code for a membership in state `letter`; the code and the letter before die. Gives until
/// when the code is accepted. Letters cost money: where too many were ordered, everything stays as it is.
pub(super) async fn order_letter(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    membership: MembershipId,
    institution: InstitutionId,
    person: &str,
    new: NewCode,
) -> Result<Result<Timestamp, Over>> {
    if let Err(over) = count_letter(ctx, tx, membership, institution).await? {
        return Ok(Err(over));
    }
    if !storage::accounts::set_code(tx, membership, LETTER, &new.hash).await? {
        return Err(Error::ChangedMeanwhile);
    }
    storage::accounts::kill_proofs(tx, membership).await?;
    crate::letters::order_membership(ctx, tx, membership, institution, person, new.code.as_str()).await?;
    Ok(Ok(until(ctx.now)))
}

/// Counts a letter for its membership and for its institution.
async fn count_letter(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    membership: MembershipId,
    institution: InstitutionId,
) -> Result<Result<(), Over>> {
    let (membership, place) = (membership.to_string(), institution.to_string());
    if let Err(over) = limits::LETTERS.count(ctx, tx, &[&membership]).await? {
        return Ok(Err(over));
    }
    let counted = limits::LETTERS_TO_PLACE.count(ctx, tx, &[&place]).await?;
    if let Err(over) = counted {
        // Strangers who used up the letters of an institution do not use up those of this person.
        limits::LETTERS.forgive(tx, &[&membership]).await?;
        if over.first {
            ctx.audit(tx, "membership.letters_limited", format!("institution:{place}"), "", "");
        }
    }
    Ok(counted)
}

/// Proves a membership by the code of the letter.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's membership, [`Error::ChangedMeanwhile`] when it no longer waits for a code.
#[boxed]
pub async fn confirm_code(ctx: &Ctx<'_>, id: MembershipId, typed: &str) -> Result<CodeAnswer> {
    let account = ctx.account()?;
    let mut conn = ctx.app.db.read().await?;
    let membership = own(ctx, &mut conn, id).await?;
    let letter = storage::accounts::proof(&mut conn, id).await?;
    drop(conn);
    match membership.state.as_str() {
        LETTER => {}
        ACTIVE => return Ok(CodeAnswer::Active),
        _ => return Err(Error::ChangedMeanwhile),
    }
    let code = match MembershipCode::parse(typed) {
        Ok(code) => code,
        Err(slip) => return Ok(CodeAnswer::Slip(slip.to_string())),
    };
    match accepted_until(&membership, letter.as_ref()) {
        None => Ok(CodeAnswer::NoCode),
        Some(until) if until < ctx.now => Ok(CodeAnswer::Expired),
        Some(_) => try_code(ctx, &membership, &code, account).await,
    }
}

/// Counts the try before it looks: of many tries at once no more than the allowed ones are answered.
async fn try_code(ctx: &Ctx<'_>, seen: &Membership, code: &MembershipCode, account: AccountId) -> Result<CodeAnswer> {
    let mut tx = ctx.app.db.write().await?;
    let tries = storage::accounts::count_code_try(&mut tx, seen.id).await?.ok_or(Error::ChangedMeanwhile)?;
    tx.commit().await?;
    let right = tries <= TRIES && ctx.app.hasher.matches(code.as_str(), seen.code_hash.as_deref()).await?;
    let mut tx = ctx.app.db.write().await?;
    let membership = own(ctx, &mut tx, seen.id).await?;
    if membership.code_hash != seen.code_hash {
        return Err(Error::ChangedMeanwhile);
    }
    let answer = if right {
        if !activate(ctx, &mut tx, &membership, account).await? {
            return Err(Error::ChangedMeanwhile);
        }
        CodeAnswer::Active
    } else {
        ctx.audit(&mut tx, "membership.wrong_code", format!("membership:{}", seen.id), "", "");
        if tries >= TRIES {
            storage::accounts::drop_code(&mut tx, seen.id).await?;
            storage::accounts::kill_proofs(&mut tx, seen.id).await?;
        }
        CodeAnswer::Wrong { left: (TRIES - tries).max(0) }
    };
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(answer)
}

/// Orders a letter with a new code; the code before works no more.
///
/// Also for a membership that waited for the register, or whose owner does not answer: it is proved by the rule then.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's membership, [`Error::ChangedMeanwhile`] when it waits for no proof,
/// [`Error::TooManyTries`] after three letters in a month, or many to the institution in a week.
#[boxed]
pub async fn resend_letter(ctx: &Ctx<'_>, id: MembershipId) -> Result<Asked> {
    let mut conn = ctx.app.db.read().await?;
    let membership = own(ctx, &mut conn, id).await?;
    let place = storage::institutions::find(&mut conn, membership.institution_id).await?.ok_or(Error::NotFound)?;
    drop(conn);
    if !matches!(membership.state.as_str(), LETTER | OWNER) {
        return Err(Error::ChangedMeanwhile);
    }
    if !place.in_register {
        return Ok(Asked::Waiting { membership: id });
    }
    let code = new_code(ctx).await?;
    let mut tx = ctx.app.db.write().await?;
    let by_rule = match ctx.app.settings.membership {
        MembershipRule::Letter => LETTER,
        MembershipRule::Reviewer => REVIEWER,
    };
    if membership.state != by_rule {
        let (by, now) = (ctx.actor_id(), ctx.now);
        if !storage::accounts::decide_membership(&mut tx, id, &membership.state, by_rule, &by, now).await? {
            return Err(Error::ChangedMeanwhile);
        }
    }
    let asked = ask::prove(ctx, &mut tx, id, &place, &membership.person_name, code).await?;
    if let Asked::NoLetterYet { from, .. } = asked {
        return Err(Error::TooManyTries { until: from });
    }
    ctx.audit(&mut tx, "membership.prove_again", format!("membership:{id}"), &membership.state, by_rule);
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(asked)
}

/// Tells the person that the letter with their code was posted, in the transaction that notes the posting.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn letter_posted(ctx: &Ctx<'_>, tx: &mut Tx, letter: &Letter) -> Result<()> {
    let Some(id) = letter.membership_id else { return Ok(()) };
    let Some(membership) = storage::accounts::membership(tx, id).await? else { return Ok(()) };
    let Some(place) = storage::institutions::find(tx, membership.institution_id).await? else { return Ok(()) };
    let settings = &ctx.app.settings;
    let delivery = ctx.app.rules().delivery_days();
    let values = [
        ("person", membership.person_name.clone()),
        ("institution", membership.institution_name.clone()),
        ("posted_on", japanese_date(ctx.now.date())),
        ("address", format!("〒{} {}", place.postal_code, place.address)),
        ("expected_date", japanese_date(ctx.app.holidays().add_business_days(ctx.now.date(), delivery))),
        ("link", format!("{}/memberships/{id}/code", settings.portal_url)),
        ("valid_until", japanese_datetime(until(letter.created_at))),
    ];
    queue(ctx, tx, &letter_to("membership_letter_posted", membership.account_id, &membership.person_email), &values)
        .await
}

/// Until when the code of a membership is accepted, if one is on its way.
pub(super) fn accepted_until(membership: &Membership, letter: Option<&Proof>) -> Option<Timestamp> {
    membership.code_hash.as_ref().and(letter).map(|letter| until(letter.created_at))
}
