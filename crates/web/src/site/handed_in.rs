//! A handed-in file as an answer: whatever it holds, nothing of it runs, and no cache keeps it.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use services::uploads::Opened;

use super::Failure;

/// Nothing of a file runs, whatever a browser takes it for.
const POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox";

/// A file, shown or saved.
#[derive(Debug)]
pub struct HandedIn {
    /// The file.
    pub opened: Opened,
    /// Whether it is saved instead of shown.
    pub save: bool,
}

impl IntoResponse for HandedIn {
    fn into_response(self) -> Response {
        match headers(&self) {
            Ok(headers) => (headers, self.opened.content).into_response(),
            Err(error) => Failure::from(services::Error::internal(error)).into_response(),
        }
    }
}

fn headers(file: &HandedIn) -> Result<HeaderMap, header::InvalidHeaderValue> {
    let upload = &file.opened.upload;
    let way = if file.save { "attachment" } else { "inline" };
    let ending = upload.kind.endings().first().copied().unwrap_or_default();
    let named = format!("{way}; filename=\"{}.{ending}\"; filename*=UTF-8''{}", upload.id, encoded(&upload.name));
    let pairs: [(HeaderName, String); 4] = [
        (header::CONTENT_TYPE, upload.kind.to_string()),
        (header::CONTENT_DISPOSITION, named),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| Ok((name, HeaderValue::from_str(&value)?))).collect()
}

/// A name as RFC 8187 writes it: everything but letters, digits and a few marks as octets.
fn encoded(name: &str) -> String {
    name.bytes()
        .map(|octet| match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(octet).to_string(),
            _ => format!("%{octet:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        ids::UploadId,
        uploads::{Upload, UploadKind, UploadState, clean_name},
    };

    #[test]
    fn a_name_never_leaves_its_header() {
        let sent = "領収\"書\r\nSet-Cookie: a=b;.pdf";
        let upload = Upload {
            id: UploadId(uuid::Uuid::from_u128(7)),
            field: "receipts".to_owned(),
            name: clean_name(sent, UploadKind::Pdf),
            kind: UploadKind::Pdf,
            size: 1,
            sha256: String::new(),
            state: UploadState::Clean,
        };
        let file = HandedIn { opened: Opened { upload, content: vec![1] }, save: false };
        let headers = headers(&file).unwrap();
        let named = headers[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert_eq!(
            named,
            "inline; filename=\"00000000-0000-0000-0000-000000000007.pdf\"; \
            filename*=UTF-8''%E9%A0%98%E5%8F%8E_%E6%9B%B8%20Set-Cookie_%20a%3Db%3B.pdf"
        );
        assert_eq!(headers[header::CONTENT_TYPE], "application/pdf");
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("sandbox"));
        assert_eq!(headers[header::CACHE_CONTROL], "private, no-store");
    }
}
