//! Cases of all procedures: drafts and filed applications, and the events of their lives.

mod anew;
mod blank;
mod common;
mod drafts;
mod events;
pub(crate) mod foremost;
pub(crate) mod known;
mod lists;
mod looked_up;
mod queue;
mod saved;
mod talk;

pub use anew::submit_anew;
pub use blank::{blank, blanked_at, to_blank};
pub use common::others;
pub use drafts::{Mark, delete_draft, drafts_of, insert_draft, mark_of, remove_draft, set_mark, told, unwritten};
pub use events::{EventRow, Reached, events, insert_event, reached_by_certificate_cases};
pub use foremost::{Foremost, foremost, foremost_of_all};
pub use known::{AroundStart, around_start, endings_of, latest_filed, latest_of, terminals_of};
pub use lists::{
    Listed, cases_of_terminals, certificate_cases_of, filed_before, filed_elsewhere_with_line, kinds, of_institution,
    open_by_kind, sent_together, under_way, under_way_in_turn,
};
pub use looked_up::{elsewhere_with_line, has_hand_in, references_of};
pub use queue::{Assignee, Counts, PAGE, QueueFilter, counts, next_in_queue, previous_in_queue, queue};
pub use saved::{
    DecisionRun, RunResult, SavedFilter, add_result, delete_filter, filters_of, insert_run, results_of_run, run,
    save_filter,
};
pub use talk::{Note, Question, answer_question, insert_note, insert_question, notes, questions, set_flag};

use domain::{
    applications::{Flag, Kind, NO_DEADLINE, State, awaited_until},
    calendar::Start,
    clock::Timestamp,
    forms::{Answers, Finding},
    ids::{AccountId, ApplicationId, InstitutionId},
};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::convert::{JsonAnswers, instant, instant_opt, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Identifier.
    pub id: ApplicationId,
    /// Procedure.
    pub kind: Kind,
    /// Institution it is filed for.
    pub institution_id: InstitutionId,
    /// Where it stands.
    pub state: State,
    /// Grows by one with each write; a writer names the version it saw.
    pub version: i64,
    /// Reference number, from the first sending on.
    pub reference: Option<String>,
    /// What was typed or, once sent, filed.
    pub answers: Answers,
    /// Remarks of the check at sending time, for the reviewer.
    pub remarks: Vec<(String, String)>,
    /// The line's customer ID that it declares.
    pub line_id: Option<String>,
    /// The terminal of a certificate application.
    pub terminal_name: Option<String>,
    /// Month in which it takes effect, `YYYY-MM`.
    pub start_month: Option<String>,
    /// First case of the group that was sent in one go.
    pub sent_with: Option<ApplicationId>,
    /// Who began it.
    pub created_by: AccountId,
    /// Who sent it.
    pub submitted_by: Option<AccountId>,
    /// Reviewer who has it.
    pub assignee: Option<AccountId>,
    /// Reasons per field while it is returned.
    pub reasons: Vec<(String, String)>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// When it was last sent.
    pub submitted_at: Option<Timestamp>,
    /// Since when it is in its state.
    pub state_since: Timestamp,
    /// What stands beside its state for those who examine it.
    pub flag: Flag,
    /// What the rule that may accept by itself said; empty for nothing.
    pub rule_words: String,
}

impl Application {
    /// When it takes effect.
    pub fn start(&self) -> Option<Start> {
        start(self.start_month.as_deref())
    }
}

fn start(text: Option<&str>) -> Option<Start> {
    text.and_then(|start| start.parse().ok())
}

/// The column for the day that the applicant counts on.
fn deadline(state: State, since: Timestamp, start: Option<Start>) -> i64 {
    awaited_until(state, since, start).unwrap_or(NO_DEADLINE).as_millis()
}

pub(crate) struct Row {
    id: Uuid,
    kind: String,
    institution_id: Uuid,
    state: String,
    version: i64,
    reference: Option<String>,
    answers: JsonAnswers,
    findings: Json<Vec<(String, String)>>,
    line_id: Option<String>,
    terminal_name: Option<String>,
    start_month: Option<String>,
    sent_with: Option<Uuid>,
    created_by: Uuid,
    submitted_by: Option<Uuid>,
    assignee: Option<Uuid>,
    reasons: Json<Vec<(String, String)>>,
    created_at: i64,
    updated_at: i64,
    submitted_at: Option<i64>,
    state_since: i64,
    flag: String,
    rule_words: String,
}
from_row!(Row {
    id,
    kind,
    institution_id,
    state,
    version,
    reference,
    answers,
    findings,
    line_id,
    terminal_name,
    start_month,
    sent_with,
    created_by,
    submitted_by,
    assignee,
    reasons,
    created_at,
    updated_at,
    submitted_at,
    state_since,
    flag,
    rule_words
});

impl Row {
    pub(crate) fn read(self) -> Result<Application> {
        Ok(Application {
            id: ApplicationId(self.id),
            kind: word(&self.kind)?,
            institution_id: InstitutionId(self.institution_id),
            state: word(&self.state)?,
            version: self.version,
            reference: self.reference,
            answers: self.answers.0,
            remarks: self.findings.0,
            line_id: self.line_id,
            terminal_name: self.terminal_name,
            start_month: self.start_month,
            sent_with: self.sent_with.map(ApplicationId),
            created_by: AccountId(self.created_by),
            submitted_by: self.submitted_by.map(AccountId),
            assignee: self.assignee.map(AccountId),
            reasons: self.reasons.0,
            created_at: instant(self.created_at),
            updated_at: instant(self.updated_at),
            submitted_at: instant_opt(self.submitted_at),
            state_since: instant(self.state_since),
            flag: word(&self.flag)?,
            rule_words: self.rule_words,
        })
    }
}

/// Selects whole cases.
macro_rules! select_case {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, institution_id, state, version, reference, answers, findings, line_id, terminal_name,
            start_month, sent_with, created_by, submitted_by, assignee, reasons, created_at, updated_at, submitted_at,
            state_since, flag, rule_words FROM applications ",
            $rest
        )
    };
}
pub(crate) use select_case;

sql!(INSERT_FILED = "INSERT INTO applications (id, kind, institution_id, state, version, reference, answers, findings, line_id,
        terminal_name, start_month, sent_with, created_by, submitted_by, reasons, created_at, updated_at, submitted_at, state_since,
        deadline_at, prefecture, score_table)
    VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $14, $15, $14, $16,
        (SELECT substr(code, 1, 2) FROM institutions WHERE id = $3), (SELECT substr(code, 3, 1) FROM institutions WHERE id = $3))");
sql!(FIND = select_case!("WHERE id = $1"));
sql!(BY_REFERENCE = select_case!("WHERE reference = $1"));
sql!(DRAFT_OF = select_case!("WHERE institution_id = $1 AND kind = $2 AND state = 'draft'"));
sql!(
    SAVE_ANSWERS = "UPDATE applications SET answers = $1, updated_at = $2, version = version + 1
    WHERE id = $3 AND state IN ('draft', 'returned')"
);
sql!(/// Sends a draft or a returned case, only from the state and version that the caller saw.
    SUBMIT = "UPDATE applications SET state = $1, reference = $2, answers = $3, findings = $4, line_id = $5, terminal_name = $6,
        start_month = $7, sent_with = $8, submitted_by = $9, submitted_at = $10, updated_at = $10, state_since = $10,
        reasons = $11, assignee = NULL, flag = '', rule_words = '', deadline_at = $12, version = version + 1,
        prefecture = (SELECT substr(i.code, 1, 2) FROM institutions i WHERE i.id = applications.institution_id),
        score_table = (SELECT substr(i.code, 3, 1) FROM institutions i WHERE i.id = applications.institution_id)
    WHERE id = $13 AND state = $14 AND version = $15");
sql!(/// Moves the state, only from the state and version that the caller saw.
    MOVE = "UPDATE applications SET state = $1, assignee = $2, reasons = $3, updated_at = $4, state_since = $4, deadline_at = $5,
        flag = CASE WHEN $1 IN ('submitted', 'in_review') THEN flag ELSE '' END, version = version + 1 WHERE id = $6 AND state = $7 AND version = $8");
/// Adds a case that is filed at once: one more terminal of a form, or a paper filing recorded by staff.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the reference number is taken.
#[boxed]
pub async fn insert_filed(tx: &mut Tx, application: &Application) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT_FILED)
        .bind(application.id.0)
        .bind(application.kind.as_str())
        .bind(application.institution_id.0)
        .bind(application.state.as_str())
        .bind(&application.reference)
        .bind(Json(&application.answers))
        .bind(Json(&application.remarks))
        .bind(&application.line_id)
        .bind(&application.terminal_name)
        .bind(&application.start_month)
        .bind(application.sent_with.map(|id| id.0))
        .bind(application.created_by.0)
        .bind(Json(Value::Array(vec![])))
        .bind(application.created_at.as_millis())
        .bind(application.submitted_at.unwrap_or(application.created_at).as_millis())
        .bind(deadline(application.state, application.created_at, application.start()))
        .execute(c)
        .await
        .map(drop))?)
}

/// A case.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: ApplicationId) -> Result<Option<Application>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// The case with a reference number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn by_reference(conn: &mut Conn, reference: &str) -> Result<Option<Application>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(BY_REFERENCE).bind(reference).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// The draft of a procedure, if the institution has one.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn draft_of(conn: &mut Conn, institution: InstitutionId, kind: Kind) -> Result<Option<Application>> {
    let row: Option<Row> =
        on_engine!(conn, |c| sqlx::query_as(DRAFT_OF).bind(institution.0).bind(kind.as_str()).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// Keeps what was typed, without a check; false when the case is no longer editable.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn save_answers(tx: &mut Tx, id: ApplicationId, answers: &Answers, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SAVE_ANSWERS)
        .bind(Json(answers))
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// What a case carries when it is sent.
#[derive(Clone, Debug)]
pub struct Sending {
    /// New state.
    pub to: State,
    /// Reference number.
    pub reference: String,
    /// Checked answers.
    pub answers: Answers,
    /// Remarks of the check.
    pub remarks: Vec<Finding>,
    /// Customer ID declared.
    pub line_id: Option<String>,
    /// Terminal named.
    pub terminal_name: Option<String>,
    /// Month of effect.
    pub start_month: Option<String>,
    /// Group sent together.
    pub sent_with: Option<ApplicationId>,
    /// Who sends.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// Sends a case; false when it is no longer in the state and version that the caller saw.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the reference number is taken.
#[boxed]
pub async fn submit(tx: &mut Tx, seen: &Application, sending: &Sending) -> Result<bool> {
    let remarks: Vec<(&str, &str)> = sending.remarks.iter().map(|f| (f.field.as_str(), f.message.as_str())).collect();
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SUBMIT)
        .bind(sending.to.as_str())
        .bind(&sending.reference)
        .bind(Json(&sending.answers))
        .bind(Json(&remarks))
        .bind(&sending.line_id)
        .bind(&sending.terminal_name)
        .bind(&sending.start_month)
        .bind(sending.sent_with.map(|id| id.0))
        .bind(sending.by.0)
        .bind(sending.at.as_millis())
        .bind(Json(Value::Array(vec![])))
        .bind(deadline(sending.to, sending.at, start(sending.start_month.as_deref())))
        .bind(seen.id.0)
        .bind(seen.state.as_str())
        .bind(seen.version)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Moves a case; false when it is no longer in the state and version that the caller saw.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn advance(
    tx: &mut Tx,
    seen: &Application,
    to: State,
    assignee: Option<AccountId>,
    reasons: &[(String, String)],
    now: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(MOVE)
        .bind(to.as_str())
        .bind(assignee.map(|id| id.0))
        .bind(Json(reasons))
        .bind(now.as_millis())
        .bind(deadline(to, now, seen.start()))
        .bind(seen.id.0)
        .bind(seen.state.as_str())
        .bind(seen.version)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
