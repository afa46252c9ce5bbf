//! `vms-cache`: the operator's program, and the whole system in one process.

mod acts;
mod args;
mod backup;
mod build;
mod cleanup;
mod client;
mod compare;
mod config;
mod dev;
mod diff;
mod exit;
mod explain;
mod keys;
mod logs;
mod nearest;
mod output;
mod private_file;
mod push;
mod refresh;
mod reports;
mod sample;
mod scheduler;
mod sizes;
mod status;
mod table;

use args::{Args, Command, ConfigArgs, RefreshAllArgs, SchedulerArgs, SchedulerCommand};
use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use exit::Exit;
use output::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    let mut out = Output::new(args.json);
    match run(args, &mut out) {
        Ok(exit) => exit.into(),
        // As with `| head`: who reads has what they wanted.
        Err(error) if output::is_closed(&error) => ExitCode::SUCCESS,
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
            Command::Compare(compare) => compare::run(&compare, out),
            Command::Sample(sample) => sample::run(&sample, out),
            Command::Push(args) => push::run(&args, out).await,
            Command::Refresh(asked) => {
                // What was typed is judged first: without a cache, too, wrong usage is wrong usage.
                let wanted = asked.wanted()?;
                refresh::run(&place.client()?, &wanted, asked.wait, out).await
            }
            Command::RefreshAll(all) => refresh::run(&place.client()?, &RefreshAllArgs::wanted(), all.wait, out).await,
            Command::Status { sizes } => status::status(&place.client()?, sizes, out).await,
            Command::Health => status::health(&place.keyless_client()?, out).await,
            Command::Runs(runs) => status::runs(&place.client()?, &runs, out).await,
            Command::Explain { key } => explain::run(&place.client()?, &key, out).await,
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
            Command::Logs(args) => logs::run(&args, place.is_elsewhere(), out).await,
            Command::Cleanup(args) => cleanup::run(&args, out).await,
            Command::Config(ConfigArgs { act }) => Box::pin(backup::run(act, out)).await,
            Command::Keys(keys) => keys::run(&keys, out).await,
            Command::Table(table) => table::run(&table, out).await,
            Command::Completions { shell } => completions(shell, out),
        }
    })
}

/// Completions as the shell wants them; written at once, since the generator minds a reader that goes away.
fn completions(shell: Shell, out: &mut Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "vms-cache", &mut script);
    // For bash, clap_complete 4.6.11 writes a program's hyphen in two ways, and its script then finds no subcommand.
    let script = String::from_utf8(script)?.replace("vms__subcmd__cache", "vms__cache");
    out.bytes(script.as_bytes())?;
    Ok(Exit::Done)
}
