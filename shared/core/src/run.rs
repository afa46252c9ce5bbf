//! Runs: the ledger's record of every refresh that was asked for.

use crate::cache_type::CacheType;
use crate::outcome::{FailureClass, Outcome, ReportOutcome, SkipReason};
use crate::report_key::ReportKey;
use crate::request::{RefreshRequest, Trigger};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The name of a run: `<cache_type>.<started_at>.<6 hex>`.
///
/// Ids of one type sort by their start as text, which is how the ledger is read newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RunId {
    /// The type that is refreshed.
    pub cache_type: CacheType,
    /// `<started_at>.<6 hex>`, the run's sort key; the start has milliseconds, always three digits.
    moment: String,
}

/// A text that is no run id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a run id looks like district.2026-03-15T02:00:00.000Z.1a2b3c")]
pub struct RunIdError;

impl RunId {
    /// A new id; `entropy` keeps apart the runs of one millisecond.
    pub fn new(cache_type: CacheType, started_at: Timestamp, entropy: u32) -> Self {
        let start = started_at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
        Self { cache_type, moment: format!("{start}.{:06x}", entropy & 0x00ff_ffff) }
    }

    /// The same moment for another type: where to go on reading its ledger.
    #[must_use]
    pub fn of_type(&self, cache_type: CacheType) -> Self {
        Self { cache_type, moment: self.moment.clone() }
    }

    /// When the run was asked for, to the millisecond.
    pub fn asked_at(&self) -> Option<Timestamp> {
        self.moment.rsplit_once('.').and_then(|(start, _)| start.parse().ok())
    }

    /// The sort key: `<started_at>.<6 hex>`.
    pub fn moment(&self) -> &str {
        &self.moment
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.cache_type, self.moment)
    }
}

impl FromStr for RunId {
    type Err = RunIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (cache_type, moment) = text.split_once('.').ok_or(RunIdError)?;
        let (start, hex) = moment.rsplit_once('.').ok_or(RunIdError)?;
        let started_at: Timestamp = start.parse().map_err(|_| RunIdError)?;
        let entropy = u32::from_str_radix(hex, 16).map_err(|_| RunIdError)?;
        let id = Self::new(cache_type.parse().map_err(|_| RunIdError)?, started_at, entropy);
        if id.moment == moment { Ok(id) } else { Err(RunIdError) }
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for RunId {
    type Error = RunIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Where a run stands, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Asked for, not yet taken up.
    Queued,
    /// At work, as long as its lease holds.
    Running,
    /// Ended with a verdict.
    Done,
}

/// How many reports came to which end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(pub BTreeMap<String, u64>);

impl Counts {
    /// Counts one more report of that outcome.
    pub fn add(&mut self, outcome: ReportOutcome) {
        *self.0.entry(outcome.kind().to_owned()).or_default() += 1;
    }

    /// How many reports had outcomes of that kind.
    pub fn of(&self, kind: &str) -> u64 {
        self.0.get(kind).copied().unwrap_or(0)
    }
}

/// How long each step of a run took, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepDurations {
    /// Fetching and reading the VMS database, and reading the entries.
    pub load_ms: u64,
    /// Computing the reports, writing them and reading them back: these go on side by side.
    pub publish_ms: u64,
}

/// A run in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub run_id: RunId,
    /// The type that it refreshes.
    pub cache_type: CacheType,
    /// Where it stands.
    pub state: RunState,
    /// Its verdict, once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why it did not run, where it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<SkipReason>,
    /// Who or what asked.
    pub trigger: Trigger,
    /// The event's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// When the schedule meant it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<Timestamp>,
    /// The id of the API key that asked; never a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// Asked for in spite of a recent success.
    #[serde(default)]
    pub force: bool,
    /// Built and checked, nothing published.
    #[serde(default)]
    pub dry_run: bool,
    /// The one report that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_key: Option<ReportKey>,
    /// When it was asked for, or began.
    pub started_at: Timestamp,
    /// When its verdict was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Until when a running one may be believed; without a verdict after that it is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// Planned reports dealt with so far.
    #[serde(default)]
    pub done: u64,
    /// Reports planned.
    #[serde(default)]
    pub total: u64,
    /// Reports by outcome.
    #[serde(default)]
    pub counts: Counts,
    /// The outcomes that are not routine, at most the first 200: key and outcome.
    #[serde(default)]
    pub reports: Vec<(ReportKey, String)>,
    /// Rows of the source that were left out, by table and reason: no ids, no values.
    #[serde(default)]
    pub left_out: BTreeMap<String, u64>,
    /// How long each step took.
    #[serde(default)]
    pub durations: StepDurations,
    /// Bytes of JSON that the type served after it, where it came so far as to count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The class of the failure that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FailureClass>,
    /// That failure in words, without anything personal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_detail: Option<String>,
    /// The version of the source that it read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Run {
    /// The record with which a request enters the ledger.
    pub fn of(request: &RefreshRequest, state: RunState, now: Timestamp) -> Self {
        Self {
            run_id: request.run_id.clone(),
            cache_type: request.cache_type,
            state,
            outcome: None,
            skipped: None,
            trigger: request.trigger,
            event_id: request.event_id.clone(),
            scheduled_for: request.scheduled_for,
            requested_by: request.requested_by.clone(),
            force: request.force,
            dry_run: request.dry_run,
            report_key: request.report_key.clone(),
            started_at: now,
            finished_at: None,
            held_until: None,
            done: 0,
            total: 0,
            counts: Counts::default(),
            reports: Vec::new(),
            left_out: BTreeMap::new(),
            durations: StepDurations::default(),
            bytes: None,
            error: None,
            error_detail: None,
            source: None,
        }
    }

    /// How many outcomes a run item holds; the rest are in its counts.
    pub const REPORTS_KEPT: usize = 200;

    /// Counts a report's outcome, and keeps it by name where it is not routine.
    pub fn note(&mut self, key: &ReportKey, outcome: ReportOutcome) {
        self.counts.add(outcome);
        if !outcome.is_routine() && self.reports.len() < Self::REPORTS_KEPT {
            self.reports.push((key.clone(), outcome.to_string()));
        }
    }

    /// The outcome to show at `now`: a run without a verdict whose lease ran out, or that was queued for
    /// more than ten minutes, is lost.
    pub fn outcome_at(&self, now: Timestamp) -> Option<Outcome> {
        let patience = jiff::SignedDuration::from_mins(10);
        match self.state {
            RunState::Done => self.outcome,
            RunState::Running => self.held_until.filter(|until| *until < now).map(|_| Outcome::Lost),
            RunState::Queued => (now.duration_since(self.started_at) > patience).then_some(Outcome::Lost),
        }
    }

    /// Wall time from start to verdict, in milliseconds.
    pub fn duration_ms(&self) -> Option<i64> {
        self.finished_at.map(|end| end.duration_since(self.started_at).as_millis() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::KeptReason;

    fn run(state: RunState) -> Run {
        let start: Timestamp = "2026-03-15T02:00:00Z".parse().unwrap();
        let request = RefreshRequest::new(RunId::new(CacheType::District, start, 7), Trigger::Schedule);
        Run::of(&request, state, start)
    }

    #[test]
    fn a_run_id_is_read_as_it_is_printed() {
        let id = RunId::new(CacheType::VirtualSession, "2026-03-15T02:00:00.12Z".parse().unwrap(), 0x1a_2b3c);
        assert_eq!(id.to_string(), "virtual_session.2026-03-15T02:00:00.120Z.1a2b3c");
        assert_eq!(id.asked_at(), "2026-03-15T02:00:00.12Z".parse().ok());
        assert_eq!(id.moment(), "2026-03-15T02:00:00.120Z.1a2b3c");
        assert_eq!(String::from(id.clone()).try_into(), Ok(id));
        for bad in ["", "district", "district.x.1a2b3c", "other.2026-03-15T02:00:00.000Z.1a2b3c"] {
            assert_eq!(bad.parse::<RunId>(), Err(RunIdError), "{bad}");
        }
        assert!("district.2026-03-15T02:00:00Z.1a2b3c".parse::<RunId>().is_err(), "a second spelling");
    }

    #[test]
    fn a_run_without_a_verdict_is_lost_once_nothing_can_be_heard_of_it() {
        let start: Timestamp = "2026-03-15T02:00:00Z".parse().unwrap();
        let minutes = jiff::SignedDuration::from_mins;
        let mut running = run(RunState::Running);
        running.held_until = Some(start + minutes(15));
        assert_eq!(running.outcome_at(start + minutes(15)), None);
        assert_eq!(running.outcome_at(start + minutes(16)), Some(Outcome::Lost));
        let queued = run(RunState::Queued);
        assert_eq!(queued.outcome_at(start + minutes(10)), None);
        assert_eq!(queued.outcome_at(start + minutes(11)), Some(Outcome::Lost));
    }

    #[test]
    fn a_run_takes_from_its_start_to_its_verdict() {
        let unfinished = run(RunState::Running);
        assert_eq!(unfinished.duration_ms(), None);
        let finished_at = Some(unfinished.started_at + jiff::SignedDuration::from_millis(1_250));
        assert_eq!(Run { finished_at, ..unfinished }.duration_ms(), Some(1_250));
    }

    #[test]
    fn only_what_is_not_routine_is_kept_by_name_and_all_is_counted() {
        let mut run = run(RunState::Running);
        let key: ReportKey = "recruitment/dia-events".parse().unwrap();
        run.note(&key, ReportOutcome::Published);
        for _ in 0..300 {
            run.note(&key, ReportOutcome::Kept(KeptReason::Deadline));
        }
        assert_eq!((run.counts.of("kept"), run.counts.of("published")), (300, 1));
        assert_eq!(run.reports.len(), Run::REPORTS_KEPT);
        assert_eq!(run.reports[0].1, "kept(deadline)");
    }
}
