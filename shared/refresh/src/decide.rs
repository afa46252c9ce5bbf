//! Whether to run at all: one answer for every trigger.

use crate::config::RefreshConfig;
use jiff::Timestamp;
use vms_core::{FreshnessLimits, RefreshRequest, SkipReason, State, Trigger, TypeStatus};

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Refresh.
    Run,
    /// Do not, and say why.
    Skip(SkipReason),
}

/// What a decision rests on.
pub(crate) struct Facts<'a> {
    pub(crate) request: &'a RefreshRequest,
    pub(crate) status: &'a TypeStatus,
    /// The present version of the source; `None` where it cannot be told, which a run will then report.
    pub(crate) source_version: Option<&'a str>,
    /// When the one report that is asked for was last confirmed.
    pub(crate) report_updated: Option<Timestamp>,
    pub(crate) now: Timestamp,
}

impl Facts<'_> {
    /// Whether there is work, leaving aside whether it is allowed now.
    pub(crate) fn has_work(&self, config: &RefreshConfig) -> bool {
        let status = self.status;
        match self.request.trigger {
            // A repeated delivery of an event that was served is harmless.
            Trigger::Schedule => {
                let due = self.request.scheduled_for.unwrap_or(self.now);
                status.last_success.as_ref().is_none_or(|s| s.started_at < due)
            }
            // One that cannot be looked at is new all the same: its run tells why.
            Trigger::Snapshot => self.source_version.is_none() || self.is_new_source() || status.last_success.is_none(),
            Trigger::Sweep => {
                // A source that fell silent makes reports old as well, which a run cannot mend.
                let limits = FreshnessLimits { max_source_age: None, ..config.limits };
                status.state(&limits, self.now) != State::Fresh
                    || self.is_new_source()
                    || status.last_settled.is_none_or(|settled| settled < config.nightly.last(self.now))
            }
            Trigger::Manual => {
                let confirmed = match self.request.report_key {
                    Some(_) => self.report_updated,
                    None => status.last_success.as_ref().map(|s| s.started_at),
                };
                let is_recent = |then| self.now.duration_since(then) < config.min_refresh_age;
                self.request.force || self.request.dry_run || !confirmed.is_some_and(is_recent)
            }
        }
    }

    fn is_new_source(&self) -> bool {
        self.source_version.is_some_and(|version| self.status.source_version.as_deref() != Some(version))
    }

    /// Whether work that there is must wait: a pause stops everything but an operator, repeated failures only
    /// the sweep.
    pub(crate) fn must_wait(&self, paused: bool) -> Option<SkipReason> {
        let trigger = self.request.trigger;
        if paused && trigger != Trigger::Manual {
            Some(SkipReason::Paused)
        } else if trigger == Trigger::Sweep && self.status.next_try.is_some_and(|t| t > self.now) {
            Some(SkipReason::BackingOff)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use vms_core::{CacheType, Env, LastRun, Outcome, RunId, Tally};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A type whose nightly run of 15 March succeeded on source `v1`.
    fn good_status() -> TypeStatus {
        let started_at = at("2026-03-15T02:00:05Z");
        let run = LastRun {
            run_id: RunId::new(CacheType::District, started_at, 1),
            outcome: Outcome::Succeeded,
            trigger: Trigger::Schedule,
            started_at,
            finished_at: started_at + SignedDuration::from_secs(9),
        };
        TypeStatus {
            last_run: Some(run.clone()),
            last_success: Some(run),
            last_settled: Some(started_at),
            source_version: Some("v1".into()),
            tally: Tally {
                reports: 3,
                oldest_update: Some(started_at),
                oldest_source: Some(started_at),
                ..Tally::default()
            },
            ..TypeStatus::unknown(CacheType::District)
        }
    }

    fn request(trigger: Trigger) -> RefreshRequest {
        RefreshRequest::new(RunId::new(CacheType::District, at("2026-03-15T12:00:00Z"), 2), trigger)
    }

    fn has_work(request: &RefreshRequest, status: &TypeStatus, source: &str, now: &str) -> bool {
        let facts = Facts { request, status, source_version: Some(source), report_updated: None, now: at(now) };
        facts.has_work(&RefreshConfig::from_env(&Env::new(&|_| None), |_| unreachable!()).unwrap())
    }

    #[test]
    fn a_schedule_runs_once_for_its_time_however_often_it_is_delivered() {
        let mut request = request(Trigger::Schedule);
        request.scheduled_for = Some(at("2026-03-15T02:00:00Z"));
        assert!(!has_work(&request, &good_status(), "v1", "2026-03-15T02:01:00Z"));
        request.scheduled_for = Some(at("2026-03-15T02:00:05Z"));
        assert!(!has_work(&request, &good_status(), "v1", "2026-03-15T02:01:00Z"), "the very moment of the success");
        request.scheduled_for = Some(at("2026-03-16T02:00:00Z"));
        assert!(has_work(&request, &good_status(), "v1", "2026-03-16T02:00:03Z"));
        assert!(has_work(&request, &TypeStatus::unknown(CacheType::District), "v1", "2026-03-15T02:01:00Z"));
    }

    #[test]
    fn a_snapshot_runs_only_for_a_version_that_is_new() {
        let request = request(Trigger::Snapshot);
        assert!(!has_work(&request, &good_status(), "v1", "2026-03-15T03:30:00Z"));
        assert!(has_work(&request, &good_status(), "v2", "2026-03-15T03:30:00Z"));
    }

    #[test]
    fn a_snapshot_that_cannot_be_looked_at_is_not_taken_for_the_last_one() {
        let (request, status) = (request(Trigger::Snapshot), good_status());
        let now = at("2026-03-15T03:30:00Z");
        let facts = Facts { request: &request, status: &status, source_version: None, report_updated: None, now };
        assert!(facts.has_work(&RefreshConfig::from_env(&Env::new(&|_| None), |_| unreachable!()).unwrap()));
    }

    #[test]
    fn a_sweep_runs_when_anything_is_left_to_do_and_only_then() {
        let request = request(Trigger::Sweep);
        let sweep = |status: &TypeStatus, source, now| has_work(&request, status, source, now);
        assert!(!sweep(&good_status(), "v1", "2026-03-15T12:30:00Z"), "all is fresh");
        let mut silent = good_status();
        silent.tally.oldest_source = Some(at("2026-03-01T02:00:00Z"));
        assert!(!sweep(&silent, "v1", "2026-03-15T12:30:00Z"), "the source is old, and still the same");
        assert!(sweep(&good_status(), "v2", "2026-03-15T12:30:00Z"), "the source is new");
        assert!(sweep(&good_status(), "v1", "2026-03-16T02:30:00Z"), "the night's run is missing");
        let mut prompt = good_status();
        prompt.last_settled = Some(at("2026-03-15T02:00:00Z"));
        assert!(!sweep(&prompt, "v1", "2026-03-15T12:30:00Z"), "the night's run began with the night's rule");
        let mut missing = good_status();
        missing.tally.missing = 1;
        assert!(sweep(&missing, "v1", "2026-03-15T12:30:00Z"), "a planned report is missing");
        let mut unsettled = good_status();
        unsettled.last_settled = Some(at("2026-03-14T02:00:05Z"));
        assert!(sweep(&unsettled, "v1", "2026-03-15T12:30:00Z"), "the night's run left something to try again");
        assert!(sweep(&TypeStatus::unknown(CacheType::District), "v1", "2026-03-15T12:30:00Z"), "nothing is known");
    }

    #[test]
    fn a_manual_refresh_within_twenty_hours_of_a_success_needs_force() {
        let mut request = request(Trigger::Manual);
        assert!(!has_work(&request, &good_status(), "v1", "2026-03-15T22:00:04Z"));
        assert!(has_work(&request, &good_status(), "v1", "2026-03-15T22:00:05Z"));
        request.force = true;
        assert!(has_work(&request, &good_status(), "v1", "2026-03-15T02:30:00Z"));
    }

    #[test]
    fn the_sweep_waits_until_the_time_of_its_next_try_and_no_longer() {
        let (request, mut status, now) = (request(Trigger::Sweep), good_status(), at("2026-03-15T12:30:00Z"));
        for (seconds, waits) in [(1, Some(SkipReason::BackingOff)), (0, None), (-1, None)] {
            status.next_try = Some(now + SignedDuration::from_secs(seconds));
            let facts = Facts { request: &request, status: &status, source_version: None, report_updated: None, now };
            assert_eq!(facts.must_wait(false), waits, "{seconds}");
        }
    }

    #[test]
    fn a_pause_stops_all_but_an_operator_and_repeated_failures_only_the_sweep() {
        let mut status = good_status();
        status.next_try = Some(at("2026-03-15T14:00:00Z"));
        for (trigger, paused, waits) in [
            (Trigger::Schedule, true, Some(SkipReason::Paused)),
            (Trigger::Sweep, true, Some(SkipReason::Paused)),
            (Trigger::Snapshot, true, Some(SkipReason::Paused)),
            (Trigger::Manual, true, None),
            (Trigger::Sweep, false, Some(SkipReason::BackingOff)),
            (Trigger::Schedule, false, None),
        ] {
            let request = request(trigger);
            let now = at("2026-03-15T12:30:00Z");
            let facts = Facts { request: &request, status: &status, source_version: None, report_updated: None, now };
            assert_eq!(facts.must_wait(paused), waits, "{trigger}");
        }
    }
}
