//! `vms-cache`: the operator's program, and the whole system in one process.

mod acts;
mod args;
mod build;
mod cleanup;
mod client;
mod config;
mod dev;
mod diff;
mod exit;
mod keys;
mod output;
mod push;
mod refresh;
mod reports;
mod sample;
mod scheduler;
mod status;
mod table;

use args::{Args, Command, RefreshAllArgs, SchedulerArgs, SchedulerCommand};
use clap::Parser;
use exit::Exit;
use output::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    let mut out = Output::new(args.json);
    match run(args, &mut out) {
        Ok(exit) => exit.into(),
        Err(error) => {
            out.error(&error);
            exit::of(&error).into()
        }
    }
}

fn run(args: Args, out: &mut Output) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let place = args.place;
        match args.command {
            Command::Dev(dev) => dev::run(dev, out).await,
            Command::Build(build) => build::run(&build, out),
            Command::Sample(sample) => sample::run(&sample, out),
            Command::Push(args) => push::run(&args, out).await,
            Command::Refresh(asked) => {
                // What was typed is judged first: without a cache, too, wrong usage is wrong usage.
                let wanted = asked.wanted()?;
                refresh::run(&place.client()?, &wanted, asked.wait, out).await
            }
            Command::RefreshAll(all) => refresh::run(&place.client()?, &RefreshAllArgs::wanted(), all.wait, out).await,
            Command::Status => status::status(&place.client()?, out).await,
            Command::Health => status::health(&place.client()?, out).await,
            Command::Runs(runs) => status::runs(&place.client()?, &runs, out).await,
            Command::Report { key } => reports::report(&place.client()?, &key, out).await,
            Command::Approve(act) => acts::run(&place.client()?, "approve", act, out).await,
            Command::Reject(act) => acts::run(&place.client()?, "reject", act, out).await,
            Command::Rollback(act) => acts::run(&place.client()?, "rollback", act, out).await,
            Command::Diff(args) => diff::run(&place.client()?, &args, out).await,
            Command::Scheduler(SchedulerArgs { act: SchedulerCommand::Start(args) })
            | Command::StartScheduler(args) => scheduler::start(&place.client()?, args, out).await,
            Command::Scheduler(SchedulerArgs { act: SchedulerCommand::Stop(args) }) | Command::StopScheduler(args) => {
                scheduler::stop(&place.client()?, args, out).await
            }
            Command::Scheduler(SchedulerArgs { act: SchedulerCommand::Status }) => {
                scheduler::status(&place.client()?, out).await
            }
            Command::Cleanup(args) => cleanup::run(&args, out).await,
            Command::Keys(keys) => keys::run(&keys, out).await,
            Command::Table(table) => table::run(&table, out).await,
        }
    })
}
