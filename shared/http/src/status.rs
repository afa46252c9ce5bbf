//! Management, reading: the state of every type, and the ledger.

use crate::context::Context;
use crate::problem::Problem;
use crate::query::Query;
use crate::routes::{Function, Route};
use crate::{Handle, Request, Response};
use crate::{browse, explain, openapi, response, versions};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use vms_core::{
    Alarm, COUNTED_OVER, CacheType, FailureClass, FreshnessLimits, LastRun, Monitor, NotKnown, Observed, Outcome,
    REFRESH_INTERVAL_HOURS, ReportKey, RequestTotals, Run, RunId, RunState, SkipReason, State, StepDurations, Trigger,
    TypeStatus,
};
use vms_store::{Read, ScheduleControl, Table};

/// The handler of the status function.
pub struct Status<T> {
    pub(crate) context: Context<T>,
    monitor: Option<Arc<dyn Monitor>>,
    refresh_interval_hours: u32,
}

/// The body of `api/status`; its first four fields are VMS's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatusView {
    /// Whether the schedule runs: it is not paused.
    pub is_running: bool,
    /// Hours between two scheduled refreshes.
    pub refresh_interval_hours: u32,
    /// When the last refresh of any type ended.
    pub last_refresh: Option<Timestamp>,
    /// VMS's own counters, over all types.
    pub stats: Stats,
    /// Every cache type.
    pub cache_types: Vec<TypeView>,
    /// The figures that VMS's documentation promised, each beside its target.
    pub metrics: BTreeMap<String, Figure>,
    /// The alarms, those that ring first; `None` where there are none, or they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarms: Option<Vec<Alarm>>,
    /// Why they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarms_problem: Option<String>,
    /// How the schedule was switched last: by whom, since when, until when, why.
    #[serde(default)]
    pub schedule: ScheduleControl,
}

/// VMS's own counters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Stats {
    /// Runs with a verdict.
    pub total_refreshes: u64,
    /// Runs that succeeded.
    pub successful_refreshes: u64,
    /// Runs that did not.
    pub failed_refreshes: u64,
    /// The class of a failure that no success has followed yet.
    pub last_error: Option<String>,
}

/// One cache type in `api/status`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TypeView {
    /// The type.
    pub cache_type: CacheType,
    /// The state of its oldest report.
    pub state: State,
    /// Age of its oldest report, in seconds.
    pub oldest_report_age: Option<i64>,
    /// Age of its oldest source, in seconds.
    pub oldest_source_age: Option<i64>,
    /// The last run with a verdict.
    pub last_run: Option<LastRun>,
    /// The last run that succeeded.
    pub last_success: Option<LastRun>,
    /// Reports that are served.
    pub reports: u64,
    /// Planned reports that are not.
    pub missing: u64,
    /// Reports that wait for an operator.
    pub quarantined: u64,
    /// Reports held at an earlier version.
    pub held: u64,
    /// Reports whose subject vanished.
    pub retired: u64,
    /// Reports of earlier years.
    pub archived: u64,
    /// Bytes of JSON that are served.
    pub bytes: u64,
    /// Bytes as stored.
    pub stored_bytes: u64,
    /// Failed runs in a row.
    pub failures_in_row: u32,
    /// Until when the sweep waits, while it does.
    pub next_try: Option<Timestamp>,
    /// The class of the last failure, until a run succeeds.
    pub last_error: Option<FailureClass>,
}

/// A figure beside its target.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    /// Its value; `None` while there is too little to count.
    pub value: Option<f64>,
    /// What it should be, in words.
    pub target: String,
    /// Whether it is.
    pub met: Option<bool>,
    /// How it was counted.
    pub counted: String,
}

/// One run as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    /// Its id.
    pub run_id: RunId,
    /// Its type.
    pub cache_type: CacheType,
    /// `queued`, `running`, or its verdict.
    pub state: String,
    /// Its verdict; `None` while it is queued or running.
    pub outcome: Option<Outcome>,
    /// Why it was skipped.
    pub skipped: Option<SkipReason>,
    /// Who or what asked.
    pub trigger: Trigger,
    /// The event's own id.
    #[serde(default)]
    pub event_id: Option<String>,
    /// The id of the key that asked.
    pub requested_by: Option<String>,
    /// Asked for in spite of a recent success.
    #[serde(default)]
    pub force: bool,
    /// The one report that was asked for.
    #[serde(default)]
    pub report_key: Option<ReportKey>,
    /// When the schedule meant it.
    pub scheduled_for: Option<Timestamp>,
    /// When it was asked for, or began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How long it took.
    pub duration_ms: Option<i64>,
    /// How long each step took.
    pub durations: StepDurations,
    /// Bytes of JSON that the type served after it.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Nothing was published.
    pub dry_run: bool,
    /// Reports dealt with.
    pub done: u64,
    /// Reports planned.
    pub total: u64,
    /// Reports by outcome.
    pub counts: BTreeMap<String, u64>,
    /// Outcomes that are not routine.
    pub reports: Vec<(ReportKey, String)>,
    /// Rows of the source that were left out, by table and reason.
    pub left_out: BTreeMap<String, u64>,
    /// What ended it: the class of the failure, where it has one, and words.
    pub error: Option<String>,
    /// The version of the source.
    pub source: Option<String>,
}

impl RunView {
    /// A run as it is shown at `now`.
    pub fn of(run: Run, now: Timestamp) -> Self {
        let outcome = run.outcome_at(now);
        let state = match (outcome, run.state) {
            (Some(outcome), _) => outcome.as_str(),
            (None, RunState::Queued) => "queued",
            (None, _) => "running",
        };
        let error = match (run.error, &run.error_detail) {
            (Some(class), Some(detail)) => Some(format!("{}: {detail}", class.as_str())),
            (Some(class), None) => Some(class.as_str().to_owned()),
            (None, detail) => detail.clone(),
        };
        Self {
            state: state.to_owned(),
            outcome,
            duration_ms: run.duration_ms(),
            error,
            run_id: run.run_id,
            cache_type: run.cache_type,
            skipped: run.skipped,
            trigger: run.trigger,
            event_id: run.event_id,
            requested_by: run.requested_by,
            force: run.force,
            report_key: run.report_key,
            scheduled_for: run.scheduled_for,
            started_at: run.started_at,
            finished_at: run.finished_at,
            durations: run.durations,
            bytes: run.bytes,
            dry_run: run.dry_run,
            done: run.done,
            total: run.total,
            counts: run.counts.0,
            reports: run.reports,
            left_out: run.left_out,
            source: run.source,
        }
    }
}

#[derive(Serialize)]
struct Wrapped<D> {
    success: bool,
    data: D,
}

#[derive(Serialize)]
struct Runs {
    runs: Vec<RunView>,
    next_cursor: Option<String>,
}

impl<T: Table> Handle for Status<T> {
    async fn handle(&self, request: &Request) -> Response {
        self.context
            .frame(Function::Status, request, async |call| match call.route {
                Route::Description => Ok(openapi::answer()),
                Route::ApiStatus => self.status(request).await,
                Route::ApiRuns => self.runs(request).await,
                Route::ApiRun => self.run(request, &call.variable).await,
                Route::ApiExplain => explain::answer(&self.context, request, &call.variable).await,
                Route::ApiDiff => versions::answer(&self.context, request, &call.variable).await,
                Route::Root => Ok(response::see_other(browse::HOME)),
                Route::StatusPage => Box::pin(browse::status(self, request, &call)).await,
                Route::RunsPage => Box::pin(browse::runs(self, request, &call)).await,
                Route::RunPage => Box::pin(browse::run(self, request, &call)).await,
                Route::ReportsPage => Box::pin(browse::reports(&self.context, request, &call)).await,
                Route::ExplainPage => Box::pin(browse::explain(&self.context, request, &call)).await,
                Route::DiffPage => Box::pin(browse::diff(&self.context, request, &call)).await,
                Route::Asset => browse::asset(&call.variable),
                _ => Err(Problem::no_such_route()),
            })
            .await
    }

    async fn warm_up(&self) {
        self.context.warm_up().await;
        self.observe(self.context.now()).await;
    }
}

impl<T: Table> Status<T> {
    /// A handler over that context, which knows of no readers and no alarms, and of a refresh a day.
    pub fn new(context: Context<T>) -> Self {
        Self { context, monitor: None, refresh_interval_hours: REFRESH_INTERVAL_HOURS }
    }

    /// The same, with readers and alarms looked up there.
    #[must_use]
    pub fn observing(self, monitor: Arc<dyn Monitor>) -> Self {
        Self { monitor: Some(monitor), ..self }
    }

    /// The same, with another number of hours between two scheduled refreshes (`REFRESH_INTERVAL_HOURS`).
    #[must_use]
    pub fn refreshed_every(self, hours: u32) -> Self {
        Self { refresh_interval_hours: hours, ..self }
    }

    async fn observe(&self, now: Timestamp) -> Option<Observed> {
        match &self.monitor {
            Some(monitor) => Some(monitor.observe(now).await),
            None => None,
        }
    }

    async fn status(&self, request: &Request) -> Result<Response, Problem> {
        Query::of(request, &[])?;
        let data = self.view().await?;
        Ok(response::json(StatusCode::OK, &Wrapped { success: true, data }))
    }

    /// The state of everything.
    pub(crate) async fn view(&self) -> Result<StatusView, Problem> {
        let now = self.context.now();
        let statuses = self.context.store.statuses(Read::Consistent).await?;
        let control = self.context.store.schedule_control(Read::Consistent).await?;
        let mut metrics = self.figures(now).await?;
        let (alarms, alarms_problem) = match self.observe(now).await {
            Some(observed) => {
                metrics.extend(readers(observed.requests));
                match observed.alarms.transpose() {
                    Ok(alarms) => (alarms, None),
                    Err(not_known) => (None, Some(not_known.to_string())),
                }
            }
            None => (None, None),
        };
        Ok(StatusView {
            is_running: !control.is_paused_at(now),
            refresh_interval_hours: self.refresh_interval_hours,
            last_refresh: statuses.iter().filter_map(|s| s.last_run.as_ref()).map(|r| r.finished_at).max(),
            stats: stats(&statuses),
            metrics,
            alarms,
            alarms_problem,
            cache_types: statuses.into_iter().map(|s| type_view(s, &self.context.limits, now)).collect(),
            schedule: control,
        })
    }

    /// The figures that the ledger tells.
    async fn figures(&self, now: Timestamp) -> Result<BTreeMap<String, Figure>, Problem> {
        let mut ended = Vec::new();
        for cache_type in CacheType::ALL {
            let (runs, _) = self.context.store.runs(cache_type, 200, None, now).await?;
            let judged = [Outcome::Succeeded, Outcome::Partial, Outcome::Failed];
            ended.extend(runs.into_iter().filter(|r| {
                let is_recent = now.duration_since(r.started_at) <= COUNTED_OVER;
                is_recent && !r.dry_run && r.outcome.is_some_and(|o| judged.contains(&o))
            }));
        }
        let succeeded = ended.iter().filter(|r| r.outcome == Some(Outcome::Succeeded)).count();
        let rate = (ended.len() >= 20).then(|| 100.0 * succeeded as f64 / ended.len() as f64);
        let seconds: Vec<f64> = ended.iter().filter_map(Run::duration_ms).map(|ms| ms as f64 / 1000.0).collect();
        let average = (!seconds.is_empty()).then(|| seconds.iter().sum::<f64>() / seconds.len() as f64);
        let runs = ended.len();
        Ok(BTreeMap::from([
            (
                "refresh_success_percent".to_owned(),
                figure(
                    rate,
                    "over 95 %",
                    |v| v > 95.0,
                    format!("{succeeded} of {runs} runs of 7 days; told from 20 on"),
                ),
            ),
            (
                "average_refresh_seconds".to_owned(),
                figure(average, "under 300 s", |v| v < 300.0, format!("{runs} runs of 7 days")),
            ),
        ]))
    }

    async fn runs(&self, request: &Request) -> Result<Response, Problem> {
        let query = Query::of(request, &["cache_type", "outcome", "limit", "cursor"])?;
        let (runs, next_cursor) = self.find_runs(&query).await?;
        Ok(response::json(StatusCode::OK, &Runs { runs, next_cursor }))
    }

    /// The runs that a query asks for, newest first, and where to go on.
    pub(crate) async fn find_runs(&self, query: &Query) -> Result<(Vec<RunView>, Option<String>), Problem> {
        let only: Option<CacheType> = query.parsed("cache_type")?;
        let outcome = query.text("outcome").map(outcome_named).transpose()?;
        let limit = query.limit(50, 200)?;
        let cursor: Option<RunId> = query.parsed("cursor")?;
        let now = self.context.now();
        let mut found: Vec<Run> = Vec::new();
        for cache_type in CacheType::ALL.into_iter().filter(|t| only.is_none_or(|o| o == *t)) {
            let mut before = cursor.as_ref().map(|c| c.of_type(cache_type));
            let mut wanted = 0;
            loop {
                let (page, next) = self.context.store.runs(cache_type, limit, before.as_ref(), now).await?;
                let page = page.into_iter().filter(|r| outcome.is_none_or(|o| r.outcome_at(now) == Some(o)));
                let size = found.len();
                found.extend(page);
                wanted += found.len() - size;
                before = next;
                if before.is_none() || wanted > limit {
                    break;
                }
            }
        }
        found.sort_by(|a, b| b.run_id.moment().cmp(a.run_id.moment()).then(a.cache_type.cmp(&b.cache_type)));
        let more = found.len() > limit;
        found.truncate(limit);
        let next_cursor = found.last().filter(|_| more).map(|r| r.run_id.to_string());
        Ok((found.into_iter().map(|r| RunView::of(r, now)).collect(), next_cursor))
    }

    async fn run(&self, request: &Request, id: &str) -> Result<Response, Problem> {
        Query::of(request, &[])?;
        Ok(response::json(StatusCode::OK, &self.find_run(id).await?))
    }

    /// The run of that id.
    pub(crate) async fn find_run(&self, id: &str) -> Result<RunView, Problem> {
        let now = self.context.now();
        let id: RunId = id.parse().map_err(|_| Problem::unknown_run())?;
        let run = self.context.store.run(&id, now, Read::Consistent).await?.ok_or_else(Problem::unknown_run)?;
        Ok(RunView::of(run, now))
    }
}

/// The figures that readers' requests tell.
fn readers(requests: Result<RequestTotals, NotKnown>) -> [(String, Figure); 2] {
    let percent = |part: u64, whole: u64| (whole > 0).then(|| 100.0 * part as f64 / whole as f64);
    let (hits, errors) = match requests {
        Ok(r) => (
            (
                percent(r.fresh, r.reads()),
                format!("{} of {} reports asked for in 7 days were there and not stale", r.fresh, r.reads()),
            ),
            (percent(r.failed, r.requests), format!("{} of {} requests of 7 days", r.failed, r.requests)),
        ),
        Err(not_known) => ((None, not_known.to_string()), (None, not_known.to_string())),
    };
    [
        ("hit_percent".to_owned(), figure(hits.0, "over 90 %", |v| v > 90.0, hits.1)),
        ("error_percent".to_owned(), figure(errors.0, "under 5 %", |v| v < 5.0, errors.1)),
    ]
}

fn stats(statuses: &[TypeStatus]) -> Stats {
    Stats {
        total_refreshes: statuses.iter().map(|s| s.total_refreshes).sum(),
        successful_refreshes: statuses.iter().map(|s| s.successful_refreshes).sum(),
        failed_refreshes: statuses.iter().map(|s| s.failed_refreshes).sum(),
        last_error: statuses.iter().find_map(|s| s.last_error).map(|class| class.as_str().to_owned()),
    }
}

fn type_view(status: TypeStatus, limits: &FreshnessLimits, now: Timestamp) -> TypeView {
    let age = |then: Option<Timestamp>| then.map(|t| now.duration_since(t).as_secs().max(0));
    TypeView {
        cache_type: status.cache_type,
        state: status.state(limits, now),
        oldest_report_age: age(status.tally.oldest_update),
        oldest_source_age: age(status.tally.oldest_source),
        last_run: status.last_run,
        last_success: status.last_success,
        reports: status.tally.reports,
        missing: status.tally.missing,
        quarantined: status.tally.quarantined,
        held: status.tally.held,
        retired: status.tally.retired,
        archived: status.tally.archived,
        bytes: status.tally.bytes,
        stored_bytes: status.tally.stored_bytes,
        failures_in_row: status.failures_in_row,
        next_try: status.next_try.filter(|t| *t > now),
        last_error: status.last_error,
    }
}

fn figure(value: Option<f64>, target: &str, meets: impl Fn(f64) -> bool, counted: String) -> Figure {
    Figure { value, target: target.to_owned(), met: value.map(meets), counted }
}

pub(crate) fn outcome_named(name: &str) -> Result<Outcome, Problem> {
    let named = Outcome::ALL.into_iter().find(|o| o.as_str() == name);
    named.ok_or_else(|| Problem::bad_request(format!("outcome: expects one of {}", Outcome::known())))
}
