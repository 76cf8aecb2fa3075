//! What the home page says of each procedure: one small question, answered from an index.

use domain::{
    applications::{Kind, State},
    clock::Timestamp,
    ids::{ApplicationId, InstitutionId},
};
use uuid::Uuid;

use crate::convert::{instant, word};
use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};

/// The case of a procedure that needs its institution most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foremost {
    /// Identifier.
    pub id: ApplicationId,
    /// Procedure.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Terminal of a certificate application.
    pub terminal_name: Option<String>,
    /// Month of effect.
    pub start_month: Option<String>,
    /// Since when it is in its state.
    pub state_since: Timestamp,
    /// How many cases of the procedure count as filed.
    pub filed: i64,
}

struct ForemostRow {
    id: Uuid,
    kind: String,
    state: String,
    terminal_name: Option<String>,
    start_month: Option<String>,
    state_since: i64,
    filed: i64,
}
from_row!(ForemostRow { id, kind, state, terminal_name, start_month, state_since, filed });

impl ForemostRow {
    fn read(self) -> Result<Foremost> {
        Ok(Foremost {
            id: ApplicationId(self.id),
            kind: word(&self.kind)?,
            state: word(&self.state)?,
            terminal_name: self.terminal_name,
            start_month: self.start_month,
            state_since: instant(self.state_since),
            filed: self.filed,
        })
    }
}

/// That a case counts as filed ([`State::is_filed`]). Each state is compared by itself: for a list of them the embedded
/// engine would fill a table of its own at every use.
macro_rules! is_filed {
    ($state:literal) => {
        concat!(
            $state,
            " <> 'draft' AND ",
            $state,
            " <> 'superseded' AND ",
            $state,
            " <> 'rejected' AND ",
            $state,
            " <> 'withdrawn' AND ",
            $state,
            " <> 'cancelled' AND ",
            $state,
            " <> 'pickup_expired'"
        )
    };
}

macro_rules! foremost {
    ($kind:literal) => {
        concat!(
            "COALESCE((SELECT id FROM applications WHERE institution_id = $1 AND kind = '",
            $kind,
            "' AND (state = 'draft' OR state = 'returned') ORDER BY updated_at DESC, id DESC LIMIT 1),
            (SELECT id FROM applications WHERE institution_id = $1 AND kind = '",
            $kind,
            "' AND ",
            is_filed!("state"),
            " ORDER BY updated_at DESC, id DESC LIMIT 1))"
        )
    };
}

sql!(
    FOREMOST = concat!(
        "SELECT p.id, p.kind, p.state, p.terminal_name, p.start_month, p.state_since,
        (SELECT COUNT(*) FROM applications f WHERE f.institution_id = p.institution_id AND f.kind = p.kind AND ",
        is_filed!("f.state"),
        ") AS filed FROM applications p WHERE p.id IN (",
        foremost!("eligibility"),
        ", ",
        foremost!("certificate"),
        ", ",
        foremost!("claims"),
        ")"
    )
);
/// The case of each procedure that needs the institution most: the one it was writing or correcting last, otherwise the
/// filed one that moved last.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn foremost(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Foremost>> {
    let rows: Vec<ForemostRow> = on_engine!(conn, |c| sqlx::query_as(FOREMOST).bind(institution.0).fetch_all(c).await)?;
    rows.into_iter().map(ForemostRow::read).collect()
}
