//! What no process came back for, looked for once a day, part by part of the store: content without a row, rows without
//! content, content that is half written, files that were begun or taken away and never came to an end.

use std::collections::BTreeSet;

use domain::{clock::Timestamp, ids::UploadId, uploads::UploadState};
use serde_json::{Value, json};
use storage::boxed;
use time::Duration;
use uuid::Uuid;

use super::{SCAN, Scan, destroy::finish, enqueue, open::whole};
use crate::{App, Ctx, Error, Result, daily};

/// Kind of the job that looks for what was left behind.
pub const SWEEP: &str = "uploads.sweep";
/// Parts of the store that one job looks at.
const PARTS: u16 = 16;
/// Rows that are read at a time.
const PAGE: i64 = 1_000;
/// Unfinished files of one job.
const FEW: i64 = 500;
/// A file that was begun so long ago is not being received any more.
const BEGUN: Duration = Duration::hours(2);
/// Content without a row is destroyed after so long: whoever restored an older database has time to notice.
const ORPHAN: Duration = Duration::days(7);

/// Begins the sweep of this day, once, from the morning on; whoever asks again the same day changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep_when_due(app: &App) -> Result<()> {
    daily::begin(app, SWEEP, json!({ "part": 0 })).await
}

/// Looks at some parts of the store and leaves the next to another job; the work of a [`SWEEP`] job.
///
/// # Errors
/// When the store or the database refuses.
#[boxed]
pub async fn sweep(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "uploads");
    let first = payload["part"].as_u64().and_then(|part| u16::try_from(part).ok()).unwrap_or(0);
    if first == 0 {
        unfinished(&ctx).await?;
        received(&ctx)?;
    }
    for part in first..(first + PARTS).min(256) {
        let part = u8::try_from(part).unwrap_or(u8::MAX);
        half_written(&ctx, part)?;
        compare(&ctx, part).await?;
    }
    let next = first + PARTS;
    if next >= 256 {
        return Ok(());
    }
    daily::go_on(&ctx, SWEEP, &next.to_string(), json!({ "part": next })).await
}

/// Files that were begun, or taken away, and whose process died.
async fn unfinished(ctx: &Ctx<'_>) -> Result<()> {
    let page = storage::uploads::unfinished(&mut ctx.app.db.read().await?, ctx.now - BEGUN, FEW).await?;
    for id in page {
        finish(ctx.app, id).await?;
    }
    Ok(())
}

/// What lies in the folder of files that are being received, for longer than any is.
fn received(ctx: &Ctx<'_>) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(&ctx.app.uploads.spool) else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        let id = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        if id.is_some_and(|id: UploadId| made_before(id, ctx.now - BEGUN)) {
            std::fs::remove_file(&path).map_err(Error::internal)?;
            tracing::info!(path = %path.display(), "a file that was received and never kept is removed");
        }
    }
    Ok(())
}

/// What lies in a part of the store, half written, for longer than any file is on its way into it.
fn half_written(ctx: &Ctx<'_>, part: u8) -> Result<()> {
    let begun = ctx.app.uploads.store.begun(part).map_err(Error::internal)?;
    for (_, path) in begun.into_iter().filter(|(id, _)| made_before(*id, ctx.now - BEGUN)) {
        std::fs::remove_file(&path).map_err(Error::internal)?;
        tracing::info!(path = %path.display(), "a file that was kept only in part is removed");
    }
    Ok(())
}

/// When an identifier was made stands in it.
fn made_before(id: UploadId, at: Timestamp) -> bool {
    let made = id.0.get_timestamp().map(|made| made.to_unix());
    made.is_some_and(|(seconds, _)| i64::try_from(seconds).is_ok_and(|seconds| seconds * 1_000 < at.as_millis()))
}

/// Compares one part of the store with its rows. The store is read first: what lies there had its row before.
async fn compare(ctx: &Ctx<'_>, part: u8) -> Result<()> {
    let mut there: BTreeSet<UploadId> =
        ctx.app.uploads.store.listed(part).await.map_err(Error::internal)?.into_iter().collect();
    let mut after = UploadId(Uuid::nil());
    loop {
        let rows = storage::uploads::in_shard(&mut ctx.app.db.read().await?, part, after, PAGE).await?;
        for (id, state) in &rows {
            let has = there.remove(id);
            match state {
                UploadState::Infected if has => destroyed(ctx, *id, "a virus was found in it").await?,
                UploadState::Lost if has => found(ctx, *id).await?,
                state if state.is_kept() && !has => missing(ctx, *id).await?,
                _ => {}
            }
        }
        match rows.last().filter(|_| rows.len() == PAGE as usize) {
            Some((id, _)) => after = *id,
            None => break,
        }
    }
    for id in there.into_iter().filter(|id| made_before(*id, ctx.now - ORPHAN)) {
        if storage::uploads::find(&mut ctx.app.db.read().await?, id).await?.is_none() {
            destroyed(ctx, id, "no case knows it").await?;
        }
    }
    Ok(())
}

async fn destroyed(ctx: &Ctx<'_>, id: UploadId, why: &'static str) -> Result<()> {
    ctx.app.uploads.store.delete(id).await.map_err(Error::internal)?;
    tracing::warn!(upload = %id, why, "the content of a file that had stayed in the store is destroyed");
    Ok(())
}

/// A row whose content was not in the list: kept meanwhile, taken away meanwhile, or lost.
async fn missing(ctx: &Ctx<'_>, id: UploadId) -> Result<()> {
    if ctx.app.uploads.store.has(id).await.map_err(Error::internal)? {
        return Ok(());
    }
    let mut tx = ctx.app.db.write().await?;
    let row = storage::uploads::find(&mut tx, id).await?.filter(|row| row.upload.state.is_kept());
    let Some(row) = row else { return Ok(tx.rollback().await?) };
    if storage::uploads::advance(&mut tx, &row, UploadState::Lost, "", ctx.now).await? {
        tracing::error!(upload = %id, case = %row.application, "the content of a file is gone from the store");
        ctx.audit(&mut tx, "upload.lost", format!("upload:{id}"), &row.upload.sha256, "");
    }
    Ok(tx.commit().await?)
}

/// The content of a lost file lies in its place again, as after a disk that was not there: it counts if it is the same, and goes
/// to the scanner once more.
async fn found(ctx: &Ctx<'_>, id: UploadId) -> Result<()> {
    let row = storage::uploads::find(&mut ctx.app.db.read().await?, id).await?;
    let content = ctx.app.uploads.store.get(id).await.map_err(Error::internal)?;
    let (Some(row), Some(content)) = (row, content) else { return Ok(()) };
    if let Err(error) = whole(row.upload.clone(), content).await {
        tracing::error!(upload = %id, %error, "a file that was lost is there again, but not as it was handed in");
        return Ok(());
    }
    let mut tx = ctx.app.db.write().await?;
    let scanned = ctx.app.settings.scan == Scan::None;
    let to = if scanned { UploadState::Clean } else { UploadState::Waiting };
    if row.upload.state == UploadState::Lost && storage::uploads::advance(&mut tx, &row, to, "", ctx.now).await? {
        tracing::info!(upload = %id, case = %row.application, "the content of a lost file is there again");
        ctx.audit(&mut tx, "upload.found", format!("upload:{id}"), "", &row.upload.sha256);
        if !scanned {
            enqueue(ctx, &mut tx, SCAN, json!({ "upload": id })).await?;
        }
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}
