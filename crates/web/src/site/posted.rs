//! A posted form whose CSRF token was checked.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
    http::{HeaderMap, StatusCode, header},
};
use domain::forms::{Answers, Input};
use services::secrets::same;

use super::{Failure, Site, Visit};

/// Longest form without files in octets, on every page: what is read before it is known who sends it.
pub(crate) const LARGEST_FORM: usize = 1024 * 1024;
/// Longest form with a file that is read whole, on the pages that take one.
pub(super) const LARGEST_WITH_FILE: usize = 32 * 1024 * 1024;
/// Most fields of a form: a pair of two octets takes eighty once it is apart.
pub(super) const MOST_PARTS: usize = 2_000;

/// A posted form. Taking it apart as an argument checks its CSRF token first.
#[derive(Debug, Default)]
pub struct Posted {
    fields: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
}

impl Posted {
    /// The value of a field, or the empty text.
    pub fn get(&self, key: &str) -> &str {
        self.fields.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    /// All values of a field.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// All fields as they were sent.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The content of an uploaded file; none when nothing was chosen.
    pub fn file(&self, key: &str) -> Option<&[u8]> {
        self.files.iter().find(|(name, bytes)| name == key && !bytes.is_empty()).map(|(_, bytes)| bytes.as_slice())
    }

    /// The fields as answers of a form; several values of one key are joined, as ticked boxes are.
    pub fn answers(&self) -> Answers {
        let mut joined = BTreeMap::<&str, String>::new();
        for (key, value) in self.fields.iter().filter(|(_, value)| !value.is_empty()) {
            let all = joined.entry(key).or_default();
            if !all.is_empty() {
                all.push_str(Input::AND);
            }
            all.push_str(value);
        }
        joined.into_iter().collect()
    }

    /// Adds a field.
    pub(super) fn push(&mut self, key: String, value: &str) {
        self.fields.push((key, storable(value)));
    }

    /// A number in a field.
    pub fn number(&self, key: &str) -> Option<i64> {
        self.get(key).parse().ok()
    }
}

pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"))
}

/// Reads a form with files. Of one that nobody sends who is logged in, no more is held than of a form without files: its page
/// stood open for too long.
async fn read_multipart(request: Request, (site, logged_in): (&Site, bool)) -> Result<Posted, Failure> {
    let mut multipart = Multipart::from_request(request, site).await.map_err(|_| Failure::Unreadable)?;
    let most = if logged_in { LARGEST_WITH_FILE } else { LARGEST_FORM };
    let (mut posted, mut length) = (Posted::default(), 0);
    for _ in 0..=MOST_PARTS {
        let Some(mut part) = multipart.next_field().await.map_err(|fault| refused(fault.status()))? else {
            return if length > most { Err(Failure::StaleForm) } else { Ok(posted) };
        };
        let (name, is_file) = (part.name().unwrap_or_default().to_owned(), part.file_name().is_some());
        let mut content = vec![];
        while let Some(piece) = part.chunk().await.map_err(|fault| refused(fault.status()))? {
            length += piece.len();
            if length <= most {
                content.extend_from_slice(&piece);
            }
        }
        if is_file {
            posted.files.push((name, content));
        } else {
            posted.push(name, &String::from_utf8_lossy(&content));
        }
    }
    Err(Failure::TooLarge)
}

/// What the framework did not read, by the status it would have answered.
fn refused(status: StatusCode) -> Failure {
    if status == StatusCode::PAYLOAD_TOO_LARGE { Failure::TooLarge } else { Failure::Unreadable }
}

impl FromRequest<Site> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Failure> {
        match Typed::from_request(request, site).await? {
            Typed { posted, fresh: true } => Ok(posted),
            Typed { fresh: false, .. } => Err(Failure::StaleForm),
        }
    }
}

/// A posted form that only keeps what was typed. A page that stood open while its person logged in again elsewhere
/// carries an old token; what it sends is taken if the browser says that a page of this very portal sent it.
#[derive(Debug)]
pub struct Typed {
    posted: Posted,
    fresh: bool,
}

impl Typed {
    /// What was sent.
    pub fn into_posted(self) -> Posted {
        self.posted
    }
}

impl FromRequest<Site> for Typed {
    type Rejection = Failure;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let visit = <Visit as axum::extract::FromRequestParts<Site>>::from_request_parts(&mut parts, site).await?;
        let from_here = is_from_here(&parts.headers, &site.app.settings.portal_url);
        let mut request = Request::from_parts(parts, body);
        let posted = if is_multipart(request.headers()) {
            read_multipart(request, (site, visit.begun().is_some())).await?
        } else {
            DefaultBodyLimit::max(LARGEST_FORM).apply(&mut request);
            let body = Bytes::from_request(request, site).await.map_err(|fault| refused(fault.status()))?;
            Posted { fields: pairs(&body)?, files: vec![] }
        };
        let fresh = same(posted.get("csrf"), &visit.csrf);
        if fresh || from_here { Ok(Self { posted, fresh }) } else { Err(Failure::StaleForm) }
    }
}

/// Whether the browser says that a page of this portal sent the request (`Origin`, RFC 6454): no page elsewhere can.
pub(super) fn is_from_here(headers: &HeaderMap, portal: &str) -> bool {
    let Some((scheme, rest)) = portal.split_once("://") else { return false };
    let own = format!("{scheme}://{}", rest.split('/').next().unwrap_or_default());
    headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes() == own.as_bytes())
}

/// Pairs of an `application/x-www-form-urlencoded` body; text that is not UTF-8 is replaced, never refused.
fn pairs(body: &[u8]) -> Result<Vec<(String, String)>, Failure> {
    let mut pairs = form_urlencoded::parse(body).map(|(key, value)| (key.into_owned(), storable(&value)));
    let taken = pairs.by_ref().take(MOST_PARTS).collect();
    if pairs.next().is_some() { Err(Failure::TooLarge) } else { Ok(taken) }
}

/// Text without NUL, which PostgreSQL cannot even compare; the rules then name the mark that stands in its place.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_a_page_of_this_portal_is_from_here() {
        let from = |origin: &'static str, portal: &str| {
            is_from_here(&HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]), portal)
        };
        assert!(from("https://portal.example", "https://portal.example"));
        assert!(from("http://127.0.0.1:8080", "http://127.0.0.1:8080/"));
        for origin in ["http://portal.example", "https://portal.example:8443", "https://elsewhere.example", "null", ""]
        {
            assert!(!from(origin, "https://portal.example"), "{origin}");
        }
        assert!(!is_from_here(&HeaderMap::new(), "https://portal.example"), "a browser that says nothing");
    }

    #[test]
    fn what_is_no_text_is_replaced_and_never_refused() {
        let fields = pairs(b"email=a%00b&name=%FF%F0&csrf=x").unwrap();
        let values: Vec<&str> = fields.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["a\u{fffd}b", "\u{fffd}\u{fffd}", "x"]);
    }

    #[test]
    fn more_pairs_than_any_form_has_are_not_even_taken_apart() {
        assert_eq!(pairs("a&".repeat(MOST_PARTS).as_bytes()).unwrap().len(), MOST_PARTS);
        assert!(matches!(pairs("a&".repeat(MOST_PARTS + 1).as_bytes()), Err(Failure::TooLarge)));
    }

    #[test]
    fn ticked_boxes_are_joined_in_their_order() {
        let fields = pairs(b"b=2&a=x&b=&b=1&c=&b=2").unwrap();
        let answers = Posted { fields, files: vec![] }.answers();
        assert_eq!(answers.iter().collect::<Vec<_>>(), [("a", "x"), ("b", "2+1+2")]);
    }
}
