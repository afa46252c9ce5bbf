//! `vms-cache refresh` and `refresh-all`: asking, and watching until the outcome.

use crate::client::{Client, Wanted, may_pass};
use crate::exit::Exit;
use crate::output::{Output, bar};
use indicatif::MultiProgress;
use std::collections::BTreeMap;
use std::time::Duration;
use vms_core::Outcome;
use vms_http::{Asked, RunView, span};

/// How often a run that is watched is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// How long the next look is put off at most, where one after the other finds no answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// Looks in a row without an answer after which a run is given up: about a minute of them.
const MOST_SILENT: u32 = 8;

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
    let ended = watch(client, &asked, &out.bars()).await?;
    if out.is_json() {
        out.value(&ended)?;
    } else {
        for run in &ended {
            out.line(sentence(run, &out.paint(&run.state)))?;
        }
    }
    Ok(ended.iter().map(|run| exit_of(run.outcome)).max().unwrap_or(Exit::Done))
}

/// Looks at every run, one bar each, until all have an outcome.
async fn watch(client: &Client, asked: &Asked, bars: &MultiProgress) -> anyhow::Result<Vec<RunView>> {
    let shown: Vec<_> = asked.runs.iter().map(|run| (run, bars.add(bar(run.cache_type.as_str())))).collect();
    let mut ended = BTreeMap::new();
    let (mut silent, mut pause) = (0, LOOK_EVERY);
    loop {
        for (place, (run, bar)) in shown.iter().enumerate().filter(|(_, (_, bar))| !bar.is_finished()) {
            let run: RunView = match client.get(&format!("/management/cache/api/runs/{}", run.run_id)).await {
                Ok(run) => run,
                // The run goes on, whether or not anybody sees it.
                Err(error) if may_pass(&error) && silent < MOST_SILENT => {
                    silent += 1;
                    pause = LONGEST_PAUSE.min(pause * 2);
                    break;
                }
                Err(error) => return Err(error),
            };
            (silent, pause) = (0, LOOK_EVERY);
            bar.set_length(run.total);
            bar.set_position(run.done);
            if run.outcome.is_some() {
                bar.finish();
                ended.insert(place, run);
            }
        }
        if ended.len() == shown.len() {
            bars.clear()?;
            return Ok(ended.into_values().collect());
        }
        tokio::time::sleep(pause).await;
    }
}

/// What is said of a run that only joined another.
const JOINED: &str = " (another run of this type was at work; what came of that one is not known here)";

/// A run's outcome in words.
fn sentence(run: &RunView, state: &str) -> String {
    let took = run.duration_ms.map(|ms| format!(" in {}", span((ms + 999) / 1000))).unwrap_or_default();
    let why = match (&run.error, run.skipped) {
        (Some(error), _) => format!(" ({error})"),
        (None, Some(reason)) => format!(" ({}; --force refreshes all the same)", reason.as_str()),
        (None, None) if run.outcome == Some(Outcome::Joined) => JOINED.to_owned(),
        (None, None) => String::new(),
    };
    let counts: Vec<_> = run.counts.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    format!("{} {state}{took}{counts}{why}", run.cache_type)
}

fn exit_of(outcome: Option<Outcome>) -> Exit {
    match outcome {
        Some(Outcome::Succeeded | Outcome::Skipped | Outcome::Joined) => Exit::Done,
        Some(Outcome::Partial) => Exit::Partial,
        Some(Outcome::Failed | Outcome::Lost) | None => Exit::Failed,
    }
}
