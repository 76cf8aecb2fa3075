//! Answers: a page, a redirect after a POST, a file.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html as Body, IntoResponse, Redirect, Response},
};

use super::Failure;

/// A page from its template.
#[derive(Debug)]
pub struct Html<T>(pub T);

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Body(html).into_response(),
            Err(error) => Failure::from(services::Error::internal(error)).into_response(),
        }
    }
}

impl<T: Template> Html<T> {
    /// The same page as an answer to a form with faults (422).
    pub fn with_faults(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, self).into_response()
    }
}

/// The next page after a POST (303): a reload does not post again.
pub fn see_other(address: &str) -> Response {
    Redirect::to(address).into_response()
}

/// A file.
#[derive(Debug)]
pub struct Download {
    /// File name in ASCII.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
    /// Whether the browser shows it instead of saving it.
    pub inline: bool,
}

impl From<services::authority::Pickup> for Download {
    fn from(file: services::authority::Pickup) -> Self {
        Self { name: file.file_name, media_type: file.media_type, bytes: file.bytes, inline: false }
    }
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let kind = if self.inline { "inline" } else { "attachment" };
        let name: String = self.name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
        let disposition = HeaderValue::from_str(&format!("{kind}; filename=\"{name}\""));
        let mut response = self.bytes.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(disposition) = disposition {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        response
    }
}
