//! An explanation in sentences, the most important first.

use super::{DecidedBy, Explained, TouchView};
use crate::acts::short;
use crate::words::{check, count, deed, failure, moment, span};
use jiff::{SignedDuration, Timestamp};
use vms_core::{Check, FreshnessLimits, Outcome, State};
use vms_store::ActKind;

/// Every sentence that is true; `missing` is how many planned reports of the type the last run left without a version.
pub(super) fn sentences(of: &Explained, limits: &FreshnessLimits, missing: u64, now: Timestamp) -> Vec<String> {
    let parts = [
        Some(state(of, limits)),
        why_missing(of, missing),
        served(of),
        held(of),
        waiting(of),
        rejected(of),
        acted(of),
        touched(of),
        last_run(of),
        failures(of),
        paused(of),
        Some(schedule(of)),
        lease(of, now),
    ];
    parts.into_iter().flatten().collect()
}

fn state(of: &Explained, limits: &FreshnessLimits) -> String {
    let Some(entry) = &of.entry else {
        return "It is missing: no version of it is in the cache.".to_owned();
    };
    let (age, source_age) = (span(entry.age), span(entry.source_age));
    let stale_after = hours(limits.max_age + limits.grace);
    let vanished = |at: Option<Timestamp>| at.map(moment).unwrap_or_default();
    match (of.decided_by, of.state) {
        (DecidedBy::Archived, _) => format!(
            "It is archived: its year left the plan on {}. It is served as it is, outside freshness and alarms.",
            vanished(entry.archived_at)
        ),
        (DecidedBy::Retired, _) => format!(
            "It is stale: VMS no longer has what it is about, since {}. It is served for some days more, then removed.",
            vanished(entry.retired_at)
        ),
        (DecidedBy::SourceAge, state) => format!(
            "It is {state} because of its source: that was copied from VMS {source_age} ago, over the limit of {}, \
             although the report was confirmed {age} ago. It needs a new copy of the VMS database.",
            limits.max_source_age.map(hours).unwrap_or_default()
        ),
        (_, State::Fresh) => {
            format!("It is fresh: it was confirmed {age} ago, against a copy of VMS that is {source_age} old.")
        }
        (_, State::Aging) => format!(
            "It is aging: it was confirmed {age} ago. It is fresh for {} and stale after {stale_after}.",
            hours(limits.max_age)
        ),
        (_, state) => {
            format!("It is {state}: it was confirmed {age} ago, and a report is stale after {stale_after}.")
        }
    }
}

fn why_missing(of: &Explained, missing: u64) -> Option<String> {
    if of.state != State::Missing {
        return None;
    }
    let cache_type = of.cache_type;
    let last = of.last_run.as_ref()?;
    // A run of one other report planned nothing but that.
    let planned_all = last.run.as_ref().is_none_or(|run| run.report_key.is_none());
    if last.did.is_some() || !planned_all {
        return None;
    }
    Some(match missing {
        0 => format!(
            "The last run of {cache_type} planned no such report: its year is out of the plan, or VMS has nothing to \
             report under this key. A refresh of this report alone builds it all the same."
        ),
        n => format!(
            "After the last run of {cache_type}, {n} planned reports had no good version. This may be one of them."
        ),
    })
}

fn served(of: &Explained) -> Option<String> {
    let version = of.versions.first()?;
    let kept = match of.versions.len() - 1 {
        0 => "no earlier version is kept".to_owned(),
        1 => "1 earlier version is kept".to_owned(),
        n => format!("{n} earlier versions are kept"),
    };
    Some(format!(
        "Its content is that of {} (version {}, {}); {kept}.",
        moment(version.generated_at),
        short(&version.version),
        count(version.rows, "row")
    ))
}

fn held(of: &Explained) -> Option<String> {
    let since = of.entry.as_ref()?.held?;
    Some(format!(
        "An operator moved it back to this version on {} and it is held there: a refresh that builds anything else \
         offers that for approval.",
        moment(since)
    ))
}

fn waiting(of: &Explained) -> Option<String> {
    let candidate = of.candidate.as_ref()?;
    let (built, served) = (candidate.rows, of.versions.first().map_or(0, |version| version.rows));
    let counted = match candidate.check {
        Check::Empty | Check::RowDrop => format!(" ({}, not {served})", count(built, "row")),
        Check::Structure | Check::Held => String::new(),
    };
    let why = check(candidate.check.as_str());
    Some(format!(
        "A build of {} (version {}) waits for an operator since {}: {why}{counted}. It can be approved or rejected.",
        moment(candidate.generated_at),
        short(&candidate.version),
        moment(candidate.since)
    ))
}

fn rejected(of: &Explained) -> Option<String> {
    let rejected = of.entry.as_ref()?.rejected.as_ref()?;
    Some(format!("An operator rejected version {}; built again, it is left out.", short(rejected)))
}

/// Who did last what to it, and why, in their own words.
fn acted(of: &Explained) -> Option<String> {
    let act = of.act.as_ref()?;
    let deed = match act.kind {
        ActKind::Approve => "approved a build of it",
        ActKind::Reject => "rejected a build of it",
        ActKind::Rollback => "rolled it back",
        ActKind::Pause | ActKind::Resume | ActKind::KeyMade | ActKind::KeyRevoked => return None,
    };
    let why = act.reason.as_ref().map_or_else(|| ", and gave no reason.".to_owned(), |reason| format!(": {reason}"));
    Some(format!("Key {} {deed} on {}{why}", act.by, moment(act.at)))
}

fn touched(of: &Explained) -> Option<String> {
    let touch = of.touched.as_ref()?;
    Some(match (&touch.run, &touch.did) {
        (Some(_), Some(did)) => format!("{} touched it last and {}.", run(touch), deed(did)),
        (Some(_), None) => format!("{} touched it last.", run(touch)),
        (None, _) => format!("Run {} touched it last; the ledger does not hold that run any more.", touch.run_id),
    })
}

fn last_run(of: &Explained) -> Option<String> {
    let Some(touch) = &of.last_run else {
        return of.touched.is_none().then(|| format!("No refresh of {} has come to an end yet.", of.cache_type));
    };
    let view = touch.run.as_ref();
    let what = match (&touch.did, view.and_then(|run| run.error.as_deref())) {
        (Some(did), _) => format!("it {}", deed(did)),
        (None, Some(error)) => format!("it ended too soon: {}", failure(error.split(": ").next().unwrap_or(error))),
        (None, None) => match view.and_then(|run| run.outcome) {
            Some(Outcome::Succeeded) => "it did not touch this report".to_owned(),
            _ => "what it did with this report is not told".to_owned(),
        },
    };
    Some(format!("{} was the last of its type; {what}.", run(touch)))
}

/// A run, as the subject of a sentence.
fn run(touch: &TouchView) -> String {
    match &touch.run {
        None => format!("Run {}", touch.run_id),
        Some(run) => {
            let asked = match &run.requested_by {
                Some(key) => format!("{}, asked for by key {key}", run.trigger),
                None => run.trigger.to_string(),
            };
            format!("Run {} ({asked}; {} on {})", touch.run_id, run.state, moment(run.started_at))
        }
    }
}

fn failures(of: &Explained) -> Option<String> {
    let failures = &of.failures;
    let subject = match failures.in_row {
        0 => return None,
        1 => format!("The last run of {} did not succeed", of.cache_type),
        n => format!("The last {n} runs of {} did not succeed", of.cache_type),
    };
    let why = failures.last_error.map(|class| format!(": {}", failure(class.as_str()))).unwrap_or_default();
    let wait = |at| format!(" The sweep waits until {} before it tries again.", moment(at));
    Some(format!("{subject}{why}.{}", failures.next_try.map(wait).unwrap_or_default()))
}

fn paused(of: &Explained) -> Option<String> {
    let schedule = &of.schedule;
    if !schedule.paused {
        return None;
    }
    let by = schedule.paused_by.as_ref().map(|key| format!(" by key {key}")).unwrap_or_default();
    let since = schedule.paused_since.map(|at| format!(" since {}", moment(at))).unwrap_or_default();
    let until =
        schedule.paused_until.map_or("until somebody resumes it".to_owned(), |at| format!("until {}", moment(at)));
    let reason = schedule.reason.as_ref().map(|reason| format!(" Reason given: {reason}")).unwrap_or_default();
    Some(format!("Scheduled refreshes are paused{by}{since}, {until}.{reason}"))
}

fn schedule(of: &Explained) -> String {
    let schedule = &of.schedule;
    let handled = match schedule.last_handled {
        Some(at) if at >= schedule.last_fired => "a run was made for it".to_owned(),
        Some(at) => format!("the last night that a run was made for is that of {}", moment(at)),
        None => "no run was made for a night yet".to_owned(),
    };
    format!(
        "The nightly rule last fired on {}: {handled}. It fires next on {}; the sweep looks next on {}.",
        moment(schedule.last_fired),
        moment(schedule.next_fires),
        moment(schedule.next_sweep)
    )
}

fn lease(of: &Explained, now: Timestamp) -> Option<String> {
    let lease = of.lease.as_ref().filter(|lease| lease.is_held)?;
    let left = lease.held_until.map_or(0, |until| until.duration_since(now).as_secs());
    Some(format!("Run {} is at work on {} now, for {} more at most.", lease.owner, of.cache_type, span(left)))
}

/// A limit, which is set in hours.
fn hours(limit: SignedDuration) -> String {
    format!("{} h", limit.as_hours())
}
