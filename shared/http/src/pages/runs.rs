//! The ledger, and one run of it.

use super::layout::{BASE, Page, Place, explain_path, option, pager, run_path, time, with_query};
use super::marks::Mark;
use super::words::{self, count, grouped, type_name};
use super::{Shell, parts};
use crate::status::RunView;
use jiff::Timestamp;
use maud::{Markup, html};
use vms_core::{CacheType, Outcome};

/// The ledger.
#[derive(Debug, Clone)]
pub struct RunsPage {
    /// Around it.
    pub shell: Shell,
    /// The runs, newest first.
    pub runs: Vec<RunView>,
    /// Where to go on: the parameter `cursor` of the next page.
    pub next_cursor: Option<String>,
    /// This is not the first page.
    pub is_further: bool,
    /// Only this type is shown (parameter `cache_type`).
    pub cache_type: Option<CacheType>,
    /// Only this outcome is shown (parameter `outcome`).
    pub outcome: Option<Outcome>,
}

/// One run.
#[derive(Debug, Clone)]
pub struct RunPage {
    /// Around it.
    pub shell: Shell,
    /// The run.
    pub run: RunView,
}

impl RunsPage {
    fn from(&self, cursor: Option<&str>) -> String {
        let parameters = [
            ("cache_type", self.cache_type.map(CacheType::as_str)),
            ("outcome", self.outcome.map(Outcome::as_str)),
            ("cursor", cursor),
        ];
        with_query(&format!("{BASE}/runs"), &parameters)
    }
}

/// The ledger.
pub fn runs(page: &RunsPage) -> Markup {
    let matter = html! {
        h1 { "Runs" }
        p class="lead" { "Every refresh that was asked for in the last 90 days, whoever asked, and what came of it." }
        form class="filter" method="get" action={ (BASE) "/runs" } role="search" aria-label="Find runs" {
            (parts::type_filter(page.cache_type))
            div {
                label for="outcome" { "Outcome" }
                select id="outcome" name="outcome" {
                    (option("", "Any outcome", page.outcome.is_none()))
                    @for o in Outcome::ALL { (option(o.as_str(), &words::capital(o.as_str()), page.outcome == Some(o))) }
                }
            }
            button { "Show" }
        }
        @if page.runs.is_empty() {
            p class="empty" {
                @if page.cache_type.is_some() || page.outcome.is_some() {
                    "No run fits this filter. " a href={ (BASE) "/runs" } { "Show all again" }
                } @else {
                    "Nothing has run yet. " a href={ (BASE) "/refresh" } { "Refresh" } " starts the first."
                }
            }
        } @else {
            (table(&page.runs, page.shell.now))
        }
        (pager(page.is_further.then(|| page.from(None)), page.next_cursor.as_deref().map(|c| page.from(Some(c)))))
    };
    Page { shell: &page.shell, title: "Runs", place: Place::Runs }.around(&matter)
}

fn table(runs: &[RunView], now: Timestamp) -> Markup {
    html! {
        div class="wide" role="group" aria-label="Runs" tabindex="0" {
            table class="stacks" {
                caption { (count(runs.len() as u64, "run")) " on this page, newest first" }
                thead {
                    tr {
                        th scope="col" { "Began" }
                        th scope="col" { "Type" }
                        th scope="col" { "Outcome" }
                        th scope="col" { "Asked by" }
                        th scope="col" class="number" { "Took" }
                        th scope="col" { "Reports" }
                    }
                }
                tbody {
                    @for run in runs {
                        tr {
                            th scope="row" {
                                a href=(run_path(&run.run_id)) { (time(run.started_at)) }
                                small { (words::ago(now.duration_since(run.started_at).as_secs())) }
                            }
                            td data-name="Type" { (type_name(run.cache_type)) }
                            td data-name="Outcome" { (outcome(run)) @if run.dry_run { " " (Mark::Idle.badge("only tried")) } }
                            td data-name="Asked by" { (words::asker(run.trigger)) }
                            td data-name="Took" class="number" { (run.duration_ms.map_or("–".to_owned(), words::took)) }
                            td data-name="Reports" { (counted(run)) }
                        }
                    }
                }
            }
        }
    }
}

fn outcome(run: &RunView) -> Markup {
    Mark::of_outcome(run.outcome).badge(&run.state)
}

fn counted(run: &RunView) -> String {
    let counts: Vec<String> = run.counts.iter().map(|(kind, n)| format!("{} {kind}", grouped(*n))).collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
}

/// One run.
pub fn run(page: &RunPage) -> Markup {
    let (run, now) = (&page.run, page.shell.now);
    let name = type_name(run.cache_type);
    let matter = html! {
        p class="crumbs" { a href={ (BASE) "/runs" } { "Runs" } }
        h1 { (name) " refresh" }
        p class="lead" { (outcome(run)) @if run.dry_run { " " (Mark::Idle.badge("only tried")) } " " (meaning(run)) }
        @if run.outcome.is_none() {
            section class="band busy" aria-labelledby="progress" {
                h2 id="progress" { "Progress" }
                (parts::progress(run))
            }
        }
        @if let Some(error) = &run.error { (what_ended_it(error)) }
        section aria-labelledby="about" {
            h2 id="about" { "About this run" }
            dl class="facts" {
                dt { "Asked by" }
                dd { (words::asker(run.trigger)) @if let Some(by) = &run.requested_by { ", with the key " code { (by) } } }
                @if let Some(at) = run.scheduled_for { dt { "Meant for" } dd { (time(at)) } }
                dt { "Began" } dd { (time(run.started_at)) ", " (words::ago(now.duration_since(run.started_at).as_secs())) }
                @if let Some(at) = run.finished_at { dt { "Ended" } dd { (time(at)) } }
                @if let Some(ms) = run.duration_ms { dt { "Took" } dd { (words::took(ms)) } }
                dt { "Reports" } dd { (grouped(run.done)) " of " (grouped(run.total)) " planned: " (counted(run)) }
                @if let Some(bytes) = run.bytes { dt { "Size" } dd { (words::size(bytes)) " of JSON served after it" } }
                @if let Some(source) = &run.source { dt { "Source" } dd { "version " code { (source) } } }
                dt { "Id" } dd { code { (run.run_id) } }
            }
        }
        (steps(run))
        (not_routine(run))
        (left_out(run))
        p { a href={ (BASE) "/api/runs/" (run.run_id) } { "This run as JSON" } }
    };
    Page { shell: &page.shell, title: &format!("{name} refresh"), place: Place::Runs }.around(&matter)
}

fn meaning(run: &RunView) -> &'static str {
    match (run.outcome, run.skipped) {
        (_, Some(reason)) => words::skip_means(reason),
        (Some(_), None) if run.dry_run => "Everything was built and checked, and nothing published.",
        (Some(outcome), None) => words::outcome_means(outcome),
        (None, None) => "Readers get the last good reports meanwhile.",
    }
}

/// The error's class as a sentence, and its own words.
fn what_ended_it(error: &str) -> Markup {
    let (class, detail) = error.split_once(": ").map_or((error, None), |(class, detail)| (class, Some(detail)));
    html! {
        section class="band bad" aria-labelledby="error" {
            h2 id="error" { "What went wrong" }
            p { (words::capital(&words::failure(class))) "." }
            @if let Some(detail) = detail { p { code { (detail) } } }
        }
    }
}

fn steps(run: &RunView) -> Markup {
    let steps =
        [("Read the VMS database", run.durations.load_ms), ("Computed, wrote and read back", run.durations.publish_ms)];
    let most = steps.iter().map(|(_, ms)| *ms).max().unwrap_or(0);
    html! {
        @if most > 0 {
            section aria-labelledby="steps" {
                h2 id="steps" { "Steps" }
                table class="steps" {
                    caption { "How long each step took; the last two overlap" }
                    thead { tr { th scope="col" { "Step" } th scope="col" class="number" { "Time" } td {} } }
                    tbody {
                        @for (name, ms) in steps {
                            tr {
                                th scope="row" { (name) }
                                td class="number" { (words::took(ms as i64)) }
                                td class="bar" {
                                    svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                                        rect width=(ms * 100 / most) height="8" fill="currentColor" {}
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn not_routine(run: &RunView) -> Markup {
    let kinds: u64 =
        run.counts.iter().filter(|(k, _)| !["published", "unchanged"].contains(&k.as_str())).map(|(_, n)| n).sum();
    html! {
        @if !run.reports.is_empty() {
            section aria-labelledby="reports" {
                h2 id="reports" { "Reports that were not routine" }
                div class="wide" role="group" aria-label="Reports that were not routine" tabindex="0" {
                    table class="stacks" {
                        caption {
                            (count(run.reports.len() as u64, "report"))
                            @if kinds > run.reports.len() as u64 { ", the first of " (grouped(kinds)) }
                        }
                        thead { tr { th scope="col" { "Report" } th scope="col" { "What became of it" } } }
                        tbody {
                            @for (key, became) in &run.reports {
                                tr {
                                    th scope="row" { a href=(explain_path(key)) { code { (key) } } }
                                    td { (words::report_outcome(became)) }
                                }
                            }
                        }
                    }
                }
            }
        } @else if run.outcome.is_some() && run.done > 0 {
            p class="soft" { "Every report was routine: published, or unchanged." }
        }
    }
}

fn left_out(run: &RunView) -> Markup {
    html! {
        @if !run.left_out.is_empty() {
            section aria-labelledby="left-out" {
                h2 id="left-out" { "Rows left out" }
                p { "Rows of the VMS database that could not be understood; reports were built from the rest." }
                ul { @for (why, n) in &run.left_out { li { (why) ": " (count(*n, "row")) } } }
            }
        }
    }
}
