//! Letters whose code proves a membership, seen from the membership.

use domain::{
    clock::Timestamp,
    ids::{LetterId, MembershipId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// What a person may know of the letter with their code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The letter.
    pub id: LetterId,
    /// `to_print`, `in_batch`, `printed`, `posted` or `dead`.
    pub state: String,
    /// Registered-mail number, once posted.
    pub tracking_number: Option<String>,
    /// Until when its code is accepted.
    pub deadline: Option<Timestamp>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it was posted.
    pub posted_at: Option<Timestamp>,
}

struct Row {
    id: Uuid,
    state: String,
    tracking_number: Option<String>,
    deadline: Option<i64>,
    created_at: i64,
    posted_at: Option<i64>,
}
from_row!(Row { id, state, tracking_number, deadline, created_at, posted_at });

impl From<Row> for Proof {
    fn from(row: Row) -> Self {
        Self {
            id: LetterId(row.id),
            state: row.state,
            tracking_number: row.tracking_number,
            deadline: instant_opt(row.deadline),
            created_at: instant(row.created_at),
            posted_at: instant_opt(row.posted_at),
        }
    }
}

sql!(
    PROOF = "SELECT id, state, tracking_number, deadline, created_at, posted_at FROM letters
    WHERE membership_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1"
);
sql!(
    KILL_PROOFS = "UPDATE letters SET state = 'dead', secret_hash = NULL, secret_sealed = NULL
    WHERE membership_id = $1 AND state <> 'dead'"
);

/// The letter that was ordered last for a membership.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn proof(conn: &mut Conn, membership: MembershipId) -> Result<Option<Proof>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(PROOF).bind(membership.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// Kills all letters of a membership: their secrets are destroyed, and none is printed any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn kill_proofs(tx: &mut Tx, membership: MembershipId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(KILL_PROOFS).bind(membership.0).execute(c).await.map(drop))?)
}
