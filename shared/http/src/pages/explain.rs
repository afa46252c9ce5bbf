//! Why a report is as it is: in sentences first, then the versions that are kept, and what can be done.

use super::layout::{BASE, Page, Place, diff_path, run_path, time, with_query};
use super::marks::{self, Mark};
use super::words::{self, grouped, size, type_name};
use super::{Shell, forms};
use crate::acts::short;
use crate::explain::{CandidateView, Explained, VersionView};
use maud::{Markup, html};
use vms_core::ReportKey;

/// Why a report is as it is.
#[derive(Debug, Clone)]
pub struct ExplainPage {
    /// Around it.
    pub shell: Shell,
    /// What `api/explain` tells.
    pub explained: Explained,
}

/// Why a report is as it is.
pub fn explain(page: &ExplainPage) -> Markup {
    let explained = &page.explained;
    let key = &explained.report_key;
    let title = explained.title.clone().unwrap_or_else(|| key.to_string());
    let list = with_query(&format!("{BASE}/reports"), &[("cache_type", Some(explained.cache_type.as_str()))]);
    let matter = html! {
        p class="crumbs" { a href=(list) { (type_name(explained.cache_type)) " reports" } }
        h1 { (title) }
        @if explained.title.is_some() { p class="key" { code { (key) } } }
        p { (marks::state(explained.state)) " " (words::state_means(explained.state)) }
        @if let Some(candidate) = &explained.candidate { (waits(key, candidate)) }
        section aria-labelledby="why" {
            h2 id="why" { "Why it is as it is" }
            ul class="sentences" { @for sentence in &explained.sentences { li { (sentence) } } }
            (forms::refresh_report(key))
        }
        (versions(key, &explained.versions))
        p { "To read it: " code { "vms-cache report " (key) } }
        p class="links" {
            @if let Some(touched) = &explained.touched { a href=(run_path(&touched.run_id)) { "The run that touched it last" } }
            @if let Some(last) = &explained.last_run { a href=(run_path(&last.run_id)) { "The last run of its type" } }
            a href={ (BASE) "/api/explain/" (key) } { "This page as JSON" }
        }
    };
    Page { shell: &page.shell, title: &title, place: Place::Reports }.around(&matter)
}

fn waits(key: &ReportKey, candidate: &CandidateView) -> Markup {
    html! {
        section class="band waits" aria-labelledby="waits" {
            h2 id="waits" { "A build waits for your decision" }
            p { (Mark::Waits.badge("waiting")) " since " (time(candidate.since)) ": " (words::check(candidate.check.as_str())) "." }
            (forms::decide(key, &candidate.version, Some(&diff_path(key))))
        }
    }
}

fn versions(key: &ReportKey, versions: &[VersionView]) -> Markup {
    html! {
        @if !versions.is_empty() {
            section aria-labelledby="versions" {
                h2 id="versions" { "Versions that are kept" }
                div class="wide" role="group" aria-label="Versions that are kept" tabindex="0" {
                    table class="stacks" {
                        caption { "The served one first" }
                        thead {
                            tr {
                                th scope="col" { "Version" }
                                th scope="col" { "Built" }
                                th scope="col" class="number" { "Rows" }
                                th scope="col" class="number" { "Size" }
                                th scope="col" { "What you can do" }
                            }
                        }
                        tbody { @for (place, version) in versions.iter().enumerate() { (line(key, version, place)) } }
                    }
                }
            }
        }
    }
}

fn line(key: &ReportKey, version: &VersionView, place: usize) -> Markup {
    let name = short(&version.version);
    html! {
        tr {
            th scope="row" { code { (name) } }
            td data-name="Built" { (time(version.generated_at)) }
            td data-name="Rows" class="number" { (grouped(version.rows)) }
            td data-name="Size" class="number" { (size(version.bytes)) small { (size(version.stored_bytes)) " stored" } }
            td class="do-here" {
                @if version.is_served {
                    (Mark::Good.badge("served"))
                } @else {
                    a href=(with_query(&diff_path(key), &[("from", Some(&version.version.0)), ("to", Some("current"))])) {
                        "Compare with what is served" span class="unseen" { ": version " (name) }
                    }
                    (forms::roll_back(key, &version.version, place))
                }
            }
        }
    }
}
