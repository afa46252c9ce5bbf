//! Cached reports: the list, and each report as it is stored, with an honest age.

use crate::body_cache::BodyCache;
use crate::context::Context;
use crate::listing::Wanted;
use crate::problem::Problem;
use crate::query::Query;
use crate::response::{self, JSON};
use crate::routes::{Function, Route};
use crate::{Handle, Request, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::io::Read as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use vms_core::{CacheType, Entry, Freshness, ReportKey, RequestFigures, RequestMeter, SchoolYear, Seen, State};
use vms_store::{Read, StoreError, Table, codec};

/// The most JSON that is sent unpacked: Lambda answers with at most 6 MB.
const MOST_UNPACKED: u64 = 5_000_000;
/// How long a reader may go without asking again: a manual refresh shows within that.
const RECHECK_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// The handler of the reports function.
pub struct Reports<T> {
    context: Context<T>,
    bodies: BodyCache,
    meter: Option<Arc<dyn RequestMeter>>,
}

#[derive(Serialize)]
struct List {
    reports: Vec<Listed>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    key: ReportKey,
    cache_type: CacheType,
    title: String,
    last_updated: Timestamp,
    generated_at: Timestamp,
    source_taken_at: Timestamp,
    state: State,
    etag: String,
    bytes: u64,
}

impl Listed {
    fn of(entry: Entry, state: State) -> Self {
        Self {
            cache_type: entry.cache_type(),
            title: entry.title,
            last_updated: entry.last_updated,
            generated_at: entry.current.generated_at,
            source_taken_at: entry.source_taken_at,
            state,
            etag: entry.current.etag.0,
            bytes: entry.current.bytes,
            key: entry.report_key,
        }
    }
}

impl<T: Table> Handle for Reports<T> {
    async fn handle(&self, request: &Request) -> Response {
        let (started, seen) = (Instant::now(), OnceLock::new());
        let response = self
            .context
            .frame(Function::Reports, request, async |call| match call.route {
                Route::ReportList => self.list(request).await,
                Route::Report => self.report(request, &call.variable, &seen).await,
                _ => Err(Problem::no_such_route()),
            })
            .await;
        self.count(&response, seen.get().copied(), started.elapsed());
        response
    }

    async fn warm_up(&self) {
        self.context.warm_up().await;
    }
}

impl<T: Table> Reports<T> {
    /// A handler over that context.
    pub fn new(context: Context<T>) -> Self {
        Self { context: context.by_key_alone(), bodies: BodyCache::default(), meter: None }
    }

    /// The same, with its requests counted there.
    #[must_use]
    pub fn metered(self, meter: Arc<dyn RequestMeter>) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// Notes a request, unless it was refused: who asks for what is not there, or not theirs, moves no rate.
    fn count(&self, response: &Response, seen: Option<Seen>, duration: Duration) {
        let is_refused = response.status().is_client_error() && seen.is_none();
        let Some(meter) = self.meter.as_ref().filter(|_| !is_refused) else { return };
        let request_id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let failed = response.status().is_server_error();
        meter.note(&RequestFigures { request_id, at: self.context.now(), seen, failed, duration });
    }

    async fn list(&self, request: &Request) -> Result<Response, Problem> {
        let query = Query::of(request, &["cache_type", "state", "school_year", "limit", "cursor"])?;
        let (wanted, limit) = (Wanted::of(&query)?, query.limit(100, 1000)?);
        let found = wanted.find(&self.context, query.parsed("cursor")?, limit).await?;
        let reports = found.reports.into_iter().map(|(entry, state)| Listed::of(entry, state)).collect();
        Ok(response::json(StatusCode::OK, &List { reports, next_cursor: found.next_cursor }))
    }

    /// Answers with a report, and tells what its reader saw of it, where that counts.
    async fn report(&self, request: &Request, key: &str, seen: &OnceLock<Seen>) -> Result<Response, Problem> {
        let key: ReportKey = key.parse().map_err(|e: vms_core::KeyError| Problem::unknown_report(e.to_string()))?;
        let Some(mut entry) = self.context.store.entry(&key, Read::Eventual).await? else {
            // A subject that is not there may be one that no plan knows.
            let is_planned = key.is_always_planned_in(current_year(self.context.now()));
            note(seen, is_planned.then_some(Seen::Missed));
            return Err(Problem::not_cached());
        };
        let encoding = Encoding::wanted(request.headers());
        let mut judged = self.context.judge(&entry);
        if is_known(request.headers(), &etag_text(&entry, encoding)) {
            let mut response = response::with_body(StatusCode::NOT_MODIFIED, JSON, Bytes::new());
            response.headers_mut().remove(header::CONTENT_TYPE);
            self.describe(response.headers_mut(), &entry, encoding, &judged);
            note(seen, Seen::of(judged.state));
            return Ok(response);
        }
        if encoding == Encoding::Identity && entry.current.bytes > MOST_UNPACKED {
            return Err(Problem::needs_gzip());
        }
        let torn = || {
            note(seen, Some(Seen::Missed));
            Problem::unavailable()
        };
        let is_head = *request.method() == Method::HEAD;
        let body = if is_head {
            Bytes::new()
        } else {
            let stored = if let Some(body) = self.body(&entry).await? {
                body
            } else {
                // The version was replaced and cleared between our two reads; the entry knows its successor.
                let successor = self.context.store.entry(&key, Read::Consistent).await?;
                entry = successor.ok_or_else(Problem::not_cached)?;
                judged = self.context.judge(&entry);
                self.body(&entry).await?.ok_or_else(torn)?
            };
            encoding.of(stored, entry.current.bytes).ok_or_else(torn)?
        };
        // What is remembered may have been packed by another run than what is stored now, and be as long as that was.
        let length = if is_head { encoding.length(&entry) } else { body.len() as u64 };
        let mut response = response::with_body(StatusCode::OK, JSON, body);
        self.describe(response.headers_mut(), &entry, encoding, &judged);
        encoding.describe(response.headers_mut(), length);
        note(seen, Seen::of(judged.state));
        Ok(response)
    }

    /// The stored bytes of the current version, checked when they enter the memory: a damaged body is never served, and
    /// a warm request pays nothing for that.
    async fn body(&self, entry: &Entry) -> Result<Option<Bytes>, Problem> {
        if let Some(body) = self.bodies.get(&entry.current.etag) {
            return Ok(Some(body));
        }
        let body = self.context.store.body(&entry.report_key, &entry.current).await?;
        if let Some(body) = &body {
            codec::verify(body, entry.current.bytes, &entry.current.etag).map_err(StoreError::from)?;
            self.bodies.keep(&entry.current.etag, body);
        }
        Ok(body)
    }

    /// Age, state and validators: the same for a body, for none and for "not modified".
    fn describe(&self, headers: &mut HeaderMap, entry: &Entry, encoding: Encoding, judged: &Freshness) {
        let mut set = |name: header::HeaderName, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        };
        let (age, source_age) = (judged.age.as_secs(), judged.source_age.as_secs());
        let recheck = self.context.limits.remaining(judged).min(RECHECK_AFTER).as_secs();
        set(header::ETAG, etag_text(entry, encoding));
        set(header::LAST_MODIFIED, http_date(entry.current.generated_at));
        set(header::AGE, age.to_string());
        set(header::HeaderName::from_static("x-source-age"), source_age.to_string());
        set(header::HeaderName::from_static("x-cache-state"), judged.state.to_string());
        // `age` counts against `max-age`, so the sum leaves a reader the time to the next look.
        set(header::CACHE_CONTROL, format!("private, max-age={}, stale-if-error=86400", age + recheck));
        set(header::VARY, "accept-encoding, authorization".to_owned());
    }
}

/// Notes what a reader saw, where that counts; once.
fn note(seen: &OnceLock<Seen>, what: Option<Seen>) {
    if let Some(what) = what {
        seen.get_or_init(|| what);
    }
}

/// The school year that surely every plan covers: that of a day ago, which is over in all zones.
fn current_year(now: Timestamp) -> SchoolYear {
    SchoolYear::containing((now - SignedDuration::from_hours(24)).to_zoned(TimeZone::UTC).date())
}

/// How a body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// As it is stored.
    Gzip,
    /// Unpacked.
    Identity,
}

impl Encoding {
    /// Gzip wherever the client names it and does not refuse it; `*` speaks for it only where it is not named.
    fn wanted(headers: &HeaderMap) -> Self {
        let listed = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
        let codings = listed.flat_map(|v| v.split(',')).map(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let refused = parts.any(|p| p.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)));
            (name, !refused)
        });
        let (mut named, mut any) = (None, None);
        for (name, taken) in codings {
            match name.as_str() {
                "gzip" | "x-gzip" => named = Some(taken || named == Some(true)),
                "*" => any = Some(taken),
                _ => {}
            }
        }
        if named.or(any) == Some(true) { Self::Gzip } else { Self::Identity }
    }

    /// The stored bytes in this encoding; `None` where they are damaged.
    fn of(self, stored: Bytes, expected: u64) -> Option<Bytes> {
        match self {
            Self::Gzip => Some(stored),
            Self::Identity => {
                let mut json = Vec::with_capacity(expected as usize);
                GzDecoder::new(stored.as_ref()).take(expected + 1).read_to_end(&mut json).ok()?;
                (json.len() as u64 == expected).then(|| json.into())
            }
        }
    }

    /// How long the body is, as its entry says.
    fn length(self, entry: &Entry) -> u64 {
        match self {
            Self::Gzip => entry.current.stored_bytes,
            Self::Identity => entry.current.bytes,
        }
    }

    fn describe(self, headers: &mut HeaderMap, length: u64) {
        if self == Self::Gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
}

/// A strong etag; it differs by encoding, since the bytes do.
fn etag_text(entry: &Entry, encoding: Encoding) -> String {
    match encoding {
        Encoding::Gzip => format!("\"{}-gzip\"", entry.current.etag),
        Encoding::Identity => format!("\"{}\"", entry.current.etag),
    }
}

/// Whether `if-none-match` names this etag, weakly or strongly, alone or in a list.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    given.flat_map(|v| v.split(',')).map(str::trim).any(|e| e == "*" || e.strip_prefix("W/").unwrap_or(e) == etag)
}

fn http_date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn gzip_is_sent_to_whoever_takes_it() {
        for (accepted, wanted) in [
            ("gzip", Encoding::Gzip),
            ("br, GZIP;q=0.5", Encoding::Gzip),
            ("*", Encoding::Gzip),
            ("*;q=0, gzip", Encoding::Gzip),
            ("gzip;q=0, x-gzip", Encoding::Gzip),
            ("gzip;q=0", Encoding::Identity),
            ("gzip;q=0, *", Encoding::Identity),
            ("*, gzip;q=0", Encoding::Identity),
            ("*;q=0", Encoding::Identity),
            ("gzip; q=0.0, br", Encoding::Identity),
            ("identity", Encoding::Identity),
            ("", Encoding::Identity),
        ] {
            assert_eq!(Encoding::wanted(&headers(header::ACCEPT_ENCODING, accepted)), wanted, "{accepted:?}");
        }
        assert_eq!(Encoding::wanted(&HeaderMap::new()), Encoding::Identity);
    }

    #[test]
    fn an_etag_is_recognised_alone_in_a_list_and_weakly() {
        for (given, known) in [
            ("\"abc\"", true),
            ("W/\"abc\"", true),
            ("\"x\", \"abc\"", true),
            ("*", true),
            ("\"abc-gzip\"", false),
            ("abc", false),
        ] {
            assert_eq!(is_known(&headers(header::IF_NONE_MATCH, given), "\"abc\""), known, "{given}");
        }
    }

    #[test]
    fn dates_are_written_as_http_wants_them() {
        assert_eq!(http_date("2026-03-05T02:00:05Z".parse().unwrap()), "Thu, 05 Mar 2026 02:00:05 GMT");
    }
}
