//! 廃止・休止・再開: an institution closes, rests or goes on (spec 6.1, ADR 0033).
//!
//! The form is a procedure of the common kind; here is what it does. Its acceptance plans steps for a day; from that day on
//! a job does one step after the other and notes each.

mod accept;
mod outlook;
mod steps;
mod view;

pub use crate::ending::over;
pub(crate) use accept::{accepted, stands_against};
pub(crate) use outlook::outlook;
pub use steps::take_step;
pub use view::{Called, Shown, call_off, closing, of_case, planned};

/// Kind of the job that does the next step.
pub const STEP: &str = "closing.step";

use domain::{
    calendar::{japanese_date, typed_day},
    ids::InstitutionId,
};
use storage::{Tx, closures::Closure};

use crate::{
    Ctx, Error, Result,
    mail::{Letterhead, queue},
};

/// The day in words.
fn day_of(closure: &Closure) -> String {
    typed_day(&closure.day).map_or_else(|| closure.day.clone(), japanese_date)
}

/// A mail to everyone in force at the institution.
async fn tell(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    closure: &Closure,
    text: &str,
    further: &[(&'static str, String)],
) -> Result<()> {
    let place = storage::institutions::find(tx, closure.institution).await?.ok_or(Error::NotFound)?;
    let members = storage::accounts::members_in_force(tx, closure.institution).await?;
    for one in &members {
        let head = Letterhead {
            account: Some(one.account_id),
            application: Some(closure.application),
            ..Letterhead::new(text, &one.person_email)
        };
        let own = [
            ("person", one.person_name.clone()),
            ("institution", place.name.clone()),
            ("deed", closure.deed.label().to_owned()),
            ("day", day_of(closure)),
            ("link", format!("{}/closing", ctx.app.settings.portal_url)),
        ];
        queue(ctx, tx, &head, &[&own[..], further].concat()).await?;
    }
    Ok(())
}

/// The subject under which acts about an institution are recorded.
fn subject(institution: InstitutionId) -> String {
    format!("institution:{institution}")
}
