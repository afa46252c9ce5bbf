//! Clock, VMS, table and reader together, and what must hold of them at any rest.

use super::clock::TestClock;
use super::faulty::{Fault, Faulty};
use super::reader::{self, Reader, Served};
use super::vms::{Content, TYPE, Vms};
use super::watched::{Watched, torn};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use vms_core::{Clock, Entry, Env, Outcome, RefreshRequest, ReportKey, Run, RunId, Trigger};
use vms_refresh::{RefreshConfig, Refresher};
use vms_store::{Read, Store, StoreError, Table};

/// How long Lambda lets a run live.
pub(crate) const LIFE: SignedDuration = SignedDuration::from_mins(15);

/// A store whose table fails on command.
pub(crate) type FaultyStore = Arc<Store<Faulty<Watched>>>;

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By itself.
    Answered(Result<Box<Run>, StoreError>),
    /// It was killed.
    Killed,
}

/// The whole small world.
pub(crate) struct World {
    pub(crate) clock: TestClock,
    pub(crate) vms: Arc<Vms>,
    pub(crate) table: Watched,
    pub(crate) config: RefreshConfig,
    entropy: AtomicU32,
}

impl World {
    /// An empty cache, beside a VMS that says `content`.
    pub(crate) async fn new(content: Content) -> Self {
        let clock = TestClock::at("2026-03-15T02:00:00Z");
        let vms = Arc::new(Vms::new(&clock, content));
        let config = RefreshConfig::from_env(&Env::new(&|_| None), |_| unreachable!()).unwrap();
        let world = Self { clock, vms, table: Watched::default(), config, entropy: AtomicU32::new(1) };
        reader::admit(&world.store(), &world.clock).await;
        world
    }

    pub(crate) fn store(&self) -> Store<Watched> {
        Store::new(self.table.clone())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A request that no other has the id of.
    pub(crate) fn request(&self, trigger: Trigger) -> RefreshRequest {
        let entropy = self.entropy.fetch_add(1, Ordering::Relaxed);
        RefreshRequest::new(RunId::new(TYPE, self.now(), entropy), trigger)
    }

    /// An operator's request that runs whatever is fresh.
    pub(crate) fn forced(&self) -> RefreshRequest {
        RefreshRequest { force: true, ..self.request(Trigger::Manual) }
    }

    /// An engine on that store.
    pub(crate) fn engine<T: Table>(&self, store: Arc<Store<T>>) -> Refresher<T, Arc<Vms>> {
        Refresher::new(store, Arc::clone(&self.vms), Arc::new(self.clock.clone()), self.config.clone())
    }

    /// Answers a request without any fault.
    pub(crate) async fn run(&self, request: &RefreshRequest) -> Run {
        self.engine(Arc::new(self.store())).run(request, self.now() + LIFE).await.unwrap()
    }

    /// A whole refresh.
    pub(crate) async fn refresh(&self) -> Run {
        self.run(&self.forced()).await
    }

    /// What the hourly sweep does.
    pub(crate) async fn sweep(&self) -> Run {
        self.run(&self.request(Trigger::Sweep)).await
    }

    /// Lets the VMS say something else, and refreshes from it.
    pub(crate) async fn refresh_from(&self, content: Content) -> Run {
        self.vms.switch(content);
        self.refresh().await
    }

    /// Answers a request over a table whose `n`-th call goes wrong.
    pub(crate) async fn run_with(&self, request: &RefreshRequest, n: usize, fault: Fault) -> (Ended, FaultyStore) {
        let store = Arc::new(Store::new(Faulty::at(self.table.clone(), &self.clock, n, fault)));
        let ended = self.run_on(&store, request).await;
        (ended, store)
    }

    async fn run_on(&self, store: &FaultyStore, request: &RefreshRequest) -> Ended {
        let engine = self.engine(Arc::clone(store));
        tokio::select! {
            answer = engine.run(request, self.now() + LIFE) => Ended::Answered(answer.map(Box::new)),
            () = store.table().death() => Ended::Killed,
        }
    }

    /// How many calls a run makes where nothing goes wrong; the run takes place.
    pub(crate) async fn calls_of(&self, request: &RefreshRequest) -> (Run, usize) {
        let store = Arc::new(Store::new(Faulty::counting(self.table.clone(), &self.clock)));
        let run = self.engine(Arc::clone(&store)).run(request, self.now() + LIFE).await.unwrap();
        (run, store.table().calls())
    }

    /// A reader with nothing in memory.
    pub(crate) fn reader(&self) -> Reader<Watched> {
        Reader::new(Arc::new(self.store()), self.clock.clone())
    }

    /// Every report among `keys` that is served.
    pub(crate) async fn served(&self, keys: &BTreeSet<ReportKey>) -> BTreeMap<ReportKey, Served> {
        let reader = self.reader();
        let mut all = BTreeMap::new();
        for key in keys {
            if let Some(served) = reader.get(key).await {
                all.insert(key.clone(), served);
            }
        }
        all
    }

    /// The entries as they are stored.
    pub(crate) async fn entries(&self) -> Vec<Entry> {
        self.store().entries(TYPE, Read::Consistent).await.unwrap()
    }

    /// The entry of a report.
    pub(crate) async fn entry(&self, key: &ReportKey) -> Entry {
        self.store().entry(key, Read::Consistent).await.unwrap().expect("the report is in the cache")
    }

    /// All runs of the ledger, newest first.
    pub(crate) async fn ledger(&self) -> Vec<Run> {
        self.store().runs(TYPE, 1000, None, self.now()).await.unwrap().0
    }

    /// What does not hold although it must, at any rest between two calls, whatever happened.
    pub(crate) async fn broken(&self) -> Vec<String> {
        let mut broken = self.table.take_broken();
        let entries = self.entries().await;
        for entry in &entries {
            broken.extend(torn(self.table.plain(), entry).await);
        }
        let keys = entries.iter().map(|e| e.report_key.clone()).collect();
        let served = self.served(&keys).await;
        if served.len() != keys.len() {
            broken.push("a report that has an entry is not served".to_owned());
        }
        for (key, served) in &served {
            match self.vms.seen(key, &served.etag) {
                None => broken.push(format!("{key} is served with a content that VMS never had")),
                Some(seen) => {
                    let (age, source_age) = (self.seconds_since(seen.at), self.seconds_since(seen.taken_at));
                    if served.age < age || served.source_age < source_age {
                        broken.push(format!(
                            "{key} looks younger ({}, source {}) than it is ({age}, source {source_age})",
                            served.age, served.source_age
                        ));
                    }
                }
            }
        }
        broken
    }

    /// Bodies of reports that are not in the cache any more: whatever failed, the next refresh takes them.
    pub(crate) async fn orphans(&self, once: impl Iterator<Item = &ReportKey>) -> Vec<String> {
        let store = self.store();
        let mut orphans = Vec::new();
        for key in once {
            let is_gone = store.entry(key, Read::Consistent).await.unwrap().is_none();
            if is_gone && !store.body_fences(key).await.unwrap().is_empty() {
                orphans.push(format!("{key} is gone, and its bodies are not"));
            }
        }
        orphans
    }

    /// Runs that have neither a verdict nor can be seen to be lost once their time is over, and leases without a run.
    pub(crate) async fn unaccounted(&self) -> Vec<String> {
        let later = self.now() + SignedDuration::from_hours(1);
        let runs = self.ledger().await;
        let mut open: Vec<_> =
            runs.iter().filter(|r| r.outcome_at(later).is_none()).map(|r| format!("{} has no end", r.run_id)).collect();
        if let Some(lease) = self.store().lease(TYPE, Read::Consistent).await.unwrap()
            && !runs.iter().any(|r| r.run_id == lease.owner)
        {
            open.push(format!("{} held the lease and is not in the ledger", lease.owner));
        }
        open
    }

    fn seconds_since(&self, then: Timestamp) -> i64 {
        self.now().duration_since(then).as_secs().max(0)
    }

    /// The same world over a copy of the table, with a clock and a VMS of its own.
    pub(crate) async fn fork(&self) -> Self {
        let clock = TestClock::at(&self.now().to_string());
        Self {
            vms: Arc::new(self.vms.fork(&clock)),
            clock,
            table: self.table.copy().await,
            config: self.config.clone(),
            entropy: AtomicU32::new(self.entropy.load(Ordering::Relaxed)),
        }
    }
}

/// Whether a run ended well.
pub(crate) fn succeeded(run: &Run) -> bool {
    run.outcome == Some(Outcome::Succeeded)
}
