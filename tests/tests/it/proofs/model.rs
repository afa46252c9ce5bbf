//! Random histories of a cache, held against a small model of what a reader must see.
//!
//! The model knows no lease, fence, body or time of day. After a run that went wrong each report must be as it was
//! before it, or as it would be after it; the model then goes on with what is the case.

use crate::proofs::support::faulty::Fault;
use crate::proofs::support::operator::{Act, act};
use crate::proofs::support::vms::{A, B, C, Content, EMPTY, SHORT, TYPE, WITHOUT_THIRD, days};
use crate::proofs::support::world::{Ended, World, succeeded};
use crate::proofs::support::{is_long, seed, tell};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use vms_core::{Entry, Etag, Outcome, ReportKey, Run};
use vms_store::Read;

const CONTENTS: [Content; 7] = [A, B, C, SHORT, WITHOUT_THIRD, EMPTY, Content::Broken];

/// Something that happens to the cache.
#[derive(Debug, Clone)]
enum Step {
    /// A refresh from that content.
    Refresh(usize),
    /// A refresh whose request is delivered twice.
    Twice(usize),
    /// A refresh that goes wrong at some call.
    Crash(usize, usize, usize),
    /// An operator approves a report's candidate.
    Approve(usize),
    /// An operator rejects it.
    Reject(usize),
    /// An operator goes back to an earlier version, by its place among them.
    RollBack(usize, usize),
    /// Time goes by, and sometimes a little back.
    Hours(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let content = || 0..CONTENTS.len();
    let step = prop_oneof![
        6 => content().prop_map(Step::Refresh),
        1 => content().prop_map(Step::Twice),
        6 => (content(), 0..40_usize, 0..Fault::ALL.len()).prop_map(|(c, n, f)| Step::Crash(c, n, f)),
        2 => (0..5_usize).prop_map(Step::Approve),
        2 => (0..5_usize).prop_map(Step::Reject),
        2 => (0..5_usize, 0..3_usize).prop_map(|(report, n)| Step::RollBack(report, n)),
        4 => (-2..100_i64).prop_map(Step::Hours),
    ];
    proptest::collection::vec(step, 1..20)
}

/// A report as the model knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Report {
    served: Etag,
    earlier: Vec<Etag>,
    candidate: Option<Etag>,
    rejected: Option<Etag>,
    held: bool,
    retired_at: Option<Timestamp>,
}

impl Report {
    fn new(served: Etag) -> Self {
        Self { served, earlier: Vec::new(), candidate: None, rejected: None, held: false, retired_at: None }
    }

    fn of(entry: Entry) -> Self {
        Self {
            served: entry.current.etag,
            earlier: entry.versions.into_iter().map(|v| v.etag).collect(),
            candidate: entry.candidate.map(|c| c.version.etag),
            rejected: entry.rejected,
            held: entry.held.is_some(),
            retired_at: entry.retired_at,
        }
    }

    /// It serves something else, and keeps what it served.
    fn serve(&mut self, etag: Etag) {
        self.earlier.insert(0, std::mem::replace(&mut self.served, etag));
    }
}

/// What a run would make of the cache, and of each report.
struct Forecast {
    after: Cache,
    outcome: Outcome,
}

type Cache = BTreeMap<ReportKey, Report>;

/// What the model knows besides the cache.
struct Rules {
    rows: BTreeMap<(ReportKey, Etag), u64>,
    keep: usize,
}

impl Rules {
    fn new(keep: usize) -> Self {
        let all = CONTENTS.into_iter().flat_map(Content::reports);
        Self { rows: all.map(|(key, (etag, rows))| ((key, etag), rows)).collect(), keep }
    }

    fn rows(&self, key: &ReportKey, etag: &Etag) -> u64 {
        self.rows[&(key.clone(), etag.clone())]
    }

    fn forecast(&self, before: &Cache, content: Content, now: Timestamp) -> Forecast {
        let mut after = before.clone();
        if content == Content::Broken {
            return Forecast { after, outcome: Outcome::Failed };
        }
        let plan = content.reports();
        let (mut routine, mut waiting, mut others) = (0, 0, 0);
        for (key, (etag, rows)) in &plan {
            let Some(report) = after.get_mut(key) else {
                after.insert(key.clone(), Report::new(etag.clone()));
                routine += 1;
                continue;
            };
            let served_rows = self.rows(key, &report.served);
            let is_doubtful = report.held || served_rows.saturating_sub(*rows) * 2 > served_rows;
            if report.served == *etag {
                (report.candidate, report.retired_at) = (None, None);
                routine += 1;
            } else if !is_doubtful {
                report.serve(etag.clone());
                report.earlier.truncate(self.keep - 1);
                (report.candidate, report.rejected, report.retired_at) = (None, None, None);
                routine += 1;
            } else if report.rejected.as_ref() == Some(etag) {
                others += 1;
            } else {
                if report.candidate.as_ref() != Some(etag) {
                    report.candidate = Some(etag.clone());
                    report.retired_at = None;
                }
                waiting += 1;
            }
        }
        let living = before.values().filter(|r| r.retired_at.is_none()).count();
        let gone: Vec<_> = before.iter().filter(|(key, _)| !plan.contains_key(key)).collect();
        let fresh = gone.iter().filter(|(_, r)| r.retired_at.is_none()).count();
        let is_doubted = fresh > 1 && fresh * 2 > living;
        for (key, report) in gone {
            match report.retired_at {
                Some(since) if now.duration_since(since) >= days(7) => drop(after.remove(key)),
                Some(_) => {}
                None if is_doubted => others += 1,
                None => after.get_mut(key).unwrap().retired_at = Some(now),
            }
        }
        let outcome = match (routine, waiting + others) {
            (1.., 0) => Outcome::Succeeded,
            (0, _) if waiting == 0 => Outcome::Failed,
            _ => Outcome::Partial,
        };
        Forecast { after, outcome }
    }

    fn act(&self, report: &mut Report, what: &Act) -> bool {
        match what {
            Act::Approve => {
                let Some(candidate) = report.candidate.take() else { return false };
                report.serve(candidate);
                report.earlier.truncate(self.keep - 1);
                (report.rejected, report.held) = (None, false);
            }
            Act::Reject => {
                let Some(candidate) = report.candidate.take() else { return false };
                report.rejected = Some(candidate);
            }
            Act::RollBack(etag) => {
                let Some(etag) = etag.clone().filter(|etag| *etag != report.served) else { return false };
                let Some(place) = report.earlier.iter().position(|e| *e == etag) else { return false };
                report.earlier.remove(place);
                report.serve(etag);
                report.held = true;
            }
        }
        true
    }
}

/// A cache and its model.
struct Trial {
    world: World,
    rules: Rules,
    model: Cache,
    keys: BTreeSet<ReportKey>,
}

impl Trial {
    async fn new() -> Self {
        let mut world = World::new(A).await;
        world.config.keep_versions = 3;
        let rules = Rules::new(3);
        let keys = rules.rows.keys().map(|(key, _)| key.clone()).collect();
        Self { world, rules, model: Cache::new(), keys }
    }

    async fn take(&mut self, step: &Step) -> Result<usize, TestCaseError> {
        let mut faults = 0;
        match step {
            Step::Refresh(content) => self.refresh(CONTENTS[*content], 1).await?,
            Step::Twice(content) => self.refresh(CONTENTS[*content], 2).await?,
            Step::Crash(content, n, fault) => faults = self.crash(CONTENTS[*content], *n, Fault::ALL[*fault]).await?,
            Step::Approve(report) => self.act(*report, Act::Approve).await?,
            Step::Reject(report) => self.act(*report, Act::Reject).await?,
            Step::RollBack(report, place) => {
                let versions = self.model.values().nth(*report).map(|r| r.earlier.clone()).unwrap_or_default();
                if let Some(version) = versions.get(*place).cloned() {
                    self.act(*report, Act::RollBack(Some(version))).await?;
                }
            }
            Step::Hours(n) => self.world.clock.hours(*n),
        }
        self.check().await?;
        Ok(faults)
    }

    async fn cache(&self) -> Cache {
        self.world.entries().await.into_iter().map(|e| (e.report_key.clone(), Report::of(e))).collect()
    }

    /// Whether a run that was killed still holds the lease.
    async fn is_taken(&self) -> bool {
        let lease = self.world.store().lease(TYPE, Read::Consistent).await.unwrap();
        lease.is_some_and(|lease| lease.is_held_at(self.world.now()))
    }

    async fn refresh(&mut self, content: Content, times: usize) -> Result<(), TestCaseError> {
        self.world.vms.switch(content);
        let forecast = self.rules.forecast(&self.model, content, self.world.now());
        let (is_taken, request) = (self.is_taken().await, self.world.forced());
        let run: Run = self.world.run(&request).await;
        for _ in 1..times {
            self.world.run(&request).await;
        }
        if is_taken {
            prop_assert_eq!(run.outcome, Some(Outcome::Joined));
        } else {
            prop_assert_eq!(run.outcome, Some(forecast.outcome), "{:?}", run);
            self.model = forecast.after;
        }
        Ok(())
    }

    async fn crash(&mut self, content: Content, n: usize, fault: Fault) -> Result<usize, TestCaseError> {
        self.world.vms.switch(content);
        let forecast = self.rules.forecast(&self.model, content, self.world.now());
        let request = self.world.forced();
        let (ended, store) = self.world.run_with(&request, n, fault).await;
        let now = self.cache().await;
        let keys: BTreeSet<_> = self.model.keys().chain(forecast.after.keys()).chain(now.keys()).collect();
        let is_whole = matches!(&ended, Ended::Answered(Ok(run)) if succeeded(run));
        for key in keys {
            let (before, after) = (self.model.get(key), forecast.after.get(key));
            let is_known = now.get(key) == after || (!is_whole && now.get(key) == before);
            prop_assert!(is_known, "{} is {:?}, was {:?}, should be {:?}", key, now.get(key), before, after);
        }
        self.model = now;
        Ok(usize::from(store.table().struck()))
    }

    async fn act(&mut self, report: usize, what: Act) -> Result<(), TestCaseError> {
        let Some((key, report)) = self.model.iter_mut().nth(report) else { return Ok(()) };
        let expected = self.rules.act(report, &what);
        let done = act(&self.world.store(), &self.world.clock, self.rules.keep, key, &what).await;
        prop_assert_eq!(done, expected, "{:?} of {}", what, key);
        Ok(())
    }

    /// Readers see what the model says, and nothing else.
    async fn check(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.cache().await, self.model.clone());
        let served = self.world.served(&self.keys).await;
        let seen: BTreeMap<_, _> = served.into_iter().map(|(key, served)| (key, served.etag)).collect();
        let meant: BTreeMap<_, _> =
            self.model.iter().map(|(key, report)| (key.clone(), report.served.clone())).collect();
        prop_assert_eq!(seen, meant);
        prop_assert_eq!(self.world.broken().await, Vec::<String>::new());
        Ok(())
    }

    /// Whatever happened, a good night makes it good.
    async fn heal(&mut self) -> Result<(), TestCaseError> {
        self.world.clock.hours(3);
        self.check().await?;
        self.refresh(A, 1).await?;
        self.check().await?;
        prop_assert_eq!(self.world.unaccounted().await, Vec::<String>::new());
        Ok(())
    }
}

#[test]
fn a_reader_sees_what_the_model_says_whatever_the_history() {
    let (cases, seed) = (if is_long() { 3000 } else { 60 }, seed());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let counts = std::cell::Cell::new((0, 0));
    let result = runner.run(&steps(), |steps| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut trial = Trial::new().await;
            for step in &steps {
                let faults = trial.take(step).await?;
                let (all_steps, all_faults) = counts.get();
                counts.set((all_steps + 1, all_faults + faults));
            }
            trial.heal().await
        })
    });
    let (steps, faults) = counts.get();
    tell(&format!("model: {cases} histories of {steps} steps, {faults} faults among them (VMS_SEED={seed})"));
    if let Err(error) = result {
        panic!("VMS_SEED={seed}: {error}");
    }
}
