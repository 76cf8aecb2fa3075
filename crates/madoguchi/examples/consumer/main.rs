//! A downstream system in a hundred lines: it takes webhooks, keeps its place, and catches up by the feed when it starts.
//!
//! ```console
//! $ cargo run --example consumer -- --file events.jsonl
//! ```
//!
//! The demo has a receiver for it: log in as administrator, open 外部連携 → 資格確認システム（見本） and press 送信を再開する. For another
//! portal give `--secret whsec_…`; with `--token mdg_…` it catches up by the feed first.
#![expect(clippy::disallowed_methods, reason = "it stands for a program outside the house, which reads its own clock")]

mod keeper;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use clap::Parser;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use keeper::{Keeper, Message, Taken};

/// What the program is told.
#[derive(Parser)]
struct Options {
    /// Key of the signatures, as the portal showed it; the demo's own if none.
    #[arg(long, default_value = "whsec_bWFkb2d1Y2hpLWRlbW8tcmVjZWl2ZXItc2VjcmV0LTA=")]
    secret: String,
    /// Access token with which the feed is read when the program starts.
    #[arg(long)]
    token: Option<String>,
    /// File of the events.
    #[arg(long, default_value = "events.jsonl")]
    file: PathBuf,
    /// Address of the portal.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    portal: Uri,
    /// Where webhooks are taken.
    #[arg(long, default_value = "127.0.0.1:9099")]
    listen: SocketAddr,
}

type Shared = Arc<Mutex<Keeper>>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let keeper = Keeper::open(&options.file, &options.secret).map_err(|error| anyhow::anyhow!("{error}"))?;
    let keeper: Shared = Arc::new(Mutex::new(keeper));
    if let Some(token) = &options.token {
        catch_up(&options, token, &keeper).await?;
    }
    let router = Router::new().route("/", post(receive)).with_state(keeper);
    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    Ok(axum::serve(listener, router).await?)
}

/// Reads everything that was missed; what comes by webhook meanwhile waits at the portal.
async fn catch_up(options: &Options, token: &str, keeper: &Shared) -> anyhow::Result<()> {
    loop {
        let place = keeper.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.place();
        let page = page(options, token, place).await?;
        let mut keeper = keeper.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        for event in page["events"].as_array().into_iter().flatten() {
            keeper.keep(event)?;
        }
        if page["more"] != true {
            return Ok(());
        }
    }
}

async fn page(options: &Options, token: &str, place: i64) -> anyhow::Result<Value> {
    let authority = options.portal.authority().context("--portal: no server")?;
    let port = options.portal.port_u16().unwrap_or(80);
    let stream = tokio::net::TcpStream::connect((authority.host(), port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get(format!("/api/v1/events?after={place}"))
        .header(header::HOST, authority.as_str())
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let answer = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    ensure!(status.is_success(), "the feed says {status}: {}", String::from_utf8_lossy(&body));
    Ok(serde_json::from_slice(&body)?)
}

async fn receive(State(keeper): State<Shared>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, timestamp, signature) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let message = Message { id, timestamp, signature, body: &body };
    let Ok(mut keeper) = keeper.lock() else { return StatusCode::INTERNAL_SERVER_ERROR };
    match keeper.receive(&message, i64::try_from(now).unwrap_or(0)) {
        Ok(Taken::Now | Taken::Before) => StatusCode::NO_CONTENT,
        Ok(Taken::Refused) => StatusCode::UNAUTHORIZED,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
