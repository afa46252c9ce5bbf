//! Promises about the ledger: runs and acts, newest first, for 90 days.

use super::samples::{now, report, run, seconds};
use crate::store::Store;
use crate::table::{Read, Table};
use crate::{Act, ActKind, keys};
use jiff::SignedDuration;
use vms_core::{CacheType, FailureClass, Outcome, ReportOutcome, Run, RunState, SkipReason};

pub(super) async fn verify<T: Table>(store: &Store<T>) {
    a_run_is_read_as_it_was_written(store).await;
    queuing_does_not_undo_a_start(store).await;
    a_run_is_taken_up_once(store).await;
    runs_are_listed_newest_first_in_pages(store).await;
    runs_pass_away_after_ninety_days(store).await;
    acts_are_listed_newest_first_and_pass_away(store).await;
}

const LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

async fn a_run_is_read_as_it_was_written<T: Table>(store: &Store<T>) {
    let mut full = run(CacheType::District, 1, RunState::Done);
    assert_eq!(store.run(&full.run_id, now(), Read::Consistent).await.unwrap(), None);
    full.outcome = Some(Outcome::Partial);
    full.skipped = Some(SkipReason::BackingOff);
    full.event_id = Some("e".to_owned());
    full.requested_by = Some("key-1".to_owned());
    full.report_key = Some(report(1));
    full.finished_at = Some(now());
    full.held_until = Some(now());
    full.total = u64::MAX;
    full.left_out.insert("event.status".to_owned(), 3);
    full.durations.publish_ms = 12;
    full.error = Some(FailureClass::StoreThrottled);
    full.error_detail = Some("slow".to_owned());
    full.source = Some("v".to_owned());
    for event in 0..300 {
        full.note(&report(event), ReportOutcome::Failed(FailureClass::Builder));
    }
    store.save_run(&full).await.unwrap();
    let read = store.run(&full.run_id, now(), Read::Consistent).await.unwrap();
    assert_eq!(read, Some(full), "a run is read as it was written");
}

async fn queuing_does_not_undo_a_start<T: Table>(store: &Store<T>) {
    let queued = run(CacheType::District, 2, RunState::Queued);
    assert!(store.queue_run(&queued).await.unwrap());
    assert!(store.queue_run(&queued).await.unwrap(), "queuing again what is queued is harmless");
    let started = Run { state: RunState::Running, ..queued.clone() };
    store.save_run(&started).await.unwrap();
    assert!(!store.queue_run(&queued).await.unwrap(), "a run that was taken up is told apart");
    let read = store.run(&queued.run_id, now(), Read::Consistent).await.unwrap();
    assert_eq!(read, Some(started), "and stays as it is");
}

async fn a_run_is_taken_up_once<T: Table>(store: &Store<T>) {
    for (n, is_queued) in [(3, true), (4, false)] {
        let queued = run(CacheType::District, n, RunState::Queued);
        if is_queued {
            store.save_run(&queued).await.unwrap();
        }
        let started = Run { state: RunState::Running, held_until: Some(now()), ..queued.clone() };
        assert!(store.take_up_run(&started).await.unwrap(), "a run is taken up, queued or not");
        let twin = Run { held_until: None, ..started.clone() };
        assert!(!store.take_up_run(&twin).await.unwrap(), "and not by another process again");
        let ended = Run { state: RunState::Done, ..started };
        store.save_run(&ended).await.unwrap();
        assert!(!store.take_up_run(&twin).await.unwrap(), "nor after its end");
        let read = store.run(&queued.run_id, now(), Read::Consistent).await.unwrap();
        assert_eq!(read, Some(ended), "it stays as it is");
    }
}

async fn runs_are_listed_newest_first_in_pages<T: Table>(store: &Store<T>) {
    let t = CacheType::Volunteer;
    let all: Vec<Run> = (0..25).map(|n| run(t, n, RunState::Done)).collect();
    for run in &all {
        store.save_run(run).await.unwrap();
    }
    store.save_run(&run(CacheType::Recruitment, 99, RunState::Done)).await.unwrap();
    for limit in [1, 10, 25, 26] {
        let mut found = Vec::new();
        let mut before = None;
        loop {
            let (runs, next) = store.runs(t, limit, before.as_ref(), now()).await.unwrap();
            assert!(runs.len() <= limit, "a page never holds more than its limit");
            found.extend(runs);
            before = next;
            if before.is_none() {
                break;
            }
        }
        found.reverse();
        assert_eq!(found, all, "runs of the type in pages of {limit}, newest first");
    }
}

async fn runs_pass_away_after_ninety_days<T: Table>(store: &Store<T>) {
    let t = CacheType::Volunteer;
    let oldest = run(t, 0, RunState::Done);
    let last_moment = oldest.started_at + LIFE - seconds(1);
    let read = |at| store.run(&oldest.run_id, at, Read::Consistent);
    assert_eq!(read(last_moment).await.unwrap().as_ref(), Some(&oldest));
    assert_eq!(read(last_moment + seconds(1)).await.unwrap(), None, "an expired run is absent, though it is stored");
    let later = now() + LIFE + seconds(20);
    for limit in [2, 4, 5, 25] {
        let (runs, next) = store.runs(t, limit, None, later).await.unwrap();
        assert_eq!((runs.len(), next.is_some()), (limit.min(4), limit < 4), "only live runs are listed: {limit}");
    }
}

async fn acts_are_listed_newest_first_and_pass_away<T: Table>(store: &Store<T>) {
    let act = |n: i64| Act {
        id: format!("{n:02}"),
        at: now() + seconds(n),
        kind: ActKind::Rollback,
        by: "key-1".to_owned(),
        what: report(7).to_string(),
        reason: (n % 2 == 0).then(|| "wrong year".to_owned()),
    };
    let all: Vec<Act> = (0..12).map(act).collect();
    for act in &all {
        store.record_act(act).await.unwrap();
        store.record_act(act).await.unwrap();
    }
    let overwrite = Act { by: "key-2".to_owned(), ..act(3) };
    store.record_act(&overwrite).await.unwrap();
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let (acts, next) = store.acts(5, before.as_deref(), now()).await.unwrap();
        found.extend(acts);
        before = next;
        if before.is_none() {
            break;
        }
    }
    found.reverse();
    assert_eq!(found, all, "every act once, newest first, never overwritten");
    let after = keys::act(all[2].at, &all[2].id).sk;
    assert_eq!(store.acts(5, Some(&after), now()).await.unwrap().0.len(), 2);
    let (alive, next) = store.acts(5, None, now() + LIFE + seconds(9)).await.unwrap();
    assert_eq!((alive.len(), next), (2, None), "expired acts are absent, though they are stored");
}
