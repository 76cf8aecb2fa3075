//! One's own cases, terminals and inquiries, each from an index by institution or account.

use domain::{
    applications::{Kind, State},
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InquiryId, InstitutionId},
};
use uuid::Uuid;

use crate::convert::{instant, word};
use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};

/// A case as the search shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCase {
    /// Identifier.
    pub id: ApplicationId,
    /// Procedure.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Reference number; empty for none.
    pub reference: String,
    /// Terminal of a certificate application; empty for none.
    pub terminal_name: String,
    /// When it was last sent.
    pub submitted_at: Timestamp,
}

struct Row {
    id: Uuid,
    kind: String,
    state: String,
    reference: Option<String>,
    terminal_name: Option<String>,
    submitted_at: Option<i64>,
}
from_row!(Row { id, kind, state, reference, terminal_name, submitted_at });

impl Row {
    fn read(self) -> Result<OwnCase> {
        Ok(OwnCase {
            id: ApplicationId(self.id),
            kind: word(&self.kind)?,
            state: word(&self.state)?,
            reference: self.reference.unwrap_or_default(),
            terminal_name: self.terminal_name.unwrap_or_default(),
            submitted_at: instant(self.submitted_at.unwrap_or_default()),
        })
    }
}

sql!(
    BY_NUMBER = "SELECT id, kind, state, reference, terminal_name, submitted_at FROM applications
    WHERE id IN (SELECT id FROM applications WHERE institution_id = $1 AND reference IS NOT NULL
        AND substr(reference, 1, CAST($2 AS INTEGER)) = $3 ORDER BY reference LIMIT $4) ORDER BY reference"
);
sql!(
    TERMINAL_NAMES = "SELECT DISTINCT terminal_name FROM applications
    WHERE institution_id = $1 AND terminal_name IS NOT NULL AND submitted_at IS NOT NULL ORDER BY terminal_name LIMIT $2"
);
sql!(
    OF_TERMINAL = "SELECT id, kind, state, reference, terminal_name, submitted_at FROM applications
    WHERE institution_id = $1 AND terminal_name = $2 AND submitted_at IS NOT NULL
    ORDER BY submitted_at DESC, id DESC LIMIT $3"
);
sql!(
    INQUIRIES_BY_NUMBER = "SELECT id, reference, category, created_at FROM inquiries
    WHERE account_id = $1 AND substr(reference, 1, CAST($2 AS INTEGER)) = $3 ORDER BY reference LIMIT $4"
);

/// Cases of an institution whose reference number begins like this, in the order of their numbers.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn cases_by_number(
    conn: &mut Conn,
    institution: InstitutionId,
    begin: &str,
    limit: i64,
) -> Result<Vec<OwnCase>> {
    let length = i64::try_from(begin.chars().count()).unwrap_or(i64::MAX);
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(BY_NUMBER)
        .bind(institution.0)
        .bind(length)
        .bind(begin)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Names of the terminals that an institution sent an application for.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn terminal_names(conn: &mut Conn, institution: InstitutionId, limit: i64) -> Result<Vec<String>> {
    let id = institution.0;
    Ok(on_engine!(conn, |c| sqlx::query_scalar(TERMINAL_NAMES).bind(id).bind(limit).fetch_all(c).await)?)
}

/// Cases of one terminal, the one that was sent last first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn cases_of_terminal(
    conn: &mut Conn,
    institution: InstitutionId,
    name: &str,
    limit: i64,
) -> Result<Vec<OwnCase>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_TERMINAL)
        .bind(institution.0)
        .bind(name)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// An inquiry as the search shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnInquiry {
    /// Identifier.
    pub id: InquiryId,
    /// Number.
    pub reference: String,
    /// Category.
    pub category: String,
    /// When it was asked.
    pub created_at: Timestamp,
}

/// Inquiries of a person whose number begins like this, in the order of their numbers.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn inquiries_by_number(
    conn: &mut Conn,
    account: AccountId,
    begin: &str,
    limit: i64,
) -> Result<Vec<OwnInquiry>> {
    let length = i64::try_from(begin.chars().count()).unwrap_or(i64::MAX);
    let rows: Vec<(Uuid, String, String, i64)> = on_engine!(conn, |c| sqlx::query_as(INQUIRIES_BY_NUMBER)
        .bind(account.0)
        .bind(length)
        .bind(begin)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    let read =
        |(id, reference, category, at)| OwnInquiry { id: InquiryId(id), reference, category, created_at: instant(at) };
    Ok(rows.into_iter().map(read).collect())
}
