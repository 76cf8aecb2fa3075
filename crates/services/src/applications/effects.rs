//! What the acceptance of a case means beyond its own move, by procedure: the one place that knows.

use domain::{applications::Kind, feed::EventKind, procedures::Common};
use serde_json::json;
use storage::{Conn, Tx, applications::Application};

use crate::{
    Ctx, Result,
    feed::{Happening, publish},
    subsidies,
};

/// What else happens when a case is accepted, in the transaction that accepts it.
///
/// # Errors
/// When the database refuses; the acceptance is undone with it.
pub(super) async fn after_acceptance(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    match case.kind {
        Kind::Common(Common::OperationStart) => registered(ctx, tx, case).await,
        subsidies::KIND => subsidies::accepted(ctx, tx, case).await,
        Kind::Common(Common::Succession) => crate::succession::accepted(ctx, tx, case).await,
        Kind::Common(Common::Closing) => crate::closing::accepted(ctx, tx, case).await,
        Kind::Eligibility | Kind::Certificate | Kind::Claims | Kind::Common(_) => Ok(()),
    }
}

/// What else happens when a case is sent, in the transaction that sends it.
///
/// # Errors
/// When the database refuses; nothing is sent then.
pub(super) async fn after_sending(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    match case.kind {
        Kind::Common(Common::Succession) => crate::succession::sent(ctx, tx, case).await,
        Kind::Eligibility | Kind::Certificate | Kind::Claims | Kind::Common(_) => Ok(()),
    }
}

/// The day on which an institution begins was registered, or another one in its place.
async fn registered(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    let kind = EventKind::OperationStartRegistered.as_str();
    let data = json!({ "application": case.id, "reference": case.reference, "start_day": case.start_month });
    let subject = format!("application:{}", case.id);
    publish(ctx, tx, &Happening { kind, institution: Some(case.institution_id), subject, data })
}

/// Why a case cannot be accepted now, in a sentence for the officer; none when nothing stands against it.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn stands_against(ctx: &Ctx<'_>, conn: &mut Conn, case: &Application) -> Result<Option<String>> {
    let _ = ctx;
    if let Some(sentence) = crate::uploads::stands_against(conn, case.id).await? {
        return Ok(Some(sentence));
    }
    match case.kind {
        subsidies::KIND => subsidies::stands_against(conn, case).await,
        Kind::Common(Common::Succession) => crate::succession::stands_against(conn, case).await,
        Kind::Common(Common::Closing) => crate::closing::stands_against(conn, case).await,
        Kind::Certificate => {
            let over = crate::ending::is_over(conn, case.institution_id).await?;
            Ok(over.map(|over| over.sentence().to_owned()))
        }
        Kind::Eligibility | Kind::Claims | Kind::Common(_) => Ok(None),
    }
}
