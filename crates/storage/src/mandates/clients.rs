//! The clients of a vendor: a page of them by code, and how much was prepared for each.

use domain::{
    applications::{Kind, State},
    clock::Timestamp,
    ids::{AccountId, InstitutionId},
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{Mandate, Row, select_mandate};
use crate::convert::word;
use crate::db::{Conn, Result, boxed, on_engine};
use crate::institutions::pattern;

/// A client of a vendor is the mandate that it gave.
pub type Client = Mandate;

/// The mandates of a vendor that are in force, by the code of the institution; `text` is a part of its name or code, `after` the
/// code of the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn clients(
    conn: &mut Conn,
    account: AccountId,
    (text, after): (&str, &str),
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Client>> {
    let rows: Vec<Row> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(select_mandate!("WHERE m.ended_at IS NULL AND m.account_id = "));
        query.push_bind(account.0).push(" AND m.code > ").push_bind(after);
        query.push(" AND m.ends_at > ").push_bind(now.as_millis());
        if let Some((column, pattern)) = pattern(text) {
            query.push(format_args!(" AND i.{column} LIKE ")).push_bind(pattern).push(" ESCAPE '!'");
        }
        query.push(" ORDER BY m.code LIMIT ").push_bind(limit);
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(Row::read).collect()
}

/// How many cases of one procedure that stand alike a vendor prepared for an institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The institution.
    pub institution: InstitutionId,
    /// Procedure.
    pub kind: Kind,
    /// Where they stand.
    pub state: State,
    /// Whether the institution was asked to confirm them.
    pub asked: bool,
    /// How many.
    pub count: i64,
}

/// What a vendor prepared for some institutions, counted.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn tallies(conn: &mut Conn, account: AccountId, institutions: &[InstitutionId]) -> Result<Vec<Tally>> {
    if institutions.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<(Uuid, String, String, bool, i64)> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(
            "SELECT r.institution_id, p.kind, p.state, r.asked_at IS NOT NULL AS asked, COUNT(*) FROM preparations r
            JOIN applications p ON p.id = r.application_id WHERE r.account_id = ",
        );
        query.push_bind(account.0).push(" AND r.institution_id IN (");
        let mut list = query.separated(", ");
        for id in institutions {
            list.push_bind(id.0);
        }
        query.push(") GROUP BY r.institution_id, p.kind, p.state, r.asked_at IS NOT NULL ORDER BY 1, 2, 3, 4");
        query.build_query_as().persistent(false).fetch_all(c).await
    })?;
    let read = |(id, kind, state, asked, count): (Uuid, String, String, bool, i64)| {
        Ok(Tally { institution: InstitutionId(id), kind: word(&kind)?, state: word(&state)?, asked, count })
    };
    rows.into_iter().map(read).collect()
}
