//! What the owner of a terminal allowed in advance: renewals by the terminal itself, or one renewal after the end (spec 04.5).

use domain::{
    clock::Timestamp,
    ids::{AccountId, ApplicationId, CertificateId},
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
    /// The certificate that a code renews.
    pub certificate_id: Option<CertificateId>,
    /// argon2id hash of the code with which a person renews without showing the certificate, until it was used.
    pub code_hash: Option<String>,
}

struct Row {
    application_id: Uuid,
    kind: String,
    account_id: Uuid,
    fee_yen: i64,
    given_at: i64,
    until: Option<i64>,
    certificate_id: Option<Uuid>,
    code_hash: Option<String>,
}
from_row!(Row { application_id, kind, account_id, fee_yen, given_at, until, certificate_id, code_hash });

impl From<Row> for Permit {
    fn from(row: Row) -> Self {
        Self {
            application_id: ApplicationId(row.application_id),
            kind: row.kind,
            account_id: AccountId(row.account_id),
            fee_yen: row.fee_yen,
            given_at: instant(row.given_at),
            until: instant_opt(row.until),
            certificate_id: row.certificate_id.map(CertificateId),
            code_hash: row.code_hash,
        }
    }
}

impl Permit {
    /// Whether it holds at an instant for a fee.
    pub fn covers(&self, fee_yen: i64, now: Timestamp) -> bool {
        fee_yen <= self.fee_yen && self.until.is_none_or(|until| now <= until)
    }
}

sql!(GIVE = "INSERT INTO renewal_permits (application_id, kind, account_id, fee_yen, given_at, until, certificate_id, code_hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (application_id, kind) DO UPDATE SET account_id = excluded.account_id, fee_yen = excluded.fee_yen,
        given_at = excluded.given_at, until = excluded.until, certificate_id = excluded.certificate_id,
        code_hash = excluded.code_hash, code_tries = 0");
sql!(TAKE_BACK = "DELETE FROM renewal_permits WHERE application_id = $1 AND kind = $2");
sql!(
    OF_APPLICATION = "SELECT application_id, kind, account_id, fee_yen, given_at, until, certificate_id, code_hash
    FROM renewal_permits WHERE application_id = $1"
);
sql!(
    COUNT_CODE_TRY = "UPDATE renewal_permits SET code_tries = code_tries + 1 WHERE application_id = $1 AND kind = $2
    RETURNING code_tries"
);
sql!(/// Not those of a code that was made meanwhile.
    RESET_CODE_TRIES = "UPDATE renewal_permits SET code_tries = 0 WHERE application_id = $1 AND kind = $2 AND code_hash = $3");
sql!(
    USE_CODE = "UPDATE renewal_permits SET code_hash = NULL WHERE application_id = $1 AND kind = $2 AND code_hash = $3"
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
        .bind(permit.certificate_id.map(|id| id.0))
        .bind(&permit.code_hash)
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

/// Counts a typed code and gives the number of tries so far; none when there is no permission of the kind.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn count_code_try(tx: &mut Tx, application: ApplicationId, kind: &str) -> Result<Option<i64>> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query_scalar(COUNT_CODE_TRY)
        .bind(application.0)
        .bind(kind)
        .fetch_optional(c)
        .await)?)
}

/// Forgets the tries after the right code.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn reset_code_tries(tx: &mut Tx, application: ApplicationId, kind: &str, hash: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(RESET_CODE_TRIES)
        .bind(application.0)
        .bind(kind)
        .bind(hash)
        .execute(c)
        .await
        .map(drop))?)
}

/// Uses a code up; false when it was used before or another took its place.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn use_code(tx: &mut Tx, application: ApplicationId, kind: &str, hash: &str) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(USE_CODE)
        .bind(application.0)
        .bind(kind)
        .bind(hash)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
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
            certificate_id: None,
            code_hash: None,
        };
        assert!(permit(None).covers(1_500, at(i64::MAX)) && permit(None).covers(1_000, at(0)));
        assert!(!permit(None).covers(1_501, at(0)));
        assert!(permit(Some(at(9))).covers(1_500, at(9)) && !permit(Some(at(9))).covers(1_500, at(10)));
    }
}
