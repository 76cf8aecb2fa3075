//! Cases that ended without what was applied for lose their answers after their period; reference, state and dates stay.

use domain::{clock::Timestamp, ids::ApplicationId};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(
    TO_BLANK =
        "SELECT id FROM applications WHERE blanked_at IS NULL AND state IN ('rejected', 'withdrawn', 'cancelled')
    AND state_since < $1 ORDER BY state_since, id LIMIT $2"
);
sql!(
    BLANK = "UPDATE applications SET answers = '{}', findings = '[]', reasons = '[]', line_id = NULL,
    version = version + 1, blanked_at = $1
    WHERE id = $2 AND blanked_at IS NULL AND state IN ('rejected', 'withdrawn', 'cancelled')"
);
sql!(BLANK_NOTES = "UPDATE application_events SET note = '' WHERE application_id = $1");
sql!(BLANKED_AT = "SELECT blanked_at FROM applications WHERE id = $1");

/// Cases that ended so before an instant and still have their answers, the longest ago first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn to_blank(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<ApplicationId>> {
    let rows: Vec<Uuid> =
        on_engine!(conn, |c| sqlx::query_scalar(TO_BLANK).bind(before.as_millis()).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(ApplicationId).collect())
}

/// Takes the answers, remarks and reasons from a case, and the notes from its life; false when that was done before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn blank(tx: &mut Tx, id: ApplicationId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(BLANK)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    on_engine!(&mut **tx, |c| sqlx::query(BLANK_NOTES).bind(id.0).execute(c).await.map(drop))?;
    Ok(rows == 1)
}

/// When the answers of a case were taken away; none while it has them.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn blanked_at(conn: &mut Conn, id: ApplicationId) -> Result<Option<Timestamp>> {
    let found: Option<Option<i64>> =
        on_engine!(conn, |c| sqlx::query_scalar(BLANKED_AT).bind(id.0).fetch_optional(c).await)?;
    Ok(found.flatten().map(Timestamp::from_millis))
}
