//! The closed network's listener: pickup in two steps, and the connection test (spec 04.3).

mod choose;

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use axum_server::tls::TlsInfo;
use domain::calendar::japanese_date;
use services::authority;

use crate::{
    site::{Access, Failure, Html, Routes, Visit, browser_name, browser_serves, grouped_code},
    view::{
        form::{ErrorSummary, FieldError, FieldView, InputView, TextView},
        frame::Frame,
        parts::{Fact, StepsView},
    },
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/", Access::Public, start)
        .post("/rehearsal", Access::Public, choose::rehearse)
        .post("/pickup", Access::Public, choose::pickup)
        .get("/import-guide", Access::Public, guide)
        .get("/connection-test", Access::Public, test)
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

fn start_page(visit: &Visit, id: &str, fault: Option<&str>) -> Start {
    let ctx = visit.ctx();
    let mut frame = visit.frame("端末の電子証明書の取得");
    let mut errors = ErrorSummary::default();
    let mut pickup_id = FieldView::new("pickup_id", "取得ID", InputView::Text(TextView::code(id, vec![])))
        .required()
        .with_help("電子証明書発行通知書に書かれています。区切りの空白やハイフンは、あってもなくても構いません。");
    if let Some(fault) = fault {
        frame.has_errors = true;
        errors.errors.push(FieldError { key: "pickup_id".to_owned(), message: fault.to_owned() });
        pickup_id = pickup_id.with_error(fault);
    }
    let secret = FieldView::new("pickup_secret", "取得パスワード", InputView::Text(TextView::code("", vec![])))
        .required()
        .with_help("通知書のとおりに入力してください。区切りの空白は入力しなくて構いません。");
    Start {
        frame,
        errors,
        steps: steps(1),
        fields: vec![pickup_id, secret],
        server_time: domain::calendar::japanese_datetime(ctx.now),
        server_millis: ctx.now.as_millis(),
        browser: browser_name(&visit.device),
        browser_serves: browser_serves(&visit.device),
    }
}

/// The first step: nothing is consumed by it.
async fn start(visit: Visit) -> Response {
    Html(start_page(&visit, "", None)).into_response()
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

#[derive(Template)]
#[template(path = "closed/test.html")]
struct Test {
    frame: Frame,
    steps: StepsView,
    fault: Option<String>,
    facts: Vec<Fact>,
    installed_now: bool,
}

/// Shows the certificate that the terminal used, and finishes its case.
async fn test(visit: Visit, tls: Option<Extension<Arc<TlsInfo>>>) -> Result<Html<Test>, Failure> {
    let shown = tls.as_ref().and_then(|Extension(tls)| tls.peer_certificates.first());
    let outcome = authority::connection_test(&visit.ctx(), shown.map(Vec::as_slice)).await?;
    let mut frame = visit.frame("接続テスト");
    Ok(Html(match outcome {
        Ok(test) => Test {
            frame,
            steps: steps(3),
            fault: None,
            facts: vec![
                Fact::new("端末名称等", test.terminal),
                Fact::new("医療機関等名", test.institution),
                Fact::code("医療機関等コード", grouped_code(&test.code)),
                Fact::code("受付番号", test.reference),
                Fact::new("有効期限", japanese_date(test.expires.date())),
                Fact::new("失効の状態", "失効していません"),
                Fact::new("発行した認証局", test.issuer),
                Fact::code("シリアル番号", test.serial),
            ],
            installed_now: test.installed_now,
        },
        Err(fault) => {
            frame.has_errors = true;
            Test { frame, steps: steps(3), fault: Some(fault.to_string()), facts: vec![], installed_now: false }
        }
    }))
}
