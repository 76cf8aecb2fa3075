//! What a procedure says of its acceptance, done: by [`Effect`], never by the name of a procedure.

use domain::{applications::Effect, feed::EventKind, institutions::InstitutionStatus};
use serde_json::json;
use storage::{Conn, Tx, applications::Application};

use crate::{
    Ctx, Error, Result, closing,
    feed::{Happening, publish},
    subsidies, succession,
};

/// What else happens when a case is accepted, in the transaction that accepts it.
///
/// # Errors
/// When the database refuses; the acceptance is undone with it.
pub(super) async fn after_acceptance(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    match case.kind.effect() {
        Effect::Nothing | Effect::Certificate => Ok(()),
        Effect::Announce(kind) => announce(ctx, tx, case, kind),
        Effect::Award => subsidies::accepted(ctx, tx, case).await,
        Effect::Succession => succession::accepted(ctx, tx, case).await,
        Effect::Closing => closing::accepted(ctx, tx, case).await,
    }
}

/// What else happens when a case is sent, in the transaction that sends it.
///
/// # Errors
/// When the database refuses; nothing is sent then.
pub(super) async fn after_sending(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    match case.kind.effect() {
        Effect::Succession => succession::sent(ctx, tx, case).await,
        Effect::Nothing | Effect::Announce(_) | Effect::Certificate | Effect::Award | Effect::Closing => Ok(()),
    }
}

/// The day on which a case takes effect was registered, or another one in its place.
fn announce(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application, kind: EventKind) -> Result<()> {
    let data = json!({ "application": case.id, "reference": case.reference, "start_day": case.start_month });
    let (kind, subject) = (kind.as_str(), format!("application:{}", case.id));
    publish(ctx, tx, &Happening { kind, institution: Some(case.institution_id), subject, data })
}

/// Why a case cannot be accepted now, in a sentence for the officer; none when nothing stands against it.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn stands_against(conn: &mut Conn, case: &Application) -> Result<Option<String>> {
    if let Some(sentence) = crate::uploads::stands_against(conn, case.id).await? {
        return Ok(Some(sentence));
    }
    match case.kind.effect() {
        Effect::Nothing | Effect::Announce(_) => Ok(None),
        Effect::Certificate => {
            if let Some(over) = crate::ending::is_over(conn, case.institution_id).await? {
                return Ok(Some(over.sentence().to_owned()));
            }
            let institution = storage::institutions::find(conn, case.institution_id).await?.ok_or(Error::NotFound)?;
            let closed = institution.status == InstitutionStatus::Closed;
            Ok(closed.then(|| "この医療機関等は、台帳で「廃止」になっているため、承認できません。".to_owned()))
        }
        Effect::Award => subsidies::stands_against(conn, case).await,
        Effect::Succession => succession::stands_against(conn, case).await,
        Effect::Closing => closing::stands_against(conn, case).await,
    }
}
