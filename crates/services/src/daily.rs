//! Work of each day: begun once from a certain hour on, and done page by page, each page by a job of its own.

use domain::ids::JobId;
use serde_json::Value;
use storage::boxed;

use crate::{App, Ctx, Result};

/// The hour in Japan from which the mails of a day are sent: people read them at the beginning of their work.
pub(crate) const MORNING: u8 = 7;

/// Begins the work of this day, once, from the morning on; whoever asks again the same day changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub(crate) async fn begin(app: &App, kind: &'static str, first: Value) -> Result<()> {
    begin_from(app, kind, MORNING, first).await
}

/// The same from another hour on.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub(crate) async fn begin_from(app: &App, kind: &'static str, hour: u8, first: Value) -> Result<()> {
    let ctx = Ctx::system(app, kind);
    let key = key(&ctx, kind);
    if ctx.now.in_japan().hour() < hour || storage::jobs::is_known(&mut app.db.read().await?, &key).await? {
        return Ok(());
    }
    enqueue(&ctx, kind, &key, first).await
}

/// Leaves the next page to another job; `place` tells the pages of a day apart.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub(crate) async fn go_on(ctx: &Ctx<'_>, kind: &str, place: &str, next: Value) -> Result<()> {
    enqueue(ctx, kind, &format!("{}:{place}", key(ctx, kind)), next).await
}

fn key(ctx: &Ctx<'_>, kind: &str) -> String {
    format!("{kind}:{}", ctx.now.date())
}

async fn enqueue(ctx: &Ctx<'_>, kind: &str, key: &str, payload: Value) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    storage::jobs::enqueue(&mut tx, job, kind, Some(key), payload, ctx.now).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// The end of a page, as a payload keeps it.
pub(crate) fn place<T: std::str::FromStr>(payload: &Value) -> Option<(domain::clock::Timestamp, T)> {
    let at = domain::clock::Timestamp::from_millis(payload.get(0)?.as_i64()?);
    Some((at, payload.get(1)?.as_str()?.parse().ok()?))
}
