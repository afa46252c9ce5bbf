//! `vms-cache scheduler`: the schedule started, stopped, and told about.

use crate::args::{StartArgs, StopArgs};
use crate::client::Client;
use crate::exit::Exit;
use crate::output::Output;
use crate::status;
use serde::Serialize;
use vms_http::{SwitchRequest, Switched};
use vms_store::ScheduleControl;

#[derive(Serialize)]
struct Told {
    is_running: bool,
    #[serde(flatten)]
    schedule: ScheduleControl,
}

pub(crate) async fn start(client: &Client, args: StartArgs, out: &mut Output) -> anyhow::Result<Exit> {
    switch(client, "start", &SwitchRequest { reason: args.reason, until: None }, out).await
}

pub(crate) async fn stop(client: &Client, args: StopArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let until = args.until.map(|t| t.to_string());
    switch(client, "stop", &SwitchRequest { reason: args.reason, until }, out).await
}

async fn switch(client: &Client, act: &str, wanted: &SwitchRequest, out: &mut Output) -> anyhow::Result<Exit> {
    let switched: Switched = client.post(&format!("/management/cache/scheduler/{act}"), wanted).await?;
    if out.is_json() {
        out.value(&switched)?;
    } else {
        out.line(&switched.message)?;
    }
    if !switched.recorded {
        out.not_recorded();
    }
    Ok(Exit::Done)
}

pub(crate) async fn status(client: &Client, out: &mut Output) -> anyhow::Result<Exit> {
    let status = status::fetch(client).await?;
    let told = Told { is_running: status.is_running, schedule: status.schedule };
    if out.is_json() {
        out.value(&told)?;
    } else {
        out.line(sentence(&told))?;
    }
    Ok(Exit::Done)
}

fn sentence(told: &Told) -> String {
    let schedule = &told.schedule;
    let state = if told.is_running { "The schedule runs" } else { "The schedule is stopped" };
    // Whether it runs again by itself or was started, what is told is the last switch.
    let switched = if schedule.paused { "stopped" } else { "started" };
    let since = schedule.since.zip(schedule.by.as_ref()).map(|(since, by)| format!("; {switched} at {since} by {by}"));
    let until = schedule.until.map(|until| format!(" until {until}"));
    let reason = schedule.reason.as_ref().map(|reason| format!(" ({reason})"));
    let parts = [since, until, reason].map(Option::unwrap_or_default);
    format!("{state}{}.", parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_told_in_one_sentence() {
        let schedule = ScheduleControl {
            paused: true,
            by: Some("key-1".into()),
            since: Some("2026-03-15T12:00:00Z".parse().unwrap()),
            until: Some("2026-03-16T06:00:00Z".parse().unwrap()),
            reason: Some("import".into()),
        };
        for (is_running, schedule, expected) in [
            (true, ScheduleControl::default(), "The schedule runs."),
            (
                false,
                schedule,
                "The schedule is stopped; stopped at 2026-03-15T12:00:00Z by key-1 until 2026-03-16T06:00:00Z (import).",
            ),
        ] {
            assert_eq!(sentence(&Told { is_running, schedule }), expected);
        }
    }
}
