//! Cases of the procedures that share everything: what an institution has under way.

use domain::ids::InstitutionId;

use super::{Application, Row, select_case};
use crate::db::{Conn, Result, boxed, on_engine, sql};

sql!(/// Cases of the common kind that somebody still has or that are in force; an institution has few of them.
    OTHERS = select_case!(
        "WHERE institution_id = $1 AND kind NOT IN ('eligibility', 'certificate', 'claims')
    AND state IN ('draft', 'submitted', 'in_review', 'returned', 'accepted', 'in_force') ORDER BY updated_at DESC, id DESC LIMIT 20"
    )
);

/// Cases of an institution beside those of the journey that are begun, under way or in force, the last touched first; at
/// most twenty.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn others(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Application>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OTHERS).bind(institution.0).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}
