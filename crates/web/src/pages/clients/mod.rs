//! Clients of a system vendor: the list, one client, and what its forms say of whom they are for (spec 1.2).

mod list;
mod one;

use axum::response::Response;
use domain::{
    applications::{Kind, State},
    ids::{ApplicationId, MandateId},
    institutions::Institution,
};
use services::{Error, mandates};

use crate::{
    site::{Access, Failure, Routes, Visit, grouped_code, see_other},
    view::frame::{BannerKind, BannerView, Frame, InstitutionView, Link},
};

/// Address of the list.
pub(super) const LIST: &str = "/clients";

pub(super) fn routes() -> Routes {
    use Access::Person;
    Routes::default()
        .get(LIST, Person, list::list)
        .get("/clients/{id}", Person, one::show)
        .post("/clients/{id}/begin", Person, one::begin)
        .get("/clients/{id}/give-back", Person, one::ask_give_back)
        .post("/clients/{id}/give-back", Person, one::give_back)
}

/// The mandate in an address.
fn id(text: &str) -> Result<MandateId, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

/// Path from home to the pages of one client.
fn trail() -> Vec<Link> {
    vec![Link::new("ホーム", "/"), Link::new("お客様の一覧", LIST)]
}

/// Where a case stands, as its vendor reads it: a draft waits for the vendor or for the institution.
fn state_words(state: State, asked: bool) -> &'static str {
    match (state, asked) {
        (State::Draft | State::Returned, true) => "医療機関等の確認待ち",
        (State::Draft, false) => "準備中",
        _ => state.label(),
    }
}

/// Names the client in the frame of a form that a vendor fills in, in place of the vendor's own institution.
pub(super) fn for_client(frame: &mut Frame, client: &Institution) {
    frame.breadcrumb = trail();
    if let Some(session) = &mut frame.session {
        let id = client.id.to_string();
        let code = grouped_code(client.code.as_str());
        session.institution = Some(InstitutionView { id, name: client.name.clone(), code });
        session.others.clear();
        session.many = false;
    }
    frame.banners.push(BannerView {
        kind: BannerKind::Info,
        title: format!("「{}」の申請を準備しています。", client.name),
        body: vec!["送信されるのは、医療機関等の方が内容を確認し、同意したあとです。".to_owned()],
        link: None,
    });
}

/// Where a person goes whose form was sent or decided meanwhile.
pub(super) async fn changed(visit: &Visit, id: ApplicationId) -> Result<Response, Failure> {
    let vendor = mandates::is_vendor_of(&visit.ctx(), id).await?;
    Ok(see_other(&if vendor { format!("{LIST}?done=sent") } else { format!("/applications/{id}") }))
}

/// Procedure and terminal of a case.
fn title(kind: Kind, terminal: Option<&str>) -> String {
    terminal.map_or_else(|| kind.label().to_owned(), |terminal| format!("{}：{terminal}", kind.label()))
}
