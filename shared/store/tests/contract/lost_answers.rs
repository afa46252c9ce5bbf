//! Writes whose answer is lost: done, but told as failed, as happens where an SDK repeats what it heard nothing of.

use crate::tables::embedded;
use jiff::Timestamp;
use std::sync::atomic::{AtomicBool, Ordering};
use vms_core::{CacheType, Entry, Etag, Fence, ReportKey, RunId, Version};
use vms_store::{
    Acquire, Change, Condition, Encoded, Item, Key, MemoryTable, Page, QueryPage, Read, Removed, Saved, SortRange,
    Store, StoreError, Table, TableError, contract,
};

/// What happens to a write on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// It is done, its answer is lost, and it is sent again: the second answer is heard.
    Repeated,
    /// It is done, and no answer is heard at all.
    Unheard,
    /// It never arrives, and no answer is heard.
    Undelivered,
}

/// A table behind a bad network.
struct Faulty<T> {
    inner: T,
    fault: Fault,
    /// Reads that may be late find nothing.
    late_reads: bool,
    /// What another process writes right after our first write.
    rival: Option<Item>,
    rival_done: AtomicBool,
}

impl<T: Table> Faulty<T> {
    fn new(inner: T, fault: Fault) -> Self {
        Self { inner, fault, late_reads: false, rival: None, rival_done: AtomicBool::new(false) }
    }

    async fn write<F: Future<Output = Result<(), TableError>>>(&self, once: impl Fn() -> F) -> Result<(), TableError> {
        if self.fault == Fault::Undelivered {
            return Err(TableError::Unavailable);
        }
        let first = once().await;
        if let Some(rival) = self.rival.clone().filter(|_| !self.rival_done.swap(true, Ordering::Relaxed)) {
            self.inner.put(rival, Condition::Always).await?;
        }
        match self.fault {
            Fault::Repeated => once().await,
            _ => first.and(Err(TableError::Unavailable)),
        }
    }
}

impl<T: Table> Table for Faulty<T> {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        if self.late_reads && read == Read::Eventual {
            return Ok(None);
        }
        self.inner.get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        if self.late_reads && read == Read::Eventual {
            return Ok(QueryPage::default());
        }
        self.inner.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        self.write(|| self.inner.put(item.clone(), condition.clone())).await
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        self.write(|| self.inner.update(key, change.clone(), condition.clone())).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.write(|| self.inner.delete(key, condition.clone())).await
    }
}

fn now() -> Timestamp {
    "2026-03-15T02:00:00Z".parse().unwrap()
}

fn run_id(entropy: u32) -> RunId {
    RunId::new(CacheType::Recruitment, now(), entropy)
}

fn report() -> ReportKey {
    ReportKey::RecruitmentDiaEvents
}

fn entry(fence: u64, title: &str) -> Entry {
    let version = Version {
        etag: Etag("e".to_owned()),
        body: Fence(fence),
        bytes: 2,
        stored_bytes: 22,
        chunks: 1,
        rows: 0,
        generated_at: now(),
        source_version: "v".to_owned(),
    };
    Entry::first(report(), title, version, run_id(1), now())
}

#[tokio::test]
async fn the_contract_holds_although_every_write_is_sent_twice() {
    contract::verify_store(Store::new(Faulty::new(MemoryTable::new(), Fault::Repeated))).await;
    contract::verify_store(Store::new(Faulty::new(embedded().await, Fault::Repeated))).await;
}

#[tokio::test]
async fn an_entry_whose_answer_was_lost_is_known_as_written() {
    for fault in [Fault::Repeated, Fault::Unheard] {
        let store = Store::new(Faulty::new(MemoryTable::new(), fault));
        assert_eq!(store.save_entry(&entry(1, "a"), None).await, Ok(Saved::Written(1)), "{fault:?}");
        assert_eq!(store.save_entry(&entry(1, "b"), Some(1)).await, Ok(Saved::Written(2)), "{fault:?}");
        let act = Entry { act: Some("act-1".to_owned()), ..entry(1, "b") };
        assert_eq!(store.change_entry(&act, 2).await, Ok(Saved::Written(3)), "{fault:?}");
        let stored = store.entry(&report(), Read::Consistent).await.unwrap().unwrap();
        assert_eq!((stored.rev, stored.act), (3, act.act.clone()));
        let seen = Entry { rev: 3, ..act };
        assert_eq!(store.remove_entry(&seen, Fence(1)).await, Ok(Removed::Gone), "{fault:?}");
    }
}

#[tokio::test]
async fn a_body_and_a_lease_whose_answers_were_lost_are_known_as_ours() {
    for fault in [Fault::Repeated, Fault::Unheard] {
        let store = Store::new(Faulty::new(MemoryTable::new(), fault));
        let body = Encoded::of(b"{}").unwrap();
        assert_eq!(store.put_body(&report(), Fence(1), &body).await, Ok(1), "{fault:?}");
        let other = Encoded::of(b"[]").unwrap();
        assert_eq!(store.put_body(&report(), Fence(1), &other).await, Err(StoreError::BodyConflict), "{fault:?}");
        let until = now() + jiff::SignedDuration::from_mins(15);
        let Ok(Acquire::Held(lease)) = store.acquire(CacheType::Recruitment, &run_id(1), now(), until).await else {
            panic!("the lease is ours: {fault:?}")
        };
        assert_eq!(lease.fence, Fence(1), "one wish takes one fence");
        let again = store.acquire(CacheType::Recruitment, &run_id(1), now(), until).await;
        assert!(matches!(again, Ok(Acquire::Taken { .. })), "and is not mistaken for another of the same run");
    }
}

#[tokio::test]
async fn a_write_that_never_arrived_is_told_as_unavailable() {
    let store = Store::new(Faulty::new(MemoryTable::new(), Fault::Undelivered));
    let unavailable = StoreError::Table(TableError::Unavailable);
    assert_eq!(store.save_entry(&entry(1, "a"), None).await, Err(unavailable.clone()));
    assert_eq!(store.change_entry(&entry(1, "a"), 1).await, Err(unavailable.clone()));
    let body = Encoded::of(b"{}").unwrap();
    assert_eq!(store.put_body(&report(), Fence(1), &body).await, Err(unavailable.clone()));
    let until = now() + jiff::SignedDuration::from_mins(15);
    let answer = store.acquire(CacheType::Recruitment, &run_id(1), now(), until).await;
    assert_eq!(answer, Err(unavailable));
    assert_eq!(store.lease(CacheType::Recruitment, Read::Consistent).await, Ok(None));
}

#[tokio::test]
async fn a_write_that_was_overtaken_before_it_was_settled_is_lost() {
    for fault in [Fault::Repeated, Fault::Unheard] {
        let elsewhere = Store::new(MemoryTable::new());
        elsewhere.save_entry(&entry(2, "rival"), None).await.unwrap();
        let place = vms_store::keys::entry(&report());
        let rival = elsewhere.table().get(&place, Read::Consistent).await.unwrap();
        let mut faulty = Faulty::new(MemoryTable::new(), fault);
        faulty.rival = rival;
        let store = Store::new(faulty);
        let answer = store.save_entry(&entry(1, "ours"), None).await;
        match fault {
            Fault::Repeated => assert_eq!(answer, Ok(Saved::Lost)),
            _ => assert_eq!(answer, Err(StoreError::Table(TableError::Unavailable)), "never told as written"),
        }
    }
}

#[tokio::test]
async fn a_body_that_a_late_read_misses_is_read_again_consistently() {
    let mut faulty = Faulty::new(MemoryTable::new(), Fault::Repeated);
    faulty.late_reads = true;
    let store = Store::new(faulty);
    for (fence, length) in [(1, 100), (2, 500_000)] {
        let body = Encoded { etag: Etag(String::new()), bytes: 0, gzip: vec![7; length].into() };
        let version = Version {
            chunks: store.put_body(&report(), Fence(fence), &body).await.unwrap(),
            stored_bytes: length as u64,
            ..entry(fence, "a").current
        };
        assert_eq!(store.body(&report(), &version).await, Ok(Some(body.gzip)));
    }
}
