//! `vms-cache status`, `health` and `runs`: what is served, how old it is, and what happened.

use crate::args::RunsArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::output::{Output, size, span};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write as _;
use vms_http::{RunView, StatusView, TypeView};

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

pub(crate) async fn status(client: &Client, out: &mut Output) -> anyhow::Result<Exit> {
    let status = fetch(client).await?;
    if out.is_json() {
        out.value(&status)?;
        return Ok(Exit::Done);
    }
    // The block that VMS's own command printed; what its operators search for stays.
    out.line("Cache Refresh Status")?;
    out.line("=".repeat(50))?;
    out.line(format!("Status: {}", if status.is_running { "Running" } else { "Stopped" }))?;
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
    out.line("")?;
    let head = ["Cache type", "State", "Age", "Last run", "Reports", "Missing", "Quarantined", "Size"];
    out.table(&head, &status.cache_types.iter().map(row).collect::<Vec<_>>())?;
    Ok(Exit::Done)
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

pub(crate) async fn health(client: &Client, out: &mut Output) -> anyhow::Result<Exit> {
    let (status, report) = client.get_any("/health").await?;
    if out.is_json() {
        out.value(&report)?;
    } else {
        let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
        out.line(format!("Timestamp: {}", text(&report["timestamp"])))?;
        for (name, state) in report["checks"].as_object().into_iter().flatten() {
            out.line(format!("{name}: {}", text(state)))?;
        }
        out.line(format!("Overall: {}", text(&report["status"]).to_uppercase()))?;
    }
    let healthy = status.is_success() && report["status"] == "healthy";
    Ok(if healthy { Exit::Done } else { Exit::Failed })
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
    out.table(&["Run", "Outcome", "Trigger", "Took", "Reports"], &rows)?;
    Ok(Exit::Done)
}

fn run_row(run: &RunView) -> Vec<String> {
    vec![
        run.run_id.to_string(),
        run.state.clone(),
        run.trigger.to_string(),
        run.duration_ms.map_or("none".to_owned(), |ms| format!("{:.1} s", ms as f64 / 1000.0)),
        format!("{}/{}", run.done, run.total),
    ]
}
