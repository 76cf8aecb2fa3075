//! Registration: address, link, then name, password and institution (spec 2.3).

use axum::{
    extract::Path,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;
use services::accounts::{
    Link as MailLink,
    membership::Asked,
    register::{self, Completed, Form},
};

use super::{
    dead_link::{already_registered, dead_link},
    form::{FormPage, again_please, email, name, new_password},
    mail_sent,
    place::PlaceTyped,
};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, session_cookie},
    view::{
        form::{FieldView, InputView},
        frame::Link,
        parts::StepsView,
    },
};

fn steps(current: usize) -> Option<StepsView> {
    Some(StepsView::new(&["メールアドレスの確認", "お名前と医療機関等", "所属の確認"], current))
}

fn address_page(visit: &Visit, typed: &str) -> FormPage {
    let domain = visit.site.app.settings.mail_domain();
    FormPage {
        frame: visit.frame("新規ユーザー登録"),
        steps: steps(1),
        lead: vec![
            "ご本人が使うメールアドレスを入力してください。アカウントは1人に1つです。複数の医療機関等の手続も、1つのアカウントでできます。".to_owned(),
            "次の画面で医療機関等コードを入力します。指定通知書など、コードがわかるものをご用意ください。".to_owned(),
            "末尾が「@01」〜「@48」の仮アカウントをお使いの方も、こちらから登録してください。所属を確認できると、これまでの申請の履歴を引き継ぎます。".to_owned(),
        ],
        action: "/register".to_owned(),
        fields: vec![email(typed)],
        before: format!(
            "ボタンを押すと、「{domain}」から確認のメールをお送りします。受信するドメインを指定している方は、先に許可してください。"
        ),
        button: "確認のメールを送る",
        back: Some(Link::new("トップページへ", "/")),
        ..FormPage::default()
    }
}

/// The first page: the address.
pub(super) async fn begin(visit: Visit) -> Html<FormPage> {
    Html(address_page(&visit, ""))
}

/// Sends the confirmation mail; the answer is the same for every address.
pub(super) async fn ask(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let typed = posted.get("email");
    let asked = register::begin(&visit.ctx(), typed).await?;
    Ok(mail_sent::answer(&visit, asked, address_page(&visit, typed), "/register/sent"))
}

/// The page after the mail was asked for.
pub(super) async fn sent(visit: Visit, headers: HeaderMap) -> Response {
    mail_sent::page(&visit, &headers, "確認のメールを送りました", Link::new("メールアドレスを入力し直す", "/register"))
}

fn again() -> Link {
    Link::new("新規ユーザー登録をやり直す", "/register")
}

fn rest_page(visit: &Visit, token: &str, address: &str, form: &Form, may_wait: bool) -> FormPage {
    let typed = PlaceTyped { code: form.code.clone(), prove_by: form.prove_by, wait: form.wait };
    let shown = InputView::Shown { value: address.to_owned(), note: String::new() };
    let mut fields = vec![FieldView::new("email", "メールアドレス（ログインID）", shown), name(&form.name)];
    fields.extend(new_password().map(|field| FieldView { label: field.label.replace("新しい", ""), ..field }));
    fields.extend(typed.fields(visit.site.app.settings.membership, may_wait));
    FormPage {
        frame: visit.frame("お名前と医療機関等の登録"),
        steps: steps(2),
        lead: vec!["メールアドレスを確認しました。続けて、次の内容を入力してください。".to_owned()],
        action: format!("/register/{token}"),
        fields,
        username: address.to_owned(),
        before: "ボタンを押すとアカウントができ、所属の確認がはじまります。確認が終わるまで、申請はできません。"
            .to_owned(),
        button: "登録する",
        ..FormPage::default()
    }
}

/// The rest of the registration, behind the link of the mail.
pub(super) async fn rest(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    Ok(match register::open(&visit.ctx(), &token).await? {
        MailLink::Ready(registration) => {
            Html(rest_page(&visit, &token, &registration.email, &Form::default(), false)).into_response()
        }
        link => dead_link(&visit, &link, again()),
    })
}

/// Makes the account; then to the page that says how the membership is proved.
pub(super) async fn complete(visit: Visit, Path(token): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let typed = PlaceTyped::read(&posted);
    let form = Form {
        name: posted.get("name").to_owned(),
        password: posted.get("password").to_owned(),
        password_again: posted.get("password_again").to_owned(),
        code: typed.code.clone(),
        prove_by: typed.prove_by,
        wait: typed.wait,
        device: visit.device.clone(),
    };
    Ok(match register::complete(&visit.ctx(), &token, &form).await? {
        Completed::LoggedIn { started, asked } => {
            let next = page_of(&asked, "registered");
            let cookie = session_cookie(&visit.site, started.token);
            (CookieJar::new().add(cookie), see_other(&next)).into_response()
        }
        Completed::Slips { slips, may_wait } => {
            let slips = typed.named(slips);
            let address = match register::open(&visit.ctx(), &token).await? {
                MailLink::Ready(registration) => registration.email,
                link => return Ok(dead_link(&visit, &link, again())),
            };
            let page = rest_page(&visit, &token, &address, &form, may_wait);
            FormPage { fields: again_please(page.fields, &slips), ..page }.refused(&slips)
        }
        Completed::Link(link) => dead_link(&visit, &link, again()),
        Completed::Existing => already_registered(&visit),
    })
}

/// The page of the membership that was asked for, with what it says was done.
pub(super) fn page_of(asked: &Asked, done: &str) -> String {
    let (membership, done) = match asked {
        Asked::Letter { membership, .. }
        | Asked::Owner { membership }
        | Asked::Reviewer { membership }
        | Asked::Waiting { membership }
        | Asked::Already { membership, .. } => (membership, done),
        Asked::NoLetterYet { membership, .. } => (membership, "no-letter-yet"),
    };
    format!("/memberships/{membership}?done={done}")
}
