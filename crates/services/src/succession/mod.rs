//! 承継: an institution gets another code (spec 6.1, ADR 0033).
//!
//! The application is a procedure of the common kind; here is what it does. Its acceptance links the old institution to the
//! new one, admits people there, and starts the term of the old certificates. When the term is over, a job revokes them.

mod accept;
mod countdown;
mod guide;
mod history;
mod target;

pub(crate) use accept::{accepted, arrived, awaits_code, sent, stands_against};
pub use countdown::{end, warn, warn_when_due};
pub use guide::{Begun, Guide, OldTerminal, Side, Step, begin_for_terminal, guide, running};
pub use history::{HISTORY_PAGE, history, history_case};
pub(crate) use target::target;

use domain::{ids::InstitutionId, institutions::InstitutionCode};
use storage::{Conn, Tx, accounts::Membership, boxed, successions::Succession};

use crate::{App, Ctx, Error, Result, accounts::membership::post_code};

/// Kind of the job that revokes the certificates of an old code.
pub const END: &str = "succession.end";
/// Kind of the job that tells people how many days are left.
pub const WARN: &str = "succession.warn";
/// Kind of the job that orders the letter by which a membership at the new code is proved.
pub const LETTER: &str = "succession.letter";

/// Orders the letter with the code of a membership; the work of a [`LETTER`] job. Run twice, it orders one letter.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn letter(app: &App, payload: &serde_json::Value) -> Result<()> {
    let id = payload["membership"].as_str().and_then(|id| id.parse().ok());
    post_code(app, id.ok_or_else(|| Error::internal("no membership"))?).await
}

/// The succession in which the institution that the person acts for gives or takes its place; as the one that gives it
/// first, because there something runs out.
async fn of_own(ctx: &Ctx<'_>, conn: &mut Conn) -> Result<Option<Succession>> {
    let own = ctx.institution()?;
    match storage::successions::of_old(conn, own).await? {
        Some(given) => Ok(Some(given)),
        None => Ok(storage::successions::of_new(conn, own).await?),
    }
}

/// Everyone in force at either of two institutions, once.
async fn people(tx: &mut Tx, both: [InstitutionId; 2]) -> Result<Vec<Membership>> {
    let mut people: Vec<Membership> = vec![];
    for institution in both {
        for one in storage::accounts::members_in_force(tx, institution).await? {
            if !people.iter().any(|known| known.account_id == one.account_id) {
                people.push(one);
            }
        }
    }
    Ok(people)
}

/// The page of the guided list.
fn page(ctx: &Ctx<'_>) -> String {
    format!("{}/succession", ctx.app.settings.portal_url)
}

/// A code in groups for reading.
fn grouped(code: &InstitutionCode) -> String {
    code.grouped()
}
