//! A load generator that costs next to nothing: ready-made requests, one or several in flight on each connection
//! (RFC 9112, 9.3.2).

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use crate::machine::{instant, seconds_since};

/// What is read at a time.
const PIECE: usize = 64 * 1024;
const LENGTH: &str = "content-length: ";
/// How long a connection that was refused is tried again: a full queue of a server is no answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request as it goes over the wire.
pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n").into_bytes()
}

/// The same with content; `further` are more header lines.
pub(crate) fn post(path: &str, media_type: &str, further: &str, content: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\n{further}content-type: {media_type}\r\ncontent-length: {}\r\n\r\n",
        content.len()
    );
    [head.as_bytes(), content].concat()
}

/// A question to a responder as it goes over the wire.
pub(crate) fn ocsp_at(path: &str, question: &[u8]) -> Vec<u8> {
    post(path, "application/ocsp-request", "", question)
}

/// An OCSPResponse whose status is `successful` (RFC 6960, 4.2.1).
pub(crate) fn is_ocsp_success(content: &[u8]) -> bool {
    content.get(..7).is_some_and(|head| head.starts_with(&[0x30, 0x82]) && head.ends_with(&[0x0A, 0x01, 0x00]))
}

/// Connections, and requests in flight on each.
pub(crate) type Lanes = (usize, usize);

/// Sends the requests in turn on each connection for a time; gives the answers in a second. Each must be a 200 whose
/// content satisfies the check.
pub(crate) async fn flood(
    address: SocketAddr,
    (connections, in_flight): Lanes,
    length: Duration,
    requests: Arc<Vec<Vec<u8>>>,
    check: fn(&[u8]) -> bool,
) -> anyhow::Result<f64> {
    let begun = instant();
    let lanes: Vec<_> = (0..connections)
        .map(|lane| {
            let requests = requests.clone();
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let (mut count, mut held) = (0, vec![]);
                while begun.elapsed() < length {
                    let first = lane + count;
                    let several: Vec<u8> = requests
                        .iter()
                        .cycle()
                        .skip(first % requests.len())
                        .take(in_flight)
                        .flatten()
                        .copied()
                        .collect();
                    stream.write_all(&several).await?;
                    for _ in 0..in_flight {
                        answer(&mut stream, &mut held, check).await?;
                    }
                    count += in_flight;
                }
                anyhow::Ok(count)
            })
        })
        .collect();
    rate(lanes, begun).await
}

/// Waits for all connections; gives the answers in a second.
async fn rate(lanes: Vec<JoinHandle<anyhow::Result<usize>>>, begun: Instant) -> anyhow::Result<f64> {
    let mut count = 0;
    for lane in lanes {
        count += lane.await??;
    }
    Ok(count as f64 / seconds_since(begun))
}

/// Sends each request on a connection of its own for a time, so many at a time; gives the answers in a second.
pub(crate) async fn knock(
    address: SocketAddr,
    askers: usize,
    length: Duration,
    requests: Arc<Vec<Vec<u8>>>,
    check: fn(&[u8]) -> bool,
) -> anyhow::Result<f64> {
    let begun = instant();
    let lanes: Vec<_> = (0..askers)
        .map(|lane| {
            let requests = requests.clone();
            tokio::spawn(async move {
                let mut count = 0;
                while begun.elapsed() < length {
                    let request = requests.get((lane + count) % requests.len()).context("no request")?;
                    let mut stream = connected(address).await?;
                    stream.write_all(request).await?;
                    answer(&mut stream, &mut vec![], check).await?;
                    count += 1;
                }
                anyhow::Ok(count)
            })
        })
        .collect();
    rate(lanes, begun).await
}

async fn connected(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let begun = instant();
    loop {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) if begun.elapsed() > PATIENCE => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

/// Reads one answer and leaves what came after it.
async fn answer(stream: &mut TcpStream, held: &mut Vec<u8>, check: fn(&[u8]) -> bool) -> anyhow::Result<()> {
    loop {
        if let Some((head, end)) = whole(held)? {
            let (status, content) = (&held[..head.min(40)], &held[head..end]);
            let fine = held.starts_with(b"HTTP/1.") && held.get(8..13) == Some(b" 200 ") && check(content);
            ensure!(fine, "a wrong answer: {} {}", String::from_utf8_lossy(status), String::from_utf8_lossy(content));
            held.drain(..end);
            return Ok(());
        }
        held.reserve(PIECE);
        ensure!(stream.read_buf(held).await? > 0, "the connection was closed");
    }
}

/// Where the content of the first answer begins and ends; none before all of it is there.
fn whole(held: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(head) = held.windows(4).position(|part| part == b"\r\n\r\n") else { return Ok(None) };
    let lines = std::str::from_utf8(&held[..head])?;
    let named = |line: &&str| line.get(..LENGTH.len()).is_some_and(|name| name.eq_ignore_ascii_case(LENGTH));
    let line = lines.lines().find(named).context("an answer without its length")?;
    let length = line.get(LENGTH.len()..).unwrap_or_default();
    let (begin, length) = (head + 4, length.trim().parse::<usize>()?);
    Ok((held.len() >= begin + length).then_some((begin, begin + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_all_its_content_is_there() {
        let two = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1";
        assert_eq!(whole(two).unwrap(), Some((38, 40)));
        assert_eq!(whole(&two[..39]).unwrap(), None);
        assert!(whole(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
