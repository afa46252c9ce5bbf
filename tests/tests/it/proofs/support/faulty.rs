//! A table whose n-th call goes wrong, in one of the ways in which calls go wrong.

use super::clock::TestClock;
use super::watched::place_of;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;
use vms_store::{Change, Condition, Item, Key, Page, QueryPage, Read, SortRange, Table, TableError};

/// What happens at the chosen call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process is killed before the call arrives.
    KilledBefore,
    /// The process is killed after the call was done, before it hears of it.
    KilledAfter,
    /// The call never arrives, and no answer is heard.
    Undelivered,
    /// It is turned away for the moment.
    Throttled,
    /// It is done, and no answer is heard.
    Unheard,
    /// It is done, its answer is lost, and it is sent again: the second answer is heard.
    Repeated,
    /// The process sleeps past the end of its lease, and then goes on.
    Overslept,
    /// From here on no call arrives.
    CutOff,
}

impl Fault {
    /// Those that a read can show too.
    const OF_READS: [Self; 5] = [Self::KilledBefore, Self::Undelivered, Self::Throttled, Self::Overslept, Self::CutOff];
    /// Every kind.
    pub(crate) const ALL: [Self; 8] = [
        Self::KilledBefore,
        Self::KilledAfter,
        Self::Undelivered,
        Self::Throttled,
        Self::Unheard,
        Self::Repeated,
        Self::Overslept,
        Self::CutOff,
    ];
}

/// The table, and which call goes wrong how.
pub(crate) struct Faulty<T> {
    inner: T,
    clock: TestClock,
    plan: Option<(usize, Fault)>,
    calls: AtomicUsize,
    dead: AtomicBool,
    struck: AtomicBool,
    death: Notify,
    log: Mutex<Vec<String>>,
}

impl<T: Table> Faulty<T> {
    /// Nothing goes wrong; calls are counted.
    pub(crate) fn counting(inner: T, clock: &TestClock) -> Self {
        Self::new(inner, clock, None)
    }

    /// The `n`-th call goes wrong, the first one being 0.
    pub(crate) fn at(inner: T, clock: &TestClock, n: usize, fault: Fault) -> Self {
        Self::new(inner, clock, Some((n, fault)))
    }

    fn new(inner: T, clock: &TestClock, plan: Option<(usize, Fault)>) -> Self {
        Self {
            inner,
            clock: clock.clone(),
            plan,
            calls: AtomicUsize::new(0),
            dead: AtomicBool::new(false),
            struck: AtomicBool::new(false),
            death: Notify::new(),
            log: Mutex::default(),
        }
    }

    /// How many calls were made.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Whether the fault came about.
    pub(crate) fn struck(&self) -> bool {
        self.struck.load(Ordering::Relaxed)
    }

    /// Returns once the process is killed.
    pub(crate) async fn death(&self) {
        self.death.notified().await;
    }

    /// The calls so far, for the message of a failing proof.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a call; tells what goes wrong with it.
    async fn enter(&self, call: &str, place: &str, is_read: bool) -> Option<Fault> {
        let n = self.calls.fetch_add(1, Ordering::Relaxed);
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{n}: {call} {place}"));
        if self.dead.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let (at, fault) = self.plan?;
        let now = n == at || (fault == Fault::CutOff && n > at);
        if !now || (is_read && !Fault::OF_READS.contains(&fault)) {
            return None;
        }
        self.struck.store(true, Ordering::Relaxed);
        match fault {
            Fault::KilledBefore => self.die().await,
            Fault::Overslept => self.clock.minutes(20),
            _ => {}
        }
        Some(fault)
    }

    async fn die(&self) {
        self.dead.store(true, Ordering::Relaxed);
        self.death.notify_one();
        std::future::pending::<()>().await;
    }

    async fn write<F: Future<Output = Result<(), TableError>>>(
        &self,
        call: &str,
        key: &Key,
        once: impl Fn() -> F,
    ) -> Result<(), TableError> {
        let fault = self.enter(call, &format!("{} | {}", key.pk, key.sk), false).await;
        match fault {
            Some(Fault::Undelivered | Fault::CutOff) => Err(TableError::Unavailable),
            Some(Fault::Throttled) => Err(TableError::Throttled),
            Some(Fault::Unheard) => once().await.and(Err(TableError::Unavailable)),
            Some(Fault::Repeated) => {
                let _ = once().await;
                once().await
            }
            Some(Fault::KilledAfter) => {
                let _ = once().await;
                self.die().await;
                Ok(())
            }
            _ => once().await,
        }
    }
}

fn refusal(fault: Option<Fault>) -> Result<(), TableError> {
    match fault {
        Some(Fault::Undelivered | Fault::CutOff) => Err(TableError::Unavailable),
        Some(Fault::Throttled) => Err(TableError::Throttled),
        _ => Ok(()),
    }
}

impl<T: Table> Table for Faulty<T> {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        refusal(self.enter("get", &format!("{} | {}", key.pk, key.sk), true).await)?;
        self.inner.get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        refusal(self.enter("query", pk, true).await)?;
        self.inner.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        let key = place_of(&item);
        self.write("put", &key, || self.inner.put(item.clone(), condition.clone())).await
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        self.write("update", key, || self.inner.update(key, change.clone(), condition.clone())).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.write("delete", key, || self.inner.delete(key, condition.clone())).await
    }
}
