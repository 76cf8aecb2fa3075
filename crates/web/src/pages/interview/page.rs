//! A page of the interview: its questions, what was answered before, what follows.

use askama::Template;
use axum::{
    Json,
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    applications::TERMINAL_COUNT,
    forms::{Answers, Findings},
    ids::InstitutionId,
    interview::Step,
};
use services::{
    Error,
    interview::{self, InterviewState, Then},
    parked,
};

use super::{ADDRESS, address, step, steps_view};
use crate::{
    pages::applications::to_login,
    site::{Failure, FormLook, Html, Posted, Typed, Visit, answers_from, error_summary, section_views, see_other},
    view::{
        form::{ErrorSummary, SectionView},
        frame::Frame,
        parts::StepsView,
    },
};

#[derive(Template)]
#[template(path = "interview/page.html")]
struct QuestionPage {
    frame: Frame,
    action: String,
    draft: String,
    institution: String,
    errors: ErrorSummary,
    steps: StepsView,
    lead: &'static str,
    sections: Vec<SectionView>,
    /// Where the page before is; empty on the first.
    back: String,
    /// Whether the person came from the page that shows all filings.
    from_check: bool,
    go_on: &'static str,
}

/// What a page is asked to show besides its fields.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Wish {
    /// Present when something is missing or wrong.
    faults: Option<String>,
    /// `check` when a link there led here.
    #[serde(default)]
    from: String,
}

/// Field that says where a page was opened from.
const FROM: &str = "from";
const CHECK: &str = "check";

fn page(
    visit: &Visit,
    state: &InterviewState,
    step: Step,
    findings: Option<&Findings>,
    from_check: bool,
) -> Option<QuestionPage> {
    let (number, page) = state.page(step)?;
    let fields = page.sections.iter().flat_map(|section| &section.fields);
    let editable: Vec<String> = fields.map(|field| field.key.clone()).collect();
    let answers: Answers = state.interview.answers();
    let look = FormLook { answers: &answers, findings, editable: &editable, reasons: &[], uploads: &[], case: "" };
    let sections = section_views(&page.sections, &look);
    let before = number.checked_sub(2).and_then(|place| state.pages.get(place));
    let institution = visit.session().and_then(|session| session.institution.as_ref());
    Some(QuestionPage {
        frame: Frame {
            breadcrumb: super::trail(),
            has_errors: findings.is_some_and(|findings| !findings.errors.is_empty()),
            ..visit.frame(step.label())
        },
        action: format!("{ADDRESS}/{step}"),
        draft: format!("{ADDRESS}/{step}/draft"),
        institution: institution.map(|acting| acting.id.to_string()).unwrap_or_default(),
        errors: findings.map(error_summary).unwrap_or_default().told_apart(&sections),
        steps: steps_view(state, number),
        lead: page.lead,
        sections,
        back: before.map_or_else(|| ADDRESS.to_owned(), |page| format!("{ADDRESS}/{}", page.step)),
        from_check,
        go_on: if from_check { "保存して確認画面に戻る" } else { "次へ進む" },
    })
}

/// Shows the questions with what was answered before.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(wish): Query<Wish>,
) -> Result<Response, Failure> {
    visit.member()?;
    let step = step(&name)?;
    let Some(state) = interview::state(&visit.ctx()).await? else { return Ok(see_other(ADDRESS)) };
    let findings = match (&wish.faults, state.page(step)) {
        (Some(_), Some((_, page))) => Some(state.interview.findings_of(page)),
        _ => None,
    };
    Ok(match page(&visit, &state, step, findings.as_ref(), wish.from == CHECK) {
        Some(page) => Html(page).into_response(),
        None => see_other(&address(state.place)),
    })
}

/// Keeps what was answered; then on, out, or back to the page with its faults.
pub(super) async fn save(visit: Visit, Path(name): Path<String>, typed: Typed) -> Result<Response, Failure> {
    let (step, posted) = (step(&name)?, typed.into_posted());
    if visit.session().is_none() {
        return park(&visit, step, &posted).await;
    }
    let action = posted.get("action").to_owned();
    let stays = ["leave", "terminals"].contains(&action.as_str());
    let then = if stays { Then::Stay } else { Then::GoOn };
    let (state, findings) = match interview::save(&visit.ctx(), step, &answers_from(&posted), then).await {
        Ok(saved) => saved,
        Err(Error::NotFound | Error::ChangedMeanwhile) => return Ok(see_other(ADDRESS)),
        Err(error) => return Err(error.into()),
    };
    let from_check = posted.get(FROM) == CHECK;
    Ok(match action.as_str() {
        "leave" => see_other("/?saved=together"),
        "terminals" => see_other(&format!("{ADDRESS}/{step}#f-{TERMINAL_COUNT}")),
        _ if findings.errors.is_empty() && from_check => see_other(&format!("{ADDRESS}/check")),
        _ if findings.errors.is_empty() => see_other(&address(state.after(step))),
        _ => match page(&visit, &state, step, Some(&findings), from_check) {
            Some(page) => Html(page).with_faults(),
            None => see_other(&address(state.place)),
        },
    })
}

/// A page that was posted after its session had ended is kept, and found again after the login.
async fn park(visit: &Visit, step: Step, posted: &Posted) -> Result<Response, Failure> {
    let institution: InstitutionId = posted.get("institution").parse().map_err(|_| Error::LoginRequired)?;
    let token = parked::park_interview(&visit.ctx(), institution, step, &answers_from(posted)).await?;
    Ok(to_login(visit, token, &format!("{ADDRESS}/{step}")))
}

/// Keeps what is typed while typing; answers with the time of day.
pub(super) async fn autosave(visit: Visit, Path(name): Path<String>, typed: Typed) -> Result<Response, Failure> {
    visit.session().ok_or(Error::LoginRequired)?;
    let typed = answers_from(&typed.into_posted());
    interview::save(&visit.ctx(), step(&name)?, &typed, Then::Stay).await?;
    let now = visit.ctx().now.in_japan();
    Ok(Json(serde_json::json!({ "saved_at": format!("{:02}:{:02}", now.hour(), now.minute()) })).into_response())
}
