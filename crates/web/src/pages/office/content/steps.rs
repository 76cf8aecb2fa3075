//! The steps of an article: asked for, sent back, published, archived.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::forms::Finding;
use services::content::{self, Moved};

use super::{LIST, article, editor};
use crate::site::{Failure, Html, Posted, Visit, see_other};

/// The page after a step, or the article again with what stands in the way.
async fn settle(visit: &Visit, number: &str, moved: Moved, done: &str) -> Result<Response, Failure> {
    let slip = |field: &str, message: String| Finding { field: field.to_owned(), message };
    let slip = match moved {
        Moved::Done => return Ok(see_other(&format!("{LIST}/{number}?done={done}"))),
        Moved::OwnWork => {
            slip("", "この版はご自身が書いたものです。公開は、別の編集者が内容を確かめてからします。".to_owned())
        }
        Moved::Slip(words) => slip("reason", words),
    };
    Ok(Html(article::page(visit, number, None, &[slip]).await?).with_faults().into_response())
}

fn seen(posted: &Posted) -> i64 {
    posted.number("seen").unwrap_or(-1)
}

/// Asks for a review.
pub(in crate::pages::office) async fn submit(
    visit: Visit,
    Path(number): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    editor(&visit)?;
    let moved = content::submit(&visit.ctx(), &number, seen(&posted)).await?;
    settle(&visit, &number, moved, "submitted").await
}

/// Sends the draft back.
pub(in crate::pages::office) async fn send_back(
    visit: Visit,
    Path(number): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    editor(&visit)?;
    let moved = content::send_back(&visit.ctx(), &number, seen(&posted), posted.get("reason")).await?;
    settle(&visit, &number, moved, "sent_back").await
}

/// Shows the newest version to readers.
pub(in crate::pages::office) async fn publish(
    visit: Visit,
    Path(number): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    editor(&visit)?;
    let moved = content::publish(&visit.ctx(), &number, seen(&posted)).await?;
    settle(&visit, &number, moved, "published").await
}

/// Takes the article out of sight.
pub(in crate::pages::office) async fn archive(
    visit: Visit,
    Path(number): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    editor(&visit)?;
    let moved = content::archive(&visit.ctx(), &number, seen(&posted)).await?;
    settle(&visit, &number, moved, "archived").await
}
