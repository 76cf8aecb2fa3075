//! Members of an institution, for its owners: who belongs to it, who wants to, invitations, the end.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime},
    forms::Finding,
    ids::MembershipId,
};
use services::{
    Error,
    accounts::{
        Membership,
        membership::{self, ACTIVE, Decided, ROLE_OWNER, Removed, role_label, state_label},
    },
};

use super::{
    done,
    form::{FormPage, email},
    id, person, places, refused,
    way::Wanted,
};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView},
        frame::{BannerView, Frame, Link},
    },
};

/// A member as the page shows them.
struct Member {
    id: MembershipId,
    name: String,
    email: String,
    role: &'static str,
    owner: bool,
    own: bool,
    since: String,
    state: &'static str,
}

/// An address that was invited and has not joined yet.
struct Invited {
    email: String,
    until: String,
}

#[derive(Template)]
#[template(path = "accounts/members.html")]
struct MembersPage {
    frame: Frame,
    errors: ErrorSummary,
    institution: String,
    members: Vec<Member>,
    waiting: Vec<Member>,
    invited: Vec<Invited>,
    fields: Vec<FieldView>,
    sender_domain: String,
}

fn member(visit: &Visit, row: Membership) -> Member {
    Member {
        own: visit.session().is_some_and(|session| session.account_id == row.account_id),
        role: role_label(&row.role),
        owner: row.role == ROLE_OWNER,
        since: japanese_date(row.created_at.date()),
        state: state_label(&row.state),
        id: row.id,
        name: row.person_name,
        email: row.person_email,
    }
}

async fn page(visit: &Visit, typed: &str, slips: &[Finding]) -> Result<MembersPage, Failure> {
    let session = visit.person()?;
    let rows = membership::members(&visit.ctx()).await?;
    let open = membership::open_invitations(&visit.ctx()).await?;
    let invited = open.into_iter().map(|one| Invited { email: one.email, until: japanese_datetime(one.until) });
    let (members, waiting): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.state == ACTIVE);
    let address = email(typed).with_help("招待する方ご本人のメールアドレスです。");
    let (fields, errors) = with_slips(vec![address], slips);
    Ok(MembersPage {
        frame: Frame { breadcrumb: places(), has_errors: !slips.is_empty(), ..visit.frame("メンバー") },
        errors,
        institution: session.institution.as_ref().map(|acting| acting.name.clone()).unwrap_or_default(),
        members: members.into_iter().map(|row| member(visit, row)).collect(),
        waiting: waiting.into_iter().map(|row| member(visit, row)).collect(),
        invited: invited.collect(),
        fields,
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
    })
}

/// The list of members, and those who ask to be.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    let mut page = page(&visit, "", &[]).await?;
    page.frame.banners = told(&wanted.done);
    Ok(Html(page).into_response())
}

fn told(what: &str) -> Vec<BannerView> {
    match what {
        "invited" => done(
            "招待のメールを送りました",
            &["メールのリンクから参加すると、この画面に表示されます。リンクは7日間使えます。"],
        ),
        "withdrawn" => done("招待を取り消しました", &["お送りしたリンクは、もう使えません。"]),
        "over" => refused(
            "この招待は、もう使えません",
            "すでに参加されたか、期限が過ぎたか、取り消されています。参加された方は、この画面に表示されます。",
        ),
        "approved" => done("所属を承認しました", &["ご本人にメールでお知らせしました。"]),
        "declined" => done("所属の申し込みをお断りしました", &["ご本人にメールで理由をお知らせしました。"]),
        "removed" => done("所属を終えました", &["すぐに手続ができなくなりました。申請の履歴にはお名前が残ります。"]),
        "owner" => done("代表者にしました", &[]),
        "waits" => refused("まだ承認できません", "この医療機関等コードが台帳に載ってから、もう一度お試しください。"),
        _ => vec![],
    }
}

fn back(what: &str) -> Response {
    see_other(&format!("/account/members?done={what}"))
}

/// Invites a person by mail.
pub(super) async fn invite(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    person(&visit, "/account/members")?;
    let typed = posted.get("email");
    match membership::invite(&visit.ctx(), typed).await? {
        membership::Invited::Sent { .. } => Ok(back("invited")),
        membership::Invited::Slips(slips) => Ok(Html(page(&visit, typed, &slips).await?).with_faults()),
    }
}

/// Takes the invitations of an address back.
pub(super) async fn withdraw(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    person(&visit, "/account/members")?;
    match membership::withdraw_invitation(&visit.ctx(), posted.get("email")).await {
        Ok(()) => Ok(back("withdrawn")),
        Err(Error::ChangedMeanwhile) => Ok(back("over")),
        Err(error) => Err(error.into()),
    }
}

/// Takes a person in who asked for it.
pub(super) async fn approve(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    person(&visit, "/account/members")?;
    Ok(match membership::approve(&visit.ctx(), id(&name)?).await? {
        Decided::NotInRegister => back("waits"),
        Decided::Done | Decided::Slips(_) => back("approved"),
    })
}

/// One member of the institution; only its owners see them.
async fn find(visit: &Visit, id: MembershipId) -> Result<Membership, Failure> {
    visit.person()?;
    let rows = membership::members(&visit.ctx()).await?;
    rows.into_iter().find(|row| row.id == id).ok_or(Failure::from(Error::NotFound))
}

fn decline_page(visit: &Visit, row: &Membership, reason: &str) -> FormPage {
    let input = InputView::LongText { value: reason.to_owned(), maxlength: 500 };
    FormPage {
        frame: Frame { breadcrumb: places(), ..visit.frame("所属の申し込みを断る") },
        lead: vec![format!("{}様（{}）の申し込みをお断りします。", row.person_name, row.person_email)],
        action: format!("/account/members/{}/decline", row.id),
        fields: vec![FieldView::new("reason", "理由", input).required().with_help("ご本人にメールでお伝えします。")],
        before: "ボタンを押すと、ご本人に理由をメールでお知らせします。あらためて申し込むことはできます。".to_owned(),
        button: "申し込みを断る",
        back: Some(Link::new("メンバーへ戻る", "/account/members")),
        ..FormPage::default()
    }
}

/// Asks for the reason.
pub(super) async fn ask_decline(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    let row = find(&visit, id(&name)?).await?;
    Ok(Html(decline_page(&visit, &row, "")).into_response())
}

/// Declines a person who asked.
pub(super) async fn decline(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let row = find(&visit, id(&name)?).await?;
    let reason = posted.get("reason");
    match membership::decline(&visit.ctx(), row.id, reason).await? {
        Decided::Slips(slips) => Ok(decline_page(&visit, &row, reason).refused(&slips)),
        Decided::Done | Decided::NotInRegister => Ok(back("declined")),
    }
}

#[derive(Template)]
#[template(path = "accounts/remove_member.html")]
struct RemovePage {
    frame: Frame,
    id: MembershipId,
    name: String,
}

fn remove_page(visit: &Visit, row: Membership, banners: Vec<BannerView>) -> RemovePage {
    let frame = Frame { breadcrumb: places(), banners, ..visit.frame("メンバーの所属を終える") };
    RemovePage { frame, id: row.id, name: row.person_name }
}

/// Asks whether a member's membership shall end.
pub(super) async fn ask_remove(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    let row = find(&visit, id(&name)?).await?;
    Ok(Html(remove_page(&visit, row, vec![])).into_response())
}

/// Ends a member's membership at once.
pub(super) async fn remove(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    let row = find(&visit, id(&name)?).await?;
    match membership::remove(&visit.ctx(), row.id).await? {
        Removed::Done => Ok(back("removed")),
        Removed::LastOwner => {
            let words = "代表者がほかにいません。先に、ほかの方を代表者にしてください。";
            Ok(Html(remove_page(&visit, row, refused("所属を終えられません", words))).with_faults())
        }
    }
}

/// Makes a member an owner too.
pub(super) async fn make_owner(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    person(&visit, "/account/members")?;
    membership::make_owner(&visit.ctx(), id(&name)?).await?;
    Ok(back("owner"))
}
