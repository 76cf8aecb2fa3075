//! Labels to stick on terminals (spec 04.5; the form asks for it, spec 04.1).

use domain::{calendar::japanese_date, ids::ApplicationId, terminals::renewal};
use letters::TerminalLabel;
use storage::boxed;

use super::register::{Terminal, all, terminal};
use crate::{Ctx, Error, Result, applications::tell::grouped};

/// The labels of one terminal of one's institution, or of all that have a certificate that works, as PDF.
///
/// # Errors
/// [`Error::NotFound`] when there is no such terminal or none has a certificate.
#[boxed]
pub async fn labels(ctx: &Ctx<'_>, only: Option<ApplicationId>) -> Result<Vec<u8>> {
    let terminals = match only {
        Some(id) => vec![terminal(ctx, id).await?],
        None => all(ctx).await?,
    };
    let institution = ctx.institution()?;
    let institution =
        storage::institutions::find(&mut ctx.app.db.read().await?, institution).await?.ok_or(Error::NotFound)?;
    let labels: Vec<TerminalLabel> = terminals.iter().filter_map(|one| label(ctx, &institution.name, one)).collect();
    if labels.is_empty() {
        return Err(Error::NotFound);
    }
    let press = ctx.app.press.clone();
    let print = move || press.terminal_labels(&labels);
    tokio::task::spawn_blocking(print).await.map_err(Error::internal)?.map_err(Error::internal)
}

fn label(ctx: &Ctx<'_>, institution: &str, terminal: &Terminal) -> Option<TerminalLabel> {
    let one = terminal.fetched().filter(|_| terminal.valid().is_none()).or_else(|| terminal.valid())?;
    Some(TerminalLabel {
        institution: institution.to_owned(),
        terminal: terminal.name.clone(),
        place: terminal.place.clone(),
        reference: grouped(&one.reference),
        expires_on: japanese_date(one.not_after.date()),
        renewal_from: japanese_date(renewal::opens(one.not_after).date()),
        page_url: format!("{}/", ctx.app.settings.closed_url),
        contact: ctx.app.settings.operator.phone.clone(),
    })
}
