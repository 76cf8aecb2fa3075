//! Memberships that wait for a reviewer (spec 2.3, c).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, ids::MembershipId, permissions::Permission};
use serde::Deserialize;
use services::{
    Error,
    accounts::{
        Membership,
        membership::{self, Decided},
    },
};

use super::parts;
use crate::{
    site::{Failure, Html, Posted, Visit, grouped_code, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView},
        frame::{BannerKind, BannerView, Frame, Link},
    },
};

const LIST: &str = "/office/memberships";

#[derive(Template)]
#[template(path = "office/memberships.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Asking>,
}

/// A person who asked to belong to an institution.
struct Asking {
    id: MembershipId,
    person: String,
    email: String,
    institution: String,
    institution_href: String,
    code: String,
    since: String,
    in_register: bool,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// Persons who wait, the first one first.
pub(super) async fn list(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ReviewMemberships])?;
    let rows = membership::review_list(&visit.ctx()).await?;
    let mut frame = visit.office_frame("所属の確認", LIST);
    frame.banners.extend(told(&said.done));
    Ok(Html(ListPage { frame, rows: rows.iter().map(|row| asking(&visit, row)).collect() }).into_response())
}

fn told(done: &str) -> Option<BannerView> {
    let say = |kind, title: &str, body: &[&str]| Some(parts::banner(kind, title, body));
    match done {
        "approved" => say(BannerKind::Success, "所属を承認しました。本人にメールで知らせます。", &[]),
        "declined" => say(BannerKind::Success, "所属を断りました。本人に理由をメールで知らせます。", &[]),
        "changed" => {
            say(BannerKind::Error, "この申し込みは、ほかの人が先に処理しました。", &["今回の操作は記録していません。"])
        }
        "register" => say(
            BannerKind::Error,
            "医療機関等が台帳にまだないため、承認できません。",
            &["台帳の取込みで載ると、承認できるようになります。"],
        ),
        "own" => say(
            BannerKind::Error,
            "ご自身、またはご自身が所属する医療機関等の申し込みは、判断できません。",
            &["ほかの審査担当が判断します。"],
        ),
        _ => None,
    }
}

fn asking(visit: &Visit, row: &Membership) -> Asking {
    let linked = parts::may(visit, Permission::ReadInstitutions);
    Asking {
        id: row.id,
        person: row.person_name.clone(),
        email: row.person_email.clone(),
        institution: row.institution_name.clone(),
        institution_href: if linked { format!("/office/institutions/{}", row.institution_id) } else { String::new() },
        code: grouped_code(&row.institution_code),
        since: japanese_datetime(row.created_at),
        in_register: row.in_register,
    }
}

fn back(done: &str) -> Response {
    see_other(&format!("{LIST}?done={done}"))
}

/// Approves a person.
pub(super) async fn approve(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ReviewMemberships])?;
    match membership::review_decide(&visit.ctx(), parts::id(&name)?, None).await {
        Ok(Decided::Done | Decided::Slips(_)) => Ok(back("approved")),
        Ok(Decided::NotInRegister) => Ok(back("register")),
        Err(Error::ChangedMeanwhile) => Ok(back("changed")),
        Err(Error::Forbidden) => Ok(back("own")),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "office/decline.html")]
struct DeclinePage {
    frame: Frame,
    errors: ErrorSummary,
    asking: Asking,
    fields: Vec<FieldView>,
}

/// Asks for the reason.
pub(super) async fn ask_decline(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    Ok(match decline_page(&visit, &name, "").await? {
        Some(page) => Html(page).into_response(),
        None => back("changed"),
    })
}

/// The page for the reason; none when the person no longer waits.
async fn decline_page(visit: &Visit, name: &str, typed: &str) -> Result<Option<DeclinePage>, Failure> {
    parts::insist(visit, &[Permission::ReviewMemberships])?;
    let id: MembershipId = parts::id(name)?;
    let rows = membership::review_list(&visit.ctx()).await?;
    let Some(row) = rows.iter().find(|row| row.id == id) else { return Ok(None) };
    let mut frame = visit.office_frame("所属を断る", LIST);
    frame.breadcrumb.push(Link::new("所属の確認", LIST));
    let input = InputView::LongText { value: typed.to_owned(), maxlength: 500 };
    let reason = FieldView::new("reason", "理由", input).required().with_help("本人にメールでそのまま伝わります。");
    Ok(Some(DeclinePage { frame, errors: ErrorSummary::default(), asking: asking(visit, row), fields: vec![reason] }))
}

/// Declines a person.
pub(super) async fn decline(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ReviewMemberships])?;
    let (id, reason) = (parts::id(&name)?, posted.get("reason"));
    let slips = match membership::review_decide(&visit.ctx(), id, Some(reason)).await {
        Ok(Decided::Slips(slips)) => slips,
        Ok(Decided::Done | Decided::NotInRegister) => return Ok(back("declined")),
        Err(Error::ChangedMeanwhile) => return Ok(back("changed")),
        Err(Error::Forbidden) => return Ok(back("own")),
        Err(error) => return Err(error.into()),
    };
    let Some(mut page) = decline_page(&visit, &name, reason).await? else { return Ok(back("changed")) };
    (page.fields, page.errors) = with_slips(page.fields, &slips);
    page.frame.has_errors = true;
    Ok(Html(page).with_faults())
}
