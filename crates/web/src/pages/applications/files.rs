//! Files of a case: handed in and taken away within its form, opened on their own.

use axum::{
    Json,
    extract::{Path, Query},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    forms::{Finding, Findings},
    ids::ApplicationId,
};
use serde::Deserialize;
use serde_json::json;
use services::{
    Error,
    uploads::{self, Added, Taken},
};

use super::{go_on, id};
use crate::site::{Failure, Filed, HandedIn, SentFile, Visit, see_other};

const CUT: &str = "送られた内容が大きすぎるため、途中までしか受け取れませんでした。ファイルは1つ20MB、一度に合わせて100MBまでです。入力した内容を確かめてください。";
const NONE: &str = "ファイルを選んでから、「ファイルを追加する」を押してください。";

/// What the buttons beside files ask for, as the value of the button says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// Something else.
    Nothing,
    /// To hand in what was chosen for a field.
    Files(&'a str),
    /// To take a file of a field away.
    Remove(&'a str, &'a str),
}

impl<'a> Asked<'a> {
    /// The value of a button.
    pub(super) fn of(action: &'a str) -> Self {
        let mut words = action.splitn(3, '/');
        match (words.next(), words.next(), words.next()) {
            (Some("files"), Some(field), None) => Self::Files(field),
            (Some("remove"), Some(field), Some(file)) => Self::Remove(field, file),
            _ => Self::Nothing,
        }
    }
}

/// What became of the files of a request.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What is wrong, at the fields.
    pub(super) findings: Findings,
    /// How it is answered when something is wrong.
    pub(super) status: StatusCode,
}

impl Outcome {
    fn slip(&mut self, finding: Finding, status: StatusCode) {
        self.findings.error(finding.field, finding.message);
        if status != StatusCode::UNPROCESSABLE_ENTITY {
            self.status = status;
        }
    }
}

/// Hands in what was sent, and takes away what a button asks to.
pub(super) async fn settle(visit: &Visit, case: ApplicationId, sent: Filed) -> Result<Outcome, Failure> {
    let asked = sent.posted.get("action").to_owned();
    let asked = Asked::of(&asked);
    let mut outcome = Outcome { findings: Findings::default(), status: StatusCode::UNPROCESSABLE_ENTITY };
    let field = sent.files.last().map(|file| file.field.clone()).unwrap_or_default();
    if let (Asked::Files(field), true) = (&asked, sent.files.is_empty() && !sent.cut) {
        outcome
            .slip(Finding { field: (*field).to_owned(), message: NONE.to_owned() }, StatusCode::UNPROCESSABLE_ENTITY);
    }
    for SentFile { field, name, file } in sent.files {
        let status = match file.taken {
            Taken::Kept => StatusCode::UNPROCESSABLE_ENTITY,
            Taken::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Taken::NoRoom => StatusCode::INSUFFICIENT_STORAGE,
        };
        if let Added::Slip(finding) = uploads::add(&visit.ctx(), case, &field, &name, file).await? {
            outcome.slip(finding, status);
        }
    }
    if sent.cut && outcome.findings.errors.is_empty() {
        outcome.slip(Finding { field, message: CUT.to_owned() }, StatusCode::PAYLOAD_TOO_LARGE);
    }
    if let Asked::Remove(_, file) = asked {
        let file = file.parse().map_err(|_| Error::NotFound)?;
        uploads::remove(&visit.ctx(), case, file).await?;
    }
    Ok(outcome)
}

/// Whether a script asks, which shows what it is told in the page that stands.
pub(super) fn is_script(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|kind| kind.as_bytes() == b"application/json")
}

/// Back to the field, for people and for a script.
pub(super) fn back(case: ApplicationId, field: &str, script: bool) -> Response {
    let address = go_on(case, Some(field).filter(|field| !field.is_empty()));
    if script { Json(json!({ "go": address })).into_response() } else { see_other(&address) }
}

/// What is wrong, for a script.
pub(super) fn told(outcome: &Outcome) -> Response {
    let error = |finding: &Finding| json!({ "field": finding.field, "message": finding.message });
    let errors: Vec<_> = outcome.findings.errors.iter().map(error).collect();
    (outcome.status, Json(json!({ "errors": errors }))).into_response()
}

/// Whether a file is saved instead of shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Saving {
    save: Option<String>,
}

/// A file of a case of one's institution.
pub(super) async fn show(
    visit: Visit,
    Path((name, file)): Path<(String, String)>,
    Query(wish): Query<Saving>,
) -> Result<HandedIn, Failure> {
    visit.person()?;
    let file = file.parse().map_err(|_| Error::NotFound)?;
    let opened = uploads::open_own(&visit.ctx(), id(&name)?, file).await?;
    Ok(HandedIn { opened, save: wish.save.is_some() })
}
