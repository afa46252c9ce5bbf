//! `vms-cache status`, `health` and `runs`: what is served, how old it is, and what happened.

use crate::args::RunsArgs;
use crate::client::{Client, is_unauthorized};
use crate::exit::Exit;
use crate::output::Output;
use crate::sizes::{self, Sizes};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write as _;
use vms_http::{RunView, StatusView, TypeView, moment, size, span};

#[derive(Deserialize)]
struct Wrapped {
    data: StatusView,
}

#[derive(Serialize, Deserialize)]
struct Runs {
    runs: Vec<RunView>,
}

/// The status as the cache tells it.
pub(crate) async fn fetch(client: &Client) -> anyhow::Result<StatusView> {
    Ok(client.get::<Wrapped>("/management/cache/api/status").await?.data)
}

/// The status, with the sizes where they were asked for.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    status: StatusView,
    #[serde(skip_serializing_if = "Option::is_none")]
    sizes: Option<Sizes>,
}

pub(crate) async fn status(client: &Client, with_sizes: bool, out: &mut Output) -> anyhow::Result<Exit> {
    let status = fetch(client).await?;
    let sizes = if with_sizes { Some(sizes::fetch(client, &status.cache_types).await?) } else { None };
    if out.is_json() {
        out.value(&Told { status, sizes })?;
        return Ok(Exit::Done);
    }
    block(&status, out)?;
    out.line("")?;
    let mut head = vec!["Cache type", "State", "Age", "Last run", "Reports", "Missing", "Quarantined", "Size"];
    let mut rows: Vec<_> = status.cache_types.iter().map(row).collect();
    for (name, cell) in WHERE_ANY {
        let cells: Vec<_> = status.cache_types.iter().map(cell).collect();
        if cells.iter().any(Option::is_some) {
            head.push(name);
            rows.iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell.unwrap_or_default()));
        }
    }
    out.table(&head, &rows)?;
    if let Some(sizes) = sizes {
        sizes::show(&sizes, out)?;
    }
    Ok(Exit::Done)
}

/// A column's name, and how a type fills it.
type Column = (&'static str, fn(&TypeView) -> Option<String>);

/// Columns that are shown where any type has something in them.
const WHERE_ANY: [Column; 2] = [
    ("Error", |of_type| of_type.last_error.map(|class| class.as_str().to_owned())),
    ("Next try", |of_type| of_type.next_try.map(moment)),
];

/// The block that VMS's own command printed, line by line: what its operators search for stays.
fn block(status: &StatusView, out: &mut Output) -> anyhow::Result<()> {
    let running = out.paint(if status.is_running { "Running" } else { "Stopped" });
    out.line("Cache Refresh Status")?;
    out.line(rule())?;
    out.line(format!("Status: {running}"))?;
    out.line(format!("Refresh Interval: {} hours", status.refresh_interval_hours))?;
    out.line(format!("Last Refresh: {}", status.last_refresh.map_or("Never".to_owned(), |t| t.to_string())))?;
    out.line("")?;
    out.line("Statistics:")?;
    out.line(format!("Total Refreshes: {}", status.stats.total_refreshes))?;
    out.line(format!("Successful: {}", status.stats.successful_refreshes))?;
    out.line(format!("Failed: {}", status.stats.failed_refreshes))?;
    if let Some(error) = &status.stats.last_error {
        out.line(format!("Last Error: {error}"))?;
    }
    Ok(())
}

fn rule() -> String {
    "=".repeat(50)
}

fn row(of_type: &TypeView) -> Vec<String> {
    vec![
        of_type.cache_type.to_string(),
        of_type.state.to_string(),
        of_type.oldest_report_age.map_or("none".to_owned(), span),
        of_type.last_run.as_ref().map_or("never".to_owned(), |r| r.outcome.to_string()),
        of_type.reports.to_string(),
        of_type.missing.to_string(),
        of_type.quarantined.to_string(),
        size(of_type.bytes),
    ]
}

/// VMS's own health command printed the status and one line for each thing that it looked at.
pub(crate) async fn health(client: &Client, out: &mut Output) -> anyhow::Result<Exit> {
    let (answer, report) = client.get_any("/health").await?;
    let verdict = text(&report["status"]);
    let is_healthy = answer.is_success() && verdict == "healthy";
    if out.is_json() {
        out.value(&report)?;
    } else {
        if client.has_key() {
            match fetch(client).await {
                Ok(status) => block(&status, out)?,
                Err(error) if is_unauthorized(&error) => {
                    out.note("the status needs an operator's key; health does not");
                }
                Err(error) => out.note(format!("the status cannot be read: {error:#}")),
            }
            out.line("")?;
        }
        show_health(&report, out)?;
        let overall = out.paint(if is_healthy { "HEALTHY" } else { "UNHEALTHY" });
        let which = if verdict == "degraded" { " (degraded: some reports are older than they should be)" } else { "" };
        out.line(format!("Overall: {overall}{which}"))?;
    }
    Ok(if is_healthy { Exit::Done } else { Exit::Failed })
}

/// What was looked at: the table in which the cache is, and the reports of each type.
fn show_health(report: &Value, out: &mut Output) -> anyhow::Result<()> {
    out.line("Cache Health")?;
    out.line(rule())?;
    out.line(format!("Timestamp: {}", text(&report["timestamp"])))?;
    let checks: Vec<_> = report["checks"].as_object().into_iter().flatten().collect();
    let is_ok = |state: &str| ["ok", "fresh", "aging", "archived"].contains(&state);
    let word = |ok: bool| if ok { "OK" } else { "FAIL" };
    let database = out.paint(word(report["checks"]["store"] == "ok"));
    let system = out.paint(word(checks.iter().all(|(_, state)| is_ok(&text(state)))));
    out.line(format!("Database: {database}"))?;
    out.line(format!("Cache System: {system}"))?;
    for (name, state) in checks.into_iter().filter(|(name, _)| *name != "store") {
        let state = text(state);
        let shown = out.paint(word(is_ok(&state)));
        out.line(format!("  {name}: {shown} ({state})"))?;
    }
    Ok(())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("unknown").to_owned()
}

pub(crate) async fn runs(client: &Client, args: &RunsArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let mut path = format!("/management/cache/api/runs?limit={}", args.limit);
    if let Some(cache_type) = args.cache_type {
        let _ = write!(path, "&cache_type={cache_type}");
    }
    if let Some(outcome) = args.outcome {
        let _ = write!(path, "&outcome={outcome}");
    }
    let found: Runs = client.get(&path).await?;
    if out.is_json() {
        out.value(&found)?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = found.runs.iter().map(run_row).collect();
    out.table(&["Run", "Outcome", "Trigger", "Took", "Reports", "Error"], &rows)?;
    Ok(Exit::Done)
}

/// The class at the beginning of an error, which says who must act; its own words are in `--json`.
fn class(error: &str) -> &str {
    error.split_once(": ").map_or(error, |(class, _)| class)
}

fn run_row(run: &RunView) -> Vec<String> {
    vec![
        run.run_id.to_string(),
        run.state.clone(),
        run.trigger.to_string(),
        run.duration_ms.map_or("none".to_owned(), |ms| format!("{:.1} s", ms as f64 / 1000.0)),
        format!("{}/{}", run.done, run.total),
        class(run.error.as_deref().unwrap_or_default()).to_owned(),
    ]
}
