//! What is looked up about a case while it is examined.

use domain::{
    applications::checks::Elsewhere,
    ids::{AccountId, ApplicationId, InstitutionId},
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::convert::word;
use crate::db::{Conn, Result, boxed, on_engine, sql};

sql!(
    ELSEWHERE = "SELECT p.id, p.kind, p.state, COALESCE(p.reference, ''), i.name, i.code FROM applications p
    JOIN institutions i ON i.id = p.institution_id WHERE p.line_id = $1 AND p.institution_id <> $2
    AND p.state NOT IN ('draft', 'rejected', 'withdrawn', 'superseded') ORDER BY p.id LIMIT 5"
);
sql!(/// Who sent or accepted a case, prepared it as a vendor, or wrote its draft last.
    HAS_HAND_IN = "SELECT COUNT(*) + (SELECT COUNT(*) FROM draft_marks WHERE application_id = $1 AND written_by = $3)
        + (SELECT COUNT(*) FROM preparations WHERE application_id = $1 AND account_id = $3)
    FROM application_events WHERE application_id = $1 AND actor = $2
    AND event IN ('submit', 'resubmit', 'answer', 'accept')");

/// Cases of other institutions that declare the same customer ID, at most five.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn elsewhere_with_line(conn: &mut Conn, line_id: &str, institution: InstitutionId) -> Result<Vec<Elsewhere>> {
    let rows: Vec<(Uuid, String, String, String, String, String)> =
        on_engine!(conn, |c| sqlx::query_as(ELSEWHERE).bind(line_id).bind(institution.0).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(id, kind, state, reference, institution, code)| {
            let (id, kind, state) = (ApplicationId(id), word(&kind)?, word(&state)?);
            Ok(Elsewhere { id, kind, state, reference, institution, code })
        })
        .collect()
}

/// Whether a person wrote, sent, answered for or accepted a case before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn has_hand_in(conn: &mut Conn, case: ApplicationId, account: AccountId) -> Result<bool> {
    let actor = format!("account:{account}");
    let count: i64 = on_engine!(conn, |c| sqlx::query_scalar(HAS_HAND_IN)
        .bind(case.0)
        .bind(&actor)
        .bind(account.0)
        .fetch_one(c)
        .await)?;
    Ok(count > 0)
}

/// Reference numbers of cases, in no order; by one statement for all of a list. Drafts have none.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn references_of(conn: &mut Conn, ids: &[ApplicationId]) -> Result<Vec<(ApplicationId, String)>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<(Uuid, String)> = on_engine!(conn, |c| {
        let mut query =
            QueryBuilder::new("SELECT id, reference FROM applications WHERE reference IS NOT NULL AND id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id.0);
        }
        query.push(")");
        query.build_query_as().persistent(false).fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(|(id, reference)| (ApplicationId(id), reference)).collect())
}
