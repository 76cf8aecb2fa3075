//! Lists of the register, paged by code.

use domain::institutions::{Institution, InstitutionStatus, Prefecture, ScoreTable};
use domain::typed::search_key;
use sqlx::QueryBuilder;

use super::{Row, columns};
use crate::convert::word;
use crate::db::{Conn, Result, boxed, on_engine};

/// What the back office looks for; empty finds everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of the name, its reading or the address, or seven to ten digits of a code.
    pub text: String,
    /// Only this prefecture.
    pub prefecture: Option<Prefecture>,
    /// Only this score table.
    pub score_table: Option<ScoreTable>,
    /// Only this status.
    pub status: Option<InstitutionStatus>,
    /// Only those that wait for an import (「確認待ち」).
    pub waiting: bool,
    /// Code of the last row of the page before.
    pub after: Option<String>,
    /// Rows on a page.
    pub limit: i64,
}

/// An institution of the register that a file did not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Ten-digit code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether it works.
    pub status: InstitutionStatus,
}

/// Institutions that a filter lets through, in the order of their codes.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn search(conn: &mut Conn, filter: &Filter) -> Result<Vec<Institution>> {
    let head = format!(
        "{}{}%",
        filter.prefecture.map_or("__", Prefecture::code),
        filter.score_table.map_or("_", ScoreTable::code)
    );
    let rows: Vec<Row> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(concat!(columns!(), "WHERE code > "));
        query.push_bind(filter.after.as_deref().unwrap_or_default());
        query.push(" AND code LIKE ").push_bind(head);
        if let Some((column, pattern)) = pattern(&filter.text) {
            query.push(format_args!(" AND {column} LIKE ")).push_bind(pattern).push(" ESCAPE '!'");
        }
        if let Some(status) = filter.status {
            query.push(" AND status = ").push_bind(status.as_str());
        }
        if filter.waiting {
            query.push(" AND NOT in_register");
        }
        query.push(" ORDER BY code LIMIT ").push_bind(filter.limit);
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(Row::read).collect()
}

/// Column and pattern for a searched text: digits are a code with or without its first three digits.
fn pattern(text: &str) -> Option<(&'static str, String)> {
    let digits = domain::typed::compact(text);
    if (7..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let code = match digits.split_at_checked(2) {
            Some((prefecture, local)) if digits.len() == 9 => format!("{prefecture}_{local}"),
            _ => format!("%{digits}"),
        };
        return Some(("code", code));
    }
    let key = search_key(text).replace('!', "!!").replace('%', "!%").replace('_', "!_");
    (!key.is_empty()).then(|| ("search_text", format!("%{key}%")))
}

/// A page of the register proper, waiting institutions left out, for some score tables, by code after `after`.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn listed(conn: &mut Conn, tables: &[ScoreTable], after: &str, limit: i64) -> Result<Vec<Listed>> {
    let rows: Vec<(String, String, String)> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new("SELECT code, name, status FROM institutions WHERE in_register AND code > ");
        query.push_bind(after).push(" AND substr(code, 3, 1) IN (");
        let mut list = query.separated(", ");
        for table in tables {
            list.push_bind(table.code());
        }
        query.push(") ORDER BY code LIMIT ").push_bind(limit);
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(|(code, name, status)| Ok(Listed { code, name, status: word(&status)? })).collect()
}
