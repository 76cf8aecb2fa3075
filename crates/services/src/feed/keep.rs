//! Events are removed after their period, once a day, page by page, and with them what machines asked long ago.

use domain::feed::KEPT_DAYS;
use serde_json::{Value, json};
use storage::boxed;
use time::Duration;

use crate::{App, Ctx, Result, daily};

/// Kind of the job that removes events after their period.
pub const PURGE: &str = "feed.purge";
/// Events of one transaction.
const PAGE: i64 = 2_000;
/// For how long a request can be sent again and is answered as before.
const REPEATABLE: Duration = Duration::days(30);

/// Removes one page of events that are older than their period and leaves the next to another job; the work of a [`PURGE`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn purge(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "retention");
    let mut tx = app.db.write().await?;
    let removed = storage::feed::remove_before(&mut tx, ctx.now - Duration::days(KEPT_DAYS), PAGE).await?;
    let forgotten = storage::access::forget_requests(&mut tx, ctx.now - REPEATABLE).await?;
    if removed == 0 && forgotten == 0 {
        return Ok(tx.rollback().await?);
    }
    if removed > 0 {
        storage::feed::receivers::forget(&mut tx).await?;
        ctx.audit(&mut tx, "feed.purge", "events", "", &removed.to_string());
    }
    tx.commit().await?;
    let page = payload["page"].as_i64().unwrap_or(1) + 1;
    if removed == PAGE as usize {
        daily::go_on(&ctx, PURGE, &page.to_string(), json!({ "page": page })).await
    } else {
        Ok(())
    }
}
