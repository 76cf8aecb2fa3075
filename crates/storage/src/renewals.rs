//! What the owner of a terminal allowed in advance: renewals by the terminal itself, or one renewal after the end (spec 04.5).

use domain::{
    clock::Timestamp,
    ids::{AccountId, ApplicationId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// The word for renewals that the terminal asks for by itself.
pub const AUTOMATIC: &str = "automatic";
/// The word for a renewal after the end.
pub const LATE: &str = "late";

/// A permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Case of the terminal.
    pub application_id: ApplicationId,
    /// [`AUTOMATIC`] or [`LATE`].
    pub kind: String,
    /// Who gave it.
    pub account_id: AccountId,
    /// The fee that was agreed to, in yen; it covers no higher one.
    pub fee_yen: i64,
    /// When it was given.
    pub given_at: Timestamp,
    /// Until when it holds; without end while none is set.
    pub until: Option<Timestamp>,
}

struct Row {
    application_id: Uuid,
    kind: String,
    account_id: Uuid,
    fee_yen: i64,
    given_at: i64,
    until: Option<i64>,
}
from_row!(Row { application_id, kind, account_id, fee_yen, given_at, until });

impl From<Row> for Permit {
    fn from(row: Row) -> Self {
        Self {
            application_id: ApplicationId(row.application_id),
            kind: row.kind,
            account_id: AccountId(row.account_id),
            fee_yen: row.fee_yen,
            given_at: instant(row.given_at),
            until: instant_opt(row.until),
        }
    }
}

impl Permit {
    /// Whether it holds at an instant for a fee.
    pub fn covers(&self, fee_yen: i64, now: Timestamp) -> bool {
        fee_yen <= self.fee_yen && self.until.is_none_or(|until| now <= until)
    }
}

sql!(GIVE = "INSERT INTO renewal_permits (application_id, kind, account_id, fee_yen, given_at, until) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (application_id, kind) DO UPDATE SET account_id = excluded.account_id, fee_yen = excluded.fee_yen,
        given_at = excluded.given_at, until = excluded.until");
sql!(TAKE_BACK = "DELETE FROM renewal_permits WHERE application_id = $1 AND kind = $2");
sql!(
    OF_APPLICATION = "SELECT application_id, kind, account_id, fee_yen, given_at, until FROM renewal_permits WHERE application_id = $1"
);

/// Gives a permission, in place of an earlier one of its kind.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn give(tx: &mut Tx, permit: &Permit) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(GIVE)
        .bind(permit.application_id.0)
        .bind(&permit.kind)
        .bind(permit.account_id.0)
        .bind(permit.fee_yen)
        .bind(permit.given_at.as_millis())
        .bind(permit.until.map(Timestamp::as_millis))
        .execute(c)
        .await
        .map(drop))?)
}

/// Takes a permission back; false when there was none.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn take_back(tx: &mut Tx, application: ApplicationId, kind: &str) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(TAKE_BACK)
        .bind(application.0)
        .bind(kind)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// The permissions of a case.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_application(conn: &mut Conn, application: ApplicationId) -> Result<Vec<Permit>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_APPLICATION).bind(application.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_covers_no_higher_fee_and_ends_when_it_says() {
        let at = Timestamp::from_millis;
        let permit = |until| Permit {
            application_id: ApplicationId(Uuid::nil()),
            kind: AUTOMATIC.to_owned(),
            account_id: AccountId(Uuid::nil()),
            fee_yen: 1_500,
            given_at: at(0),
            until,
        };
        assert!(permit(None).covers(1_500, at(i64::MAX)) && permit(None).covers(1_000, at(0)));
        assert!(!permit(None).covers(1_501, at(0)));
        assert!(permit(Some(at(9))).covers(1_500, at(9)) && !permit(Some(at(9))).covers(1_500, at(10)));
    }
}
