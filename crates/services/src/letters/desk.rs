//! The dispatch desk: batches, confirmation, registered-mail numbers.

use domain::{
    applications::{Event, Kind},
    calendar::japanese_date,
    clock::Timestamp,
    ids::{BatchId, LetterId},
    permissions::Permission,
    spreadsheet::harmless,
    text::brief,
};
use storage::boxed;
use storage::{
    Tx,
    letters::{Batch, Letter},
};

use super::ISSUANCE_NOTICE;
use crate::{Ctx, Error, Result, applications::tell};

/// Most letters in one batch.
const BATCH: i64 = 200;

/// Batches that the desk shows: the letters of each are counted.
const BATCHES: i64 = 30;

/// The post gives a number out again some time after the letter arrived.
const NUMBERS_COME_AGAIN: time::Duration = time::Duration::days(180);

/// Letters that some readers put around the number of a barcode.
const STARTS_AND_STOPS: [char; 8] = ['a', 'b', 'c', 'd', 'A', 'B', 'C', 'D'];

/// What the list says of a letter that died since the batch was made.
const DROPPED: &str = "無効になったため、発送しません";

/// What the desk shows.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Letters waiting for a batch.
    pub to_print: i64,
    /// Letters printed but not posted.
    pub to_post: i64,
    /// Batches, newest first.
    pub batches: Vec<Batch>,
    /// Letters that wait longer than they should (spec 04.2).
    pub late: i64,
    /// When the letter was ordered that waits longest.
    pub oldest: Option<Timestamp>,
    /// Business days in which a letter should be posted.
    pub target_days: u32,
    /// The one thing to do next.
    pub next: NextStep,
}

/// The one thing to do next at the desk: what is begun is finished first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// A batch waits for its print to be confirmed.
    Confirm(BatchId),
    /// Printed letters wait for their registered-mail numbers; the batch of the oldest.
    Post(BatchId),
    /// Letters wait for a batch.
    Print,
    /// Letters came back or were lost, and nobody has ordered new ones.
    Returned,
    /// Letters should have arrived.
    Overdue,
    /// Nothing waits.
    Nothing,
}

/// The desk at a glance.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn desk(ctx: &Ctx<'_>) -> Result<Desk> {
    ctx.permit(Permission::ReadLetters)?;
    let mut conn = ctx.app.db.read().await?;
    let (holidays, target_days) = (ctx.app.holidays(), ctx.app.rules().posting_days);
    let working = holidays.subtract_business_days(ctx.now.date(), 0);
    let should = Timestamp::start_of_day(holidays.subtract_business_days(working, target_days));
    let (late, oldest) = storage::letters::waiting(&mut conn, should).await?;
    let to_print = storage::letters::count_in_state(&mut conn, "to_print").await?;
    Ok(Desk {
        to_print,
        to_post: storage::letters::count_in_state(&mut conn, "printed").await?,
        batches: storage::letters::batches(&mut conn, BATCHES).await?,
        late,
        oldest,
        target_days,
        next: next_step(ctx, &mut conn, to_print).await?,
    })
}

async fn next_step(ctx: &Ctx<'_>, conn: &mut storage::Conn, to_print: i64) -> Result<NextStep> {
    if let Some(batch) = storage::letters::batch_with(conn, "in_batch").await? {
        return Ok(NextStep::Confirm(batch));
    }
    if let Some(batch) = storage::letters::batch_with(conn, "printed").await? {
        return Ok(NextStep::Post(batch));
    }
    if to_print > 0 {
        return Ok(NextStep::Print);
    }
    if !storage::letters::gone(conn, 1).await?.is_empty() {
        return Ok(NextStep::Returned);
    }
    let posted = ctx.now - time::Duration::days(super::ARRIVAL_DAYS);
    let overdue = !storage::letters::overdue(conn, posted, 1).await?.is_empty();
    Ok(if overdue { NextStep::Overdue } else { NextStep::Nothing })
}

/// Puts waiting letters into a new batch, oldest first, at most 200; `None` when none waits.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn make_batch(ctx: &Ctx<'_>) -> Result<Option<BatchId>> {
    ctx.permit(Permission::DispatchLetters)?;
    let mut tx = ctx.app.db.write().await?;
    let waiting = storage::letters::in_state(&mut tx, "to_print", BATCH).await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    let id = BatchId::new(ctx.now, &*ctx.app.randomness);
    storage::letters::insert_batch(&mut tx, id, &ctx.actor_name(), ctx.now).await?;
    for letter in &waiting {
        storage::letters::put_in_batch(&mut tx, id, letter.id).await?;
    }
    ctx.audit(&mut tx, "batch.make", format!("batch:{id}"), "", &waiting.len().to_string());
    tx.commit().await?;
    Ok(Some(id))
}

/// A batch with its letters, without their secrets.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn batch(ctx: &Ctx<'_>, id: BatchId) -> Result<(Batch, Vec<(Letter, String)>)> {
    ctx.permit(Permission::ReadLetters)?;
    let mut conn = ctx.app.db.read().await?;
    let batch = storage::letters::batch(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let mut letters = vec![];
    for letter in storage::letters::of_batch(&mut conn, id).await? {
        let reference = reference_of(&mut conn, &letter).await?;
        letters.push((Letter { secret_hash: None, secret_sealed: None, ..letter }, reference));
    }
    Ok((batch, letters))
}

/// The number by which a letter is known on paper: that of its case, or the end of its own identifier.
pub(super) async fn reference_of(conn: &mut storage::Conn, letter: &Letter) -> Result<String> {
    let case = match letter.application_id {
        Some(id) => storage::applications::find(conn, id).await?,
        None => None,
    };
    Ok(number_on_paper(letter, case.and_then(|case| case.reference)))
}

/// The number by which a letter is known on paper: that of its case, or the end of its own.
pub(super) fn number_on_paper(letter: &Letter, reference: Option<String>) -> String {
    let own = || letter.id.to_string().chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect::<String>();
    reference.map_or_else(|| own().to_uppercase(), |reference| tell::grouped(&reference))
}

/// The list that goes with a batch, as CSV with a byte-order mark.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when the batch does not exist.
#[boxed]
pub async fn manifest(ctx: &Ctx<'_>, id: BatchId) -> Result<Vec<u8>> {
    let (_, letters) = batch(ctx, id).await?;
    let mut conn = ctx.app.db.read().await?;
    let mut rows = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    rows.write_record(["受付番号", "郵便番号", "住所", "宛先", "宛名", "書留番号", "備考"]).map_err(Error::internal)?;
    for (letter, reference) in letters {
        let to = storage::institutions::find(&mut conn, letter.institution_id).await?.ok_or(Error::NotFound)?;
        let remark = if letter.is_dropped() { DROPPED } else { "" }.to_owned();
        let number = letter.tracking_number.unwrap_or_default();
        let row = [reference, to.postal_code, to.address, to.name, letter.addressee, number, remark]
            .map(|cell| harmless(&cell));
        rows.write_record(row).map_err(Error::internal)?;
    }
    rows.into_inner().map_err(Error::internal)
}

/// Confirms that a batch was printed; the secrets of its letters are destroyed.
///
/// A batch of which a sheet was never opened cannot have been printed: a sentence says so, and nothing is destroyed.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::ChangedMeanwhile`] when it was confirmed before.
#[boxed]
pub async fn confirm_printed(ctx: &Ctx<'_>, id: BatchId) -> Result<Result<(), String>> {
    ctx.permit(Permission::DispatchLetters)?;
    let unopened = storage::letters::unopened(&mut ctx.app.db.read().await?, id).await?;
    if unopened > 0 {
        return Ok(Err(format!(
            "まだPDFを開いていない通知書が{unopened}通あります。PDFを開いて印刷してから、印刷済みにしてください。"
        )));
    }
    super::print::keep_copies(ctx, id).await?;
    let mut tx = ctx.app.db.write().await?;
    let letters = storage::letters::of_batch(&mut tx, id).await?;
    if !storage::letters::confirm_batch(&mut tx, id, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    for letter in letters.iter().filter(|letter| !letter.is_dead()) {
        if let Some(case) = case_of(&mut tx, letter).await?
            && case.kind.allows(case.state, Event::PrintLetter)
        {
            crate::applications::advance(ctx, &mut tx, &case, Event::PrintLetter, "").await?;
            super::arrival::ask_if_unposted(ctx, &mut tx, letter).await?;
        }
    }
    let printed = letters.iter().filter(|letter| !letter.is_dead()).count();
    ctx.audit(&mut tx, "batch.confirm", format!("batch:{id}"), "", &printed.to_string());
    tx.commit().await?;
    Ok(Ok(()))
}

/// A registered-mail number in its stored form, if it is one and no other letter of late carries it.
pub(super) async fn usable_number(ctx: &Ctx<'_>, tx: &mut Tx, number: &str) -> Result<Result<String, String>> {
    let typed = domain::typed::compact(&domain::accounts::clean_line(number, 40).unwrap_or_default());
    let (digits, number) = (typed.trim_matches(STARTS_AND_STOPS).to_owned(), brief(number));
    if digits.len() < 8 || digits.len() > 20 || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Ok(Err(format!("書留番号「{number}」は、数字8～20桁で入力してください。")));
    }
    let others = storage::letters::by_number(tx, &digits, "").await?;
    if others.iter().any(|other| other.posted_at.is_some_and(|at| at + NUMBERS_COME_AGAIN > ctx.now)) {
        return Ok(Err(format!(
            "書留番号「{number}」は、ほかの通知書に記録されています。受領証の番号を確かめてください。"
        )));
    }
    Ok(Ok(digits))
}

pub(super) async fn case_of(tx: &mut Tx, letter: &Letter) -> Result<Option<storage::applications::Application>> {
    match letter.application_id {
        Some(id) => Ok(storage::applications::find(tx, id).await?),
        None => Ok(None),
    }
}

/// Notes that one letter was posted.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when the letter does not exist.
#[boxed]
pub async fn post_one(ctx: &Ctx<'_>, id: LetterId, number: &str) -> Result<Result<(), String>> {
    ctx.permit(Permission::DispatchLetters)?;
    let mut tx = ctx.app.db.write().await?;
    let letter = storage::letters::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let digits = match usable_number(ctx, &mut tx, number).await? {
        Ok(digits) => digits,
        Err(fault) => return Ok(Err(fault)),
    };
    if !storage::letters::post(&mut tx, id, &digits, ctx.now).await? {
        return Ok(Err("この通知書は、印刷済みではないか、すでに発送済みです。".to_owned()));
    }
    ctx.audit(&mut tx, "letter.post", format!("letter:{id}"), &letter.state, &digits);
    if letter.kind == ISSUANCE_NOTICE {
        posted_case(ctx, &mut tx, &letter, &digits).await?;
    } else {
        crate::accounts::membership::letter_posted(ctx, &mut tx, &letter).await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

async fn posted_case(ctx: &Ctx<'_>, tx: &mut Tx, letter: &Letter, number: &str) -> Result<()> {
    let Some(case) = case_of(tx, letter).await? else { return Ok(()) };
    if !Kind::Certificate.allows(case.state, Event::PostLetter) {
        return Ok(());
    }
    crate::applications::advance(ctx, tx, &case, Event::PostLetter, number).await?;
    let further = [
        ("tracking", number.to_owned()),
        ("posted_on", japanese_date(ctx.now.date())),
        tell::letter_posted_now(ctx),
        tell::pickup_until(letter.deadline.ok_or_else(|| Error::internal("letter without deadline"))?),
    ];
    super::arrival::ask_later(ctx, tx, letter).await?;
    tell::about(ctx, tx, &case, "certificate_letter_posted", &further).await
}
