//! What a refresh leaves to be measured: from what it has read and written anyway, without another look at the store.

use jiff::{SignedDuration, Timestamp};
use vms_core::{
    FailureClass, Outcome, RefreshFigures, RefreshRequest, Run, RunFigures, SweepFigures, Trigger, TypeStatus,
};
use vms_source::Fingerprint;

/// The last that a refresh saw of its type and its source.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// The status, as it was read, or written at the end.
    pub(crate) status: Option<TypeStatus>,
    /// The source, where it was looked at.
    pub(crate) source: Option<Fingerprint>,
}

/// The figures of a request that was answered with `run`, or whose run could not be recorded; `None` where there is
/// nothing to tell.
pub(crate) fn of(request: &RefreshRequest, run: Option<&Run>, look: &Look, now: Timestamp) -> Option<RefreshFigures> {
    let run = run.and_then(of_run);
    let status = look.status.as_ref().filter(|_| request.trigger == Trigger::Sweep);
    let sweep = status.map(|status| of_sweep(status, look.source.as_ref(), now));
    let is_something = run.is_some() || sweep.is_some();
    is_something.then_some(RefreshFigures { cache_type: request.cache_type, at: now, run, sweep })
}

/// A run that was skipped, joined another or published nothing on purpose is no attempt that could succeed or fail, and
/// what was asked for in vain is no failure of ours.
fn of_run(run: &Run) -> Option<RunFigures> {
    if run.error == Some(FailureClass::NoSubject) {
        return None;
    }
    let succeeded = match run.outcome.filter(|_| !run.dry_run)? {
        Outcome::Succeeded => true,
        Outcome::Partial | Outcome::Failed => false,
        Outcome::Skipped | Outcome::Joined | Outcome::Lost => return None,
    };
    Some(RunFigures { succeeded, duration: SignedDuration::from_millis(run.duration_ms()?) })
}

/// Where each report is held, retired, archived or waits for an operator, none is too old: someone decides on them
/// already. Where none was ever published there is no age, and the silence is what rings.
fn of_sweep(status: &TypeStatus, source: Option<&Fingerprint>, now: Timestamp) -> SweepFigures {
    let age = |then: Timestamp| now.duration_since(then).max(SignedDuration::ZERO);
    let tally = &status.tally;
    let all_decided_on = (tally.reports > 0 && tally.missing == 0).then_some(SignedDuration::ZERO);
    SweepFigures {
        oldest_report_age: tally.oldest_update.map(age).or(all_decided_on),
        quarantined: tally.quarantined,
        source_age: source.map(|s| s.taken_at).or(status.source_taken_at).map(age),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vms_core::{CacheType, RunId, RunState, Tally};

    const TYPE: CacheType = CacheType::Volunteer;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn now() -> Timestamp {
        at("2026-03-15T03:30:00Z")
    }

    fn request(trigger: Trigger) -> RefreshRequest {
        RefreshRequest::new(RunId::new(TYPE, now(), 1), trigger)
    }

    /// A type that was refreshed at two o'clock from a source of one o'clock.
    fn refreshed() -> TypeStatus {
        TypeStatus {
            tally: Tally {
                reports: 5,
                quarantined: 2,
                oldest_update: Some(at("2026-03-15T02:00:00Z")),
                ..Tally::default()
            },
            source_taken_at: Some(at("2026-03-15T01:00:00Z")),
            ..TypeStatus::unknown(TYPE)
        }
    }

    fn of_status(status: TypeStatus) -> SweepFigures {
        let look = Look { status: Some(status), source: None };
        of(&request(Trigger::Sweep), None, &look, now()).unwrap().sweep.unwrap()
    }

    #[test]
    fn only_a_run_that_ran_succeeds_or_fails() {
        let hour = SignedDuration::from_hours(1);
        let ran = |succeeded| Some(RunFigures { succeeded, duration: hour });
        for (outcome, dry_run, expected) in [
            (Some(Outcome::Succeeded), false, ran(true)),
            (Some(Outcome::Partial), false, ran(false)),
            (Some(Outcome::Failed), false, ran(false)),
            (Some(Outcome::Skipped), false, None),
            (Some(Outcome::Joined), false, None),
            (Some(Outcome::Lost), false, None),
            (None, false, None),
            (Some(Outcome::Succeeded), true, None),
            (Some(Outcome::Failed), true, None),
        ] {
            let request = request(Trigger::Schedule);
            let mut run = Run::of(&request, RunState::Done, now() - hour);
            (run.outcome, run.dry_run, run.finished_at) = (outcome, dry_run, Some(now()));
            let figures = of(&request, Some(&run), &Look::default(), now());
            assert_eq!(figures.and_then(|f| f.run), expected, "{outcome:?}, dry run: {dry_run}");
        }
    }

    #[test]
    fn a_report_on_nobody_is_no_failure() {
        let mut run = Run::of(&request(Trigger::Manual), RunState::Done, now());
        (run.outcome, run.finished_at) = (Some(Outcome::Failed), Some(now()));
        run.error = Some(FailureClass::NoSubject);
        assert_eq!(of(&request(Trigger::Manual), Some(&run), &Look::default(), now()), None);
    }

    #[test]
    fn every_sweep_tells_ages_and_no_one_else_does() {
        for trigger in [Trigger::Schedule, Trigger::Snapshot, Trigger::Manual] {
            let look = Look { status: Some(refreshed()), source: None };
            assert_eq!(of(&request(trigger), None, &look, now()), None, "{trigger}");
        }
        let minutes = |n| Some(SignedDuration::from_mins(n));
        let expected = SweepFigures { oldest_report_age: minutes(90), quarantined: 2, source_age: minutes(150) };
        assert_eq!(of_status(refreshed()), expected);
    }

    #[test]
    fn the_source_is_as_old_as_the_sweep_sees_it() {
        let source = Fingerprint { version: "v2".into(), taken_at: at("2026-03-15T03:20:00Z") };
        let look = Look { status: Some(refreshed()), source: Some(source) };
        let figures = of(&request(Trigger::Sweep), None, &look, now()).unwrap();
        assert_eq!(figures.sweep.unwrap().source_age, Some(SignedDuration::from_mins(10)));
    }

    #[test]
    fn what_was_never_published_has_no_age_and_what_is_decided_on_is_not_old() {
        let unknown = of_status(TypeStatus::unknown(TYPE));
        assert_eq!((unknown.oldest_report_age, unknown.source_age), (None, None));
        let mut all_held = refreshed();
        (all_held.tally.held, all_held.tally.oldest_update) = (5, None);
        assert_eq!(of_status(all_held.clone()).oldest_report_age, Some(SignedDuration::ZERO));
        all_held.tally.missing = 1;
        assert_eq!(of_status(all_held).oldest_report_age, None);
    }

    #[test]
    fn a_clock_behind_the_others_makes_nothing_younger_than_new() {
        let mut ahead = refreshed();
        ahead.tally.oldest_update = Some(now() + SignedDuration::from_hours(1));
        assert_eq!(of_status(ahead).oldest_report_age, Some(SignedDuration::ZERO));
    }
}
