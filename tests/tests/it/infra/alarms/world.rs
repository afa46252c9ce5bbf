//! A deployed system through simulated days: its rules fire, snapshots arrive, readers ask, and what the real code
//! emits is kept as CloudWatch would keep it.
//!
//! Engine, handlers and figures are the real ones. Simulated are time, the five functions' invocations (with what AWS
//! counts of them itself), and the small database that VMS pushes each night.

use super::super::template::STACK;
use super::definition::MetricId;
use super::gate::Gate;
use super::series::Metrics;
use crate::proofs::support::reader;
use crate::support::DatabaseFile;
use bytes::Bytes;
use http::{Request, header};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use vms_core::{
    CacheType, Clock, Env, FreshnessLimits, Pending, RefreshFigures, RefreshMeter, RefreshRequest, RequestFigures,
    RequestMeter, RunId, Trigger,
};
use vms_http::{Context, Handle, Reports};
use vms_refresh::{FileSource, RefreshConfig, Refresher, Snapshot, Source};
use vms_source::{Fingerprint, SourceError, TABLES};
use vms_store::{ScheduleControl, Store};
use vms_telemetry::{Datum, of_refresh, of_request};

/// The reports that readers ask for.
pub(crate) const POPULAR: [&str; 5] = [
    "organization/summary/2526",
    "virtual_session/usage/2025-2026",
    "volunteer/recent/last-365-days",
    "volunteer/first-time/2526",
    "recruitment/dia-events",
];
/// Each request of the simulation stands for so many readers.
const READERS: u32 = 6;
/// How long Lambda lets a run live.
const LIFE: SignedDuration = SignedDuration::from_mins(15);
/// The night's snapshot comes after VMS's own import.
const PUSHED_AT: i64 = 3 * 60 + 10;

/// What of the world works at present; all of it, by default.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    /// No rule fires.
    pub(crate) rules_are_silent: bool,
    /// No snapshot is pushed.
    pub(crate) no_snapshots: bool,
    /// The snapshots hold few rows.
    pub(crate) few_rows: bool,
    /// Reading the database takes so many minutes.
    pub(crate) slow_minutes: i64,
    /// Runs of this type are killed when they have begun: those of the night, or all.
    pub(crate) killed: Option<(CacheType, Killed)>,
}

/// Which runs are killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Killed {
    AtNight,
    Always,
}

/// The present, in milliseconds.
#[derive(Debug, Clone)]
struct SimulatedClock(Arc<AtomicI64>);

impl SimulatedClock {
    fn set(&self, to: Timestamp) {
        self.0.store(to.as_millisecond(), Ordering::Relaxed);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// The VMS database as it was pushed last.
struct Pushed {
    clock: SimulatedClock,
    present: Mutex<(u32, Timestamp, bool)>,
    slow_minutes: AtomicI64,
}

impl Source for Pushed {
    async fn fingerprint(&self) -> Result<Fingerprint, SourceError> {
        let (version, taken_at, _) = *self.present.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Fingerprint { version: format!("v{version}"), taken_at })
    }

    async fn fetch(&self) -> Result<Snapshot, SourceError> {
        let slow = SignedDuration::from_mins(self.slow_minutes.load(Ordering::Relaxed));
        self.clock.set(self.clock.now() + slow);
        let (_, _, few_rows) = *self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let file = FileSource::new(database(few_rows)).fetch().await?;
        Ok(Snapshot { fingerprint: self.fingerprint().await?, ..file })
    }
}

/// A database with every table that any type reads, in which three organizations have volunteers.
fn database(few_rows: bool) -> PathBuf {
    static FILES: LazyLock<[DatabaseFile; 2]> = LazyLock::new(|| {
        [40, 4].map(|volunteers| {
            let file = DatabaseFile::of(&[]);
            write(file.path(), volunteers);
            file
        })
    });
    FILES[usize::from(few_rows)].path().to_owned()
}

fn write(path: &Path, volunteers: i64) {
    let db = Connection::open(path).unwrap();
    let mut tables: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for group in TABLES {
        let columns = tables.entry(group.table).or_default();
        columns.extend(group.columns.iter().map(|column| format!("\"{column}\"")));
        columns.sort();
        columns.dedup();
    }
    for (table, columns) in tables {
        db.execute_batch(&format!("CREATE TABLE \"{table}\" ({})", columns.join(", "))).unwrap();
    }
    let run = |sql: String| db.execute_batch(&sql).unwrap();
    run("INSERT INTO organization (id, name) VALUES (1, 'Organization')".to_owned());
    run("INSERT INTO district (id, name, salesforce_id) VALUES \
         (1, 'Grandview School District', '0015f00000JU4opAAD')"
        .to_owned());
    run("INSERT INTO event (id, title, type, start_date, status, participant_count) VALUES \
         (1, 'Career Day', 'DIA', '2025-10-01 09:00:00.000000', 'COMPLETED', 0)"
        .to_owned());
    for id in 1..=volunteers {
        run(format!(
            "INSERT INTO contact (id, first_name, last_name, exclude_from_reports) VALUES ({id}, 'A', 'B{id}', 0);
             INSERT INTO volunteer (id) VALUES ({id});
             INSERT INTO volunteer_organization (volunteer_id, organization_id) VALUES ({id}, 1);
             INSERT INTO event_participation (id, volunteer_id, event_id, status, delivery_hours) \
             VALUES ({id}, {id}, 1, 'Attended', 1.5)"
        ));
    }
}

/// Keeps what is emitted.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Metrics>>);

impl Kept {
    fn put(&self, data: &[Datum], at: Timestamp, times: u32) {
        for datum in data {
            let dimension = datum.metric.dimension.zip(datum.cache_type);
            let metric = MetricId {
                namespace: "VmsReportCache".to_owned(),
                name: datum.metric.name.to_owned(),
                dimensions: dimension.map(|(name, of)| (name.to_owned(), of.to_string())).into_iter().collect(),
            };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(&metric, at.as_second(), datum.value, times);
        }
    }

    /// What AWS counts itself.
    fn put_of_aws(&self, namespace: &str, name: &str, dimension: (&str, &str), at: Timestamp, value: f64) {
        let dimensions = BTreeMap::from([(dimension.0.to_owned(), dimension.1.to_owned())]);
        let metric = MetricId { namespace: namespace.to_owned(), name: name.to_owned(), dimensions };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(&metric, at.as_second(), value, 1);
    }
}

impl RefreshMeter for Kept {
    fn put<'a>(&'a self, figures: &'a RefreshFigures) -> Pending<'a, ()> {
        self.put(&of_refresh(figures), figures.at, 1);
        Box::pin(std::future::ready(()))
    }
}

impl RequestMeter for Kept {
    fn note(&self, request: &RequestFigures<'_>) {
        self.put(&of_request(request), request.at, READERS);
    }
}

/// The system.
pub(crate) struct Cloud {
    clock: SimulatedClock,
    pub(crate) gate: Gate,
    pub(crate) weather: Weather,
    pushed: Arc<Pushed>,
    kept: Kept,
    entropy: AtomicU32,
    reports: Reports<Gate>,
    failed_runs: u32,
    now: Timestamp,
}

impl Cloud {
    /// A new system at that time, with its first snapshot and nothing refreshed.
    pub(crate) async fn deployed(at: Timestamp) -> Self {
        let clock = SimulatedClock(Arc::new(AtomicI64::new(at.as_millisecond())));
        let pushed = Pushed { clock: clock.clone(), present: Mutex::new((1, at, false)), slow_minutes: 0.into() };
        let (gate, kept) = (Gate::default(), Kept::default());
        let store = Arc::new(Store::new(gate.clone()));
        reader::admit(&store, &clock).await;
        let context = Context::new(store, Arc::new(clock.clone()), FreshnessLimits::default());
        Self {
            reports: Reports::new(context).metered(Arc::new(kept.clone())),
            clock,
            gate,
            weather: Weather::default(),
            pushed: Arc::new(pushed),
            kept,
            entropy: AtomicU32::new(1),
            failed_runs: 0,
            now: at,
        }
    }

    pub(crate) fn store(&self) -> Store<Gate> {
        Store::new(self.gate.clone())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// What was emitted so far.
    pub(crate) fn metrics(&self) -> Metrics {
        self.kept.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Switches the schedule off, until someone switches it on again.
    pub(crate) async fn pause(&self) {
        let paused = ScheduleControl { paused: true, since: Some(self.now), ..ScheduleControl::default() };
        self.store().set_schedule_control(&paused).await.unwrap();
    }

    /// Lets time pass; readers ask, if there are any, from eight to twenty o'clock.
    pub(crate) async fn pass(&mut self, time: SignedDuration, with_readers: bool) {
        let end = self.now + time;
        while self.now < end {
            let minute = self.now.as_second().rem_euclid(86_400) / 60;
            if minute == PUSHED_AT && !self.weather.no_snapshots {
                self.push();
                self.invoke_all(Trigger::Snapshot).await;
            }
            if minute == 2 * 60 {
                self.invoke_all(Trigger::Schedule).await;
            }
            if minute % 60 == 30 {
                self.invoke_all(Trigger::Sweep).await;
            }
            if with_readers && (8 * 60..20 * 60).contains(&minute) {
                self.ask().await;
            }
            let waiting = f64::from(self.failed_runs);
            let queue = ("QueueName", "FailedRuns.QueueName");
            self.kept.put_of_aws("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue, self.now, waiting);
            self.now += SignedDuration::from_mins(5);
            self.clock.set(self.now);
        }
    }

    fn push(&self) {
        let mut present = self.pushed.present.lock().unwrap_or_else(PoisonError::into_inner);
        *present = (present.0 + 1, self.now, self.weather.few_rows);
    }

    /// A rule fires: five functions start at once.
    async fn invoke_all(&mut self, trigger: Trigger) {
        if self.weather.rules_are_silent {
            return;
        }
        self.pushed.slow_minutes.store(self.weather.slow_minutes, Ordering::Relaxed);
        for cache_type in CacheType::ALL {
            self.clock.set(self.now);
            let is_killed = match self.weather.killed {
                Some((of, Killed::Always)) => of == cache_type,
                Some((of, Killed::AtNight)) => of == cache_type && trigger == Trigger::Schedule,
                None => false,
            };
            let failed = !self.invoke(cache_type, trigger, is_killed).await;
            let function = format!("{STACK}-refresh-{cache_type}");
            let at = self.clock.now();
            self.kept.put_of_aws("AWS/Lambda", "Errors", ("FunctionName", &function), at, f64::from(u8::from(failed)));
            self.failed_runs += u32::from(failed);
        }
        self.clock.set(self.now);
    }

    /// One invocation; whether it ended by itself, with a verdict.
    async fn invoke(&self, cache_type: CacheType, trigger: Trigger, is_killed: bool) -> bool {
        let config = RefreshConfig::from_env(&Env::new(&|_| None), |_| unreachable!()).unwrap();
        let store = Arc::new(self.store());
        let engine = Refresher::new(store, Arc::clone(&self.pushed), Arc::new(self.clock.clone()), config);
        let engine = engine.metered(Arc::new(self.kept.clone()));
        let entropy = self.entropy.fetch_add(1, Ordering::Relaxed);
        let mut request = RefreshRequest::new(RunId::new(cache_type, self.now, entropy), trigger);
        request.scheduled_for = Some(self.now);
        // Past the decision and the lease: the run has begun.
        let killed = self.gate.killed_after(is_killed.then_some(8));
        let ended = tokio::select! {
            run = engine.run(&request, self.now + LIFE) => run.is_ok(),
            () = killed => false,
        };
        drop(self.gate.killed_after(None));
        ended
    }

    /// Readers ask for the popular reports.
    async fn ask(&self) {
        for key in POPULAR {
            let request = Request::get(format!("/reports/{key}"))
                .header(header::AUTHORIZATION, format!("Bearer {}", reader::secret().expose()))
                .header(header::ACCEPT_ENCODING, "gzip")
                .body(Bytes::new())
                .unwrap();
            self.reports.handle(&request).await;
        }
    }
}
