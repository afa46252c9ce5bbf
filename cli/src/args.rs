//! The command line: what can be typed.

use crate::client::{Client, Wanted};
use crate::config;
use clap::{Args as Arguments, Parser, Subcommand};
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use vms_core::{CacheType, Outcome, ReportKey, Role};
use vms_sample::Scale;
use vms_snapshot::Location;

/// The VMS report cache: refresh, serve, watch and steer it.
#[derive(Debug, Parser)]
#[command(name = "vms-cache", version, arg_required_else_help = true)]
pub(crate) struct Args {
    /// Print JSON for programs instead of tables for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the cache is reached.
#[derive(Debug, Arguments)]
pub(crate) struct Place {
    /// Address of the cache [default: `VMS_CACHE_URL`, else the running `vms-cache dev`]
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
}

impl Place {
    /// A client of that cache, with the key from `VMS_CACHE_KEY` or of the local `dev`.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let connection = config::connection(self.url.as_deref())?;
        Client::new(&connection.url, &connection.key)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole system in this process: table, refresh, schedule and HTTP on one port
    Dev(DevArgs),
    /// Compute reports from a VMS database and write them as files, touching no store
    Build(BuildArgs),
    /// Write a synthetic VMS database
    Sample(SampleArgs),
    /// Copy what reports read from a live VMS database, compress it, and upload it as the new snapshot
    #[command(after_help = "Only the tables and columns that reports read are copied: no birth date, phone, address \
        or note leaves the machine, and of students no name unless ENGAGEMENT_STUDENT_DETAILS is on. The database is \
        never written to.\n\nExamples:\n  vms-cache push instance/your_database.db --to s3://my-bucket/vms.db.gz\n  \
        vms-cache push instance/your_database.db --out vms.db.gz")]
    Push(PushArgs),
    /// Ask for a refresh: of what is due, of one type, or of one report
    #[command(after_help = "Examples:\n  vms-cache refresh --wait\n  vms-cache refresh --type district --wait\n  \
        vms-cache refresh --report volunteer/recent/2526 --wait")]
    Refresh(RefreshArgs),
    /// Ask for a refresh of all five types, due or not
    RefreshAll(RefreshAllArgs),
    /// Show the state of every cache type
    Status,
    /// Tell whether reports are served and fresh; exit code 1 where they are not
    Health,
    /// Show the latest runs
    Runs(RunsArgs),
    /// Print a cached report
    #[command(after_help = "Example:\n  vms-cache report volunteer/recent/last-365-days > report.json")]
    Report {
        /// The report's key
        key: ReportKey,
    },
    /// Serve the build of a report that waits for an operator
    #[command(after_help = "Example:\n  vms-cache diff volunteer/recent/2526\n  \
        vms-cache approve volunteer/recent/2526 --reason 'the school closed'")]
    Approve(ActArgs),
    /// Drop the build of a report that waits for an operator
    Reject(ActArgs),
    /// Serve an earlier version of a report, and hold it until a build is approved
    Rollback(ActArgs),
    /// Show what changed between two versions of a report
    #[command(
        after_help = "Without --from and --to: from what is served to the build that waits or, where none does, \
        from the version before to what is served."
    )]
    Diff(DiffArgs),
    /// Start or stop the schedule, or tell how it stands
    Scheduler(SchedulerArgs),
    /// The same as `scheduler start`
    #[command(hide = true)]
    StartScheduler(StartArgs),
    /// The same as `scheduler stop`
    #[command(hide = true)]
    StopScheduler(StopArgs),
    /// Remove reports retired long ago, and bodies that nothing needs, straight in the table
    Cleanup(CleanupArgs),
    /// Make, list and revoke API keys, straight in the table
    Keys(KeysArgs),
    /// Manage the DynamoDB table, for local use
    Table(TableArgs),
}

#[derive(Debug, Arguments)]
pub(crate) struct DevArgs {
    /// A VMS database to refresh from [default: a sample, made on the first start]
    #[arg(long, value_name = "FILE")]
    pub(crate) source: Option<PathBuf>,
    /// Port of the pages and the API
    #[arg(long, default_value_t = 8321)]
    pub(crate) port: u16,
    /// Port on which the embedded DynamoDB listens [default: any free one]
    #[arg(long, default_value_t = 0)]
    pub(crate) table_port: u16,
    /// Folder for table, sample and keys
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Arguments)]
pub(crate) struct BuildArgs {
    /// The VMS database
    #[arg(long, value_name = "FILE")]
    pub(crate) source: PathBuf,
    /// The moment to compute for, such as 2026-03-15T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<Timestamp>,
    /// Where to write each report, as `DIR/KEY.json`
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    pub(crate) out: Option<PathBuf>,
    /// Only this cache type
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) cache_type: Option<CacheType>,
    /// Print the planned keys only
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Arguments)]
pub(crate) struct SampleArgs {
    /// Which sample: the same number gives the same database
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// small, medium or large
    #[arg(long, default_value_t = Scale::Small)]
    pub(crate) scale: Scale,
    /// The day around which its school years lie [default: today]
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<Timestamp>,
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Arguments)]
pub(crate) struct PushArgs {
    /// The VMS database, live or a copy
    #[arg(value_name = "FILE")]
    pub(crate) source: PathBuf,
    /// Where to, such as `s3://bucket/key` [default: `SOURCE_URL`]
    #[arg(long, value_name = "URL", conflicts_with = "out")]
    pub(crate) to: Option<Location>,
    /// Write the compressed copy to this file, which must not exist, and upload nothing
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Copy everything, personal data that no report reads included
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Arguments)]
pub(crate) struct RefreshArgs {
    /// The cache type
    #[arg(value_name = "TYPE", conflicts_with = "cache_type")]
    positional: Option<CacheType>,
    /// The cache type
    #[arg(long = "type", value_name = "TYPE")]
    cache_type: Option<CacheType>,
    /// Only this report
    #[arg(long, value_name = "KEY")]
    report: Option<ReportKey>,
    /// Refresh even what was refreshed within the last 20 hours
    #[arg(long)]
    force: bool,
    /// Build and check everything, publish nothing
    #[arg(long)]
    dry_run: bool,
    /// Wait for the outcome, with a progress bar
    #[arg(long)]
    pub(crate) wait: bool,
}

impl RefreshArgs {
    pub(crate) fn wanted(&self) -> anyhow::Result<Wanted> {
        let cache_type = self.positional.or(self.cache_type);
        if let (Some(asked), Some(key)) = (cache_type, &self.report)
            && asked != key.cache_type()
        {
            let of = key.cache_type();
            return Err(crate::exit::usage(format!("--report names a report of {of}, --type is {asked}")));
        }
        // As in VMS: whoever names what to refresh means it; only the bare command asks for what is due.
        let named = cache_type.is_some() || self.report.is_some();
        let force = self.force || named;
        Ok(Wanted { cache_type, report_key: self.report.clone(), force, dry_run: self.dry_run })
    }
}

#[derive(Debug, Arguments)]
pub(crate) struct RefreshAllArgs {
    /// Wait for the outcomes, with progress bars
    #[arg(long)]
    pub(crate) wait: bool,
}

impl RefreshAllArgs {
    pub(crate) fn wanted() -> Wanted {
        Wanted { force: true, ..Wanted::default() }
    }
}

#[derive(Debug, Arguments)]
pub(crate) struct RunsArgs {
    /// Only this cache type
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) cache_type: Option<CacheType>,
    /// Only runs with this outcome
    #[arg(long, value_parser = outcome)]
    pub(crate) outcome: Option<Outcome>,
    /// How many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(crate) limit: u16,
}

fn outcome(name: &str) -> Result<Outcome, String> {
    Outcome::ALL.into_iter().find(|o| o.as_str() == name).ok_or_else(|| format!("known are {}", Outcome::known()))
}

#[derive(Debug, Arguments)]
pub(crate) struct ActArgs {
    /// The report's key
    pub(crate) key: ReportKey,
    /// The version, by its etag or the beginning of it: the one that must be waiting, or the one to go back to
    /// [default: whatever waits, or the newest earlier one]
    #[arg(long, value_name = "ETAG")]
    pub(crate) version: Option<String>,
    /// Why, for those who look later
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Arguments)]
pub(crate) struct DiffArgs {
    /// The report's key
    pub(crate) key: ReportKey,
    /// The old side: current, candidate, or an etag or the beginning of one
    #[arg(long, value_name = "VERSION")]
    pub(crate) from: Option<String>,
    /// The new side
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, Arguments)]
pub(crate) struct SchedulerArgs {
    #[command(subcommand)]
    pub(crate) act: SchedulerCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchedulerCommand {
    /// Let schedule, sweep and new snapshots start refreshes
    Start(StartArgs),
    /// Pause them; what is asked for by hand is refreshed all the same
    Stop(StopArgs),
    /// Tell whether they run, and who switched them last
    Status,
}

#[derive(Debug, Arguments)]
pub(crate) struct StartArgs {
    /// Why, for those who look later
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Arguments)]
pub(crate) struct StopArgs {
    /// Why, for those who look later
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// When the pause ends by itself, such as 2026-03-16T06:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Timestamp>,
}

#[derive(Debug, Arguments)]
pub(crate) struct CleanupArgs {
    /// Retired reports go after so long: days or hours, such as 7d or 12h
    #[arg(long, default_value = "7d", value_parser = length, value_name = "TIME")]
    pub(crate) older_than: SignedDuration,
}

fn length(text: &str) -> Result<SignedDuration, String> {
    let hours = text.strip_suffix('h').map(|n| (n, 1)).or_else(|| text.strip_suffix('d').map(|n| (n, 24)));
    let (number, hours) = hours.ok_or("expects days or hours, such as 7d or 12h")?;
    let number: u32 = number.parse().map_err(|_| "expects a whole number of days or hours, such as 7d")?;
    Ok(SignedDuration::from_hours(i64::from(number) * hours))
}

#[derive(Debug, Arguments)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) act: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key; it is shown once
    Create {
        /// reader or operator
        #[arg(long)]
        role: Role,
        /// What the key is for
        #[arg(long)]
        name: String,
    },
    /// List every key, without the keys themselves
    List,
    /// Revoke a key by its id
    Revoke {
        /// The id that `keys list` shows
        id: String,
    },
}

#[derive(Debug, Arguments)]
pub(crate) struct TableArgs {
    #[command(subcommand)]
    pub(crate) act: TableCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TableCommand {
    /// Create the table that `TABLE_NAME` names, at the endpoint that the AWS variables name
    Create,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_length_of_time_is_days_or_hours() {
        for (text, hours) in
            [("7d", Some(168)), ("0d", Some(0)), ("12h", Some(12)), ("7", None), ("-1d", None), ("", None)]
        {
            assert_eq!(length(text).ok(), hours.map(SignedDuration::from_hours), "{text}");
        }
    }
}
