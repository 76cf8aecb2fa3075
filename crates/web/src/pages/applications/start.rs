//! Beginning a procedure: what it is, the draft that waits, what must come first.

use askama::Template;
use axum::{extract::Path, response::Response};
use domain::{
    applications::{Kind, State},
    calendar::japanese_date,
};
use services::{
    applications::{self, Standing, Started},
    rows::Application,
};

use super::{draft::DraftView, kind, trail};
use crate::{
    pages::content::articles_about,
    site::{Failure, Html, Posted, Visit, see_other},
    view::frame::{Frame, Link},
};

#[derive(Template)]
#[template(path = "applications/begin.html")]
pub(super) struct Begin {
    frame: Frame,
    address: String,
    article: &'static str,
    about: Vec<Link>,
    claims: bool,
    lead: &'static str,
    prepare: &'static [&'static str],
    missing: Option<&'static str>,
    missing_title: &'static str,
    way: Option<Link>,
    under_way: Option<UnderWay>,
    draft: Option<DraftView>,
    button: &'static str,
}

/// The case that keeps a second one from being filed.
struct UnderWay {
    id: String,
    /// Its number, state and day.
    which: String,
    /// Where it stands and what comes next.
    sentence: String,
    /// It waits for corrections of the applicant.
    returned: bool,
}

impl UnderWay {
    fn of(standing: &Standing<Application>) -> Self {
        let case = &standing.case;
        let number = case.reference.as_deref().map(applications::reference).unwrap_or_default();
        let sent = case.submitted_at.map(|at| japanese_date(at.date())).unwrap_or_default();
        Self {
            id: case.id.to_string(),
            which: format!("受付番号 {number}（{sent}に送信、{}）", case.state.label()),
            sentence: standing.explanation.sentence(),
            returned: case.state == State::Returned,
        }
    }
}

/// The page before the form.
pub(super) async fn begin(visit: Visit, Path(name): Path<String>) -> Result<Html<Begin>, Failure> {
    visit.member()?;
    let kind = kind(&name)?;
    let outlook = applications::outlook(&visit.ctx(), kind).await?;
    let words = kind.words();
    Ok(Html(Begin {
        frame: Frame { breadcrumb: trail(), ..visit.frame(kind.label()) },
        address: format!("/procedures/{kind}"),
        article: kind.article(),
        about: articles_about(&visit, kind).await?,
        claims: kind == Kind::Claims,
        lead: words.lead,
        prepare: words.prepare,
        missing: outlook.missing,
        missing_title: match outlook.way {
            // These pages show what stands against it, not what comes before it.
            Some((_, "/closing" | "/succession")) => "すでに受け付けています",
            Some(_) => "先に必要な手続があります",
            None => "いまは申請できません",
        },
        // Nobody is left without a step: what stands against it may be asked about.
        way: outlook.way.map_or_else(
            || outlook.missing.map(|_| Link::new("お問い合わせをする", "/inquiries/new")),
            |(words, href)| Some(Link::new(words, href)),
        ),
        under_way: outlook.under_way.as_ref().map(UnderWay::of),
        draft: outlook.draft.as_ref().map(|draft| DraftView::new(draft, &visit.csrf)),
        button: if outlook.filed { words.again } else { "入力をはじめる" },
    }))
}

/// Begins the form or goes on with the draft; a double click finds the same draft.
pub(super) async fn start(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let kind = kind(&name)?;
    Ok(match applications::start(&visit.ctx(), kind).await? {
        Started::New(id) | Started::Existing(id) => see_other(&format!("/applications/{id}/edit")),
        Started::MissingBefore(_) | Started::UnderWay(_) => see_other(&format!("/procedures/{kind}")),
    })
}
