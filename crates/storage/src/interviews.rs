//! Interviews: which procedures an institution fills together and where it stands. The answers lie in their drafts.

use std::{fmt::Display, str::FromStr};

use domain::{
    applications::Kind,
    clock::Timestamp,
    ids::{ApplicationId, InstitutionId},
};

use crate::convert::instant;
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// An interview of an institution; there is at most one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interview {
    /// Whose.
    pub institution_id: InstitutionId,
    /// Procedures that are filled together.
    pub kinds: Vec<Kind>,
    /// Word of the page on which the person goes on.
    pub step: String,
    /// Cases that were sent last.
    pub sent: Vec<ApplicationId>,
    /// When it was last written.
    pub updated_at: Timestamp,
}

struct Row {
    kinds: String,
    step: String,
    sent: String,
    updated_at: i64,
}
from_row!(Row { kinds, step, sent, updated_at });

sql!(
    PUT = "INSERT INTO interviews (institution_id, kinds, step, sent, updated_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (institution_id) DO UPDATE
    SET kinds = excluded.kinds, step = excluded.step, sent = excluded.sent, updated_at = excluded.updated_at"
);
sql!(OF = "SELECT kinds, step, sent, updated_at FROM interviews WHERE institution_id = $1");

fn joined<T: Display>(all: &[T]) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

/// Words that this version does not know are left out: a procedure that was taken out of service asks nothing.
fn parted<T: FromStr>(text: &str) -> Vec<T> {
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// Stores an interview in place of the institution's earlier one.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn put(tx: &mut Tx, interview: &Interview) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(PUT)
        .bind(interview.institution_id.0)
        .bind(joined(&interview.kinds))
        .bind(&interview.step)
        .bind(joined(&interview.sent))
        .bind(interview.updated_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// The interview of an institution, if it began one.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_institution(conn: &mut Conn, institution: InstitutionId) -> Result<Option<Interview>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(OF).bind(institution.0).fetch_optional(c).await)?;
    Ok(row.map(|row| Interview {
        institution_id: institution,
        kinds: parted(&row.kinds),
        step: row.step,
        sent: parted(&row.sent),
        updated_at: instant(row.updated_at),
    }))
}
