//! What an institution has beside its journey, asked in one go: the first page reads the rest only where there is something.

use domain::{
    clock::Timestamp,
    ids::{AccountId, InstitutionId},
};

use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};

/// Whether there is something to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// A notice of a master account that can still be downloaded.
    pub notices: bool,
    /// A succession whose term runs, from either side.
    pub succession: bool,
    /// A case of a procedure outside the journey.
    pub others: bool,
    /// An end, after which nothing begins ([`crate::endings::over_among`] says which).
    pub ended: bool,
    /// Something that a vendor prepared and asks to confirm.
    pub asked: bool,
    /// A mandate that the person holds, of any institution.
    pub vendor: bool,
}
from_row!(Marks { notices, succession, others, ended, asked, vendor });

sql!(
    MARKS = "SELECT
        EXISTS (SELECT 1 FROM master_accounts WHERE institution_id = $1 AND shown_until > $2) AS notices,
        (EXISTS (SELECT 1 FROM successions WHERE old_id = $1 AND ended_at IS NULL)
            OR EXISTS (SELECT 1 FROM successions WHERE new_id = $1 AND ended_at IS NULL)) AS succession,
        EXISTS (SELECT 1 FROM applications WHERE institution_id = $1
            AND kind NOT IN ('eligibility', 'certificate', 'claims')) AS others,
        (EXISTS (SELECT 1 FROM closures WHERE institution_id = $1 AND deed = 'abolish' AND done_at IS NOT NULL)
            OR EXISTS (SELECT 1 FROM successions WHERE old_id = $1 AND ended_at IS NOT NULL)) AS ended,
        EXISTS (SELECT 1 FROM preparations WHERE institution_id = $1 AND asked_at IS NOT NULL) AS asked,
        EXISTS (SELECT 1 FROM mandates WHERE account_id = $3 AND ended_at IS NULL) AS vendor"
);

/// What an institution has now, for one of its members.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn marks(
    conn: &mut Conn,
    (institution, member): (InstitutionId, AccountId),
    now: Timestamp,
) -> Result<Marks> {
    Ok(on_engine!(conn, |c| sqlx::query_as(MARKS)
        .bind(institution.0)
        .bind(now.as_millis())
        .bind(member.0)
        .fetch_one(c)
        .await)?)
}
