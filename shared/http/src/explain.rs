//! Why a report is as it is: what is known of it from every side, and the same in sentences.

mod words;

use crate::context::Context;
use crate::problem::Problem;
use crate::query::Query;
use crate::status::RunView;
use crate::{Request, Response, response};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vms_core::{
    CacheType, Candidate, Check, Entry, Etag, FailureClass, Freshness, FreshnessLimits, KeyError, Nightly, ReportKey,
    Run, RunId, State, TypeStatus, Version, next_sweep,
};
use vms_store::{Act, ActKind, Lease, Read, ScheduleControl, Store, Table};

/// Why a report is as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The report.
    pub report_key: ReportKey,
    /// Its type.
    pub cache_type: CacheType,
    /// Its title; `None` while it is not in the cache.
    pub title: Option<String>,
    /// Its state.
    pub state: State,
    /// What decides its state.
    pub decided_by: DecidedBy,
    /// All of it in sentences, the most important first.
    pub sentences: Vec<String>,
    /// What is served; `None` while it is not in the cache.
    pub entry: Option<EntryView>,
    /// The operator's act that last changed it; `None` where there was none, or it has passed away.
    pub act: Option<ActView>,
    /// The build that waits for an operator.
    pub candidate: Option<CandidateView>,
    /// Every version that is kept, the served one first: what a rollback can go back to.
    pub versions: Vec<VersionView>,
    /// When refreshes of its type start by themselves.
    pub schedule: ScheduleView,
    /// Who is at work on its type, or was last.
    pub lease: Option<LeaseView>,
    /// The run that last confirmed or changed it, and what it did.
    pub touched: Option<TouchView>,
    /// The last run of its type with a verdict, where that is another one.
    pub last_run: Option<TouchView>,
    /// Failures of its type that no success has followed yet.
    pub failures: FailuresView,
}

/// What decides a report's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// The time since it was confirmed.
    ReportAge,
    /// The time since its source was copied from VMS.
    SourceAge,
    /// Its subject vanished.
    Retired,
    /// Its year left the plan.
    Archived,
    /// It is not in the cache.
    NotCached,
}

/// What is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryView {
    /// When it was last confirmed against its source.
    pub last_updated: Timestamp,
    /// The time since then, in seconds.
    pub age: i64,
    /// When its source was copied from VMS.
    pub source_taken_at: Timestamp,
    /// The time since then, in seconds.
    pub source_age: i64,
    /// Held at an earlier version by an operator, since then.
    pub held: Option<Timestamp>,
    /// The content that an operator rejected.
    pub rejected: Option<Etag>,
    /// The operator's act that last changed it.
    pub act: Option<String>,
    /// Its subject vanished, at that time.
    pub retired_at: Option<Timestamp>,
    /// Its year left the plan, at that time.
    pub archived_at: Option<Timestamp>,
}

/// An operator's act on the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActView {
    /// What was done.
    pub kind: ActKind,
    /// The id of the key that did it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, in the operator's words.
    pub reason: Option<String>,
}

/// A version that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionView {
    /// The version.
    pub version: Etag,
    /// Whether it is what is served.
    pub is_served: bool,
    /// When its content was first built.
    pub generated_at: Timestamp,
    /// The version of the source from which it was built.
    pub source_version: String,
    /// Its length as JSON.
    pub bytes: u64,
    /// Its length as stored.
    pub stored_bytes: u64,
    /// Rows of its lists.
    pub rows: u64,
}

/// The build that waits for an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateView {
    /// The build.
    pub version: Etag,
    /// The check that it failed.
    pub check: Check,
    /// The run that built it.
    pub run_id: RunId,
    /// When it was built.
    pub generated_at: Timestamp,
    /// Since when a build has been waiting.
    pub since: Timestamp,
    /// Rows of its lists.
    pub rows: u64,
}

/// When refreshes start by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleView {
    /// The last night that a run was made for.
    pub last_handled: Option<Timestamp>,
    /// When the nightly rule last fired.
    pub last_fired: Timestamp,
    /// When it fires next.
    pub next_fires: Timestamp,
    /// When the sweep looks next.
    pub next_sweep: Timestamp,
    /// Whether both are paused.
    pub paused: bool,
    /// The key that paused them.
    pub paused_by: Option<String>,
    /// Since when.
    pub paused_since: Option<Timestamp>,
    /// Until when.
    pub paused_until: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

/// The lease of the type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseView {
    /// The run that holds it, or held it last.
    pub owner: RunId,
    /// Whether it holds it now.
    pub is_held: bool,
    /// Until when, at most; `None` where it was given back.
    pub held_until: Option<Timestamp>,
}

/// A run, and what it did with this report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TouchView {
    /// The run.
    pub run_id: RunId,
    /// What it did with the report, such as `published` or `quarantined(row_drop)`; `None` where nothing tells.
    pub did: Option<String>,
    /// The run as the ledger has it; `None` once it has passed away.
    pub run: Option<RunView>,
}

/// Failures in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailuresView {
    /// How many.
    pub in_row: u32,
    /// The class of the last.
    pub last_error: Option<FailureClass>,
    /// Until when the sweep waits.
    pub next_try: Option<Timestamp>,
}

/// Answers with why a report is as it is.
pub(crate) async fn answer<T: Table>(context: &Context<T>, request: &Request, key: &str) -> Result<Response, Problem> {
    Query::of(request, &[])?;
    Ok(response::json(StatusCode::OK, &find(context, key).await?))
}

/// Explains the report of that key, which need not be in the cache.
pub(crate) async fn find<T: Table>(context: &Context<T>, key: &str) -> Result<Explained, Problem> {
    let key: ReportKey = key.parse().map_err(|e: KeyError| Problem::unknown_report(e.to_string()))?;
    let (store, now, cache_type) = (&context.store, context.now(), key.cache_type());
    let entry = store.entry(&key, Read::Consistent).await?;
    let status = store.status(cache_type, Read::Consistent).await?;
    let mut facts = Facts {
        control: store.schedule_control(Read::Consistent).await?,
        lease: store.lease(cache_type, Read::Consistent).await?,
        act: None,
        touched: None,
        last: None,
        limits: context.limits,
        nightly: context.nightly.clone(),
        key,
        entry,
        status,
        now,
    };
    if let Some(place) = facts.entry.as_ref().and_then(|entry| entry.act.as_ref()) {
        facts.act = act_at(store, place, now).await?;
    }
    if let Some(id) = facts.touched_by() {
        facts.touched = store.run(id, now, Read::Eventual).await?;
    }
    if let Some(id) = facts.last_run() {
        facts.last = store.run(id, now, Read::Eventual).await?;
    }
    Ok(facts.explain())
}

/// The act of that place: the newest of those before what comes right after it.
async fn act_at<T: Table>(store: &Store<T>, place: &str, now: Timestamp) -> Result<Option<Act>, Problem> {
    let (acts, _) = store.acts(1, Some(&format!("{place}~")), now).await?;
    Ok(acts.into_iter().find(|act| act.place() == place))
}

/// All that an explanation rests on.
struct Facts {
    key: ReportKey,
    entry: Option<Entry>,
    status: TypeStatus,
    control: ScheduleControl,
    lease: Option<Lease>,
    /// The act that the entry names.
    act: Option<Act>,
    /// The run that the entry names.
    touched: Option<Run>,
    /// The last run of the type, where it is another one.
    last: Option<Run>,
    limits: FreshnessLimits,
    nightly: Nightly,
    now: Timestamp,
}

impl Facts {
    fn touched_by(&self) -> Option<&RunId> {
        self.entry.as_ref().map(|entry| &entry.run_id)
    }

    fn last_run(&self) -> Option<&RunId> {
        let last = self.status.last_run.as_ref().map(|run| &run.run_id);
        last.filter(|id| self.touched_by() != Some(id))
    }

    fn judged(&self) -> Option<Freshness> {
        self.entry.as_ref().map(|entry| self.limits.judge(&entry.times(), self.now))
    }

    fn explain(self) -> Explained {
        let judged = self.judged();
        let mut explained = Explained {
            report_key: self.key.clone(),
            cache_type: self.key.cache_type(),
            title: self.entry.as_ref().map(|entry| entry.title.clone()),
            state: judged.map_or(State::Missing, |judged| judged.state),
            decided_by: decided_by(self.entry.as_ref(), judged.as_ref()),
            sentences: Vec::new(),
            entry: self.entry.as_ref().zip(judged).map(|(entry, judged)| entry_view(entry, &judged)),
            act: self.act.as_ref().map(act_view),
            candidate: self.entry.as_ref().and_then(|entry| entry.candidate.as_ref()).map(candidate_view),
            versions: self.entry.as_ref().map(versions).unwrap_or_default(),
            schedule: schedule_view(&self.control, &self.status, &self.nightly, self.now),
            lease: self.lease.as_ref().map(|lease| lease_view(lease, self.now)),
            touched: self.touched_by().map(|id| self.touch(id, self.touched.as_ref())),
            last_run: self.last_run().map(|id| self.touch(id, self.last.as_ref())),
            failures: FailuresView {
                in_row: self.status.failures_in_row,
                last_error: self.status.last_error,
                next_try: self.status.next_try.filter(|t| *t > self.now),
            },
        };
        explained.sentences = words::sentences(&explained, &self.limits, self.status.tally.missing, self.now);
        explained
    }

    fn touch(&self, run_id: &RunId, run: Option<&Run>) -> TouchView {
        TouchView {
            run_id: run_id.clone(),
            did: run.and_then(|run| self.did(run)),
            run: run.map(|run| RunView::of(run.clone(), self.now)),
        }
    }

    /// What a run did with the report: as the ledger lists it or, for what is routine, as the entry shows it.
    fn did(&self, run: &Run) -> Option<String> {
        if let Some((_, outcome)) = run.reports.iter().find(|(key, _)| *key == self.key) {
            return Some(outcome.clone());
        }
        let entry = self.entry.as_ref().filter(|entry| entry.run_id == run.run_id)?;
        let did = if entry.current.generated_at >= run.started_at { "published" } else { "unchanged" };
        Some(did.to_owned())
    }
}

fn decided_by(entry: Option<&Entry>, judged: Option<&Freshness>) -> DecidedBy {
    let Some((entry, judged)) = entry.zip(judged) else { return DecidedBy::NotCached };
    if entry.archived_at.is_some() {
        DecidedBy::Archived
    } else if entry.retired_at.is_some() {
        DecidedBy::Retired
    } else if judged.because_of_source {
        DecidedBy::SourceAge
    } else {
        DecidedBy::ReportAge
    }
}

fn entry_view(entry: &Entry, judged: &Freshness) -> EntryView {
    EntryView {
        last_updated: entry.last_updated,
        age: judged.age.as_secs(),
        source_taken_at: entry.source_taken_at,
        source_age: judged.source_age.as_secs(),
        held: entry.held,
        rejected: entry.rejected.clone(),
        act: entry.act.clone(),
        retired_at: entry.retired_at,
        archived_at: entry.archived_at,
    }
}

fn act_view(act: &Act) -> ActView {
    ActView { kind: act.kind, by: act.by.clone(), at: act.at, reason: act.reason.clone() }
}

fn candidate_view(candidate: &Candidate) -> CandidateView {
    CandidateView {
        version: candidate.version.etag.clone(),
        check: candidate.check,
        run_id: candidate.run_id.clone(),
        generated_at: candidate.version.generated_at,
        since: candidate.since,
        rows: candidate.version.rows,
    }
}

fn versions(entry: &Entry) -> Vec<VersionView> {
    let view = |version: &Version, is_served| VersionView {
        version: version.etag.clone(),
        is_served,
        generated_at: version.generated_at,
        source_version: version.source_version.clone(),
        bytes: version.bytes,
        stored_bytes: version.stored_bytes,
        rows: version.rows,
    };
    [view(&entry.current, true)].into_iter().chain(entry.versions.iter().map(|v| view(v, false))).collect()
}

fn schedule_view(control: &ScheduleControl, status: &TypeStatus, nightly: &Nightly, now: Timestamp) -> ScheduleView {
    let paused = control.is_paused_at(now);
    ScheduleView {
        last_handled: status.last_schedule,
        last_fired: nightly.last(now),
        next_fires: nightly.next(now),
        next_sweep: next_sweep(now),
        paused,
        paused_by: control.by.clone().filter(|_| paused),
        paused_since: control.since.filter(|_| paused),
        paused_until: control.until.filter(|_| paused),
        reason: control.reason.clone().filter(|_| paused),
    }
}

fn lease_view(lease: &Lease, now: Timestamp) -> LeaseView {
    LeaseView {
        owner: lease.owner.clone(),
        is_held: lease.is_held_at(now),
        held_until: Some(lease.held_until).filter(|until| *until > Timestamp::UNIX_EPOCH),
    }
}

#[cfg(test)]
mod tests;
