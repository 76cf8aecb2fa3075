//! What the home page says of each procedure: one small question, answered from an index.

use domain::{
    applications::{Flag, Kind, State},
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InstitutionId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt, word};
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
    /// Since when it is in its state; a draft since it was last written.
    pub state_since: Timestamp,
    /// How many cases of the procedure count as filed.
    pub filed: i64,
    /// Institution.
    pub institution_id: InstitutionId,
    /// Until when its certificate can be fetched, if a letter was ordered for it.
    pub pickup_until: Option<Timestamp>,
    /// What stands beside its state.
    pub flag: Flag,
}

struct ForemostRow {
    id: Uuid,
    kind: String,
    state: String,
    terminal_name: Option<String>,
    start_month: Option<String>,
    state_since: i64,
    filed: i64,
    institution_id: Uuid,
    deadline: Option<i64>,
    flag: String,
}
from_row!(ForemostRow {
    id,
    kind,
    state,
    terminal_name,
    start_month,
    state_since,
    filed,
    institution_id,
    deadline,
    flag
});

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
            institution_id: InstitutionId(self.institution_id),
            pickup_until: instant_opt(self.deadline),
            flag: word(&self.flag)?,
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

/// The case of a procedure that needs an institution most; the institution is a parameter or a column.
macro_rules! foremost_id {
    ($institution:literal, $kind:literal) => {
        concat!(
            "COALESCE((SELECT id FROM applications WHERE institution_id = ",
            $institution,
            " AND kind = '",
            $kind,
            "' AND (state = 'draft' OR state = 'returned' OR state = 'letter_returned' OR state = 'letter_lost')
            ORDER BY updated_at DESC, id DESC LIMIT 1),
            (SELECT id FROM applications WHERE institution_id = ",
            $institution,
            " AND kind = '",
            $kind,
            "' AND ",
            $crate::applications::foremost::is_filed!("state"),
            " ORDER BY updated_at DESC, id DESC LIMIT 1))"
        )
    };
}

pub(crate) use {foremost_id, is_filed};

macro_rules! select_foremost {
    ($from:literal, $institution:literal) => {
        concat!(
            "SELECT p.id, p.institution_id, p.kind, p.state, p.terminal_name, p.start_month, p.flag,
            CASE WHEN p.state = 'draft' THEN p.updated_at ELSE p.state_since END AS state_since,
            (SELECT COUNT(*) FROM applications f WHERE f.institution_id = p.institution_id AND f.kind = p.kind AND ",
            is_filed!("f.state"),
            ") AS filed, (SELECT MAX(l.deadline) FROM letters l WHERE l.application_id = p.id) AS deadline FROM ",
            $from,
            " p.id IN (",
            foremost_id!($institution, "eligibility"),
            ", ",
            foremost_id!($institution, "certificate"),
            ", ",
            foremost_id!($institution, "claims"),
            ")"
        )
    };
}

sql!(FOREMOST = select_foremost!("applications p WHERE", "$1"));
sql!(/// Of every institution to which a person belongs.
FOREMOST_OF_ALL = select_foremost!(
    "memberships m, applications p WHERE m.account_id = $1 AND m.state = 'active' AND",
    "m.institution_id"
));

/// The case of each procedure that needs the institution most: the one that waits for it and moved last (a draft, one to
/// be corrected, one whose letter is to be sent again), otherwise the filed one that moved last.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn foremost(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Foremost>> {
    let rows: Vec<ForemostRow> = on_engine!(conn, |c| sqlx::query_as(FOREMOST).bind(institution.0).fetch_all(c).await)?;
    rows.into_iter().map(ForemostRow::read).collect()
}

/// The same for every institution to which a person belongs, in one question.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn foremost_of_all(conn: &mut Conn, account: AccountId) -> Result<Vec<Foremost>> {
    let rows: Vec<ForemostRow> =
        on_engine!(conn, |c| sqlx::query_as(FOREMOST_OF_ALL).bind(account.0).fetch_all(c).await)?;
    rows.into_iter().map(ForemostRow::read).collect()
}
