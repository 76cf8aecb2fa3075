//! Tables that nobody touched for long are removed: what was sent of them is kept with the cases.

use domain::group::KEPT_DAYS;
use serde_json::Value;
use storage::boxed;
use time::Duration;

use crate::{App, Ctx, Result, daily};

/// Kind of the job that removes old tables.
pub const SWEEP: &str = "group.sweep";
/// Tables that one job removes.
const PAGE: i64 = 20;

/// Begins to remove old tables, once a day.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep_when_due(app: &App) -> Result<()> {
    daily::begin(app, SWEEP, Value::Null).await
}

/// Removes a page of old tables; the work of a [`SWEEP`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep(app: &App, _payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "group_sweep");
    let until = ctx.now - Duration::days(KEPT_DAYS);
    let old = storage::group::old_sheets(&mut app.db.read().await?, until, PAGE).await?;
    for sheet in &old {
        let mut tx = app.db.write().await?;
        if storage::group::delete_sheet(&mut tx, sheet.id).await? {
            ctx.audit(&mut tx, "group.expire", format!("sheet:{}", sheet.id), sheet.kind.as_str(), "");
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
    }
    match old.last() {
        Some(last) if i64::try_from(old.len()).unwrap_or(0) == PAGE => {
            daily::go_on(&ctx, SWEEP, &last.id.to_string(), Value::Null).await
        }
        _ => Ok(()),
    }
}
