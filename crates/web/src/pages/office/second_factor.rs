//! The second factor of an applicant who lost the app and the recovery codes, taken away by an administrator.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{forms::Finding, permissions::Permission};
use serde::Deserialize;
use services::office::second_factor::{self, Freed};

use super::parts;
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextKind, TextView},
        frame::{BannerKind, Frame, Link},
    },
};

const PAGE: &str = "/office/staff/second-factor";
const STAFF: &str = "/office/staff";

#[derive(Template)]
#[template(path = "office/second_factor.html")]
struct FreePage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

fn page(visit: &Visit, email: &str, proof: &str, slips: &[Finding]) -> FreePage {
    let address = InputView::Text(TextView::of(TextKind::Email, email, ""));
    let fields = vec![
        FieldView::new("email", "申請者のメールアドレス（ログインID）", address).required(),
        FieldView::new("proof", "本人を確かめた方法", InputView::LongText { value: proof.to_owned(), maxlength: 500 })
            .required()
            .with_help("監査記録に残ります。例：台帳の電話番号にかけ直し、代表者の方に確かめました。"),
    ];
    let (fields, errors) = with_slips(fields, slips);
    let mut frame = Frame {
        has_errors: !errors.is_empty(),
        ..visit.office_frame("申請者の二段階認証を解除する", STAFF)
    };
    frame.breadcrumb.push(Link::new("職員", STAFF));
    FreePage { frame, errors, fields }
}

/// The form that names the person.
pub(super) async fn show(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ManageStaff])?;
    let mut page = page(&visit, "", "", &[]);
    if !said.done.is_empty() {
        let body = ["ご本人と、所属する医療機関等の代表者の方に、メールでお知らせしました。"];
        page.frame.banners.push(parts::banner(BannerKind::Success, "二段階認証を解除しました。", &body));
    }
    Ok(Html(page).into_response())
}

/// Takes the second factor away.
pub(super) async fn free(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ManageStaff])?;
    let (email, proof) = (posted.get("email"), posted.get("proof"));
    Ok(match second_factor::free(&visit.ctx(), email, proof).await? {
        Freed::Done => see_other(&format!("{PAGE}?done=1")),
        Freed::Slips(slips) => Html(page(&visit, email, proof, &slips)).with_faults(),
    })
}
