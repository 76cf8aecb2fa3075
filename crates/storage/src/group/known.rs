//! What is known of many institutions at once: as many questions for a page of them as for one.

use std::collections::BTreeMap;

use domain::{
    applications::Kind,
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InstitutionId},
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::applications::{Application, CaseRow, select_case};
use crate::convert::instant;
use crate::db::{Conn, Result, boxed, on_engine};

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

/// Where a person belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The institution.
    pub institution: InstitutionId,
    /// `owner` or `staff`.
    pub role: String,
}

/// At which of some institutions a person is an active member.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn members_among(conn: &mut Conn, account: AccountId, of: &[InstitutionId]) -> Result<Vec<Member>> {
    if of.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<(Uuid, String)> = on_engine!(conn, |c| {
        let mut query =
            QueryBuilder::new("SELECT institution_id, role FROM memberships WHERE state = 'active' AND account_id = ");
        query.push_bind(account.0).push(" AND institution_id IN ");
        among!(query, of);
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(|(id, role)| Member { institution: InstitutionId(id), role }).collect())
}

/// The latest case of a procedure at each institution that was sent and neither refused, taken back nor replaced.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn latest_of(
    conn: &mut Conn,
    kind: Kind,
    of: &[InstitutionId],
) -> Result<BTreeMap<InstitutionId, Application>> {
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<CaseRow> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(select_case!(
            "WHERE id IN (SELECT (SELECT f.id FROM applications f WHERE f.institution_id = i.id AND f.kind = "
        ));
        query.push_bind(kind.as_str());
        query.push(
            " AND f.state IN ('submitted', 'in_review', 'returned', 'accepted', 'in_force')
            ORDER BY f.submitted_at DESC, f.id DESC LIMIT 1) FROM institutions i WHERE i.id IN ",
        );
        among!(query, of);
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    let cases = rows.into_iter().map(|row| row.read().map(|case| (case.institution_id, case)));
    cases.collect()
}

/// A case that is sent and not decided: its institution, identifier and reference number.
pub type Process = (InstitutionId, ApplicationId, String);

/// The cases of a procedure that are sent and not decided, one for each institution.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn under_way_of(conn: &mut Conn, kind: Kind, of: &[InstitutionId]) -> Result<Vec<Process>> {
    if of.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<(Uuid, Uuid, Option<String>)> = on_engine!(conn, |c| {
        let mut query =
            QueryBuilder::new("SELECT institution_id, id, reference FROM applications WHERE institution_id IN ");
        among!(query, of);
        query.push(" AND state IN ('submitted', 'in_review', 'returned') AND kind = ");
        query.push_bind(kind.as_str());
        query.build_query_as().fetch_all(c).await
    })?;
    let read = |(place, id, reference): (Uuid, Uuid, Option<String>)| {
        (InstitutionId(place), ApplicationId(id), reference.unwrap_or_default())
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Certificate applications that are under way, or whose certificate is not revoked
/// ([`crate::applications::terminals_of`]), of each institution.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn terminals_of_many(conn: &mut Conn, of: &[InstitutionId]) -> Result<Vec<Application>> {
    if of.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<CaseRow> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(select_case!("WHERE institution_id IN "));
        among!(query, of);
        query.push(
            " AND kind = 'certificate' AND terminal_name IS NOT NULL
            AND state NOT IN ('draft', 'rejected', 'cancelled', 'pickup_expired')
            AND (state NOT IN ('picked_up', 'installed') OR EXISTS (SELECT 1 FROM certificates c
            WHERE c.application_id = applications.id AND c.state = 'valid')) ORDER BY submitted_at, id",
        );
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(CaseRow::read).collect()
}

/// The ends of valid certificates that end at an instant or later, each with its case.
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

/// Which institutions declare some customer IDs, as [`crate::applications::filed_elsewhere_with_line`] asks for one.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn lines_elsewhere(conn: &mut Conn, lines: &[String]) -> Result<Vec<(String, InstitutionId)>> {
    if lines.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<(String, Uuid)> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(
            "SELECT DISTINCT line_id, institution_id FROM applications
            WHERE state NOT IN ('draft', 'rejected', 'withdrawn', 'superseded') AND line_id IN (",
        );
        let mut list = query.separated(", ");
        for line in lines {
            list.push_bind(line.clone());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(|(line, place)| (line, InstitutionId(place))).collect())
}
