//! Problem details (RFC 9457): the one place where a refusal becomes an answer.
//!
//! What an answer says is written here or in an error type of ours; nothing internal is ever passed on.

use crate::Response;
use crate::response;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;
use vms_store::StoreError;

/// An answer other than what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    header: Option<(&'static str, String)>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, title, detail: detail.into(), header: None }
    }

    fn with(self, name: &'static str, value: &str) -> Self {
        Self { header: Some((name, value.to_owned())), ..self }
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "The request cannot be understood", detail)
    }

    /// 401: no key, or one that is unknown or revoked; which of these is not told.
    pub fn unauthorized() -> Self {
        let detail = "send a valid API key as: Authorization: Bearer <key>";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "A valid API key is needed", detail)
            .with("www-authenticate", "Bearer")
    }

    /// 403: the key is a reader's.
    pub fn forbidden() -> Self {
        let detail = "this route needs a key with the role operator";
        Self::new(StatusCode::FORBIDDEN, "forbidden", "The key may not do this", detail)
    }

    /// 404: no such route.
    pub fn no_such_route() -> Self {
        let detail = "nothing is served under this path";
        Self::new(StatusCode::NOT_FOUND, "no-such-route", "There is no such route", detail)
    }

    /// 404: the key is no report's.
    pub fn unknown_report(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown-report", "There is no such report", detail)
    }

    /// 404: a report of that key may exist, but is not in the cache.
    pub fn not_cached() -> Self {
        let detail = "this report is not in the cache; an operator can build it with: vms-cache refresh --report KEY";
        Self::new(StatusCode::NOT_FOUND, "not-cached", "The report is not in the cache", detail)
    }

    /// 404: no such run.
    pub fn unknown_run() -> Self {
        let detail = "the ledger has no run of this id; runs are kept for 90 days";
        Self::new(StatusCode::NOT_FOUND, "unknown-run", "There is no such run", detail)
    }

    /// 404: the report has no such version, or none any more.
    pub fn no_such_version(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "no-such-version", "There is no such version", detail)
    }

    /// 405: the route exists for other methods.
    pub fn method_not_allowed(allowed: &[Method]) -> Self {
        let names: Vec<_> = allowed.iter().map(Method::as_str).collect();
        let detail = format!("this route takes {}", names.join(", "));
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "The method is not allowed here", detail)
            .with("allow", &names.join(", "))
    }

    /// 406: the body is too large to be sent unpacked.
    pub fn needs_gzip() -> Self {
        let detail = "this report is larger than 5 MB; send accept-encoding: gzip";
        Self::new(StatusCode::NOT_ACCEPTABLE, "needs-gzip", "The report is only sent compressed", detail)
    }

    /// 409: as the report stands, this cannot be done with it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "This cannot be done as the report stands", detail)
    }

    /// 413: the body is too large.
    pub fn too_large() -> Self {
        let detail = "a request body has at most 64 KiB";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request is too large", detail)
    }

    /// 415: the body is not of a known form.
    pub fn unsupported_media_type() -> Self {
        let detail = "send application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body is not JSON", detail)
    }

    /// 422: the versions are too large to be compared within the memory of a function.
    pub fn too_large_to_compare() -> Self {
        let detail = "versions of more than 16 MB together are not compared";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too-large-to-compare", "The versions are too large", detail)
    }

    /// 503: the store, or another part, does not answer now.
    pub fn unavailable() -> Self {
        let detail = "the cache cannot be reached at the moment; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The cache is not available", detail)
            .with("retry-after", "5")
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer to a request for `path`.
    pub fn into_response(self, path: &str) -> Response {
        let body = Body {
            r#type: format!("/problems/{}", self.kind),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            instance: path,
        };
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = response::with_body(self.status, PROBLEM, json);
        if let Some((name, value)) = self.header
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Whatever the store's failure, its reader can only try again; the log says which it was.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error_class = error.class().as_str(), error = %error, "the store failed");
        Self::unavailable()
    }
}
