//! The form of a draft or returned case.

use askama::Template;
use axum::{
    Json,
    extract::{Path, Query},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use domain::{
    applications::TERMINAL_COUNT,
    forms::{Checked, Findings},
    ids::ApplicationId,
};
use services::{
    Error,
    accounts::membership::not_elsewhere,
    applications::{self, FormState},
};

use super::{
    LEFT_AT,
    files::{self, Asked, Outcome},
    id, resume, trail,
};
use crate::{
    pages::clients,
    site::{Failure, Filed, Html, Posted, Typed, Visit, answers_from, error_summary, see_other},
    view::{
        form::{ErrorSummary, SectionView},
        frame::Frame,
        parts::StepsView,
    },
};

#[derive(Template)]
#[template(path = "applications/form.html")]
struct FormPage {
    frame: Frame,
    action: String,
    draft: String,
    errors: ErrorSummary,
    steps: StepsView,
    takes_files: bool,
    sections: Vec<SectionView>,
    returned: bool,
    general_reason: Option<String>,
    /// Whether a vendor prepares it.
    by_vendor: bool,
    article: &'static str,
    left_at: String,
}

fn page(visit: &Visit, state: &FormState, findings: Option<&Findings>) -> FormPage {
    let case = format!("/applications/{}", state.case.id);
    let look = crate::site::FormLook {
        answers: &state.case.answers,
        findings,
        editable: &state.editable,
        reasons: &state.case.reasons,
        uploads: &state.facts.known.uploads,
        case: &case,
    };
    let sections = crate::site::section_views(&state.sections, &look);
    let general = state.case.reasons.iter().find(|(key, _)| key.is_empty()).map(|(_, reason)| reason.clone());
    let mut frame = Frame {
        breadcrumb: trail(),
        has_errors: findings.is_some_and(|findings| !findings.errors.is_empty()),
        ..visit.frame(state.case.kind.label())
    };
    if state.by_vendor {
        clients::for_client(&mut frame, &state.facts.institution);
    }
    FormPage {
        frame,
        action: format!("/applications/{}/edit", state.case.id),
        draft: format!("/applications/{}/draft", state.case.id),
        errors: findings.map(error_summary).unwrap_or_default().told_apart(&sections),
        steps: StepsView::new(&["入力", "確認", "完了"], 1),
        takes_files: sections.iter().any(SectionView::takes_files),
        sections,
        returned: !state.case.reasons.is_empty(),
        general_reason: general,
        by_vendor: state.by_vendor,
        article: state.case.kind.article(),
        left_at: state.go_on_at.clone().unwrap_or_default(),
    }
}

/// What a form is asked to show besides its fields.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Wish {
    /// Present when the check page led back here.
    faults: Option<String>,
    /// Key of the field whose files were sent after the session had ended.
    left_out: Option<String>,
}

/// Shows the form with what was typed before, and with its faults when it could not be sent.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(wish): Query<Wish>,
) -> Result<Response, Failure> {
    visit.person()?;
    let id = id(&name)?;
    let form = applications::form(&visit.ctx(), id).await;
    if let Ok(state) = &form {
        not_elsewhere(&visit.ctx(), state.case.institution_id).await?;
    }
    match form {
        Ok(state) if wish.faults.is_some() => {
            let findings = applications::check(&visit.ctx(), id).await?.checked.findings;
            Ok(Html(page(&visit, &state, Some(&findings))).into_response())
        }
        Ok(state) => {
            let late = wish.left_out.and_then(|field| files::came_late(&state, &field));
            Ok(Html(page(&visit, &state, late.as_ref())).into_response())
        }
        Err(Error::ChangedMeanwhile) => clients::changed(&visit, id).await,
        Err(error) => Err(error.into()),
    }
}

/// Keeps what was typed and the files with it; then to the check page, out, or back to the form with its faults.
pub(super) async fn save(
    visit: Visit,
    Path(name): Path<String>,
    headers: HeaderMap,
    sent: Filed,
) -> Result<Response, Failure> {
    let id = id(&name)?;
    if visit.session().is_none() {
        return resume::park(&visit, id, &sent, files::is_script(&headers)).await;
    }
    let (state, checked) = match keep(&visit, id, &sent).await {
        Ok(saved) => saved,
        Err(Error::ChangedMeanwhile) => return clients::changed(&visit, id).await,
        Err(error) => return Err(error.into()),
    };
    let action = sent.posted.get("action").to_owned();
    let (handed_in, script) = (!sent.files.is_empty(), files::is_script(&headers));
    let outcome = files::settle(&visit, id, sent).await?;
    if !outcome.findings.errors.is_empty() {
        return refused(&visit, id, &outcome, script).await;
    }
    match (action.as_str(), Asked::of(&action)) {
        (_, Asked::Files(field) | Asked::Remove(field, _)) => Ok(files::back(id, field, script)),
        ("leave", _) if state.by_vendor => Ok(see_other("/clients?done=saved")),
        ("leave", _) => Ok(see_other(&format!("/applications/{id}?saved=1"))),
        ("terminals", _) => Ok(see_other(&format!("/applications/{id}/edit#f-{TERMINAL_COUNT}"))),
        (action, _) if action.starts_with("shape:") => {
            let key = action.chars().skip("shape:".len());
            let key: String = key.filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
            Ok(see_other(&format!("/applications/{id}/edit#f-{key}")))
        }
        _ if handed_in || checked.findings.errors.is_empty() => Ok(see_other(&format!("/applications/{id}/check"))),
        _ => {
            not_elsewhere(&visit.ctx(), state.case.institution_id).await?;
            Ok(Html(page(&visit, &state, Some(&checked.findings))).with_faults())
        }
    }
}

/// Keeps what was typed; of a request that was cut off, only what was received.
async fn keep(visit: &Visit, id: ApplicationId, sent: &Filed) -> services::Result<(FormState, Checked)> {
    let mut typed = answers_from(&sent.posted);
    if sent.cut {
        let mut before = applications::form(&visit.ctx(), id).await?.case.answers;
        typed.iter().for_each(|(key, value)| before.set(key, value));
        typed = before;
    }
    applications::save_at(&visit.ctx(), id, &typed, sent.posted.get(LEFT_AT)).await
}

/// The form as it is now, with what is wrong with the files.
async fn refused(visit: &Visit, id: ApplicationId, outcome: &Outcome, script: bool) -> Result<Response, Failure> {
    if script {
        return Ok(files::told(outcome));
    }
    let state = applications::form(&visit.ctx(), id).await?;
    Ok((outcome.status, Html(page(visit, &state, Some(&outcome.findings)))).into_response())
}

/// Keeps what was typed while typing; answers with the time of day.
pub(super) async fn autosave(visit: Visit, Path(name): Path<String>, typed: Typed) -> Result<Response, Failure> {
    visit.session().ok_or(Error::LoginRequired)?;
    let posted = typed.into_posted();
    applications::save_at(&visit.ctx(), id(&name)?, &answers_from(&posted), posted.get(LEFT_AT)).await?;
    let now = visit.ctx().now.in_japan();
    Ok(Json(serde_json::json!({ "saved_at": format!("{:02}:{:02}", now.hour(), now.minute()) })).into_response())
}

/// Throws a draft away.
pub(super) async fn discard(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    applications::discard(&visit.ctx(), id(&name)?).await?;
    Ok(see_other("/"))
}
