//! Terminals of institutions: the register, the warnings before a certificate ends, and what to do when something
//! happened to a terminal (spec 04.5).

mod calendar;
mod labels;
mod ladder;
mod list;
pub(crate) mod losses;
mod register;
mod trouble;

pub use calendar::{Feed, calendar, calendar_address, renew_calendar};
pub use labels::labels;
pub use ladder::{warn, warn_when_due};
pub use list::csv;
pub use losses::{loss_of, open_losses, report_as_member, report_as_staff, withdraw_loss};
pub use register::{Overview, Page, Terminal, all, overview, page, readers, set_place, terminal};
pub use trouble::{Deed, Trouble, act, trouble};

use storage::terminals::Glance;

/// Kind of the job that warns of certificates that end.
pub const WARN: &str = "terminals.warn";

/// Whether a terminal has a later certificate that it showed: then nobody needs to be told of the end of this one.
fn is_followed(one: &Glance, all: &[Glance]) -> bool {
    later(one, all).any(|other| other.installed_at.is_some())
}

/// Whether a terminal has a later certificate that waits for its connection test.
fn is_fetched(one: &Glance, all: &[Glance]) -> bool {
    later(one, all).any(|other| other.installed_at.is_none())
}

fn later<'a>(one: &'a Glance, all: &'a [Glance]) -> impl Iterator<Item = &'a Glance> {
    let follows = move |other: &&Glance| {
        other.id != one.id
            && other.terminal == one.terminal
            && other.state == "valid"
            && other.not_after > one.not_after
    };
    all.iter().filter(follows)
}
