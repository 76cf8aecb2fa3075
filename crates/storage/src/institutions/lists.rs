//! Lists of the register, paged by code.

use domain::content::tokens::{Expression, short_expression};
use domain::institutions::{Institution, InstitutionStatus, Prefecture, ScoreTable};
use domain::typed::search_key;
use sqlx::QueryBuilder;

use super::{Row, columns, words};
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

/// Numbers that the index proposes at once, and how often it is asked before the register is looked through instead: a word that
/// is everywhere fills a page by itself.
const PROPOSED: i64 = 500;
const ROUNDS: usize = 4;

/// Institutions that a filter lets through, in the order of their codes.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn search(conn: &mut Conn, filter: &Filter) -> Result<Vec<Institution>> {
    let pattern = pattern(&filter.text);
    if let Some(("search_text", _)) = &pattern
        && let Some(wanted) = short_expression(&search_key(&filter.text))
        && let Some(found) = by_words(conn, filter, &wanted, pattern.as_ref()).await?
    {
        return Ok(found);
    }
    among(conn, filter, pattern.as_ref(), None).await
}

/// The page by the index; none when the words are too common for it.
async fn by_words(
    conn: &mut Conn,
    filter: &Filter,
    wanted: &Expression,
    pattern: Option<&Pattern>,
) -> Result<Option<Vec<Institution>>> {
    let prefecture = filter.prefecture.map(|prefecture| words::number(prefecture.code()));
    let (first, end) = prefecture.map_or((-1, i64::MAX), |one| (one * PER_PREFECTURE - 1, (one + 1) * PER_PREFECTURE));
    let (mut after, mut found) = (filter.after.as_deref().map_or(first, words::number).max(first), vec![]);
    for _ in 0..ROUNDS {
        let proposed = words::candidates(conn, wanted, (after, end), PROPOSED).await?;
        let codes: Vec<String> = proposed.iter().copied().map(words::code).collect();
        if !codes.is_empty() {
            found.extend(among(conn, filter, pattern, Some(&codes)).await?);
        }
        let enough = i64::try_from(found.len()).unwrap_or(i64::MAX) >= filter.limit;
        match proposed.last().filter(|_| proposed.len() == usize::try_from(PROPOSED).unwrap_or(0)) {
            Some(last) if !enough => after = *last,
            _ => {
                found.truncate(usize::try_from(filter.limit).unwrap_or(0));
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// Institutions that a filter lets through, all or those of some codes.
async fn among(
    conn: &mut Conn,
    filter: &Filter,
    pattern: Option<&Pattern>,
    codes: Option<&[String]>,
) -> Result<Vec<Institution>> {
    let head = format!(
        "{}{}%",
        filter.prefecture.map_or("__", Prefecture::code),
        filter.score_table.map_or("_", ScoreTable::code)
    );
    let rows: Vec<Row> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(concat!(columns!(), "WHERE code > "));
        query.push_bind(filter.after.as_deref().unwrap_or_default());
        query.push(" AND code LIKE ").push_bind(head);
        if let Some(codes) = codes {
            query.push(" AND code IN (");
            let mut list = query.separated(", ");
            for code in codes {
                list.push_bind(code);
            }
            query.push(")");
        }
        if let Some((column, pattern)) = pattern {
            query.push(format_args!(" AND {column} LIKE ")).push_bind(pattern).push(" ESCAPE '!'");
        }
        if let Some(status) = filter.status {
            query.push(" AND status = ").push_bind(status.as_str());
        }
        if filter.waiting {
            query.push(" AND NOT in_register");
        }
        query.push(" ORDER BY code LIMIT ").push_bind(filter.limit);
        query.build_query_as().persistent(codes.is_none()).fetch_all(c).await
    })?;
    rows.into_iter().map(Row::read).collect()
}

/// Codes of one prefecture.
const PER_PREFECTURE: i64 = 100_000_000;

/// Column and pattern.
pub(crate) type Pattern = (&'static str, String);

/// Column and pattern for a searched text: digits are a code with or without its first three digits.
pub(crate) fn pattern(text: &str) -> Option<Pattern> {
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
