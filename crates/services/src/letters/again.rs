//! Letters that came back or were lost, and the new one in their place (spec 04.2).
//!
//! The old secret dies at once. The new letter carries a new one for the same application: no new certificate, no new
//! fee, and the time in which the certificate can be fetched does not begin anew.

use std::collections::HashMap;

use domain::{
    accounts::{clean_line, needed_line},
    applications::{Event, State},
    calendar::japanese_date,
    clock::Timestamp,
    ids::{ApplicationId, LetterId},
    permissions::Permission,
    reference::ReferenceNumber,
};
use storage::boxed;
use storage::{
    Tx,
    applications::Application,
    letters::{Around, Letter},
};
use time::Duration;

use super::{
    arrival::ARRIVAL_DAYS,
    order::{NewSecret, new_secret, order_until},
};
use crate::{
    Ctx, Error, Result,
    applications::{advance, own, tell},
    authority::MOST_TRIES,
};

/// Longest reason for which the post brought a letter back.
const LONGEST_REASON: usize = 200;
/// Days in which the applicant should ask for a new letter after one came back.
const ANSWER_DAYS: i64 = 30;
/// What the life of a case says of a letter that is lost though nobody noted that it was posted.
const UNPOSTED: &str = "発送の記録のない通知書";

/// A letter with what the desk must know of it.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The letter, without its secret.
    pub letter: Letter,
    /// The number by which it is known on paper.
    pub reference: String,
    /// Name of the institution.
    pub institution: String,
    /// Its registered address.
    pub address: String,
    /// State of its case; none for a letter that proves a membership.
    pub state: Option<State>,
}

pub(super) async fn seen(conn: &mut storage::Conn, letter: Letter) -> Result<Posted> {
    seen_all(conn, vec![letter]).await?.pop().ok_or(Error::NotFound)
}

/// Letters as the desk sees them, in their order.
pub(super) async fn seen_all(conn: &mut storage::Conn, letters: Vec<Letter>) -> Result<Vec<Posted>> {
    let ids: Vec<LetterId> = letters.iter().map(|letter| letter.id).collect();
    let mut around: HashMap<LetterId, Around> =
        storage::letters::around(conn, &ids).await?.into_iter().map(|one| (one.id, one)).collect();
    let posted = |letter: Letter| {
        let Around { case, name, address, .. } = around.remove(&letter.id).ok_or(Error::NotFound)?;
        let (reference, state) = case.map_or((None, None), |(reference, state)| (reference, Some(state)));
        let reference = super::desk::number_on_paper(&letter, reference);
        let letter = Letter { secret_hash: None, secret_sealed: None, ..letter };
        Ok(Posted { letter, reference, institution: name, address, state })
    };
    letters.into_iter().map(posted).collect()
}

/// A letter without its secret.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn letter(ctx: &Ctx<'_>, id: LetterId) -> Result<Posted> {
    ctx.permit(Permission::ReadLetters)?;
    let mut conn = ctx.app.db.read().await?;
    let found = storage::letters::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    seen(&mut conn, found).await
}

/// A typed reference number as cases carry it; what is none stays as it is.
pub(super) fn stored_reference(typed: &str) -> String {
    ReferenceNumber::parse(typed).map_or_else(|_| typed.to_owned(), |number| number.as_str().to_owned())
}

/// Letters with a registered-mail number or a reference number as typed, newest first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn by_number(ctx: &Ctx<'_>, typed: &str) -> Result<Vec<Posted>> {
    ctx.permit(Permission::ReadLetters)?;
    let typed = clean_line(typed, 40).unwrap_or_default();
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    if plain.is_empty() {
        return Ok(vec![]);
    }
    let mut conn = ctx.app.db.read().await?;
    let found = storage::letters::by_number(&mut conn, &plain, &stored_reference(&plain)).await?;
    seen_all(&mut conn, found).await
}

/// Letters that came back or were lost and for which no new one was ordered yet, oldest first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn gone(ctx: &Ctx<'_>) -> Result<Vec<Posted>> {
    ctx.permit(Permission::ReadLetters)?;
    let mut conn = ctx.app.db.read().await?;
    let found = storage::letters::gone(&mut conn, 200).await?;
    seen_all(&mut conn, found).await
}

/// New letters that are on their way to the post because an applicant reported the one before as not arrived or lost,
/// oldest first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn reported(ctx: &Ctx<'_>) -> Result<Vec<Posted>> {
    ctx.permit(Permission::ReadLetters)?;
    let mut conn = ctx.app.db.read().await?;
    let found = storage::letters::reissued(&mut conn, 200).await?;
    seen_all(&mut conn, found).await
}

/// Notes that the post brought a letter back: its secret dies and the applicant is asked to check the address; or the
/// sentence that says what is wrong.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it is no issuance notice,
/// [`Error::ChangedMeanwhile`] when it is not on its way.
#[boxed]
pub async fn came_back(ctx: &Ctx<'_>, id: LetterId, reason: &str) -> Result<Result<(), String>> {
    ctx.permit(Permission::DispatchLetters)?;
    let reason = match needed_line("戻ってきた理由", reason, LONGEST_REASON) {
        Ok(reason) => reason,
        Err(message) => return Ok(Err(message)),
    };
    let mut tx = ctx.app.db.write().await?;
    let (letter, case) = on_its_way(&mut tx, id).await?;
    bury(ctx, &mut tx, &letter, "letter.came_back").await?;
    advance(ctx, &mut tx, &case, Event::LetterComesBack, &reason).await?;
    let day = |at: Timestamp| japanese_date(at.date());
    let deadline = letter.deadline.ok_or_else(|| Error::internal("letter without deadline"))?;
    let asked = ctx.now + Duration::days(ANSWER_DAYS);
    let further = [
        ("posted_on", letter.posted_at.map(day).unwrap_or_default()),
        ("reason", reason),
        ("deadline", day(deadline.min(asked))),
        tell::pickup_until(deadline),
    ];
    tell::about(ctx, &mut tx, &case, "certificate_letter_returned", &further).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Ok(()))
}

/// Notes that the post delivered a letter.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist,
/// [`Error::ChangedMeanwhile`] when it is not on its way.
#[boxed]
pub async fn delivered(ctx: &Ctx<'_>, id: LetterId) -> Result<()> {
    ctx.permit(Permission::DispatchLetters)?;
    let mut tx = ctx.app.db.write().await?;
    storage::letters::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !storage::letters::deliver(&mut tx, id, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "letter.deliver", format!("letter:{id}"), "posted", "delivered");
    tx.commit().await?;
    Ok(())
}

/// Notes that a letter is lost: its secret dies, a new letter is ordered in its place, and the applicant is told. The
/// applicant reported a posted letter as not arrived or lost; of a printed one the sheet was spoiled, or it was posted
/// without its number.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it is no issuance notice,
/// [`Error::ChangedMeanwhile`] when it is neither printed nor on its way, or the time for fetching is over.
#[boxed]
pub async fn lost(ctx: &Ctx<'_>, id: LetterId) -> Result<LetterId> {
    ctx.permit(Permission::DispatchLetters)?;
    let secret = new_secret(ctx).await?;
    let mut tx = ctx.app.db.write().await?;
    let (letter, case) = with_case(&mut tx, id).await?;
    if !can_be_lost(&letter, Some(case.state)) {
        return Err(Error::ChangedMeanwhile);
    }
    let new = order_again(ctx, &mut tx, case, secret, true).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(new)
}

/// Orders a new letter in place of one that came back, and tells the applicant.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it is no issuance notice,
/// [`Error::ChangedMeanwhile`] when a new one was ordered before or the time for fetching is over.
#[boxed]
pub async fn reissue(ctx: &Ctx<'_>, id: LetterId) -> Result<LetterId> {
    ctx.permit(Permission::DispatchLetters)?;
    let letter = storage::letters::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    let case = letter.application_id.ok_or(Error::NotFound)?;
    let secret = new_secret(ctx).await?;
    let mut tx = ctx.app.db.write().await?;
    let case = storage::applications::find(&mut tx, case).await?.ok_or(Error::NotFound)?;
    let new = order_again(ctx, &mut tx, case, secret, false).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(new)
}

/// The applicant's one button: the letter never came, is lost, or came back; a new one is sent.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution, [`Error::ChangedMeanwhile`] when it is too early for a new
/// letter, the certificate was fetched, or the time for it is over.
#[boxed]
pub async fn send_again(ctx: &Ctx<'_>, id: ApplicationId) -> Result<LetterId> {
    own(ctx, id).await?;
    let secret = new_secret(ctx).await?;
    let mut tx = ctx.app.db.write().await?;
    let case = storage::applications::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !can_be_sent_again(&case, &storage::letters::of_application(&mut tx, id).await?, ctx.now) {
        return Err(Error::ChangedMeanwhile);
    }
    let lost = case.kind.allows(case.state, Event::LoseLetter);
    let new = order_again(ctx, &mut tx, case, secret, lost).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(new)
}

/// Whether the applicant can ask for a new letter, who has these letters of the case, oldest first: one is on its way, came
/// back or was lost. One that was printed may still be at the desk: only when nobody noted its posting for as long as a
/// posted one takes to arrive, or when it was posted all the same and wrong secrets have locked it.
pub fn can_be_sent_again(case: &Application, letters: &[Letter], now: Timestamp) -> bool {
    let waited = || case.state_since + Duration::days(ARRIVAL_DAYS) <= now;
    let locked = || letters.last().is_some_and(|letter| letter.tries >= MOST_TRIES);
    match case.state {
        State::LetterPosted | State::LetterReturned | State::LetterLost => true,
        State::LetterPrinted => waited() || locked(),
        _ => false,
    }
}

/// Whether the desk can give a letter up and order a new one; `case` is the state of its case.
pub fn can_be_lost(letter: &Letter, case: Option<State>) -> bool {
    matches!(
        (letter.state.as_str(), case),
        ("printed", Some(State::LetterPrinted)) | ("posted", Some(State::LetterPosted))
    )
}

async fn with_case(tx: &mut Tx, id: LetterId) -> Result<(Letter, Application)> {
    let letter = storage::letters::find(tx, id).await?.ok_or(Error::NotFound)?;
    let case = letter.application_id.ok_or(Error::NotFound)?;
    let case = storage::applications::find(tx, case).await?.ok_or(Error::NotFound)?;
    Ok((letter, case))
}

/// A letter that is posted, and its case, which waits for nothing else.
async fn on_its_way(tx: &mut Tx, id: LetterId) -> Result<(Letter, Application)> {
    let (letter, case) = with_case(tx, id).await?;
    if letter.state == "posted" { Ok((letter, case)) } else { Err(Error::ChangedMeanwhile) }
}

async fn bury(ctx: &Ctx<'_>, tx: &mut Tx, letter: &Letter, action: &str) -> Result<()> {
    storage::letters::kill(tx, letter.id).await?;
    ctx.audit(tx, action, format!("letter:{}", letter.id), &letter.state, "dead");
    Ok(())
}

/// The old secrets die, a new letter is ordered, the applicant is told; first the case loses its letter, if it is lost.
async fn order_again(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    mut case: Application,
    secret: NewSecret,
    lost: bool,
) -> Result<LetterId> {
    let letters = storage::letters::of_application(tx, case.id).await?;
    let deadline = letters.iter().filter_map(|letter| letter.deadline).max();
    let deadline = deadline.filter(|deadline| *deadline > ctx.now).ok_or(Error::ChangedMeanwhile)?;
    let (act, note) = match (lost, case.state) {
        (true, State::LetterPrinted) => ("letter.unposted", UNPOSTED),
        (true, _) => ("letter.lost", ""),
        (false, _) => ("letter.replaced", ""),
    };
    // Letters before the case, as a pickup and a revocation do it: who waits for whom must not go round in a circle.
    for letter in letters.iter().filter(|letter| !letter.is_dead()) {
        bury(ctx, tx, letter, act).await?;
    }
    if lost {
        let state = advance(ctx, tx, &case, Event::LoseLetter, note).await?;
        case = Application { state, version: case.version + 1, ..case };
    }
    advance(ctx, tx, &case, Event::ReissueLetter, "").await?;
    let new = order_until(ctx, tx, &case, secret, deadline).await?;
    let further = [tell::letter_ordered_now(ctx), tell::pickup_until(deadline)];
    tell::about(ctx, tx, &case, "certificate_letter_reissued", &further).await?;
    Ok(new)
}
