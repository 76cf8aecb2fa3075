//! 一括申請: one procedure for many institutions from one table (spec 6.1). A table is handed in as a file or pasted, judged row by
//! row as forms are, put right, agreed to once and sent by jobs: each row is one application, sent by the same verb as a form.

mod files;
mod hand_in;
mod judge;
mod known;
mod reading;
mod rows;
mod run;
mod send;
mod sweep;

pub use files::{columns, faulty, result, template};
pub use hand_in::{Handed, Taken, hand_in};
pub(crate) use reading::rows_of;
pub use rows::{RowForm, Shown, Table, change, leave_out, recheck, row_form, table};
pub use run::{SEND, send_rows};
pub use send::{Begun, Consent, Offer, offer, send};
pub use sweep::{SWEEP, sweep, sweep_when_due};

use std::collections::BTreeMap;

use domain::{
    applications::Kind,
    clock::Timestamp,
    forms::Field,
    group::RowState,
    ids::{AccountId, SheetId},
};
use storage::{boxed, group::Sheet};

use crate::{Ctx, Error, Result};

/// Institutions or rows that are looked at together.
const PAGE: usize = 200;
/// Tables in a page of the list.
const LISTED: i64 = 20;

/// A sentence about a field of a row: its key, its label, the sentence.
type Notes = Vec<(String, String, String)>;

/// How many rows stand where.
pub type Counts = BTreeMap<RowState, i64>;

/// The procedures that can be filed by a table: a file cannot be put into a cell, and what only owners file concerns one
/// institution as a whole.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn offered(ctx: &Ctx<'_>) -> Result<Vec<Kind>> {
    let institution = ctx.institution()?;
    let mut offered = vec![];
    for kind in Kind::ALL.iter().filter(|kind| kind.procedure().fits_a_table()) {
        let facts = crate::applications::facts_of(ctx, institution, *kind).await?;
        let begun = domain::group::begun(kind.procedure(), &facts);
        if !domain::group::needs_files(&kind.procedure().sections(&facts, &begun)) {
            offered.push(*kind);
        }
    }
    Ok(offered)
}

/// The person, who must be a member somewhere.
fn person(ctx: &Ctx<'_>) -> Result<AccountId> {
    ctx.institution()?;
    ctx.account()
}

/// A table of one's own.
///
/// # Errors
/// [`Error::NotFound`] for those of others.
pub(crate) async fn own(ctx: &Ctx<'_>, id: SheetId) -> Result<Sheet> {
    let me = person(ctx).map_err(|error| if matches!(error, Error::Forbidden) { Error::NotFound } else { error })?;
    let found = storage::group::sheet(&mut ctx.app.db.read().await?, id).await?;
    found.filter(|sheet| sheet.account == me).ok_or(Error::NotFound)
}

/// The tables that the person handed in, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn sheets(ctx: &Ctx<'_>, after: Option<(Timestamp, SheetId)>) -> Result<(Vec<Sheet>, bool)> {
    let me = person(ctx)?;
    let mut found = storage::group::sheets_of(&mut ctx.app.db.read().await?, me, after, LISTED + 1).await?;
    let more = i64::try_from(found.len()).unwrap_or(0) > LISTED;
    found.truncate(usize::try_from(LISTED).unwrap_or(usize::MAX));
    Ok((found, more))
}

/// Removes a table; the cases that its rows became stay.
///
/// # Errors
/// [`Error::NotFound`] for those of others, [`Error::ChangedMeanwhile`] while it is being sent.
#[boxed]
pub async fn discard(ctx: &Ctx<'_>, id: SheetId) -> Result<()> {
    own(ctx, id).await?;
    let mut tx = ctx.app.db.write().await?;
    if !storage::group::delete_sheet(&mut tx, id).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "group.discard", format!("sheet:{id}"), "", "");
    tx.commit().await?;
    Ok(())
}

/// How many rows of a table stand where.
async fn counts_of(ctx: &Ctx<'_>, id: SheetId) -> Result<Counts> {
    Ok(storage::group::counts(&mut ctx.app.db.read().await?, id).await?.into_iter().collect())
}

/// What a note is about: the label of a field, or the whole row.
fn label_of<'a>(fields: impl Iterator<Item = &'a Field>, key: &str) -> String {
    let mut fields = fields;
    fields.find(|field| field.key == key).map_or_else(|| "行全体".to_owned(), |field| field.label.clone())
}
