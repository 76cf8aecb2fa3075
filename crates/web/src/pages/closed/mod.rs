//! The closed network's listener: pickup in two steps, renewal, EST, and the connection test (spec 04.3 to 04.6).

mod choose;
pub(crate) mod est;
mod renew;
mod test;
mod ways;

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use axum_server::tls::TlsInfo;
use services::authority;

use crate::{
    site::{Access, Failure, Html, Routes, Visit, browser_serves},
    view::{
        form::{ErrorSummary, FieldError, FieldView, InputView, TextView},
        frame::Frame,
        parts::StepsView,
    },
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/", Access::Public, start)
        .post("/rehearsal", Access::Public, choose::rehearse)
        .post("/pickup", Access::Public, choose::pickup)
        .get("/import-guide", Access::Public, guide)
        .get("/connection-test", Access::Public, test::show)
        .get("/connection-test/result", Access::Public, test::result)
        .get("/renew", Access::Public, renew::show)
        .post("/renew", Access::Public, renew::renew)
        .get("/renew/code", Access::Public, renew::ask_code)
        .post("/renew/code", Access::Public, renew::by_code)
        .post("/renew/code/file", Access::Public, renew::file_by_code)
        .merge(est::routes())
}

/// What TLS tells about the connection; nothing behind a plain listener.
type Tls = Option<Extension<Arc<TlsInfo>>>;

/// The certificate that the client showed; TLS proved that it holds its key, nothing else (ADR 0007).
fn shown(tls: &Tls) -> Option<&[u8]> {
    tls.as_ref().and_then(|Extension(tls)| tls.peer_certificates.first()).map(Vec::as_slice)
}

fn steps(current: usize) -> StepsView {
    StepsView::new(&["通知書の確認", "受け取り", "接続テスト"], current)
}

#[derive(Template)]
#[template(path = "closed/start.html")]
struct Start {
    frame: Frame,
    errors: ErrorSummary,
    steps: StepsView,
    fields: Vec<FieldView>,
    server_time: String,
    server_millis: i64,
    browser: String,
    browser_serves: bool,
}

/// The first step with what was typed and its slips, each with the key of its field.
fn start_page(visit: &Visit, id: &str, slips: &[(&str, &str)]) -> Start {
    let ctx = visit.ctx();
    let mut frame = visit.frame("端末の電子証明書の取得");
    let pickup_id = FieldView::new("pickup_id", "取得ID", InputView::Text(TextView::code(id, vec![])))
        .required()
        .with_help("電子証明書発行通知書に書かれています。区切りの空白やハイフンは、あってもなくてもかまいません。");
    frame.has_errors = !slips.is_empty();
    let secret = FieldView::new("pickup_secret", "取得パスワード", InputView::Text(TextView::code("", vec![])))
        .required()
        .with_help("通知書のとおりに入力してください。区切りの空白は入力しなくてかまいません。");
    let error = |(key, message): &(&str, &str)| FieldError { key: (*key).to_owned(), message: (*message).to_owned() };
    let marked = |field: FieldView| match slips.iter().find(|(key, _)| *key == field.key) {
        Some((_, message)) => field.with_error(*message),
        None => field,
    };
    Start {
        frame,
        errors: ErrorSummary { errors: slips.iter().map(error).collect() },
        steps: steps(1),
        fields: vec![marked(pickup_id), marked(secret)],
        server_time: domain::calendar::japanese_datetime(ctx.now),
        server_millis: ctx.now.as_millis(),
        browser: domain::accounts::browser_name(&visit.device),
        browser_serves: browser_serves(&visit.device),
    }
}

/// The first step: nothing is consumed by it.
async fn start(visit: Visit) -> Response {
    Html(start_page(&visit, "", &[])).into_response()
}

#[derive(Template)]
#[template(path = "closed/import_guide.html")]
struct ImportGuide {
    frame: Frame,
    steps: StepsView,
    /// Name of the root, as Windows asks about it.
    authority: String,
}

/// How the file is put into Windows, with pictures.
async fn guide(visit: Visit) -> Result<Html<ImportGuide>, Failure> {
    let frame = visit.frame("ファイルをWindowsに入れる手順");
    let authority = authority::published_root(&visit.site.app)?.name;
    Ok(Html(ImportGuide { frame, steps: steps(2), authority }))
}
