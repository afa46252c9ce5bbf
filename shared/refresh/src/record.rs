//! The verdict on a run, and what the status keeps of it.

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use vms_core::{
    FailureClass, Fence, KeptReason, LastRun, Outcome, ReportKey, ReportOutcome, Run, Tally, Trigger, TypeStatus,
};
use vms_source::Fingerprint;

/// Failed runs in a row after which the sweep begins to wait.
const PATIENCE: u32 = 3;
/// The longest that it waits.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(12);

/// What became of every report that a run dealt with.
pub(crate) type Outcomes = BTreeMap<ReportKey, ReportOutcome>;

/// What a run knows at its end, besides its verdict.
pub(crate) struct Ended {
    /// Nothing is left that trying again could mend.
    pub(crate) settled: bool,
    /// What it read.
    pub(crate) source: Option<Fingerprint>,
    /// What it left in the table, where it could look.
    pub(crate) tally: Option<Tally>,
}

/// The verdict: green only when every planned report is served as built.
pub(crate) fn verdict(outcomes: &Outcomes) -> Outcome {
    let counts =
        |o: &&ReportOutcome| !matches!(o, ReportOutcome::Retired | ReportOutcome::Archived | ReportOutcome::Removed);
    let planned: Vec<_> = outcomes.values().filter(counts).collect();
    let routine = planned.iter().filter(|o| o.is_routine()).count();
    let quarantined = planned.iter().any(|o| matches!(o, ReportOutcome::Quarantined(_)));
    if routine == planned.len() && routine > 0 {
        Outcome::Succeeded
    } else if routine > 0 || quarantined {
        Outcome::Partial
    } else {
        Outcome::Failed
    }
}

/// Whether nothing is left that trying again could mend.
pub(crate) fn is_settled(outcomes: &Outcomes) -> bool {
    !outcomes.is_empty()
        && !outcomes.values().any(|o| {
            matches!(o, ReportOutcome::Failed(_) | ReportOutcome::Kept(KeptReason::Deadline | KeptReason::Superseded))
        })
}

/// The class of a run's failure, where its reports tell one.
pub(crate) fn first_failure(outcomes: &Outcomes) -> Option<FailureClass> {
    outcomes.values().find_map(|o| match o {
        ReportOutcome::Failed(class) => Some(*class),
        _ => None,
    })
}

/// Until when the sweep leaves a type alone that failed so often in a row.
pub(crate) fn next_try(failures_in_row: u32, now: Timestamp) -> Option<Timestamp> {
    let beyond = failures_in_row.checked_sub(PATIENCE)?;
    let wait = SignedDuration::from_hours(1_i64 << beyond.min(10));
    Some(now + wait.min(LONGEST_WAIT))
}

/// The status after a run.
pub(crate) fn status_after(before: &TypeStatus, run: &Run, fence: Fence, ended: Ended) -> TypeStatus {
    let mut status = TypeStatus { fence, ..before.clone() };
    let (Some(outcome), Some(finished_at)) = (run.outcome, run.finished_at) else {
        return status;
    };
    let this =
        LastRun { run_id: run.run_id.clone(), outcome, trigger: run.trigger, started_at: run.started_at, finished_at };
    let succeeded = outcome == Outcome::Succeeded;
    status.total_refreshes += 1;
    status.successful_refreshes += u64::from(succeeded);
    status.failed_refreshes += u64::from(!succeeded);
    status.last_run = Some(this.clone());
    if let Some(mut tally) = ended.tally {
        // A run of one report does not know what else is planned.
        if run.report_key.is_some() {
            tally.missing = status.tally.missing;
        }
        status.tally = tally;
    }
    // One report does not make the type's night.
    if run.report_key.is_none() {
        status.last_error = if succeeded { None } else { run.error.or(status.last_error) };
        // One that ran out of time only goes on with the next sweep.
        if outcome == Outcome::Failed || !ended.settled && run.error.is_some() {
            status.failures_in_row += 1;
        } else if ended.settled {
            status.failures_in_row = 0;
        }
        status.next_try = next_try(status.failures_in_row, finished_at);
        if run.trigger == Trigger::Schedule {
            status.last_schedule = status.last_schedule.max(run.scheduled_for);
        }
        if succeeded {
            status.last_success = Some(this);
        }
        if let (true, Some(source)) = (ended.settled, ended.source) {
            status.last_settled = Some(run.started_at);
            status.source_version = Some(source.version);
            status.source_taken_at = Some(source.taken_at);
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use vms_core::{CacheType, Check, RefreshRequest, RunId, RunState};

    fn outcomes(list: &[ReportOutcome]) -> Outcomes {
        let key = |n: usize| ReportKey::RecruitmentCandidates { event: n as i64 };
        list.iter().enumerate().map(|(n, o)| (key(n), *o)).collect()
    }

    #[test]
    fn a_run_is_green_only_when_every_planned_report_is_served_as_built() {
        use ReportOutcome::{Archived, Failed, Kept, Published, Quarantined, Retired, Unchanged};
        let failed = Failed(FailureClass::StoreThrottled);
        for (list, expected, settled) in [
            (vec![Published, Unchanged], Outcome::Succeeded, true),
            (vec![Published, Retired, Archived], Outcome::Succeeded, true),
            (vec![Published, failed], Outcome::Partial, false),
            (vec![Published, Kept(KeptReason::Deadline)], Outcome::Partial, false),
            (vec![Published, Quarantined(Check::Empty)], Outcome::Partial, true),
            (vec![Published, Kept(KeptReason::PlanDrop)], Outcome::Partial, true),
            (vec![Quarantined(Check::Empty)], Outcome::Partial, true),
            (vec![failed, failed], Outcome::Failed, false),
            (vec![Kept(KeptReason::Deadline)], Outcome::Failed, false),
            (vec![], Outcome::Failed, false),
        ] {
            let outcomes = outcomes(&list);
            assert_eq!((verdict(&outcomes), is_settled(&outcomes)), (expected, settled), "{list:?}");
        }
    }

    #[test]
    fn a_run_is_blamed_on_the_class_of_its_first_report_that_failed() {
        use ReportOutcome::{Failed, Kept, Published};
        let (throttled, builder) = (FailureClass::StoreThrottled, FailureClass::Builder);
        for (list, class) in [
            (vec![Published, Failed(throttled), Failed(builder)], Some(throttled)),
            (vec![Published, Kept(KeptReason::Deadline)], None),
            (vec![], None),
        ] {
            assert_eq!(first_failure(&outcomes(&list)), class, "{list:?}");
        }
    }

    #[test]
    fn the_status_after_a_run_tells_what_the_next_decisions_need() {
        let started: Timestamp = "2026-03-15T02:00:00Z".parse().unwrap();
        let before = TypeStatus {
            total_refreshes: 7,
            successful_refreshes: 4,
            failed_refreshes: 3,
            failures_in_row: 2,
            last_error: Some(FailureClass::StoreThrottled),
            tally: Tally { missing: 5, ..Tally::default() },
            ..TypeStatus::unknown(CacheType::Recruitment)
        };
        let (throttled, no_subject) = (Some(FailureClass::StoreThrottled), Some(FailureClass::NoSubject));
        for (outcome, error, settled, one_report, failures, is_success, is_settled) in [
            (Outcome::Succeeded, None, true, false, 0, true, true),
            (Outcome::Succeeded, None, true, true, 2, false, false),
            (Outcome::Partial, None, true, false, 0, false, true),
            (Outcome::Partial, None, false, false, 2, false, false),
            (Outcome::Partial, throttled, false, false, 3, false, false),
            (Outcome::Failed, throttled, false, false, 3, false, false),
            (Outcome::Failed, no_subject, false, true, 2, false, false),
        ] {
            let told = format!("{outcome}, {error:?}, settled: {settled}, of one report: {one_report}");
            let mut request = RefreshRequest::new(RunId::new(CacheType::Recruitment, started, 1), Trigger::Schedule);
            request.scheduled_for = Some(started);
            request.report_key = one_report.then_some(ReportKey::RecruitmentDiaEvents);
            let mut run = Run::of(&request, RunState::Done, started);
            (run.outcome, run.error) = (Some(outcome), error);
            run.finished_at = Some(started + SignedDuration::from_secs(9));
            let source = Fingerprint { version: "v2".into(), taken_at: started };
            let tally = Tally { missing: 1, reports: 9, ..Tally::default() };
            let ended = Ended { settled, source: Some(source), tally: Some(tally) };
            let after = status_after(&before, &run, Fence(6), ended);
            let succeeded = u64::from(outcome == Outcome::Succeeded);
            assert_eq!((after.fence, after.last_schedule.is_some()), (Fence(6), !one_report), "{told}");
            assert_eq!((after.failures_in_row, after.next_try.is_some()), (failures, failures > 2), "{told}");
            assert_eq!(
                (after.total_refreshes, after.successful_refreshes, after.failed_refreshes),
                (8, 4 + succeeded, 4 - succeeded),
                "{told}"
            );
            assert_eq!(after.last_error, throttled.filter(|_| one_report || succeeded == 0), "{told}");
            assert_eq!(after.last_run.map(|run| run.outcome), Some(outcome), "{told}");
            assert_eq!(after.last_success.is_some(), is_success, "{told}");
            assert_eq!(
                (after.last_settled.is_some(), after.source_version.is_some()),
                (is_settled, is_settled),
                "{told}"
            );
            // A run of one report does not know what else is planned.
            assert_eq!((after.tally.reports, after.tally.missing), (9, if one_report { 5 } else { 1 }), "{told}");
        }
    }

    #[test]
    fn the_sweep_waits_longer_after_each_failure_up_to_half_a_day() {
        let now: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
        let hours = |n| next_try(n, now).map(|t| t.duration_since(now).as_hours());
        let waits: Vec<_> = (0..9).map(hours).collect();
        assert_eq!(
            waits,
            [None, None, None, Some(1), Some(2), Some(4), Some(8), Some(12), Some(12)],
            "none at first, then doubling, then capped"
        );
        assert_eq!(hours(u32::MAX), Some(12));
    }
}
