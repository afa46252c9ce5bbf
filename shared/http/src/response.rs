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

/// What a page may load, and whom it may talk to: this site alone, and no script or style within the page itself.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// A page.
pub(crate) fn page(status: StatusCode, markup: &Markup) -> Response {
    let mut response = with_body(status, HTML, markup.0.clone());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// The way to another page.
pub(crate) fn see_other(path: &str) -> Response {
    let mut response = with_body(StatusCode::SEE_OTHER, HTML, Bytes::new());
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, location);
    response
}
