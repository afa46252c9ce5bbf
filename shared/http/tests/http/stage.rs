//! The stage of these tests: all handlers over a table in memory that counts, with one report, two keys and a clock
//! that is set by hand; and a meddler, who writes the entry between the read and the write of an act.

use crate::description;
use bytes::Bytes;
use http::{Method, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use vms_core::{
    CacheType, Candidate, Check, Clock, Entry, Etag, Fence, FreshnessLimits, RefreshRequest, ReportKey, Role, RunId,
    Version,
};
use vms_http::{Context, Function, Handle, Health, Invoke, Manage, Reports, Request, Response, Status, function_of};
use vms_store::{
    Act, ApiKey, Change, Condition, Encoded, Item, Key, KeySecret, MemoryTable, Page, QueryPage, Read, Removed, Saved,
    SortRange, Store, Table, TableError,
};

/// The report.
pub(crate) const KEY: &str = "recruitment/dia-events";
/// The id of the operator's key.
pub(crate) const OPERATOR: &str = "key-operator";
/// The name of every key.
pub(crate) const NAME: &str = "Jane Doe";

/// The host that browsers of these tests talk to, as they name it.
pub(crate) const HOST: &str = "127.0.0.1:8321";
/// The same as the origin of its pages.
pub(crate) const ORIGIN: &str = "http://127.0.0.1:8321";
/// The media type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
/// The login form's address.
pub(crate) const LOGIN: &str = "/management/cache/login";

/// An instant so many hours into the story.
pub(crate) fn at(hour: u64) -> Timestamp {
    let start: Timestamp = "2026-03-15T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(hour as i64)
}

/// The version that the run with this fence built at the hour of the same number.
pub(crate) fn version(letter: char, fence: u64) -> Version {
    Version {
        etag: Etag(format!("{letter}{fence:031}")),
        body: Fence(fence),
        bytes: 100,
        stored_bytes: 50,
        chunks: 1,
        rows: 3,
        generated_at: at(fence),
        source_version: format!("v{fence}"),
    }
}

/// A build that waits.
pub(crate) fn candidate(letter: char, fence: u64) -> Candidate {
    Candidate {
        version: version(letter, fence),
        check: Check::RowDrop,
        run_id: RunId::new(CacheType::Recruitment, at(fence), 1),
        source_taken_at: at(fence - 1),
        since: at(fence),
    }
}

/// Version `c` is served, `b` and `a` are kept, `d` waits.
pub(crate) fn entry() -> Entry {
    let run_id = RunId::new(CacheType::Recruitment, at(9), 1);
    Entry {
        last_updated: at(9),
        fence: Fence(9),
        versions: vec![version('b', 2), version('a', 1)],
        candidate: Some(candidate('d', 4)),
        ..Entry::first(KEY.parse().unwrap(), "DIA events", version('c', 3), run_id, at(8))
    }
}

/// What someone else does to the entry, once, just before it is written.
pub(crate) enum Meddler {
    /// Another operator's act.
    Act(fn(&Entry) -> Entry),
    /// A run's save.
    Run(fn(Entry) -> Entry),
    /// A run's removal.
    Remove,
}

/// What reached the table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    /// Reads, of keys and sessions.
    pub(crate) auth: u32,
    /// Reads of anything else.
    pub(crate) reads: u32,
    /// Writes.
    pub(crate) writes: u32,
}

/// A table that counts what reaches it, and whose next change of an entry comes after the meddler's.
#[derive(Clone, Default)]
pub(crate) struct Contested {
    table: MemoryTable,
    meddler: Arc<Mutex<Option<Meddler>>>,
    forgets_acts: Arc<Mutex<bool>>,
    calls: Arc<Mutex<Calls>>,
}

impl Contested {
    fn count_read(&self, pk: &str) {
        let mut calls = self.calls.lock().unwrap();
        if ["keys", "sessions"].contains(&pk) {
            calls.auth += 1;
        } else {
            calls.reads += 1;
        }
    }

    fn count_write(&self) {
        self.calls.lock().unwrap().writes += 1;
    }

    async fn meddle(&self) {
        let meddler = self.meddler.lock().unwrap().take();
        let Some(meddler) = meddler else { return };
        let store = Store::new(self.table.clone());
        let seen = store.entry(&KEY.parse().unwrap(), Read::Consistent).await.unwrap().unwrap();
        let written = Saved::Written(seen.rev + 1);
        match meddler {
            Meddler::Act(act) => assert_eq!(store.change_entry(&act(&seen), seen.rev).await.unwrap(), written),
            Meddler::Run(run) => {
                assert_eq!(store.save_entry(&run(seen.clone()), Some(seen.rev)).await.unwrap(), written);
            }
            Meddler::Remove => assert_eq!(store.remove_entry(&seen, seen.fence).await.unwrap(), Removed::Gone),
        }
    }
}

impl Table for Contested {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        self.count_read(&key.pk);
        self.table.get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        self.count_read(pk);
        self.table.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        self.count_write();
        let is_act = item["pk"].as_s().is_ok_and(|pk| pk == vms_store::keys::ACTS);
        if is_act && *self.forgets_acts.lock().unwrap() {
            return Err(TableError::Unavailable);
        }
        self.table.put(item, condition).await
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        self.count_write();
        if key.sk == KEY {
            self.meddle().await;
        }
        self.table.update(key, change, condition).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.count_write();
        self.table.delete(key, condition).await
    }
}

/// Takes every request, save of the types that are out of reach, and does nothing about it.
#[derive(Clone, Default)]
struct Taker {
    out_of_reach: Arc<Mutex<Vec<CacheType>>>,
}

impl Invoke for Taker {
    async fn invoke(&self, request: RefreshRequest) -> bool {
        !self.out_of_reach.lock().unwrap().contains(&request.cache_type)
    }
}

/// A clock that is set by hand.
struct Hand(Mutex<Timestamp>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// The handlers and what they stand on.
pub(crate) struct Stage {
    pub(crate) store: Arc<Store<Contested>>,
    /// When the stage was set.
    pub(crate) now: Timestamp,
    pub(crate) operator: String,
    pub(crate) reader: String,
    clock: Arc<Hand>,
    taker: Taker,
    health: Health<Contested>,
    reports: Reports<Contested>,
    status: Status<Contested>,
    manage: Manage<Contested, Taker>,
}

impl Stage {
    /// A stage with that entry, at hour 12.
    pub(crate) async fn with(entry: Entry) -> Self {
        let store = Arc::new(Store::new(Contested::default()));
        let now = at(12);
        let clock = Arc::new(Hand(Mutex::new(now)));
        assert_eq!(store.save_entry(&entry, None).await.unwrap(), Saved::Written(1));
        let context = || Context::new(store.clone(), clock.clone(), FreshnessLimits::default()).on_loopback();
        let taker = Taker::default();
        Self {
            operator: make_key(&store, OPERATOR, Role::Operator, 1).await,
            reader: make_key(&store, "key-reader", Role::Reader, 2).await,
            health: Health::new(context()),
            reports: Reports::new(context()),
            status: Status::new(context()),
            manage: Manage::new(context(), taker.clone()),
            taker,
            clock,
            now,
            store,
        }
    }

    /// Sets the clock.
    pub(crate) fn set_clock(&self, now: Timestamp) {
        *self.clock.0.lock().unwrap() = now;
    }

    /// Lets no request reach the refresh functions of these types.
    pub(crate) fn cut_off(&self, types: &[CacheType]) {
        *self.taker.out_of_reach.lock().unwrap() = types.to_vec();
    }

    /// What has reached the table since this was asked last.
    pub(crate) fn calls(&self) -> Calls {
        std::mem::take(&mut *self.store.table().calls.lock().unwrap())
    }

    /// Lets someone else write the entry just before the next act does.
    pub(crate) fn meddle(&self, meddler: Meddler) {
        *self.store.table().meddler.lock().unwrap() = Some(meddler);
    }

    /// From now on no act can be written down.
    pub(crate) fn forget_acts(&self) {
        *self.store.table().forgets_acts.lock().unwrap() = true;
    }

    pub(crate) async fn entry(&self) -> Entry {
        self.store.entry(&KEY.parse().unwrap(), Read::Consistent).await.unwrap().unwrap()
    }

    pub(crate) async fn acts(&self) -> Vec<Act> {
        self.store.acts(100, None, self.now).await.unwrap().0
    }

    /// Stores a body, and answers the version of it.
    pub(crate) async fn store_body(&self, json: &Value, fence: u64) -> Version {
        let body = Encoded::of(json.to_string().as_bytes()).unwrap();
        let report: ReportKey = KEY.parse().unwrap();
        let chunks = self.store.put_body(&report, Fence(fence), &body).await.unwrap();
        let stored_bytes = body.gzip.len() as u64;
        Version { etag: body.etag, bytes: body.bytes, stored_bytes, chunks, ..version('x', fence) }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(&self.operator), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, Some(&self.operator), &Value::Null).await
    }

    /// Sends a request to the function that the path belongs to; `null` is no body.
    pub(crate) async fn send(&self, method: Method, path: &str, key: Option<&str>, body: &Value) -> (u16, Value) {
        let mut request = http::Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let request: Request = request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
        let response = self.answer(&request).await;
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    /// Gives a request to the function that its path belongs to, and holds the answer against the description.
    pub(crate) async fn answer(&self, request: &Request) -> Response {
        let response = match function_of(request.uri().path()) {
            Function::Health => self.health.handle(request).await,
            Function::Reports => self.reports.handle(request).await,
            Function::Status => self.status.handle(request).await,
            Function::Manage => self.manage.handle(request).await,
        };
        description::hold(request, &response);
        response
    }

    /// Sends a request with these headers and that body.
    pub(crate) async fn ask(&self, method: &Method, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(&request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()).await
    }

    /// Signs in with a key, and answers the cookie that a browser would send from then on.
    pub(crate) async fn sign_in(&self, key: &str) -> String {
        let headers = [("host", HOST), ("origin", ORIGIN), ("content-type", FORM)];
        let response = self.ask(&Method::POST, LOGIN, &headers, &format!("api_key={key}")).await;
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

/// Makes a key and stores it; the secret is made of that one byte.
pub(crate) async fn make_key(store: &Store<Contested>, id: &str, role: Role, seed: u8) -> String {
    let secret = KeySecret::from_entropy([seed; 32]);
    let key = ApiKey::new(id, NAME, role, at(0));
    store.create_key(&secret, &key).await.unwrap();
    secret.expose().to_owned()
}
