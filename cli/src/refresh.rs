//! `vms-cache refresh` and `refresh-all`: asking, and watching until the outcome.

use crate::client::{Client, Wanted};
use crate::exit::Exit;
use crate::output::{Output, span};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;
use vms_core::Outcome;
use vms_http::{Asked, RunView};

/// How often a run that is watched is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(400);

pub(crate) async fn run(client: &Client, wanted: &Wanted, wait: bool, out: &mut Output) -> anyhow::Result<Exit> {
    let asked: Asked = client.post("/management/cache/api/refresh", wanted).await?;
    if !wait {
        if out.is_json() {
            out.value(&asked)?;
        } else {
            for run in &asked.runs {
                out.line(format!("asked for {}", run.run_id))?;
            }
        }
        return Ok(Exit::Done);
    }
    let bars = bars(out);
    let mut ended = Vec::new();
    let watching = asked.runs.iter().map(|run| (run, bars.add(bar(run.cache_type.as_str())))).collect::<Vec<_>>();
    for (run, bar) in &watching {
        ended.push(watch(client, &run.run_id.to_string(), bar).await?);
    }
    bars.clear()?;
    if out.is_json() {
        out.value(&ended)?;
    } else {
        for run in &ended {
            out.line(sentence(run))?;
        }
    }
    Ok(ended.iter().map(|run| exit_of(run.outcome)).max().unwrap_or(Exit::Done))
}

fn bars(out: &Output) -> MultiProgress {
    let target = if out.is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    MultiProgress::with_draw_target(target)
}

fn bar(name: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:16} {wide_bar} {pos}/{len}").unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style).with_message(name.to_owned())
}

async fn watch(client: &Client, run_id: &str, bar: &ProgressBar) -> anyhow::Result<RunView> {
    loop {
        let run: RunView = client.get(&format!("/management/cache/api/runs/{run_id}")).await?;
        bar.set_length(run.total);
        bar.set_position(run.done);
        if run.outcome.is_some() {
            bar.finish();
            return Ok(run);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A run's outcome in words.
fn sentence(run: &RunView) -> String {
    let took = run.duration_ms.map(|ms| format!(" in {}", span((ms + 999) / 1000))).unwrap_or_default();
    let why = match (&run.error, run.skipped) {
        (Some(error), _) => format!(" ({error})"),
        (None, Some(reason)) => format!(" ({}; --force refreshes all the same)", reason.as_str()),
        (None, None) => String::new(),
    };
    let counts: Vec<_> = run.counts.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    format!("{} {}{took}{counts}{why}", run.cache_type, run.state)
}

fn exit_of(outcome: Option<Outcome>) -> Exit {
    match outcome {
        Some(Outcome::Succeeded | Outcome::Skipped | Outcome::Joined) => Exit::Done,
        Some(Outcome::Partial) => Exit::Partial,
        Some(Outcome::Failed | Outcome::Lost) | None => Exit::Failed,
    }
}
