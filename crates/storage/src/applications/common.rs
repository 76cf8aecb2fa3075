//! Cases of the procedures that share everything: what was filed last, and what an institution has under way.

use domain::{applications::Kind, ids::InstitutionId};

use super::{Application, Row, select_case};
use crate::db::{Conn, Result, boxed, on_engine, sql};

sql!(
    LATEST_OF = select_case!(
        "WHERE institution_id = $1 AND kind = $2
    AND state IN ('submitted', 'in_review', 'returned', 'accepted', 'in_force') ORDER BY submitted_at DESC, id DESC LIMIT 1"
    )
);
sql!(/// Cases of the common kind that somebody still has or that are in force; an institution has few of them.
    OTHERS = select_case!(
        "WHERE institution_id = $1 AND kind NOT IN ('eligibility', 'certificate', 'claims')
    AND state IN ('draft', 'submitted', 'in_review', 'returned', 'accepted', 'in_force') ORDER BY updated_at DESC, id DESC LIMIT 20"
    )
);

sql!(
    BEFORE_START = "SELECT COUNT(CASE WHEN kind = 'certificate' AND state = 'installed' THEN 1 END) AS connected,
    COUNT(CASE WHEN kind = 'subsidy' AND state <> 'installed' THEN 1 END) AS subsidies
    FROM applications WHERE institution_id = $1 AND kind IN ('certificate', 'subsidy')
    AND state IN ('installed', 'submitted', 'in_review', 'returned', 'accepted', 'in_force')"
);

/// The latest filing of one procedure that was sent and neither refused nor taken back.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn latest_of(conn: &mut Conn, institution: InstitutionId, kind: Kind) -> Result<Option<Application>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(LATEST_OF)
        .bind(institution.0)
        .bind(kind.as_str())
        .fetch_optional(c)
        .await)?;
    row.map(Row::read).transpose()
}

/// Cases of an institution beside those of the journey that are begun, under way or in force, the last touched first; at
/// most twenty.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn others(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Application>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OTHERS).bind(institution.0).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Whether a terminal of the institution has passed the connection test, and whether a subsidy application of it was filed
/// and stands.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn before_start(conn: &mut Conn, institution: InstitutionId) -> Result<(bool, bool)> {
    let (connected, subsidies): (i64, i64) =
        on_engine!(conn, |c| sqlx::query_as(BEFORE_START).bind(institution.0).fetch_one(c).await)?;
    Ok((connected > 0, subsidies > 0))
}
