//! 「訪問日から逆算する」: the last safe day of each step before the vendor's visit, as a page and as a calendar file (spec 05).

use askama::Template;
use axum::{
    extract::Query,
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_date,
    planner::{self, Plan, Planned, Standing, Step, VisitError},
};
use serde::Deserialize;
use time::Date;

use crate::{
    site::{Access, Failure, Html, Routes, Visit, see_other},
    view::{
        form::{ErrorSummary, FieldError, FieldView, InputView, TextKind, TextView, Width},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{StateView, Tone},
    },
};

/// The name of the page.
const TITLE: &str = "訪問日から逆算する";

pub(super) fn routes() -> Routes {
    Routes::default().get("/planner", Access::Public, show).get("/planner.ics", Access::Public, file)
}

#[derive(Template)]
#[template(path = "planner/planner.html")]
struct PlannerPage {
    frame: Frame,
    errors: ErrorSummary,
    field: FieldView,
    plan: Option<PlanView>,
    /// Whether what the institution has done is in the plan.
    known: bool,
}

/// A plan in words.
struct PlanView {
    visit: String,
    in_time: bool,
    file: String,
    steps: Vec<StepView>,
}

/// One step in words.
struct StepView {
    title: Link,
    day: String,
    why: String,
    remedy: String,
    missed: bool,
    state: StateView,
}

/// What is asked for in the address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    visit: Option<String>,
}

/// The question for the day, and the plan once it is answered.
async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let ctx = visit.ctx();
    let today = ctx.now.date();
    let day = asked.visit.as_deref().map(|typed| planner::visit_day(typed, today));
    let typed = asked.visit.unwrap_or_default();
    let mut page = PlannerPage {
        frame: visit.frame(TITLE),
        errors: ErrorSummary::default(),
        field: field(&typed, today),
        plan: None,
        known: ctx.institution().is_ok(),
    };
    match day {
        None => Ok(Html(page).into_response()),
        Some(Ok(day)) => {
            let plan = services::planner::plan(&ctx, day).await?;
            page.frame.banners.extend(too_late(&plan));
            page.plan = Some(plan_view(&plan));
            Ok(Html(page).into_response())
        }
        Some(Err(fault)) => Ok(Html(faulty(page, &fault)).with_faults()),
    }
}

/// The plan as a calendar file; a day that cannot be planned for is answered by the page.
async fn file(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let typed = asked.visit.unwrap_or_default();
    let ctx = visit.ctx();
    let Ok(day) = planner::visit_day(&typed, ctx.now.date()) else {
        return Ok(see_other(&format!("/planner?visit={}", plain(&typed))));
    };
    let text = services::planner::calendar(&ctx, day).await?;
    let name = format!("attachment; filename=\"madoguchi-plan-{day}.ics\"");
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, text).into_response())
}

/// What was typed, as far as it can stand in an address.
fn plain(typed: &str) -> String {
    typed.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(20).collect()
}

fn faulty(mut page: PlannerPage, fault: &VisitError) -> PlannerPage {
    page.frame.has_errors = true;
    page.errors.errors.push(FieldError { key: "visit".to_owned(), message: fault.to_string() });
    page.field = page.field.with_error(fault.to_string());
    page
}

/// A date picker; for what no date picker can show a line of text, so that it can be mended.
fn field(typed: &str, today: Date) -> FieldView {
    let day = domain::calendar::typed_day(typed);
    let (kind, value) = match day {
        Some(day) => (TextKind::Date, day.to_string()),
        None if typed.trim().is_empty() => (TextKind::Date, String::new()),
        None => (TextKind::Text, typed.to_owned()),
    };
    let text = TextView { kind, value, width: Width::Short, ..TextView::default() };
    FieldView::new("visit", "システムベンダの訪問日", InputView::Text(text)).required().with_help(format!(
        "機器の設置や設定に来てもらう日です。{}まで計画できます。",
        japanese_date(planner::farthest(today))
    ))
}

/// What to say above a plan in which something is missed.
fn too_late(plan: &Plan) -> Option<BannerView> {
    let (missed, better) = (plan.missed(), plan.better?);
    Some(BannerView {
        kind: BannerKind::Warning,
        title: format!("{}の訪問に間に合わない手続が、{missed}つあります。", japanese_date(plan.visit)),
        body: vec![format!("{}以降の訪問なら、すべて間に合います。", japanese_date(better))],
        link: Some(Link::new(format!("{}で計画を立てる", japanese_date(better)), format!("/planner?visit={better}"))),
    })
}

fn plan_view(plan: &Plan) -> PlanView {
    PlanView {
        visit: japanese_date(plan.visit),
        in_time: plan.missed() == 0,
        file: format!("/planner.ics?visit={}", plan.visit),
        steps: plan.steps.iter().map(step_view).collect(),
    }
}

fn step_view(planned: &Planned) -> StepView {
    let (tone, words) = match planned.standing {
        Standing::Done => (Tone::Done, "済み"),
        Standing::Ahead => (Tone::Idle, "まだ間に合います"),
        Standing::Today => (Tone::Active, "今日までです"),
        Standing::Missed { .. } => (Tone::Attention, "期限が過ぎました"),
        Standing::TooEarly { .. } => (Tone::Attention, "訪問日と合いません"),
    };
    StepView {
        title: Link::new(planned.step.label(), place(planned.step)),
        day: japanese_date(planned.last),
        why: planned.why.clone(),
        remedy: planned.remedy.clone(),
        missed: planned.is_missed(),
        state: StateView::new(tone, words),
    }
}

/// Where a step is done or looked at.
const fn place(step: Step) -> &'static str {
    match step {
        Step::Eligibility => "/procedures/eligibility",
        Step::Certificate => "/procedures/certificate",
        Step::Approval => "/certificates",
        Step::LineId => "/articles/customer-id",
        Step::Claims => "/procedures/claims",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};
    use domain::{
        applications::Rules,
        calendar::Holidays,
        planner::{Filed, Planner},
    };
    use time::macros::date;

    #[test]
    fn a_plan_is_shown_empty_wrong_in_time_and_too_late() {
        let today = date!(2026 - 06 - 25);
        let page = |typed: &str, visit: Option<Date>| {
            let (rules, holidays) = (Rules::default(), Holidays::default());
            let planner = Planner { rules: &rules, holidays: &holidays };
            let filed = Filed { eligibility: true, ..Filed::default() };
            let plan = visit.map(|visit| planner.plan(visit, today, &filed));
            let mut frame = member(TITLE);
            frame.banners.extend(plan.as_ref().and_then(too_late));
            PlannerPage {
                frame,
                errors: ErrorSummary::default(),
                field: field(typed, today),
                plan: plan.as_ref().map(plan_view),
                known: true,
            }
        };
        show("planner", &page("", None));
        show("planner-wrong", &faulty(page("7月15日", None), &VisitError::NotADay));
        show("planner-ahead", &page("2026-09-16", Some(date!(2026 - 09 - 16))));
        show("planner-late", &page("2026-07-15", Some(date!(2026 - 07 - 15))));
    }
}
