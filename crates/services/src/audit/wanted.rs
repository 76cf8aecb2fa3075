//! A verification that somebody asked for on a page: done in the background, its outcome kept.

use domain::{clock::Timestamp, ids::JobId, permissions::Permission};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::boxed;

use super::{Whole, verify};
use crate::{App, Ctx, Result};

/// Kind of the job that verifies the chain.
pub const VERIFY: &str = "audit.verify";
/// Name of the setting that holds the outcome.
const OUTCOME: &str = "audit.verified";

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
    storage::jobs::enqueue(&mut tx, job, VERIFY, Some(&key), json!({}), ctx.now).await?;
    ctx.audit(&mut tx, "audit.verify", "audit", "", "");
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// Verifies and keeps the outcome; the work of a [`VERIFY`] job. The journal is not read here: it may lie on a machine of its own.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn verify_as_asked(app: &App) -> Result<()> {
    let outcome = verify(&app.db, &[app.audit_key.public()], None).await?;
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
    Ok(tx.commit().await?)
}

/// The outcome of the last verification, and the last signed head: row and instant.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn what_was_verified(ctx: &Ctx<'_>) -> Result<(Option<Told>, Option<(i64, Timestamp)>)> {
    ctx.permit(Permission::ReadAudit)?;
    let mut conn = ctx.app.db.read().await?;
    let told = storage::settings::get(&mut conn, OUTCOME).await?;
    let signed = storage::audit::last_head(&mut conn).await?;
    let told = told.map(|text| serde_json::from_str(&text)).transpose().map_err(crate::Error::internal)?;
    Ok((told, signed.map(|head| (head.seq, Timestamp::from_millis(head.at)))))
}
