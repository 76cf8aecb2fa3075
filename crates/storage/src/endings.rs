//! What of an institution still works and must end with it.

use std::collections::BTreeMap;

use domain::{
    applications::Kind,
    clock::Timestamp,
    closing::Over,
    ids::{ApplicationId, CertificateId, InstitutionId},
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::applications::known::among;
use crate::convert::word;
use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(
    VALID = "SELECT id FROM certificates WHERE institution_id = $1 AND state = 'valid' AND not_after >= $2
    ORDER BY not_after, id LIMIT $3"
);
sql!(
    TO_FETCH = "SELECT id FROM applications WHERE institution_id = $1 AND kind = 'certificate'
    AND state IN ('approved', 'letter_printed', 'letter_posted', 'letter_returned', 'letter_lost', 'letter_reissued')
    ORDER BY id LIMIT $2"
);

/// Institutions that are asked about in one statement, which names each of them twice.
const STATEMENT: usize = 10_000;

/// Which of some institutions are over, and why.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn over_among(conn: &mut Conn, of: &[InstitutionId]) -> Result<BTreeMap<InstitutionId, Over>> {
    let mut over = BTreeMap::new();
    for part in of.chunks(STATEMENT) {
        let rows: Vec<(Uuid, i64)> = on_engine!(conn, |c| {
            let mut query = QueryBuilder::new(
                "SELECT institution_id, CAST(0 AS BIGINT) FROM closures
                WHERE deed = 'abolish' AND done_at IS NOT NULL AND institution_id IN ",
            );
            among!(query, part);
            query.push(
                " UNION ALL SELECT old_id, CAST(1 AS BIGINT) FROM successions WHERE ended_at IS NOT NULL AND old_id IN ",
            );
            among!(query, part);
            query.build_query_as().fetch_all(c).await
        })?;
        // Whoever has another code goes on there, also when the old one was closed besides.
        for (place, succeeded) in rows {
            let why = if succeeded == 1 { Over::Succeeded } else { Over::Closed };
            let known = over.entry(InstitutionId(place)).or_insert(why);
            *known = if *known == Over::Succeeded { *known } else { why };
        }
    }
    Ok(over)
}

/// Valid certificates of an institution that end at an instant or later, those that end first at the beginning.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn valid(
    conn: &mut Conn,
    institution: InstitutionId,
    from: Timestamp,
    limit: i64,
) -> Result<Vec<CertificateId>> {
    let ids: Vec<Uuid> = on_engine!(conn, |c| sqlx::query_scalar(VALID)
        .bind(institution.0)
        .bind(from.as_millis())
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(ids.into_iter().map(CertificateId).collect())
}

/// Certificate applications of an institution that were approved and whose certificate was not fetched yet.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn to_fetch(conn: &mut Conn, institution: InstitutionId, limit: i64) -> Result<Vec<ApplicationId>> {
    let ids: Vec<Uuid> =
        on_engine!(conn, |c| sqlx::query_scalar(TO_FETCH).bind(institution.0).bind(limit).fetch_all(c).await)?;
    Ok(ids.into_iter().map(ApplicationId).collect())
}

sql!(
    CASES = "SELECT id, kind, reference FROM applications WHERE institution_id = $1
    AND state IN ('submitted', 'in_review', 'returned') ORDER BY id LIMIT 500"
);
sql!(
    FILINGS = "SELECT id, kind, reference FROM applications WHERE institution_id = $1
    AND state IN ('accepted', 'in_force') ORDER BY id LIMIT 500"
);
sql!(
    OWED =
        "SELECT COUNT(*), CAST(COALESCE(SUM(amount_yen - paid_yen), 0) AS BIGINT) FROM bills WHERE institution_id = $1
    AND payment = 'payment_slip' AND paid_yen < amount_yen"
);
sql!(END_CALENDAR = "DELETE FROM calendar_feeds WHERE institution_id = $1");
sql!(
    END_PERMITS = "DELETE FROM renewal_permits WHERE application_id IN
    (SELECT id FROM applications WHERE institution_id = $1 AND kind = 'certificate')"
);

/// A case: identifier, procedure, reference number.
pub type Named = (ApplicationId, Kind, String);

fn named(rows: Vec<(Uuid, String, Option<String>)>) -> Result<Vec<Named>> {
    let read = |(id, kind, reference): (Uuid, String, Option<String>)| {
        Ok((ApplicationId(id), word(&kind)?, reference.unwrap_or_default()))
    };
    rows.into_iter().map(read).collect()
}

/// Cases of an institution that wait for a decision, at most 500.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn under_way(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Named>> {
    named(on_engine!(conn, |c| sqlx::query_as(CASES).bind(institution.0).fetch_all(c).await)?)
}

/// Cases of an institution that were accepted and go on, at most 500.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn filings(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Named>> {
    named(on_engine!(conn, |c| sqlx::query_as(FILINGS).bind(institution.0).fetch_all(c).await)?)
}

/// How many bills of an institution are not paid, and what is owed on them in yen.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn owed(conn: &mut Conn, institution: InstitutionId) -> Result<(i64, i64)> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OWED).bind(institution.0).fetch_one(c).await)?)
}

/// Ends the calendar of an institution's terminals and every permission for renewals; gives how many there were.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn end_subscriptions(tx: &mut Tx, institution: InstitutionId) -> Result<i64> {
    let calendars = on_engine!(&mut **tx, |c| sqlx::query(END_CALENDAR)
        .bind(institution.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    let permits = on_engine!(&mut **tx, |c| sqlx::query(END_PERMITS)
        .bind(institution.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(i64::try_from(calendars + permits).unwrap_or(i64::MAX))
}
