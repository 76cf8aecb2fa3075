//! A mandate that waits for its vendor, opened by its link.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;
use services::{
    accounts::Link as MailLink,
    mandates::{self, Accepted, Offer},
};

use super::{
    dead_link::dead_link,
    form::{FormPage, account_form, again_please},
    mandates::until,
};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, session_cookie},
    view::frame::Link,
};

fn page(visit: &Visit, token: &str, offer: &Offer, typed: &str) -> FormPage {
    let mandate = &offer.mandate;
    let kinds: Vec<&str> = mandate.kinds.iter().map(|kind| kind.label()).collect();
    let page = FormPage {
        frame: visit.frame("申請の準備の委任"),
        lead: vec![
            format!("「{}」が、{}に申請の準備を委任しています。", mandate.name, mandate.company),
            format!("準備できる手続：{}（{}まで）", kinds.join("、"), until(mandate)),
            "申請の内容を入力し、医療機関等に確認を依頼できます。規約への同意と送信は、医療機関等の方がします。"
                .to_owned(),
        ],
        action: format!("/mandate/{token}"),
        button: "委任を受ける",
        ..FormPage::default()
    };
    if offer.account.is_some() {
        let before =
            "ボタンを押すと、お持ちのアカウントで、この医療機関等の申請を準備できるようになります。".to_owned();
        return FormPage { before, ..page };
    }
    let before = "ボタンを押すと、アカウントができ、すぐに準備をはじめられます。".to_owned();
    FormPage { before, ..page }.with_account(typed, &mandate.email)
}

fn dead<T>(visit: &Visit, link: &MailLink<T>) -> Response {
    dead_link(visit, link, Link::new("トップページへ", "/"))
}

/// The offer.
pub(super) async fn open(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    Ok(match mandates::offer(&visit.ctx(), &token).await? {
        MailLink::Ready(offer) => Html(page(&visit, &token, &offer, "")).into_response(),
        link => dead(&visit, &link),
    })
}

/// Accepts it.
pub(super) async fn accept(visit: Visit, Path(token): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let form = account_form(&visit, &posted);
    Ok(match mandates::accept(&visit.ctx(), &token, &form).await? {
        Accepted::LoggedIn(started) => {
            let cookie = session_cookie(&visit.site, started.token);
            (CookieJar::new().add(cookie), see_other("/clients?done=held")).into_response()
        }
        Accepted::Held if visit.session().is_some() => see_other("/clients?done=held"),
        Accepted::Held => see_other("/login?next=/clients&done=held"),
        Accepted::Slips(slips) => match mandates::offer(&visit.ctx(), &token).await? {
            MailLink::Ready(offer) => {
                let page = page(&visit, &token, &offer, &form.name);
                FormPage { fields: again_please(page.fields, &slips), ..page }.refused(&slips)
            }
            link => dead(&visit, &link),
        },
        Accepted::Link(link) => dead(&visit, &link),
    })
}
