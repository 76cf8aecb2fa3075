//! What a letter gives, and the ways to receive it (spec 04.3).

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::{calendar::japanese_date, forms::Finding};
use services::authority::{self, PickupFault, Rehearsal};

use super::{
    Start, start_page, steps,
    ways::{Around, Ways, field_of, mode},
};
use crate::{
    site::{Download, Failure, Html, Posted, Visit},
    view::{form::ErrorSummary, frame::Frame, parts::StepsView},
};

#[derive(Template)]
#[template(path = "closed/choose.html")]
struct Choose {
    frame: Frame,
    errors: ErrorSummary,
    steps: StepsView,
    rehearsal: Rehearsal,
    deadline: String,
    ways: Ways,
}

fn page(visit: &Visit, posted: &Posted, rehearsal: Rehearsal, slips: &[Finding]) -> Choose {
    let mut frame = visit.frame("端末の電子証明書の受け取り方");
    frame.has_errors = !slips.is_empty();
    let kept = |key: &'static str| (key, posted.get(key).to_owned());
    let around = Around {
        action: "/pickup",
        hidden: vec![kept("pickup_id"), kept("pickup_secret")],
        consent: None,
        before: "ボタンを押すと、端末の電子証明書が発行され、ファイル（.p12）が保存されます。この画面は、そのまま残ります。もう一度押すと新しいものが発行され、前に受け取ったファイルは使えなくなります。",
        format: rehearsal.format.clone(),
        windows: rehearsal.windows,
    };
    let (ways, errors) = Ways::new(visit, posted, around, slips);
    let deadline = rehearsal.deadline.map(|at| japanese_date(at.date())).unwrap_or_default();
    Choose { frame, errors, steps: steps(2), deadline, rehearsal, ways }
}

/// The first step again, if there is nothing to look up; no try is counted.
fn empty_page(visit: &Visit, posted: &Posted) -> Option<Start> {
    let is_empty = |key: &str| posted.get(key).trim().is_empty();
    let (no_id, no_secret) = (is_empty("pickup_id"), is_empty("pickup_secret"));
    let slips = [
        no_id.then_some(("pickup_id", "取得IDを入力してください。")),
        no_secret.then_some(("pickup_secret", "取得パスワードを入力してください。")),
    ];
    let slips: Vec<_> = slips.into_iter().flatten().collect();
    (!slips.is_empty()).then(|| start_page(visit, posted.get("pickup_id"), &slips))
}

/// Shows what the letter gives, and the ways to receive it; nothing is consumed.
pub(super) async fn rehearse(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    if let Some(empty) = empty_page(&visit, &posted) {
        return Ok(Html(empty).with_faults());
    }
    let outcome = authority::rehearse(&visit.ctx(), posted.get("pickup_id"), posted.get("pickup_secret")).await?;
    Ok(match outcome {
        Ok(rehearsal) => Html(page(&visit, &posted, rehearsal, &[])).into_response(),
        Err(fault) => refused(&visit, posted.get("pickup_id"), &fault),
    })
}

fn refused(visit: &Visit, id: &str, fault: &PickupFault) -> Response {
    Html(start_page(visit, id, &[("pickup_id", &fault.to_string())])).with_faults()
}

/// Fetches the certificate as a file.
pub(super) async fn pickup(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let ctx = visit.ctx();
    let (id, secret) = (posted.get("pickup_id"), posted.get("pickup_secret"));
    let fault = match authority::download(&ctx, id, secret, mode(&posted)).await? {
        Ok(file) => return Ok(Download::from(file).into_response()),
        Err(fault) => fault,
    };
    let PickupFault::Mode(of_mode) = &fault else {
        return Ok(refused(&visit, id, &fault));
    };
    Ok(match authority::rehearse(&ctx, id, secret).await? {
        Ok(rehearsal) => {
            let slip = Finding { field: field_of(of_mode).to_owned(), message: fault.to_string() };
            Html(page(&visit, &posted, rehearsal, &[slip])).with_faults()
        }
        Err(fault) => refused(&visit, id, &fault),
    })
}
