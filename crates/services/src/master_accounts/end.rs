//! The end of a notice: its password is destroyed.

use domain::{ids::InstitutionId, master_account::Environment};
use serde_json::Value;
use storage::boxed;

use super::note;
use crate::{App, Ctx, Error, Result};

/// Destroys a password whose notice can be downloaded no more; the work of an [`super::END`] job. The hash stays: the
/// password may be in use. Run twice, or after a re-issue, it changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn end(app: &App, payload: &Value) -> Result<()> {
    let text = |key: &str| payload[key].as_str().unwrap_or_default();
    let (institution, environment) =
        (text("institution").parse::<InstitutionId>(), text("environment").parse::<Environment>());
    let (Ok(institution), Ok(environment), Some(number)) = (institution, environment, payload["number"].as_i64())
    else {
        return Err(Error::internal("no master account"));
    };
    let ctx = Ctx::system(app, "master_account_end");
    let mut tx = app.db.write().await?;
    if storage::master_accounts::destroy(&mut tx, institution, environment, number, ctx.now).await? {
        let all = storage::master_accounts::of(&mut tx, institution).await?;
        let ended: Vec<_> = all.into_iter().filter(|one| one.environment == environment).collect();
        note(&ctx, &mut tx, &ended, "end", environment.as_str()).await?;
    }
    tx.commit().await?;
    Ok(())
}
