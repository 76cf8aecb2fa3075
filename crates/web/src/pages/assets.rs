//! Static files, for good in the browser's cache: their address changes with their content.

use axum::{
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use services::Error;

use crate::{
    site::{Access, Failure, Routes},
    view::assets,
};

pub(super) fn routes() -> Routes {
    Routes::default().get("/assets/{version}/{*path}", Access::Public, asset).get(
        "/favicon.ico",
        Access::Public,
        favicon,
    )
}

pub(super) async fn asset(Path((_, path)): Path<(String, String)>) -> Result<Response, Failure> {
    let asset = assets::find(&path).ok_or(Error::NotFound)?;
    let mut response = asset.body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Ok(response)
}

async fn favicon() -> Result<Response, Failure> {
    asset(Path((String::new(), "img/favicon.svg".to_owned()))).await
}
