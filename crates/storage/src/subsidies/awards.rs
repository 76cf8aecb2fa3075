//! Accepted cases with what they are to get: they wait until a batch takes them in.

use domain::{
    forms::Answers,
    ids::{ApplicationId, GrantBatchId, InstitutionId},
};
use uuid::Uuid;

use crate::convert::JsonAnswers;
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// What an accepted case is to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// The case.
    pub application_id: Uuid,
    /// Who gets it.
    pub institution_id: Uuid,
    /// Name of the scheme in addresses.
    pub scheme: String,
    /// Number of the scheme's version.
    pub scheme_version: i64,
    /// Name of the scheme as read.
    pub scheme_name: String,
    /// Yen.
    pub amount_yen: i64,
    /// The lines of the grant as JSON.
    pub lines: String,
    /// When the case was accepted, in milliseconds since 1970 UTC.
    pub accepted_at: i64,
    /// The batch that took it in.
    pub batch_id: Option<Uuid>,
}
from_row!(Award {
    application_id,
    institution_id,
    scheme,
    scheme_version,
    scheme_name,
    amount_yen,
    lines,
    accepted_at,
    batch_id
});

/// A case of a batch as a line of its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAward {
    /// The case.
    pub application_id: Uuid,
    /// Its reference number.
    pub reference: Option<String>,
    /// Ten-digit code of the institution.
    pub institution_code: String,
    /// Name of the institution.
    pub institution_name: String,
    /// Yen.
    pub amount_yen: i64,
    /// The grant, once the batch is decided.
    pub grant_id: Option<Uuid>,
    /// Fiscal year of its number.
    pub fiscal_year: Option<i64>,
    /// Its number within the year.
    pub number: Option<i64>,
    /// Whether the grant was taken back.
    pub reversed: bool,
    /// Whether it stands in the payment file.
    pub listed: bool,
    /// The day on which it was paid, `YYYY-MM-DD`.
    pub paid_on: Option<String>,
}
from_row!(ListedAward {
    application_id,
    reference,
    institution_code,
    institution_name,
    amount_yen,
    grant_id,
    fiscal_year,
    number,
    reversed,
    listed,
    paid_on
});

/// Cases of a scheme that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Name of the scheme in addresses.
    pub scheme: String,
    /// One of the names under which they were accepted.
    pub scheme_name: String,
    /// How many wait.
    pub cases: i64,
    /// Their sum in yen.
    pub amount_yen: i64,
}
from_row!(Waiting { scheme, scheme_name, cases, amount_yen });

sql!(/// A case is awarded once; a second time changes nothing.
    INSERT = "INSERT INTO grant_awards (application_id, institution_id, scheme, scheme_version, scheme_name, amount_yen, lines,
        accepted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (application_id) DO NOTHING");
sql!(
    AWARD =
        "SELECT application_id, institution_id, scheme, scheme_version, scheme_name, amount_yen, lines, accepted_at,
    batch_id FROM grant_awards WHERE application_id = $1"
);
sql!(
    WAITING = "SELECT scheme, MAX(scheme_name) AS scheme_name, COUNT(*) AS cases,
    CAST(SUM(amount_yen) AS BIGINT) AS amount_yen FROM grant_awards WHERE batch_id IS NULL GROUP BY scheme ORDER BY scheme"
);
sql!(
    TAKE = "UPDATE grant_awards SET batch_id = $1 WHERE batch_id IS NULL AND application_id IN (
    SELECT application_id FROM grant_awards WHERE batch_id IS NULL AND scheme = $2
    ORDER BY accepted_at, application_id LIMIT $3)"
);
sql!(/// A case whose grant was taken back stands in nobody's way.
    FILED = "SELECT p.answers FROM applications p WHERE p.institution_id = $1 AND p.kind = 'subsidy'
    AND p.state IN ('submitted', 'in_review', 'returned', 'accepted') AND p.id <> $2
    AND NOT EXISTS (SELECT 1 FROM grants g JOIN grants r ON r.reverses = g.id
        WHERE g.application_id = p.id AND g.kind = 'grant') LIMIT 200");
sql!(
    AWARDED = "SELECT COUNT(*) FROM grant_awards a WHERE a.institution_id = $1 AND a.scheme = $2
    AND a.application_id <> $3 AND NOT EXISTS (SELECT 1 FROM grants g JOIN grants r ON r.reverses = g.id
        WHERE g.application_id = a.application_id AND g.kind = 'grant')"
);
sql!(UNTIE = "UPDATE grant_awards SET batch_id = NULL WHERE batch_id = $1");
sql!(
    OF_BATCH =
        "SELECT a.application_id, p.reference, i.code AS institution_code, i.name AS institution_name, a.amount_yen,
        g.id AS grant_id, g.fiscal_year, g.number,
        EXISTS (SELECT 1 FROM grants r WHERE r.reverses = g.id) AS reversed,
        EXISTS (SELECT 1 FROM grant_payments y WHERE y.grant_id = g.id) AS listed,
        (SELECT r.paid_on FROM grant_receipts r WHERE r.grant_id = g.id) AS paid_on
    FROM grant_awards a JOIN applications p ON p.id = a.application_id JOIN institutions i ON i.id = a.institution_id
    LEFT JOIN grants g ON g.application_id = a.application_id AND g.kind = 'grant'
    WHERE a.batch_id = $1 ORDER BY a.application_id"
);

/// What cases of an institution answered that were sent and neither refused, taken back nor reversed; without one case.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn answers_filed(
    conn: &mut Conn,
    institution: InstitutionId,
    except: Option<ApplicationId>,
) -> Result<Vec<Answers>> {
    let except = except.map_or(Uuid::nil(), |case| case.0);
    let rows: Vec<(JsonAnswers,)> =
        on_engine!(conn, |c| sqlx::query_as(FILED).bind(institution.0).bind(except).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(answers,)| answers.0).collect())
}

/// Whether another case of an institution was accepted for a scheme and not taken back.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn awarded_before(
    conn: &mut Conn,
    institution: InstitutionId,
    scheme: &str,
    except: ApplicationId,
) -> Result<bool> {
    let count: i64 = on_engine!(conn, |c| sqlx::query_scalar(AWARDED)
        .bind(institution.0)
        .bind(scheme)
        .bind(except.0)
        .fetch_one(c)
        .await)?;
    Ok(count > 0)
}

/// Keeps what an accepted case is to get; false when it was kept before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_award(tx: &mut Tx, new: &Award) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(new.application_id)
        .bind(new.institution_id)
        .bind(&new.scheme)
        .bind(new.scheme_version)
        .bind(&new.scheme_name)
        .bind(new.amount_yen)
        .bind(&new.lines)
        .bind(new.accepted_at)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// What an accepted case is to get.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn award(conn: &mut Conn, case: ApplicationId) -> Result<Option<Award>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(AWARD).bind(case.0).fetch_optional(c).await)?)
}

/// Cases that no batch took in yet, by scheme.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn waiting(conn: &mut Conn) -> Result<Vec<Waiting>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(WAITING).fetch_all(c).await)?)
}

/// Takes cases of a scheme into a batch, the oldest first; gives how many.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn take_into_batch(tx: &mut Tx, batch: GrantBatchId, scheme: &str, most: i64) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(TAKE)
        .bind(batch.0)
        .bind(scheme)
        .bind(most)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// Lets the cases of a batch wait again.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn untie_batch(tx: &mut Tx, batch: GrantBatchId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(UNTIE).bind(batch.0).execute(c).await.map(drop))?)
}

/// The cases of a batch: as many as a batch may hold.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn awards_of_batch(conn: &mut Conn, batch: GrantBatchId) -> Result<Vec<ListedAward>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_BATCH).bind(batch.0).fetch_all(c).await)?)
}

impl Award {
    /// Who gets it.
    pub const fn institution(&self) -> InstitutionId {
        InstitutionId(self.institution_id)
    }
}
