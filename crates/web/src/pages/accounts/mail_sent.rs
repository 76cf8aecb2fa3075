//! The page after a mail was asked for: the same for every address, with help for mail that does not arrive.

use askama::Template;
use axum::{
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use services::accounts::{
    login::{MAIL_SENT, PROVISIONAL},
    register::MailAsked,
};

use super::form::{FormPage, slip};
use crate::{
    site::{Html, Visit, see_other},
    view::frame::{BannerKind, BannerView, Frame, Link},
};

/// Cookie that carries the address to the next page; it says nothing of whether it is registered.
const COOKIE: &str = "mg_mail_sent";
/// How long it lives.
const LIFE: time::Duration = time::Duration::minutes(10);

/// The address as it was understood.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Sent {
    address: String,
    meant: Option<String>,
}

#[derive(Template)]
#[template(path = "accounts/mail_sent.html")]
struct SentPage {
    frame: Frame,
    words: &'static str,
    sent: Sent,
    sender_domain: String,
    filters: Vec<(String, String)>,
    again: Link,
    demo: bool,
}

/// The answer to a form that asks for a mail: on to the next page, or back to the form.
pub(super) fn answer(visit: &Visit, asked: MailAsked, form: FormPage, next: &str) -> Response {
    match asked {
        MailAsked::Sent { address, meant, .. } => {
            let json = serde_json::to_vec(&Sent { address, meant }).unwrap_or_default();
            let cookie = Cookie::build((COOKIE, URL_SAFE_NO_PAD.encode(json)))
                .path("/")
                .http_only(true)
                .secure(visit.site.secure())
                .same_site(SameSite::Lax)
                .max_age(LIFE);
            (CookieJar::new().add(cookie), see_other(next)).into_response()
        }
        MailAsked::Provisional => {
            let register = Link::new("新規ユーザー登録へ進む", "/register");
            FormPage { links: vec![register], ..form }.refused(&[slip("email", PROVISIONAL)])
        }
        MailAsked::Slips(slips) => form.refused(&slips),
    }
}

/// The page itself.
pub(super) fn page(visit: &Visit, headers: &HeaderMap, title: &str, again: Link) -> Response {
    let jar = CookieJar::from_headers(headers);
    let bytes = jar.get(COOKIE).and_then(|cookie| URL_SAFE_NO_PAD.decode(cookie.value()).ok());
    let sent: Sent = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let banners = sent.meant.iter().map(|meant| doubt(meant, &again)).collect();
    Html(SentPage {
        frame: Frame { banners, ..visit.frame(title) },
        words: MAIL_SENT,
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
        filters: filters(visit, &sent.address),
        sent,
        again,
        demo: visit.site.demo,
    })
    .into_response()
}

/// Says what a mistyped address was perhaps meant to be.
fn doubt(meant: &str, again: &Link) -> BannerView {
    BannerView {
        kind: BannerKind::Warning,
        title: format!("もしかして「{meant}」ではありませんか"),
        body: vec!["メールアドレスが違うと、メールは届きません。違っていたら、入力し直してください。".to_owned()],
        link: Some(again.clone()),
    }
}

/// What to allow in the filter of a mail service: its name and the words; the one of an address, or all.
pub(super) fn filters(visit: &Visit, address: &str) -> Vec<(String, String)> {
    let lists = visit.site.app.reference().lists;
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let sender = visit.site.app.settings.mail_domain();
    let all = lists.entries("mail_domain_filters");
    let own = all.iter().find(|entry| entry.value.eq_ignore_ascii_case(domain));
    let shown: Vec<_> = match own {
        Some(entry) => vec![entry],
        None => all.iter().filter(|entry| entry.value == "other" || domain.is_empty()).collect(),
    };
    shown.into_iter().map(|entry| (entry.label.clone(), entry.note.replace("{{sender_domain}}", sender))).collect()
}
