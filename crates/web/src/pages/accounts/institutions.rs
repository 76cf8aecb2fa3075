//! One's institutions: the list, one more, the one acted for.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::calendar::japanese_date;
use services::{
    Error,
    accounts::membership::{self, ACTIVE, Mine, ROLE_OWNER, Requested, role_label},
};

use super::{
    done,
    form::FormPage,
    person,
    place::PlaceTyped,
    places,
    progress::{Way, badge, sentence, way},
    registration::page_of,
    trail,
    way::{Wanted, local},
};
use crate::{
    site::{Failure, Html, Posted, Visit, grouped_code, see_other},
    view::{
        frame::{BannerView, Frame, Link},
        parts::{Fact, StateView},
    },
};

/// A membership as the list shows it.
struct Place {
    id: String,
    institution: String,
    name: String,
    state: StateView,
    facts: Vec<Fact>,
    next: String,
    active: bool,
    current: bool,
    owner: bool,
    code: bool,
}

#[derive(Template)]
#[template(path = "accounts/institutions.html")]
pub(super) struct PlacesPage {
    frame: Frame,
    places: Vec<Place>,
    staff: bool,
}

/// The list of one's institutions.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<PlacesPage>, Failure> {
    let staff = visit.person()?.staff;
    let mine = membership::mine(&visit.ctx()).await?;
    let places = mine.iter().map(|mine| place(&visit, mine)).collect();
    let frame =
        Frame { breadcrumb: trail(), banners: told(&wanted.done), ..visit.frame("医療機関等とメンバー") };
    Ok(Html(PlacesPage { frame, places, staff }))
}

fn told(what: &str) -> Vec<BannerView> {
    match what {
        "left" => done("所属を終えました", &[]),
        "joined" => done(
            "医療機関等のメンバーとして参加しました",
            &["「切り替える」を押すと、この医療機関等の手続ができます。"],
        ),
        _ => vec![],
    }
}

fn place(visit: &Visit, mine: &Mine) -> Place {
    let membership = &mine.membership;
    let acting = visit.session().and_then(|session| session.institution.as_ref()).map(|acting| acting.id);
    let active = membership.state == ACTIVE;
    let mut facts = vec![Fact::code("コード", grouped_code(&membership.institution_code))];
    if active {
        facts.push(Fact::new("役割", role_label(&membership.role)));
    }
    facts.push(Fact::new("申し込み", japanese_date(membership.created_at.date())));
    Place {
        id: membership.id.to_string(),
        institution: membership.institution_id.to_string(),
        name: membership.institution_name.clone(),
        state: badge(mine),
        facts,
        next: if active { String::new() } else { sentence(mine, &visit.site.app) },
        active,
        current: active && acting == Some(membership.institution_id),
        owner: active && membership.role == ROLE_OWNER,
        code: way(mine) == Way::Code,
    }
}

fn ask_page(visit: &Visit, typed: &PlaceTyped, may_wait: bool) -> FormPage {
    FormPage {
        frame: Frame { breadcrumb: places(), ..visit.frame("医療機関等の追加") },
        lead: vec!["手続をする医療機関等を追加します。医科と歯科のようにコードが2つあるときも、1つのアカウントで手続できます。".to_owned()],
        action: "/account/institutions/new".to_owned(),
        fields: typed.fields(visit.site.app.settings.membership, may_wait),
        before: "ボタンを押すと、所属の確認がはじまります。確認が終わるまで、この医療機関等の申請はできません。".to_owned(),
        button: "所属の確認を申し込む",
        back: Some(Link::new("医療機関等の一覧へ戻る", "/account/institutions")),
        ..FormPage::default()
    }
}

/// The form for one more institution.
pub(super) async fn new(visit: Visit) -> Result<Response, Failure> {
    if visit.person()?.staff {
        return Err(Error::Forbidden.into());
    }
    Ok(Html(ask_page(&visit, &PlaceTyped::default(), false)).into_response())
}

/// Asks to belong to one more institution.
pub(super) async fn ask(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    let typed = PlaceTyped::read(&posted);
    match membership::request(&visit.ctx(), &typed.code, typed.prove_by, typed.wait).await? {
        Requested::Asked(asked) => Ok(see_other(&page_of(&asked, "asked"))),
        Requested::Slips { slips, may_wait } => Ok(ask_page(&visit, &typed, may_wait).refused(&typed.named(slips))),
    }
}

/// Chooses the institution for which the person acts.
pub(super) async fn switch(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    person(&visit, "/account/institutions")?;
    let institution = posted.get("institution").parse().map_err(|_| Error::NotFound)?;
    membership::choose(&visit.ctx(), institution).await?;
    Ok(see_other(local(posted.get("next")).unwrap_or("/")))
}
