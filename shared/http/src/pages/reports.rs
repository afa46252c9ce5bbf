//! The reports of a type, or of all: each with its age, its size and its state, found by state, year or text.

use super::layout::{BASE, Page, Place, explain_path, option, pager, time_ago, with_query};
use super::words::{self, size, type_name};
use super::{Shell, parts};
use jiff::Timestamp;
use maud::{Markup, html};
use vms_core::{CacheType, Check, Etag, ReportKey, SchoolYear, State};

/// The reports of one type, or of all.
#[derive(Debug, Clone)]
pub struct ReportsPage {
    /// Around it.
    pub shell: Shell,
    /// The reports, by their keys.
    pub reports: Vec<ReportRow>,
    /// Where to go on: the parameter `cursor` of the next page.
    pub next_cursor: Option<String>,
    /// This is not the first page.
    pub is_further: bool,
    /// Only this type is shown (parameter `cache_type`).
    pub cache_type: Option<CacheType>,
    /// Only this state is shown (parameter `state`).
    pub state: Option<State>,
    /// Only this year is shown (parameter `school_year`).
    pub school_year: Option<SchoolYear>,
    /// Only keys and titles that hold this text, however written, are shown (parameter `text`).
    pub text: Option<String>,
}

/// A report in a list.
#[derive(Debug, Clone)]
pub struct ReportRow {
    /// Its key.
    pub key: ReportKey,
    /// Its title.
    pub title: String,
    /// Its state.
    pub state: State,
    /// When it was last confirmed.
    pub last_updated: Timestamp,
    /// When its content last changed.
    pub generated_at: Timestamp,
    /// When its source was copied from VMS.
    pub source_taken_at: Timestamp,
    /// Its length as JSON.
    pub bytes: u64,
    /// Its length as stored.
    pub stored_bytes: u64,
    /// Rows of its lists.
    pub rows: u64,
    /// The build that waits for an operator.
    pub waiting: Option<Waiting>,
    /// Held at an earlier version, since then.
    pub held: Option<Timestamp>,
    /// Its subject vanished, at that time.
    pub retired_at: Option<Timestamp>,
}

/// A build that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The build.
    pub version: Etag,
    /// The check that it failed.
    pub check: Check,
    /// Since when one waits.
    pub since: Timestamp,
    /// Rows of its lists.
    pub rows: u64,
}

impl ReportsPage {
    /// The address of this list from a cursor on.
    fn from(&self, cursor: Option<&str>) -> String {
        let year = self.school_year.map(|y| y.to_string());
        let parameters = [
            ("cache_type", self.cache_type.map(CacheType::as_str)),
            ("state", self.state.map(State::as_str)),
            ("school_year", year.as_deref()),
            ("text", self.text.as_deref()),
            ("cursor", cursor),
        ];
        with_query(&format!("{BASE}/reports"), &parameters)
    }

    fn is_filtered(&self) -> bool {
        self.state.is_some() || self.school_year.is_some() || self.text.is_some()
    }
}

/// A list of reports.
pub fn reports(page: &ReportsPage) -> Markup {
    let name = page.cache_type.map_or("Reports".to_owned(), |t| format!("{} reports", type_name(t)));
    let matter = html! {
        h1 { (name) }
        @if let Some(cache_type) = page.cache_type { p class="lead" { (words::type_about(cache_type)) } }
        (filter(page))
        @if page.reports.is_empty() {
            (empty(page))
        } @else {
            (table(page, &name))
        }
        (pager(page.is_further.then(|| page.from(None)), page.next_cursor.as_deref().map(|c| page.from(Some(c)))))
    };
    Page { shell: &page.shell, title: &name, place: Place::Reports }.around(&matter)
}

fn filter(page: &ReportsPage) -> Markup {
    html! {
        form class="filter" method="get" action={ (BASE) "/reports" } role="search" aria-label="Find reports" {
            (parts::type_filter(page.cache_type))
            div {
                label for="state" { "State" }
                select id="state" name="state" {
                    (option("", "Any state", page.state.is_none()))
                    @for s in State::ALL.into_iter().filter(|s| *s != State::Missing) {
                        (option(s.as_str(), &words::capital(s.as_str()), page.state == Some(s)))
                    }
                }
            }
            div {
                label for="text" { "Title or key holds" }
                input type="search" id="text" name="text" value=[page.text.as_deref()] autocomplete="off";
            }
            @if let Some(year) = page.school_year { input type="hidden" name="school_year" value=(year); }
            button { "Show" }
            @if page.is_filtered() {
                a href=(with_query(&format!("{BASE}/reports"), &[("cache_type", page.cache_type.map(CacheType::as_str))])) {
                    "Show all again"
                }
            }
        }
    }
}

fn empty(page: &ReportsPage) -> Markup {
    html! {
        p class="empty" {
            @if page.is_filtered() {
                "No report fits this filter."
            } @else {
                "No report has been built yet. " a href={ (BASE) "/refresh" } { "Refresh" } " makes them."
            }
        }
    }
}

fn table(page: &ReportsPage, name: &str) -> Markup {
    html! {
        div class="wide" role="group" aria-label=(name) tabindex="0" {
            table class="stacks" {
                caption { (words::count(page.reports.len() as u64, "report")) " on this page, by key" }
                thead {
                    tr {
                        th scope="col" { "Report" }
                        th scope="col" { "State" }
                        th scope="col" { "Confirmed" }
                        th scope="col" { "Changed" }
                        th scope="col" class="number" { "Rows" }
                        th scope="col" class="number" { "Size" }
                    }
                }
                tbody {
                    @for row in &page.reports { (line(row, page.shell.now)) }
                }
            }
        }
    }
}

fn line(row: &ReportRow, now: Timestamp) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href=(explain_path(&row.key)) { (row.title) }
                span class="key" { code { (row.key) } }
            }
            td data-name="State" { (parts::standing(row)) }
            td data-name="Confirmed" { (time_ago(row.last_updated, now)) }
            td data-name="Changed" { (time_ago(row.generated_at, now)) }
            td data-name="Rows" class="number" { (words::grouped(row.rows)) }
            td data-name="Size" class="number" { (size(row.bytes)) small { (size(row.stored_bytes)) " stored" } }
        }
    }
}
