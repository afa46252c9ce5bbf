//! The status of a cache type: all that page, health, sweep and metrics need, in one small record.

use crate::cache_type::CacheType;
use crate::entry::{Entry, Fence};
use crate::freshness::{FreshnessLimits, State, Times};
use crate::outcome::{FailureClass, Outcome};
use crate::request::Trigger;
use crate::run::RunId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the status keeps of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// The run.
    pub run_id: RunId,
    /// Its verdict.
    pub outcome: Outcome,
    /// Who asked for it.
    pub trigger: Trigger,
    /// When it began.
    pub started_at: Timestamp,
    /// When its verdict was recorded.
    pub finished_at: Timestamp,
}

/// The entries of a type, counted: what freshness and sizes are told from without reading them again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Reports that are served, retired and archived ones included.
    pub reports: u64,
    /// Planned reports that no good version exists of.
    pub missing: u64,
    /// Reports with a candidate that waits for an operator.
    pub quarantined: u64,
    /// Reports that an operator holds at an earlier version.
    pub held: u64,
    /// Reports whose subject vanished.
    pub retired: u64,
    /// Reports of years out of the plan.
    pub archived: u64,
    /// Bytes of JSON that are served.
    pub bytes: u64,
    /// Bytes as stored, earlier versions included.
    pub stored_bytes: u64,
    /// The oldest confirmation among the reports whose age counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_update: Option<Timestamp>,
    /// The oldest source among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_source: Option<Timestamp>,
}

impl Tally {
    /// Counts the entries of one type; `missing` comes from the plan, which entries do not know.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>, missing: u64) -> Self {
        let mut tally = Self { missing, ..Self::default() };
        for entry in entries {
            tally.reports += 1;
            tally.quarantined += u64::from(entry.candidate.is_some());
            tally.held += u64::from(entry.held.is_some());
            tally.retired += u64::from(entry.retired_at.is_some());
            tally.archived += u64::from(entry.archived_at.is_some());
            tally.bytes += entry.current.bytes;
            tally.stored_bytes += entry.current.stored_bytes;
            tally.stored_bytes += entry.versions.iter().map(|v| v.stored_bytes).sum::<u64>();
            if entry.counts_for_age() {
                tally.oldest_update = Some(earlier(tally.oldest_update, entry.last_updated));
                tally.oldest_source = Some(earlier(tally.oldest_source, entry.source_taken_at));
            }
        }
        tally
    }

    /// The state of the type as a whole: of its oldest report, or missing where any planned one is.
    pub fn state(&self, limits: &FreshnessLimits, now: Timestamp) -> State {
        let (Some(last_updated), Some(source_taken_at)) = (self.oldest_update, self.oldest_source) else {
            return if self.missing > 0 || self.reports == 0 { State::Missing } else { State::Fresh };
        };
        let judged = limits.judge(&Times { last_updated, source_taken_at, retired: false, archived: false }, now);
        if self.missing > 0 { State::Missing } else { judged.state }
    }
}

fn earlier(known: Option<Timestamp>, other: Timestamp) -> Timestamp {
    known.map_or(other, |k| k.min(other))
}

/// The status of one cache type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeStatus {
    /// The type.
    pub cache_type: CacheType,
    /// The fence of the run that wrote it last.
    #[serde(default)]
    pub fence: Fence,
    /// The last run with a verdict that did more than skip or join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<LastRun>,
    /// The last run that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<LastRun>,
    /// When the last run began that left nothing to try again: every report is served as built, or waits for an
    /// operator. The sweep looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_settled: Option<Timestamp>,
    /// The latest time of the nightly rule that it made a run for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_schedule: Option<Timestamp>,
    /// The version of the source that the last settled run read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_version: Option<String>,
    /// When that source was copied from VMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_taken_at: Option<Timestamp>,
    /// The entries, counted.
    #[serde(default)]
    pub tally: Tally,
    /// Runs since the last good one that failed, or left a report that failed.
    #[serde(default)]
    pub failures_in_row: u32,
    /// Until when the sweep leaves the type alone after repeated failures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try: Option<Timestamp>,
    /// Runs that succeeded, failed or were partial, ever.
    #[serde(default)]
    pub total_refreshes: u64,
    /// Those that succeeded.
    #[serde(default)]
    pub successful_refreshes: u64,
    /// Those that did not.
    #[serde(default)]
    pub failed_refreshes: u64,
    /// The class of the last failure, until a run succeeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<FailureClass>,
}

impl TypeStatus {
    /// The status of a type of which nothing is known yet.
    pub fn unknown(cache_type: CacheType) -> Self {
        Self {
            cache_type,
            fence: Fence::default(),
            last_run: None,
            last_success: None,
            last_settled: None,
            last_schedule: None,
            source_version: None,
            source_taken_at: None,
            tally: Tally::default(),
            failures_in_row: 0,
            next_try: None,
            total_refreshes: 0,
            successful_refreshes: 0,
            failed_refreshes: 0,
            last_error: None,
        }
    }

    /// The state of the type's oldest report.
    pub fn state(&self, limits: &FreshnessLimits, now: Timestamp) -> State {
        self.tally.state(limits, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{entry, hour};

    #[test]
    fn entries_are_counted_by_what_became_of_them_and_the_oldest_plain_one_gives_the_age() {
        let plain = Entry { candidate: None, ..entry() };
        let older = Entry { last_updated: hour(7), source_taken_at: hour(6), ..plain.clone() };
        let oldest = |entry: Entry| Entry { last_updated: hour(1), source_taken_at: hour(1), ..entry };
        let all = [
            plain.clone(),
            older,
            oldest(entry()),
            oldest(Entry { held: Some(hour(2)), ..plain.clone() }),
            oldest(Entry { retired_at: Some(hour(2)), ..plain.clone() }),
            oldest(Entry { archived_at: Some(hour(2)), ..plain }),
        ];
        let expected = Tally {
            reports: 6,
            missing: 4,
            quarantined: 1,
            held: 1,
            retired: 1,
            archived: 1,
            bytes: 600,
            // Each keeps two earlier versions.
            stored_bytes: 6 * 3 * 50,
            oldest_update: Some(hour(7)),
            oldest_source: Some(hour(6)),
        };
        assert_eq!(Tally::of(&all, 4), expected);
    }

    #[test]
    fn a_type_is_as_good_as_its_oldest_report_and_no_better_than_one_that_is_missing() {
        let aged = |hours: u64| Tally {
            reports: 2,
            oldest_update: Some(hour(100 - hours)),
            oldest_source: Some(hour(100)),
            ..Tally::default()
        };
        let decided_on = Tally { reports: 2, held: 2, ..Tally::default() };
        for (tally, state) in [
            (aged(1), State::Fresh),
            (aged(25), State::Aging),
            (aged(27), State::Stale),
            (Tally { missing: 1, ..aged(1) }, State::Missing),
            (decided_on.clone(), State::Fresh),
            (Tally { missing: 1, ..decided_on }, State::Missing),
            (Tally::default(), State::Missing),
        ] {
            let status = TypeStatus { tally, ..TypeStatus::unknown(CacheType::District) };
            assert_eq!(status.state(&FreshnessLimits::default(), hour(100)), state, "{:?}", status.tally);
        }
    }
}
