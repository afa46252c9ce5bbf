//! The engine: one refresh of one cache type, from the decision to the record.

use crate::build::{self, Made, Order, Plan, Prepared};
use crate::config::RefreshConfig;
use crate::decide::{Decision, Facts};
use crate::figures::{self, Look};
use crate::publish::Publisher;
use crate::record::{self, Ended, Outcomes};
use crate::source::{Snapshot, Source};
use crate::vanish;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tracing::Instrument as _;
use vms_core::{
    AsOf, Clock, Entry, FailureClass, Fence, KeptReason, Outcome, RefreshMeter, RefreshRequest, ReportKey,
    ReportOutcome, Run, RunState, SkipReason, Tally, Trigger,
};
use vms_reports::BuildError;
use vms_source::{Fingerprint, SourceError};
use vms_store::{Acquire, Lease, Read, Store, StoreError, Table};

/// Reports that are published at the same time.
const CONCURRENT_WRITES: usize = 8;
/// How often a run's progress is written down.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// The longest that a run which is over waits for its figures to be put.
const LONGEST_PUT: Duration = Duration::from_secs(5);

/// Refreshes cache types from one source into one store.
pub struct Refresher<T, S> {
    store: Arc<Store<T>>,
    source: S,
    clock: Arc<dyn Clock>,
    config: RefreshConfig,
    meter: Option<Arc<dyn RefreshMeter>>,
}

/// A run that had to end before its reports were dealt with.
struct Broken {
    class: FailureClass,
    detail: String,
}

impl From<SourceError> for Broken {
    fn from(error: SourceError) -> Self {
        Self { class: error.class(), detail: error.to_string() }
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self { class: error.class(), detail: error.to_string() }
    }
}

/// What a run has to show for itself.
#[derive(Default)]
struct Work {
    outcomes: Outcomes,
    source: Option<Fingerprint>,
    tally: Option<Tally>,
}

/// What a decision saw of the runs before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    /// The fence of the last run that was recorded.
    fence: Fence,
    /// When what is asked for was confirmed last.
    confirmed_at: Option<Timestamp>,
}

/// What a run that was overtaken comes to.
enum Overtaken {
    /// The other one began after this one was asked for, and has done what it would do.
    Joined,
    /// There is no more reason to run.
    Skipped(SkipReason),
}

/// The frame of one run.
struct Frame<'a> {
    request: &'a RefreshRequest,
    /// `None` for a dry run, which writes nothing.
    lease: Option<&'a Lease>,
    /// When to stop, early enough to record a verdict.
    stop_at: Timestamp,
}

impl<T: Table, S: Source> Refresher<T, S> {
    /// An engine over these parts.
    pub fn new(store: Arc<Store<T>>, source: S, clock: Arc<dyn Clock>, config: RefreshConfig) -> Self {
        Self { store, source, clock, config, meter: None }
    }

    /// The same, with its figures put there.
    #[must_use]
    pub fn metered(self, meter: Arc<dyn RefreshMeter>) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// Answers a request, and ends with a recorded verdict before `deadline`.
    ///
    /// # Errors
    ///
    /// Only when not even a verdict could be recorded; the run is then shown as lost, and the sweep tries again.
    pub async fn run(&self, request: &RefreshRequest, deadline: Timestamp) -> Result<Run, StoreError> {
        let span = tracing::error_span!("run", run_id = %request.run_id, cache_type = %request.cache_type);
        let work = async {
            let mut look = Look::default();
            let answer = self.answer(request, deadline, &mut look).await;
            self.measure(request, answer.as_ref().ok(), &look, deadline).await;
            answer
        };
        // A refresh holds much state; its callers need not carry it in theirs.
        Box::pin(work.instrument(span)).await
    }

    /// Puts the figures of a run that is over, within what is left of its time.
    async fn measure(&self, request: &RefreshRequest, run: Option<&Run>, look: &Look, deadline: Timestamp) {
        let now = self.clock.now();
        let (Some(meter), Some(figures)) = (&self.meter, figures::of(request, run, look, now)) else { return };
        let left = Duration::try_from(deadline.duration_since(now)).unwrap_or(Duration::ZERO);
        if within(left.min(LONGEST_PUT), meter.put(&figures)).await.is_none() {
            tracing::warn!("the figures could not be put in time");
        }
    }

    async fn answer(&self, request: &RefreshRequest, deadline: Timestamp, look: &mut Look) -> Result<Run, StoreError> {
        let now = self.clock.now();
        let mut run = Run::of(request, RunState::Running, now);
        let known = match self.decide(request, now, look).await? {
            (Decision::Run, known) => known,
            (Decision::Skip(reason), _) => return self.skip(run, reason).await,
        };
        // Before the lease: a run that is killed with the lease in its hand must be found in the ledger.
        run.held_until = Some(deadline);
        if !self.store.take_up_run(&run).await? {
            return Ok(self.leave_to_twin(run));
        }
        let stop_at = deadline - reserve(deadline.duration_since(now));
        if request.dry_run {
            let work = self.work(&mut run, &Frame { request, lease: None, stop_at }).await;
            self.conclude(&mut run, work);
            self.store.save_run(&run).await?;
            return Ok(run);
        }
        let lease = match self.store.acquire(request.cache_type, &request.run_id, now, deadline).await {
            Ok(Acquire::Held(lease)) => lease,
            Ok(Acquire::Taken { owner, .. }) if owner == run.run_id => return Ok(self.leave_to_twin(run)),
            Ok(Acquire::Taken { .. }) => return self.join(run).await,
            Err(error) => {
                self.conclude(&mut run, Err(error.into()));
                self.store.save_run(&run).await?;
                log_verdict(&run);
                return Ok(run);
            }
        };
        let result = match self.overtaken(request, &run, known, look).await {
            Ok(None) => {
                tracing::info!(trigger = %run.trigger, "Cache refresh started");
                self.work(&mut run, &Frame { request, lease: Some(&lease), stop_at }).await
            }
            Ok(Some(end)) => {
                self.release(&lease).await;
                return match end {
                    Overtaken::Joined => self.join(run).await,
                    Overtaken::Skipped(reason) => self.skip_taken_up(run, reason).await,
                };
            }
            Err(error) => Err(error.into()),
        };
        let ended = self.conclude(&mut run, result);
        self.record(&run, &lease, ended, look).await?;
        Ok(run)
    }

    /// Whether another run did the work between our request and our lease: of a crowd that asks at once only the
    /// first one runs.
    async fn overtaken(
        &self,
        request: &RefreshRequest,
        run: &Run,
        known: Known,
        look: &mut Look,
    ) -> Result<Option<Overtaken>, StoreError> {
        let (decision, present) = self.decide(request, run.started_at, look).await?;
        let now = self.clock.now();
        // What a clock that was wrong dated into the future does not count.
        let is_done = |asked: Timestamp| present.confirmed_at.is_some_and(|at| asked < at && at <= now);
        if request.run_id.asked_at().is_some_and(is_done) {
            return Ok(Some(Overtaken::Joined));
        }
        Ok(match decision {
            Decision::Skip(reason) if present != known => Some(Overtaken::Skipped(reason)),
            _ => None,
        })
    }

    async fn decide(
        &self,
        request: &RefreshRequest,
        now: Timestamp,
        look: &mut Look,
    ) -> Result<(Decision, Known), StoreError> {
        let status = look.status.insert(self.store.status(request.cache_type, Read::Consistent).await?);
        look.source = match request.trigger {
            Trigger::Sweep | Trigger::Snapshot => self.source.fingerprint().await.ok(),
            Trigger::Schedule | Trigger::Manual => None,
        };
        let report_updated = match &request.report_key {
            Some(key) => self.store.entry(key, Read::Consistent).await?.map(|e| e.last_updated),
            None => None,
        };
        let confirmed_at = match request.report_key {
            Some(_) => report_updated,
            None => status.last_success.as_ref().map(|s| s.started_at),
        };
        let known = Known { fence: status.fence, confirmed_at };
        let source_version = look.source.as_ref().map(|f| f.version.as_str());
        let facts = Facts { request, status, source_version, report_updated, now };
        if !facts.has_work(&self.config) {
            return Ok((Decision::Skip(SkipReason::Fresh), known));
        }
        let paused = match request.trigger {
            Trigger::Manual => false,
            _ => self.store.schedule_control(Read::Consistent).await?.is_paused_at(now),
        };
        Ok((facts.must_wait(paused).map_or(Decision::Run, Decision::Skip), known))
    }

    /// Ends a run that need not be: in the ledger, unless it is the hourly sweep's.
    async fn skip(&self, mut run: Run, reason: SkipReason) -> Result<Run, StoreError> {
        self.end_skipped(&mut run, reason);
        if run.trigger != Trigger::Sweep {
            self.store.take_up_run(&run).await?;
        }
        Ok(run)
    }

    /// The same for one that is in the ledger already.
    async fn skip_taken_up(&self, mut run: Run, reason: SkipReason) -> Result<Run, StoreError> {
        self.end_skipped(&mut run, reason);
        self.store.save_run(&run).await?;
        Ok(run)
    }

    fn end_skipped(&self, run: &mut Run, reason: SkipReason) {
        run.skipped = Some(reason);
        self.end(run, Outcome::Skipped);
        tracing::info!(reason = reason.as_str(), "Cache refresh skipped");
    }

    async fn join(&self, mut run: Run) -> Result<Run, StoreError> {
        self.end(&mut run, Outcome::Joined);
        tracing::info!("Cache refresh joined another that is at work");
        self.store.save_run(&run).await?;
        Ok(run)
    }

    /// A request that was delivered twice is answered by the process that took it up first; the ledger is its.
    fn leave_to_twin(&self, mut run: Run) -> Run {
        self.end(&mut run, Outcome::Joined);
        tracing::info!("Cache refresh left to another delivery of its request");
        run
    }

    fn end(&self, run: &mut Run, outcome: Outcome) {
        run.state = RunState::Done;
        run.outcome = Some(outcome);
        run.finished_at = Some(self.clock.now());
    }

    /// Reads, builds and publishes.
    async fn work(&self, run: &mut Run, frame: &Frame<'_>) -> Result<Work, Broken> {
        let started = Instant::now();
        let Some(snapshot) = within(self.left(frame), self.source.fetch()).await else {
            return Err(broken(FailureClass::SourceUnavailable, "the database could not be fetched in time"));
        };
        let snapshot = snapshot?;
        run.source = Some(snapshot.fingerprint.version.clone());
        let entries = self.store.entries(frame.request.cache_type, Read::Consistent);
        let Some(entries) = within(self.left(frame), entries).await else {
            return Err(broken(FailureClass::StoreUnavailable, "the cache could not be read in time"));
        };
        let entries = entries?;
        let (plan, reports) = build::start(self.order(frame.request, &snapshot, run.started_at)?);
        let plan = match within(self.left(frame), plan).await {
            Some(Ok(plan)) => plan?,
            Some(Err(_)) => return Err(broken(FailureClass::Builder, "the reports could not be planned")),
            None => {
                return Err(broken(FailureClass::SourceUnavailable, "the database could not be read in time"));
            }
        };
        if plan.keys.is_empty() {
            return Err(broken(
                FailureClass::Configuration,
                "the plan is empty: the database has no subject to report on",
            ));
        }
        run.durations.load_ms = millis(started);
        run.total = plan.keys.len() as u64;
        run.left_out.clone_from(&plan.left_out);
        let mut outcomes = self.publish_all(run, frame, &snapshot, &plan, &entries, reports).await;
        run.durations.publish_ms = millis(started) - run.durations.load_ms;
        let tally = match frame.lease {
            Some(lease) => self.settle(run, frame, lease, &plan, &entries, &mut outcomes).await,
            None => None,
        };
        Ok(Work { outcomes, source: Some(snapshot.fingerprint), tally })
    }

    fn order(&self, request: &RefreshRequest, snapshot: &Snapshot, as_of: Timestamp) -> Result<Order, Broken> {
        let as_of = AsOf::new(as_of, self.config.zone.clone())
            .map_err(|e| broken(FailureClass::Configuration, &e.to_string()))?;
        Ok(Order {
            path: snapshot.path.clone(),
            name: snapshot.name.clone(),
            cache_type: request.cache_type,
            as_of,
            settings: self.config.reports.clone(),
            only: request.report_key.clone(),
        })
    }

    /// Publishes reports as they are built, a few at a time, until the plan or the time is used up.
    async fn publish_all(
        &self,
        run: &mut Run,
        frame: &Frame<'_>,
        snapshot: &Snapshot,
        plan: &Plan,
        entries: &[Entry],
        mut reports: mpsc::Receiver<Made>,
    ) -> Outcomes {
        let seen: HashMap<&ReportKey, &Entry> = entries.iter().map(|e| (&e.report_key, e)).collect();
        let run_id = run.run_id.clone();
        let publisher = Publisher {
            store: &*self.store,
            config: &self.config,
            run_id: &run_id,
            fence: frame.lease.map(|l| l.fence),
            confirmed_at: run.started_at,
            source: &snapshot.fingerprint,
            mends: frame.request.force && frame.request.report_key.is_some(),
        };
        let mut outcomes = Outcomes::new();
        let mut publishing = FuturesUnordered::new();
        let mut building = true;
        let mut noted = Instant::now();
        while building || !publishing.is_empty() {
            let left = self.left(frame);
            if left.is_zero() {
                break;
            }
            tokio::select! {
                Some((key, outcome)) = publishing.next() => {
                    outcomes.insert(key, outcome);
                    run.done = outcomes.len() as u64;
                    if noted.elapsed() >= PROGRESS_EVERY {
                        // Progress is for watchers; that it cannot be written down is no reason to stop.
                        let _ = self.store.save_run(run).await;
                        noted = Instant::now();
                    }
                }
                made = reports.recv(), if building && publishing.len() < CONCURRENT_WRITES => match made {
                    Some((key, report)) => {
                        let entry = seen.get(&key).map(|e| (*e).clone());
                        publishing.push(publish_one(&publisher, key, report, entry));
                    }
                    None => building = false,
                },
                () = tokio::time::sleep(left) => {}
            }
        }
        // Either the time is up, or building ended before its plan was done.
        let out_of_time = self.left(frame).is_zero();
        let rest = if out_of_time {
            ReportOutcome::Kept(KeptReason::Deadline)
        } else {
            ReportOutcome::Failed(FailureClass::Builder)
        };
        for key in &plan.keys {
            outcomes.entry(key.clone()).or_insert(rest);
        }
        outcomes
    }

    /// Retires and archives what left the plan, and holds every claim of success against the table. Without a look
    /// at the table there are no claims, and no counts.
    async fn settle(
        &self,
        run: &Run,
        frame: &Frame<'_>,
        lease: &Lease,
        plan: &Plan,
        entries: &[Entry],
        outcomes: &mut Outcomes,
    ) -> Option<Tally> {
        if frame.request.report_key.is_none() {
            let now = run.started_at;
            let in_time = || !self.left(frame).is_zero();
            outcomes.extend(vanish::settle(&self.store, &self.config, lease.fence, plan, entries, now, &in_time).await);
            // What cannot be taken now is written down, and taken by the next run.
            let ended = within(self.left(frame), self.store.end_removals(frame.request.cache_type)).await;
            if let Some(Err(error)) = ended {
                let error_class = error.class().as_str();
                tracing::warn!(run_id = %run.run_id, error_class, "bodies of removed reports could not be taken");
            }
        }
        let stored = match self.store.entries(frame.request.cache_type, Read::Consistent).await {
            Ok(stored) => stored,
            Err(error) => {
                for outcome in outcomes.values_mut().filter(|o| o.is_routine()) {
                    *outcome = ReportOutcome::Failed(error.class());
                }
                return None;
            }
        };
        let stored: HashMap<&ReportKey, &Entry> = stored.iter().map(|e| (&e.report_key, e)).collect();
        for (key, outcome) in outcomes.iter_mut().filter(|(_, o)| o.is_routine()) {
            let confirmed = stored.get(key).is_some_and(|e| e.run_id == run.run_id || e.fence > lease.fence);
            if !confirmed {
                *outcome = ReportOutcome::Failed(FailureClass::VerifyMismatch);
            }
        }
        let missing = plan.keys.iter().filter(|key| !stored.contains_key(key)).count() as u64;
        Some(Tally::of(stored.into_values(), missing))
    }

    /// Gives a run its verdict.
    fn conclude(&self, run: &mut Run, result: Result<Work, Broken>) -> Ended {
        let work = result.unwrap_or_else(|broken| {
            run.error = Some(broken.class);
            run.error_detail = Some(broken.detail);
            Work::default()
        });
        for (key, outcome) in &work.outcomes {
            run.note(key, *outcome);
        }
        run.error = run.error.or_else(|| record::first_failure(&work.outcomes));
        run.bytes = work.tally.as_ref().map(|tally| tally.bytes);
        self.end(run, record::verdict(&work.outcomes));
        Ended { settled: record::is_settled(&work.outcomes), source: work.source, tally: work.tally }
    }

    /// Writes the verdict down, and frees the lease whatever comes of that.
    async fn record(&self, run: &Run, lease: &Lease, ended: Ended, look: &mut Look) -> Result<(), StoreError> {
        let recorded = self.store.save_run(run).await;
        if recorded.is_ok()
            && let Err(error) = self.save_status(run, lease, ended, look).await
        {
            // The verdict stands in the ledger; to the sweep the run is one that left something to do.
            tracing::error!(%error, "the status could not be recorded");
        }
        self.release(lease).await;
        log_verdict(run);
        recorded
    }

    async fn save_status(&self, run: &Run, lease: &Lease, ended: Ended, look: &mut Look) -> Result<(), StoreError> {
        let before = self.store.status(run.cache_type, Read::Consistent).await?;
        let after = record::status_after(&before, run, lease.fence, ended);
        // A later lease's status is left as it is.
        look.status = Some(if self.store.save_status(&after).await? { after } else { before });
        Ok(())
    }

    /// A lease that cannot be given back ends by itself; the verdict is recorded all the same.
    async fn release(&self, lease: &Lease) {
        if let Err(error) = self.store.release(lease).await {
            tracing::warn!(%error, "the lease could not be given back");
        }
    }

    /// Time left for work, by the clock that the deadline is told in.
    fn left(&self, frame: &Frame<'_>) -> Duration {
        let left = frame.stop_at.duration_since(self.clock.now());
        Duration::try_from(left).unwrap_or(Duration::ZERO)
    }
}

async fn publish_one<T: Table>(
    publisher: &Publisher<'_, T>,
    key: ReportKey,
    report: Result<Prepared, BuildError>,
    entry: Option<Entry>,
) -> (ReportKey, ReportOutcome) {
    let outcome = match report {
        Err(error) => {
            tracing::warn!(report_key = %key, %error, "a report could not be built");
            ReportOutcome::Failed(match error {
                BuildError::NoSubject => FailureClass::NoSubject,
                BuildError::Encode(_) => FailureClass::Builder,
            })
        }
        Ok(report) => publisher.publish(&key, &report, entry).await.unwrap_or_else(|error| {
            tracing::warn!(report_key = %key, %error, "a report could not be published");
            ReportOutcome::Failed(error.class())
        }),
    };
    (key, outcome)
}

/// VMS's operators search their log for "Cache refresh completed" and "took … seconds"; both stay.
fn log_verdict(run: &Run) {
    let seconds = run.duration_ms().unwrap_or(0) as f64 / 1000.0;
    let outcome = run.outcome.map_or("none", Outcome::as_str);
    let (cache_type, duration_ms) = (run.cache_type, run.duration_ms());
    let error = run.error.map(FailureClass::as_str);
    if run.outcome == Some(Outcome::Succeeded) {
        tracing::info!(
            outcome,
            duration_ms,
            total = run.total,
            "Cache refresh completed: {cache_type} took {seconds:.1} seconds"
        );
    } else {
        tracing::error!(
            outcome,
            duration_ms,
            total = run.total,
            error,
            "Cache refresh completed with errors: {cache_type} took {seconds:.1} seconds"
        );
    }
}

fn broken(class: FailureClass, detail: &str) -> Broken {
    Broken { class, detail: detail.to_owned() }
}

/// The time kept back for recording a verdict: a tenth, between half a second and twenty.
fn reserve(whole: SignedDuration) -> SignedDuration {
    (whole / 10).clamp(SignedDuration::from_millis(500), SignedDuration::from_secs(20))
}

fn millis(since: Instant) -> u64 {
    since.elapsed().as_millis() as u64
}

/// The future's answer, or `None` when the time is up first.
async fn within<F: Future>(left: Duration, future: F) -> Option<F::Output> {
    if left.is_zero() { None } else { tokio::time::timeout(left, future).await.ok() }
}

impl<T, S> std::fmt::Debug for Refresher<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Refresher")
    }
}
