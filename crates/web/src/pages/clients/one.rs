//! One client: what may be prepared, what was, and giving the mandate back.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    applications::{Kind, State},
    calendar::japanese_date,
    ids::{ApplicationId, MandateId},
};
use serde::Deserialize;
use services::mandates::{self, Begun, PreparedCase};

use super::{LIST, id, state_words, title, trail};
use crate::{
    site::{Failure, Html, Posted, Visit, grouped_code, see_other},
    view::{
        frame::{BannerKind, BannerView, Frame},
        parts::Fact,
    },
};

/// A case as the vendor may know it.
struct Line {
    title: String,
    reference: String,
    state: &'static str,
    since: String,
    /// Its form; none once the vendor has nothing to do for it.
    href: Option<String>,
    /// What the vendor does there.
    deed: &'static str,
}

#[derive(Template)]
#[template(path = "clients/one.html")]
struct ClientPage {
    frame: Frame,
    id: MandateId,
    facts: Vec<Fact>,
    kinds: Vec<Kind>,
    cases: Vec<Line>,
    first: bool,
    more: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    after: String,
}

async fn page(visit: &Visit, id: MandateId, after: Option<ApplicationId>) -> Result<ClientPage, Failure> {
    let client = mandates::client(&visit.ctx(), id, after).await?;
    let mandate = &client.mandate;
    let until = japanese_date((mandate.ends_at - time::Duration::MILLISECOND).date());
    Ok(ClientPage {
        frame: Frame { breadcrumb: trail(), ..visit.frame(mandate.name.clone()) },
        id,
        facts: vec![Fact::code("コード", grouped_code(&mandate.code)), Fact::new("委任の最後の日", until)],
        kinds: mandate.kinds.clone(),
        cases: client.cases.iter().map(line).collect(),
        first: after.is_some(),
        more: client.next.map(|after| format!("{LIST}/{id}?after={after}")),
    })
}

fn line(case: &PreparedCase) -> Line {
    let open = case.state.is_editable();
    Line {
        title: title(case.kind, case.terminal_name.as_deref()),
        reference: services::reference(&case.reference),
        state: state_words(case.state, case.asked_at.is_some()),
        since: japanese_date(case.asked_at.unwrap_or(case.state_since).date()),
        href: open.then(|| format!("/applications/{}/edit", case.id)),
        deed: match (case.state, case.asked_at) {
            (State::Returned, None) => "示された項目を直す",
            (_, Some(_)) => "内容を見る・直す",
            (_, None) => "続きを入力する",
        },
    }
}

/// One client.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(wanted): Query<Page>,
) -> Result<Response, Failure> {
    visit.person()?;
    Ok(Html(page(&visit, id(&name)?, wanted.after.parse().ok()).await?).into_response())
}

/// Begins a form for the client, or goes on with the one that was begun.
pub(super) async fn begin(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    let id = id(&name)?;
    let kind = posted.get("kind").parse().map_err(|_| services::Error::NotFound)?;
    match mandates::begin(&visit.ctx(), id, kind).await? {
        Begun::Form(case) => Ok(see_other(&format!("/applications/{case}/edit"))),
        Begun::Not(words) => {
            let mut page = page(&visit, id, None).await?;
            page.frame.banners.push(BannerView {
                kind: BannerKind::Warning,
                title: format!("{}は、いま準備できません", kind.label()),
                body: vec![words],
                link: None,
            });
            Ok(Html(page).with_faults())
        }
    }
}

#[derive(Template)]
#[template(path = "clients/give_back.html")]
struct GiveBackPage {
    frame: Frame,
    id: MandateId,
    name: String,
}

/// Asks whether the mandate shall be given back.
pub(super) async fn ask_give_back(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    visit.person()?;
    let id = id(&name)?;
    let client = mandates::client(&visit.ctx(), id, None).await?;
    let frame = Frame { breadcrumb: trail(), ..visit.frame("委任を辞退する") };
    Ok(Html(GiveBackPage { frame, id, name: client.mandate.name }).into_response())
}

/// Gives the mandate back.
pub(super) async fn give_back(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    mandates::give_back(&visit.ctx(), id(&name)?).await?;
    Ok(see_other(&format!("{LIST}?done=given-back")))
}
