//! Why a machine did not get what it asked for (RFC 9457).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use services::Error;

use crate::site::{SECURITY_HEADERS, ask_again, told_in_words};

/// A refusal in `application/problem+json`.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// Last part of the type's URN; the same for ever.
    kind: &'static str,
    title: String,
    detail: String,
    more: Map<String, Value>,
    retry_after: Option<u32>,
}

impl Problem {
    /// A refusal of a kind, with a sentence for people who read the log.
    pub(super) fn new(status: StatusCode, kind: &'static str, title: &str, detail: impl Into<String>) -> Self {
        let (title, detail) = (title.to_owned(), detail.into());
        Self { status, kind, title, detail, more: Map::new(), retry_after: None }
    }

    /// The same with one more member.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// Nothing is there.
    pub(super) fn absent(path: &str) -> Self {
        let title = "ありません";
        Self::new(StatusCode::NOT_FOUND, "not-found", title, "このアドレスには何もありません。").with("instance", path)
    }

    /// The request cannot be read.
    pub(super) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable", "読み取れません", detail)
    }
}

/// The same words for every token that does not work: unknown, ended, taken back.
fn token_needed() -> Problem {
    let detail = "使えるアクセストークンを、Authorization: Bearer に付けてください。";
    Problem::new(StatusCode::UNAUTHORIZED, "token", "アクセストークンが必要です", detail)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::LoginRequired => return token_needed(),
            Error::NotFound => "not-found",
            Error::Forbidden => "scope",
            Error::ChangedMeanwhile => "changed",
            Error::TooManyTries { .. } => "too-many-tries",
            _ => "not-done",
        };
        let retry_after = ask_again(&error);
        let (status, title, sentences) = told_in_words(error);
        Self { retry_after, ..Self::new(status, kind, title, sentences.concat()) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = self.more;
        body.insert("type".to_owned(), json!(format!("urn:madoguchi:problem:{}", self.kind)));
        body.insert("title".to_owned(), json!(self.title));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("detail".to_owned(), json!(self.detail));
        let mut response = (self.status, Value::Object(body).to_string()).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        guarded(response)
    }
}

/// What a machine asked for.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    guarded(response)
}

/// Nothing between us and the machine may keep it, and no browser may take it for a page.
fn guarded(mut response: Response) -> Response {
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
