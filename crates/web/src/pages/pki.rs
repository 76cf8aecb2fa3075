//! What the authority publishes: certificates, CRLs, OCSP (spec 04.5).

use askama::Template;
use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{calendar::japanese_datetime, clock::Timestamp};
use services::{Error, authority};

use crate::{
    site::{Access, Failure, Html, Routes, Site, Visit},
    view::frame::Frame,
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/pki", Access::Public, index)
        .get("/pki/{file}", Access::Public, file)
        .post("/pki/ocsp", Access::Public, ocsp_post)
        .get("/pki/ocsp/{*request}", Access::Public, ocsp_get)
}

/// A certificate of the authority as the page shows it.
struct Shown {
    title: &'static str,
    name: String,
    file: &'static str,
    fingerprint: String,
    valid: String,
}

#[derive(Template)]
#[template(path = "home/pki.html")]
struct Index {
    frame: Frame,
    authorities: Vec<Shown>,
    crl_number: i64,
    crl_next: String,
}

fn shown(title: &'static str, file: &'static str, issuer: &services::authority::Published) -> Shown {
    Shown {
        title,
        name: issuer.subject.clone(),
        file,
        fingerprint: issuer.fingerprint.clone(),
        valid: format!("{} ～ {}", japanese_datetime(issuer.not_before), japanese_datetime(issuer.not_after)),
    }
}

async fn index(visit: Visit) -> Result<Html<Index>, Failure> {
    let app = &visit.site.app;
    let (crl_number, _, next) = authority::current_crl(app).await?;
    Ok(Html(Index {
        frame: visit.frame("認証局の証明書と失効リスト"),
        authorities: vec![
            shown("ルート認証局", "root", &authority::published_root(app)?),
            shown("発行局", "issuing", &authority::published_issuer(app)?),
        ],
        crl_number,
        crl_next: japanese_datetime(next),
    }))
}

async fn file(State(site): State<Site>, Path(name): Path<String>) -> Result<Response, Failure> {
    let app = &site.app;
    match name.as_str() {
        "issuing.cer" => Ok(binary("application/pkix-cert", app.authority.issuer.der().to_vec(), None)),
        "root.cer" => Ok(binary("application/pkix-cert", app.authority.root.der().to_vec(), None)),
        "issuing.pem" => Ok(binary("application/x-pem-file", authority::issuer_pem(app).into_bytes(), None)),
        "root.pem" => Ok(binary("application/x-pem-file", authority::root_pem(app).into_bytes(), None)),
        "chain.pem" => Ok(binary("application/x-pem-file", authority::chain_pem(app).into_bytes(), None)),
        "issuing.crl" => {
            let (_, der, next) = authority::current_crl(app).await?;
            Ok(binary("application/pkix-crl", der, Some((app.clock.now(), next))))
        }
        "root.crl" => {
            let (_, der, next) = authority::root_crl(app).await?;
            Ok(binary("application/pkix-crl", der, Some((app.clock.now(), next))))
        }
        _ => Err(Error::NotFound.into()),
    }
}

fn binary(kind: &'static str, bytes: Vec<u8>, life: Option<(Timestamp, Timestamp)>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let seconds = life.map_or(86_400, |(now, next)| (next - now).whole_seconds().clamp(0, 3_600));
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={seconds}")) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    response
}

async fn ocsp_post(State(site): State<Site>, body: Bytes) -> Result<Response, Failure> {
    answer(&site, &body).await
}

/// RFC 6960, A.1: the request in base64 as the rest of the path.
async fn ocsp_get(State(site): State<Site>, Path(request): Path<String>) -> Result<Response, Failure> {
    answer(&site, &STANDARD.decode(request.as_bytes()).unwrap_or_default()).await
}

async fn answer(site: &Site, request: &[u8]) -> Result<Response, Failure> {
    let reply = authority::answer_ocsp(&site.app, request).await?;
    let life = reply.next_update.map(|next| (reply.produced_at, next));
    let mut response = binary("application/ocsp-response", reply.der, life);
    if life.is_none() {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}
