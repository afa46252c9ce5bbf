//! Promises about leases: one holder at a time, and a fence that only grows.

use super::samples::{now, run_id, seconds};
use crate::store::Store;
use crate::table::{Read, Table};
use crate::{Acquire, Lease};
use jiff::Timestamp;
use vms_core::{CacheType, Fence};

pub(super) async fn verify<T: Table>(store: &Store<T>) {
    a_lease_has_one_holder_and_its_type(store).await;
    a_run_that_is_started_twice_gets_one_lease(store).await;
    the_fence_grows_with_every_lease(store).await;
    of_two_that_ask_at_once_one_holds(store).await;
}

async fn ask<T: Table>(store: &Store<T>, t: CacheType, number: u32, at: Timestamp) -> Acquire {
    store.acquire(t, &run_id(t, number), at, at + seconds(60)).await.unwrap()
}

fn held(answer: Acquire) -> Lease {
    match answer {
        Acquire::Held(lease) => lease,
        Acquire::Taken { .. } => unreachable!("nobody else holds the lease"),
    }
}

async fn a_lease_has_one_holder_and_its_type<T: Table>(store: &Store<T>) {
    let t = CacheType::District;
    assert_eq!(store.lease(t, Read::Consistent).await.unwrap(), None, "before the first lease there is none");
    let first = held(ask(store, t, 1, now()).await);
    assert_eq!(first.fence, Fence(1), "the first fence is 1");
    assert_eq!(store.lease(t, Read::Consistent).await.unwrap(), Some(first.clone()), "a lease is read as it is held");
    let taken = Acquire::Taken { owner: first.owner.clone(), held_until: first.held_until };
    assert_eq!(ask(store, t, 2, now() + seconds(59)).await, taken, "while it holds, nobody else gets it");
    held(ask(store, CacheType::Volunteer, 2, now()).await);
    assert!(store.release(&first).await.unwrap(), "its holder can give it back");
    assert!(store.release(&first).await.unwrap(), "twice, if an answer was lost");
    let released = store.lease(t, Read::Consistent).await.unwrap().unwrap();
    assert_eq!((released.fence, released.is_held_at(now())), (Fence(1), false), "its fence stays");
    let second = held(ask(store, t, 3, now()).await);
    assert_eq!(second.fence, Fence(2), "what was given back can be had at once");
    assert!(!store.release(&first).await.unwrap(), "who held it before cannot give it back");
    assert_eq!(store.lease(t, Read::Consistent).await.unwrap(), Some(second));
}

async fn a_run_that_is_started_twice_gets_one_lease<T: Table>(store: &Store<T>) {
    let t = CacheType::Organization;
    let first = held(ask(store, t, 1, now()).await);
    let taken = Acquire::Taken { owner: first.owner, held_until: first.held_until };
    assert_eq!(ask(store, t, 1, now()).await, taken, "one request delivered twice is run once");
}

async fn the_fence_grows_with_every_lease<T: Table>(store: &Store<T>) {
    let t = CacheType::Organization;
    let mut last = store.lease(t, Read::Consistent).await.unwrap().unwrap().fence;
    for round in 1..=12 {
        let lease = held(ask(store, t, round, now() + seconds(i64::from(round) * 60)).await);
        assert_eq!(lease.fence, Fence(last.0 + 1), "every lease has a fence of its own");
        last = lease.fence;
        if round % 3 == 0 {
            store.release(&lease).await.unwrap();
        }
    }
}

async fn of_two_that_ask_at_once_one_holds<T: Table>(store: &Store<T>) {
    let t = CacheType::VirtualSession;
    for round in 0..10 {
        let at = now() + seconds(i64::from(round) * 60);
        // In every other round both are started for the same run.
        let second = 1 + round % 2;
        let (a, b) = tokio::join!(ask(store, t, 1, at), ask(store, t, second, at));
        let (winner, loser) = match (a, b) {
            (Acquire::Held(lease), Acquire::Taken { owner, .. })
            | (Acquire::Taken { owner, .. }, Acquire::Held(lease)) => (lease, owner),
            other => unreachable!("of two that ask at once exactly one holds, not {other:?}"),
        };
        assert_eq!(loser, winner.owner, "the other is told who");
        assert_eq!(store.lease(t, Read::Consistent).await.unwrap(), Some(winner));
    }
}
