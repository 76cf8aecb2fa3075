//! A client of ICAP (RFC 3507): one file, one connection, one answer. Servers disagree on how they say that they found
//! something, so everything but 「unchanged」 counts as found.

use std::time::Duration;

use domain::{ids::UploadId, uploads::UploadKind};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::Verdict;

/// Longest head of an answer in octets.
const LONGEST_HEAD: usize = 64 * 1024;
/// Octets of an answer beyond those of the file.
const ROOM: usize = 1024 * 1024;
/// Octets of a chunk.
const CHUNK: usize = 64 * 1024;
/// Where servers name what they found, in the order of how much they tell.
const FINDINGS: [&str; 4] = ["x-infection-found", "x-virus-id", "x-violations-found", "x-virus-name"];

/// What a file is shown as to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcapMethod {
    /// As an answer that is on its way to a browser.
    Respmod,
    /// As a request that is on its way to a server.
    Reqmod,
}

/// A server that scans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IcapScan {
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Name of the service, without a slash before it.
    pub service: String,
    /// What a file is shown as.
    pub method: IcapMethod,
    /// How long it may take.
    pub within: Duration,
}

impl IcapScan {
    /// The server and service of `icap://host:port/service`; none when it is no such address.
    pub fn at(url: &str, method: IcapMethod, within: Duration) -> Option<Self> {
        let (place, service) = url.strip_prefix("icap://")?.split_once('/')?;
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (place, 1344),
        };
        let odd = |text: &str| text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control());
        if odd(host) || odd(service) || port == 0 {
            return None;
        }
        Some(Self { host: host.to_owned(), port, service: service.to_owned(), method, within })
    }

    /// Scans a file; the reason when there is no answer.
    pub(super) async fn scan(&self, id: UploadId, kind: UploadKind, content: &[u8]) -> Result<Verdict, String> {
        match tokio::time::timeout(self.within, self.ask(id, kind, content)).await {
            Ok(answered) => judge(&answered?, content),
            Err(_) => Err(format!("no answer within {} seconds", self.within.as_secs())),
        }
    }

    async fn ask(&self, id: UploadId, kind: UploadKind, content: &[u8]) -> Result<Answer, String> {
        let place = self.host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((place, self.port)).await.map_err(|error| error.to_string())?;
        let (from, to) = stream.into_split();
        let head = self.head(id, kind, content.len());
        let (send, read) = (send(to, &head, content), answer(from, content.len() + ROOM));
        // A server may answer before it has read everything, and stop reading.
        tokio::pin!(send, read);
        let sent = tokio::select! {
            sent = &mut send => sent,
            answer = &mut read => return answer,
        };
        let answered = read.await;
        match (sent, answered) {
            (Err(error), Err(_)) => Err(error.to_string()),
            (_, answered) => answered,
        }
    }

    /// The head of the question: ICAP's own, and the heads of the request and answer of HTTP that it is about.
    fn head(&self, id: UploadId, kind: UploadKind, length: usize) -> String {
        let about = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
        let (word, http, places) = match self.method {
            IcapMethod::Respmod => {
                let request = format!("GET /uploads/{id} HTTP/1.1\r\nHost: madoguchi.invalid\r\n\r\n");
                let answer = format!("HTTP/1.1 200 OK\r\n{about}");
                let places = format!("req-hdr=0, res-hdr={}, res-body={}", request.len(), request.len() + answer.len());
                ("RESPMOD", request + &answer, places)
            }
            IcapMethod::Reqmod => {
                let request = format!("PUT /uploads/{id} HTTP/1.1\r\nHost: madoguchi.invalid\r\n{about}");
                let places = format!("req-hdr=0, req-body={}", request.len());
                ("REQMOD", request, places)
            }
        };
        let (host, port, service) = (&self.host, self.port, &self.service);
        format!(
            "{word} icap://{host}:{port}/{service} ICAP/1.0\r\nHost: {host}:{port}\r\nUser-Agent: Madoguchi\r\nAllow: 204\r\n\
            Connection: close\r\nEncapsulated: {places}\r\n\r\n{http}"
        )
    }
}

/// Sends a question: its heads, and the file in chunks. The connection stays open for the answer.
async fn send(mut to: OwnedWriteHalf, head: &str, content: &[u8]) -> std::io::Result<OwnedWriteHalf> {
    to.write_all(head.as_bytes()).await?;
    for chunk in content.chunks(CHUNK) {
        to.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await?;
        to.write_all(chunk).await?;
        to.write_all(b"\r\n").await?;
    }
    to.write_all(b"0\r\n\r\n").await?;
    to.flush().await?;
    Ok(to)
}

/// Reads an answer of so many octets at most.
async fn answer(mut from: OwnedReadHalf, most: usize) -> Result<Answer, String> {
    let (mut text, mut piece) = (vec![], vec![0; CHUNK]);
    loop {
        if let Some(answer) = Answer::of(&text)? {
            return Ok(answer);
        }
        let count = from.read(&mut piece).await.map_err(|error| error.to_string())?;
        if count == 0 {
            return Err("the server ended in the middle of its answer".to_owned());
        }
        text.extend_from_slice(&piece[..count]);
        if text.len() > most {
            return Err("the answer is too long".to_owned());
        }
    }
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    /// What it names as found.
    found: Option<String>,
    /// Whether it answers a request with an answer of its own: a page that says no.
    refuses: bool,
    /// The file as it lets it pass.
    body: Option<Vec<u8>>,
}

impl Answer {
    /// The answer in what was read so far; none while it is not whole.
    fn of(text: &[u8]) -> Result<Option<Self>, String> {
        let Some(end) = place(text, b"\r\n\r\n") else {
            return if text.len() > LONGEST_HEAD { Err("its head is too long".to_owned()) } else { Ok(None) };
        };
        let (head, rest) = (String::from_utf8_lossy(&text[..end]), &text[end + 4..]);
        let mut lines = head.split("\r\n");
        let status = status_of(lines.next().unwrap_or_default(), "ICAP/1.0").ok_or("this is no answer of ICAP")?;
        if status == 100 {
            return Self::of(rest);
        }
        let headers: Vec<(String, &str)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()))
            .collect();
        let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        let found = FINDINGS.iter().find_map(|name| header(name)).map(threat);
        let parts = parts(header("encapsulated").unwrap_or_default());
        if status == 204 || parts.is_empty() {
            return Ok(Some(Self { status, found, refuses: false, body: None }));
        }
        Self::with_parts(status, found, &parts, rest)
    }

    fn with_parts(
        status: u16,
        found: Option<String>,
        parts: &[(String, usize)],
        rest: &[u8],
    ) -> Result<Option<Self>, String> {
        let at = |name: &str| parts.iter().find(|(known, _)| known == name).map(|(_, place)| *place);
        let (body, last) = (at("res-body").or(at("req-body")), parts.iter().map(|(_, place)| *place).max());
        let Some(heads) = rest.get(..last.unwrap_or(0)) else { return Ok(None) };
        let http = at("res-hdr").and_then(|place| heads.get(place..));
        let http = http.map(|text| String::from_utf8_lossy(text).lines().next().unwrap_or_default().to_owned());
        let refuses = http.is_some_and(|line| status_of(&line, "HTTP/1").is_none_or(|status| status >= 300));
        let body = match body {
            None => None,
            Some(place) => match unchunked(rest.get(place..).unwrap_or_default())? {
                None => return Ok(None),
                whole => whole,
            },
        };
        Ok(Some(Self { status, found, refuses, body }))
    }
}

/// What the answer means: only a file that passes as it is is clean.
fn judge(answer: &Answer, content: &[u8]) -> Result<Verdict, String> {
    if let Some(found) = &answer.found {
        return Ok(Verdict::Infected(found.clone()));
    }
    match answer.status {
        204 => Ok(Verdict::Clean),
        200 | 201 if answer.refuses => Ok(Verdict::Infected("（名前なし）".to_owned())),
        200 | 201 => match &answer.body {
            Some(body) if body == content => Ok(Verdict::Clean),
            _ => Ok(Verdict::Infected("（内容が置き換えられました）".to_owned())),
        },
        status => Err(format!("the server answered {status}")),
    }
}

fn place(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|part| part == word)
}

fn status_of(line: &str, protocol: &str) -> Option<u16> {
    let mut words = line.split_ascii_whitespace();
    words.next().filter(|word| word.starts_with(protocol))?;
    words.next()?.parse().ok()
}

/// `Type=0; Resolution=2; Threat=Eicar;` names the threat; other servers name it alone.
fn threat(value: &str) -> String {
    let named = value.split(';').find_map(|part| part.trim().strip_prefix("Threat="));
    named.unwrap_or(value).to_owned()
}

/// The parts of what is encapsulated, each with its place (RFC 3507, 4.4.1).
fn parts(value: &str) -> Vec<(String, usize)> {
    let part = |part: &str| {
        let (name, place) = part.split_once('=')?;
        Some((name.trim().to_ascii_lowercase(), place.trim().parse().ok()?))
    };
    value.split(',').filter_map(part).collect()
}

/// The content of chunks (RFC 9112, 7.1); none while the last one is missing.
fn unchunked(mut text: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut content = vec![];
    loop {
        let Some(end) = place(text, b"\r\n") else { return Ok(None) };
        let line = String::from_utf8_lossy(&text[..end]);
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| "a chunk has no length".to_owned())?;
        if size == 0 {
            return Ok(Some(content));
        }
        let Some(chunk) = text.get(end + 2..(end + 2).saturating_add(size)) else { return Ok(None) };
        content.extend_from_slice(chunk);
        text = text.get(end + 2 + size + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> Result<Verdict, String> {
        judge(&Answer::of(text.as_bytes())?.ok_or("not whole")?, b"hello")
    }

    const PASSED: &str = "ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";

    #[test]
    fn only_a_file_that_passes_as_it_is_is_clean() {
        assert_eq!(verdict("ICAP/1.0 204 No Content\r\n\r\n"), Ok(Verdict::Clean));
        assert_eq!(verdict("ICAP/1.0 100 Continue\r\n\r\nICAP/1.0 204 No Content\r\n\r\n"), Ok(Verdict::Clean));
        assert_eq!(verdict(&format!("{PASSED}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")), Ok(Verdict::Clean));
        assert!(matches!(verdict(&format!("{PASSED}2\r\nhe\r\n0\r\n\r\n")), Ok(Verdict::Infected(_))));
    }

    #[test]
    fn what_was_found_is_named() {
        let named = verdict("ICAP/1.0 204 x\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar;\r\n\r\n");
        assert_eq!(named, Ok(Verdict::Infected("Eicar".to_owned())));
        let page = "ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, null-body=26\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n";
        assert!(matches!(verdict(page), Ok(Verdict::Infected(_))));
    }

    #[test]
    fn an_answer_that_is_none_is_tried_again() {
        for odd in ["ICAP/1.0 404 Service not found\r\n\r\n", "ICAP/1.0 503 Busy\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
            assert!(verdict(odd).is_err(), "{odd}");
        }
        assert_eq!(Answer::of(format!("{PASSED}5\r\nhel").as_bytes()), Ok(None), "the rest is awaited");
        assert_eq!(Answer::of(b"ICAP/1.0 2"), Ok(None));
        assert!(Answer::of(format!("{PASSED}zz\r\n").as_bytes()).is_err());
    }

    #[test]
    fn an_address_names_host_port_and_service() {
        let at =
            |url| IcapScan::at(url, IcapMethod::Respmod, Duration::from_secs(1)).map(|s| (s.host, s.port, s.service));
        assert_eq!(at("icap://scan.example:1345/avscan"), Some(("scan.example".into(), 1345, "avscan".into())));
        assert_eq!(at("icap://[::1]/srv_clamav"), Some(("[::1]".into(), 1344, "srv_clamav".into())));
        for odd in ["http://a/b", "icap://a", "icap:///b", "icap://a:x/b", "icap://a:0/b", "icap://a/b\r\nX: y"] {
            assert_eq!(at(odd), None, "{odd}");
        }
    }
}
