//! Access tokens of the operator's systems.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{access::Scope, forms::Finding, permissions::Permission as P};
use services::access::{self, Made};

use super::{LIST as HOME, Said};
use crate::{
    pages::{
        office::parts,
        tokens::{self, TokensView},
    },
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView},
        frame::{BannerKind, Frame, Link},
        parts::CopyView,
    },
};

const LIST: &str = "/office/access-tokens";

#[derive(Template)]
#[template(path = "office/access_tokens.html")]
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
#[template(path = "office/access_token_made.html")]
pub(super) struct MadePage {
    pub(super) frame: Frame,
    pub(super) secret: CopyView,
    pub(super) back: Link,
}

async fn page(visit: &Visit, posted: &Posted, slips: &[Finding]) -> Result<TokensPage, Failure> {
    let found = access::of_office(&visit.ctx()).await?;
    let (fields, errors) = with_slips(tokens::fields(posted, Scope::OF_OFFICE), slips);
    let mut frame = Frame { has_errors: !slips.is_empty(), ..visit.office_frame("アクセストークン", HOME) };
    frame.breadcrumb.push(Link::new("外部連携", HOME));
    let tokens = TokensView {
        action: LIST,
        csrf: frame.csrf.clone(),
        manages: parts::may(visit, P::ManageInterfaces),
        tokens: tokens::lines(&found, visit.ctx().now),
    };
    let lead = "資格確認や請求など、運営者のシステムがイベントを読むためのトークンです。医療機関等のシステムのトークンは、その代表者が作ります。".to_owned();
    let before = "作ると、トークンを1回だけ表示します。監査記録に残ります。";
    Ok(TokensPage { frame, errors, lead, tokens, fields, before, back: Link::new("作らずに戻る", HOME) })
}

/// The tokens, and the form for a new one.
pub(in crate::pages::office) async fn list(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadInterfaces])?;
    let mut page = page(&visit, &Posted::default(), &[]).await?;
    let revoked =
        parts::banner(BannerKind::Success, "トークンを取り消しました。", &["このトークンでは、もう接続できません。"]);
    page.frame.banners.extend((said.done == "revoked").then_some(revoked));
    Ok(Html(page).into_response())
}

/// Makes a token and shows it this once.
pub(in crate::pages::office) async fn make(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageInterfaces])?;
    match access::make_for_office(&visit.ctx(), &tokens::wanted(&posted)).await? {
        Made::Done(token) => {
            let mut frame = visit.office_frame("アクセストークンを作りました", HOME);
            frame.breadcrumb.push(Link::new("外部連携", HOME));
            let secret = tokens::shown_once("アクセストークン", &token);
            Ok(Html(MadePage { frame, secret, back: Link::new("控えたので、一覧へ戻る", LIST) }).into_response())
        }
        Made::Slips(slips) => Ok(Html(page(&visit, &posted, &slips).await?).with_faults()),
    }
}

/// Takes a token back.
pub(in crate::pages::office) async fn revoke(
    visit: Visit,
    Path(name): Path<String>,
    _posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageInterfaces])?;
    access::revoke_of_office(&visit.ctx(), parts::id(&name)?).await?;
    Ok(see_other(&format!("{LIST}?done=revoked")))
}
