//! The status page: whether everything is fresh, in one sentence; then what waits, every type, figures, and the helm.

use super::layout::{BASE, Page, Place, run_path, time, time_ago, with_query};
use super::marks::{self, Mark};
use super::plot::{PLACES, Plot};
use super::verdict::{self, Concern};
use super::words::{self, count, grouped, size, type_name};
use super::{ReportRow, Shell, forms, parts};
use crate::status::{Figure, RunView, StatusView, TypeView};
use jiff::Timestamp;
use maud::{Markup, html};
use vms_core::{AlarmState, CacheType, LastRun, Nightly, Outcome};

/// Waiting reports that are in view at once: what every type is like should not be far below.
const MOST_OPEN: usize = 3;

/// The status page.
#[derive(Debug, Clone)]
pub struct StatusPage {
    /// Around it.
    pub shell: Shell,
    /// What `api/status` tells.
    pub status: StatusView,
    /// When the nightly refresh is due.
    pub nightly: Nightly,
    /// The last 30 runs of each type, newest first, in the order of the types.
    pub runs: Vec<(CacheType, Vec<RunView>)>,
    /// Reports that wait for an operator, the first 50.
    pub waiting: Vec<ReportRow>,
}

/// The status page.
pub fn status(page: &StatusPage) -> Markup {
    let concerns = verdict::concerns(page);
    let matter = html! {
        (spoken(page, &concerns))
        (paused(page))
        (at_work(page))
        (waiting(page))
        (types(page))
        (figures(&page.status))
        (alarms(&page.status))
        (helm(page))
    };
    Page { shell: &page.shell, title: "Status", place: Place::Status }.around(&matter)
}

/// The verdict, and whatever else there is to say.
fn spoken(page: &StatusPage, concerns: &[Concern]) -> Markup {
    let (first, rest) = match concerns {
        [] => (None, concerns),
        [first, rest @ ..] => (Some(first), rest),
    };
    let mark = first.map_or(Mark::Good, |c| c.mark);
    html! {
        section class={ "verdict " (mark.class()) } aria-labelledby="verdict" {
            div class="say" {
                (mark.shape())
                h1 id="verdict" { (first.map_or("Everything is fresh.", |c| c.what.as_str())) }
                @if let Some((address, name)) = first.and_then(|c| c.link.as_ref()) { a class="do" href=(address) { (name) } }
            }
            @if rest.is_empty() {
                p { (in_short(&page.status)) }
            } @else {
                ul class="plain" {
                    @for concern in rest {
                        li {
                            (concern.mark.shape()) " " (concern.what)
                            @if let Some((address, name)) = &concern.link { " " a href=(address) { (name) } }
                        }
                    }
                }
            }
        }
    }
}

fn in_short(status: &StatusView) -> String {
    let reports = status.cache_types.iter().map(|t| t.reports).sum();
    let oldest = status.cache_types.iter().filter_map(|t| t.oldest_report_age).max();
    let age = oldest.map_or(String::new(), |age| format!(", the oldest of them confirmed {}", words::ago(age)));
    let last =
        status.last_refresh.map_or(String::new(), |at| format!(" The last refresh ended on {}.", words::moment(at)));
    format!("{} served{age}.{last}", words::capital(&count(reports, "report")))
}

fn paused(page: &StatusPage) -> Markup {
    let schedule = &page.status.schedule;
    html! {
        @if !page.status.is_running {
            section class="band uneasy" id="paused" aria-labelledby="paused-title" {
                h2 id="paused-title" { "The schedule is paused" }
                dl class="facts" {
                    dt { "Until" } dd { @match schedule.until { Some(until) => (time(until)), None => "somebody resumes it" } }
                    @if let Some(since) = schedule.since { dt { "Since" } dd { (time_ago(since, page.shell.now)) } }
                    @if let Some(by) = &schedule.by { dt { "By" } dd { code { (by) } } }
                    dt { "Reason" } dd { (schedule.reason.as_deref().unwrap_or("none was given")) }
                }
                (forms::resume())
            }
        }
    }
}

/// Runs without a verdict, each with its progress.
fn at_work(page: &StatusPage) -> Markup {
    let running: Vec<&RunView> = page.runs.iter().flat_map(|(_, runs)| runs).filter(|r| r.outcome.is_none()).collect();
    html! {
        @if !running.is_empty() {
            section class="band busy" aria-labelledby="at-work" {
                h2 id="at-work" { "At work now" }
                ul class="plain" {
                    @for run in running {
                        li class="running" {
                            a href=(run_path(&run.run_id)) { (type_name(run.cache_type)) }
                            (parts::progress(run))
                        }
                    }
                }
            }
        }
    }
}

fn waiting(page: &StatusPage) -> Markup {
    html! {
        @if !page.waiting.is_empty() {
            section class="band waits" id="waiting" aria-labelledby="waiting-title" {
                h2 id="waiting-title" { "Waiting for your decision" }
                p { "A new build looks wrong, so readers still get the last good version. Look at what would change, then decide." }
                @let (first, more) = page.waiting.split_at(page.waiting.len().min(MOST_OPEN));
                ul class="cards" { @for row in first { li { (parts::waiting_report(row, page.shell.now)) } } }
                @if !more.is_empty() {
                    details class="more" {
                        summary { "Show " (words::grouped(more.len() as u64)) " more" }
                        ul class="cards" { @for row in more { li { (parts::waiting_report(row, page.shell.now)) } } }
                    }
                }
            }
        }
    }
}

fn types(page: &StatusPage) -> Markup {
    html! {
        section aria-labelledby="types" {
            h2 id="types" { "Cache types" }
            @if page.status.cache_types.is_empty() {
                p class="empty" { "The cache knows no type yet. Ask for a first refresh below." }
            }
            @for of_type in &page.status.cache_types {
                @let runs = page.runs.iter().find(|(t, _)| *t == of_type.cache_type).map_or(&[][..], |(_, runs)| runs);
                (card(of_type, runs, page.shell.now))
            }
            (legend())
        }
    }
}

fn card(of_type: &TypeView, runs: &[RunView], now: Timestamp) -> Markup {
    let cache_type = of_type.cache_type;
    html! {
        article class="type" aria-labelledby={ "type-" (cache_type) } {
            div class="who" {
                h3 id={ "type-" (cache_type) } { (type_name(cache_type)) }
                p { (marks::state(of_type.state)) }
                (forms::refresh_type(cache_type))
            }
            dl class="facts" {
                dt { "Age" }
                dd {
                    @match of_type.oldest_report_age {
                        Some(age) => { "oldest confirmed " (words::ago(age)) },
                        None => "nothing confirmed yet",
                    }
                }
                dt { "Last run" }
                dd { @match &of_type.last_run { Some(run) => (last_run(run, now)), None => "none yet" } }
                @if let Some(at) = of_type.next_try {
                    dt { "Next try" } dd { (time(at)) " after " (count(u64::from(of_type.failures_in_row), "failure")) " in a row" }
                }
                dt { "Reports" }
                dd {
                    a href=(with_query(&format!("{BASE}/reports"), &[("cache_type", Some(cache_type.as_str()))])) {
                        (count(of_type.reports, "report"))
                    }
                }
                dt { "Size" } dd { (size(of_type.bytes)) ", " (size(of_type.stored_bytes)) " stored" }
                @for (name, number, mark) in [
                    ("Missing", of_type.missing, Mark::Bad),
                    ("Waiting", of_type.quarantined, Mark::Waits),
                    ("Held", of_type.held, Mark::Uneasy),
                    ("Retired", of_type.retired, Mark::Idle),
                    ("Archived", of_type.archived, Mark::Idle),
                ] {
                    @if number > 0 { dt { (name) } dd { (mark.shape()) " " (grouped(number)) } }
                }
            }
            div class="plots" {
                @let ended: Vec<&RunView> = runs.iter().rev().collect();
                @let durations: Vec<_> = ended.iter().map(|r| worked_for(r)).collect();
                @let sizes: Vec<_> = ended.iter().map(|r| r.bytes.map(|b| b as f64)).collect();
                (Plot { id: &format!("{cache_type}-duration"), name: "Duration", values: &durations, say: &|ms| words::took(ms as i64) }.bars())
                (Plot { id: &format!("{cache_type}-size"), name: "Size", values: &sizes, say: &|b| size(b as u64) }.line())
            }
            (strip(cache_type, runs))
        }
    }
}

/// How long a run worked, in milliseconds; one that had nothing to do, or did not end, has no say in what is usual.
fn worked_for(run: &RunView) -> Option<f64> {
    let worked = matches!(run.outcome, Some(Outcome::Succeeded | Outcome::Partial | Outcome::Failed));
    run.duration_ms.filter(|_| worked).map(|ms| ms as f64)
}

fn last_run(run: &LastRun, now: Timestamp) -> Markup {
    let ms = run.finished_at.duration_since(run.started_at).as_millis() as i64;
    html! {
        a href=(run_path(&run.run_id)) { (Mark::of_outcome(Some(run.outcome)).badge(run.outcome.as_str())) }
        " " (time_ago(run.finished_at, now)) ", took " (words::took(ms))
    }
}

/// The last runs, oldest first, each a mark that leads to its page.
fn strip(cache_type: CacheType, runs: &[RunView]) -> Markup {
    html! {
        @if !runs.is_empty() {
            div class="strip" {
                p id={ "strip-" (cache_type) } { "Last " (count(runs.len() as u64, "run")) ", newest at the end" span class="hint" {} }
                ol aria-labelledby={ "strip-" (cache_type) } {
                    @for run in runs.iter().take(PLACES).rev() {
                        @let words = strip_words(run);
                        li { a href=(run_path(&run.run_id)) title=(words) { (Mark::of_outcome(run.outcome).shape()) span class="unseen" { (words) } } }
                    }
                }
            }
        }
    }
}

fn strip_words(run: &RunView) -> String {
    let took = run.duration_ms.map_or(String::new(), |ms| format!(", took {}", words::took(ms)));
    format!("{}, {}{took}", words::capital(&run.state), words::moment(run.started_at))
}

/// What the shapes mean.
fn legend() -> Markup {
    html! {
        p class="legend" {
            @for (mark, meaning) in [
                (Mark::Good, "succeeded"),
                (Mark::Uneasy, "partial"),
                (Mark::Bad, "failed or lost"),
                (Mark::Idle, "skipped or joined"),
                (Mark::Busy, "at work"),
            ] {
                span { (mark.shape()) " " (meaning) }
            }
        }
    }
}

fn figures(status: &StatusView) -> Markup {
    html! {
        section aria-labelledby="figures" {
            h2 id="figures" { "Figures against their targets" }
            ul class="figures" {
                @for (name, figure) in &status.metrics { li { (one_figure(name, figure)) } }
            }
        }
    }
}

fn one_figure(name: &str, figure: &Figure) -> Markup {
    let (mark, word) = match figure.met {
        Some(true) => (Mark::Good, "on target"),
        Some(false) => (Mark::Bad, "off target"),
        None => (Mark::Idle, "too little to tell"),
    };
    html! {
        h3 { (verdict::figure_name(name)) }
        p class="value" { (figure.value.map_or("–".to_owned(), |v| figure_value(name, v))) }
        p { (mark.badge(word)) " " span class="soft" { "target " (figure.target) } }
        p class="soft" { (figure.counted) }
    }
}

fn alarms(status: &StatusView) -> Markup {
    html! {
        @if status.alarms.is_some() || status.alarms_problem.is_some() {
            section aria-labelledby="alarms" {
                h2 id="alarms" { "Alarms" }
                @if let Some(problem) = &status.alarms_problem { p class="empty" { (words::capital(problem)) "." } }
                @if status.alarms.as_ref().is_some_and(Vec::is_empty) { p class="empty" { "No alarm is set up." } }
                ul class="plain alarms" {
                    @for alarm in status.alarms.iter().flatten() {
                        li {
                            @match alarm.state {
                                AlarmState::Alarm => (Mark::Bad.badge("rings")),
                                AlarmState::InsufficientData => (Mark::Idle.badge("too little data")),
                                AlarmState::Ok => (Mark::Good.badge("quiet")),
                            }
                            " " (alarm.name)
                            @if let Some(since) = alarm.since { small { "since " (time(since)) } }
                            @if let Some(reason) = alarm.reason.as_ref().filter(|_| alarm.state == AlarmState::Alarm) {
                                small { (reason) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A value in the unit that ends its figure's name.
fn figure_value(name: &str, value: f64) -> String {
    match name.rsplit_once('_') {
        Some((_, "percent")) => format!("{value:.1} %"),
        Some((_, "seconds")) => words::took((value * 1000.0) as i64),
        _ => format!("{value:.2}"),
    }
}

fn helm(page: &StatusPage) -> Markup {
    html! {
        section aria-labelledby="helm" class="helm" {
            h2 id="helm" { "Steer" }
            div class="columns" {
                form method="post" action={ (BASE) "/refresh" } {
                    h3 { "Refresh" }
                    label for="cache_type" { "What" }
                    select id="cache_type" name="cache_type" {
                        option value="all" { "All types" }
                        @for cache_type in CacheType::ALL { option value=(cache_type) { (type_name(cache_type)) } }
                    }
                    (forms::wishes())
                    button class="main" { "Refresh" }
                    p { a href={ (BASE) "/refresh" } { "One report only, or more about each type" } }
                }
                div {
                    h3 { "Schedule" }
                    @if page.status.is_running {
                        p {
                            "Every type is refreshed at " (page.nightly) " each night; every hour a sweep looks for what is not fresh."
                        }
                        (forms::pause(page.shell.now, page.nightly.next(page.shell.now)))
                    } @else {
                        p { "Paused: nothing starts by itself." }
                        a href="#paused" { "See why, and resume" }
                    }
                }
            }
        }
    }
}
