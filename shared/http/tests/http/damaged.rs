//! A body that is not what was published is never served, however whole it looks.

use crate::description;
use crate::stage::{Stage, entry};
use bytes::Bytes;
use http::{Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use vms_core::{Entry, Env, Fence, FreshnessLimits, ReportKey, Role, RunId, SystemClock, Version};
use vms_http::{Context, Handle, Reports, Request, Response};
use vms_store::{ApiKey, Encoded, KeySecret, MemoryTable, Store};

const KEY: ReportKey = ReportKey::RecruitmentDiaEvents;
const NOW: &str = "2026-03-15T02:00:00Z";

/// A reader's answer where `named` was published and `stored` lies in its place.
async fn answer(named: &Encoded, stored: &Encoded) -> Response {
    let store = Arc::new(Store::new(MemoryTable::new()));
    let secret = KeySecret::from_entropy([7; 32]);
    let now: Timestamp = NOW.parse().unwrap();
    let key = ApiKey::new("key-reader", "a reader", Role::Reader, now);
    store.create_key(&secret, &key).await.unwrap();
    store.put_body(&KEY, Fence(1), stored).await.unwrap();
    let version = Version { stored_bytes: stored.gzip.len() as u64, ..named.version(Fence(1), 1, now, "v1") };
    let entry = Entry::first(KEY, "DIA events", version, RunId::new(KEY.cache_type(), now, 1), now);
    store.save_entry(&entry, None).await.unwrap();
    let limits = FreshnessLimits::from_env(&Env::new(&|_| None)).unwrap();
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = format!("/reports/{KEY}").parse().unwrap();
    let bearer = format!("Bearer {}", secret.expose());
    request.headers_mut().insert(header::AUTHORIZATION, bearer.parse().unwrap());
    request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
    let response = Reports::new(Context::new(store, Arc::new(SystemClock), limits)).handle(&request).await;
    description::hold(&request, &response);
    response
}

#[tokio::test]
async fn only_what_was_published_is_served_and_a_damaged_body_is_told_as_such() {
    let published = Encoded::of(br#"{"filled_events":[],"unfilled_events":[1]}"#).unwrap();
    let whole_but_another = Encoded::of(br#"{"filled_events":[],"unfilled_events":[2]}"#).unwrap();
    let mut flipped = published.gzip.to_vec();
    flipped[15] ^= 1;
    let flipped = Encoded { gzip: flipped.into(), ..published.clone() };

    let served = answer(&published, &published).await;
    assert_eq!((served.status(), served.body()), (StatusCode::OK, &published.gzip));
    for stored in [whole_but_another, flipped] {
        let refused = answer(&published, &stored).await;
        assert_eq!(refused.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let told: Value = serde_json::from_slice(refused.body()).unwrap();
        assert_eq!(told["type"], "/problems/damaged");
        assert!(told["detail"].as_str().unwrap().contains("vms-cache refresh --report KEY"), "{told}");
    }
}

#[tokio::test]
async fn the_length_that_is_told_is_that_of_the_bytes_that_are_sent() {
    let stage = Stage::with(entry()).await;
    let first = Entry { current: stage.store_body(&json!({"filled_events": []}), 10).await, ..entry() };
    stage.store.change_entry(&first, 1).await.unwrap();
    let bearer = format!("Bearer {}", stage.reader);
    let headers = [("authorization", bearer.as_str()), ("accept-encoding", "gzip")];
    let path = format!("/reports/{KEY}");
    stage.ask(&Method::GET, &path, &headers, "").await;
    // The same content, packed by another version of this program: what is remembered is as short as before.
    let stored_bytes = first.current.stored_bytes + 7;
    let again = Entry { current: Version { stored_bytes, ..first.current.clone() }, ..first.clone() };
    stage.store.change_entry(&again, 2).await.unwrap();
    for (method, length) in [(Method::GET, first.current.stored_bytes), (Method::HEAD, stored_bytes)] {
        let response = stage.ask(&method, &path, &headers, "").await;
        assert_eq!(response.headers()[header::CONTENT_LENGTH], length.to_string().as_str(), "{method}");
        assert!(method == Method::HEAD || response.body().len() as u64 == length);
    }
}
