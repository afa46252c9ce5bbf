//! A table whose n-th call and all after it wait until they are woken: a process that is paused in the middle.

use super::watched::Watched;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Notify, watch};
use vms_store::{Change, Condition, Item, Key, Page, QueryPage, Read, SortRange, Table, TableError};

/// The table, and from which call on it sleeps, the first one being 0.
pub(crate) struct Sleepy {
    inner: Watched,
    at: usize,
    calls: AtomicUsize,
    asleep: Notify,
    woken: watch::Sender<bool>,
}

impl Sleepy {
    pub(crate) fn new(inner: Watched, at: usize) -> Self {
        Self { inner, at, calls: AtomicUsize::new(0), asleep: Notify::new(), woken: watch::Sender::new(false) }
    }

    /// Returns once a call sleeps.
    pub(crate) async fn falls_asleep(&self) {
        self.asleep.notified().await;
    }

    /// Lets all calls go on, those to come too.
    pub(crate) fn wake(&self) {
        self.woken.send_replace(true);
    }

    async fn enter(&self) -> &Watched {
        let n = self.calls.fetch_add(1, Ordering::Relaxed);
        if n >= self.at {
            self.asleep.notify_one();
            let _ = self.woken.subscribe().wait_for(|woken| *woken).await;
        }
        &self.inner
    }
}

impl Table for Sleepy {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        self.enter().await.get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        self.enter().await.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        self.enter().await.put(item, condition).await
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        self.enter().await.update(key, change, condition).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.enter().await.delete(key, condition).await
    }
}
