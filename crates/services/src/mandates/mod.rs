//! 委任: an owner lets a system vendor prepare applications of the institution; its members confirm and send them (spec 1.2,
//! docs/adr/0035-a-mandate-prepares.md).
//!
//! There is one notion of who may prepare a case, `prepared`: a member of its institution, or a vendor who began it under a
//! mandate that is in force. A vendor gets a context of their own for it, which names institution and mandate, and which no verb
//! gives away: whatever is not prepared asks for a membership, and finds none.

mod accept;
mod clients;
mod confirm;
mod end;
mod give;
mod prepare;

pub use accept::{Accepted, Offer, accept, offer};
pub use clients::{Begun, Client, Clients, OneClient, begin, client, clients, give_back, holds_any};
pub use confirm::{Asked, agree, ask, awaiting, is_vendor_of};
pub use end::{SWEEP, end, sweep, sweep_when_due};
pub use give::{Given, OneMandate, Prolonged, Wish, give, given, one, prolong};
pub use storage::mandates::{ActRow, Awaiting, Mandate, Prepared, PreparedCase, Tally};

pub(crate) use confirm::{is_asked, only_consents};
pub(crate) use prepare::{
    author_only, leave_out_consents, narrow, narrow_check, note_beginning, prepared, settle_written, suggested,
    withhold,
};

use domain::{
    calendar::japanese_date,
    ids::{InstitutionId, MandateId},
    mandates::Act,
};
use storage::{Tx, accounts::Membership};

use crate::{
    Ctx, Error, Result,
    accounts::{letter_to, membership::ROLE_OWNER},
    mail::queue,
};

/// Adds a line to the history of a mandate.
pub(crate) async fn record(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    mandate: MandateId,
    act: Act,
    by: &str,
    note: &str,
) -> Result<()> {
    let row = ActRow { act, actor_name: by.to_owned(), note: note.to_owned(), at: ctx.now };
    let id = domain::ids::uuid_v7(ctx.now, &*ctx.app.randomness);
    Ok(storage::mandates::insert_act(tx, id, mandate, &row).await?)
}

/// What a mandate is called in the audit chain.
fn subject(id: MandateId) -> String {
    format!("mandate:{id}")
}

/// The last day of a mandate in words.
fn until(mandate: &Mandate) -> String {
    japanese_date((mandate.ends_at - time::Duration::MILLISECOND).date())
}

/// The procedures of a mandate in words.
fn procedures(mandate: &Mandate) -> String {
    mandate.kinds.iter().map(|kind| kind.label()).collect::<Vec<_>>().join("、")
}

/// The owners of an institution, who are told of its mandates.
async fn owners(tx: &mut Tx, institution: InstitutionId) -> Result<Vec<Membership>> {
    let members = storage::accounts::members_in_force(tx, institution).await?;
    Ok(members.into_iter().filter(|one| one.role == ROLE_OWNER).collect())
}

/// Tells the owners of an institution.
async fn tell_owners(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    institution: InstitutionId,
    (text, values): (&str, &[(&'static str, String)]),
) -> Result<()> {
    for owner in owners(tx, institution).await? {
        let own = [("person", owner.person_name.clone())];
        let values: Vec<_> = own.into_iter().chain(values.iter().cloned()).collect();
        queue(ctx, tx, &letter_to(text, owner.account_id, &owner.person_email), &values).await?;
    }
    Ok(())
}

/// A mandate of the institution that the owner acts for.
async fn own(ctx: &Ctx<'_>, conn: &mut storage::Conn, id: MandateId) -> Result<Mandate> {
    let institution = ctx.owner()?;
    let found = storage::mandates::find(conn, id).await?;
    found.filter(|mandate| mandate.institution == institution).ok_or(Error::NotFound)
}
