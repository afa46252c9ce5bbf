//! The forms that every answer shares.

use crate::Response;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use maud::Markup;
use serde::Serialize;

/// The content type of pages.
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// The content type of JSON.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An answer that nobody may keep.
pub(crate) fn with_body(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_else(|_| b"{}".to_vec());
    with_body(status, JSON, body)
}

/// A page.
pub(crate) fn page(status: StatusCode, markup: &Markup) -> Response {
    with_body(status, HTML, markup.0.clone())
}

/// The way to another page.
pub(crate) fn see_other(path: &str) -> Response {
    let mut response = with_body(StatusCode::SEE_OTHER, HTML, Bytes::new());
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, location);
    response
}
