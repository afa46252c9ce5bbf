//! What a request costs in our own code, over a table in memory: the route, the key, the answer.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to measure")]

use bytes::Bytes;
use divan::Bencher;
use http::{Method, StatusCode, header};
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use vms_core::{Clock, Entry, Env, Fence, FreshnessLimits, ReportKey, Role, RunId, SystemClock};
use vms_http::{Context, Handle, Reports, Request};
use vms_store::{ApiKey, Encoded, KeySecret, MemoryTable, Store};

const KEY: ReportKey = ReportKey::VolunteerRecentDays;

fn main() {
    divan::main();
}

/// The reports function over one report of 100 KB.
struct Stage {
    runtime: Runtime,
    reports: Reports<MemoryTable>,
    secret: KeySecret,
    etag: String,
}

impl Stage {
    fn set() -> Self {
        let runtime = Builder::new_current_thread().build().unwrap();
        let store = Arc::new(Store::new(MemoryTable::new()));
        let secret = KeySecret::from_entropy([7; 32]);
        let json = format!(r#"{{"report_data":[{}0]}}"#, r#"{"name":"A","hours":0.5},"#.repeat(4000));
        let body = Encoded::of(json.as_bytes()).unwrap();
        let etag = format!("\"{}-gzip\"", body.etag);
        runtime.block_on(fill(&store, &secret, &body));
        let limits = FreshnessLimits::from_env(&Env::new(&|_| None)).unwrap();
        let reports = Reports::new(Context::new(store, Arc::new(SystemClock), limits));
        Self { runtime, reports, secret, etag }
    }

    fn request(&self, method: Method, path: &str) -> Request {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        let bearer = format!("Bearer {}", self.secret.expose());
        request.headers_mut().insert(header::AUTHORIZATION, bearer.parse().unwrap());
        request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
        request
    }

    fn measure(&self, bencher: Bencher<'_, '_>, request: &Request, status: StatusCode) {
        assert_eq!(self.runtime.block_on(self.reports.handle(request)).status(), status);
        bencher.bench_local(|| self.runtime.block_on(self.reports.handle(request)));
    }
}

async fn fill(store: &Store<MemoryTable>, secret: &KeySecret, body: &Encoded) {
    let now = SystemClock.now();
    let key = ApiKey::new("key-bench", "bench", Role::Reader, now);
    store.create_key(secret, &key).await.unwrap();
    store.put_body(&KEY, Fence(1), body).await.unwrap();
    let version = body.version(Fence(1), 4000, now, "v1");
    let entry = Entry::first(KEY, "Recent volunteers", version, RunId::new(KEY.cache_type(), now, 1), now);
    store.save_entry(&entry, None).await.unwrap();
}

/// A path that nothing is served under.
#[divan::bench]
fn route(bencher: Bencher<'_, '_>) {
    let stage = Stage::set();
    stage.measure(bencher, &stage.request(Method::GET, "/nothing/here"), StatusCode::NOT_FOUND);
}

/// A known key, and a method that the route does not take.
#[divan::bench]
fn route_and_key(bencher: Bencher<'_, '_>) {
    let stage = Stage::set();
    stage.measure(bencher, &stage.request(Method::DELETE, "/reports"), StatusCode::METHOD_NOT_ALLOWED);
}

#[divan::bench]
fn not_modified(bencher: Bencher<'_, '_>) {
    let stage = Stage::set();
    let mut request = stage.request(Method::GET, &format!("/reports/{KEY}"));
    request.headers_mut().insert(header::IF_NONE_MATCH, stage.etag.parse().unwrap());
    stage.measure(bencher, &request, StatusCode::NOT_MODIFIED);
}

#[divan::bench]
fn report_from_memory(bencher: Bencher<'_, '_>) {
    let stage = Stage::set();
    stage.measure(bencher, &stage.request(Method::GET, &format!("/reports/{KEY}")), StatusCode::OK);
}
