//! Promises about who may move an entry's pointers: fences, operators, removals, late wakers.

use super::entries::stored;
use super::samples::{entry, full_entry, now, report, run_id, seconds};
use crate::store::Store;
use crate::table::{Read, Table};
use crate::{Acquire, Removed, Saved};
use vms_core::{CacheType, Entry, Fence};

pub(super) async fn verify<T: Table>(store: &Store<T>) {
    a_lower_fence_cannot_write(store).await;
    a_late_waker_changes_nothing(store).await;
    a_removed_entry_stays_removed(store).await;
    an_operators_act_makes_the_runs_write_lost(store).await;
    an_act_keeps_the_fence_and_can_take_things_away(store).await;
    an_act_on_what_has_changed_is_lost(store).await;
    an_act_does_not_mistake_a_new_entry_for_the_old(store).await;
    a_removal_has_its_conditions(store).await;
}

fn titled(title: &str, entry: Entry) -> Entry {
    Entry { title: title.to_owned(), ..entry }
}

async fn a_lower_fence_cannot_write<T: Table>(store: &Store<T>) {
    let report = report(200);
    store.save_entry(&entry(&report, 10), None).await.unwrap();
    let lower = store.save_entry(&entry(&report, 9), Some(1)).await.unwrap();
    assert_eq!(lower, Saved::Lost, "a lower fence cannot write, although it knows the rev");
    let same = store.save_entry(&entry(&report, 10), Some(1)).await.unwrap();
    assert_eq!(same, Saved::Written(2), "the same fence can write again");
    let higher = store.save_entry(&entry(&report, 11), Some(2)).await.unwrap();
    assert_eq!(higher, Saved::Written(3), "a higher one can");
}

/// The whole story: a lease runs out, another run takes over, and the first one wakes.
async fn a_late_waker_changes_nothing<T: Table>(store: &Store<T>) {
    let report = report(210);
    let t = CacheType::Recruitment;
    let acquired = store.acquire(t, &run_id(t, 1), now(), now() + seconds(60)).await.unwrap();
    let Acquire::Held(early) = acquired else { unreachable!("nobody else held the lease") };
    store.save_entry(&entry(&report, early.fence.0), None).await.unwrap();
    let seen = stored(store, &report).await.unwrap();
    let later = now() + seconds(61);
    let acquired = store.acquire(t, &run_id(t, 2), later, later + seconds(60)).await.unwrap();
    let Acquire::Held(late) = acquired else { unreachable!("the lease had run out") };
    assert!(late.fence > early.fence, "a later lease outranks an earlier one");
    let takeover = titled("new", entry(&report, late.fence.0));
    assert_eq!(store.save_entry(&takeover, Some(seen.rev)).await.unwrap(), Saved::Written(2));
    for rev in [seen.rev, seen.rev + 1] {
        let woken = titled("old", entry(&report, early.fence.0));
        assert_eq!(store.save_entry(&woken, Some(rev)).await.unwrap(), Saved::Lost, "a late waker changes nothing");
    }
    assert_eq!(store.remove_entry(&seen, early.fence).await.unwrap(), Removed::Lost, "nor does it remove anything");
    assert_eq!(stored(store, &report).await.unwrap().title, "new");
    assert!(!store.release(&early).await.unwrap(), "nor does it give back what is not its own");
    assert!(store.lease(t, Read::Consistent).await.unwrap().unwrap().is_held_at(later));
}

async fn a_removed_entry_stays_removed<T: Table>(store: &Store<T>) {
    let report = report(220);
    store.save_entry(&entry(&report, 1), None).await.unwrap();
    let seen = stored(store, &report).await.unwrap();
    assert_eq!(store.remove_entry(&seen, Fence(2)).await.unwrap(), Removed::Gone);
    for fence in [1, 3] {
        let woken = store.save_entry(&entry(&report, fence), Some(1)).await.unwrap();
        assert_eq!(woken, Saved::Lost, "who saw an entry does not make it anew");
    }
    assert_eq!(store.change_entry(&seen, 1).await.unwrap(), Saved::Lost, "nor does an operator's act");
    assert_eq!(stored(store, &report).await, None);
}

async fn an_operators_act_makes_the_runs_write_lost<T: Table>(store: &Store<T>) {
    let report = report(230);
    store.save_entry(&entry(&report, 4), None).await.unwrap();
    let seen = stored(store, &report).await.unwrap();
    let act = Entry { held: Some(now()), act: Some("act-1".to_owned()), ..seen.clone() };
    assert_eq!(store.change_entry(&act, seen.rev).await.unwrap(), Saved::Written(2));
    let run = store.save_entry(&titled("run", entry(&report, 5)), Some(seen.rev)).await.unwrap();
    assert_eq!(run, Saved::Lost, "a run cannot undo an act that it has not seen");
    let kept = Entry { rev: 2, ..act };
    assert_eq!(stored(store, &report).await, Some(kept), "the act stands");
}

async fn an_act_keeps_the_fence_and_can_take_things_away<T: Table>(store: &Store<T>) {
    let report = report(240);
    store.save_entry(&full_entry(&report, 6), None).await.unwrap();
    let bare = Entry { act: Some("act-2".to_owned()), ..entry(&report, 6) };
    assert_eq!(store.change_entry(&bare, 1).await.unwrap(), Saved::Written(2));
    let expected = Entry { rev: 2, ..bare };
    assert_eq!(stored(store, &report).await, Some(expected), "an act can end a hold and drop a candidate");
}

async fn an_act_on_what_has_changed_is_lost<T: Table>(store: &Store<T>) {
    let report = report(250);
    store.save_entry(&entry(&report, 1), None).await.unwrap();
    let act = |id: &str| Entry { act: Some(id.to_owned()), ..entry(&report, 1) };
    let (a, b) = (act("a"), act("b"));
    let (first, second) = tokio::join!(store.change_entry(&a, 1), store.change_entry(&b, 1));
    let answers = [first.unwrap(), second.unwrap()];
    assert!(answers.contains(&Saved::Lost), "of two acts at once one is lost");
    assert!(answers.contains(&Saved::Written(2)), "and one is done");
    let done = stored(store, &report).await.unwrap().act.unwrap();
    assert_eq!(done == "a", answers[0] != Saved::Lost, "the act that is stored is the one that was told so");
}

async fn an_act_does_not_mistake_a_new_entry_for_the_old<T: Table>(store: &Store<T>) {
    let report = report(260);
    store.save_entry(&entry(&report, 1), None).await.unwrap();
    let seen = stored(store, &report).await.unwrap();
    store.remove_entry(&seen, Fence(1)).await.unwrap();
    store.save_entry(&entry(&report, 2), None).await.unwrap();
    assert_eq!(store.change_entry(&seen, seen.rev).await.unwrap(), Saved::Lost, "rev 1 of another entry");
    assert_eq!(stored(store, &report).await.unwrap().fence, Fence(2));
}

async fn a_removal_has_its_conditions<T: Table>(store: &Store<T>) {
    let report = report(270);
    store.save_entry(&entry(&report, 5), None).await.unwrap();
    let seen = stored(store, &report).await.unwrap();
    assert_eq!(store.remove_entry(&seen, Fence(4)).await.unwrap(), Removed::Lost, "a lower fence removes nothing");
    store.save_entry(&entry(&report, 5), Some(1)).await.unwrap();
    assert_eq!(store.remove_entry(&seen, Fence(6)).await.unwrap(), Removed::Lost, "nor does an old rev");
    let seen = stored(store, &report).await.unwrap();
    assert_eq!(store.remove_entry(&seen, Fence(6)).await.unwrap(), Removed::Gone);
    assert_eq!(store.remove_entry(&seen, Fence(6)).await.unwrap(), Removed::Gone, "gone is gone");
}
