//! Login, its second step, the first password, logout (manual 1-1).

use askama::Template;
use axum::{
    extract::Query,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use domain::{calendar::japanese_datetime, clock::Timestamp, forms::Finding};
use services::accounts::login::{self, LoginOutcome, PROVISIONAL, PasswordSet, REFUSED, SecondFactor, next_step};

use super::{
    form::{FormPage, email, known_password, new_password, slip},
    way::{Wanted, onward, with_next},
};
use crate::{
    site::{Failure, Html, Posted, SESSION_COOKIE, Visit, see_other, session_cookie, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextView},
        frame::{BannerKind, BannerView, Frame},
    },
};

#[derive(Template)]
#[template(path = "accounts/login.html")]
struct LoginPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
    next: String,
    sender_domain: String,
}

fn page(visit: &Visit, typed: &str, next: &str, slips: &[Finding]) -> LoginPage {
    let mut address = email(typed);
    if let InputView::Text(text) = &mut address.input {
        text.autocomplete = "username".to_owned();
    }
    let (fields, errors) = with_slips(vec![address, known_password("password", "パスワード")], slips);
    LoginPage {
        frame: Frame { has_errors: !errors.is_empty(), ..visit.frame("ログイン") },
        errors,
        fields,
        next: next.to_owned(),
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
    }
}

/// The login; who is logged in goes on to what is left, or to the page that was wanted.
pub(super) async fn show(visit: Visit, Query(wanted): Query<Wanted>, headers: HeaderMap) -> Response {
    if let Some(session) = visit.begun() {
        return see_other(&onward(next_step(&visit.site.app, session), session.staff, &headers, &wanted.next));
    }
    let mut page = page(&visit, "", &wanted.next, &[]);
    page.frame.banners = told(&wanted.done);
    Html(page).into_response()
}

fn told(done: &str) -> Vec<BannerView> {
    let title = match done {
        "password" => "新しいパスワードを設定しました。新しいパスワードでログインしてください。",
        "joined" => "医療機関等のメンバーとして参加しました。ログインすると手続をはじめられます。",
        "held" => "委任を受けました。ログインすると、申請の準備をはじめられます。",
        "logout" => "ログアウトしました。",
        _ => return vec![],
    };
    vec![BannerView { kind: BannerKind::Success, title: title.to_owned(), ..BannerView::default() }]
}

/// Logs in with address and password.
pub(super) async fn log_in(visit: Visit, headers: HeaderMap, posted: Posted) -> Result<Response, Failure> {
    let (typed, next) = (posted.get("email"), posted.get("next"));
    let again = |slips: &[Finding]| Ok(Html(page(&visit, typed, next, slips)).with_faults());
    match login::password(&visit.ctx(), typed, posted.get("password"), &visit.device).await? {
        LoginOutcome::LoggedIn(started)
        | LoginOutcome::NeedsSecondFactor(started)
        | LoginOutcome::MustSetPassword(started) => {
            let step = next_step(&visit.site.app, &started.session);
            let next = onward(step, started.session.staff, &headers, next);
            let cookie = session_cookie(&visit.site, started.token);
            Ok((CookieJar::new().add(cookie), see_other(&next)).into_response())
        }
        LoginOutcome::Refused => again(&[slip("", REFUSED)]),
        LoginOutcome::Provisional => again(&[slip("email", PROVISIONAL)]),
        LoginOutcome::TooManyTries { until } => again(&[slip("", wait_for(until))]),
        LoginOutcome::Slips(slips) => again(&slips),
    }
}

fn wait_for(until: Timestamp) -> String {
    format!(
        "まちがいが続いたため、しばらくログインできません。{}以降に、もう一度お試しください。\
         お急ぎのときは「パスワードの再設定」をご利用ください。",
        japanese_datetime(until)
    )
}

/// Whom to call when neither the app nor a recovery code is left.
fn lost_both(visit: &Visit, phone: &str) -> String {
    if visit.begun().is_some_and(|session| session.staff) {
        "どちらも使えないときは、システム管理者にお知らせください。".to_owned()
    } else {
        format!(
            "どちらも使えないときは、コールセンター（{phone}）へお電話ください。ご本人であることを確かめてから、二段階認証を解除します。"
        )
    }
}

fn code_page(visit: &Visit, next: &str) -> FormPage {
    let frame = visit.frame("二段階認証");
    let lost = lost_both(visit, &frame.brand.contact_phone);
    let input = InputView::Text(TextView { autocomplete: "one-time-code".to_owned(), ..TextView::default() });
    FormPage {
        frame,
        lead: vec!["パスワードを確認しました。続けて、認証アプリに表示されている番号を入力してください。".to_owned()],
        action: "/login/second-factor".to_owned(),
        fields: vec![FieldView::new("code", "認証アプリの番号（6桁）", input).required().with_help(
            "認証アプリが使えないときは、控えておいた回復コードを入力してください。1つのコードは1回だけ使えます。",
        ).with_help(lost)],
        hidden: vec![("next", next.to_owned())],
        button: "番号を確認する",
        ..FormPage::default()
    }
}

/// The second step of the login.
pub(super) async fn second_factor(visit: Visit, Query(wanted): Query<Wanted>, headers: HeaderMap) -> Response {
    let Some(session) = visit.begun() else { return see_other(&with_next("/login", &wanted.next)) };
    if session.has_totp && !session.second_factor {
        return Html(code_page(&visit, &wanted.next)).into_response();
    }
    see_other(&onward(next_step(&visit.site.app, session), session.staff, &headers, &wanted.next))
}

/// Checks the code of the second factor.
pub(super) async fn check_code(visit: Visit, headers: HeaderMap, posted: Posted) -> Result<Response, Failure> {
    let next = posted.get("next");
    let Some(session) = visit.begun() else { return Ok(see_other(&with_next("/login", next))) };
    let wrong = "番号が違うか、時間が過ぎています。認証アプリに今表示されている番号を入力してください。";
    Ok(match login::totp(&visit.ctx(), posted.get("code")).await? {
        SecondFactor::Passed(step) => see_other(&onward(step, session.staff, &headers, next)),
        SecondFactor::Wrong => code_page(&visit, next).refused(&[slip("code", wrong)]),
        SecondFactor::TooManyTries { until } => {
            let words = format!("まちがいが続きました。{}以降に、もう一度お試しください。", japanese_datetime(until));
            code_page(&visit, next).refused(&[slip("code", words)])
        }
    })
}

fn first_page(visit: &Visit, login: &str, next: &str) -> FormPage {
    FormPage {
        frame: visit.frame("パスワードの再設定（初回ログイン）"),
        lead: vec![
            "パスワードの基準が変わったため、初回ログインでは、必ずパスワードの再設定をお願いしています。".to_owned(),
            "これまでのパスワードが基準に合うときは、同じものを入力してもかまいません。".to_owned(),
        ],
        action: "/first-password".to_owned(),
        fields: new_password().to_vec(),
        hidden: vec![("next", next.to_owned())],
        username: login.to_owned(),
        before: "ボタンを押すとパスワードが変わり、ホームへ進みます。変わったことをメールでもお知らせします。"
            .to_owned(),
        button: "パスワードを設定する",
        ..FormPage::default()
    }
}

/// The first password of an imported account.
pub(super) async fn first_password(visit: Visit, Query(wanted): Query<Wanted>, headers: HeaderMap) -> Response {
    let Some(session) = visit.begun() else { return see_other(&with_next("/login", &wanted.next)) };
    if session.must_reset && (session.second_factor || !session.has_totp) {
        return Html(first_page(&visit, &session.email, &wanted.next)).into_response();
    }
    see_other(&onward(next_step(&visit.site.app, session), session.staff, &headers, &wanted.next))
}

/// Sets the first password.
pub(super) async fn set_first_password(visit: Visit, headers: HeaderMap, posted: Posted) -> Result<Response, Failure> {
    let next = posted.get("next");
    let Some(mut session) = visit.begun().cloned() else { return Ok(see_other(&with_next("/login", next))) };
    match login::first_password(&visit.ctx(), posted.get("password"), posted.get("password_again")).await? {
        PasswordSet::Done => {
            session.must_reset = false;
            Ok(see_other(&onward(next_step(&visit.site.app, &session), session.staff, &headers, next)))
        }
        PasswordSet::Slips(slips) => Ok(first_page(&visit, &session.email, next).refused(&slips)),
    }
}

/// Ends the session.
pub(super) async fn log_out(visit: Visit, _posted: Posted) -> Result<Response, Failure> {
    if visit.begun().is_some() {
        login::logout(&visit.ctx()).await?;
    }
    let gone = Cookie::build((SESSION_COOKIE, "")).path("/").max_age(time::Duration::ZERO);
    Ok((CookieJar::new().add(gone), see_other("/login?done=logout")).into_response())
}
