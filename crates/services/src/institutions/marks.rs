//! What one's institution has beside its journey.

use storage::boxed;
pub use storage::institutions::Marks;

use crate::{Ctx, Result};

/// What one's institution has now; for the first page.
///
/// # Errors
/// [`crate::Error::Forbidden`] without an active membership.
#[boxed]
pub async fn marks(ctx: &Ctx<'_>) -> Result<Marks> {
    let institution = ctx.institution()?;
    Ok(storage::institutions::marks(&mut ctx.app.db.read().await?, (institution, ctx.account()?), ctx.now).await?)
}
