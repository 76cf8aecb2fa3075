//! The connection test: which certificate the terminal shows, and whether it is good (spec 04.3).

use askama::Template;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::calendar::japanese_date;
use serde_json::json;
use services::authority::{self, ChainFault, TestFault};

use super::{Tls, shown, steps};
use crate::{
    site::{Failure, Html, Visit, grouped_code},
    view::{
        frame::Frame,
        parts::{Fact, StepsView},
    },
};

#[derive(Template)]
#[template(path = "closed/test.html")]
pub(super) struct Test {
    frame: Frame,
    steps: StepsView,
    fault: Option<String>,
    next: Next,
    contact: String,
    facts: Vec<Fact>,
    installed_now: bool,
}

/// What a person does when the test failed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Put the file into the terminal, and choose the right certificate.
    Install,
    /// Apply for another one: this one is revoked for ever.
    Apply,
    /// Renew it, or apply for another one.
    Renew,
}

impl Next {
    fn after(fault: &TestFault) -> Self {
        match fault {
            TestFault::Chain(ChainFault::Revoked) => Self::Apply,
            TestFault::Chain(ChainFault::Expired) => Self::Renew,
            _ => Self::Install,
        }
    }
}

/// Shows the certificate that the terminal used, and finishes its case.
pub(super) async fn show(visit: Visit, tls: Tls) -> Result<Html<Test>, Failure> {
    let outcome = authority::connection_test(&visit.ctx(), shown(&tls)).await?;
    let mut frame = visit.frame("接続テスト");
    let contact = visit.site.app.settings.operator.contact();
    Ok(Html(match outcome {
        Ok(test) => Test {
            frame,
            steps: steps(3),
            fault: None,
            next: Next::Install,
            contact,
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
            let next = Next::after(&fault);
            let fault = Some(fault.to_string());
            Test { frame, steps: steps(3), fault, next, contact, facts: vec![], installed_now: false }
        }
    }))
}

/// The same for a program at the terminal: 200 when the certificate is good, 403 with the reason when it is not.
pub(super) async fn result(visit: Visit, tls: Tls) -> Result<Response, Failure> {
    Ok(match authority::connection_test(&visit.ctx(), shown(&tls)).await? {
        Ok(test) => Json(json!({
            "terminal": test.terminal,
            "serial": test.serial,
            "expires_on": test.expires.date().to_string(),
            "installed_now": test.installed_now,
        }))
        .into_response(),
        Err(fault) => (StatusCode::FORBIDDEN, Json(json!({ "fault": fault.to_string() }))).into_response(),
    })
}
