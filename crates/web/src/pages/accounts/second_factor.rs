//! The second factor: set up with an app, recovery codes, taken away.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::forms::Finding;
use services::accounts::{
    Session,
    login::{Step, next_step},
    totp::{self, Enrolled, Enrolment, Removed},
};

use super::{
    form::{known_password, slip},
    trail,
    way::{Wanted, local},
};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextView, Width},
        frame::Frame,
    },
};

#[derive(Template)]
#[template(path = "accounts/second_factor.html")]
struct EnrolPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
    enrolment: Enrolment,
    staff: bool,
    next: String,
}

#[derive(Template)]
#[template(path = "accounts/second_factor_on.html")]
struct OnPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
    staff: bool,
}

#[derive(Template)]
#[template(path = "accounts/recovery_codes.html")]
struct CodesPage {
    frame: Frame,
    codes: Vec<String>,
    next: String,
}

/// The person; staff who must set a second factor up before anything else are let in too.
fn enrolling(visit: &Visit) -> Result<&Session, Failure> {
    let due = |session: &&Session| next_step(&visit.site.app, session) == Step::EnrolSecondFactor;
    visit.begun().filter(due).map_or_else(|| visit.person(), Ok)
}

async fn enrol_page(visit: &Visit, next: &str, slips: &[Finding]) -> Result<EnrolPage, Failure> {
    let session = enrolling(visit)?;
    let text = TextView {
        autocomplete: "one-time-code".to_owned(),
        inputmode: "numeric".to_owned(),
        width: Width::Short,
        ..TextView::default()
    };
    let code = FieldView::new("code", "認証アプリに表示された番号（6桁）", InputView::Text(text)).required();
    let password = known_password("current", "今のパスワード").with_help("ご本人であることを確かめます。");
    let (fields, errors) = with_slips(vec![password, code], slips);
    let frame = Frame { breadcrumb: trail(), has_errors: !slips.is_empty(), ..visit.frame("二段階認証の設定") };
    let must = next_step(&visit.site.app, session) == Step::EnrolSecondFactor;
    let enrolment = totp::begin(&visit.ctx()).await?;
    Ok(EnrolPage { frame, errors, fields, enrolment, staff: must, next: next.to_owned() })
}

fn on_page(visit: &Visit, slips: &[Finding]) -> Result<OnPage, Failure> {
    let staff = visit.person()?.staff;
    let (fields, errors) = with_slips(vec![known_password("current", "今のパスワード")], slips);
    let frame = Frame { breadcrumb: trail(), has_errors: !slips.is_empty(), ..visit.frame("二段階認証") };
    Ok(OnPage { frame, errors, fields, staff })
}

/// The page that sets a second factor up, or says that there is one.
pub(super) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    if enrolling(&visit)?.has_totp {
        return Ok(Html(on_page(&visit, &[])?).into_response());
    }
    Ok(Html(enrol_page(&visit, &wanted.next, &[]).await?).into_response())
}

/// Confirms the second factor with its first code; the recovery codes are shown this once.
pub(super) async fn confirm(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let session = enrolling(&visit)?;
    let next = posted.get("next");
    if session.has_totp {
        return Ok(see_other("/account/totp"));
    }
    match totp::confirm(&visit.ctx(), posted.get("current"), posted.get("code")).await? {
        Enrolled::Done { recovery_codes } => {
            let home = if session.staff { "/office" } else { "/account" };
            let frame = Frame { breadcrumb: trail(), ..visit.frame("二段階認証を設定しました") };
            let next = local(next).unwrap_or(home).to_owned();
            Ok(Html(CodesPage { frame, codes: recovery_codes, next }).into_response())
        }
        Enrolled::Slips(slips) => Ok(Html(enrol_page(&visit, next, &slips).await?).with_faults()),
        Enrolled::Expired => {
            let words = "時間がたったため、新しいQRコードを表示しました。もう一度、読み取りからお願いします。";
            Ok(Html(enrol_page(&visit, next, &[slip("code", words)]).await?).with_faults())
        }
    }
}

/// Takes the second factor away.
pub(super) async fn remove(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    super::person(&visit, "/account/totp")?;
    match totp::remove(&visit.ctx(), posted.get("current")).await? {
        Removed::Done => Ok(see_other("/account?done=second-factor-removed")),
        Removed::Slips(slips) => Ok(Html(on_page(&visit, &slips)?).with_faults()),
    }
}
