//! Access tokens of an institution, for its owners: for its own systems, or those of its vendor.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{access::Scope, forms::Finding};
use services::{
    Error,
    access::{self, Made},
};

use super::{done, person, places, way::Wanted};
use crate::{
    pages::tokens::{self, TokensView},
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView},
        frame::{Frame, Link},
        parts::CopyView,
    },
};

const LIST: &str = "/account/access-tokens";

#[derive(Template)]
#[template(path = "access/tokens.html")]
struct TokensPage {
    frame: Frame,
    errors: ErrorSummary,
    lead: String,
    tokens: TokensView,
    fields: Vec<FieldView>,
    before: &'static str,
    back: Link,
}

#[derive(Template)]
#[template(path = "access/made.html")]
struct MadePage {
    frame: Frame,
    secret: CopyView,
    back: Link,
}

async fn page(visit: &Visit, posted: &Posted, slips: &[Finding]) -> Result<TokensPage, Failure> {
    let session = visit.person()?;
    let institution = session.institution.as_ref().map(|acting| acting.name.clone()).unwrap_or_default();
    let found = access::of_institution(&visit.ctx()).await?;
    let (fields, errors) = with_slips(tokens::fields(posted, Scope::OF_INSTITUTION), slips);
    let frame = Frame { breadcrumb: places(), has_errors: !slips.is_empty(), ..visit.frame("外部連携") };
    let lead = format!(
        "「{institution}」の手続を、お使いのシステムやシステムベンダのシステムからできるようにします。トークンを渡したシステムは、トークンを作った方の代わりに、この医療機関等の手続だけをします。"
    );
    let tokens = TokensView {
        action: LIST,
        csrf: frame.csrf.clone(),
        manages: true,
        tokens: tokens::lines(&found, visit.ctx().now),
    };
    let before = "作ると、トークンを1回だけ表示し、代表者の皆様にメールでお知らせします。履歴には、あなたのお名前とトークンの名前が残ります。あなたの所属が終わるか、パスワードをメールで再設定すると、使えなくなります。";
    Ok(TokensPage {
        frame,
        errors,
        lead,
        tokens,
        fields,
        before,
        back: Link::new("医療機関等の一覧へ", "/account/institutions"),
    })
}

/// The tokens, and the form for a new one.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    let mut page = page(&visit, &Posted::default(), &[]).await?;
    if wanted.done == "revoked" {
        page.frame.banners = done("トークンを取り消しました", &["このトークンでは、もう接続できません。"]);
    }
    Ok(Html(page).into_response())
}

/// Makes a token and shows it this once.
pub(super) async fn make(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    person(&visit, LIST)?;
    match access::make_for_institution(&visit.ctx(), &tokens::wanted(&posted)).await? {
        Made::Done(token) => {
            let frame = Frame { breadcrumb: places(), ..visit.frame("アクセストークンを作りました") };
            let secret = tokens::shown_once("アクセストークン", &token);
            Ok(Html(MadePage { frame, secret, back: Link::new("控えたので、一覧へ戻る", LIST) }).into_response())
        }
        Made::Slips(slips) => Ok(Html(page(&visit, &posted, &slips).await?).with_faults()),
    }
}

/// Takes a token back.
pub(super) async fn revoke(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    person(&visit, LIST)?;
    let id = name.parse().map_err(|_| Failure::from(Error::NotFound))?;
    access::revoke_of_institution(&visit.ctx(), id).await?;
    Ok(see_other(&format!("{LIST}?done=revoked")))
}
