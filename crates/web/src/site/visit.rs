//! Who visits: session, CSRF token, address.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use services::accounts::{
    Membership, Session,
    login::{Step, next_step},
};
use services::{Actor, Ctx, secrets::csrf_token};

use super::{Failure, Site};

/// Cookie of the login session.
pub const SESSION_COOKIE: &str = "mg_session";
/// Cookie that binds the forms of a visitor who is not logged in.
pub const ANONYMOUS_COOKIE: &str = "mg_visitor";
/// Cookie that finds a form which was posted after the session had ended.
pub const PARKED_COOKIE: &str = "mg_parked";

/// Who visits.
#[derive(Clone)]
pub struct Visit {
    /// The site.
    pub site: Site,
    /// Who acts.
    pub actor: Actor,
    /// Token of the session cookie, if one was sent; it may have ended.
    pub token: Option<String>,
    /// What every form must send back.
    pub csrf: String,
    /// Whether the browser sent no cookie of ours.
    pub newcomer: bool,
    /// Network address.
    pub source: String,
    /// Browser and system, as the browser says.
    pub device: String,
    /// Address of the page, for the way back after a login.
    pub path: String,
    /// Further institutions to switch to.
    pub others: Vec<Membership>,
}

/// The value of the visitor's cookie, made by the guard when the browser had none.
#[derive(Clone, Debug, Default)]
pub(super) struct VisitorToken {
    pub(super) token: String,
    /// Whether it was made for this request.
    pub(super) newcomer: bool,
}

impl Visit {
    /// The context for services.
    pub fn ctx(&self) -> Ctx<'_> {
        Ctx {
            app: &self.site.app,
            actor: self.actor.clone(),
            now: self.site.app.clock.now(),
            source: self.source.clone(),
        }
    }

    /// The session of the person who is logged in, with no step of the login left.
    pub fn session(&self) -> Option<&Session> {
        self.begun().filter(|session| next_step(&self.site.app, session) == Step::Done)
    }

    /// The session of a person whose password was right, whatever step of the login is left.
    pub fn begun(&self) -> Option<&Session> {
        match &self.actor {
            Actor::Person(session) => Some(session),
            _ => None,
        }
    }

    /// Goes on only for someone who is logged in.
    ///
    /// # Errors
    /// A redirect to the login that comes back here, or to the step of the login that is left.
    pub fn person(&self) -> Result<&Session, Failure> {
        let Some(session) = self.begun() else { return Err(Failure::login(&self.path)) };
        match next_step(&self.site.app, session) {
            Step::Done => Ok(session),
            Step::SecondFactor => Err(Failure::Step("/login/second-factor")),
            Step::NewPassword => Err(Failure::Step("/first-password")),
            Step::EnrolSecondFactor => Err(Failure::Step("/account/totp")),
        }
    }
}

impl Visit {
    /// Goes on only for someone who may act for an institution; staff are left to the services, which refuse them.
    ///
    /// # Errors
    /// As [`Visit::person`], and a redirect to the home page, which says what is left, while no membership is proved.
    pub fn member(&self) -> Result<&Session, Failure> {
        let session = self.person()?;
        if session.institution.is_none() && !session.staff { Err(Failure::Step("/")) } else { Ok(session) }
    }
}

/// Institutions among which one switches on every page; whoever has more finds them in the overview.
pub(super) const MOST_IN_MENU: i64 = 50;

/// The cookie that carries a session.
pub fn session_cookie(site: &Site, token: String) -> Cookie<'static> {
    Cookie::build((SESSION_COOKIE, token))
        .path("/")
        .http_only(true)
        .secure(site.secure())
        .same_site(SameSite::Lax)
        .build()
}

fn device(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    agent.chars().filter(|c| !c.is_control()).take(200).collect()
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Failure> {
        let jar = CookieJar::from_headers(&parts.headers);
        let token = jar.get(SESSION_COOKIE).map(|cookie| cookie.value().to_owned());
        let visitor = parts.extensions.get::<VisitorToken>().cloned().unwrap_or_default();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let source = peer.map(|peer| site.proxies.visitor(peer, &parts.headers).to_string()).unwrap_or_default();
        let session = match &token {
            Some(token) => services::accounts::session_of(&site.app, token).await?,
            None => None,
        };
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let csrf = csrf_token(token.as_deref().unwrap_or(&visitor.token));
        let actor = session.map_or(Actor::Visitor, |session| Actor::Person(Box::new(session)));
        let mut visit = Self {
            site: site.clone(),
            actor,
            token,
            csrf,
            newcomer: visitor.newcomer,
            source,
            device: device(&parts.headers),
            path,
            others: vec![],
        };
        visit.settle(parts.method == axum::http::Method::GET).await?;
        services::content::service::look(&site.app).await;
        Ok(visit)
    }
}

impl Visit {
    /// Who visits, by the cookies alone: for a page that explains what went wrong, perhaps with the database itself.
    pub(super) async fn of_cookies(site: &Site, path: String, headers: &HeaderMap) -> Self {
        let token = CookieJar::from_headers(headers).get(SESSION_COOKIE).map(|cookie| cookie.value().to_owned());
        let session = match &token {
            Some(token) => services::accounts::session_of(&site.app, token).await.ok().flatten(),
            None => None,
        };
        Self {
            site: site.clone(),
            actor: session.map_or(Actor::Visitor, |session| Actor::Person(Box::new(session))),
            csrf: token.as_deref().map(csrf_token).unwrap_or_default(),
            token,
            newcomer: false,
            source: String::new(),
            device: String::new(),
            path,
            others: vec![],
        }
    }

    /// Moves the end of the session and finds the institutions to switch to.
    async fn settle(&mut self, showing: bool) -> Result<(), Failure> {
        let Some(session) = self.session() else { return Ok(()) };
        let (several, acting) =
            ((2..=MOST_IN_MENU).contains(&session.institutions), session.institution.as_ref().map(|acting| acting.id));
        services::accounts::touch(&self.site.app, session).await?;
        if showing && several {
            let mine = services::accounts::membership::mine(&self.ctx()).await?.into_iter().map(|mine| mine.membership);
            self.others = mine.filter(|m| m.state == "active" && Some(m.institution_id) != acting).collect();
        }
        Ok(())
    }
}
