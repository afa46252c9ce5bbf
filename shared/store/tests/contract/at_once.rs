//! Two processes at the same moment: both have looked, and then both write.

use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::Barrier;
use vms_core::{CacheType, Fence, RunId};
use vms_store::{
    Acquire, Change, Condition, Item, Key, MemoryTable, Page, QueryPage, Read, SortRange, Store, Table, TableError,
};

/// A table whose first two reads end together, before any write begins.
struct Together {
    inner: MemoryTable,
    reads: AtomicU32,
    both: Barrier,
}

impl Table for Together {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        let found = self.inner.get(key, read).await;
        if self.reads.fetch_add(1, Ordering::Relaxed) < 2 {
            self.both.wait().await;
        }
        found
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        self.inner.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
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
async fn of_two_processes_that_saw_the_lease_free_one_gets_it() {
    let now: Timestamp = "2026-03-15T02:00:00Z".parse().unwrap();
    let until = now + SignedDuration::from_mins(15);
    let run = |entropy| RunId::new(CacheType::District, now, entropy);
    for was_held_before in [false, true] {
        let inner = MemoryTable::new();
        if was_held_before {
            let store = Store::new(inner.clone());
            let Acquire::Held(lease) = store.acquire(CacheType::District, &run(0), now, until).await.unwrap() else {
                panic!("nobody else is there");
            };
            assert!(store.release(&lease).await.unwrap());
        }
        let store = Store::new(Together { inner, reads: AtomicU32::new(0), both: Barrier::new(2) });
        let (first, second) = (run(1), run(2));
        let (one, other) = tokio::join!(
            store.acquire(CacheType::District, &first, now, until),
            store.acquire(CacheType::District, &second, now, until),
        );
        let held: Vec<_> = [one.unwrap(), other.unwrap()]
            .into_iter()
            .filter_map(|acquired| match acquired {
                Acquire::Held(lease) => Some(lease.fence),
                Acquire::Taken { .. } => None,
            })
            .collect();
        assert_eq!(held, [Fence(1 + u64::from(was_held_before))]);
    }
}
