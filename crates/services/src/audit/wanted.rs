//! A verification that somebody asked for on a page: done in the background, its outcome kept.

use std::{pin::pin, time::Duration};

use domain::{clock::Timestamp, ids::JobId, permissions::Permission};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{Tx, audit::Progress, boxed};

use super::{Whole, verify::verify_watched};
use crate::{App, Ctx, Result};

/// Kind of the job that verifies the chain.
pub const VERIFY: &str = "audit.verify";
/// Name of the setting that holds the outcome.
const OUTCOME: &str = "audit.verified";
/// Name of the setting that says how far a verification is, while one waits or runs.
const UNDER_WAY: &str = "audit.verifying";
/// How often that is noted.
const NOTED_EVERY: Duration = Duration::from_secs(1);
/// A verification of which nothing was noted for so long has stopped.
const STOPPED_AFTER: time::Duration = time::Duration::minutes(10);

/// What the last verification told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When it ended, in milliseconds since 1970 UTC.
    pub at: i64,
    /// What was verified, when it is whole.
    pub whole: Option<Whole>,
    /// The first fault in English, as the command prints it; empty when it is whole.
    pub fault: String,
    /// The first bad row; 0 when it is whole.
    pub row: i64,
}

/// How far a verification is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// When this was noted, in milliseconds since 1970 UTC.
    at: i64,
    /// Rows that were verified.
    pub rows: i64,
    /// How many there are; 0 while it waits.
    pub of: i64,
}

impl UnderWay {
    /// Whether nothing was noted for so long that nobody works on it any more.
    pub fn has_stopped(&self, now: Timestamp) -> bool {
        Timestamp::from_millis(self.at) + STOPPED_AFTER <= now
    }
}

/// Everything the page of the verification says.
#[derive(Clone, Debug)]
pub struct Verification {
    /// What the last one told.
    pub told: Option<Told>,
    /// How far the one is that waits or runs.
    pub under_way: Option<UnderWay>,
    /// The last signed head: row and instant.
    pub signed: Option<(i64, Timestamp)>,
}

impl Told {
    /// When it ended.
    pub fn instant(&self) -> Timestamp {
        Timestamp::from_millis(self.at)
    }
}

/// Asks for a verification; asked twice in one minute, it is done once.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn ask_to_verify(ctx: &Ctx<'_>) -> Result<()> {
    ctx.permit(Permission::ReadAudit)?;
    let key = format!("{VERIFY}:{}", ctx.now.as_seconds() / 60);
    let mut tx = ctx.app.db.write().await?;
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    if storage::jobs::enqueue(&mut tx, job, VERIFY, Some(&key), json!({}), ctx.now).await? {
        note(ctx.app, &mut tx, (0, 0)).await?;
    }
    ctx.audit(&mut tx, "audit.verify", "audit", "", "");
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

async fn note(app: &App, tx: &mut Tx, (rows, of): (i64, i64)) -> Result<()> {
    let under_way = UnderWay { at: app.clock.now().as_millis(), rows, of };
    let text = serde_json::to_string(&under_way).map_err(crate::Error::internal)?;
    Ok(storage::settings::set(tx, UNDER_WAY, &text).await?)
}

/// Verifies and keeps the outcome; the work of a [`VERIFY`] job. The journal is not read here: it may lie on a machine of its own.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn verify_as_asked(app: &App) -> Result<()> {
    let (keys, progress) = ([app.audit_key.public()], Progress::default());
    let mut verifying = pin!(verify_watched(&app.db, &keys, None, &progress));
    let outcome = loop {
        tokio::select! {
            outcome = &mut verifying => break outcome?,
            () = tokio::time::sleep(NOTED_EVERY) => {
                let mut tx = app.db.write().await?;
                note(app, &mut tx, progress.rows()).await?;
                tx.commit().await?;
            }
        }
    };
    let at = app.clock.now().as_millis();
    let told = match outcome {
        Ok(whole) => Told { at, whole: Some(whole), fault: String::new(), row: 0 },
        Err(fault) => Told { at, whole: None, fault: fault.to_string(), row: fault.row() },
    };
    if !told.fault.is_empty() {
        tracing::error!(fault = %told.fault, "the audit chain is broken");
    }
    let text = serde_json::to_string(&told).map_err(crate::Error::internal)?;
    let mut tx = app.db.write().await?;
    storage::settings::set(&mut tx, OUTCOME, &text).await?;
    storage::settings::remove(&mut tx, UNDER_WAY).await?;
    Ok(tx.commit().await?)
}

/// What the last verification told, how far the next one is, and what was signed last.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn what_was_verified(ctx: &Ctx<'_>) -> Result<Verification> {
    ctx.permit(Permission::ReadAudit)?;
    let mut conn = ctx.app.db.read().await?;
    let told = storage::settings::get(&mut conn, OUTCOME).await?;
    let under_way = storage::settings::get(&mut conn, UNDER_WAY).await?;
    let signed = storage::audit::last_head(&mut conn).await?;
    Ok(Verification {
        told: told.map(|text| serde_json::from_str(&text)).transpose().map_err(crate::Error::internal)?,
        under_way: under_way.map(|text| serde_json::from_str(&text)).transpose().map_err(crate::Error::internal)?,
        signed: signed.map(|head| (head.seq, Timestamp::from_millis(head.at))),
    })
}
