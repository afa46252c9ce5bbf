//! The pages: HTML made from views. Pure functions; what is in a view is shown as text, never as markup.

use crate::explain::Explained;
use crate::notice::Notice;
use crate::status::{RunView, StatusView};
use crate::versions::Compared;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use vms_core::{CacheType, Check, Etag, Outcome, ReportKey, SchoolYear, State};

/// What every page shows around its own matter.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The outcome of the act that led here.
    pub notice: Option<Notice>,
    /// Whether the caller signed in with the form, and so can sign out.
    pub signed_in: bool,
    /// The present.
    pub now: Timestamp,
}

/// The status page.
#[derive(Debug, Clone)]
pub struct StatusPage {
    /// Around it.
    pub shell: Shell,
    /// What `api/status` tells.
    pub status: StatusView,
    /// The last 30 runs of each type, newest first, in the order of the types.
    pub runs: Vec<(CacheType, Vec<RunView>)>,
    /// Reports that wait for an operator, the first 50.
    pub waiting: Vec<ReportRow>,
}

/// The ledger.
#[derive(Debug, Clone)]
pub struct RunsPage {
    /// Around it.
    pub shell: Shell,
    /// The runs, newest first.
    pub runs: Vec<RunView>,
    /// Where to go on: the parameter `cursor` of the next page.
    pub next_cursor: Option<String>,
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

/// The reports of one type, or of all.
#[derive(Debug, Clone)]
pub struct ReportsPage {
    /// Around it.
    pub shell: Shell,
    /// The reports, by their keys.
    pub reports: Vec<ReportRow>,
    /// Where to go on: the parameter `cursor` of the next page.
    pub next_cursor: Option<String>,
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
    /// The version that is served.
    pub etag: Etag,
    /// Its length as JSON.
    pub bytes: u64,
    /// Its length as stored.
    pub stored_bytes: u64,
    /// Rows of its lists.
    pub rows: u64,
    /// The check that the build failed which waits, and since when one waits.
    pub waiting: Option<(Check, Timestamp)>,
    /// Held at an earlier version, since then.
    pub held: Option<Timestamp>,
    /// Its subject vanished, at that time.
    pub retired_at: Option<Timestamp>,
    /// Its year left the plan, at that time.
    pub archived_at: Option<Timestamp>,
}

/// Why a report is as it is.
#[derive(Debug, Clone)]
pub struct ExplainPage {
    /// Around it.
    pub shell: Shell,
    /// What `api/explain` tells.
    pub explained: Explained,
}

/// What differs between two versions of a report. Where `compared.to` is the candidate, it can be decided on here.
#[derive(Debug, Clone)]
pub struct DiffPage {
    /// Around it.
    pub shell: Shell,
    /// What `api/diff` tells.
    pub compared: Compared,
}

/// The form that asks for a refresh.
#[derive(Debug, Clone)]
pub struct RefreshPage {
    /// Around it.
    pub shell: Shell,
    /// The type that is chosen to begin with (parameter `cache_type`).
    pub cache_type: Option<CacheType>,
    /// The report that is filled in to begin with (parameter `report_key`).
    pub report_key: Option<ReportKey>,
}

/// The form that signs in.
#[derive(Debug, Clone)]
pub struct LoginPage {
    /// Around it.
    pub shell: Shell,
    /// Where to go afterwards: a path of ours, sent along as `next`.
    pub next: String,
}

/// A refusal.
#[derive(Debug, Clone)]
pub struct ProblemPage {
    /// Around it.
    pub shell: Shell,
    /// The status of the answer.
    pub status: u16,
    /// What it is.
    pub title: &'static str,
    /// What is known of it.
    pub detail: String,
}

/// A file that pages refer to.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its content type.
    pub content_type: &'static str,
    /// Its content.
    pub content: &'static [u8],
}

/// The status page.
pub fn status(page: &StatusPage) -> Markup {
    stub("Status", &page.shell)
}

/// The ledger.
pub fn runs(page: &RunsPage) -> Markup {
    stub("Runs", &page.shell)
}

/// One run.
pub fn run(page: &RunPage) -> Markup {
    stub("Run", &page.shell)
}

/// A list of reports.
pub fn reports(page: &ReportsPage) -> Markup {
    stub("Reports", &page.shell)
}

/// Why a report is as it is.
pub fn explain(page: &ExplainPage) -> Markup {
    stub("Explain", &page.shell)
}

/// What differs.
pub fn diff(page: &DiffPage) -> Markup {
    stub("Diff", &page.shell)
}

/// The refresh form. Its fields are those of `api/refresh`; it is sent to its own address.
pub fn refresh(page: &RefreshPage) -> Markup {
    stub("Refresh", &page.shell)
}

/// The login form. Its fields are `api_key` and `next`; it is sent to its own address.
pub fn login(page: &LoginPage) -> Markup {
    stub("Sign in", &page.shell)
}

/// A refusal.
pub fn problem(page: &ProblemPage) -> Markup {
    stub(page.title, &page.shell)
}

/// The file of that name under `/management/cache/assets/`.
pub fn asset(_name: &str) -> Option<Asset> {
    None
}

fn stub(title: &str, shell: &Shell) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (title) } }
            body {
                main {
                    h1 { (title) }
                    @if let Some(notice) = &shell.notice { p role="status" { (notice.sentence()) } }
                }
            }
        }
    }
}
