//! A table that notes who calls what, and that refuses, fails, or outlives its caller on command.

use crate::proofs::support::watched::place_of;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use vms_store::{Change, Condition, Item, Key, MemoryTable, Page, QueryPage, Read, SortRange, Table, TableError};

/// Clones are the same table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate {
    inner: MemoryTable,
    rules: Arc<Mutex<Rules>>,
    death: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Rules {
    refused: Option<String>,
    down: bool,
    calls_left: Option<usize>,
    writes_until_lost: Option<usize>,
    calls: BTreeSet<Call>,
}

/// A right that a call takes: the action, and the partition that it is on.
pub(crate) type Call = (&'static str, String);

impl Gate {
    /// A gate before that table.
    pub(crate) fn before(inner: MemoryTable) -> Self {
        Self { inner, ..Self::default() }
    }

    /// What was called so far; forgets it.
    pub(crate) fn take_calls(&self) -> BTreeSet<Call> {
        std::mem::take(&mut self.rules().calls)
    }

    /// The answer of the `n`-th write from now on is lost, though the write is done.
    pub(crate) fn lose_answer(&self, n: usize) {
        self.rules().writes_until_lost = Some(n);
    }

    /// Refuses every write to partitions that begin so, as where a right was lost.
    pub(crate) fn refuse_writes(&self, prefix: &str) {
        self.rules().refused = Some(prefix.to_owned());
    }

    /// From now on it does not answer, or answers again.
    pub(crate) fn set_down(&self, down: bool) {
        self.rules().down = down;
    }

    /// Ends when so many calls were made, the last of which is never answered; never, without a number.
    pub(crate) fn killed_after(&self, calls: Option<usize>) -> impl Future<Output = ()> + use<> {
        self.rules().calls_left = calls;
        let death = Arc::clone(&self.death);
        async move { death.notified().await }
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn enter(&self, action: &'static str, pk: &str) -> Result<(), TableError> {
        let is_dead = {
            let mut rules = self.rules();
            rules.calls.insert((action, pk.to_owned()));
            if rules.down {
                return Err(TableError::Unavailable);
            }
            let is_write = !matches!(action, "GetItem" | "Query");
            if is_write && rules.refused.as_deref().is_some_and(|prefix| pk.starts_with(prefix)) {
                return Err(TableError::Refused { code: "AccessDeniedException".to_owned() });
            }
            rules.calls_left = rules.calls_left.map(|left| left.saturating_sub(1));
            rules.calls_left == Some(0)
        };
        if is_dead {
            self.death.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    /// The answer of a write, unless it is to be lost.
    fn answer(&self, answer: Result<(), TableError>) -> Result<(), TableError> {
        let mut rules = self.rules();
        match rules.writes_until_lost {
            Some(0) => {
                rules.writes_until_lost = None;
                Err(TableError::Unavailable)
            }
            left => {
                rules.writes_until_lost = left.map(|n| n - 1);
                answer
            }
        }
    }
}

impl Table for Gate {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        self.enter("GetItem", &key.pk).await?;
        self.inner.get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        self.enter("Query", pk).await?;
        self.inner.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        self.enter("PutItem", &place_of(&item).pk).await?;
        self.answer(self.inner.put(item, condition).await)
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        self.enter("UpdateItem", &key.pk).await?;
        self.answer(self.inner.update(key, change, condition).await)
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.enter("DeleteItem", &key.pk).await?;
        self.answer(self.inner.delete(key, condition).await)
    }
}
