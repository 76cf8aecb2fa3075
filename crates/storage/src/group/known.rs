//! What a table must know of many institutions at once besides what forms know ([`crate::applications::latest_filed`] and others).

use domain::{
    applications::Kind,
    ids::{AccountId, ApplicationId, InstitutionId},
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::applications::known::among;
use crate::db::{Conn, Result, boxed, on_engine};

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
