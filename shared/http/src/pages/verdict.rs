//! The verdict: one sentence that says whether everything is fresh or, if not, what is wrong and what to do.

use super::marks::Mark;
use super::words::{self, capital, count, listed, span, type_name};
use super::{StatusPage, layout};
use crate::status::TypeView;
use vms_core::{AlarmState, CacheType, Outcome, State};

/// Something that is not as it should be, and what can be done about it.
pub(super) struct Concern {
    pub(super) mark: Mark,
    /// What it is, as a sentence.
    pub(super) what: String,
    /// Where to go, and what for.
    pub(super) link: Option<(String, String)>,
}

/// All that is not as it should be, the worst first.
pub(super) fn concerns(page: &StatusPage) -> Vec<Concern> {
    let types = &page.status.cache_types;
    let mut all = Vec::new();
    all.extend(unreadable(types));
    all.extend(overdue(types, State::Stale, Mark::Bad));
    all.extend(failing(types));
    all.extend(alarms(page));
    all.extend(waiting(page));
    all.extend(overdue(types, State::Aging, Mark::Uneasy));
    if !page.status.is_running {
        all.push(paused(page));
    }
    all.extend(missed_targets(page));
    all
}

/// Missing reports: readers get nothing for them.
fn unreadable(types: &[TypeView]) -> Option<Concern> {
    let never: Vec<_> = types.iter().filter(|t| t.reports == 0 && t.state == State::Missing).collect();
    let missing: u64 = types.iter().map(|t| t.missing).sum();
    let refresh = (format!("{}/refresh", layout::BASE), "Refresh".to_owned());
    if !never.is_empty() {
        let what = if never.len() == CacheType::ALL.len() || never.len() == types.len() {
            "Nothing has been built yet: no report can be read.".to_owned()
        } else {
            format!("No {} report can be read: none has been built yet.", names(&never))
        };
        return Some(Concern { mark: Mark::Bad, what, link: Some(refresh) });
    }
    let lacking: Vec<_> = types.iter().filter(|t| t.missing > 0).collect();
    (missing > 0).then(|| Concern {
        mark: Mark::Bad,
        what: format!(
            "{} cannot be read: planned, but never built ({}).",
            capital(&count(missing, "report")),
            names(&lacking)
        ),
        link: Some(first_run(&lacking).unwrap_or(refresh)),
    })
}

/// Types whose oldest report is in that state, as one concern.
fn overdue(types: &[TypeView], state: State, mark: Mark) -> Option<Concern> {
    let these: Vec<_> = types.iter().filter(|t| t.state == state).collect();
    let oldest = these.iter().filter_map(|t| t.oldest_report_age).max();
    if these.is_empty() {
        return None;
    }
    let source = these.iter().filter_map(|t| t.oldest_source_age).max();
    let which = if these.len() == types.len() { "all".to_owned() } else { names(&these) };
    let age = match (oldest, source) {
        (Some(age), Some(source)) if source > age + 3600 => {
            format!(": they rest on a copy of VMS that is {} old", span(source))
        }
        (Some(age), _) => format!(": the oldest was confirmed {} ago", span(age)),
        (None, _) => String::new(),
    };
    let what = format!("{} reports are {}{age}.", capital(&which), state.as_str());
    let link = match state {
        State::Stale => (format!("{}/refresh", layout::BASE), "Refresh".to_owned()),
        _ => (format!("{}/runs", layout::BASE), "See the runs".to_owned()),
    };
    Some(Concern { mark, what, link: Some(link) })
}

/// Types whose last run failed or was lost, while what is served may still be fresh.
fn failing(types: &[TypeView]) -> Option<Concern> {
    let ended_badly = |t: &&TypeView| {
        t.failures_in_row > 0
            || t.last_run.as_ref().is_some_and(|r| matches!(r.outcome, Outcome::Failed | Outcome::Lost))
    };
    let these: Vec<_> = types.iter().filter(ended_badly).collect();
    let worst = these.iter().map(|t| t.failures_in_row).max()?;
    let why =
        these.iter().find_map(|t| t.last_error).map_or(String::new(), |e| format!(": {}", words::failure(e.as_str())));
    let times = if worst > 1 { format!("the last {worst} refreshes") } else { "the last refresh".to_owned() };
    let what = format!("{} failed for {}{why}.", capital(&times), names(&these));
    Some(Concern { mark: Mark::Bad, what, link: first_run(&these) })
}

fn alarms(page: &StatusPage) -> Option<Concern> {
    let alarms = page.status.alarms.iter().flatten();
    let ringing: Vec<_> = alarms.filter(|a| a.state == AlarmState::Alarm).map(|a| a.name.as_str()).collect();
    let what = match ringing.len() {
        0 => return None,
        1 => format!("The alarm {} rings.", ringing[0]),
        n => format!("{n} alarms ring: {}.", listed(&ringing)),
    };
    Some(Concern { mark: Mark::Bad, what, link: Some(("#alarms".to_owned(), "See the alarms".to_owned())) })
}

fn waiting(page: &StatusPage) -> Option<Concern> {
    let quarantined: u64 = page.status.cache_types.iter().map(|t| t.quarantined).sum();
    let verb = if quarantined == 1 { "waits" } else { "wait" };
    (quarantined > 0).then(|| Concern {
        mark: Mark::Waits,
        what: format!("{} {verb} for your decision.", count(quarantined, "build")),
        link: Some(("#waiting".to_owned(), "Decide".to_owned())),
    })
}

fn paused(page: &StatusPage) -> Concern {
    let until = page
        .status
        .schedule
        .until
        .map_or("until somebody resumes it".to_owned(), |u| format!("until {}", words::moment(u)));
    Concern {
        mark: Mark::Uneasy,
        what: format!("The schedule is paused {until}."),
        link: Some(("#paused".to_owned(), "Resume".to_owned())),
    }
}

fn missed_targets(page: &StatusPage) -> Option<Concern> {
    let missed: Vec<_> = page
        .status
        .metrics
        .iter()
        .filter(|(_, f)| f.met == Some(false))
        .map(|(name, _)| figure_name(name).to_lowercase())
        .collect();
    (!missed.is_empty()).then(|| Concern {
        mark: Mark::Uneasy,
        what: format!("{} {} off target.", capital(&listed(&missed)), if missed.len() == 1 { "is" } else { "are" }),
        link: Some(("#figures".to_owned(), "See the figures".to_owned())),
    })
}

/// What a figure of the status is called on the page.
pub(super) fn figure_name(name: &str) -> String {
    match name {
        "refresh_success_percent" => "Refresh success".to_owned(),
        "average_refresh_seconds" => "Average refresh".to_owned(),
        "hit_percent" => "Hit rate".to_owned(),
        "error_percent" => "Error rate".to_owned(),
        other => capital(&other.replace('_', " ")),
    }
}

fn names(types: &[&TypeView]) -> String {
    listed(&types.iter().map(|t| type_name(t.cache_type).to_lowercase()).collect::<Vec<_>>())
}

fn first_run(types: &[&TypeView]) -> Option<(String, String)> {
    let run = types.iter().find_map(|t| t.last_run.as_ref())?;
    Some((layout::run_path(&run.run_id), "See the last run".to_owned()))
}
