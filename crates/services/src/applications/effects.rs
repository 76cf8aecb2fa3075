//! What the acceptance of a case means beyond its own move, by procedure: the one place that knows.

use domain::applications::Kind;
use storage::{Conn, Tx, applications::Application};

use crate::{Ctx, Result};

/// What else happens when a case is accepted, in the transaction that accepts it.
///
/// # Errors
/// When the database refuses; the acceptance is undone with it.
pub(super) async fn after_acceptance(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    let _ = (ctx, tx);
    match case.kind {
        Kind::Eligibility | Kind::Certificate | Kind::Claims | Kind::Common(_) => Ok(()),
    }
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
        Kind::Eligibility | Kind::Certificate | Kind::Claims | Kind::Common(_) => Ok(None),
    }
}
