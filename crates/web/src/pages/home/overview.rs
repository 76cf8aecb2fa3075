//! All institutions of a person, each with the one thing to do next; what waits comes first.

use askama::Template;
use axum::extract::Query;
use domain::applications::Explanation;
use serde::Deserialize;
use services::applications::{self, Place, Places};

use super::{
    tasks::{Tasks, turn},
    together,
};
use crate::{
    pages::{applications::standing_view, interview::ADDRESS},
    site::{Failure, Html, Visit, grouped_code},
    view::{
        frame::Frame,
        parts::{Fact, StateView, Tone},
    },
};

/// An institution as a row.
struct Row {
    id: String,
    name: String,
    code: String,
    here: bool,
    procedure: String,
    state: StateView,
    facts: Vec<Fact>,
    label: String,
    next: String,
}

#[derive(Template)]
#[template(path = "home/overview.html")]
pub(super) struct Overview {
    frame: Frame,
    lead: String,
    rows: Vec<Row>,
    first: bool,
    more: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: String,
}

/// The overview of one's institutions.
pub(super) async fn overview(visit: Visit, Query(page): Query<Page>) -> Result<Html<Overview>, Failure> {
    visit.person()?;
    let places = applications::places(&visit.ctx(), &page.after).await?;
    Ok(Html(Overview {
        frame: visit.frame("医療機関等ごとの状況"),
        lead: lead(&places),
        rows: places.page.iter().map(|place| row(&visit, place)).collect(),
        first: !page.after.is_empty(),
        more: places.next.map(|after| format!("/institutions/overview?after={after}")),
    }))
}

fn lead(places: &Places) -> String {
    match places.waiting {
        0 => format!("{}件の医療機関等があります。いま対応が必要なところはありません。", places.count),
        waiting => format!(
            "{}件の医療機関等のうち、{waiting}件で対応が必要です。対応が必要なところから並んでいます。",
            places.count
        ),
    }
}

fn row(visit: &Visit, place: &Place) -> Row {
    let ctx = visit.ctx();
    let tasks = Tasks::new(&ctx, &place.standings, &[]);
    let next = tasks.deed_of_next().filter(|_| place.over.is_none());
    let kind = next.as_ref().map(|(kind, _, _)| *kind);
    let shown = kind.map_or_else(|| tasks.soonest(), |kind| tasks.of(kind));
    let unbegun = || kind.map(|_| Fact::new("いま対応する人", Explanation::APPLICANT)).into_iter().collect();
    let mut facts: Vec<Fact> = shown.map_or_else(unbegun, |one| turn(&one.explanation));
    facts.extend(kind.and_then(|kind| tasks.until(kind)));
    let here = visit.session().and_then(|session| session.institution.as_ref()).map(|acting| acting.id);
    let (label, href) = next.map_or(("手続を見る".to_owned(), "/".to_owned()), |(_, label, href)| (label, href));
    // Where nothing was begun, the interview is what the home page offers too.
    let nothing = place.standings.is_empty() && place.over.is_none();
    let (label, href) = if nothing { (together::BEGIN.to_owned(), ADDRESS.to_owned()) } else { (label, href) };
    let procedure = kind.or(shown.map(|one| one.case.kind)).map(|kind| tasks.title(kind)).unwrap_or_default();
    Row {
        id: place.institution.to_string(),
        name: place.name.clone(),
        code: grouped_code(&place.code),
        here: here == Some(place.institution),
        procedure: if nothing { together::TITLE.to_owned() } else { procedure },
        state: match (place.over, shown, kind) {
            (Some(over), ..) => StateView::new(Tone::Stopped, over.word()),
            (None, Some(one), _) => standing_view(one, one.case.state),
            (None, None, Some(_)) => StateView::new(Tone::Idle, "未申請"),
            (None, None, None) => StateView::new(Tone::Done, "していただくことはありません"),
        },
        facts,
        label,
        next: href,
    }
}
