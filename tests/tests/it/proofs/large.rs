//! Reports of several megabytes: spread over items, read whole or not at all, refused when no Lambda could send them.

use crate::proofs::support::reader::{Reader, admit, served};
use crate::proofs::support::tell;
use crate::proofs::support::vms::{TYPE, create_tables, key};
use crate::proofs::support::world::LIFE;
use http::StatusCode;
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use vms_core::{
    Clock as _, Entry, Env, Etag, Fence, Outcome, RefreshRequest, ReportKey, RunId, SystemClock, Trigger, Version,
};
use vms_refresh::{FileSource, RefreshConfig, Refresher};
use vms_store::{Encoded, MemoryTable, Saved, Store};

/// Letters and digits that do not pack well: about six bits each.
fn noise(length: usize, seed: u64) -> String {
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ (seed << 32);
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(length);
    for _ in 0..length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push(char::from(letters[(state >> 20) as usize % letters.len()]));
    }
    text
}

fn detail() -> ReportKey {
    key("organization/detail/2526/1")
}

/// A database whose one event has a title of that length.
fn write_database(path: &Path, title: &str) {
    let _ = std::fs::remove_file(path);
    let db = rusqlite::Connection::open(path).unwrap();
    create_tables(&db);
    db.execute_batch(
        "INSERT INTO organization (id, name) VALUES (1, 'Organization 1');
         INSERT INTO contact (id, first_name, last_name, exclude_from_reports) VALUES (1, 'First', 'Last', 0);
         INSERT INTO volunteer (id) VALUES (1);
         INSERT INTO volunteer_organization (volunteer_id, organization_id) VALUES (1, 1);
         INSERT INTO event_participation (id, volunteer_id, event_id, status, delivery_hours)
         VALUES (1, 1, 1, 'Attended', 1.5);",
    )
    .unwrap();
    db.execute(
        "INSERT INTO event (id, title, type, start_date, status, participant_count)
         VALUES (1, ?1, 'DIA', '2025-10-01 09:00:00.000000', 'COMPLETED', 0)",
        [title],
    )
    .unwrap();
}

#[tokio::test]
async fn a_report_up_to_what_lambda_can_send_is_published_and_one_beyond_it_fails_with_a_clear_class() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("vms.db");
    let now: Timestamp = "2026-03-15T02:00:00Z".parse().unwrap();
    let store = Arc::new(Store::new(MemoryTable::new()));
    admit(&store, &now).await;
    let config = RefreshConfig::from_env(&Env::new(&|_| None), |_| unreachable!()).unwrap();
    let engine = Refresher::new(Arc::clone(&store), FileSource::new(&path), Arc::new(now), config);
    let refresh = async |n: u32| {
        let request = RefreshRequest { force: true, ..RefreshRequest::new(RunId::new(TYPE, now, n), Trigger::Manual) };
        engine.run(&request, now + LIFE).await.unwrap()
    };
    write_database(&path, &noise(6_100_000, 1));
    let run = refresh(1).await;
    assert_eq!(run.outcome, Some(Outcome::Succeeded), "{run:?}");
    let reader = Reader::new(Arc::clone(&store), now);
    let response = reader.ask(&detail(), "gzip").await;
    let first = served(&response);
    assert!((4_500_000..4_700_000).contains(&response.body().len()), "{}", response.body().len());
    assert!(first.json.len() > 6_000_000);
    assert_eq!(reader.ask(&detail(), "identity").await.status(), StatusCode::NOT_ACCEPTABLE, "not without gzip");

    write_database(&path, &noise(8_000_000, 2));
    let run = refresh(2).await;
    assert_eq!(run.outcome, Some(Outcome::Partial));
    assert_eq!(run.reports, [(detail(), "failed(too_large)".to_owned())]);
    let cold = Reader::new(Arc::clone(&store), now);
    assert_eq!(cold.get(&detail()).await.unwrap().etag, first.etag, "the last good one is served");
}

/// The entry of a version that a run with its fence published, and of the one before it.
fn entry(version: &Version, before: Option<&Version>, now: Timestamp) -> Entry {
    let run_id = RunId::new(TYPE, now, version.body.0 as u32);
    let first = Entry::first(detail(), "large", version.clone(), run_id, now);
    Entry { last_updated: now, versions: before.into_iter().cloned().collect(), ..first }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_of_a_report_of_five_megabytes_never_get_parts_of_two_versions() {
    const PUBLISHES: u64 = 20;
    const READERS: usize = 2;
    let json = |n| format!("{{\"organization_name\":\"{}\"}}", noise(6_800_000, n)).into_bytes();
    let bodies: Vec<Encoded> = (1..=3).map(|n| Encoded::of(&json(n)).unwrap()).collect();
    assert!(bodies.iter().all(|b| b.gzip.len() > 5_000_000 && b.chunks().len() > 12));
    let known: Arc<Vec<Etag>> = Arc::new(bodies.iter().map(|b| b.etag.clone()).collect());
    let store = Arc::new(Store::new(MemoryTable::new()));
    let now = SystemClock.now();
    admit(&store, &now).await;
    let (begun, over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let reads = Arc::new([const { AtomicUsize::new(0) }; READERS]);
    let readers: Vec<_> = (0..READERS)
        .map(|n| {
            let (store, known) = (Arc::clone(&store), Arc::clone(&known));
            let (begun, over, reads) = (Arc::clone(&begun), Arc::clone(&over), Arc::clone(&reads));
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let cold = Reader::new(Arc::clone(&store), now);
                    let is_there = begun.load(Ordering::Acquire);
                    if let Some(served) = cold.get(&detail()).await {
                        assert!(known.contains(&served.etag));
                        reads[n].fetch_add(1, Ordering::Relaxed);
                    } else {
                        assert!(!is_there, "a report that exists is never missing");
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let mut before: Option<Version> = None;
    for fence in (1..=PUBLISHES).map(Fence) {
        let body = &bodies[fence.0 as usize % bodies.len()];
        store.put_body(&detail(), fence, body).await.unwrap();
        let version = body.version(fence, 1, now, "v");
        let seen = fence.0.checked_sub(1).filter(|rev| *rev > 0);
        let next = entry(&version, before.as_ref(), now);
        assert!(matches!(store.save_entry(&next, seen).await.unwrap(), Saved::Written(_)));
        store.clear_bodies(&next).await.unwrap();
        begun.store(true, Ordering::Release);
        before = Some(version);
        // While one version is replaced by the next every reader reads on; none falls behind by two.
        for (reader, rounds) in readers.iter().zip(reads.iter()) {
            let before = rounds.load(Ordering::Relaxed);
            while rounds.load(Ordering::Relaxed) == before {
                assert!(!reader.is_finished(), "a reader gave up");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(store.body_fences(&detail()).await.unwrap().len(), 2, "earlier ones are cleared");
    let reads: usize = reads.iter().map(|n| n.load(Ordering::Relaxed)).sum();
    tell(&format!("large reports: {reads} reads of 5 MB in 14 items during {PUBLISHES} publishes, none torn"));
}
