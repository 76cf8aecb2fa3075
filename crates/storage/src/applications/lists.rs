//! Lists of cases, paged by key.

use domain::{
    applications::{Flag, Kind, NO_DEADLINE, State},
    clock::Timestamp,
    ids::{ApplicationId, InstitutionId},
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{Application, Row, select_case};
use crate::convert::{instant, instant_opt, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A case as a line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Identifier.
    pub id: ApplicationId,
    /// Procedure.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Reference number.
    pub reference: Option<String>,
    /// Terminal of a certificate application.
    pub terminal_name: Option<String>,
    /// Month of effect.
    pub start_month: Option<String>,
    /// Ten-digit code of the institution.
    pub institution_code: String,
    /// Name of the institution.
    pub institution_name: String,
    /// Grows by one with each write.
    pub version: i64,
    /// Reviewer who has it.
    pub assignee_name: Option<String>,
    /// What stands beside its state for those who examine it.
    pub flag: Flag,
    /// What the rule that may accept by itself said; empty for nothing.
    pub rule_words: String,
    /// Until when its applicant counts on something, if they do.
    pub deadline_at: Option<Timestamp>,
    /// When it was last sent.
    pub submitted_at: Option<Timestamp>,
    /// Since when it is in its state.
    pub state_since: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

pub(super) struct ListedRow {
    id: Uuid,
    kind: String,
    state: String,
    version: i64,
    flag: String,
    rule_words: String,
    deadline_at: i64,
    reference: Option<String>,
    terminal_name: Option<String>,
    start_month: Option<String>,
    institution_code: String,
    institution_name: String,
    assignee_name: Option<String>,
    submitted_at: Option<i64>,
    state_since: i64,
    updated_at: i64,
}
from_row!(ListedRow {
    id,
    kind,
    state,
    version,
    flag,
    rule_words,
    deadline_at,
    reference,
    terminal_name,
    start_month,
    institution_code,
    institution_name,
    assignee_name,
    submitted_at,
    state_since,
    updated_at
});

impl ListedRow {
    pub(super) fn read(self) -> Result<Listed> {
        Ok(Listed {
            id: ApplicationId(self.id),
            kind: word(&self.kind)?,
            state: word(&self.state)?,
            reference: self.reference,
            terminal_name: self.terminal_name,
            start_month: self.start_month,
            institution_code: self.institution_code,
            institution_name: self.institution_name,
            version: self.version,
            assignee_name: self.assignee_name,
            flag: word(&self.flag)?,
            rule_words: self.rule_words,
            deadline_at: Some(instant(self.deadline_at)).filter(|at| *at < NO_DEADLINE),
            submitted_at: instant_opt(self.submitted_at),
            state_since: instant(self.state_since),
            updated_at: instant(self.updated_at),
        })
    }
}

macro_rules! select_listed {
    ($($rest:tt)*) => {
        concat!(
            "SELECT p.id, p.kind, p.state, p.version, p.flag, p.rule_words, p.deadline_at, p.reference, p.terminal_name,
            p.start_month, i.code AS institution_code, i.name AS institution_name, a.name AS assignee_name, p.submitted_at,
            p.state_since, p.updated_at
            FROM applications p JOIN institutions i ON i.id = p.institution_id LEFT JOIN accounts a ON a.id = p.assignee ",
            $($rest)*
        )
    };
}
pub(super) use select_listed;

sql!(
    OF_INSTITUTION = select_listed!(
        "WHERE p.institution_id = $1 AND (p.updated_at < $2 OR (p.updated_at = $2 AND p.id < $3))
    ORDER BY p.updated_at DESC, p.id DESC LIMIT $4"
    )
);
sql!(SENT_TOGETHER = select_case!("WHERE sent_with = $1 ORDER BY id LIMIT 50"));
sql!(FILED_BEFORE = select_case!("WHERE institution_id = $1 AND kind = $2 AND id <> $3 AND submitted_at <= $4
    AND state IN ('submitted', 'in_review', 'returned', 'accepted', 'in_force') ORDER BY submitted_at DESC, id DESC LIMIT 1"));
sql!(
    IN_FORCE_BEFORE = select_case!(
        "WHERE institution_id = $1 AND kind = $2
    AND state IN ('accepted', 'in_force') AND id <> $3 ORDER BY submitted_at DESC, id DESC LIMIT 20"
    )
);
sql!(/// Writes nothing new: whoever wants to send a case of the institution meanwhile waits for this transaction.
    TAKE_TURN = "UPDATE institutions SET name = name WHERE id = $1");
sql!(
    UNDER_WAY = select_case!(
        "WHERE institution_id = $1 AND kind = $2
    AND state IN ('submitted', 'in_review', 'returned') ORDER BY submitted_at DESC, id DESC LIMIT 1"
    )
);
sql!(
    CERTIFICATE_CASES = select_case!(
        "WHERE institution_id = $1 AND kind = 'certificate' AND submitted_at IS NOT NULL ORDER BY submitted_at, id LIMIT 500"
    )
);
sql!(
    OF_TERMINALS = select_case!(
        "WHERE institution_id = $1 AND terminal_name >= $2 AND terminal_name <= $3 AND submitted_at IS NOT NULL
        ORDER BY submitted_at, id LIMIT 5000"
    )
);
sql!(
    LINE_ELSEWHERE = "SELECT COUNT(*) FROM applications WHERE line_id = $1 AND institution_id <> $2
    AND state NOT IN ('draft', 'rejected', 'withdrawn', 'superseded')"
);

/// Cases of an institution, last written first; `after` is the last row of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_institution(
    conn: &mut Conn,
    institution: InstitutionId,
    after: Option<(Timestamp, ApplicationId)>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<ListedRow> = on_engine!(conn, |c| sqlx::query_as(OF_INSTITUTION)
        .bind(institution.0)
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(ListedRow::read).collect()
}

/// All cases that were sent in one go with a case.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn sent_together(conn: &mut Conn, first: ApplicationId) -> Result<Vec<Application>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(SENT_TOGETHER).bind(first.0).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// The latest case of a procedure that was sent before a given one and neither refused nor taken back.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn filed_before(conn: &mut Conn, case: &Application) -> Result<Option<Application>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FILED_BEFORE)
        .bind(case.institution_id.0)
        .bind(case.kind.as_str())
        .bind(case.id.0)
        .bind(case.submitted_at.map_or(i64::MAX, Timestamp::as_millis))
        .fetch_optional(c)
        .await)?;
    row.map(Row::read).transpose()
}

/// Accepted cases of a procedure other than the given one, the latest first: what a change replaces.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open_by_kind(
    conn: &mut Conn,
    institution: InstitutionId,
    kind: Kind,
    but: ApplicationId,
) -> Result<Vec<Application>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(IN_FORCE_BEFORE)
        .bind(institution.0)
        .bind(kind.as_str())
        .bind(but.0)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// The latest case of a procedure that was sent and is not decided yet.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn under_way(conn: &mut Conn, institution: InstitutionId, kind: Kind) -> Result<Option<Application>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(UNDER_WAY)
        .bind(institution.0)
        .bind(kind.as_str())
        .fetch_optional(c)
        .await)?;
    row.map(Row::read).transpose()
}

/// As [`under_way`], and no other transaction that asks this for the same institution goes on before this one ends:
/// what is found still holds when it commits.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn under_way_in_turn(tx: &mut Tx, institution: InstitutionId, kind: Kind) -> Result<Option<Application>> {
    // The embedded engine has one writer at a time anyway.
    if let Conn::Postgres(conn) = &mut **tx {
        sqlx::query(TAKE_TURN).bind(institution.0).execute(&mut **conn).await?;
    }
    under_way(tx, institution, kind).await
}

/// Certificate applications of an institution that were sent, also those that ended without a certificate, at most 500.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn certificate_cases_of(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Application>> {
    let rows: Vec<Row> =
        on_engine!(conn, |c| sqlx::query_as(CERTIFICATE_CASES).bind(institution.0).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Cases that were sent for terminals in a range of names, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn cases_of_terminals(
    conn: &mut Conn,
    institution: InstitutionId,
    names: &crate::terminals::Range<'_>,
) -> Result<Vec<Application>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_TERMINALS)
        .bind(institution.0)
        .bind(names.first)
        .bind(names.last)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Whether another institution declares the same customer ID.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn filed_elsewhere_with_line(conn: &mut Conn, line_id: &str, institution: InstitutionId) -> Result<bool> {
    let count: i64 =
        on_engine!(conn, |c| sqlx::query_scalar(LINE_ELSEWHERE).bind(line_id).bind(institution.0).fetch_one(c).await)?;
    Ok(count > 0)
}

/// The procedures of some cases, in no order; those that are gone are left out.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn kinds(conn: &mut Conn, cases: &[ApplicationId]) -> Result<Vec<(ApplicationId, Kind)>> {
    if cases.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<(Uuid, String)> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new("SELECT id, kind FROM applications WHERE id IN (");
        let mut list = query.separated(", ");
        for case in cases {
            list.push_bind(case.0);
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(|(id, kind)| Ok((ApplicationId(id), word(&kind)?))).collect()
}
