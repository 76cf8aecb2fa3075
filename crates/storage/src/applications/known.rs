//! What forms must know of institutions: as many questions for a page of them as for one.

use std::collections::BTreeMap;

use domain::{
    applications::Kind,
    clock::Timestamp,
    ids::{ApplicationId, InstitutionId},
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{Application, Row, select_case};
use crate::convert::instant;
use crate::db::{Conn, Result, boxed, on_engine};

/// Terminals of an institution that are looked at.
const MOST_TERMINALS: usize = 500;

/// Lists the institutions of a page in a statement; the placeholders of both engines are written by the builder.
macro_rules! among {
    ($query:ident, $ids:expr) => {{
        $query.push("(");
        let mut list = $query.separated(", ");
        for id in $ids {
            list.push_bind(id.0);
        }
        $query.push(")");
    }};
}
pub(crate) use among;

/// The latest case of each of some procedures at each of some institutions that was sent and neither refused, taken back nor
/// replaced.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn latest_filed(
    conn: &mut Conn,
    kinds: &[Kind],
    of: &[InstitutionId],
) -> Result<BTreeMap<(InstitutionId, Kind), Application>> {
    if of.is_empty() || kinds.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<Row> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(select_case!("WHERE id IN ("));
        for (place, kind) in kinds.iter().enumerate() {
            query.push(if place == 0 { "" } else { " UNION ALL " });
            query.push("SELECT (SELECT f.id FROM applications f WHERE f.institution_id = i.id AND f.kind = ");
            query.push_bind(kind.as_str());
            query.push(
                " AND f.state IN ('submitted', 'in_review', 'returned', 'accepted', 'in_force')
                ORDER BY f.submitted_at DESC, f.id DESC LIMIT 1) FROM institutions i WHERE i.id IN ",
            );
            among!(query, of);
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(|row| row.read().map(|case| ((case.institution_id, case.kind), case))).collect()
}

/// The latest filing of one procedure at one institution, as [`latest_filed`] finds it.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn latest_of(conn: &mut Conn, institution: InstitutionId, kind: Kind) -> Result<Option<Application>> {
    Ok(latest_filed(conn, &[kind], &[institution]).await?.remove(&(institution, kind)))
}

/// Certificate applications of institutions that are under way, or whose certificate is not revoked, the first ones first; at most
/// 500 for each institution on average.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn terminals_of(conn: &mut Conn, of: &[InstitutionId]) -> Result<Vec<Application>> {
    if of.is_empty() {
        return Ok(vec![]);
    }
    let most = i64::try_from(of.len() * MOST_TERMINALS).unwrap_or(i64::MAX);
    let rows: Vec<Row> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(select_case!("WHERE institution_id IN "));
        among!(query, of);
        query.push(
            " AND kind = 'certificate' AND terminal_name IS NOT NULL
            AND state NOT IN ('draft', 'rejected', 'cancelled', 'pickup_expired')
            AND (state NOT IN ('picked_up', 'installed') OR EXISTS (SELECT 1 FROM certificates c
            WHERE c.application_id = applications.id AND c.state = 'valid')) ORDER BY submitted_at, id LIMIT ",
        );
        query.push_bind(most);
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(Row::read).collect()
}

/// The ends of valid certificates of institutions that end at an instant or later, each with its case.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn endings_of(
    conn: &mut Conn,
    of: &[InstitutionId],
    from: Timestamp,
) -> Result<Vec<(ApplicationId, Timestamp)>> {
    if of.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<(Option<Uuid>, i64)> = on_engine!(conn, |c| {
        let mut query =
            QueryBuilder::new("SELECT application_id, not_after FROM certificates WHERE institution_id IN ");
        among!(query, of);
        query.push(" AND state = 'valid' AND not_after >= ").push_bind(from.as_millis());
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(rows.into_iter().filter_map(|(case, end)| Some((ApplicationId(case?), instant(end)))).collect())
}

/// What stands before and behind the start of operation at an institution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AroundStart {
    /// Whether a terminal has passed the connection test.
    pub connected: bool,
    /// Whether a subsidy application was filed and stands.
    pub subsidy: bool,
}

/// What stands before and behind the start of operation at each of some institutions; those with neither are left out.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn around_start(conn: &mut Conn, of: &[InstitutionId]) -> Result<BTreeMap<InstitutionId, AroundStart>> {
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Uuid, i64, i64)> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(
            "SELECT institution_id, COUNT(CASE WHEN kind = 'certificate' AND state = 'installed' THEN 1 END),
            COUNT(CASE WHEN kind = 'subsidy' AND state <> 'installed' THEN 1 END) FROM applications WHERE institution_id IN ",
        );
        among!(query, of);
        query.push(
            " AND kind IN ('certificate', 'subsidy')
            AND state IN ('installed', 'submitted', 'in_review', 'returned', 'accepted', 'in_force') GROUP BY institution_id",
        );
        query.build_query_as().fetch_all(c).await
    })?;
    let read = |(place, connected, subsidies): (Uuid, i64, i64)| {
        (InstitutionId(place), AroundStart { connected: connected > 0, subsidy: subsidies > 0 })
    };
    Ok(rows.into_iter().map(read).collect())
}
