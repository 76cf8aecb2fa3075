//! Applications of one institution: begin, answer, send, see. The rules are those of the pages.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{access::Scope, ids::ApplicationId};
use serde::Deserialize;
use serde_json::{Value, json};
use services::{
    applications::CheckState,
    interface::{self, Answered, Begun, Submission},
};

use super::{
    In, Operation, Parameter,
    caller::{Body, Caller, id},
    problem::{Problem, answer as answered},
    shapes,
};
use crate::site::Site;

const READ: Option<Scope> = Some(Scope::ApplicationsRead);
const WRITE: Option<Scope> = Some(Scope::ApplicationsWrite);
const ID: Parameter = Parameter {
    name: "id",
    place: In::Path,
    required: true,
    schema: r#"{"type":"string","format":"uuid"}"#,
    words: "Identifier of the application.",
};
const UNAUTHORIZED: (u16, &str, &str) = (401, "Problem", "No token that works.");
const FORBIDDEN: (u16, &str, &str) = (403, "Problem", "A token for other things.");
const ABSENT: (u16, &str, &str) = (404, "Problem", "Not there, or of another institution.");
const MANY: (u16, &str, &str) = (429, "Problem", "Too many tokens that do not work, from one network.");
const UNREADABLE: (u16, &str, &str) = (400, "Problem", "A request that cannot be read.");

/// Cases of one answer.
const PAGE: i64 = 50;

pub(super) const PROCEDURES: Operation = Operation {
    method: "GET",
    path: "/api/v1/procedures",
    id: "listProcedures",
    summary: "Procedures with their questions, as the institution can begin them now",
    scope: READ,
    parameters: &[],
    body: None,
    answers: &[(200, "ProcedureList", "All procedures."), UNAUTHORIZED, FORBIDDEN, MANY],
};

/// All procedures with their questions.
pub(super) async fn procedures(caller: Caller) -> Result<Response, Problem> {
    let offered = interface::procedures(&caller.ctx()).await?;
    let list: Vec<Value> = offered.iter().map(shapes::procedure).collect();
    Ok(answered(StatusCode::OK, &json!({ "procedures": list })))
}

pub(super) const LIST: Operation = Operation {
    method: "GET",
    path: "/api/v1/applications",
    id: "listApplications",
    summary: "Applications of the institution, last written first",
    scope: READ,
    parameters: &[Parameter {
        name: "after",
        place: In::Query,
        required: false,
        schema: r#"{"type":"string"}"#,
        words: "`next` of the answer before.",
    }],
    body: None,
    answers: &[(200, "ApplicationPage", "Up to 50 applications."), UNREADABLE, UNAUTHORIZED, FORBIDDEN, MANY],
};

/// Cases, last written first.
pub(super) async fn list(caller: Caller) -> Result<Response, Problem> {
    let after = match caller.query::<String>("after")? {
        None => None,
        Some(text) => match crate::pages::after::<ApplicationId>(&text) {
            Some(place) => Some(place),
            None => return Err(Problem::unreadable("「after」の値を読み取れません。")),
        },
    };
    let mut cases = interface::list(&caller.ctx(), after, PAGE + 1).await?;
    let more = cases.len() > PAGE as usize;
    cases.truncate(PAGE as usize);
    let last =
        cases.last().filter(|_| more).map(|last| format!("{}_{}", last.case.updated_at.as_millis(), last.case.id));
    let list: Vec<Value> = cases.iter().map(shapes::listed).collect();
    Ok(answered(StatusCode::OK, &json!({ "applications": list, "next": last })))
}

pub(super) const BEGIN: Operation = Operation {
    method: "POST",
    path: "/api/v1/applications",
    id: "beginApplication",
    summary: "Begin an application, or find its draft, and keep answers; nothing is sent",
    scope: WRITE,
    parameters: &[],
    body: Some("NewApplication"),
    answers: &[
        (200, "Kept", "The draft that was begun before keeps the answers."),
        (201, "Kept", "A new draft keeps the answers."),
        UNREADABLE,
        UNAUTHORIZED,
        FORBIDDEN,
        (409, "Problem", "Another procedure comes first, or a case is under way (`application`)."),
        MANY,
    ],
};

/// Answers by the keys of their questions; nothing, or an empty text, takes one away.
type Given = BTreeMap<String, Option<String>>;

/// What begins an application.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    procedure: String,
    #[serde(default)]
    answers: Given,
}

fn pairs(given: Given) -> Vec<(String, String)> {
    given.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect()
}

fn conflict(kind: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, kind, "今はできません", detail)
}

fn under_way(id: ApplicationId) -> Problem {
    let detail = "同じ手続の申請が進んでいます。それが終わるか、取り下げてから、もう一度お試しください。";
    conflict("under-way", detail).with("application", id.to_string())
}

/// Begins an application.
pub(super) async fn begin(State(site): State<Site>, caller: Caller, Body(new): Body<New>) -> Result<Response, Problem> {
    let kind = new.procedure.parse().map_err(|_| Problem::unreadable("「procedure」という手続はありません。"))?;
    match interface::begin(&caller.ctx(), kind, &pairs(new.answers)).await? {
        Begun::Kept(kept) => {
            let status = if kept.new { StatusCode::CREATED } else { StatusCode::OK };
            Ok(answered(status, &shapes::kept(&kept, site.app.rules().certificate_fee_yen)))
        }
        Begun::MissingBefore(sentence) => Err(conflict("missing-before", sentence)),
        Begun::UnderWay(id) => Err(under_way(id)),
    }
}

pub(super) const FIND: Operation = Operation {
    method: "GET",
    path: "/api/v1/applications/{id}",
    id: "getApplication",
    summary: "An application with its answers and where it stands",
    scope: READ,
    parameters: &[ID],
    body: None,
    answers: &[(200, "Application", "The application."), UNAUTHORIZED, FORBIDDEN, ABSENT, MANY],
};

/// A case.
pub(super) async fn find(caller: Caller, Path(name): Path<String>) -> Result<Response, Problem> {
    let case = interface::find(&caller.ctx(), id(&name)?).await?;
    Ok(answered(StatusCode::OK, &shapes::standing(&case)))
}

pub(super) const ANSWER: Operation = Operation {
    method: "POST",
    path: "/api/v1/applications/{id}/answers",
    id: "keepAnswers",
    summary: "Keep answers of a draft, or of an application that was returned; keys not given stay as they are",
    scope: WRITE,
    parameters: &[ID],
    body: Some("Answers"),
    answers: &[
        (200, "Kept", "The answers are kept."),
        UNREADABLE,
        UNAUTHORIZED,
        FORBIDDEN,
        ABSENT,
        (409, "Problem", "It cannot be written any more."),
        MANY,
    ],
};

/// Answers alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answers {
    answers: Given,
}

/// Keeps answers.
pub(super) async fn answer(
    State(site): State<Site>,
    caller: Caller,
    Path(name): Path<String>,
    Body(Answers { answers }): Body<Answers>,
) -> Result<Response, Problem> {
    let kept = interface::answer(&caller.ctx(), id(&name)?, &pairs(answers)).await?;
    Ok(answered(StatusCode::OK, &shapes::kept(&kept, site.app.rules().certificate_fee_yen)))
}

pub(super) const SUBMIT: Operation = Operation {
    method: "POST",
    path: "/api/v1/applications/{id}/submit",
    id: "submitApplication",
    summary: "Send an application, once; the same request again is answered without doing anything again",
    scope: WRITE,
    parameters: &[
        ID,
        Parameter {
            name: "Idempotency-Key",
            place: In::Header,
            required: true,
            schema: r#"{"type":"string","minLength":1,"maxLength":255}"#,
            words: "The caller's own name for this request; kept for 30 days.",
        },
    ],
    body: Some("Submission"),
    answers: &[
        (200, "Submitted", "It is sent, now or before."),
        UNREADABLE,
        UNAUTHORIZED,
        FORBIDDEN,
        ABSENT,
        (409, "Problem", "It changed since (`version`, `fee_yen`), or another case comes first (`application`)."),
        (422, "Problem", "It cannot be sent as it is (`errors`), or the key was used for another request."),
        MANY,
    ],
};

/// What is to be sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToSend {
    version: i64,
    fee_yen: Option<i64>,
}

fn unfit(kind: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, "このままでは受け付けられません", detail)
}

/// Sends a case.
pub(super) async fn submit(
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    Body(ToSend { version, fee_yen }): Body<ToSend>,
) -> Result<Response, Problem> {
    let (ctx, id) = (caller.ctx(), id(&name)?);
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
    let sent = match interface::submit(&ctx, id, &Submission { version, fee_yen, key }).await? {
        Answered::Sent(sent) => sent.iter().map(|one| one.id).collect(),
        Answered::SentBefore(id) => vec![id],
        Answered::KeyUsed => return Err(unfit("key-used", "このIdempotency-Keyは、別の送信に使われています。")),
        Answered::BadKey => return Err(unfit("key", "Idempotency-Keyを、255文字以内の英数字で付けてください。")),
        Answered::FeeNeeded(fee) => {
            let detail = "発行料への同意として、「fee_yen」に今の額を付けてください。";
            return Err(unfit("fee", detail).with("fee_yen", fee));
        }
        Answered::CheckAgain(state) => return Err(again(&state, version, fee_yen)),
    };
    let mut cases = vec![];
    for id in sent {
        cases.push(shapes::application(&interface::written(&ctx, id).await?));
    }
    Ok(answered(StatusCode::OK, &json!({ "applications": cases })))
}

/// Why a case was not sent.
fn again(state: &CheckState, version: i64, fee_yen: Option<i64>) -> Problem {
    if state.case.version != version {
        let detail = "ほかの人が書き換えました。今の内容を確かめて、新しい「version」で送ってください。";
        return conflict("changed", detail).with("version", state.case.version);
    }
    if fee_yen.is_some_and(|seen| seen != state.fee_yen) {
        return conflict("fee", "発行料の額が変わりました。").with("fee_yen", state.fee_yen);
    }
    if let Some(sentence) = state.missing {
        return conflict("missing-before", sentence);
    }
    if let Some(id) = state.under_way {
        return under_way(id);
    }
    unfit("findings", "直すところがあります。").with("errors", shapes::findings(&state.checked.findings.errors))
}
