//! A Markdown text as its readers will see it.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::permissions::Permission;
use serde_json::json;
use services::content;

use crate::{
    pages::{content::named_files, office::parts},
    site::{Failure, Posted, Visit, to_html_with},
    view::parts::PreviewView,
};

/// Draws the field `body` as the public page does; js/preview.js asks while it is typed.
pub(in crate::pages::office) async fn preview(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::EditContent])?;
    let PreviewView { html, faults, .. } = drawn(&visit, "body", posted.get("body")).await?;
    Ok(Json(json!({ "html": html, "faults": faults })).into_response())
}

/// A text as the part beside its form shows it; `of` is the key of the field.
pub(in crate::pages::office) async fn drawn(visit: &Visit, of: &str, markdown: &str) -> Result<PreviewView, Failure> {
    let preview = content::preview(&visit.ctx(), markdown).await?;
    let files = content::files_named(&visit.ctx(), &preview.markdown).await?;
    let (html, _) = to_html_with(&preview.markdown, &named_files(&files));
    Ok(PreviewView { of: of.to_owned(), html, faults: preview.faults })
}
