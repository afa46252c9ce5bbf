//! A refresh that goes wrong at any one of its calls, in any way: what a reader sees then, and after the next sweep.

use crate::proofs::support::faulty::Fault;
use crate::proofs::support::operator::{Act, act};
use crate::proofs::support::tell;
use crate::proofs::support::vms::{A, B, C, Content, EMPTY, SHORT, days, key};
use crate::proofs::support::world::{Ended, World, succeeded};
use std::collections::BTreeMap;
use vms_core::{Clock as _, Etag, Outcome, RefreshRequest, ReportKey, Run, RunState, SkipReason, Trigger};

/// A cache with a history, and what VMS says when the refresh begins that goes wrong.
struct Scene {
    name: &'static str,
    world: World,
    next: Content,
}

/// What readers and operators see of a report.
#[derive(Debug, PartialEq, Eq)]
struct View {
    served: Etag,
    candidate: Option<Etag>,
    versions: usize,
    held: bool,
    retired: bool,
}

async fn view(world: &World) -> BTreeMap<ReportKey, View> {
    let entries = world.entries().await.into_iter();
    let view = entries.map(|e| {
        let candidate = e.candidate.as_ref().map(|c| c.version.etag.clone());
        let (held, retired) = (e.held.is_some(), e.retired_at.is_some());
        (e.report_key, View { served: e.current.etag, candidate, versions: e.versions.len(), held, retired })
    });
    view.collect()
}

fn nightly(world: &World) -> RefreshRequest {
    RefreshRequest { scheduled_for: Some(world.now()), ..world.request(Trigger::Schedule) }
}

/// Tries every fault at every call of a scene's refresh.
async fn try_everything(scene: Scene) {
    let Scene { name, world, next } = scene;
    let before = view(&world).await;
    world.vms.switch(next);
    let smooth = world.fork().await;
    let (smooth_run, calls) = smooth.calls_of(&nightly(&smooth)).await;
    let expected = view(&smooth).await;
    let mut points = 0;
    for n in 0..calls + 2 {
        for fault in Fault::ALL {
            let world = world.fork().await;
            let request = nightly(&world);
            let (ended, store) = world.run_with(&request, n, fault).await;
            if !store.table().struck() {
                continue;
            }
            points += 1;
            let place = || format!("{name}: {fault:?} at call {n}, {ended:?}\n{}", store.table().log().join("\n"));
            assert_eq!(world.broken().await, Vec::<String>::new(), "{}", place());
            check_verdict(&world, &request, &ended, &expected, &place).await;
            if matches!(fault, Fault::Unheard | Fault::Repeated) {
                let Ended::Answered(Ok(run)) = &ended else { panic!("a lost answer is settled\n{}", place()) };
                let told = |run: &Run| (run.outcome, run.counts.clone(), run.done, run.error);
                assert_eq!(told(run), told(&smooth_run), "what arrived counts, heard or not\n{}", place());
            }
            world.clock.minutes(20);
            assert_eq!(world.unaccounted().await, Vec::<String>::new(), "{}", place());
            heals(&world, &expected, &place).await;
            if !world.orphans(before.keys()).await.is_empty() {
                world.refresh().await;
            }
            assert_eq!(world.orphans(before.keys()).await, Vec::<String>::new(), "after the next night\n{}", place());
        }
    }
    assert!(points > calls, "every call goes wrong in more than one way");
    tell(&format!("crash points: {name}: {points} faults at {calls} calls, all healed"));
}

/// What is told of the run is true.
async fn check_verdict(
    world: &World,
    request: &RefreshRequest,
    ended: &Ended,
    expected: &BTreeMap<ReportKey, View>,
    place: &impl Fn() -> String,
) {
    let stored = world.ledger().await.into_iter().find(|r| r.run_id == request.run_id);
    let is_done = stored.as_ref().is_some_and(|r| r.state == RunState::Done);
    match ended {
        Ended::Answered(Ok(run)) => {
            assert_eq!(stored.as_ref(), Some(&**run), "the ledger says what the run says\n{}", place());
        }
        Ended::Answered(Err(_)) => assert!(!is_done, "a run with a recorded verdict ends well\n{}", place()),
        Ended::Killed => {}
    }
    if let Some(run) = stored.filter(succeeded) {
        assert_eq!(view(world).await, *expected, "{} has succeeded\n{}", run.run_id, place());
    }
}

/// The next sweep brings about what a refresh without any fault would have, and then there is nothing left to do.
async fn heals(world: &World, expected: &BTreeMap<ReportKey, View>, place: &impl Fn() -> String) {
    let sweep = world.sweep().await;
    let fine = matches!(sweep.outcome, Some(Outcome::Succeeded | Outcome::Partial))
        || sweep.skipped == Some(SkipReason::Fresh);
    assert!(fine, "the sweep heals: {sweep:?}\n{}", place());
    assert_eq!(view(world).await, *expected, "after the sweep\n{}", place());
    assert_eq!(world.broken().await, Vec::<String>::new(), "after the sweep\n{}", place());
    // What vanished from a source that is doubted is not confirmed, and ages until the source is mended.
    if world.vms.content() == EMPTY {
        return;
    }
    let again = world.sweep().await;
    assert_eq!(again.skipped, Some(SkipReason::Fresh), "nothing is left to do\n{}", place());
}

#[tokio::test]
async fn a_first_refresh_may_crash_anywhere() {
    let world = World::new(A).await;
    try_everything(Scene { name: "first refresh", world, next: A }).await;
}

#[tokio::test]
async fn a_refresh_of_changed_reports_may_crash_anywhere() {
    let mut world = World::new(A).await;
    world.config.keep_versions = 2;
    for content in [A, B, C] {
        world.refresh_from(content).await;
        world.clock.hours(24);
    }
    try_everything(Scene { name: "changed", world, next: A }).await;
}

#[tokio::test]
async fn a_refresh_that_changes_nothing_may_crash_anywhere() {
    let world = World::new(A).await;
    world.refresh().await;
    world.clock.hours(24);
    try_everything(Scene { name: "unchanged", world, next: A }).await;
}

#[tokio::test]
async fn a_refresh_that_retires_and_quarantines_may_crash_anywhere() {
    let world = World::new(A).await;
    world.refresh().await;
    world.clock.hours(24);
    try_everything(Scene { name: "retired and quarantined", world, next: SHORT }).await;
}

#[tokio::test]
async fn a_refresh_from_an_empty_database_may_crash_anywhere() {
    let world = World::new(A).await;
    world.refresh().await;
    world.clock.hours(24);
    try_everything(Scene { name: "empty", world, next: EMPTY }).await;
}

#[tokio::test]
async fn a_refresh_that_removes_may_crash_anywhere() {
    let world = World::new(A).await;
    world.refresh().await;
    world.clock.hours(24);
    world.refresh_from(SHORT).await;
    world.clock.advance(days(8));
    try_everything(Scene { name: "removed", world, next: SHORT }).await;
}

#[tokio::test]
async fn a_refresh_beside_a_held_report_may_crash_anywhere() {
    let world = World::new(A).await;
    world.refresh().await;
    world.clock.hours(24);
    world.refresh_from(B).await;
    let report = key("organization/summary/2526");
    let earlier = A.reports()[&report].0.clone();
    assert!(act(&world.store(), &world.clock, 7, &report, &Act::RollBack(Some(earlier))).await);
    world.clock.hours(24);
    assert!(world.clock.now() > world.entry(&report).await.last_updated);
    try_everything(Scene { name: "held", world, next: C }).await;
}
