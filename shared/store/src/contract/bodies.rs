//! Promises about bodies: immutable, whole or absent, never mixed.

use super::samples::{report, stored_body, version_of};
use crate::codec::{CHUNK_BYTES, CodecError, Encoded, decode};
use crate::error::StoreError;
use crate::keys;
use crate::record::{number, with_key};
use crate::store::Store;
use crate::table::{Condition, Item, Page, Read, SortRange, Table};
use vms_core::{Fence, ReportKey};

pub(super) async fn verify<T: Table>(store: &Store<T>) {
    a_body_is_read_as_it_was_put(store).await;
    a_body_of_any_size_is_read_as_it_was_put(store).await;
    a_body_is_never_overwritten(store).await;
    bodies_of_neighbouring_fences_do_not_mix(store).await;
    a_body_with_a_missing_part_is_absent(store).await;
    a_body_that_is_not_what_its_entry_says_is_refused(store).await;
    a_body_in_an_unknown_form_is_refused(store).await;
    stored_fences_are_listed_once_in_order(store).await;
    deleting_a_body_leaves_the_others(store).await;
}

async fn a_body_is_read_as_it_was_put<T: Table>(store: &Store<T>) {
    let report = report(300);
    let json = br#"{"candidates_data":[{"score":0.5}]}"#;
    let body = Encoded::of(json).unwrap();
    let version = version_of(&body, 3);
    assert_eq!(store.body(&report, &version).await.unwrap(), None, "a body that was never put is absent");
    assert_eq!(store.put_body(&report, Fence(3), &body).await.unwrap(), 1);
    let gzip = store.body(&report, &version).await.unwrap().unwrap();
    assert_eq!(decode(&gzip, version.bytes).unwrap(), json, "a body is read as it was put");
}

/// Around every limit, under the longest key that a report can have.
async fn a_body_of_any_size_is_read_as_it_was_put<T: Table>(store: &Store<T>) {
    let longest = format!("virtual_session/district/2025-2026/{}", "a".repeat(865));
    let report: ReportKey = longest.parse().unwrap();
    let sizes = [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 400 * 1024, 2 * CHUNK_BYTES, 4 * CHUNK_BYTES + 5];
    for (fence, size) in (1..).zip(sizes) {
        let body = stored_body(size, fence as u8);
        let chunks = store.put_body(&report, Fence(fence), &body).await.unwrap();
        assert_eq!(chunks as usize, size.div_ceil(CHUNK_BYTES), "{size} bytes");
        let read = store.body(&report, &version_of(&body, fence)).await.unwrap();
        assert_eq!(read.unwrap(), body.gzip, "a body of {size} stored bytes is read as it was put");
    }
}

async fn a_body_is_never_overwritten<T: Table>(store: &Store<T>) {
    let report = report(310);
    let size = CHUNK_BYTES + 10;
    let body = stored_body(size, 1);
    for _ in 0..2 {
        assert_eq!(store.put_body(&report, Fence(1), &body).await.unwrap(), 2, "the same body again is harmless");
    }
    for other in [stored_body(size, 2), stored_body(10, 1), stored_body(size + 1, 1)] {
        let answer = store.put_body(&report, Fence(1), &other).await;
        assert_eq!(answer, Err(StoreError::BodyConflict), "a body's key is never used twice");
    }
    let read = store.body(&report, &version_of(&body, 1)).await.unwrap();
    assert_eq!(read.unwrap(), body.gzip, "the first body stands");
}

async fn bodies_of_neighbouring_fences_do_not_mix<T: Table>(store: &Store<T>) {
    let report = report(320);
    let fences = [1, 2, 10, 11, 100, u64::MAX];
    let bodies: Vec<_> = fences.map(|f| (f, stored_body(CHUNK_BYTES + 3, f as u8))).into();
    for (fence, body) in &bodies {
        store.put_body(&report, Fence(*fence), body).await.unwrap();
    }
    for (fence, body) in &bodies {
        let read = store.body(&report, &version_of(body, *fence)).await.unwrap();
        assert_eq!(read.unwrap(), body.gzip, "fence {fence} is read from its own chunks");
    }
}

async fn a_body_with_a_missing_part_is_absent<T: Table>(store: &Store<T>) {
    let report = report(330);
    let body = stored_body(2 * CHUNK_BYTES + 1, 1);
    let version = version_of(&body, 1);
    for missing in 0..3 {
        store.put_body(&report, Fence(1), &body).await.unwrap();
        assert!(store.body(&report, &version).await.unwrap().is_some());
        let key = keys::body_chunk(&report, Fence(1), missing);
        store.table().delete(&key, Condition::Always).await.unwrap();
        assert_eq!(store.body(&report, &version).await.unwrap(), None, "without part {missing} there is no body");
    }
}

async fn a_body_that_is_not_what_its_entry_says_is_refused<T: Table>(store: &Store<T>) {
    let report = report(340);
    let body = stored_body(2 * CHUNK_BYTES + 1, 1);
    store.put_body(&report, Fence(1), &body).await.unwrap();
    let damaged = Err(StoreError::Codec(CodecError::Damaged));
    let mut shorter = version_of(&body, 1);
    shorter.stored_bytes -= 1;
    assert_eq!(store.body(&report, &shorter).await, damaged, "the length must be the entry's");
    for chunks in [1, 2] {
        let mut fewer = version_of(&body, 1);
        fewer.chunks = chunks;
        assert_eq!(store.body(&report, &fewer).await, damaged, "the count must be the entry's");
    }
}

async fn a_body_in_an_unknown_form_is_refused<T: Table>(store: &Store<T>) {
    let report = report(350);
    let body = stored_body(10, 1);
    store.put_body(&report, Fence(1), &body).await.unwrap();
    let key = keys::body_chunk(&report, Fence(1), 0);
    let mut item: Item = store.table().get(&key, Read::Consistent).await.unwrap().unwrap();
    item.insert("format".to_owned(), number(crate::codec::FORMAT + 1));
    store.table().put(with_key(item, key), Condition::Always).await.unwrap();
    let answer = store.body(&report, &version_of(&body, 1)).await;
    assert_eq!(answer, Err(StoreError::Corrupt { kind: "body" }), "a form of another version is not guessed at");
}

/// Of more chunks than a query reads at once, reading keys only.
async fn stored_fences_are_listed_once_in_order<T: Table>(store: &Store<T>) {
    let report = report(360);
    assert!(store.body_fences(&report).await.unwrap().is_empty());
    let large = stored_body(2 * CHUNK_BYTES, 1);
    for fence in [30, 4, 200, 5] {
        store.put_body(&report, Fence(fence), &large).await.unwrap();
    }
    let partial = keys::body_chunk(&report, Fence(30), 0);
    store.table().delete(&partial, Condition::Always).await.unwrap();
    let fences = store.body_fences(&report).await.unwrap();
    assert_eq!(fences, [4, 5, 30, 200].map(Fence), "every stored fence once, lowest first, partial ones too");
}

async fn deleting_a_body_leaves_the_others<T: Table>(store: &Store<T>) {
    let report = report(370);
    let bodies: Vec<_> = [1, 2, 3].map(|f| (f, stored_body(CHUNK_BYTES + 1, f as u8))).into();
    for (fence, body) in &bodies {
        store.put_body(&report, Fence(*fence), body).await.unwrap();
    }
    for _ in 0..2 {
        store.delete_body(&report, Fence(2)).await.unwrap();
    }
    assert_eq!(store.body_fences(&report).await.unwrap(), [1, 3].map(Fence));
    let pk = keys::bodies(&report);
    let left = store.table().query(&pk, &SortRange::All, &Page::default(), Read::Consistent).await.unwrap();
    assert_eq!(left.items.len(), 4, "a body goes with all its chunks, and only with its own");
    for (fence, body) in bodies.iter().filter(|(fence, _)| *fence != 2) {
        let read = store.body(&report, &version_of(body, *fence)).await.unwrap();
        assert_eq!(read.unwrap(), body.gzip);
    }
}
