//! Inquiries to the operator.

use domain::{
    clock::Timestamp,
    ids::{AccountId, InquiryId, InstitutionId},
};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// An inquiry with the names that pages show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Identifier.
    pub id: Uuid,
    /// Number to quote.
    pub reference: String,
    /// Institution it concerns.
    pub institution_id: Option<Uuid>,
    /// Who asked.
    pub account_id: Uuid,
    /// Category.
    pub category: String,
    /// Question.
    pub body: String,
    /// Answer; empty until given.
    pub answer: String,
    /// `open` or `answered`.
    pub state: String,
    /// When it was asked, in milliseconds since 1970 UTC.
    pub created_at: i64,
    /// When it was answered, in milliseconds since 1970 UTC.
    pub answered_at: Option<i64>,
    /// Name of the person.
    pub person_name: String,
    /// Address of the person.
    pub person_email: String,
    /// Code of the institution.
    pub institution_code: Option<String>,
    /// Name of the institution.
    pub institution_name: Option<String>,
}
from_row!(Inquiry {
    id,
    reference,
    institution_id,
    account_id,
    category,
    body,
    answer,
    state,
    created_at,
    answered_at,
    person_name,
    person_email,
    institution_code,
    institution_name
});

macro_rules! select_inquiry {
    ($rest:literal) => {
        concat!(
            "SELECT q.id, q.reference, q.institution_id, q.account_id, q.category, q.body, q.answer, q.state, q.created_at,
            q.answered_at, a.name AS person_name, a.email AS person_email, i.code AS institution_code,
            i.name AS institution_name
            FROM inquiries q JOIN accounts a ON a.id = q.account_id LEFT JOIN institutions i ON i.id = q.institution_id ",
            $rest
        )
    };
}

sql!(
    INSERT =
        "INSERT INTO inquiries (id, reference, institution_id, account_id, category, body, answer, state, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, '', 'open', $7)"
);
sql!(FIND = select_inquiry!("WHERE q.id = $1"));
sql!(IN_STATE = select_inquiry!("WHERE q.state = $1 ORDER BY q.created_at, q.id LIMIT $2"));
sql!(OF_ACCOUNT = select_inquiry!("WHERE q.account_id = $1 ORDER BY q.created_at DESC, q.id DESC LIMIT 50"));
sql!(
    ANSWER = "UPDATE inquiries SET answer = $1, state = 'answered', answered_at = $2 WHERE id = $3 AND state = 'open'"
);

/// Adds an inquiry.
///
/// # Errors
/// When the database refuses.
#[expect(clippy::too_many_arguments, reason = "one argument for each column")]
#[boxed]
pub async fn insert(
    tx: &mut Tx,
    id: InquiryId,
    reference: &str,
    institution: Option<InstitutionId>,
    account: AccountId,
    category: &str,
    body: &str,
    now: Timestamp,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(id.0)
        .bind(reference)
        .bind(institution.map(|id| id.0))
        .bind(account.0)
        .bind(category)
        .bind(body)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// An inquiry.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: InquiryId) -> Result<Option<Inquiry>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?)
}

/// Inquiries in one state, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn in_state(conn: &mut Conn, state: &str, limit: i64) -> Result<Vec<Inquiry>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(IN_STATE).bind(state).bind(limit).fetch_all(c).await)?)
}

/// The last 50 inquiries of a person.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_account(conn: &mut Conn, account: AccountId) -> Result<Vec<Inquiry>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_ACCOUNT).bind(account.0).fetch_all(c).await)?)
}

/// Answers an open inquiry; false when someone was faster.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn answer(tx: &mut Tx, id: InquiryId, answer: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ANSWER)
        .bind(answer)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
