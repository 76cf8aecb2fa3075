//! What the journal knows and the database does not: then an older copy of the database was put in its place (spec 04.7).
//!
//! A commit comes before its record, and the journal is read before the database. So a database that is whole knows
//! everything that was read, whatever other nodes write meanwhile.

use std::collections::HashMap;

use domain::ids::AuthorityId;
use storage::{Db, Note, boxed, restore::Registered};
use uuid::Uuid;

use super::{
    Place,
    keep_up::{STEP, read_own},
    line::Line,
};
use crate::Result;

/// How the journal knows a serial to have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    #[default]
    None,
    Abandoned,
    Revoked,
}

/// What a journal knows.
#[derive(Default)]
struct Known {
    serials: HashMap<String, End>,
    numbers: HashMap<AuthorityId, i64>,
    /// The highest place in the audit chain.
    audit: i64,
}

impl Known {
    fn learn(&mut self, line: Line) {
        let (serial, end) = match line.note {
            Note::Issued { serial, .. } => (serial, End::None),
            Note::Abandoned { serial, .. } => (serial, End::Abandoned),
            Note::Revoked { serial, .. } => (serial, End::Revoked),
            Note::Crl { authority, number } => {
                let highest = self.numbers.entry(authority).or_default();
                *highest = number.max(*highest);
                return;
            }
            Note::Head { seq, .. } | Note::Signed { seq, .. } | Note::Backup { seq, .. } => {
                self.audit = seq.max(self.audit);
                return;
            }
            Note::Begin { .. } => return,
        };
        let known = self.serials.entry(serial).or_default();
        *known = end.max(*known);
    }
}

/// Whether the register lacks how a serial ended.
fn lacks(row: &Registered, end: End) -> bool {
    match end {
        End::None => false,
        End::Abandoned => !matches!(row.state.as_str(), "abandoned" | "revoked"),
        End::Revoked => row.state != "revoked",
    }
}

/// In what the database is behind the chains of the journal that a restore has not closed; none when it knows everything.
/// Looked at before anything is signed or served.
///
/// # Errors
/// When the journal is damaged, or the database cannot be read.
#[boxed]
pub async fn ahead(db: &Db, place: &Place) -> Result<Option<String>> {
    let (mut known, _) = read_own(place.clone(), Known::learn).await?;
    let (mut after, mut ends) = (Uuid::nil(), 0);
    loop {
        let rows = storage::restore::register(&mut db.read().await?, after, STEP).await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        let behind = |row: &&Registered| known.serials.remove(&row.serial).is_some_and(|end| lacks(row, end));
        ends += rows.iter().filter(behind).count();
    }
    let mut conn = db.read().await?;
    let authorities = storage::authority::authorities(&mut conn).await?;
    let number_of = |id: AuthorityId| authorities.iter().find(|row| row.id == id.0).map_or(0, |row| row.crl_number);
    let numbers = known.numbers.iter().filter(|(id, number)| number_of(**id) < **number).count();
    let lost = (known.audit - storage::audit::head(&mut conn).await?.0).max(0);
    let serials = known.serials.len();
    let is_behind = serials + ends + numbers > 0 || lost > 0;
    Ok(is_behind.then(|| {
        format!(
            "serials that it does not know: {serials}, revocations and serials given up: {ends}, \
            authorities whose numbers of lists went on: {numbers}, audit rows at least: {lost}"
        )
    }))
}
