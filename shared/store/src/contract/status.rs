//! Promises about the status of types and the schedule's switch.

use super::samples::{now, run_id};
use crate::ScheduleControl;
use crate::store::Store;
use crate::table::{Read, Table};
use vms_core::{CacheType, FailureClass, Fence, LastRun, Outcome, Tally, Trigger, TypeStatus};

pub(super) async fn verify<T: Table>(store: &Store<T>) {
    counts_of_a_type_without_status_wait_for_its_first_run(store).await;
    a_status_is_read_as_it_was_written(store).await;
    a_later_leases_status_stands(store).await;
    counts_are_renewed_alone(store).await;
    the_schedule_runs_until_it_is_paused(store).await;
}

fn status(cache_type: CacheType, fence: u64) -> TypeStatus {
    let last = LastRun {
        run_id: run_id(cache_type, 1),
        outcome: Outcome::Succeeded,
        trigger: Trigger::Schedule,
        started_at: now(),
        finished_at: now(),
    };
    TypeStatus {
        fence: Fence(fence),
        last_run: Some(last.clone()),
        last_success: Some(last),
        last_schedule: Some(now()),
        source_version: Some("v".to_owned()),
        source_taken_at: Some(now()),
        tally: tally(u64::MAX),
        failures_in_row: 2,
        next_try: Some(now()),
        total_refreshes: fence,
        last_error: Some(FailureClass::SourceInvalid),
        ..TypeStatus::unknown(cache_type)
    }
}

fn tally(reports: u64) -> Tally {
    Tally { reports, oldest_update: Some(now()), ..Tally::default() }
}

async fn counts_of_a_type_without_status_wait_for_its_first_run<T: Table>(store: &Store<T>) {
    let t = CacheType::District;
    assert!(!store.save_tally(t, &tally(1)).await.unwrap());
    let unknown: Vec<TypeStatus> = CacheType::ALL.map(TypeStatus::unknown).into();
    assert_eq!(store.statuses(Read::Consistent).await.unwrap(), unknown, "nothing is known of any type yet");
    assert_eq!(store.status(t, Read::Consistent).await.unwrap(), TypeStatus::unknown(t));
}

async fn a_status_is_read_as_it_was_written<T: Table>(store: &Store<T>) {
    let written = status(CacheType::VirtualSession, 3);
    assert!(store.save_status(&written).await.unwrap());
    assert_eq!(store.status(CacheType::VirtualSession, Read::Consistent).await.unwrap(), written);
    let all = store.statuses(Read::Consistent).await.unwrap();
    assert_eq!(all.iter().map(|s| s.cache_type).collect::<Vec<_>>(), CacheType::ALL, "all five, in order");
    assert_eq!(all[2], written);
    assert_eq!(all[0], TypeStatus::unknown(CacheType::District));
}

async fn a_later_leases_status_stands<T: Table>(store: &Store<T>) {
    let t = CacheType::Organization;
    for (fence, stands) in [(9, true), (9, true), (8, false), (10, true)] {
        let answer = store.save_status(&status(t, fence)).await.unwrap();
        assert_eq!(answer, stands, "a status is kept from a run with a lower fence: {fence}");
    }
    assert_eq!(store.status(t, Read::Consistent).await.unwrap().fence, Fence(10));
}

async fn counts_are_renewed_alone<T: Table>(store: &Store<T>) {
    let t = CacheType::Recruitment;
    store.save_status(&status(t, 1)).await.unwrap();
    assert!(store.save_tally(t, &tally(4)).await.unwrap());
    let expected = TypeStatus { tally: tally(4), ..status(t, 1) };
    assert_eq!(store.status(t, Read::Consistent).await.unwrap(), expected, "the counts change and nothing else");
    assert!(store.save_status(&status(t, 1)).await.unwrap(), "and do not stand in a run's way");
}

async fn the_schedule_runs_until_it_is_paused<T: Table>(store: &Store<T>) {
    assert!(!store.schedule_control(Read::Consistent).await.unwrap().is_paused_at(now()));
    let pause = ScheduleControl {
        paused: true,
        by: Some("key-1".to_owned()),
        since: Some(now()),
        until: Some(now()),
        reason: Some("import".to_owned()),
    };
    store.set_schedule_control(&pause).await.unwrap();
    assert_eq!(store.schedule_control(Read::Consistent).await.unwrap(), pause);
    store.set_schedule_control(&ScheduleControl::default()).await.unwrap();
    assert_eq!(store.schedule_control(Read::Consistent).await.unwrap(), ScheduleControl::default());
}
