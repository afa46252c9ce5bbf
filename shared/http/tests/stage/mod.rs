//! The stage of these tests: the handlers over a table in memory, with one report, two keys and a pinned clock; and a
//! meddler, who writes the entry between the read and the write of an act.

#![expect(clippy::unwrap_used, reason = "what a test stands on is there")]

use bytes::Bytes;
use http::{Method, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use vms_core::{
    CacheType, Candidate, Check, Entry, Etag, Fence, FreshnessLimits, RefreshRequest, ReportKey, Role, RunId, Version,
};
use vms_http::{Context, Handle, Invoke, Manage, Request, Status};
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
    Entry {
        report_key: KEY.parse().unwrap(),
        title: "DIA events".to_owned(),
        current: version('c', 3),
        encoding: "gzip".to_owned(),
        last_updated: at(9),
        source_taken_at: at(8),
        run_id: RunId::new(CacheType::Recruitment, at(9), 1),
        fence: Fence(9),
        rev: 0,
        versions: vec![version('b', 2), version('a', 1)],
        candidate: Some(candidate('d', 4)),
        rejected: None,
        held: None,
        act: None,
        retired_at: None,
        archived_at: None,
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

/// A table whose next change of an entry comes after the meddler's.
#[derive(Clone, Default)]
pub(crate) struct Contested {
    table: MemoryTable,
    meddler: Arc<Mutex<Option<Meddler>>>,
}

impl Contested {
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
        self.table.get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        self.table.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        self.table.put(item, condition).await
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        if key.sk == KEY {
            self.meddle().await;
        }
        self.table.update(key, change, condition).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.table.delete(key, condition).await
    }
}

struct Nobody;

impl Invoke for Nobody {
    async fn invoke(&self, _: RefreshRequest) -> bool {
        false
    }
}

/// The handlers and what they stand on.
pub(crate) struct Stage {
    pub(crate) store: Arc<Store<Contested>>,
    pub(crate) now: Timestamp,
    pub(crate) operator: String,
    pub(crate) reader: String,
    manage: Manage<Contested, Nobody>,
    status: Status<Contested>,
}

impl Stage {
    /// A stage with that entry, at hour 12.
    pub(crate) async fn with(entry: Entry) -> Self {
        let store = Arc::new(Store::new(Contested::default()));
        let now = at(12);
        assert_eq!(store.save_entry(&entry, None).await.unwrap(), Saved::Written(1));
        let context = || Context::new(store.clone(), Arc::new(now), FreshnessLimits::default());
        Self {
            operator: make_key(&store, OPERATOR, Role::Operator, 1).await,
            reader: make_key(&store, "key-reader", Role::Reader, 2).await,
            manage: Manage::new(context(), Nobody),
            status: Status::new(context()),
            now,
            store,
        }
    }

    /// Lets someone else write the entry just before the next act does.
    pub(crate) fn meddle(&self, meddler: Meddler) {
        *self.store.table().meddler.lock().unwrap() = Some(meddler);
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
        let response = match vms_http::function_of(request.uri().path()) {
            vms_http::Function::Manage => self.manage.handle(&request).await,
            _ => self.status.handle(&request).await,
        };
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }
}

async fn make_key(store: &Store<Contested>, id: &str, role: Role, seed: u8) -> String {
    let secret = KeySecret::from_entropy([seed; 32]);
    let key = ApiKey { id: id.to_owned(), name: NAME.to_owned(), role, created_at: at(0), revoked_at: None };
    store.create_key(&secret, &key).await.unwrap();
    secret.expose().to_owned()
}
