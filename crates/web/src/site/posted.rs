//! A posted form whose CSRF token was checked.

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, StatusCode, header},
};
use domain::forms::{Answers, Input};
use services::secrets::same;

use super::{Failure, Site, Visit};

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
        let mut answers = Answers::new();
        for (key, value) in self.fields.iter().filter(|(_, value)| !value.is_empty()) {
            let joined = match answers.get(key) {
                "" => value.clone(),
                before => format!("{before}{}{value}", Input::AND),
            };
            answers.set(key.clone(), joined);
        }
        answers
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

async fn read_multipart(request: Request, site: &Site) -> Result<Posted, Failure> {
    let mut multipart = Multipart::from_request(request, site).await.map_err(|_| Failure::Unreadable)?;
    let mut posted = Posted::default();
    while let Some(part) = multipart.next_field().await.map_err(|fault| refused(fault.status()))? {
        let name = part.name().unwrap_or_default().to_owned();
        if part.file_name().is_some() {
            posted.files.push((name, part.bytes().await.map_err(|fault| refused(fault.status()))?.to_vec()));
        } else {
            let value = part.bytes().await.map_err(|fault| refused(fault.status()))?;
            posted.fields.push((name, storable(&String::from_utf8_lossy(&value))));
        }
    }
    Ok(posted)
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
        let request = Request::from_parts(parts, body);
        let posted = if is_multipart(request.headers()) {
            read_multipart(request, site).await?
        } else {
            let body = Bytes::from_request(request, site).await.map_err(|fault| refused(fault.status()))?;
            Posted { fields: pairs(&body), files: vec![] }
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
fn pairs(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).map(|(key, value)| (key.into_owned(), storable(&value))).collect()
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
        let fields = pairs(b"email=a%00b&name=%FF%F0&csrf=x");
        let values: Vec<&str> = fields.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["a\u{fffd}b", "\u{fffd}\u{fffd}", "x"]);
    }
}
