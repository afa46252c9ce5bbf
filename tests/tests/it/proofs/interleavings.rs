//! Two and three processes on one report at once: every order of their calls with a bounded number of preemptions.
//!
//! A scheduler lets one call through at a time and goes on with the same process, unless the order that is tried
//! says otherwise. A run of one report makes its calls one after the other, so an order is told by the calls at which
//! the scheduler turns to another process; all orders with at most so many turns are tried.

use crate::proofs::support::operator::{Act, act};
use crate::proofs::support::vms::{A, B, C, Content, TYPE, Vms, key, rows};
use crate::proofs::support::watched::{Watched, place_of, torn};
use crate::proofs::support::world::{LIFE, World, succeeded};
use crate::proofs::support::{is_long, tell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};
use vms_core::{Etag, Fence, Outcome, RefreshRequest, ReportKey};
use vms_refresh::Refresher;
use vms_store::{Change, Condition, Item, Key, Page, QueryPage, Read, SortRange, Store, Table, TableError, keys};

/// Yet other figures.
const D: Content = rows(4, [4, 4, 4]);

/// What a process does.
#[derive(Debug, Clone, Copy)]
enum Actor {
    /// Refreshes the report from that content.
    Run(Content),
    /// Rolls it back.
    RollBack,
}

/// What becomes of the lease of a process that is preempted.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pause {
    /// The others are quick.
    Short,
    /// It sleeps past its lease.
    PastTheLease,
}

/// One proof: who is at work, and how often the scheduler may turn away from a process that could go on.
struct Setting {
    actors: Vec<Actor>,
    pause: Pause,
    preemptions: usize,
}

enum Event {
    Call(oneshot::Sender<()>),
    Ended,
}

/// The table as one process sees it.
struct Gated {
    inner: Watched,
    actor: usize,
    scheduler: mpsc::UnboundedSender<(usize, Event)>,
    writers: Arc<Mutex<BTreeMap<Fence, usize>>>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Gated {
    async fn enter(&self, call: &str, key: &Key) -> &Watched {
        let (go, gone) = oneshot::channel();
        self.scheduler.send((self.actor, Event::Call(go))).unwrap();
        gone.await.unwrap();
        self.log.lock().unwrap().push(format!("process {}: {call} {} | {}", self.actor, key.pk, key.sk));
        &self.inner
    }
}

impl Table for Gated {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        self.enter("get", key).await.get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        self.enter("query", &Key::new(pk, "")).await.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        let key = place_of(&item);
        if let Some((fence, _)) = keys::parse_body_chunk(&key.sk) {
            let writer = *self.writers.lock().unwrap().entry(fence).or_insert(self.actor);
            assert_eq!(writer, self.actor, "two runs write under one fence");
        }
        self.enter("put", &key).await.put(item, condition).await
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        self.enter("update", key).await.update(key, change, condition).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.enter("delete", key).await.delete(key, condition).await
    }
}

/// A point at which the scheduler chose.
struct Choice {
    /// Who could go on.
    ready: Vec<usize>,
    /// Who did.
    chosen: usize,
    /// Who had the turn before, if he could go on.
    current: Option<usize>,
}

fn report() -> ReportKey {
    key("organization/summary/2526")
}

/// One order: at each of these steps the turn goes to that process.
type Turns = [(usize, usize)];

/// Lets the processes work in one order, and checks what must hold during it and after it.
async fn try_order(base: &World, setting: &Setting, turns: &Turns) -> Vec<Choice> {
    let world = base.fork().await;
    let (scheduler, mut events) = mpsc::unbounded_channel();
    let log = Arc::new(Mutex::new(Vec::new()));
    let writers = Arc::default();
    let mut processes = Vec::new();
    for (actor, doing) in setting.actors.iter().copied().enumerate() {
        let (inner, scheduler) = (world.table.clone(), scheduler.clone());
        let (writers, log) = (Arc::clone(&writers), Arc::clone(&log));
        let store = Arc::new(Store::new(Gated { inner, actor, scheduler: scheduler.clone(), writers, log }));
        let process = process(&world, doing, store);
        processes.push(tokio::spawn(async move {
            let ended = process.await;
            scheduler.send((actor, Event::Ended)).unwrap();
            ended
        }));
    }
    let mut waiting: BTreeMap<usize, oneshot::Sender<()>> = BTreeMap::new();
    let mut busy: BTreeSet<usize> = (0..setting.actors.len()).collect();
    let mut choices: Vec<Choice> = Vec::new();
    loop {
        while !busy.is_empty() {
            let (actor, event) = events.recv().await.unwrap();
            busy.remove(&actor);
            match event {
                Event::Call(go) => drop(waiting.insert(actor, go)),
                Event::Ended => drop(waiting.remove(&actor)),
            }
        }
        let ready: Vec<usize> = waiting.keys().copied().collect();
        let Some(first) = ready.first().copied() else { break };
        let current = choices.last().map(|c| c.chosen).filter(|c| waiting.contains_key(c));
        let turn = turns.iter().find(|(step, actor)| *step == choices.len() && waiting.contains_key(actor));
        let chosen = turn.map(|(_, actor)| *actor).or(current).unwrap_or(first);
        if current.is_some_and(|c| c != chosen) && setting.pause == Pause::PastTheLease {
            world.clock.minutes(20);
        }
        // A run that sees that its time is up gives up a call that waits, and goes on to another one.
        if waiting.remove(&chosen).unwrap().send(()).is_ok() {
            choices.push(Choice { ready, chosen, current });
        }
        busy.insert(chosen);
    }
    let mut ended = Vec::new();
    for process in processes {
        ended.push(process.await.unwrap());
    }
    let place = || format!("{:?} {:?}\n{}", setting.actors, setting.pause, log.lock().unwrap().join("\n"));
    check(&world, setting, &ended, &place).await;
    choices
}

/// What a process came to.
#[derive(Debug)]
enum Ended {
    Verdict(Option<Outcome>),
    Acted(Option<Etag>),
}

fn process(world: &World, doing: Actor, store: Arc<Store<Gated>>) -> impl Future<Output = Ended> + Send + use<> {
    let clock = world.clock.clone();
    let request = RefreshRequest { report_key: Some(report()), ..world.forced() };
    let deadline = world.now() + LIFE;
    let (config, keep) = (world.config.clone(), world.config.keep_versions);
    async move {
        match doing {
            Actor::Run(content) => {
                let vms = Arc::new(Vms::new(&clock, content));
                let engine = Refresher::new(store, vms, Arc::new(clock), config);
                Ended::Verdict(engine.run(&request, deadline).await.unwrap().outcome)
            }
            Actor::RollBack => {
                let acted = act(&store, &clock, keep, &report(), &Act::RollBack(Some(etag(A)))).await;
                Ended::Acted(acted.then(|| etag(A)))
            }
        }
    }
}

fn etag(content: Content) -> Etag {
    content.reports()[&report()].0.clone()
}

async fn check(world: &World, setting: &Setting, ended: &[Ended], place: &impl Fn() -> String) {
    assert_eq!(world.table.take_broken(), Vec::<String>::new(), "{}", place());
    let entry = world.entry(&report()).await;
    assert_eq!(torn(world.table.plain(), &entry).await, Vec::<String>::new(), "{}", place());
    let served = world.reader().get(&report()).await.unwrap();
    assert_eq!(served.etag, entry.current.etag);
    assert!([A, B, C, D].map(etag).contains(&served.etag), "{}", place());
    let acted = ended.iter().find_map(|e| if let Ended::Acted(etag) = e { Some(etag) } else { None });
    match acted {
        Some(Some(chosen)) => {
            assert_eq!((&entry.current.etag, entry.held.is_some()), (chosen, true), "the act is lost\n{}", place());
        }
        Some(None) => panic!("there is an earlier version to go back to\n{}", place()),
        None => {}
    }
    let verdicts: Vec<_> =
        ended.iter().filter_map(|e| if let Ended::Verdict(o) = e { Some(*o) } else { None }).collect();
    assert!(verdicts.iter().all(Option::is_some), "every run ends with a verdict: {ended:?}\n{}", place());
    if setting.pause == Pause::Short {
        assert!(!verdicts.contains(&Some(Outcome::Failed)), "{ended:?}\n{}", place());
    }
    world.clock.minutes(20);
    assert_eq!(world.unaccounted().await, Vec::<String>::new(), "{}", place());
    world.vms.switch(A);
    let after = world.refresh().await;
    assert!(succeeded(&after), "{after:?}\n{}", place());
    assert_eq!(world.table.take_broken(), Vec::<String>::new(), "{}", place());
    assert_eq!(world.store().lease(TYPE, Read::Consistent).await.unwrap().unwrap().owner, after.run_id);
}

/// Tries every order that differs from a known one by a turn at a later step.
async fn try_orders(base: &World, setting: &Setting) -> usize {
    let mut tried = 0;
    let mut orders: Vec<(Vec<(usize, usize)>, usize)> = vec![(Vec::new(), setting.preemptions)];
    while let Some((turns, budget)) = orders.pop() {
        let choices = try_order(base, setting, &turns).await;
        tried += 1;
        let from = turns.last().map_or(0, |(step, _)| step + 1);
        for (step, choice) in choices.iter().enumerate().skip(from) {
            let cost = usize::from(choice.current.is_some());
            if cost <= budget {
                for other in choice.ready.iter().filter(|actor| **actor != choice.chosen) {
                    let mut next = turns.clone();
                    next.push((step, *other));
                    orders.push((next, budget - cost));
                }
            }
        }
    }
    tried
}

/// All orders of these processes, for short pauses and for long ones.
async fn prove(name: &str, actors: &[Actor], preemptions: usize) {
    let base = World::new(A).await;
    base.refresh().await;
    base.clock.hours(24);
    // The report has an earlier version already: an operator can go back at any moment.
    base.refresh_from(B).await;
    base.clock.hours(24);
    for pause in [Pause::Short, Pause::PastTheLease] {
        let setting = Setting { actors: actors.to_vec(), pause, preemptions };
        let tried = try_orders(&base, &setting).await;
        tell(&format!("interleavings: {name}, {pause:?}: {tried} orders with at most {preemptions} preemptions"));
    }
}

#[tokio::test]
async fn two_runs_at_once_publish_one_after_the_other() {
    prove("two runs", &[Actor::Run(C), Actor::Run(D)], if is_long() { 4 } else { 2 }).await;
}

#[tokio::test]
async fn three_runs_at_once_publish_one_after_the_other() {
    prove("three runs", &[Actor::Run(C), Actor::Run(D), Actor::Run(C)], if is_long() { 3 } else { 1 }).await;
}

#[tokio::test]
async fn a_run_and_an_operator_at_once_lose_neither() {
    prove("a run and an operator", &[Actor::Run(C), Actor::RollBack], if is_long() { 6 } else { 3 }).await;
}

#[tokio::test]
async fn two_runs_and_an_operator_at_once_lose_nothing() {
    let actors = [Actor::Run(C), Actor::RollBack, Actor::Run(D)];
    prove("two runs and an operator", &actors, if is_long() { 3 } else { 1 }).await;
}
