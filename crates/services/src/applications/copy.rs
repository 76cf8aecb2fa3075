//! The printable copy of what was sent.

use domain::{applications::reading, calendar::japanese_datetime, forms::Input, ids::ApplicationId};
use letters::{AgreedTerms, ApplicationCopy, Row, Section};
use serde_json::Value;
use storage::applications::Application;
use storage::boxed;

use super::{facts::facts_for_case, own, tell};
use crate::{App, Ctx, Error, Result, mail::Attachment};

/// The copy of one's own case as PDF.
///
/// # Errors
/// [`Error::NotFound`] for another institution's case or one that was not sent.
#[boxed]
pub async fn copy_pdf(ctx: &Ctx<'_>, id: ApplicationId) -> Result<Vec<u8>> {
    let case = own(ctx, id).await?;
    if case.submitted_at.is_none() {
        return Err(Error::NotFound);
    }
    print(ctx, &case).await
}

/// What a mail carries along: the copy of a case.
///
/// # Errors
/// When the case is gone or cannot be printed.
#[boxed]
pub async fn attachment(app: &App, wanted: &Value) -> Result<Option<Attachment>> {
    let Some(id) = wanted["copy"].as_str().and_then(|id| id.parse::<ApplicationId>().ok()) else { return Ok(None) };
    let ctx = Ctx::system(app, "mail");
    let case = storage::applications::find(&mut app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    let name = format!("{}.pdf", case.reference.clone().unwrap_or_else(|| "copy".to_owned()));
    Ok(Some(Attachment { name, media_type: "application/pdf".to_owned(), bytes: print(&ctx, &case).await? }))
}

async fn print(ctx: &Ctx<'_>, case: &Application) -> Result<Vec<u8>> {
    let copy = content(ctx, case).await?;
    let press = ctx.app.press.clone();
    let print = move || press.application_copy(&copy);
    tokio::task::spawn_blocking(print).await.map_err(Error::internal)?.map_err(Error::internal)
}

async fn content(ctx: &Ctx<'_>, case: &Application) -> Result<ApplicationCopy> {
    let facts = facts_for_case(ctx, case, &case.answers).await?;
    let procedure = case.kind.procedure();
    let submitted_at = case.submitted_at.map(japanese_datetime).unwrap_or_default();
    let row = |line: domain::applications::ReadingLine| Row { label: line.label, value: line.value };
    let sections = reading(procedure, &facts, &case.answers)
        .into_iter()
        .map(|(title, lines)| Section { title, rows: lines.into_iter().map(row).collect() });
    let fields = procedure.sections(&facts, &case.answers);
    let terms = fields.iter().flat_map(|section| &section.fields).filter_map(|field| match &field.input {
        Input::Agreement(document) => Some(AgreedTerms {
            title: document.title.clone(),
            version: case.answers.get(&field.key).to_owned(),
            agreed_at: submitted_at.clone(),
        }),
        _ => None,
    });
    let operator = &ctx.app.settings.operator;
    Ok(ApplicationCopy {
        title: case.kind.label().to_owned(),
        reference: tell::grouped(case.reference.as_deref().unwrap_or_default()),
        institution_code: facts.institution.code.grouped(),
        institution_name: facts.institution.name.clone(),
        state: case.state.label().to_owned(),
        sections: sections.collect(),
        terms: terms.collect(),
        footer: format!("{}　{}に作成した控え", operator.name, japanese_datetime(ctx.now)),
        submitted_at,
    })
}
