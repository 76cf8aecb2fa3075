//! Tries at the closed network, where who asks is known by nothing but what they type.

use storage::Tx;

use crate::{Ctx, Error, Result, accounts::limits::CLOSED_SOURCE};

/// A try that is counted for its network, and not yet judged.
#[must_use]
pub(super) struct Tried(());

impl Tried {
    /// Counts a try before anything is looked up; [`Error::TooManyTries`] when it is one too many.
    pub(super) async fn count(ctx: &Ctx<'_>) -> Result<Self> {
        let mut tx = ctx.app.db.write().await?;
        let counted = CLOSED_SOURCE.count_from(ctx, &mut tx, &[]).await?;
        if counted.is_err_and(|over| over.first) {
            ctx.audit(&mut tx, "closed.limited", "closed_network", "", "");
        }
        tx.commit().await?;
        counted.map(|()| Self(())).map_err(|over| Error::TooManyTries { until: over.until })
    }

    /// Takes it back, because what was typed was right.
    pub(super) async fn forgive(self, ctx: &Ctx<'_>, tx: &mut Tx) -> Result<()> {
        CLOSED_SOURCE.forgive_from(ctx, tx, &[]).await
    }
}
