//! What a reviewer keeps: filters of queues, and what became of each case of one decision on several.

use domain::{
    applications::Kind,
    clock::Timestamp,
    ids::{AccountId, ApplicationId, FilterId, RunId},
};
use uuid::Uuid;

use crate::convert::{instant, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A filter that a person saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFilter {
    /// Identifier.
    pub id: FilterId,
    /// Whose it is.
    pub account: AccountId,
    /// The queue.
    pub kind: Kind,
    /// How they call it.
    pub name: String,
    /// The filter as it stands in the address of the queue.
    pub query: String,
}

/// One decision on several cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRun {
    /// Identifier, made with the page that asks for it.
    pub id: RunId,
    /// Who decided.
    pub account: AccountId,
    /// The queue.
    pub kind: Kind,
    /// What was decided, in one word.
    pub act: String,
    /// The filter to go back to, as it stands in an address.
    pub back: String,
    /// When.
    pub at: Timestamp,
}

/// What became of one case of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunResult {
    /// The case.
    pub case: ApplicationId,
    /// Its reference number.
    pub reference: String,
    /// Name of its institution.
    pub institution: String,
    /// `done`, or in one word why not.
    pub outcome: String,
    /// What is said about it.
    pub words: String,
}

struct FilterRow {
    id: Uuid,
    account_id: Uuid,
    kind: String,
    name: String,
    query: String,
}
from_row!(FilterRow { id, account_id, kind, name, query });

struct RunRow {
    id: Uuid,
    account_id: Uuid,
    kind: String,
    act: String,
    back: String,
    at: i64,
}
from_row!(RunRow { id, account_id, kind, act, back, at });

sql!(
    FILTERS = "SELECT id, account_id, kind, name, query FROM saved_filters WHERE account_id = $1 AND kind = $2
    ORDER BY name LIMIT 50"
);
sql!(/// A name that is in use already gets the new conditions.
    SAVE = "INSERT INTO saved_filters (id, account_id, kind, name, query, created_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (account_id, kind, name) DO UPDATE SET query = excluded.query, created_at = excluded.created_at");
sql!(DELETE = "DELETE FROM saved_filters WHERE id = $1 AND account_id = $2");
sql!(
    INSERT_RUN = "INSERT INTO decision_runs (id, account_id, kind, act, back, at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (id) DO NOTHING"
);
sql!(RUN = "SELECT id, account_id, kind, act, back, at FROM decision_runs WHERE id = $1");
sql!(
    ADD_RESULT =
        "INSERT INTO decision_results (run_id, place, application_id, outcome, words) VALUES ($1, $2, $3, $4, $5)"
);
sql!(
    RESULTS = "SELECT p.id, COALESCE(p.reference, ''), i.name, r.outcome, r.words FROM decision_results r
    JOIN applications p ON p.id = r.application_id JOIN institutions i ON i.id = p.institution_id
    WHERE r.run_id = $1 ORDER BY r.place"
);

/// The filters that a person saved for a queue, by name, at most 50.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn filters_of(conn: &mut Conn, account: AccountId, kind: Kind) -> Result<Vec<SavedFilter>> {
    let rows: Vec<FilterRow> =
        on_engine!(conn, |c| sqlx::query_as(FILTERS).bind(account.0).bind(kind.as_str()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            let (id, account, kind) = (FilterId(row.id), AccountId(row.account_id), word(&row.kind)?);
            Ok(SavedFilter { id, account, kind, name: row.name, query: row.query })
        })
        .collect()
}

/// Saves a filter under its name.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn save_filter(tx: &mut Tx, filter: &SavedFilter, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SAVE)
        .bind(filter.id.0)
        .bind(filter.account.0)
        .bind(filter.kind.as_str())
        .bind(&filter.name)
        .bind(&filter.query)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Deletes a filter of a person; false when they have none such.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn delete_filter(tx: &mut Tx, id: FilterId, account: AccountId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DELETE)
        .bind(id.0)
        .bind(account.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Begins a decision on several cases; false when it was begun before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_run(tx: &mut Tx, run: &DecisionRun) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT_RUN)
        .bind(run.id.0)
        .bind(run.account.0)
        .bind(run.kind.as_str())
        .bind(&run.act)
        .bind(&run.back)
        .bind(run.at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// A decision on several cases.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn run(conn: &mut Conn, id: RunId) -> Result<Option<DecisionRun>> {
    let row: Option<RunRow> = on_engine!(conn, |c| sqlx::query_as(RUN).bind(id.0).fetch_optional(c).await)?;
    row.map(|row| {
        let (id, account, kind, at) = (RunId(row.id), AccountId(row.account_id), word(&row.kind)?, instant(row.at));
        Ok(DecisionRun { id, account, kind, act: row.act, back: row.back, at })
    })
    .transpose()
}

/// Notes what became of one case of a run.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn add_result(
    tx: &mut Tx,
    run: RunId,
    place: i64,
    case: ApplicationId,
    (outcome, words): (&str, &str),
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(ADD_RESULT)
        .bind(run.0)
        .bind(place)
        .bind(case.0)
        .bind(outcome)
        .bind(words)
        .execute(c)
        .await
        .map(drop))?)
}

/// What became of each case of a run, in the order of the page.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn results_of_run(conn: &mut Conn, run: RunId) -> Result<Vec<RunResult>> {
    let rows: Vec<(Uuid, String, String, String, String)> =
        on_engine!(conn, |c| sqlx::query_as(RESULTS).bind(run.0).fetch_all(c).await)?;
    let result = |(id, reference, institution, outcome, words)| RunResult {
        case: ApplicationId(id),
        reference,
        institution,
        outcome,
        words,
    };
    Ok(rows.into_iter().map(result).collect())
}
