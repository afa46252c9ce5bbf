//! Readers at full rate while the cache changes under them.

use crate::proofs::support::operator::{Act, act};
use crate::proofs::support::reader::Reader;
use crate::proofs::support::sleepy::Sleepy;
use crate::proofs::support::tell;
use crate::proofs::support::vms::{A, B, C, Content, SHORT, WITHOUT_THIRD, key};
use crate::proofs::support::world::World;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use vms_core::{Etag, ReportKey};
use vms_store::{Read, Store};

/// Readers at once.
const READERS: usize = 3;
/// Changes that the readers see.
const CHANGES: usize = 60;

#[tokio::test]
async fn a_reader_that_is_paused_while_its_version_is_cleared_gets_the_one_that_is_served_now() {
    let report = key("organization/summary/2526");
    for at in 0.. {
        let mut world = World::new(A).await;
        world.config.keep_versions = 1;
        world.refresh().await;
        let store = Arc::new(Store::new(Sleepy::new(world.table.clone(), at)));
        let reader = Reader::new(Arc::clone(&store), world.clock.clone());
        let reading = reader.get(&report);
        tokio::pin!(reading);
        tokio::select! {
            _ = &mut reading => {
                // The caller's key, the entry, the body.
                assert_eq!(at, 3, "a read makes three calls, and each was slept at");
                return;
            }
            () = store.table().falls_asleep() => {}
        }
        let first = world.entry(&report).await.current.body;
        world.clock.hours(24);
        world.refresh_from(B).await;
        world.store().clean(jiff::SignedDuration::ZERO, world.now()).await.unwrap();
        assert!(!world.store().body_fences(&report).await.unwrap().contains(&first), "the first version is gone");
        store.table().wake();
        let served = reading.await.expect("the report exists all the time");
        assert_eq!(served.etag, B.reports()[&report].0, "slept at call {at}");
        assert_eq!(served.age, 0, "and the age is that of what is served");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_never_miss_a_report_and_never_get_a_wrong_one_while_all_changes() {
    let mut world = World::new(A).await;
    world.config.keep_versions = 3;
    world.refresh().await;
    let known: Arc<BTreeSet<(ReportKey, Etag)>> = Arc::new(
        [A, B, C, SHORT, WITHOUT_THIRD].into_iter().flat_map(Content::reports).map(|(key, (e, _))| (key, e)).collect(),
    );
    let (over, reads) = (Arc::new(AtomicBool::new(false)), Arc::new([const { AtomicUsize::new(0) }; READERS]));
    let readers: Vec<_> = (0..READERS)
        .map(|n| {
            let store = Arc::new(Store::new(world.table.plain().clone()));
            let (known, clock) = (Arc::clone(&known), world.clock.clone());
            let (over, reads) = (Arc::clone(&over), Arc::clone(&reads));
            tokio::spawn(async move {
                // Half of the readers have nothing in memory, so that every body comes from the table.
                let warm = Reader::new(Arc::clone(&store), clock.clone());
                while !over.load(Ordering::Relaxed) {
                    let cold = Reader::new(Arc::clone(&store), clock.clone());
                    let reader = if n == 0 { &warm } else { &cold };
                    for key in A.reports().into_keys() {
                        let served = reader.get(&key).await.unwrap_or_else(|| panic!("{key} is missing"));
                        assert!(known.contains(&(key, served.etag)), "a version that was published");
                        reads[n].fetch_add(1, Ordering::Relaxed);
                        tokio::task::yield_now().await;
                    }
                }
            })
        })
        .collect();
    let report = key("organization/summary/2526");
    for n in 0..CHANGES {
        let content = [B, C, A, SHORT, WITHOUT_THIRD][n % 5];
        world.refresh_from(content).await;
        world.clock.hours(1);
        let what = [Act::RollBack(None), Act::Approve, Act::Reject][n % 3].clone();
        for report in [&report, &key("organization/detail/2526/1")] {
            act(&world.store(), &world.clock, 3, report, &what).await;
        }
        // No reader falls behind by more versions than are kept: elsewhere a read takes less than a night.
        for (reader, rounds) in readers.iter().zip(reads.iter()) {
            let before = rounds.load(Ordering::Relaxed);
            while rounds.load(Ordering::Relaxed) < before + 2 {
                assert!(!reader.is_finished(), "a reader gave up");
                tokio::task::yield_now().await;
            }
        }
        world.store().clean(jiff::SignedDuration::from_hours(24 * 7), world.now()).await.unwrap();
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(world.broken().await, Vec::<String>::new());
    let bodies = world.store().body_fences(&report).await.unwrap();
    let entry = world.store().entry(&report, Read::Consistent).await.unwrap().unwrap();
    assert!(bodies.iter().all(|fence| *fence == entry.fence || entry.names_body(*fence)), "cleaning went on");
    let reads: usize = reads.iter().map(|n| n.load(Ordering::Relaxed)).sum();
    tell(&format!("readers meanwhile: {reads} reads during {CHANGES} refreshes, acts and cleanings, none wrong"));
    assert!(reads > CHANGES);
}
