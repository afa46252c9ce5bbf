//! What each request to the reports function counts as: hits, misses, errors, or nothing.

#![expect(clippy::unwrap_used, reason = "what a test stands on is there")]

use bytes::Bytes;
use http::{Method, header};
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use vms_core::{
    CacheType, Clock, Entry, Fence, FreshnessLimits, ReportKey, RequestFigures, RequestMeter, Role, RunId, Seen,
    Version,
};
use vms_http::{Context, Handle, Reports, Request};
use vms_store::{
    ApiKey, Change, Condition, Encoded, Item, Key, KeySecret, MemoryTable, Page, QueryPage, Read, SortRange, Store,
    Table, TableError,
};

fn now() -> Timestamp {
    "2026-03-15T12:00:00Z".parse().unwrap()
}

/// A table that can go away.
#[derive(Clone, Default)]
struct Shaky {
    table: MemoryTable,
    gone: Arc<AtomicBool>,
}

impl Shaky {
    fn reached(&self) -> Result<&MemoryTable, TableError> {
        if self.gone.load(Ordering::Relaxed) { Err(TableError::Unavailable) } else { Ok(&self.table) }
    }
}

impl Table for Shaky {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        self.reached()?.get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        self.reached()?.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        self.reached()?.put(item, condition).await
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        self.reached()?.update(key, change, condition).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.reached()?.delete(key, condition).await
    }
}

/// Remembers what it is told: id, what was seen, whether it failed.
#[derive(Default)]
struct Counted(Mutex<Vec<(String, Option<Seen>, bool)>>);

impl RequestMeter for Counted {
    fn note(&self, request: &RequestFigures<'_>) {
        assert_eq!(request.at, now());
        self.0.lock().unwrap().push((request.request_id.to_owned(), request.seen, request.failed));
    }
}

/// The handler, its meter and its table.
struct Stage {
    reports: Reports<Shaky>,
    counted: Arc<Counted>,
    table: Shaky,
    secret: String,
}

const FRESH: &str = "volunteer/recent/2526";
const AGING: &str = "volunteer/recent/last-365-days";
const STALE: &str = "recruitment/dia-events";
const ARCHIVED: &str = "organization/summary/2324";
const TORN: &str = "virtual_session/usage/2025-2026";
const LARGE: &str = "organization/detail/2526/7";

/// What an answer counts as: what was seen, and whether it failed; `None` for one that does not count.
type Counts = Option<(Option<Seen>, bool)>;

impl Stage {
    async fn new() -> Self {
        let table = Shaky::default();
        let store = Arc::new(Store::new(table.clone()));
        for (key, hours) in [(FRESH, 10), (AGING, 25), (STALE, 30), (ARCHIVED, 9000), (TORN, 10), (LARGE, 10)] {
            publish(&store, key, hours).await;
        }
        let secret = KeySecret::from_entropy([7; 32]);
        let key = ApiKey::new("reader", "reader", Role::Reader, now());
        store.create_key(&secret, &key).await.unwrap();
        let counted = Arc::new(Counted::default());
        let clock: Arc<dyn Clock> = Arc::new(now());
        let reports = Reports::new(Context::new(store, clock, FreshnessLimits::default())).metered(counted.clone());
        Self { reports, counted, table, secret: secret.expose().to_owned() }
    }

    /// The status of the answer, and what it counts as.
    async fn ask(&self, method: Method, path: &str, headers: &[(header::HeaderName, &str)]) -> (u16, Counts) {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request: Request = request.body(Bytes::new()).unwrap();
        let response = self.reports.handle(&request).await;
        let mut counted = std::mem::take(&mut *self.counted.0.lock().unwrap());
        assert!(counted.len() <= 1, "a request counts once");
        let counts = counted.pop().map(|(id, seen, failed)| {
            assert_eq!(response.headers()["x-request-id"], id, "under the id that its client and its log know");
            (seen, failed)
        });
        (response.status().as_u16(), counts)
    }

    async fn get(&self, path: &str) -> (u16, Counts) {
        self.with(Method::GET, path, &[]).await
    }

    /// The same with the reader's key.
    async fn with(&self, method: Method, path: &str, headers: &[(header::HeaderName, &str)]) -> (u16, Counts) {
        let key = format!("Bearer {}", self.secret);
        let headers = [&[(header::AUTHORIZATION, key.as_str())], headers].concat();
        self.ask(method, path, &headers).await
    }
}

/// A report that was confirmed so many hours ago.
async fn publish(store: &Store<Shaky>, key: &str, hours: i64) {
    let report_key: ReportKey = key.parse().unwrap();
    let then = now() - SignedDuration::from_hours(hours);
    let body = Encoded::of(format!("{{\"key\":\"{key}\"}}").as_bytes()).unwrap();
    store.put_body(&report_key, Fence(1), &body).await.unwrap();
    let current = Version {
        bytes: if key == LARGE { 6_000_000 } else { body.bytes },
        // What `TORN` stands for was damaged in the table.
        ..body.version(Fence(if key == TORN { 2 } else { 1 }), 1, then, "v1")
    };
    let run_id = RunId::new(CacheType::Volunteer, then, 1);
    let entry = Entry {
        fence: Fence(2),
        archived_at: (key == ARCHIVED).then_some(then),
        ..Entry::first(report_key, "A report", current, run_id, then)
    };
    store.save_entry(&entry, None).await.unwrap();
}

#[tokio::test]
async fn a_request_counts_as_what_its_reader_saw() {
    let stage = Stage::new().await;
    let served = |seen| (200, Some((seen, false)));
    for (key, expected) in [
        (FRESH, served(Some(Seen::Fresh))),
        (AGING, served(Some(Seen::Fresh))),
        (STALE, served(Some(Seen::Stale))),
        (ARCHIVED, served(None)),
        (TORN, (503, Some((Some(Seen::Missed), true)))),
        ("volunteer/first-time/2526", (404, Some((Some(Seen::Missed), false)))),
    ] {
        assert_eq!(stage.get(&format!("/reports/{key}")).await, expected, "{key}");
    }
    assert_eq!(stage.get("/reports").await, served(None), "the list is a request, and no hit");
    let head = stage.with(Method::HEAD, &format!("/reports/{STALE}"), &[]).await;
    assert_eq!(head, served(Some(Seen::Stale)));
    for (key, seen) in [(FRESH, Seen::Fresh), (STALE, Seen::Stale)] {
        let not_modified = stage.with(Method::GET, &format!("/reports/{key}"), &[(header::IF_NONE_MATCH, "*")]).await;
        assert_eq!(not_modified, (304, Some((Some(seen), false))), "a 304 counts as its state");
    }
}

#[tokio::test]
async fn who_is_refused_counts_nowhere() {
    let stage = Stage::new().await;
    for (path, status) in [
        ("/reports/volunteer/first-time/2324", 404),
        ("/reports/organization/detail/2526/999", 404),
        ("/reports/recruitment/candidates/999", 404),
        ("/reports/no/such/report", 404),
        ("/reports?limit=x", 400),
        ("/health", 404),
    ] {
        assert_eq!(stage.get(path).await, (status, None), "{path}");
    }
    let large = format!("/reports/{LARGE}");
    assert_eq!(stage.get(&large).await, (406, None));
    let fresh = format!("/reports/{FRESH}");
    assert_eq!(stage.with(Method::POST, &fresh, &[]).await, (405, None));
    assert_eq!(stage.ask(Method::GET, &fresh, &[]).await, (401, None));
}

#[tokio::test]
async fn a_request_that_fails_counts_as_an_error_wherever_it_failed() {
    let stage = Stage::new().await;
    let fresh = format!("/reports/{FRESH}");
    stage.table.gone.store(true, Ordering::Relaxed);
    assert_eq!(stage.get(&fresh).await, (503, Some((None, true))), "before its key was known");
    stage.table.gone.store(false, Ordering::Relaxed);
    stage.get("/reports").await;
    stage.table.gone.store(true, Ordering::Relaxed);
    assert_eq!(stage.get(&fresh).await, (503, Some((None, true))), "and after");
}
