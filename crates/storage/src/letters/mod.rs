//! Letters: issuance notices and the letters that prove a membership.

mod batches;
mod ways;

pub use batches::{Batch, batch, batches, confirm_batch, insert_batch, opened, put_in_batch, unopened};
pub use ways::{Around, around, batch_with, correct_number, hold, overdue, reissued, waiting};

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, BatchId, InstitutionId, LetterId, MembershipId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Identifier.
    pub id: LetterId,
    /// `issuance_notice` or `membership_code`.
    pub kind: String,
    /// `to_print`, `in_batch`, `printed`, `posted` or `dead`.
    pub state: String,
    /// Case it belongs to.
    pub application_id: Option<ApplicationId>,
    /// Membership it proves.
    pub membership_id: Option<MembershipId>,
    /// Institution whose registered address it goes to.
    pub institution_id: InstitutionId,
    /// Name in the address.
    pub addressee: String,
    /// Identifier typed at pickup.
    pub pickup_id: Option<String>,
    /// argon2id hash of the secret.
    pub secret_hash: Option<String>,
    /// The secret, sealed, until the print is confirmed.
    pub secret_sealed: Option<Vec<u8>>,
    /// Wrong secrets typed so far.
    pub tries: i64,
    /// Batch in which it is printed.
    pub batch_id: Option<BatchId>,
    /// Registered-mail number.
    pub tracking_number: Option<String>,
    /// Until when the certificate can be fetched.
    pub deadline: Option<Timestamp>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When its print was confirmed.
    pub printed_at: Option<Timestamp>,
    /// When it was posted.
    pub posted_at: Option<Timestamp>,
    /// When it was noted that the post delivered it.
    pub delivered_at: Option<Timestamp>,
}

struct Row {
    id: Uuid,
    kind: String,
    state: String,
    application_id: Option<Uuid>,
    membership_id: Option<Uuid>,
    institution_id: Uuid,
    addressee: String,
    pickup_id: Option<String>,
    secret_hash: Option<String>,
    secret_sealed: Option<Vec<u8>>,
    tries: i64,
    batch_id: Option<Uuid>,
    tracking_number: Option<String>,
    deadline: Option<i64>,
    created_at: i64,
    printed_at: Option<i64>,
    posted_at: Option<i64>,
    delivered_at: Option<i64>,
}
from_row!(Row {
    id,
    kind,
    state,
    application_id,
    membership_id,
    institution_id,
    addressee,
    pickup_id,
    secret_hash,
    secret_sealed,
    tries,
    batch_id,
    tracking_number,
    deadline,
    created_at,
    printed_at,
    posted_at,
    delivered_at
});

impl From<Row> for Letter {
    fn from(row: Row) -> Self {
        Self {
            id: LetterId(row.id),
            kind: row.kind,
            state: row.state,
            application_id: row.application_id.map(ApplicationId),
            membership_id: row.membership_id.map(MembershipId),
            institution_id: InstitutionId(row.institution_id),
            addressee: row.addressee,
            pickup_id: row.pickup_id,
            secret_hash: row.secret_hash,
            secret_sealed: row.secret_sealed,
            tries: row.tries,
            batch_id: row.batch_id.map(BatchId),
            tracking_number: row.tracking_number,
            deadline: instant_opt(row.deadline),
            created_at: instant(row.created_at),
            printed_at: instant_opt(row.printed_at),
            posted_at: instant_opt(row.posted_at),
            delivered_at: instant_opt(row.delivered_at),
        }
    }
}

impl Letter {
    /// Whether its secret works no more.
    pub fn is_dead(&self) -> bool {
        self.state == "dead"
    }

    /// Whether it died before it was posted: nothing of it is put into an envelope.
    pub fn is_dropped(&self) -> bool {
        self.is_dead() && self.posted_at.is_none()
    }
}

macro_rules! select_letter {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, state, application_id, membership_id, institution_id, addressee, pickup_id, secret_hash,
            secret_sealed, tries, batch_id, tracking_number, deadline, created_at, printed_at, posted_at, delivered_at
            FROM letters ",
            $rest
        )
    };
}
use select_letter;

sql!(
    INSERT =
        "INSERT INTO letters (id, kind, state, application_id, membership_id, institution_id, addressee, pickup_id,
        secret_hash, secret_sealed, tries, deadline, created_at)
    VALUES ($1, $2, 'to_print', $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)"
);
sql!(FIND = select_letter!("WHERE id = $1"));
sql!(BY_PICKUP_ID = select_letter!("WHERE pickup_id = $1"));
sql!(OF_APPLICATION = select_letter!("WHERE application_id = $1 ORDER BY created_at, id LIMIT 50"));
sql!(OF_BATCH = select_letter!("WHERE batch_id = $1 ORDER BY created_at, id LIMIT 500"));
sql!(IN_STATE = select_letter!("WHERE state = $1 ORDER BY created_at, id LIMIT $2"));
sql!(NEWEST = select_letter!("WHERE created_at <= $1 ORDER BY created_at DESC, id DESC LIMIT $2"));
sql!(
    BY_NUMBER = select_letter!(
        "WHERE tracking_number = $1 OR application_id IN (SELECT id FROM applications WHERE reference = $2)
        ORDER BY created_at DESC, id DESC LIMIT 50"
    )
);
sql!(/// The last letter of each case whose letter came back or was lost.
    GONE = select_letter!(
        "WHERE application_id IN (SELECT id FROM applications WHERE kind = 'certificate' AND state IN ('letter_returned', 'letter_lost'))
        AND created_at = (SELECT MAX(l.created_at) FROM letters l WHERE l.application_id = letters.application_id)
        ORDER BY created_at, id LIMIT $1"
    )
);
sql!(
    DEADLINES_OF_INSTITUTION =
        "SELECT l.application_id, MAX(l.deadline) AS deadline FROM letters l JOIN applications p ON p.id = l.application_id
        WHERE p.institution_id = $1 AND p.kind = 'certificate' AND l.deadline IS NOT NULL GROUP BY l.application_id"
);
sql!(COUNT_IN_STATE = "SELECT COUNT(*) FROM letters WHERE state = $1");
sql!(
    POST =
        "UPDATE letters SET state = 'posted', posted_at = $1, tracking_number = $2 WHERE id = $3 AND state = 'printed'"
);
sql!(DELIVER = "UPDATE letters SET delivered_at = $1 WHERE id = $2 AND state = 'posted' AND delivered_at IS NULL");
sql!(
    KILL =
        "UPDATE letters SET state = 'dead', secret_hash = NULL, secret_sealed = NULL WHERE id = $1 AND state <> 'dead'"
);
sql!(COUNT_TRY = "UPDATE letters SET tries = tries + 1 WHERE id = $1 RETURNING tries");
sql!(RESET_TRIES = "UPDATE letters SET tries = 0 WHERE id = $1");

/// Orders a letter.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the pickup ID is taken.
#[boxed]
pub async fn insert(tx: &mut Tx, letter: &Letter) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(letter.id.0)
        .bind(&letter.kind)
        .bind(letter.application_id.map(|id| id.0))
        .bind(letter.membership_id.map(|id| id.0))
        .bind(letter.institution_id.0)
        .bind(&letter.addressee)
        .bind(&letter.pickup_id)
        .bind(&letter.secret_hash)
        .bind(&letter.secret_sealed)
        .bind(letter.deadline.map(Timestamp::as_millis))
        .bind(letter.created_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// A letter.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: LetterId) -> Result<Option<Letter>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// The letter with a pickup ID.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn by_pickup_id(conn: &mut Conn, pickup_id: &str) -> Result<Option<Letter>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(BY_PICKUP_ID).bind(pickup_id).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// Letters of a case, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_application(conn: &mut Conn, id: ApplicationId) -> Result<Vec<Letter>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_APPLICATION).bind(id.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Until when the certificates of an institution's cases can be fetched; cases without a letter are left out.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn deadlines_of_institution(
    conn: &mut Conn,
    institution: InstitutionId,
) -> Result<Vec<(ApplicationId, Timestamp)>> {
    let rows: Vec<(Uuid, i64)> =
        on_engine!(conn, |c| sqlx::query_as(DEADLINES_OF_INSTITUTION).bind(institution.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(case, deadline)| (ApplicationId(case), instant(deadline))).collect())
}

/// Letters of a batch in printing order, at most 500.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_batch(conn: &mut Conn, id: BatchId) -> Result<Vec<Letter>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_BATCH).bind(id.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Letters in one state, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn in_state(conn: &mut Conn, state: &str, limit: i64) -> Result<Vec<Letter>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(IN_STATE).bind(state).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The last letters, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<Letter>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(NEWEST).bind(i64::MAX).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Letters with a registered-mail number or of the case with a reference number, newest first, at most 50.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn by_number(conn: &mut Conn, tracking_number: &str, reference: &str) -> Result<Vec<Letter>> {
    let rows: Vec<Row> =
        on_engine!(conn, |c| sqlx::query_as(BY_NUMBER).bind(tracking_number).bind(reference).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The last letter of each case whose letter came back or was lost and that waits for a new one, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn gone(conn: &mut Conn, limit: i64) -> Result<Vec<Letter>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(GONE).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many letters are in one state.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn count_in_state(conn: &mut Conn, state: &str) -> Result<i64> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(COUNT_IN_STATE).bind(state).fetch_one(c).await)?)
}

/// Notes that a letter was posted; false when it is not in the state for it.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn post(tx: &mut Tx, letter: LetterId, tracking_number: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(POST)
        .bind(now.as_millis())
        .bind(tracking_number)
        .bind(letter.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that a posted letter was delivered; false when it is not on its way or was noted before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn deliver(tx: &mut Tx, letter: LetterId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DELIVER)
        .bind(now.as_millis())
        .bind(letter.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Kills a letter: its secret works no more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn kill(tx: &mut Tx, letter: LetterId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(KILL).bind(letter.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Counts a typed secret and gives the number of tries so far.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn count_try(tx: &mut Tx, letter: LetterId) -> Result<i64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query_scalar(COUNT_TRY).bind(letter.0).fetch_one(c).await)?)
}

/// Forgets the tries after the right secret.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn reset_tries(tx: &mut Tx, letter: LetterId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(RESET_TRIES).bind(letter.0).execute(c).await.map(drop))?)
}
