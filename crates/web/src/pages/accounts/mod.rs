//! Accounts: login, registration, passwords, the second factor, mail, memberships (spec 2.3, manual 1-1).

mod access;
mod account;
mod dead_link;
mod form;
mod institutions;
mod invitation;
mod login;
mod mail;
mod mail_sent;
mod mandate_link;
mod mandates;
mod members;
mod membership;
mod password;
mod place;
mod progress;
mod registration;
mod second_factor;
mod sessions;
mod way;

use domain::ids::MembershipId;
use services::{Error, accounts::Session};

use crate::{
    site::{Access, Failure, Routes, Visit},
    view::frame::{BannerKind, BannerView, Link},
};

pub(super) fn routes() -> Routes {
    ways_in().merge(own_account()).merge(memberships())
}

fn ways_in() -> Routes {
    use Access::Public;
    Routes::default()
        .get("/login", Public, login::show)
        .post("/login", Public, login::log_in)
        .get("/login/second-factor", Public, login::second_factor)
        .post("/login/second-factor", Public, login::check_code)
        .get("/first-password", Public, login::first_password)
        .post("/first-password", Public, login::set_first_password)
        .post("/logout", Public, login::log_out)
        .get("/register", Public, registration::begin)
        .post("/register", Public, registration::ask)
        .get("/register/sent", Public, registration::sent)
        .get("/register/{token}", Public, registration::rest)
        .post("/register/{token}", Public, registration::complete)
        .get("/password", Public, password::begin)
        .post("/password", Public, password::ask)
        .get("/password/sent", Public, password::sent)
        .get("/password/{token}", Public, password::open)
        .post("/password/{token}", Public, password::reset)
        .get("/invitation/{token}", Public, invitation::open)
        .post("/invitation/{token}", Public, invitation::accept)
        .get("/mandate/{token}", Public, mandate_link::open)
        .post("/mandate/{token}", Public, mandate_link::accept)
}

fn own_account() -> Routes {
    use Access::Person;
    Routes::default()
        .get("/account", Person, account::show)
        .get("/account/password", Person, password::show_change)
        .post("/account/password", Person, password::change)
        .get("/account/totp", Person, second_factor::show)
        .post("/account/totp", Person, second_factor::confirm)
        .post("/account/totp/remove", Person, second_factor::remove)
        .get("/account/sessions", Person, sessions::list)
        .post("/account/sessions", Person, sessions::end)
        .post("/account/session/extend", Person, sessions::extend)
        .get("/account/mail", Person, mail::show)
        .post("/account/mail/probe", Person, mail::probe)
        .post("/account/mail/arrived", Person, mail::arrived)
}

fn memberships() -> Routes {
    use Access::{Owner, Person};
    Routes::default()
        .get("/account/institutions", Person, institutions::list)
        .get("/account/institutions/new", Person, institutions::new)
        .post("/account/institutions/new", Person, institutions::ask)
        .post("/account/switch", Person, institutions::switch)
        .get("/memberships/{id}", Person, membership::show)
        .get("/memberships/{id}/code", Person, membership::show_code)
        .post("/memberships/{id}/code", Person, membership::confirm_code)
        .post("/memberships/{id}/letter", Person, membership::resend)
        .get("/memberships/{id}/leave", Person, membership::ask_leave)
        .post("/memberships/{id}/leave", Person, membership::leave)
        .get("/account/members", Owner, members::list)
        .post("/account/members/invite", Owner, members::invite)
        .post("/account/members/withdraw", Owner, members::withdraw)
        .post("/account/members/{id}/approve", Owner, members::approve)
        .get("/account/members/{id}/decline", Owner, members::ask_decline)
        .post("/account/members/{id}/decline", Owner, members::decline)
        .get("/account/members/{id}/remove", Owner, members::ask_remove)
        .post("/account/members/{id}/remove", Owner, members::remove)
        .post("/account/members/{id}/owner", Owner, members::make_owner)
        .get("/account/mandates", Owner, mandates::list)
        .post("/account/mandates", Owner, mandates::give)
        .get("/account/mandates/{id}", Owner, mandates::show)
        .post("/account/mandates/{id}/prolong", Owner, mandates::prolong)
        .post("/account/mandates/{id}/end", Owner, mandates::end)
        .get("/account/access-tokens", Owner, access::list)
        .post("/account/access-tokens", Owner, access::make)
        .post("/account/access-tokens/{id}/revoke", Owner, access::revoke)
}

/// Goes on only for someone who is logged in; after the login the person comes to a page, not to the action itself.
fn person<'v>(visit: &'v Visit, page: &str) -> Result<&'v Session, Failure> {
    visit.person().map_err(|failure| match failure {
        Failure::Login(_) => Failure::login(page),
        other => other,
    })
}

/// The membership in an address.
fn id(text: &str) -> Result<MembershipId, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

/// Path from home to the pages of one's own account.
fn trail() -> Vec<Link> {
    vec![Link::new("ホーム", "/"), Link::new("アカウントの設定", "/account")]
}

/// Path from home to the pages of one's institutions.
fn places() -> Vec<Link> {
    let mut trail = trail();
    trail.push(Link::new("医療機関等とメンバー", "/account/institutions"));
    trail
}

/// A message that something is done.
fn done(title: &str, body: &[&str]) -> Vec<BannerView> {
    let body = body.iter().map(|line| (*line).to_owned()).collect();
    vec![BannerView { kind: BannerKind::Success, title: title.to_owned(), body, link: None }]
}

/// A message that something could not be done.
fn refused(title: &str, body: &str) -> Vec<BannerView> {
    vec![BannerView { kind: BannerKind::Error, title: title.to_owned(), body: vec![body.to_owned()], link: None }]
}
