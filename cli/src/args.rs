//! The command line: what can be typed.

use crate::client::{Client, Wanted};
use crate::config;
use anyhow::bail;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as Arguments, Parser, Subcommand};
use clap_complete::Shell;
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use std::str::FromStr;
use vms_core::{CacheType, Outcome, ReportKey, Role};
use vms_sample::Scale;
use vms_snapshot::Location;

/// The VMS report cache: refresh, serve, watch and steer it.
#[derive(Debug, Parser)]
#[command(
    name = "vms-cache",
    version,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 failed or unhealthy, 2 wrong usage, 3 partial.\n\n\
        Example:\n  vms-cache dev"
)]
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
    /// Address of the cache [default: `VMS_CACHE_URL`, the config file's, else the running `vms-cache dev`]
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
}

impl Place {
    /// A client of that cache, with the key from `VMS_CACHE_KEY`, the config file or the local `dev`.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let client = self.keyless_client()?;
        if !client.has_key() {
            bail!("no key for that cache: set VMS_CACHE_KEY (make one with `vms-cache keys create`)");
        }
        Ok(client)
    }

    /// The same for what is answered without a key as well.
    pub(crate) fn keyless_client(&self) -> anyhow::Result<Client> {
        let connection = config::connection(self.url.as_deref())?;
        Client::new(&connection.url, connection.key)
    }

    /// Whether a cache is named that is not the `dev` of this machine.
    pub(crate) fn is_elsewhere(&self) -> bool {
        config::connection(self.url.as_deref()).is_ok_and(|connection| !connection.is_local)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole system in this process: table, refresh, schedule and HTTP on one port
    #[command(after_help = "Examples:\n  vms-cache dev\n  \
        vms-cache dev --source /srv/vms/instance/your_database.db --data /tmp/trial --port 9000")]
    Dev(DevArgs),
    /// Compute reports from a VMS database and write them as files, touching no store
    #[command(after_help = "Examples:\n  vms-cache build --source vms.db --list\n  \
        vms-cache build --source vms.db --type district --as-of 2026-03-15T12:00:00Z --out reports")]
    Build(BuildArgs),
    /// Hold our reports beside the rows in VMS's own cache tables
    #[command(after_help = "Only reads the database. Names reports, places in them and counts; values, which may be \
        personal, only with --show. Exit code 1 where a difference is not explained by what is known of VMS.\n\n\
        Examples:\n  vms-cache compare --source instance/your_database.db\n  \
        vms-cache compare --source vms.db --type volunteer --as-of 2026-03-15T12:00:00Z --show 5")]
    Compare(CompareArgs),
    /// Write a synthetic VMS database
    #[command(after_help = "Example:\n  vms-cache sample --seed 7 --scale medium --out vms.db")]
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
    #[command(after_help = "Example:\n  vms-cache refresh-all --wait")]
    RefreshAll(RefreshAllArgs),
    /// Show the state of every cache type
    #[command(after_help = "Examples:\n  vms-cache status\n  vms-cache status --sizes\n  \
        vms-cache --json status | jq .last_refresh")]
    Status {
        /// Also how large the caches are, and which reports are the largest
        #[arg(long)]
        sizes: bool,
    },
    /// Tell whether reports are served and fresh; exit code 1 where they are not
    #[command(after_help = "Needs no key; with an operator's, the status comes first.\n\n\
        Example:\n  vms-cache health || mail -s 'the report cache is unhealthy' vms@example.org")]
    Health,
    /// Show the latest runs
    #[command(after_help = "Example:\n  vms-cache runs --type district --outcome partial")]
    Runs(RunsArgs),
    /// Tell why a report is as it is
    #[command(after_help = "Example:\n  vms-cache explain volunteer/recent/2526")]
    Explain {
        /// The report's key
        key: ReportKey,
    },
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
    #[command(after_help = "Example:\n  vms-cache reject volunteer/recent/2526 --reason 'the import was cut short'")]
    Reject(ActArgs),
    /// Serve an earlier version of a report, and hold it until a build is approved
    #[command(after_help = "Example:\n  vms-cache rollback volunteer/recent/2526")]
    Rollback(ActArgs),
    /// Show what changed between two versions of a report
    #[command(
        after_help = "Without --from and --to: from what is served to the build that waits or, where none does, \
        from the version before to what is served.\n\nExample:\n  vms-cache diff volunteer/recent/2526"
    )]
    Diff(DiffArgs),
    /// Start or stop the schedule, or tell how it stands
    Scheduler(SchedulerArgs),
    /// The same as `scheduler start`
    #[command(hide = true, after_help = "Example:\n  vms-cache start-scheduler")]
    StartScheduler(StartArgs),
    /// The same as `scheduler stop`
    #[command(hide = true, after_help = "Example:\n  vms-cache stop-scheduler --reason 'an import runs'")]
    StopScheduler(StopArgs),
    /// Show the refresh log of the local `dev`, or the commands that show that of a deployed stack
    #[command(after_help = "Examples:\n  vms-cache logs --since 2h | grep 'Cache refresh completed'\n  \
        vms-cache logs --errors --follow\n  vms-cache logs --stack vms-report-cache --errors")]
    Logs(LogsArgs),
    /// Remove reports retired long ago, and bodies that nothing needs, straight in the table
    #[command(after_help = "Example:\n  vms-cache cleanup --older-than 7d")]
    Cleanup(CleanupArgs),
    /// Back up what cannot be computed anew, or restore it, straight in the table
    Config(ConfigArgs),
    /// Make, list and revoke API keys, straight in the table
    Keys(KeysArgs),
    /// Manage the DynamoDB table, for local use
    Table(TableArgs),
    /// Print the completions of a shell
    #[command(after_help = "Examples:\n  source <(vms-cache completions bash)\n  \
        vms-cache completions fish > ~/.config/fish/completions/vms-cache.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

fn cache_type() -> impl TypedValueParser<Value = CacheType> {
    PossibleValuesParser::new(CacheType::ALL.map(CacheType::as_str)).try_map(|name| name.parse::<CacheType>())
}

fn outcome() -> impl TypedValueParser<Value = Outcome> {
    let named = |name: String| Outcome::ALL.into_iter().find(|o| o.as_str() == name).ok_or("no such outcome");
    PossibleValuesParser::new(Outcome::ALL.map(Outcome::as_str)).try_map(named)
}

fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new([Role::Reader, Role::Operator].map(Role::as_str)).try_map(|name| name.parse::<Role>())
}

fn scale() -> impl TypedValueParser<Value = Scale> {
    PossibleValuesParser::new(["small", "medium", "large"]).try_map(|name| name.parse::<Scale>())
}

#[derive(Debug, Arguments)]
pub(crate) struct DevArgs {
    /// A VMS database to refresh from [default: a sample, made on the first start]
    #[arg(long, value_name = "FILE")]
    pub(crate) source: Option<PathBuf>,
    /// Port of the pages and the API
    #[arg(long, default_value_t = 8321)]
    pub(crate) port: u16,
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
    #[arg(long = "type", value_name = "TYPE", value_parser = cache_type())]
    pub(crate) cache_type: Option<CacheType>,
    /// Print the planned keys only
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Arguments)]
pub(crate) struct CompareArgs {
    /// The VMS database, live or a full copy
    #[arg(long, value_name = "FILE")]
    pub(crate) source: PathBuf,
    /// The moment to compute our reports for, such as 2026-03-15T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<Timestamp>,
    /// Only this cache type
    #[arg(long = "type", value_name = "TYPE", value_parser = cache_type())]
    pub(crate) cache_type: Option<CacheType>,
    /// Also show so many differences of each report with their values, which may be personal
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) show: usize,
}

#[derive(Debug, Arguments)]
pub(crate) struct SampleArgs {
    /// Which sample: the same number gives the same database
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How large
    #[arg(long, default_value_t = Scale::Small, value_parser = scale())]
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
    #[arg(value_name = "TYPE", conflicts_with = "cache_type", value_parser = cache_type())]
    positional: Option<CacheType>,
    /// The cache type
    #[arg(long = "type", value_name = "TYPE", value_parser = cache_type())]
    cache_type: Option<CacheType>,
    /// Only this report
    #[arg(long, value_name = "KEY")]
    report: Option<ReportKey>,
    /// Refresh even what recently succeeded
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
    #[arg(long = "type", value_name = "TYPE", value_parser = cache_type())]
    pub(crate) cache_type: Option<CacheType>,
    /// Only runs with this outcome
    #[arg(long, value_parser = outcome())]
    pub(crate) outcome: Option<Outcome>,
    /// How many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(crate) limit: u16,
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
    #[command(after_help = "Example:\n  vms-cache scheduler start --reason 'the import is done'")]
    Start(StartArgs),
    /// Pause them; what is asked for by hand is refreshed all the same
    #[command(
        after_help = "Example:\n  vms-cache scheduler stop --reason 'an import runs' --until 2026-03-16T06:00:00Z"
    )]
    Stop(StopArgs),
    /// Tell whether they run, and who switched them last
    #[command(after_help = "Example:\n  vms-cache scheduler status")]
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
pub(crate) struct LogsArgs {
    /// Only what went wrong: errors, and runs that did not succeed
    #[arg(long)]
    pub(crate) errors: bool,
    /// Only from then on: a time such as 2026-03-15T02:00:00Z, or how long ago, such as 2h
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Since>,
    /// Go on with what comes, until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// The name of a deployed stack, instead of the local `dev`
    #[arg(long, value_name = "NAME", value_parser = stack)]
    pub(crate) stack: Option<String>,
}

/// A stack's name, which goes into a command line as it is.
fn stack(name: &str) -> Result<String, &'static str> {
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits { Ok(name.to_owned()) } else { Err("a stack's name has letters, digits and hyphens") }
}

/// From when on: a moment, or so long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    At(Timestamp),
    Ago(SignedDuration),
}

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = text.parse().map(Self::At);
        at.or_else(|_| length(text).map(Self::Ago)).map_err(|_| "expects a time such as 2026-03-15T02:00:00Z, or 2h")
    }
}

#[derive(Debug, Arguments)]
pub(crate) struct CleanupArgs {
    /// Retired reports go after so long, such as 7d or 12h
    #[arg(long, default_value = "7d", value_parser = length, value_name = "TIME")]
    pub(crate) older_than: SignedDuration,
}

fn length(text: &str) -> Result<SignedDuration, &'static str> {
    const EXPECTED: &str = "expects days, hours or minutes, such as 7d, 12h or 30m";
    let minutes = [("d", 24 * 60), ("h", 60), ("m", 1)];
    let found = minutes.into_iter().find_map(|(unit, minutes)| Some((text.strip_suffix(unit)?, minutes)));
    let (number, minutes) = found.ok_or(EXPECTED)?;
    let number: u32 = number.parse().map_err(|_| EXPECTED)?;
    Ok(SignedDuration::from_mins(i64::from(number) * minutes))
}

#[derive(Debug, Arguments)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) act: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Write API keys (as hashes), the schedule's switch and the state of every type to one file
    #[command(after_help = "The file holds what a new table needs to serve the same people: keys by their hashes, so \
        that whoever has a key keeps it, and how the schedule was switched. The state of every type is there to be \
        read. Reports, runs, sessions and leases are not in it: a refresh makes reports anew, and the others end by \
        themselves.\n\nExample:\n  vms-cache config backup --out /backup/vms-cache.json")]
    Backup {
        /// The file to write, readable by its owner only [default: a new one with the time in its name]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Add what a backup has and the table lacks; what is there stays as it is
    #[command(after_help = "A key that was revoked since the backup stays revoked, and a schedule that somebody \
        switched stays as it is.\n\nExample:\n  vms-cache table create\n  \
        vms-cache config restore /backup/vms-cache.json\n  vms-cache refresh-all --wait")]
    Restore {
        /// What `config backup` wrote
        file: PathBuf,
    },
}

#[derive(Debug, Arguments)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) act: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key; it is shown once
    #[command(after_help = "Example:\n  vms-cache keys create --role reader --name 'the VMS web application'")]
    Create {
        /// What its holder may do
        #[arg(long, value_parser = role())]
        role: Role,
        /// What the key is for
        #[arg(long)]
        name: String,
    },
    /// List every key, without the keys themselves
    #[command(after_help = "Example:\n  vms-cache keys list")]
    List,
    /// Revoke a key by its id
    #[command(after_help = "Example:\n  vms-cache keys revoke key-1a2b3c4d")]
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
    #[command(after_help = "Example:\n  TABLE_NAME=vms-report-cache AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000 \
        vms-cache table create")]
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
    fn every_command_shows_how_it_is_used() {
        let mut open = vec![Args::command()];
        while let Some(command) = open.pop() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let name = command.get_name();
            assert!(command.has_subcommands() || help.contains(&format!("{name} ")) || help.ends_with(name), "{name}");
            open.extend(command.get_subcommands().cloned());
        }
    }

    #[test]
    fn a_length_of_time_is_days_hours_or_minutes() {
        for (text, minutes) in [
            ("7d", Some(7 * 24 * 60)),
            ("0d", Some(0)),
            ("12h", Some(720)),
            ("30m", Some(30)),
            ("7", None),
            ("-1d", None),
            ("é", None),
            ("", None),
        ] {
            assert_eq!(length(text).ok(), minutes.map(SignedDuration::from_mins), "{text}");
        }
    }

    #[test]
    fn since_is_a_moment_or_so_long_ago() {
        let at = "2026-03-15T02:00:00Z";
        assert_eq!(at.parse(), Ok(Since::At(at.parse().unwrap())));
        assert_eq!("2h".parse(), Ok(Since::Ago(SignedDuration::from_hours(2))));
        assert!("yesterday".parse::<Since>().is_err());
    }
}
