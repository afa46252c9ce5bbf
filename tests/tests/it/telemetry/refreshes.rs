//! What refreshes put: every sweep ages, every run that ran its verdict, and nobody anything else.

use super::cloudwatch::{Fake, Mood, client};
use crate::proofs::support::faulty::{Fault, Faulty};
use crate::proofs::support::vms::{A, B, Content, rows};
use crate::proofs::support::world::{Ended, LIFE, World, succeeded};
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vms_core::{Outcome, RefreshRequest, Run, SkipReason, Trigger};
use vms_store::{ScheduleControl, Store};
use vms_telemetry::CloudWatch;

/// A world beside that VMS, a CloudWatch, and the way there.
async fn stage(content: Content) -> (World, Fake, Arc<CloudWatch>) {
    let fake = Fake::start().await;
    let meter = Arc::new(fake.client(&[]));
    (World::new(content).await, fake, meter)
}

/// Answers a request with its figures put there; the run, and how many calls of the store it made.
async fn run(world: &World, meter: &Arc<CloudWatch>, request: &RefreshRequest) -> (Run, usize) {
    let store = Arc::new(Store::new(Faulty::counting(world.table.clone(), &world.clock)));
    let engine = world.engine(Arc::clone(&store)).metered(meter.clone());
    let run = engine.run(request, world.now() + LIFE).await.unwrap();
    (run, store.table().calls())
}

/// The lines of an untroubled sweep of the type, where its oldest report and its source are so old.
fn sweep_lines(age: u32, source_age: u32) -> [String; 3] {
    [
        format!("OldestReportAge cache_type=organization {age} Seconds"),
        "ReportsQuarantined cache_type=organization 0 Count".to_owned(),
        format!("SourceAge  {source_age} Seconds"),
    ]
}

#[tokio::test]
async fn a_sweep_that_is_idle_paused_or_backing_off_puts_ages_all_the_same() {
    let (world, fake, meter) = stage(A).await;
    world.refresh().await;
    world.clock.hours(1);
    let (idle, calls) = run(&world, &meter, &world.request(Trigger::Sweep)).await;
    assert_eq!((idle.skipped, calls), (Some(SkipReason::Fresh), 1), "one read, as without figures");
    assert_eq!(fake.take_put(), sweep_lines(3600, 3600));

    let paused = ScheduleControl { paused: true, ..ScheduleControl::default() };
    world.store().set_schedule_control(&paused).await.unwrap();
    world.clock.hours(71);
    let (forgotten, _) = run(&world, &meter, &world.request(Trigger::Sweep)).await;
    assert_eq!(forgotten.skipped, Some(SkipReason::Paused));
    assert_eq!(fake.take_put(), sweep_lines(72 * 3600, 72 * 3600));

    world.store().set_schedule_control(&ScheduleControl::default()).await.unwrap();
    world.vms.switch(Content::Broken);
    for _ in 0..3 {
        assert_eq!(run(&world, &meter, &world.request(Trigger::Sweep)).await.0.outcome, Some(Outcome::Failed));
    }
    fake.take_put();
    world.clock.minutes(30);
    let (waiting, _) = run(&world, &meter, &world.request(Trigger::Sweep)).await;
    assert_eq!(waiting.skipped, Some(SkipReason::BackingOff));
    assert_eq!(fake.take_put(), sweep_lines(72 * 3600 + 1800, 1800), "the reports age, the source is new");
}

#[tokio::test]
async fn each_end_of_a_run_is_measured_as_what_it_is() {
    let (world, fake, meter) = stage(A).await;
    let verdict = |succeeded: u8| {
        [
            "RefreshDuration cache_type=organization 0 Seconds".to_owned(),
            format!("RefreshFailed cache_type=organization {} Count", 1 - succeeded),
            format!("RefreshSucceeded cache_type=organization {succeeded} Count"),
        ]
    };
    let ends = async |outcome: Outcome, request: RefreshRequest| {
        let (run, _) = run(&world, &meter, &request).await;
        assert_eq!(run.outcome, Some(outcome));
        world.clock.minutes(1);
        fake.take_put()
    };
    assert_eq!(ends(Outcome::Succeeded, world.forced()).await, verdict(1));
    world.vms.switch(rows(2, [1, 4, 4]));
    assert_eq!(ends(Outcome::Partial, world.forced()).await, verdict(0), "a partial run did not succeed");
    world.vms.switch(Content::Broken);
    assert_eq!(ends(Outcome::Failed, world.forced()).await, verdict(0));
    assert_eq!(ends(Outcome::Failed, RefreshRequest { dry_run: true, ..world.forced() }).await, [""; 0]);
    world.vms.switch(A);
    assert_eq!(ends(Outcome::Succeeded, world.forced()).await, verdict(1));
    assert_eq!(ends(Outcome::Skipped, world.request(Trigger::Manual)).await, [""; 0]);
    let (ended, _) = world.run_with(&world.forced(), 12, Fault::KilledBefore).await;
    assert!(matches!(ended, Ended::Killed));
    assert_eq!(ends(Outcome::Joined, world.forced()).await, [""; 0]);
    world.vms.switch(B);
    let joined = ends(Outcome::Joined, world.request(Trigger::Sweep)).await;
    assert_eq!(joined, sweep_lines(3 * 60, 0), "a sweep tells ages, and another run its own verdict");
}

#[tokio::test]
async fn a_run_that_is_killed_is_told_by_the_age_of_what_it_left() {
    let (world, fake, meter) = stage(A).await;
    world.refresh().await;
    for _ in 0..3 {
        world.clock.hours(24);
        let store = Arc::new(Store::new(Faulty::at(world.table.clone(), &world.clock, 12, Fault::KilledBefore)));
        let engine = world.engine(Arc::clone(&store)).metered(meter.clone());
        let request = world.forced();
        tokio::select! {
            _ = engine.run(&request, world.now() + LIFE) => panic!("it was to be killed"),
            () = store.table().death() => {}
        }
    }
    assert_eq!(fake.take_put(), [""; 0], "who is dead tells nothing");
    let paused = ScheduleControl { paused: true, ..ScheduleControl::default() };
    world.store().set_schedule_control(&paused).await.unwrap();
    run(&world, &meter, &world.request(Trigger::Sweep)).await;
    assert_eq!(fake.take_put(), sweep_lines(72 * 3600, 72 * 3600));
}

#[tokio::test]
async fn a_sweep_that_ran_tells_the_ages_that_it_leaves_behind() {
    let (world, fake, meter) = stage(A).await;
    world.refresh().await;
    world.clock.hours(30);
    world.vms.switch(B);
    let (sweep, _) = run(&world, &meter, &world.request(Trigger::Sweep)).await;
    assert!(succeeded(&sweep));
    let put = fake.take_put();
    assert_eq!(put.len(), 6);
    assert!(sweep_lines(0, 0).iter().all(|line| put.contains(line)), "{put:?}");
}

#[tokio::test]
async fn what_was_never_published_is_silence_and_what_waits_is_counted() {
    let (world, fake, meter) = stage(Content::Broken).await;
    run(&world, &meter, &world.request(Trigger::Sweep)).await;
    let names = ["RefreshDuration", "RefreshFailed", "RefreshSucceeded", "ReportsQuarantined", "SourceAge"];
    assert_eq!(fake.take_names(), names, "no age of what is not there");
    world.vms.switch(A);
    world.refresh().await;
    world.vms.switch(rows(2, [1, 4, 4]));
    world.refresh().await;
    run(&world, &meter, &world.request(Trigger::Sweep)).await;
    let put = fake.take_put();
    assert!(put.iter().any(|line| line.starts_with("ReportsQuarantined cache_type=organization 1 ")), "{put:?}");
}

#[tokio::test]
async fn a_cloudwatch_that_cannot_be_reached_costs_a_run_seconds_and_nothing_else() {
    let fake = Fake::start().await;
    let nobody = Arc::new(client("http://127.0.0.1:1", &[]));
    let meter = Arc::new(fake.client(&[]));
    for (mood, meter) in [
        (Mood::Fails, &meter),
        (Mood::Refuses, &meter),
        (Mood::Stalls, &meter),
        (Mood::Cuts, &meter),
        (Mood::Well, &nobody),
    ] {
        fake.set_mood(mood);
        let world = World::new(A).await;
        let began = Instant::now();
        let (run, _) = run(&world, meter, &world.request(Trigger::Sweep)).await;
        assert!(succeeded(&run), "{mood:?}");
        assert_eq!(world.ledger().await, [run], "{mood:?}");
        assert!(began.elapsed() < Duration::from_secs(9), "{mood:?}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn figures_are_not_waited_for_beyond_the_deadline() {
    let fake = Fake::start().await;
    fake.set_mood(Mood::Stalls);
    let world = World::new(A).await;
    world.refresh().await;
    let engine = world.engine(Arc::new(world.store())).metered(Arc::new(fake.client(&[])));
    let deadline = world.now() + SignedDuration::from_millis(200);
    let began = Instant::now();
    let run = engine.run(&world.request(Trigger::Sweep), deadline).await.unwrap();
    assert_eq!(run.skipped, Some(SkipReason::Fresh));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(fake.take_calls().len(), 1, "it was tried");
}
