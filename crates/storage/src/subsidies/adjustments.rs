//! What a reviewer counted of an amount instead of what was applied for.

use domain::{clock::Timestamp, ids::ApplicationId};

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// An adjusted amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Key of the category.
    pub category: String,
    /// Yen that count.
    pub eligible_yen: i64,
    /// Why.
    pub reason: String,
    /// Who decided so.
    pub actor_name: String,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
}
from_row!(Adjustment { category, eligible_yen, reason, actor_name, at });

sql!(
    ADJUST = "INSERT INTO subsidy_adjustments (application_id, category, eligible_yen, reason, actor_name, at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (application_id, category) DO UPDATE SET
    eligible_yen = excluded.eligible_yen, reason = excluded.reason, actor_name = excluded.actor_name, at = excluded.at"
);
sql!(UNADJUST = "DELETE FROM subsidy_adjustments WHERE application_id = $1 AND category = $2");
sql!(
    OF_CASE = "SELECT category, eligible_yen, reason, actor_name, at FROM subsidy_adjustments
    WHERE application_id = $1 ORDER BY category"
);

/// Keeps what counts of an amount; what was kept before is replaced.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn adjust(tx: &mut Tx, case: ApplicationId, new: &Adjustment) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(ADJUST)
        .bind(case.0)
        .bind(&new.category)
        .bind(new.eligible_yen)
        .bind(&new.reason)
        .bind(&new.actor_name)
        .bind(new.at)
        .execute(c)
        .await
        .map(drop))?)
}

/// Lets the amount count as it was applied for.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn unadjust(tx: &mut Tx, case: ApplicationId, category: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(UNADJUST).bind(case.0).bind(category).execute(c).await.map(drop))?)
}

/// The adjusted amounts of a case.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn adjustments(conn: &mut Conn, case: ApplicationId) -> Result<Vec<Adjustment>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_CASE).bind(case.0).fetch_all(c).await)?)
}

impl Adjustment {
    /// The instant at which it was made.
    pub fn made_at(&self) -> Timestamp {
        Timestamp::from_millis(self.at)
    }
}
