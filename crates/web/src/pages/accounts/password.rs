//! Passwords: reset by mail, change by the person who is logged in.

use axum::{
    extract::Path,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use services::accounts::{
    Link as MailLink,
    login::PasswordSet,
    password::{self, Reset, ResetDone},
};

use super::{
    dead_link::dead_link,
    form::{FormPage, email, known_password, new_password},
    mail_sent,
};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::frame::{Frame, Link},
};

fn ask_page(visit: &Visit, typed: &str) -> FormPage {
    let domain = visit.site.app.settings.mail_domain();
    FormPage {
        frame: visit.frame("パスワードの再設定"),
        lead: vec![
            "登録したメールアドレスを入力してください。新しいパスワードを設定するためのリンクをお送りします。".to_owned(),
            "末尾が「@01」〜「@48」の仮アカウントの方や、前のポータルに登録したメールアドレスに誤りがある方には、メールが届きません。新規ユーザー登録をしてください。".to_owned(),
        ],
        action: "/password".to_owned(),
        fields: vec![email(typed)],
        before: format!(
            "ボタンを押すと、「{domain}」からメールをお送りします。受信するドメインを指定している方は、先に許可してください。"
        ),
        button: "再設定のメールを送る",
        back: Some(Link::new("ログインへ戻る", "/login")),
        links: vec![Link::new("新規ユーザー登録", "/register")],
        ..FormPage::default()
    }
}

/// The form that asks for a reset link.
pub(super) async fn begin(visit: Visit) -> Html<FormPage> {
    Html(ask_page(&visit, ""))
}

/// Sends the link; the answer is the same for every address.
pub(super) async fn ask(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let typed = posted.get("email");
    let asked = password::request_reset(&visit.ctx(), typed).await?;
    Ok(mail_sent::answer(&visit, asked, ask_page(&visit, typed), "/password/sent"))
}

/// The page after the link was asked for.
pub(super) async fn sent(visit: Visit, headers: HeaderMap) -> Response {
    let again = Link::new("メールアドレスを入力し直す", "/password");
    mail_sent::page(&visit, &headers, "再設定のメールを送りました", again)
}

fn again() -> Link {
    Link::new("パスワードの再設定をやり直す", "/password")
}

fn reset_page(visit: &Visit, token: &str, reset: &Reset) -> FormPage {
    FormPage {
        frame: visit.frame("新しいパスワードの設定"),
        lead: vec![format!("{}様（{}）の新しいパスワードを入力してください。", reset.name, reset.email)],
        action: format!("/password/{token}"),
        fields: new_password().to_vec(),
        username: reset.email.clone(),
        before: reset_means(reset.access_tokens),
        button: "新しいパスワードを設定する",
        ..FormPage::default()
    }
}

/// What the button does.
fn reset_means(access_tokens: usize) -> String {
    let means = "ボタンを押すとパスワードが変わり、ログイン中の機器はすべてログアウトします。";
    match access_tokens {
        0 => means.to_owned(),
        some => format!("{means}安全のため、作ったアクセストークン（{some}個）も取り消します。"),
    }
}

/// The form behind the link.
pub(super) async fn open(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    Ok(match password::open(&visit.ctx(), &token).await? {
        MailLink::Ready(reset) => Html(reset_page(&visit, &token, &reset)).into_response(),
        link => dead_link(&visit, &link, again()),
    })
}

/// Sets the new password; then to the login.
pub(super) async fn reset(visit: Visit, Path(token): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (new, repeated) = (posted.get("password"), posted.get("password_again"));
    Ok(match password::reset(&visit.ctx(), &token, new, repeated).await? {
        ResetDone::Done => see_other("/login?done=password"),
        ResetDone::Slips(slips) => match password::open(&visit.ctx(), &token).await? {
            MailLink::Ready(reset) => reset_page(&visit, &token, &reset).refused(&slips),
            link => dead_link(&visit, &link, again()),
        },
        ResetDone::Link(link) => dead_link(&visit, &link, again()),
    })
}

fn change_page(visit: &Visit, login: &str) -> FormPage {
    let mut fields = vec![known_password("current", "今のパスワード")];
    fields.extend(new_password());
    FormPage {
        frame: Frame { breadcrumb: super::trail(), ..visit.frame("パスワードの変更") },
        action: "/account/password".to_owned(),
        fields,
        username: login.to_owned(),
        before:
            "ボタンを押すとパスワードが変わり、いまお使いの機器のほかはログアウトします。メールでもお知らせします。"
                .to_owned(),
        button: "パスワードを変更する",
        back: Some(Link::new("アカウントの設定へ戻る", "/account")),
        ..FormPage::default()
    }
}

/// The form that changes the password.
pub(super) async fn show_change(visit: Visit) -> Result<Html<FormPage>, Failure> {
    let login = visit.person()?.email.clone();
    Ok(Html(change_page(&visit, &login)))
}

/// Changes the password.
pub(super) async fn change(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let login = visit.person()?.email.clone();
    let (new, repeated) = (posted.get("password"), posted.get("password_again"));
    Ok(match password::change(&visit.ctx(), posted.get("current"), new, repeated).await? {
        PasswordSet::Done => see_other("/account?done=password"),
        PasswordSet::Slips(slips) => change_page(&visit, &login).refused(&slips),
    })
}
