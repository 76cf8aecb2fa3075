//! What changes a thread itself.

use domain::{
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InquiryId, InstitutionId},
    inquiries::{InquiryState, Way},
};

use crate::db::{Result, Tx, boxed, on_engine, sql};

/// A thread that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInquiry<'a> {
    /// Identifier.
    pub id: InquiryId,
    /// Number to quote.
    pub reference: &'a str,
    /// Institution it concerns.
    pub institution: Option<InstitutionId>,
    /// Case it concerns.
    pub application: Option<ApplicationId>,
    /// Who asks.
    pub account: AccountId,
    /// Category.
    pub category: &'a str,
    /// How it began.
    pub way: Way,
}

/// A first answer, for the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstAnswer<'a> {
    /// When.
    pub at: Timestamp,
    /// Month in Japan, `YYYY-MM`.
    pub month: &'a str,
    /// Time from the question to it in milliseconds.
    pub took_ms: i64,
    /// Whether it came later than the target.
    pub late: bool,
}

sql!(
    INSERT =
        "INSERT INTO inquiries (id, reference, institution_id, application_id, account_id, category, way, state, since,
    messages, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, 0, $8)"
);
sql!(/// A message of the applicant opens the thread; one that is open waits on since it began to.
    REOPEN = "UPDATE inquiries SET messages = messages + 1, since = CASE WHEN state = 'open' THEN since ELSE $1 END,
    state = 'open' WHERE id = $2");
sql!(/// Nobody answers what they have not read: the number of messages must be the one that was seen.
    REPLY = "UPDATE inquiries SET messages = messages + 1, since = $1, state = $2 WHERE id = $3 AND messages = $4");
sql!(CLOSE = "UPDATE inquiries SET state = 'closed', since = $1 WHERE id = $2 AND messages = $3 AND state <> 'closed'");
sql!(
    FIRST_ANSWER = "UPDATE inquiries SET answered_at = $1, answered_month = $2, answer_ms = $3, answered_late = $4
    WHERE id = $5 AND answered_at IS NULL"
);
sql!(/// Takes it only from who had it before, so that the second of two is told.
    ASSIGN = "UPDATE inquiries SET assignee = $1 WHERE id = $2 AND (assignee = $3 OR (assignee IS NULL AND $4))");

/// Begins a thread without a message.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(tx: &mut Tx, new: &NewInquiry<'_>, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(new.id.0)
        .bind(new.reference)
        .bind(new.institution.map(|id| id.0))
        .bind(new.application.map(|id| id.0))
        .bind(new.account.0)
        .bind(new.category)
        .bind(new.way.as_str())
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Counts a message of the applicant: the thread waits for the operator.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn reopen(tx: &mut Tx, id: InquiryId, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(REOPEN).bind(now.as_millis()).bind(id.0).execute(c).await.map(drop))?)
}

/// Counts a message of staff, who saw so many; false when there are others.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn reply(tx: &mut Tx, id: InquiryId, seen: i64, state: InquiryState, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REPLY)
        .bind(now.as_millis())
        .bind(state.as_str())
        .bind(id.0)
        .bind(seen)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes the first answer; a later one changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note_first_answer(tx: &mut Tx, id: InquiryId, answer: &FirstAnswer<'_>) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(FIRST_ANSWER)
        .bind(answer.at.as_millis())
        .bind(answer.month)
        .bind(answer.took_ms)
        .bind(answer.late)
        .bind(id.0)
        .execute(c)
        .await
        .map(drop))?)
}

/// Ends a thread of so many messages; false when there are others or it has ended.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn close(tx: &mut Tx, id: InquiryId, seen: i64, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CLOSE)
        .bind(now.as_millis())
        .bind(id.0)
        .bind(seen)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Gives a thread from one of the staff, or nobody, to another; false when somebody else has it.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn assign(tx: &mut Tx, id: InquiryId, from: Option<AccountId>, to: Option<AccountId>) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ASSIGN)
        .bind(to.map(|id| id.0))
        .bind(id.0)
        .bind(from.map(|id| id.0))
        .bind(from.is_none())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
