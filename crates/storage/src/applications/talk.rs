//! What is said about a case: notes among staff, questions to its applicant.

use domain::{
    applications::{Flag, NO_DEADLINE},
    clock::Timestamp,
    ids::{AccountId, ApplicationId, NoteId, QuestionId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A note among staff; it is never changed and never shown to applicants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Identifier.
    pub id: NoteId,
    /// Who wrote it.
    pub author: AccountId,
    /// Their name at that time.
    pub author_name: String,
    /// The note.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// A question of a reviewer to the applicant, with the answer once there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Identifier.
    pub id: QuestionId,
    /// Who asked.
    pub asked_by: AccountId,
    /// Their name at that time.
    pub asked_by_name: String,
    /// The question.
    pub question: String,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Until when it should be answered.
    pub until: Timestamp,
    /// The answer; empty until there is one.
    pub answer: String,
    /// Name of the person who answered; empty until then.
    pub answered_name: String,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
}

struct NoteRow {
    id: Uuid,
    author: Uuid,
    author_name: String,
    note: String,
    at: i64,
}
from_row!(NoteRow { id, author, author_name, note, at });

struct QuestionRow {
    id: Uuid,
    asked_by: Uuid,
    asked_by_name: String,
    question: String,
    asked_at: i64,
    until: i64,
    answer: String,
    answered_name: String,
    answered_at: Option<i64>,
}
from_row!(QuestionRow { id, asked_by, asked_by_name, question, asked_at, until, answer, answered_name, answered_at });

sql!(
    INSERT_NOTE =
        "INSERT INTO case_notes (id, application_id, author, author_name, note, at) VALUES ($1, $2, $3, $4, $5, $6)"
);
sql!(
    NOTES = "SELECT id, author, author_name, note, at FROM case_notes WHERE application_id = $1
    ORDER BY at DESC, id DESC LIMIT 200"
);
sql!(
    INSERT_QUESTION =
        "INSERT INTO case_questions (id, application_id, asked_by, asked_by_name, question, asked_at, until)
    VALUES ($1, $2, $3, $4, $5, $6, $7)"
);
sql!(
    QUESTIONS = "SELECT id, asked_by, asked_by_name, question, asked_at, until, answer, answered_name, answered_at
    FROM case_questions WHERE application_id = $1 ORDER BY asked_at DESC, id DESC LIMIT 50"
);
sql!(
    ANSWER = "UPDATE case_questions SET answer = $1, answered_by = $2, answered_name = $3, answered_at = $4
    WHERE id = $5 AND application_id = $6 AND answered_at IS NULL"
);
sql!(SET_FLAG = "UPDATE applications SET flag = $1, rule_words = $2, deadline_at = $3 WHERE id = $4");

/// Adds a note.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_note(tx: &mut Tx, case: ApplicationId, note: &Note) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT_NOTE)
        .bind(note.id.0)
        .bind(case.0)
        .bind(note.author.0)
        .bind(&note.author_name)
        .bind(&note.note)
        .bind(note.at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Notes about a case, newest first, at most 200.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notes(conn: &mut Conn, case: ApplicationId) -> Result<Vec<Note>> {
    let rows: Vec<NoteRow> = on_engine!(conn, |c| sqlx::query_as(NOTES).bind(case.0).fetch_all(c).await)?;
    let note = |row: NoteRow| Note {
        id: NoteId(row.id),
        author: AccountId(row.author),
        author_name: row.author_name,
        note: row.note,
        at: instant(row.at),
    };
    Ok(rows.into_iter().map(note).collect())
}

/// Adds a question.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_question(tx: &mut Tx, case: ApplicationId, question: &Question) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT_QUESTION)
        .bind(question.id.0)
        .bind(case.0)
        .bind(question.asked_by.0)
        .bind(&question.asked_by_name)
        .bind(&question.question)
        .bind(question.asked_at.as_millis())
        .bind(question.until.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Questions about a case, newest first, at most 50.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn questions(conn: &mut Conn, case: ApplicationId) -> Result<Vec<Question>> {
    let rows: Vec<QuestionRow> = on_engine!(conn, |c| sqlx::query_as(QUESTIONS).bind(case.0).fetch_all(c).await)?;
    let question = |row: QuestionRow| Question {
        id: QuestionId(row.id),
        asked_by: AccountId(row.asked_by),
        asked_by_name: row.asked_by_name,
        question: row.question,
        asked_at: instant(row.asked_at),
        until: instant(row.until),
        answer: row.answer,
        answered_name: row.answered_name,
        answered_at: instant_opt(row.answered_at),
    };
    Ok(rows.into_iter().map(question).collect())
}

/// Answers a question of a case; false when it was answered before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn answer_question(
    tx: &mut Tx,
    case: ApplicationId,
    question: QuestionId,
    (by, name): (AccountId, &str),
    answer: &str,
    now: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ANSWER)
        .bind(answer)
        .bind(by.0)
        .bind(name)
        .bind(now.as_millis())
        .bind(question.0)
        .bind(case.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Sets what stands beside the state of a case, and until when its applicant is awaited or counts on something.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_flag(
    tx: &mut Tx,
    case: ApplicationId,
    (flag, words): (Flag, &str),
    until: Option<Timestamp>,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET_FLAG)
        .bind(flag.as_str())
        .bind(words)
        .bind(until.unwrap_or(NO_DEADLINE).as_millis())
        .bind(case.0)
        .execute(c)
        .await
        .map(drop))?)
}
