//! Failures as pages that say what happened and how to go on.

use askama::Template;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::calendar::japanese_datetime;
use services::Error;

use super::{Html, Site, Visit};
use crate::view::frame::Frame;

/// Why a page could not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// The person must log in; afterwards they come back to this address.
    Login(String),
    /// A step of the login is left; its page.
    Step(&'static str),
    /// What a service said.
    Service(Error),
    /// The form came from elsewhere or from a page that is too old.
    StaleForm,
    /// The request is too large or not readable.
    Unreadable,
}

impl Failure {
    /// A redirect to the login that comes back to an address.
    pub fn login(path: &str) -> Self {
        Self::Login(path.to_owned())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Service(error)
    }
}

/// Marks a response that still needs its page.
#[derive(Clone)]
struct Wanted {
    title: String,
    sentences: Vec<String>,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, title, sentences) = match self {
            Self::Login(path) => return Redirect::to(&login_address(&path)).into_response(),
            Self::Step(page) => return Redirect::to(page).into_response(),
            Self::StaleForm => (
                StatusCode::FORBIDDEN,
                "画面を開き直してください",
                vec!["この画面は時間がたったか、別のところから送られました。前の画面に戻り、読み込み直してから、もう一度操作してください。".to_owned()],
            ),
            Self::Unreadable => (
                StatusCode::BAD_REQUEST,
                "送られた内容を読み取れません",
                vec!["送られた内容が大きすぎるか、読み取れない形です。前の画面に戻り、もう一度操作してください。".to_owned()],
            ),
            Self::Service(error) => service(error),
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Wanted { title: title.to_owned(), sentences });
        response
    }
}

fn service(error: Error) -> (StatusCode, &'static str, Vec<String>) {
    match error {
        Error::NotFound => (
            StatusCode::NOT_FOUND,
            "ページが見つかりません",
            vec!["アドレスが違うか、このアカウントでは見られないページです。アドレスを確認するか、ホームからお進みください。".to_owned()],
        ),
        Error::Forbidden => (
            StatusCode::FORBIDDEN,
            "この操作はできません",
            vec!["このアカウントには、この操作をする権限がありません。必要な場合は、医療機関等の管理者またはシステム管理者にご相談ください。".to_owned()],
        ),
        Error::LoginRequired => (
            StatusCode::UNAUTHORIZED,
            "ログインしてください",
            vec!["ログインの時間が切れました。もう一度ログインしてください。".to_owned()],
        ),
        Error::ChangedMeanwhile => (
            StatusCode::CONFLICT,
            "状態が変わっています",
            vec!["画面を開いた後に、ほかの人か別の画面が先に操作しました。今の状態を確認してから、必要であればもう一度操作してください。".to_owned()],
        ),
        Error::TooManyTries { until } => (
            StatusCode::TOO_MANY_REQUESTS,
            "しばらくお待ちください",
            vec![format!("試した回数が多すぎます。{}以降に、もう一度お試しください。", japanese_datetime(until))],
        ),
        Error::Internal(cause) => {
            let event = event_id(&cause);
            tracing::error!(event, cause, "a page failed");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "処理を終えられませんでした",
                vec![
                    "こちらの不具合で処理を終えられませんでした。入力された内容は、保存された時点のものが残っています。".to_owned(),
                    format!("時間をおいてもう一度お試しください。続くときは、番号「{event}」をコールセンターにお知らせください。"),
                ],
            )
        }
    }
}

/// A short number that finds the line in the log; it carries nothing of the cause.
fn event_id(cause: &str) -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:08X}", RandomState::new().hash_one(cause) as u32)
}

fn login_address(path: &str) -> String {
    let encoded: String = path
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"/-_.".contains(&b) {
                (b as char).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    format!("/login?next={encoded}")
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    sentences: Vec<String>,
}

/// The page for a response that still needs one; every other response stays as it is.
pub(super) async fn page_for(
    site: &Site,
    path: String,
    cookies: Option<HeaderValue>,
    mut response: Response,
) -> Response {
    let wanted = response.extensions_mut().remove::<Wanted>().or_else(|| framework_failure(&response));
    let Some(wanted) = wanted else { return response };
    if path.starts_with("/pki/") || path.starts_with("/assets/") {
        return response;
    }
    let headers = cookies.map(|cookies| HeaderMap::from_iter([(header::COOKIE, cookies)])).unwrap_or_default();
    let frame = Visit::of_cookies(site, path, &headers).await.frame(wanted.title);
    let mut page = Html(FailurePage { frame, sentences: wanted.sentences }).into_response();
    *page.status_mut() = response.status();
    page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page
}

/// Refusals of the framework itself: unknown path, wrong method, unreadable body.
fn framework_failure(response: &Response) -> Option<Wanted> {
    let plain =
        response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let (title, sentence) = match response.status() {
        StatusCode::NOT_FOUND if plain => {
            ("ページが見つかりません", "アドレスを確認するか、ホームからお進みください。")
        }
        StatusCode::METHOD_NOT_ALLOWED => ("この操作はできません", "前の画面に戻り、ボタンから操作してください。"),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY if plain => {
            ("送られた内容を読み取れません", "前の画面に戻り、もう一度操作してください。")
        }
        _ => return None,
    };
    Some(Wanted { title: title.to_owned(), sentences: vec![sentence.to_owned()] })
}
