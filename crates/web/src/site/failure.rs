//! Failures as pages that say what happened and how to go on.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, uri::PathAndQuery},
    response::{IntoResponse, Redirect, Response},
};
use domain::{calendar::japanese_datetime, ids::InstitutionId};
use services::{Error, event_id, panic_words};

use super::{Html, Site, Visit};
use crate::view::frame::{Frame, Link};

/// Below it only machines ask: they are answered in plain text (RFC 7030, 4.2.3).
pub(crate) const MACHINES: &str = "/.well-known/est";

/// Where a page failed: each listener leads on to pages of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    /// The portal, back office included.
    Portal,
    /// The closed network.
    Closed,
    /// What the authority publishes.
    Publications,
}

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
    /// The request is not readable.
    Unreadable,
    /// The request is longer than any page takes (RFC 9110, 15.5.14).
    TooLarge,
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

/// What stands above a page that the person may not see.
const REFUSED: &str = "この操作はできません";

/// Marks a response that still needs its page.
#[derive(Clone, Default)]
struct Wanted {
    title: String,
    sentences: Vec<String>,
    /// The institution to which the person must switch before they see the page.
    switch: Option<InstitutionId>,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let switch = match &self {
            Self::Service(Error::Elsewhere(institution, _)) => Some(*institution),
            _ => None,
        };
        let again = match &self {
            Self::Service(error) => ask_again(error),
            _ => None,
        };
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
                vec!["送られた内容が読み取れない形です。前の画面に戻り、もう一度操作してください。".to_owned()],
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "送られた内容が大きすぎます",
                vec!["一度に送れる量を超えています。前の画面に戻り、ファイルを小さくするか、入力を減らしてください。".to_owned()],
            ),
            Self::Service(error) => service(error),
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Wanted { title: title.to_owned(), sentences, switch });
        if let Some(seconds) = again {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Status, title and sentences of a page.
pub(crate) type Told = (StatusCode, &'static str, Vec<String>);

/// What is said of what a service could not do.
pub(crate) fn service(error: Error) -> Told {
    match error {
        Error::NotFound => told(
            StatusCode::NOT_FOUND,
            "ページが見つかりません",
            "アドレスが違うか、このアカウントでは見られないページです。アドレスを確認するか、下のボタンからお進みください。",
        ),
        Error::Forbidden => told(
            StatusCode::FORBIDDEN,
            REFUSED,
            "このアカウントには、この操作をする権限がありません。必要な場合は、医療機関等の代表者またはシステム管理者にご相談ください。",
        ),
        Error::LoginRequired => told(
            StatusCode::UNAUTHORIZED,
            "ログインしてください",
            "ログインの有効期限が切れました。もう一度ログインしてください。",
        ),
        Error::ChangedMeanwhile => told(
            StatusCode::CONFLICT,
            "状態が変わっています",
            "画面を開いた後に、ほかの人が操作したか、別の画面で操作されました。今の状態を確認してから、必要であればもう一度操作してください。",
        ),
        Error::Elsewhere(_, name) => (
            StatusCode::CONFLICT,
            "別の医療機関等のページです",
            vec![
                format!("このページは「{name}」のものです。今は、別の医療機関等の手続をしています。"),
                "下のボタンを押すと、手続をする医療機関等を切り替えて、このページに進みます。".to_owned(),
            ],
        ),
        Error::MandateOver => told(
            StatusCode::GONE,
            "委任が終わりました",
            "この医療機関等からの委任が終わったため、申請の準備を続けられません。保存された内容は、医療機関等の下書きに残っています。",
        ),
        Error::TooManyTries { until } => told(
            StatusCode::TOO_MANY_REQUESTS,
            "しばらくお待ちください",
            &format!("試した回数が多すぎます。{}以降に、もう一度お試しください。", japanese_datetime(until)),
        ),
        Error::Crowded => told(
            StatusCode::SERVICE_UNAVAILABLE,
            "しばらくお待ちください",
            "今、たいへん混み合っています。1分ほどたってから、もう一度お試しください。",
        ),
        Error::Busy(_) => told(
            StatusCode::SERVICE_UNAVAILABLE,
            "しばらくお待ちください",
            "同じ処理がほかで進んでいます。1分ほどたってから、もう一度お試しください。",
        ),
        // The log names these two once, where they begin.
        Error::CannotSign(_) => not_signing("発行に使う装置が一時的に使えないため"),
        Error::ClockInDoubt(_) => not_signing("発行に使う時計にずれが見つかったため"),
        Error::Unrecorded(cause) => unrecorded(&cause),
        Error::Internal(cause) => ours(&cause),
        // Those who send a key read it beside their request; this one is of our own making.
        error @ Error::KeyRefused(_) => ours(&error.to_string()),
    }
}

/// After how many seconds a machine may ask again (RFC 9110, 10.2.3).
pub(crate) const fn ask_again(error: &Error) -> Option<u32> {
    match error {
        Error::TooManyTries { .. } => Some(900),
        Error::Crowded | Error::Busy(_) => Some(60),
        _ => None,
    }
}

fn told(status: StatusCode, title: &'static str, sentence: &str) -> Told {
    (status, title, vec![sentence.to_owned()])
}

fn not_signing(because: &str) -> Told {
    let sentences = [
        &format!("{because}、今は端末の電子証明書を作れません。手続は進んでおらず、発行料や更新料はかかりません。"),
        "しばらくしてから、もう一度お試しください。通知書がある場合は、同じ通知書を使えます。",
    ];
    (StatusCode::SERVICE_UNAVAILABLE, "今は端末の電子証明書を作れません", sentences.map(str::to_owned).to_vec())
}

fn unrecorded(cause: &str) -> Told {
    let event = event_id(cause);
    tracing::error!(event, cause, "the journal cannot be written");
    let what = "記録の控えを残せないため、端末の電子証明書の発行や失効の手続を終えられませんでした。お手元の通知書は引き続き使えますので、そのままお持ちください。";
    let then = format!(
        "しばらくしてから今の状態を確認し、もう一度操作してください。続くときは、番号「{event}」をコールセンターにお知らせください。"
    );
    (StatusCode::SERVICE_UNAVAILABLE, "ただいま端末の電子証明書の手続を止めています", vec![what.to_owned(), then])
}

fn ours(cause: &str) -> Told {
    let event = event_id(cause);
    tracing::error!(event, cause, "a page failed");
    let what = "こちらの不具合で処理を終えられませんでした。入力された内容は、保存された時点のものが残っています。";
    let then =
        format!("時間をおいてもう一度お試しください。続くときは、番号「{event}」をコールセンターにお知らせください。");
    (StatusCode::INTERNAL_SERVER_ERROR, "処理を終えられませんでした", vec![what.to_owned(), then])
}

/// What is answered where a page panicked: a fault of ours as any other.
pub(crate) fn broken_off(panic: Box<dyn std::any::Any + Send>) -> Response {
    Failure::Service(Error::internal(format!("it panicked: {}", panic_words(&*panic)))).into_response()
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

/// A sentence for a machine's log.
pub(crate) fn plain(status: StatusCode, sentence: &str) -> Response {
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    let keep = HeaderValue::from_static("no-store");
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)];
    let mut response = (status, headers, format!("{sentence}\n")).into_response();
    response.extensions_mut().insert(Said);
    response
}

/// Marks a refusal that says all there is to say.
#[derive(Clone)]
struct Said;

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    sentences: Vec<String>,
    switch: Option<Switch>,
    way: Link,
}

/// What the button sends that switches to another institution of the person's.
struct Switch {
    institution: String,
    next: String,
}

/// The same where the portal may be out of reach.
#[derive(Template)]
#[template(path = "failure_alone.html")]
struct AlonePage {
    frame: Frame,
    closed: bool,
    sentences: Vec<String>,
    way: Link,
}

impl Wanted {
    /// Staff follow a link of an article to a page of institutions: that is no fault of theirs, and nobody gives them the right.
    fn of_institutions() -> Self {
        let sentences = [
            "この画面では、医療機関等の方が、ご自分の医療機関等の申請や端末を扱います。運営者のアカウントでは開けません。",
            "医療機関等の申請や登録の内容は、業務の画面で確かめられます。",
        ];
        Self {
            title: "医療機関等の方の画面です".to_owned(),
            sentences: sentences.map(str::to_owned).to_vec(),
            switch: None,
        }
    }
}

/// The page of a listener that says what failed, with one way on.
fn page_of(listener: Listener, frame: Frame, wanted: (Vec<String>, Option<Switch>), staff: bool) -> Response {
    let (sentences, switch) = wanted;
    let alone = |frame, sentences, closed, way| Html(AlonePage { frame, closed, sentences, way }).into_response();
    match listener {
        Listener::Portal => {
            let way = if staff {
                Link::new("業務の画面へ進む", "/office")
            } else {
                Link::new("ホームへ戻る", "/")
            };
            Html(FailurePage { frame, sentences, switch, way }).into_response()
        }
        Listener::Closed => alone(frame, sentences, true, Link::new("最初の画面へ進む", "/")),
        Listener::Publications => alone(frame, sentences, false, Link::new("認証局の証明書と失効リストへ進む", "/pki")),
    }
}

/// Where a person who switched to another institution goes on: at the same page; behind a button at the case or list to which
/// it belongs.
pub(super) fn again(request: &Request<Body>) -> String {
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    if request.method() == Method::GET {
        return path.to_owned();
    }
    let path = request.uri().path();
    path.match_indices('/').nth(2).map_or(path, |(end, _)| &path[..end]).to_owned()
}

/// The page for a response that still needs one; every other response stays as it is.
pub(super) async fn page_for(
    (site, listener): (&Site, Listener),
    (path, again): (String, String),
    cookies: Option<HeaderValue>,
    mut response: Response,
) -> Response {
    if response.extensions().get::<Said>().is_some() {
        return response;
    }
    let wanted = response.extensions_mut().remove::<Wanted>().or_else(|| framework_failure(&response));
    let Some(mut wanted) = wanted else { return response };
    if path.starts_with("/assets/") {
        return response;
    }
    let wait = response.headers_mut().remove(header::RETRY_AFTER);
    let with_wait = |mut page: Response| {
        page.headers_mut().extend(wait.map(|wait| (header::RETRY_AFTER, wait)));
        page
    };
    if path.starts_with(MACHINES) || path.starts_with("/pki/") {
        let told = for_machines(&response).unwrap_or_else(|| plain(response.status(), &wanted.sentences.concat()));
        return with_wait(told);
    }
    let headers = cookies.map(|cookies| HeaderMap::from_iter([(header::COOKIE, cookies)])).unwrap_or_default();
    let visit = Visit::of_cookies(site, path, &headers).await;
    let staff = visit.begun().is_some_and(|session| session.staff);
    if staff && response.status() == StatusCode::FORBIDDEN && wanted.title == REFUSED && visit.is_for_institutions() {
        wanted = Wanted::of_institutions();
    }
    let switch = wanted.switch.map(|institution| Switch { institution: institution.to_string(), next: again });
    let mut page = page_of(listener, visit.frame(wanted.title), (wanted.sentences, switch), staff);
    *page.status_mut() = response.status();
    page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    with_wait(page)
}

/// What a program reads where nothing is, or not by this method: it has no page before it and no button below.
fn for_machines(response: &Response) -> Option<Response> {
    let sentence = match response.status() {
        StatusCode::NOT_FOUND => "このアドレスには何もありません。",
        StatusCode::METHOD_NOT_ALLOWED => {
            "このアドレスでは、このメソッドを使えません。使えるメソッドは、Allowヘッダーにあります。"
        }
        _ => return None,
    };
    Some(plain(response.status(), sentence))
}

/// Refusals of the framework itself: unknown path, wrong method, unreadable body.
fn framework_failure(response: &Response) -> Option<Wanted> {
    let plain =
        response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let (title, sentence) = match response.status() {
        StatusCode::NOT_FOUND if plain => {
            ("ページが見つかりません", "アドレスを確認するか、下のボタンからお進みください。")
        }
        StatusCode::METHOD_NOT_ALLOWED => ("この操作はできません", "前の画面に戻り、ボタンから操作してください。"),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY if plain => {
            ("送られた内容を読み取れません", "前の画面に戻り、もう一度操作してください。")
        }
        _ => return None,
    };
    Some(Wanted { title: title.to_owned(), sentences: vec![sentence.to_owned()], switch: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_panics_is_a_fault_of_ours_with_a_number() {
        let panic = std::panic::catch_unwind(|| panic!("a fault of {}", "ours")).unwrap_err();
        assert_eq!(panic_words(&*panic), "a fault of ours");
        let mut answer = broken_off(panic);
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let wanted = answer.extensions_mut().remove::<Wanted>().unwrap();
        assert!(wanted.sentences.concat().contains("番号「"), "{:?}", wanted.sentences);
    }
}
