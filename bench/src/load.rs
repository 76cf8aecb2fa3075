//! Load over HTTP/1.1: as much as goes, or at a steady rate with latencies counted from the instant a request was due.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;

use crate::machine::{instant, seconds_since};

/// What is sent: method, path, cookie, form.
#[derive(Clone, Debug)]
pub(crate) struct Shot {
    /// Path with query.
    pub(crate) path: String,
    /// Cookie header.
    pub(crate) cookie: String,
    /// Form, if it is a POST.
    pub(crate) form: Option<String>,
}

/// An answer.
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// Header lines, names in lower case.
    pub(crate) headers: hyper::HeaderMap,
    /// Content.
    pub(crate) body: Bytes,
}

/// Says whether an answer is what was expected; a wrong one ends the run.
pub(crate) type Check = fn(&Answer) -> bool;

/// What a load gave.
pub(crate) struct Outcome {
    /// Answers.
    pub(crate) count: usize,
    /// Seconds.
    pub(crate) seconds: f64,
    latencies: Vec<Duration>,
}

impl Outcome {
    /// Answers in a second.
    pub(crate) fn rate(&self) -> f64 {
        self.count as f64 / self.seconds
    }

    /// The latency in ms that so many of a thousand requests stay below.
    pub(crate) fn permille(&self, permille: usize) -> f64 {
        let place = (self.latencies.len() * permille / 1_000).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(place).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1_000.0)
    }
}

/// One kept-alive connection.
pub(crate) struct Client {
    send: SendRequest<Full<Bytes>>,
    host: String,
}

impl Client {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = tokio::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { send, host: address.to_string() })
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn send(&mut self, shot: &Shot) -> anyhow::Result<Answer> {
        let method = if shot.form.is_some() { "POST" } else { "GET" };
        let mut request = Request::builder().method(method).uri(&shot.path).header("host", &self.host);
        if !shot.cookie.is_empty() {
            request = request.header("cookie", &shot.cookie);
        }
        if shot.form.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        self.send.ready().await?;
        let body = Full::new(Bytes::from(shot.form.clone().unwrap_or_default()));
        // The connection's own task may not have seen the end of the answer before.
        self.send.ready().await?;
        let response = self.send.send_request(request.body(body)?).await?;
        let (head, body) = response.into_parts();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.collect().await?.to_bytes() })
    }
}

/// Sends shot after shot on each of `connections` until time or shots run out.
pub(crate) async fn flood(
    address: SocketAddr,
    connections: usize,
    length: Duration,
    next: impl Fn(usize) -> Option<Shot> + Send + Sync + 'static,
    check: Check,
) -> anyhow::Result<Outcome> {
    let next = Arc::new(next);
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let begun = instant();
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let (next, count) = (next.clone(), count.clone());
            tokio::spawn(async move {
                let mut client = Client::connect(address).await?;
                let mut latencies = vec![];
                while begun.elapsed() < length {
                    let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(shot) = next(number) else { break };
                    latencies.push(timed(&mut client, &shot, instant(), check).await?);
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    gather(workers, begun).await
}

/// Sends `rate` requests a second, evenly, whatever the answers take.
pub(crate) async fn steady(
    address: SocketAddr,
    connections: usize,
    rate: u32,
    length: Duration,
    shot: Shot,
    check: Check,
) -> anyhow::Result<Outcome> {
    let begun = instant();
    let gap = Duration::from_secs(1) / rate;
    let workers: Vec<_> = (0..connections)
        .map(|lane| {
            let shot = shot.clone();
            tokio::spawn(async move {
                let mut client = Client::connect(address).await?;
                let mut latencies = vec![];
                for turn in 0.. {
                    let due = begun + gap * u32::try_from(turn * connections + lane)?;
                    if due.duration_since(begun) >= length {
                        break;
                    }
                    tokio::time::sleep_until(due.into()).await;
                    latencies.push(timed(&mut client, &shot, due, check).await?);
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    gather(workers, begun).await
}

async fn timed(client: &mut Client, shot: &Shot, due: Instant, check: Check) -> anyhow::Result<Duration> {
    let answer = client.send(shot).await?;
    ensure!(check(&answer), "{}: {} {}", shot.path, answer.status, String::from_utf8_lossy(&answer.body));
    Ok(instant().duration_since(due))
}

async fn gather(
    workers: Vec<tokio::task::JoinHandle<anyhow::Result<Vec<Duration>>>>,
    begun: Instant,
) -> anyhow::Result<Outcome> {
    let mut latencies = vec![];
    for worker in workers {
        latencies.extend(worker.await.context("a connection ended")??);
    }
    let seconds = seconds_since(begun);
    latencies.sort_unstable();
    Ok(Outcome { count: latencies.len(), seconds, latencies })
}
