//! Pictures and attachments of articles.

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{content::files::FileKind, ids::FileId};
use services::{
    Error,
    content::{self, OpenedFile},
    rows::ArticleFile,
};

use crate::site::{Failure, Visit};

/// Nothing of a file runs, whatever a browser takes it for.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
/// The content of an address never changes.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// A file: a picture is shown, everything else is saved.
pub(super) async fn show(
    visit: Visit,
    Path((id, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let id: FileId = id.parse().map_err(|_| Error::NotFound)?;
    let tag = format!("\"{id}\"");
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let OpenedFile { file, content } = content::open_file(&visit.ctx(), id, known).await?;
    if file.name != name {
        return Err(Error::NotFound.into());
    }
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { content.into_response() };
    for (name, value) in about(&file, &tag) {
        response.headers_mut().insert(name, HeaderValue::from_str(&value).map_err(services::Error::internal)?);
    }
    Ok(response)
}

fn about(file: &ArticleFile, tag: &str) -> Vec<(header::HeaderName, String)> {
    let picture = file.kind.parse::<FileKind>().is_ok_and(FileKind::is_picture);
    let way = if picture { "inline" } else { "attachment" };
    let title: String = form_urlencoded::byte_serialize(file.title.as_bytes()).collect();
    let ending = file.name.rsplit('.').next().unwrap_or_default();
    // RFC 8187: what a space is in forms is none here.
    let title = title.replace('+', "%20").replace('*', "%2A");
    let named = format!("{way}; filename=\"{}\"; filename*=UTF-8''{title}.{ending}", file.name);
    vec![
        (header::CONTENT_TYPE, file.kind.clone()),
        (header::CONTENT_DISPOSITION, named),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::CACHE_CONTROL, if file.is_public { FOR_GOOD.to_owned() } else { "private, no-store".to_owned() }),
        (header::ETAG, tag.to_owned()),
    ]
}
