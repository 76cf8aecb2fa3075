//! Ordering letters, and their end.

use domain::{
    applications::{Event, State},
    clock::Timestamp,
    ids::{ApplicationId, InstitutionId, JobId, LetterId, MembershipId},
    secrets::{PickupId, PickupSecret},
};
use serde_json::{Value, json};
use storage::boxed;
use storage::{Tx, applications::Application, letters::Letter};

use super::{EXPIRE, ISSUANCE_NOTICE, MEMBERSHIP_CODE, REMIND, SEAL, arrival::is_overdue};
use crate::{App, Ctx, Error, Result, applications::tell};

/// Days before the deadline on which an applicant who fetched nothing is reminded.
const REMINDER_DAYS: [i64; 3] = [90, 30, 7];

/// A pickup ID and secret, hashed and sealed before the transaction begins.
#[derive(Debug)]
pub struct NewSecret {
    id: PickupId,
    hash: String,
    sealed: Vec<u8>,
}

/// Makes a pickup ID and secret.
///
/// # Errors
/// When hashing or sealing fails.
#[boxed]
pub async fn new_secret(ctx: &Ctx<'_>) -> Result<NewSecret> {
    let randomness = &*ctx.app.randomness;
    let secret = PickupSecret::generate(randomness);
    Ok(NewSecret {
        id: PickupId::generate(randomness),
        hash: ctx.app.hasher.hash(secret.as_str(), randomness).await?,
        sealed: ctx.app.vault.seal(SEAL, secret.as_str().as_bytes(), randomness)?,
    })
}

/// Orders the issuance notice of an approved case.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn order_issuance(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application, secret: NewSecret) -> Result<LetterId> {
    order_until(ctx, tx, case, secret, tell::pickup_deadline(ctx)).await
}

/// Orders an issuance notice that works until a deadline.
pub(super) async fn order_until(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    case: &Application,
    secret: NewSecret,
    deadline: Timestamp,
) -> Result<LetterId> {
    let letter = Letter {
        kind: ISSUANCE_NOTICE.to_owned(),
        application_id: Some(case.id),
        addressee: case.answers.get("contact").to_owned(),
        pickup_id: Some(secret.id.as_str().to_owned()),
        secret_hash: Some(secret.hash),
        secret_sealed: Some(secret.sealed),
        deadline: Some(deadline),
        ..blank(ctx, case.institution_id)
    };
    storage::letters::insert(tx, &letter).await?;
    ctx.audit(tx, "letter.order", format!("letter:{}", letter.id), "", ISSUANCE_NOTICE);
    schedule(ctx, tx, (EXPIRE, None), letter.id, deadline + time::Duration::SECOND).await?;
    for days in REMINDER_DAYS {
        let early = deadline - time::Duration::days(days);
        if early > ctx.now {
            schedule(ctx, tx, (REMIND, Some(days)), letter.id, early).await?;
        }
    }
    Ok(letter.id)
}

/// Sets a job about a letter; the days before its deadline tell several of one kind apart.
pub(super) async fn schedule(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    (kind, days): (&str, Option<i64>),
    letter: LetterId,
    at: Timestamp,
) -> Result<()> {
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let nth = days.map(|days| format!(":{days}")).unwrap_or_default();
    let key = format!("{kind}:{letter}{nth}");
    storage::jobs::enqueue(tx, job, kind, Some(&key), json!({ "letter": letter, "days": days }), at).await?;
    Ok(())
}

/// Orders the letter that proves a membership; the code is sealed until the print is confirmed.
///
/// # Errors
/// When the database refuses or sealing fails.
#[boxed]
pub async fn order_membership(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    membership: MembershipId,
    institution: InstitutionId,
    person: &str,
    code: &str,
) -> Result<LetterId> {
    let letter = Letter {
        kind: MEMBERSHIP_CODE.to_owned(),
        membership_id: Some(membership),
        addressee: person.to_owned(),
        secret_sealed: Some(ctx.app.vault.seal(SEAL, code.as_bytes(), &*ctx.app.randomness)?),
        ..blank(ctx, institution)
    };
    storage::letters::insert(tx, &letter).await?;
    ctx.audit(tx, "letter.order", format!("letter:{}", letter.id), "", MEMBERSHIP_CODE);
    Ok(letter.id)
}

fn blank(ctx: &Ctx<'_>, institution: InstitutionId) -> Letter {
    Letter {
        id: LetterId::new(ctx.now, &*ctx.app.randomness),
        kind: String::new(),
        state: "to_print".to_owned(),
        application_id: None,
        membership_id: None,
        institution_id: institution,
        addressee: String::new(),
        pickup_id: None,
        secret_hash: None,
        secret_sealed: None,
        tries: 0,
        batch_id: None,
        tracking_number: None,
        deadline: None,
        created_at: ctx.now,
        printed_at: None,
        posted_at: None,
        delivered_at: None,
    }
}

pub(super) fn letter_of(payload: &Value) -> Result<LetterId> {
    payload["letter"].as_str().and_then(|id| id.parse().ok()).ok_or_else(|| Error::internal("no letter"))
}

/// Reminds the applicant of a certificate that was not fetched while the deadline comes near: of the letter that was
/// posted, or should have been long ago, or that a new one must be asked for; the work of a [`REMIND`] job. Each letter of a case has jobs of its own,
/// and only one of them speaks.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remind(app: &App, payload: &Value) -> Result<()> {
    let id = letter_of(payload)?;
    let ctx = Ctx::system(app, "letter_reminder");
    let mut tx = app.db.write().await?;
    let Some(letter) = storage::letters::find(&mut tx, id).await? else { return Ok(()) };
    let (Some(application), Some(deadline)) = (letter.application_id, letter.deadline) else { return Ok(()) };
    if newest(&storage::letters::of_application(&mut tx, application).await?) != Some(id) {
        return Ok(());
    }
    let case = storage::applications::find(&mut tx, application).await?;
    let left = (deadline.date() - ctx.now.date()).whole_days();
    let Some(case) = case.filter(|_| is_next(payload, left)) else { return Ok(()) };
    let text = match case.state {
        State::LetterPosted if !letter.is_dead() => "certificate_pickup_reminder",
        State::LetterPrinted if is_overdue(&letter, ctx.now) => "certificate_pickup_reminder",
        State::LetterReturned | State::LetterLost => "certificate_letter_waiting",
        _ => return Ok(()),
    };
    let pickup_url = ("pickup_url", app.settings.closed_url.clone());
    let left = ("left", format!("あと{left}日"));
    let further = [tell::pickup_until(deadline), tell::letter_ordered_now(&ctx), pickup_url, left];
    tell::about(&ctx, &mut tx, &case, text, &further).await?;
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

/// The letter that counts among those of a case: the last one that works, or else the last one.
fn newest(letters: &[Letter]) -> Option<LetterId> {
    letters.iter().rfind(|letter| !letter.is_dead()).or(letters.last()).map(|letter| letter.id)
}

/// Whether a reminder still has its turn: after a time away, only the last one that is due is sent.
fn is_next(payload: &Value, left: i64) -> bool {
    let days = payload["days"].as_i64().unwrap_or(REMINDER_DAYS[1]);
    let next = REMINDER_DAYS.into_iter().find(|next| *next < days).unwrap_or(-1);
    left > next
}

/// Ends a letter whose deadline has passed, and its case when no other letter of it lives; the work of an [`EXPIRE`]
/// job. A certificate that was fetched stays.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn expire(app: &App, payload: &Value) -> Result<()> {
    let id = letter_of(payload)?;
    let ctx = Ctx::system(app, "letter_expiry");
    let mut tx = app.db.write().await?;
    let Some(letter) = storage::letters::find(&mut tx, id).await? else { return Ok(()) };
    let Some(deadline) = letter.deadline.filter(|deadline| *deadline < ctx.now) else { return Ok(()) };
    if storage::letters::kill(&mut tx, id).await? {
        ctx.audit(&mut tx, "letter.expire", format!("letter:{id}"), &letter.state, "dead");
    }
    if let Some(application) = letter.application_id {
        expire_case(&ctx, &mut tx, application, deadline).await?;
    }
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

async fn expire_case(ctx: &Ctx<'_>, tx: &mut Tx, id: ApplicationId, deadline: Timestamp) -> Result<()> {
    let Some(case) = storage::applications::find(tx, id).await? else { return Ok(()) };
    let letters = storage::letters::of_application(tx, id).await?;
    if letters.iter().all(Letter::is_dead) && case.kind.allows(case.state, Event::ExpirePickup) {
        crate::applications::advance(ctx, tx, &case, Event::ExpirePickup, "").await?;
        let further = [tell::pickup_until(deadline), tell::letter_applied_for_now(ctx)];
        tell::about(ctx, tx, &case, "certificate_pickup_expired", &further).await?;
    }
    Ok(())
}
