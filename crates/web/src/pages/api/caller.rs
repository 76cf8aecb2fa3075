//! Who calls: the token in the request, its person and institution; and what the request says.

use std::{collections::BTreeMap, net::SocketAddr, str::FromStr};

use axum::{
    body::Bytes,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request},
    http::{StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;
use services::{Ctx, Error, accounts::Session};

use super::problem::Problem;
use crate::site::Site;

/// A machine with a token that works.
pub(super) struct Caller {
    site: Site,
    session: Session,
    source: String,
    query: BTreeMap<String, String>,
}

impl Caller {
    /// The context for services.
    pub(super) fn ctx(&self) -> Ctx<'_> {
        Ctx::person(&self.site.app, self.session.clone(), self.source.clone())
    }

    /// A value of the query; none when it is not given.
    ///
    /// # Errors
    /// A problem that names it when it cannot be read.
    pub(super) fn query<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.query.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Problem::unreadable(format!("「{name}」の値を読み取れません。")))
    }
}

impl FromRequestParts<Site> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = shown.and_then(|shown| shown.split_once(' ')).filter(|(way, _)| way.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = token else { return Err(Error::LoginRequired.into()) };
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let source = peer.map(|peer| site.proxies.visitor(peer, &parts.headers).to_string()).unwrap_or_default();
        let session = services::access::caller(&site.app, token.trim(), &source).await?;
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let query = form_urlencoded::parse(query).into_owned().collect();
        Ok(Self { site: site.clone(), session, source, query })
    }
}

/// A body in JSON.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Site> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, site).await.map_err(|fault| match fault.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "大きすぎます", "本文が大きすぎます。")
            }
            _ => Problem::unreadable("本文を読み取れません。"),
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|fault| Problem::unreadable(format!("JSONの本文：{fault}")))
    }
}

/// An identifier in an address; one that is none names nothing.
pub(super) fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Error::NotFound.into())
}
