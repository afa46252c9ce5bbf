//! What storing costs besides the store: naming, packing and checking bodies, and entries as items.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to measure")]

use divan::Bencher;
use divan::counter::BytesCount;
use jiff::Timestamp;
use std::fmt::Write as _;
use tokio::runtime::{Builder, Runtime};
use vms_core::{CacheType, Entry, Fence, ReportKey, RunId, Version};
use vms_store::{Encoded, MemoryTable, Read, Store, codec};

/// Lengths of JSON: a district's year, a list of volunteers, the largest report of a mid-size VMS.
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

fn main() {
    divan::main();
}

/// JSON of about that length, as repetitive as reports are.
fn json(length: usize) -> Vec<u8> {
    let mut text = r#"{"report_data":["#.to_owned();
    for n in 0_usize.. {
        let (id, hours) = (n.wrapping_mul(2_654_435_761) % 100_000, n * 7 % 16);
        let _ = write!(
            text,
            r#"{{"id":{id},"name":"Volunteer {id}","email":"v{id}@example.org","event_count":{hours},"total_hours":{hours}.5,"last_event_type":"Career Fair"}}"#
        );
        if text.len() > length {
            break;
        }
        text.push(',');
    }
    text.push_str("]}");
    text.into_bytes()
}

#[divan::bench(args = SIZES)]
fn name(bencher: Bencher<'_, '_>, size: usize) {
    let json = json(size);
    bencher.counter(BytesCount::new(json.len())).bench(|| codec::etag(&json));
}

#[divan::bench(args = SIZES)]
fn pack(bencher: Bencher<'_, '_>, size: usize) {
    let json = json(size);
    bencher.counter(BytesCount::new(json.len())).bench(|| Encoded::of(&json).unwrap());
}

#[divan::bench(args = SIZES)]
fn verify(bencher: Bencher<'_, '_>, size: usize) {
    let body = Encoded::of(&json(size)).unwrap();
    bencher.counter(BytesCount::new(size)).bench(|| codec::verify(&body.gzip, body.bytes, &body.etag).unwrap());
}

/// An entry with as many earlier versions as are kept.
fn entry() -> Entry {
    let now: Timestamp = "2026-03-15T02:00:00Z".parse().unwrap();
    let version = |fence: u64| Version {
        etag: codec::etag(&fence.to_le_bytes()),
        body: Fence(fence),
        bytes: 100_000,
        stored_bytes: 12_000,
        chunks: 1,
        rows: 500,
        generated_at: now,
        source_version: "v1".to_owned(),
    };
    let run_id = RunId::new(CacheType::Volunteer, now, 1);
    Entry {
        versions: (3..9).map(version).collect(),
        ..Entry::first(ReportKey::VolunteerRecentDays, "Recent volunteers, last 365 days", version(9), run_id, now)
    }
}

fn stored() -> (Runtime, Store<MemoryTable>) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let store = Store::new(MemoryTable::new());
    runtime.block_on(store.save_entry(&entry(), None)).unwrap();
    (runtime, store)
}

#[divan::bench]
fn read_entry(bencher: Bencher<'_, '_>) {
    let (runtime, store) = stored();
    bencher.bench_local(|| runtime.block_on(store.entry(&ReportKey::VolunteerRecentDays, Read::Eventual)).unwrap());
}

#[divan::bench]
fn write_entry(bencher: Bencher<'_, '_>) {
    let (runtime, store) = stored();
    let (entry, mut rev) = (entry(), 1);
    bencher.bench_local(|| {
        let saved = runtime.block_on(store.save_entry(&entry, Some(rev))).unwrap();
        rev += 1;
        saved
    });
}
