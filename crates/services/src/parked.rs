//! Forms that were sent after their session had ended: kept for an hour, given back to the same institution only.

use domain::{forms::Answers, ids::ApplicationId};
use serde_json::json;
use storage::accounts::Token;
use time::Duration;

use crate::{
    Ctx, Error, Result, applications,
    secrets::{new_token, token_hash},
};

const PURPOSE: &str = "parked_form";
const LIFE: Duration = Duration::hours(1);

/// Keeps what was typed; gives the token that finds it.
///
/// # Errors
/// When the database refuses.
pub async fn park(ctx: &Ctx<'_>, id: ApplicationId, answers: &Answers) -> Result<String> {
    let token = new_token(&*ctx.app.randomness);
    let row = Token {
        purpose: PURPOSE.to_owned(),
        email: String::new(),
        account_id: None,
        payload: json!({ "application": id, "answers": answers }),
        expires_at: ctx.now + LIFE,
        used: false,
    };
    let mut tx = ctx.app.db.write().await?;
    storage::accounts::insert_token(&mut tx, &token_hash(&token), &row).await?;
    tx.commit().await?;
    Ok(token)
}

/// Puts what was typed into its form again, when the person may edit it; gives the case.
///
/// # Errors
/// When the database refuses.
pub async fn unpark(ctx: &Ctx<'_>, token: &str) -> Result<Option<ApplicationId>> {
    ctx.session()?;
    let hash = token_hash(token);
    let found = storage::accounts::find_token(&mut ctx.app.db.read().await?, &hash).await?;
    let Some(row) = found.filter(|row| row.purpose == PURPOSE && !row.used && row.expires_at > ctx.now) else {
        return Ok(None);
    };
    let mut tx = ctx.app.db.write().await?;
    let mine = storage::accounts::use_token(&mut tx, &hash, ctx.now).await?;
    tx.commit().await?;
    let id: Option<ApplicationId> = row.payload["application"].as_str().and_then(|id| id.parse().ok());
    let answers: Answers = serde_json::from_value(row.payload["answers"].clone()).map_err(Error::internal)?;
    let Some(id) = id.filter(|_| mine) else { return Ok(None) };
    match applications::save(ctx, id, &answers).await {
        Ok(_) => Ok(Some(id)),
        Err(Error::NotFound | Error::ChangedMeanwhile) => Ok(None),
        Err(error) => Err(error),
    }
}
