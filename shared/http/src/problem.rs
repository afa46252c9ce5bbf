//! Problem details (RFC 9457): the one place where a refusal becomes an answer.
//!
//! What an answer says is written here or in an error type of ours; nothing internal is ever passed on.

use crate::Response;
use crate::notice::Reason;
use crate::pages::{self, ProblemPage, Shell};
use crate::response;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;
use vms_core::FailureClass;
use vms_store::StoreError;

/// An answer other than what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    header: Option<(&'static str, String)>,
    reason: Reason,
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
        let reason = if status.is_server_error() { Reason::Unavailable } else { Reason::Form };
        Self { status, kind, title, detail: detail.into(), header: None, reason }
    }

    fn with(self, name: &'static str, value: &str) -> Self {
        Self { header: Some((name, value.to_owned())), ..self }
    }

    /// The same, with the words in which a page tells it.
    pub(crate) fn told_as(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }

    /// In which words a page tells it.
    pub(crate) fn reason(&self) -> Reason {
        self.reason
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

    /// 403: a session's cookie came along with a request that no page of ours sent.
    pub fn cross_site() -> Self {
        let detail = "what a session changes must be sent by a page of this site, and the browser must say so";
        Self::new(StatusCode::FORBIDDEN, "cross-site", "The request comes from elsewhere", detail)
    }

    /// 404: no such route.
    pub fn no_such_route() -> Self {
        let detail = "nothing is served under this path";
        Self::new(StatusCode::NOT_FOUND, "no-such-route", "There is no such route", detail)
    }

    /// 404: the key is no report's.
    pub fn unknown_report(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown-report", "There is no such report", detail)
            .told_as(Reason::UnknownReport)
    }

    /// 404: a report of that key may exist, but is not in the cache.
    pub fn not_cached() -> Self {
        let detail = "this report is not in the cache; an operator can build it with: vms-cache refresh --report KEY";
        Self::new(StatusCode::NOT_FOUND, "not-cached", "The report is not in the cache", detail)
            .told_as(Reason::NotCached)
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
        let detail = "send application/json, or application/x-www-form-urlencoded as a form does";
        let title = "The body is neither JSON nor a form";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", title, detail)
    }

    /// 422: the versions are too large to be compared within the memory of a function.
    pub fn too_large_to_compare() -> Self {
        let detail = "versions of more than 16 MB together are not compared";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too-large-to-compare", "The versions are too large", detail)
    }

    /// 500: what is stored is not what was written, so it is not served.
    pub fn damaged() -> Self {
        let detail = "what is stored is not what was published, so it is not served; an operator can have it built \
                      anew with: vms-cache refresh --report KEY --force";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "damaged", "What is stored is damaged", detail)
    }

    /// 431: the headers are too large.
    pub fn headers_too_large() -> Self {
        let detail = "a request has at most 100 header fields, and 16 KiB of them";
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        Self::new(status, "headers-too-large", "The headers are too large", detail)
    }

    /// 503: the store, or another part, does not answer now.
    pub fn unavailable() -> Self {
        let detail = "the cache cannot be reached at the moment; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The cache is not available", detail)
            .with("retry-after", "5")
    }

    /// 503: of the refreshes that were asked for together, these could not be handed over; the others run.
    pub fn not_all_asked(asked: &[&str], left: &[&str]) -> Self {
        let names = left.join(", ");
        let (reason, what) = match asked {
            [] => (Reason::Unavailable, format!("could not ask for {names}")),
            asked => (Reason::NotAllAsked, format!("asked for {}, but not for {names}", asked.join(", "))),
        };
        let why = "the cache, or what refreshes it, cannot be reached at the moment; try again shortly";
        let detail = format!("{what}: {why}");
        Self { detail, ..Self::unavailable() }.told_as(reason)
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
        let response = response::with_body(self.status, PROBLEM, json);
        self.with_header(response)
    }

    /// The same as a page, for who came with a browser.
    pub(crate) fn into_page(self, shell: Shell) -> Response {
        let (status, title, detail) = (self.status.as_u16(), self.title, self.detail.clone());
        let page = ProblemPage { shell, status, title, detail };
        let response = response::page(self.status, &pages::problem(&page));
        self.with_header(response)
    }

    fn with_header(self, mut response: Response) -> Response {
        if let Some((name, value)) = self.header
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A reader can only try again, save where what is stored is damaged and stays so; the log says which failure it was.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error_class = error.class().as_str(), error = %error, "the store failed");
        match error.class() {
            FailureClass::VerifyMismatch => Self::damaged(),
            _ => Self::unavailable(),
        }
    }
}
