//! Parts that several pages show: how far a run is, a report that waits, what the state of a report is called, which
//! type is looked at.

use super::ReportRow;
use super::layout::{diff_path, explain_path, option, time_ago};
use super::marks::{self, Mark};
use super::{forms, words};
use crate::status::RunView;
use jiff::Timestamp;
use maud::{Markup, html};
use vms_core::CacheType;

/// How far a run without a verdict is. The script moves the bar; without it, the page can be loaded again.
pub(super) fn progress(run: &RunView) -> Markup {
    let said = match run.total {
        0 if run.state == "queued" => "queued, begins in a moment".to_owned(),
        0 => "reading the VMS database".to_owned(),
        total => format!("{} of {}", words::grouped(run.done), words::count(total, "report")),
    };
    html! {
        div class="progress" data-run=(run.run_id) {
            progress aria-label={ "Progress of " (words::type_name(run.cache_type)) } max=(run.total.max(1)) value=[(run.total > 0).then_some(run.done)] {}
            span class="said" { (said) }
            a class="reload" href="" { "Reload" }
        }
    }
}

/// A report whose build waits: what is wrong with it, what would change, and the decision.
pub(super) fn waiting_report(row: &ReportRow, now: Timestamp) -> Markup {
    html! {
        h3 { a href=(explain_path(&row.key)) { (row.title) } }
        p class="key" { code { (row.key) } }
        @if let Some(waiting) = &row.waiting {
            p { (Mark::Waits.badge("waiting")) " since " (time_ago(waiting.since, now)) ": " (words::check(waiting.check.as_str())) "." }
            p { "Rows: " (words::grouped(row.rows)) " served, " (words::grouped(waiting.rows)) " in the new build." }
            (forms::decide(&row.key, &waiting.version, Some(&diff_path(&row.key))))
        }
    }
}

/// The state of a report, and whatever else an operator should know of it.
pub(super) fn standing(row: &ReportRow) -> Markup {
    html! {
        (marks::state(row.state))
        @for (is_so, mark, word) in [
            (row.waiting.is_some(), Mark::Waits, "waiting"),
            (row.held.is_some(), Mark::Uneasy, "held"),
            (row.retired_at.is_some(), Mark::Idle, "retired"),
        ] {
            @if is_so { " " (mark.badge(word)) }
        }
    }
}

/// The choice of one type, or of all, in the form that finds reports or runs.
pub(super) fn type_filter(chosen: Option<CacheType>) -> Markup {
    html! {
        div {
            label for="cache_type" { "Type" }
            select id="cache_type" name="cache_type" {
                (option("", "All types", chosen.is_none()))
                @for t in CacheType::ALL { (option(t.as_str(), words::type_name(t), chosen == Some(t))) }
            }
        }
    }
}
