//! An invitation to belong to an institution, opened by its link.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;
use services::accounts::{
    Link as MailLink,
    membership::{self, Accepted, Invitation},
};

use super::{
    dead_link::dead_link,
    form::{FormPage, account_form, again_please},
};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, session_cookie},
    view::frame::Link,
};

fn page(visit: &Visit, token: &str, invitation: &Invitation, typed: &str) -> FormPage {
    let lead = format!(
        "{}様が、{}様を「{}」のメンバーとして招待しています。参加すると、申請の作成と状況の確認ができます。",
        invitation.inviter, invitation.email, invitation.institution_name
    );
    let page = FormPage {
        frame: visit.frame("医療機関等への参加"),
        lead: vec![lead],
        action: format!("/invitation/{token}"),
        button: "参加する",
        ..FormPage::default()
    };
    if invitation.account.is_some() {
        let before = "ボタンを押すと、お持ちのアカウントで、この医療機関等の手続ができるようになります。".to_owned();
        return FormPage { before, ..page };
    }
    let before = "ボタンを押すと、アカウントができ、すぐに手続をはじめられます。".to_owned();
    FormPage { before, ..page }.with_account(typed, &invitation.email)
}

fn dead<T>(visit: &Visit, link: &MailLink<T>) -> Response {
    dead_link(visit, link, Link::new("トップページへ", "/"))
}

/// The invitation.
pub(super) async fn open(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    Ok(match membership::invitation(&visit.ctx(), &token).await? {
        MailLink::Ready(invitation) => Html(page(&visit, &token, &invitation, "")).into_response(),
        link => dead(&visit, &link),
    })
}

/// Accepts the invitation.
pub(super) async fn accept(visit: Visit, Path(token): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let form = account_form(&visit, &posted);
    Ok(match membership::accept_invitation(&visit.ctx(), &token, &form).await? {
        Accepted::LoggedIn(started) => {
            let cookie = session_cookie(&visit.site, started.token);
            (CookieJar::new().add(cookie), see_other("/")).into_response()
        }
        Accepted::Joined if visit.session().is_some() => see_other("/account/institutions?done=joined"),
        Accepted::Joined => see_other("/login?done=joined"),
        Accepted::Slips(slips) => match membership::invitation(&visit.ctx(), &token).await? {
            MailLink::Ready(invitation) => {
                let page = page(&visit, &token, &invitation, &form.name);
                FormPage { fields: again_please(page.fields, &slips), ..page }.refused(&slips)
            }
            link => dead(&visit, &link),
        },
        Accepted::Link(link) => dead(&visit, &link),
    })
}
