//! Inquiries to the operator: threads. In the folder: their messages, figures, and what came by mail.

mod figures;
mod inbox;
mod messages;
mod write;

pub use figures::*;
pub use inbox::*;
pub use messages::*;
pub use write::*;

use domain::{
    applications::Kind,
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InquiryId, InstitutionId},
    inquiries::{InquiryState, Way},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt, word};
use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};

/// A thread with the names that pages show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Identifier.
    pub id: InquiryId,
    /// Number to quote.
    pub reference: String,
    /// Institution it concerns.
    pub institution_id: Option<InstitutionId>,
    /// Case it concerns.
    pub application_id: Option<ApplicationId>,
    /// Who asks.
    pub account_id: AccountId,
    /// Category.
    pub category: String,
    /// How it began.
    pub way: Way,
    /// For whom it waits.
    pub state: InquiryState,
    /// Who of the staff has it.
    pub assignee: Option<AccountId>,
    /// How many messages it has.
    pub messages: i64,
    /// When it was asked.
    pub created_at: Timestamp,
    /// Since when it waits as it does.
    pub since: Timestamp,
    /// When it was first answered.
    pub answered_at: Option<Timestamp>,
    /// Name of who asks.
    pub person_name: String,
    /// Address of who asks.
    pub person_email: String,
    /// Whether that account was closed.
    pub person_disabled: bool,
    /// Code of the institution.
    pub institution_code: Option<String>,
    /// Name of the institution.
    pub institution_name: Option<String>,
    /// Name of the one of the staff who has it.
    pub assignee_name: Option<String>,
    /// Procedure and number of the case.
    pub case: Option<(Kind, String)>,
}

struct Row {
    id: Uuid,
    reference: String,
    institution_id: Option<Uuid>,
    application_id: Option<Uuid>,
    account_id: Uuid,
    category: String,
    way: String,
    state: String,
    assignee: Option<Uuid>,
    messages: i64,
    created_at: i64,
    since: i64,
    answered_at: Option<i64>,
    person_name: String,
    person_email: String,
    person_disabled: bool,
    institution_code: Option<String>,
    institution_name: Option<String>,
    assignee_name: Option<String>,
    case_kind: Option<String>,
    case_reference: Option<String>,
}
from_row!(Row {
    id,
    reference,
    institution_id,
    application_id,
    account_id,
    category,
    way,
    state,
    assignee,
    messages,
    created_at,
    since,
    answered_at,
    person_name,
    person_email,
    person_disabled,
    institution_code,
    institution_name,
    assignee_name,
    case_kind,
    case_reference
});

impl Row {
    fn read(self) -> Result<Inquiry> {
        let kind = self.case_kind.as_deref().map(word).transpose()?;
        Ok(Inquiry {
            id: InquiryId(self.id),
            reference: self.reference,
            institution_id: self.institution_id.map(InstitutionId),
            application_id: self.application_id.map(ApplicationId),
            account_id: AccountId(self.account_id),
            category: self.category,
            way: word(&self.way)?,
            state: word(&self.state)?,
            assignee: self.assignee.map(AccountId),
            messages: self.messages,
            created_at: instant(self.created_at),
            since: instant(self.since),
            answered_at: instant_opt(self.answered_at),
            person_name: self.person_name,
            person_email: self.person_email,
            person_disabled: self.person_disabled,
            institution_code: self.institution_code,
            institution_name: self.institution_name,
            assignee_name: self.assignee_name,
            case: kind.zip(self.case_reference),
        })
    }
}

fn read(rows: Vec<Row>) -> Result<Vec<Inquiry>> {
    rows.into_iter().map(Row::read).collect()
}

macro_rules! select_inquiry {
    ($rest:literal) => {
        concat!(
            "SELECT q.id, q.reference, q.institution_id, q.application_id, q.account_id, q.category, q.way, q.state, q.assignee,
            q.messages, q.created_at, q.since, q.answered_at, a.name AS person_name, a.email AS person_email,
            (a.disabled_at IS NOT NULL) AS person_disabled, i.code AS institution_code, i.name AS institution_name,
            s.name AS assignee_name, p.kind AS case_kind, p.reference AS case_reference
            FROM inquiries q JOIN accounts a ON a.id = q.account_id LEFT JOIN institutions i ON i.id = q.institution_id
            LEFT JOIN accounts s ON s.id = q.assignee LEFT JOIN applications p ON p.id = q.application_id ",
            $rest
        )
    };
}

sql!(FIND = select_inquiry!("WHERE q.id = $1"));
sql!(BY_REFERENCE = select_inquiry!("WHERE q.reference = $1"));
sql!(
    OLDEST = select_inquiry!(
        "WHERE q.state = $1 AND q.since >= $2 AND (q.since > $2 OR q.id > $3) ORDER BY q.since, q.id LIMIT $4"
    )
);
sql!(
    NEWEST = select_inquiry!(
        "WHERE q.state = $1 AND q.since <= $2 AND (q.since < $2 OR q.id < $3) ORDER BY q.since DESC, q.id DESC LIMIT $4"
    )
);
sql!(
    HELD_OLDEST = select_inquiry!(
        "WHERE q.assignee = $5 AND q.state = $1 AND q.since >= $2 AND (q.since > $2 OR q.id > $3)
        ORDER BY q.since, q.id LIMIT $4"
    )
);
sql!(
    HELD_NEWEST = select_inquiry!(
        "WHERE q.assignee = $5 AND q.state = $1 AND q.since <= $2 AND (q.since < $2 OR q.id < $3)
        ORDER BY q.since DESC, q.id DESC LIMIT $4"
    )
);
sql!(
    OF_ACCOUNT = select_inquiry!(
        "WHERE q.account_id = $1 AND q.created_at <= $2 AND (q.created_at < $2 OR q.id < $3)
        ORDER BY q.created_at DESC, q.id DESC LIMIT $4"
    )
);
sql!(OF_INSTITUTION = select_inquiry!("WHERE q.institution_id = $1 ORDER BY q.created_at DESC LIMIT $2"));
sql!(OF_APPLICATION = select_inquiry!("WHERE q.application_id = $1 ORDER BY q.created_at DESC LIMIT $2"));

/// The last row of the page before.
pub type Place = Option<(Timestamp, InquiryId)>;

/// A thread.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: InquiryId) -> Result<Option<Inquiry>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// The thread of a number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn by_reference(conn: &mut Conn, reference: &str) -> Result<Option<Inquiry>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(BY_REFERENCE).bind(reference).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// Threads in one state: those that somebody waits for from the oldest on, the others from the newest.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn in_state(
    conn: &mut Conn,
    state: InquiryState,
    held_by: Option<AccountId>,
    after: Place,
    limit: i64,
) -> Result<Vec<Inquiry>> {
    let oldest = state.is_waited_for();
    let begin = if oldest { (i64::MIN, Uuid::nil()) } else { (i64::MAX, Uuid::max()) };
    let (at, id) = after.map_or(begin, |(at, id)| (at.as_millis(), id.0));
    let text = match (oldest, held_by.is_some()) {
        (true, false) => OLDEST,
        (false, false) => NEWEST,
        (true, true) => HELD_OLDEST,
        (false, true) => HELD_NEWEST,
    };
    let rows: Vec<Row> = on_engine!(conn, |c| {
        let query = sqlx::query_as(text).bind(state.as_str()).bind(at).bind(id).bind(limit);
        match held_by {
            Some(account) => query.bind(account.0).fetch_all(c).await,
            None => query.fetch_all(c).await,
        }
    })?;
    read(rows)
}

/// Threads of a person, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_account(conn: &mut Conn, account: AccountId, after: Place, limit: i64) -> Result<Vec<Inquiry>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_ACCOUNT)
        .bind(account.0)
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    read(rows)
}

/// The last threads of an institution.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_institution(conn: &mut Conn, institution: InstitutionId, limit: i64) -> Result<Vec<Inquiry>> {
    let rows: Vec<Row> =
        on_engine!(conn, |c| sqlx::query_as(OF_INSTITUTION).bind(institution.0).bind(limit).fetch_all(c).await)?;
    read(rows)
}

/// The last threads about a case.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_application(conn: &mut Conn, application: ApplicationId, limit: i64) -> Result<Vec<Inquiry>> {
    let rows: Vec<Row> =
        on_engine!(conn, |c| sqlx::query_as(OF_APPLICATION).bind(application.0).bind(limit).fetch_all(c).await)?;
    read(rows)
}
