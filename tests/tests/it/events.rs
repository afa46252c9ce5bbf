//! Every sample event does what its name says: those that refresh, and those of HTTP in both forms.

#![expect(clippy::unwrap_used, reason = "a test ends where what it stands on gives way")]

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use vms_core::{
    CacheType, Entry, Env, Fence, FreshnessLimits, RefreshRequest, ReportKey, Role, RunId, Trigger, Version,
};
use vms_http::{Context, Function, Handle, Health, Invoke, Manage, Reports, Response, Status, function_of};
use vms_refresh::{EventError, Ids, request_of};
use vms_store::{ApiKey, Encoded, KeySecret, MemoryTable, Store};

/// A name with everything in it that a path could stumble over.
const HOSTILE: &str = "virtual_session/district/2025-2026/St.~20Mary~27s~20~2F~20100~25~20~22Se~C3~B1al~22~20~231~3F";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

fn text(name: &str) -> String {
    fs::read_to_string(folder().join(format!("{name}.json"))).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ids() -> Ids {
    Ids { now: at("2026-03-15T02:00:01Z"), entropy: 0x00ab_cdef }
}

/// The request in the event of that name, for a function of that type.
fn request(name: &str, own: Option<CacheType>) -> Result<RefreshRequest, EventError> {
    request_of(&serde_json::from_str(&text(name)).unwrap(), own, ids())
}

/// A fresh request, as rules lead to it.
fn fresh(cache_type: CacheType, trigger: Trigger, event_id: &str, scheduled_for: &str) -> RefreshRequest {
    let mut request = RefreshRequest::new(RunId::new(cache_type, ids().now, ids().entropy), trigger);
    request.event_id = Some(event_id.to_owned());
    request.scheduled_for = Some(at(scheduled_for));
    request
}

const REFRESHING: [&str; 11] = [
    "nightly-district",
    "nightly-organization",
    "nightly-virtual_session",
    "nightly-volunteer",
    "nightly-recruitment",
    "sweep",
    "snapshot",
    "eventbridge-scheduled",
    "eventbridge-object-created",
    "manual-refresh",
    "manual-refresh-report",
];

#[test]
fn the_nightly_rule_asks_each_type_for_itself() {
    let mut event_ids = BTreeSet::new();
    for cache_type in CacheType::ALL {
        let found = request(&format!("nightly-{cache_type}"), Some(cache_type)).unwrap();
        let event_id = found.event_id.clone().unwrap();
        assert_eq!(found, fresh(cache_type, Trigger::Schedule, &event_id, "2026-03-15T02:00:00Z"));
        event_ids.insert(event_id);
    }
    assert_eq!(event_ids.len(), 1, "five targets of one rule carry one event");
}

#[test]
fn each_event_gives_the_request_that_its_rule_or_operator_meant() {
    let snapshot = "17793124-05d4-b198-2fde-7ededc63b103";
    for (name, expected) in [
        (
            "sweep",
            fresh(CacheType::Volunteer, Trigger::Sweep, "0d3b1c6e-52a4-4c38-9d0f-3a8f1f5f2b77", "2026-03-15T03:30:00Z"),
        ),
        ("snapshot", fresh(CacheType::Volunteer, Trigger::Snapshot, snapshot, "2026-03-15T01:41:07Z")),
        (
            "eventbridge-scheduled",
            fresh(
                CacheType::Volunteer,
                Trigger::Schedule,
                "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
                "2026-03-15T02:00:00Z",
            ),
        ),
        (
            "eventbridge-object-created",
            fresh(CacheType::Volunteer, Trigger::Snapshot, snapshot, "2026-03-15T01:41:07Z"),
        ),
    ] {
        assert_eq!(request(name, Some(CacheType::Volunteer)), Ok(expected), "{name}");
    }
    for name in ["eventbridge-scheduled", "eventbridge-object-created"] {
        assert_eq!(request(name, None), Err(EventError::NoType), "{name}");
    }
}

#[test]
fn an_operators_request_arrives_as_it_was_sent() {
    for name in ["manual-refresh", "manual-refresh-report"] {
        let sent: Value = serde_json::from_str(&text(name)).unwrap();
        let found = request(name, None).unwrap();
        assert_eq!(found.run_id.to_string(), sent["run_id"].as_str().unwrap());
        assert_eq!((found.trigger, Some(found.force)), (Trigger::Manual, sent["force"].as_bool()));
        assert_eq!(found.requested_by.as_deref(), sent["requested_by"].as_str());
        assert_eq!(found.report_key.map(|k| k.to_string()).as_deref(), sent["report_key"].as_str());
        assert_eq!(found.cache_type.as_str(), sent["cache_type"].as_str().unwrap());
    }
    let hostile = request("manual-refresh-report", None).unwrap().report_key.unwrap();
    assert_eq!(hostile.to_string(), HOSTILE);
}

#[test]
fn an_event_for_another_type_is_refused() {
    for name in REFRESHING.into_iter().filter(|name| !name.starts_with("eventbridge")) {
        let asked = request(name, None).unwrap().cache_type;
        for own in CacheType::ALL.into_iter().filter(|own| *own != asked) {
            assert_eq!(request(name, Some(own)), Err(EventError::OtherType { asked, own }), "{name}");
        }
    }
}

/// Remembers what it was asked for.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<RefreshRequest>>>);

impl Invoke for Asked {
    async fn invoke(&self, request: RefreshRequest) -> bool {
        self.0.lock().unwrap().push(request);
        true
    }
}

/// A cache with two reports, one of a hostile name, and one key of each role.
struct Cache {
    store: Arc<Store<MemoryTable>>,
    reader: String,
    operator: String,
    asked: Asked,
}

const BODY: &[u8] =
    br#"{"session_data":[],"monthly_stats":{},"school_breakdown":[],"teacher_breakdown":[],"summary_stats":{}}"#;

impl Cache {
    async fn new() -> Self {
        let store = Arc::new(Store::new(MemoryTable::new()));
        let mut secrets = Vec::new();
        for (n, role) in [(1, Role::Reader), (2, Role::Operator)] {
            let secret = KeySecret::from_entropy([n; 32]);
            let key = ApiKey::new(format!("key-{n}"), format!("number {n}"), role, ids().now);
            store.create_key(&secret, &key).await.unwrap();
            secrets.push(secret.expose().to_owned());
        }
        let body = Encoded::of(BODY).unwrap();
        for key in [HOSTILE, "volunteer/recent/last-365-days"].map(|key| key.parse::<ReportKey>().unwrap()) {
            let chunks = store.put_body(&key, Fence(1), &body).await.unwrap();
            store.save_entry(&entry(&key, &body, chunks), None).await.unwrap();
        }
        Self { store, operator: secrets.remove(1), reader: secrets.remove(0), asked: Asked::default() }
    }

    /// The answer to the event of that name, as the function that serves its path gives it.
    async fn answer(&self, name: &str) -> Response {
        let event = text(name).replace("{{reader_key}}", &self.reader).replace("{{operator_key}}", &self.operator);
        let event = lambda_http::request::from_str(&event).unwrap();
        let request = vms_lambda::request(event).await.unwrap();
        let limits = FreshnessLimits::from_env(&Env::new(&|_| None)).unwrap();
        let context = || Context::new(self.store.clone(), Arc::new(ids().now), limits);
        match function_of(request.uri().path()) {
            Function::Reports => Reports::new(context()).handle(&request).await,
            Function::Health => Health::new(context()).handle(&request).await,
            Function::Status => Status::new(context()).handle(&request).await,
            Function::Manage => Manage::new(context(), self.asked.clone()).handle(&request).await,
        }
    }
}

fn entry(key: &ReportKey, body: &Encoded, chunks: u32) -> Entry {
    let now = ids().now;
    let version = Version { chunks, ..body.version(Fence(1), 0, now, "1") };
    Entry::first(key.clone(), "A report", version, RunId::new(key.cache_type(), now, 1), now)
}

/// What must not differ: all but the id of the request.
fn essence(response: Response) -> (u16, Vec<(String, String)>, Bytes) {
    let (parts, body) = response.into_parts();
    let header = |(n, v): (&http::HeaderName, &http::HeaderValue)| (n.to_string(), v.to_str().unwrap().to_owned());
    let mut headers: Vec<_> = parts.headers.iter().map(header).filter(|(n, _)| n != "x-request-id").collect();
    headers.sort();
    (parts.status.as_u16(), headers, body)
}

#[tokio::test]
async fn a_hostile_name_means_the_same_decoded_by_an_http_api_and_encoded_by_a_function_url() {
    let cache = Cache::new().await;
    let decoded = essence(cache.answer("http-api-report").await);
    let encoded = essence(cache.answer("function-url-report").await);
    assert_eq!((decoded.0, &decoded.2[..]), (200, BODY));
    assert_eq!(decoded, encoded);
}

#[tokio::test]
async fn each_http_event_is_answered_as_its_name_says() {
    let cache = Cache::new().await;
    for (name, status) in [
        ("http-api-report", 200),
        ("http-api-report-gzip", 200),
        ("http-api-report-head", 200),
        ("http-api-report-no-key", 401),
        ("http-api-report-bare-name", 404),
        ("function-url-report", 200),
        ("http-api-list", 200),
        ("http-api-status", 200),
        ("http-api-health", 503),
        ("http-api-refresh", 202),
        ("http-api-refresh-base64", 202),
    ] {
        let answer = cache.answer(name).await;
        let shown = String::from_utf8_lossy(answer.body()).into_owned();
        assert_eq!(answer.status().as_u16(), status, "{name}: {shown}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{name}");
        assert!(answer.headers().contains_key("x-request-id"), "{name}");
    }
    let gzip = cache.answer("http-api-report-gzip").await;
    assert_eq!(gzip.headers()["content-encoding"], "gzip");
    assert_eq!(gzip.body(), &Encoded::of(BODY).unwrap().gzip);
    assert!(cache.answer("http-api-report-head").await.body().is_empty());
}

#[tokio::test]
async fn a_refresh_asks_for_the_same_whether_its_body_came_in_base64_or_not() {
    let mut asked = Vec::new();
    for name in ["http-api-refresh", "http-api-refresh-base64"] {
        let cache = Cache::new().await;
        cache.answer(name).await;
        let requests = cache.asked.0.lock().unwrap().clone();
        assert!(!requests.is_empty(), "{name}");
        let wanted = |r: &RefreshRequest| (r.cache_type, r.force, r.report_key.clone(), r.requested_by.clone());
        asked.push(requests.iter().map(wanted).collect::<Vec<_>>());
    }
    assert_eq!(asked[0], asked[1]);
}

#[test]
fn no_sample_event_is_without_a_test() {
    let http = [
        "function-url-report",
        "http-api-health",
        "http-api-list",
        "http-api-refresh",
        "http-api-refresh-base64",
        "http-api-report",
        "http-api-report-bare-name",
        "http-api-report-gzip",
        "http-api-report-head",
        "http-api-report-no-key",
        "http-api-status",
    ];
    let known: BTreeSet<String> = REFRESHING.iter().chain(&http).map(|name| format!("{name}.json")).collect();
    let files = fs::read_dir(folder()).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> =
        files.filter(|name| Path::new(name).extension().is_some_and(|e| e == "json")).collect();
    assert_eq!(found, known);
}
