//! Files of a case: handed in and taken away within its form, opened on their own.

use axum::{
    Json,
    extract::{Path, Query},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    forms::{Finding, Findings, Input},
    ids::ApplicationId,
};
use serde::Deserialize;
use serde_json::json;
use services::{
    Error,
    applications::FormState,
    uploads::{self, Added, Taken},
};

use super::{go_on, id};
use crate::site::{Failure, Filed, HandedIn, SentFile, Visit, see_other};

const CUT: &str = "送られた内容が大きすぎるため、途中までしか受け取れませんでした。ファイルは1つ20MB、一度に合わせて100MBまでです。入力した内容を確かめてください。";
const LEFT_OUT: &str =
    "一度に追加できるのは、20件、合わせて100MBまでです。追加されていないファイルを、もう一度選んで追加してください。";
const LATE: &str = "ログインの有効期限が切れていたため、選んだファイルを受け取れませんでした。もう一度選んで追加してください。ほかに入力した内容は残っています。";
const NONE: &str = "ファイルを選んでから、「ファイルを追加する」を押してください。";

const BEHIND: &str = "この欄より下に入力した内容は受け取れませんでした。もう一度入力してください。";
/// Most files that a sentence is said about.
const MOST_TOLD: usize = 5;

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
    /// How many files came to count.
    kept: usize,
    /// How many were not taken, and of how many of them nothing is said.
    told: usize,
    untold: usize,
}

impl Outcome {
    /// Says one thing more: a field has one sentence for each file that was not taken, as far as people read on.
    fn slip(&mut self, finding: Finding, status: StatusCode) {
        match self.findings.errors.iter_mut().find(|known| known.field == finding.field) {
            None => self.findings.error(finding.field, finding.message),
            Some(_) if self.told >= MOST_TOLD => self.untold += 1,
            Some(known) => {
                known.message.push(' ');
                known.message.push_str(&finding.message);
            }
        }
        self.told += 1;
        if status != StatusCode::UNPROCESSABLE_ENTITY {
            self.status = status;
        }
    }
}

impl Outcome {
    /// Says what no single file is told.
    fn end(&mut self, left_out: Option<String>, cut: bool) {
        if let (Some(known), more @ 1..) = (self.findings.errors.last_mut(), self.untold) {
            known.message.push_str(&format!(" ほかに{more}件も、追加できませんでした。"));
        }
        if let (Some(known), true) = (self.findings.errors.last_mut(), cut) {
            known.message.push_str(BEHIND);
        }
        if let Some(field) = left_out {
            self.told = 0;
            self.slip(Finding { field, message: LEFT_OUT.to_owned() }, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
}

/// Hands in what was sent, and takes away what a button asks to.
pub(super) async fn settle(visit: &Visit, case: ApplicationId, sent: Filed) -> Result<Outcome, Failure> {
    let asked = sent.posted.get("action").to_owned();
    let asked = Asked::of(&asked);
    let mut outcome = Outcome { status: StatusCode::UNPROCESSABLE_ENTITY, ..Outcome::default() };
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
        match uploads::add(&visit.ctx(), case, &field, &name, file).await? {
            Added::Slip(finding) => outcome.slip(finding, status),
            Added::Done(_) => outcome.kept += 1,
        }
    }
    outcome.end(sent.left_out, sent.cut);
    if sent.cut && outcome.findings.errors.is_empty() {
        outcome.slip(Finding { field, message: CUT.to_owned() }, StatusCode::PAYLOAD_TOO_LARGE);
    }
    if let Asked::Remove(_, file) = asked {
        let file = file.parse().map_err(|_| Error::NotFound)?;
        uploads::remove(&visit.ctx(), case, file).await?;
    }
    Ok(outcome)
}

/// What is said at a field whose files came after the session had ended.
pub(super) fn came_late(state: &FormState, key: &str) -> Option<Findings> {
    let fields = state.sections.iter().flat_map(|section| &section.fields);
    let field = fields.filter(|field| matches!(field.input, Input::Upload { .. })).find(|field| field.key == key)?;
    let mut findings = Findings::default();
    findings.error(&field.key, format!("「{}」：{LATE}", field.label));
    Some(findings)
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
    (outcome.status, Json(json!({ "errors": errors, "kept": outcome.kept }))).into_response()
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
