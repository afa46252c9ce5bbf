//! The hourly sweep, deadlines, crowds, pauses and back-off.

use crate::proofs::support::faulty::Fault;
use crate::proofs::support::vms::{A, B, Content, TYPE, days, key};
use crate::proofs::support::world::{Ended, LIFE, World, succeeded};
use futures_util::future::join_all;
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use vms_core::{FailureClass, Outcome, RefreshRequest, SkipReason, Trigger};
use vms_store::{
    Change, Condition, Item, Key, MemoryTable, Page, QueryPage, Read, ScheduleControl, SortRange, Store, Table,
    TableError,
};

#[tokio::test]
async fn a_sweep_with_nothing_to_do_reads_once_and_leaves_no_trace() {
    let world = World::new(A).await;
    world.refresh().await;
    world.clock.hours(1);
    let runs = world.ledger().await.len();
    let (run, calls) = world.calls_of(&world.request(Trigger::Sweep)).await;
    assert_eq!((run.skipped, calls), (Some(SkipReason::Fresh), 1));
    assert_eq!(world.ledger().await.len(), runs, "no ledger item");
}

#[tokio::test]
async fn a_sweep_makes_up_for_a_night_without_a_run() {
    let world = World::new(A).await;
    world.refresh().await;
    world.clock.hours(24);
    assert!(succeeded(&world.sweep().await));
    world.clock.hours(1);
    assert_eq!(world.sweep().await.skipped, Some(SkipReason::Fresh));
}

#[tokio::test]
async fn a_night_that_is_delivered_twice_runs_once() {
    let world = World::new(A).await;
    let night = |world: &World| RefreshRequest {
        scheduled_for: Some("2026-03-15T02:00:00Z".parse().unwrap()),
        ..world.request(Trigger::Schedule)
    };
    assert!(succeeded(&world.run(&night(&world)).await));
    world.clock.minutes(1);
    assert_eq!(world.run(&night(&world)).await.skipped, Some(SkipReason::Fresh));
}

#[tokio::test]
async fn a_request_that_is_delivered_twice_leaves_the_first_ones_record_alone() {
    let world = World::new(A).await;
    for request in [world.request(Trigger::Manual), world.forced()] {
        let first = world.run(&request).await;
        assert!(succeeded(&first));
        world.clock.minutes(1);
        world.run(&request).await;
        let stored = world.store().run(&request.run_id, world.now(), Read::Consistent).await.unwrap();
        assert_eq!(stored, Some(first));
        world.clock.hours(30);
    }
}

#[tokio::test]
async fn a_request_whose_first_delivery_was_killed_is_lost_and_not_run_again_under_its_name() {
    let world = World::new(A).await;
    let request = world.forced();
    let (ended, _) = world.run_with(&request, 12, Fault::KilledBefore).await;
    assert!(matches!(ended, Ended::Killed));
    world.run(&request).await;
    world.clock.minutes(20);
    let stored = world.store().run(&request.run_id, world.now(), Read::Consistent).await.unwrap().unwrap();
    assert_eq!(stored.outcome_at(world.now()), Some(Outcome::Lost));
    assert!(succeeded(&world.sweep().await), "the sweep takes over");
}

#[tokio::test]
async fn a_snapshot_that_arrives_in_mid_run_is_published_by_the_next_sweep() {
    for n in 0..30 {
        let world = World::new(A).await;
        world.refresh().await;
        world.clock.hours(24);
        world.vms.switch(A);
        // The copy arrives while the n-th call of a run that reads the copy before it is on its way.
        let vms = Arc::clone(&world.vms);
        let clock = world.clock.clone();
        let table = Intruded::new(world.table.plain().clone(), n, move || {
            clock.minutes(1);
            vms.switch(B);
        });
        let engine = world.engine(Arc::new(Store::new(table)));
        engine.run(&world.forced(), world.now() + LIFE).await.unwrap();
        let (snapshot, before) = (world.request(Trigger::Snapshot), world.vms.content());
        if before == A {
            return;
        }
        let joined = world.run(&snapshot).await;
        world.clock.minutes(40);
        let sweep = world.sweep().await;
        assert!(succeeded(&joined) || succeeded(&sweep) || sweep.skipped == Some(SkipReason::Fresh));
        let reader = world.reader();
        for (key, (etag, _)) in B.reports() {
            assert_eq!(reader.get(&key).await.unwrap().etag, etag, "{key}, call {n}");
        }
    }
}

#[tokio::test]
async fn a_snapshot_that_joined_a_run_is_published_by_the_next_sweep() {
    let world = World::new(A).await;
    world.refresh().await;
    world.clock.hours(24);
    let (ended, _) = world.run_with(&world.forced(), 12, Fault::KilledBefore).await;
    assert!(matches!(ended, Ended::Killed));
    world.vms.switch(B);
    let joined = world.run(&world.request(Trigger::Snapshot)).await;
    assert_eq!(joined.outcome, Some(Outcome::Joined));
    world.clock.minutes(50);
    assert!(succeeded(&world.sweep().await));
    let (report, (etag, _)) = B.reports().pop_first().unwrap();
    assert_eq!(world.reader().get(&report).await.unwrap().etag, etag);
}

/// Does something when its n-th call comes in.
struct Intruded<F> {
    inner: MemoryTable,
    left: std::sync::atomic::AtomicI64,
    intrude: F,
}

impl<F: Fn() + Send + Sync> Intruded<F> {
    fn new(inner: MemoryTable, n: i64, intrude: F) -> Self {
        Self { inner, left: n.into(), intrude }
    }

    fn enter(&self) -> &MemoryTable {
        if self.left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) == 0 {
            (self.intrude)();
        }
        &self.inner
    }
}

impl<F: Fn() + Send + Sync> Table for Intruded<F> {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        self.enter().get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        self.enter().query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        self.enter().put(item, condition).await
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        self.enter().update(key, change, condition).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.enter().delete(key, condition).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_requests_at_once_lead_to_one_run() {
    for force in [false, true] {
        let world = World::new(A).await;
        let store = Arc::new(Store::new(world.table.plain().clone()));
        let engine = Arc::new(world.engine(store));
        let ask = |request| {
            let (engine, deadline) = (Arc::clone(&engine), world.now() + LIFE);
            tokio::spawn(async move { engine.run(&request, deadline).await.unwrap() })
        };
        let requests: Vec<_> = (0..1000).map(|_| RefreshRequest { force, ..world.request(Trigger::Manual) }).collect();
        // The clock moves on while they are answered; until then all are of one moment.
        world.clock.run();
        tokio::time::sleep(Duration::from_millis(5)).await;
        let runs = join_all(requests.into_iter().map(ask).collect::<Vec<_>>()).await;
        let outcomes: Vec<_> = runs.into_iter().map(|run| run.unwrap().outcome.unwrap()).collect();
        let of = |outcome| outcomes.iter().filter(|o| **o == outcome).count();
        assert_eq!(of(Outcome::Succeeded), 1, "force: {force}");
        assert_eq!(of(Outcome::Succeeded) + of(Outcome::Joined) + of(Outcome::Skipped), 1000);
    }
}

#[tokio::test]
async fn a_paused_schedule_starts_nothing_but_what_an_operator_asks_for() {
    let world = World::new(A).await;
    world.refresh().await;
    let paused = ScheduleControl { paused: true, ..ScheduleControl::default() };
    world.store().set_schedule_control(&paused).await.unwrap();
    world.clock.advance(days(1));
    world.vms.switch(B);
    for trigger in [Trigger::Schedule, Trigger::Sweep, Trigger::Snapshot] {
        assert_eq!(world.run(&world.request(trigger)).await.skipped, Some(SkipReason::Paused), "{trigger}");
    }
    assert!(succeeded(&world.run(&world.request(Trigger::Manual)).await));
}

#[tokio::test]
async fn the_sweep_backs_off_after_repeated_failures_and_resumes_by_itself() {
    let world = World::new(Content::Broken).await;
    let mut tried = Vec::new();
    for hour in 0..24 {
        let run = world.sweep().await;
        match run.skipped {
            None => tried.push(hour),
            Some(reason) => assert_eq!(reason, SkipReason::BackingOff),
        }
        if run.outcome == Some(Outcome::Failed) {
            assert_eq!(run.error, Some(FailureClass::SourceInvalid));
        }
        let status = world.store().status(TYPE, Read::Consistent).await.unwrap();
        assert_eq!(status.next_try.is_some(), tried.len() >= 3, "it shows when it tries again");
        world.clock.hours(1);
    }
    assert_eq!(tried, [0, 1, 2, 3, 5, 9, 17], "at first every hour, then with pauses that double");
    world.vms.switch(A);
    world.clock.hours(12);
    assert!(succeeded(&world.sweep().await));
    let status = world.store().status(TYPE, Read::Consistent).await.unwrap();
    assert_eq!((status.failures_in_row, status.next_try), (0, None));
}

#[tokio::test]
async fn a_source_that_does_not_answer_ends_in_a_verdict_before_the_deadline() {
    let world = World::new(A).await;
    world.refresh().await;
    world.vms.set_slow(true);
    world.clock.run();
    let life = Duration::from_secs(1);
    let deadline = world.now() + SignedDuration::try_from(life).unwrap();
    let engine = world.engine(Arc::new(world.store()));
    let run = timeout(life, engine.run(&world.forced(), deadline)).await.expect("before the process is ended").unwrap();
    assert_eq!((run.outcome, run.error), (Some(Outcome::Failed), Some(FailureClass::SourceUnavailable)));
    assert_eq!(world.ledger().await[0], run);
    assert!(world.reader().get(&key("organization/summary/2526")).await.is_some(), "what was published stays");
    world.vms.set_slow(false);
    assert!(succeeded(&world.refresh().await), "and the lease is free");
}

#[tokio::test]
async fn a_run_that_meets_its_deadline_keeps_what_it_published_and_the_sweep_goes_on_with_the_rest() {
    let world = World::new(A).await;
    world.refresh().await;
    world.clock.hours(24);
    world.vms.switch(B);
    world.clock.run();
    let (begun, life) = (Instant::now(), Duration::from_secs(2));
    let deadline = world.now() + SignedDuration::try_from(life).unwrap();
    let table = Stuck { inner: world.table.plain().clone(), part: "detail" };
    let run = world.engine(Arc::new(Store::new(table))).run(&world.forced(), deadline).await.unwrap();
    assert!(begun.elapsed() < life, "before the process is ended: {:?}", begun.elapsed());
    assert_eq!(run.outcome, Some(Outcome::Partial));
    assert_eq!((run.counts.of("published"), run.counts.of("unchanged"), run.counts.of("kept")), (1, 1, 3));
    assert!(run.reports.iter().all(|(_, outcome)| outcome == "kept(deadline)"));
    let reader = world.reader();
    for (key, (etag, _)) in B.reports() {
        let kept = key.to_string().contains("detail");
        let served = reader.get(&key).await.unwrap();
        assert_eq!(served.etag == etag, !kept || A.reports()[&key].0 == etag, "{key}");
    }
    let sweep = world.sweep().await;
    assert!(succeeded(&sweep));
    assert_eq!(sweep.counts.of("published"), 3, "the rest");
}

/// Writes to some keys hang.
struct Stuck {
    inner: MemoryTable,
    part: &'static str,
}

impl Table for Stuck {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        self.inner.get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        self.inner.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        if item.get("pk").and_then(|pk| pk.as_s().ok()).is_some_and(|pk| pk.contains(self.part)) {
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        self.inner.put(item, condition).await
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        self.inner.update(key, change, condition).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.inner.delete(key, condition).await
    }
}

#[tokio::test]
async fn a_dry_run_writes_nothing_but_its_own_record() {
    let world = World::new(A).await;
    world.refresh().await;
    world.clock.hours(24);
    world.vms.switch(B);
    let before = world.entries().await;
    let run = world.run(&RefreshRequest { dry_run: true, ..world.forced() }).await;
    assert_eq!((run.outcome, run.counts.of("published")), (Some(Outcome::Succeeded), 4));
    assert_eq!(world.entries().await, before);
    let lease = world.store().lease(TYPE, Read::Consistent).await.unwrap().unwrap();
    assert_eq!(lease.fence.0, 1, "it takes no lease");
}
