//! The plan before a vendor's visit (spec 05): for everyone, and for members with what their institution has done.

use domain::{
    applications::Kind,
    calendar::japanese_date,
    planner::{Filed, Plan, Planned, Planner, Standing},
};
use storage::boxed;
use time::Date;

use crate::{
    Ctx, Error, Result,
    applications::facts_of,
    ical::{self, Entry, When},
};

/// The plan for a visit as it stands today. Whoever acts for an institution sees what it has done; everyone else the plan
/// alone.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn plan(ctx: &Ctx<'_>, visit: Date) -> Result<Plan> {
    let filed = match ctx.institution() {
        Ok(institution) => Filed::of(&facts_of(ctx, institution, Kind::Certificate).await?.known),
        Err(Error::LoginRequired | Error::Forbidden) => Filed::default(),
        Err(error) => return Err(error),
    };
    let (rules, holidays) = (ctx.app.rules(), ctx.app.holidays());
    let planner = Planner { rules: &rules, holidays: &holidays };
    Ok(planner.plan(visit, ctx.now.date(), &filed))
}

/// The plan as a calendar file: the visit, and the last day of each step that is still to be done in time.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn calendar(ctx: &Ctx<'_>, visit: Date) -> Result<String> {
    let plan = plan(ctx, visit).await?;
    let domain = ctx.app.settings.mail_domain();
    let day = |what: &str, day: Date, summary: String, description: String| Entry {
        uid: format!("plan-{what}-{visit}@{domain}"),
        stamp: ctx.now,
        when: When::Day(day),
        summary,
        description,
    };
    let awaited = |planned: &&Planned| matches!(planned.standing, Standing::Ahead | Standing::Today);
    let ahead = plan.steps.iter().filter(awaited);
    let mut days: Vec<Entry> = ahead
        .map(|planned| {
            let step = planned.step;
            day(step.as_str(), planned.last, format!("期限：{}", step.label()), planned.why.clone())
        })
        .collect();
    let link = format!("{}/planner?visit={visit}", ctx.app.settings.portal_url);
    let back = format!("{}の訪問に間に合わせる計画：{link}", japanese_date(visit));
    days.push(day("visit", visit, "システムベンダの訪問".to_owned(), back));
    Ok(ical::file("Planner", "訪問日までの計画", days))
}
