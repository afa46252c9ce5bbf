//! `vms-cache dev`: the whole system in one process, on one port, kept in one folder.
//!
//! The handlers are those of the Lambda functions and the table is a DynamoDB; only what AWS would do around them is
//! done here: starting functions on a schedule, and handing a manual refresh to one.

mod folder;
mod schedule;
mod server;
mod table;

use crate::args::DevArgs;
use crate::config::{self, Local};
use crate::exit::Exit;
use crate::keys;
use crate::output::Output;
use anyhow::Context as _;
use folder::Folder;
use jiff::{SignedDuration, Timestamp};
use schedule::Refreshes;
use server::Whole;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;
use vms_core::{
    CacheType, Clock, Env, FreshnessLimits, Outcome, RefreshRequest, Role, Run, RunId, RunState, SystemClock, Trigger,
};
use vms_http::{Context, Health, Manage, Reports, Status};
use vms_refresh::{FileSource, RefreshConfig, Refresher};
use vms_sample::{Scale, Spec};
use vms_source::Needs;
use vms_store::{DynamoTable, Read, Store};
use vms_telemetry::Memory;

/// How long a refresh may take here before it must have a verdict.
const DEADLINE: SignedDuration = SignedDuration::from_mins(10);

/// Works until Ctrl-C, which is listened for before anything is begun, so that its end is orderly whenever it comes;
/// while the sample is made it is heard, and heeded afterwards.
pub(crate) async fn run(args: DevArgs, out: &mut Output) -> anyhow::Result<Exit> {
    tokio::select! {
        biased;
        stopped = tokio::signal::ctrl_c() => stopped?,
        ended = work(args, out) => ended?,
    }
    out.note("stopped; start again to go on where this left off");
    Ok(Exit::Done)
}

/// Starts everything, and keeps the schedule without end.
async fn work(args: DevArgs, out: &mut Output) -> anyhow::Result<()> {
    let is_sample = args.source.is_none();
    let lookup = |name: &str| setting(name, is_sample);
    let env = Env::new(&lookup);
    let config = RefreshConfig::from_env(&env, |path| std::fs::read_to_string(path))?;
    let (limits, keep_versions) = (FreshnessLimits::from_env(&env)?, config.keep_versions);
    let nightly = config.nightly.clone();
    let refresh_interval_hours = vms_core::refresh_interval_hours(&env)?;
    let given = args.source.map(|path| usable(&path, &config)).transpose()?;

    let folder = Folder::open(args.data.unwrap_or_else(config::data_folder))?;
    let listener = listen(args.port).await?;
    let url = format!("http://{}", listener.local_addr()?);

    let table = table::open(&folder).await?;
    let store = Arc::new(Store::new(table.table.clone()));
    let local = connection(&folder, &store, url, &table, out).await?;
    let source = given.map_or_else(|| sample(&folder, out), Ok)?;

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    vms_telemetry::log_plain(&env, folder.log()?)?;
    let meter = Arc::new(Memory::default());
    let refresher = Refresher::new(store.clone(), FileSource::new(source.clone()), clock.clone(), config);
    let refresher = refresher.metered(meter.clone());
    let invoke = Refreshes::new(Arc::new(refresher), clock.clone());

    if table.is_embedded {
        close_what_was_killed(&store, clock.now()).await?;
    }
    let context = || Context::new(store.clone(), clock.clone(), limits).on_loopback();
    let handlers = Whole {
        health: Health::new(context()),
        reports: Reports::new(context()).metered(meter.clone()),
        status: Status::new(context().refreshed(nightly.clone()))
            .observing(meter)
            .refreshed_every(refresh_interval_hours),
        manage: Manage::new(context(), invoke.clone()).keeping(keep_versions),
    };
    tokio::spawn(server::serve(listener, Arc::new(handlers)));
    greet(&local, &source, &folder, out)?;
    first_refresh(&invoke, &folder, out).await?;
    what_next(&local, &folder, out)?;
    schedule::keep(invoke, &nightly).await;
    Ok(())
}

/// A listener on loopback.
async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    listener.with_context(|| format!("port {port} is taken; choose another with --port"))
}

/// The environment's settings; the sample never changes, so its age says nothing.
fn setting(name: &str, is_sample: bool) -> Option<String> {
    let own = config::variable(name);
    if name == "MAX_SOURCE_AGE_HOURS" && is_sample { own.or_else(|| Some("0".to_owned())) } else { own }
}

/// Addresses and keys, written where the other commands find them; keys are made on the first start.
async fn connection(
    folder: &Folder,
    store: &Store<DynamoTable>,
    url: String,
    table: &table::Opened,
    out: &mut Output,
) -> anyhow::Result<Local> {
    let known = config::local(folder.path());
    let (operator_key, reader_key) = match known {
        Some(local) if is_valid(store, &local).await? => (local.operator_key, local.reader_key),
        _ => {
            let now = SystemClock.now();
            let (_, operator) = keys::create(store, Role::Operator, "dev operator", now, out).await?;
            let (_, reader) = keys::create(store, Role::Reader, "dev reader", now, out).await?;
            (operator.expose().to_owned(), reader.expose().to_owned())
        }
    };
    let table_name = table.table.name().to_owned();
    let local = Local { url, table_url: table.url.clone(), table_name, operator_key, reader_key };
    folder.write_secret(config::LOCAL, &serde_json::to_vec_pretty(&local)?)?;
    Ok(local)
}

/// Whether the keys of an earlier start still open this table.
async fn is_valid(store: &Store<DynamoTable>, local: &Local) -> anyhow::Result<bool> {
    for text in [&local.operator_key, &local.reader_key] {
        let Ok(secret) = text.parse::<vms_store::KeySecret>() else { return Ok(false) };
        let key = store.key(&secret.hash(), Read::Consistent).await?;
        if key.is_none_or(|k| k.revoked_at.is_some()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The absolute path of a database that every report can be computed from; looked at before anything is written.
fn usable(path: &Path, config: &RefreshConfig) -> anyhow::Result<PathBuf> {
    vms_source::Database::open(path, &Needs::of(CacheType::ALL, config.reports.student_details))?;
    Ok(std::path::absolute(path)?)
}

/// Our own sample, made on the first start.
fn sample(folder: &Folder, out: &mut Output) -> anyhow::Result<PathBuf> {
    let path = folder.path().join("sample.db");
    if !path.exists() {
        let spec = Spec { seed: 1, scale: Scale::Small, as_of: SystemClock.now() };
        let counts = vms_sample::write(&path, &spec, &mut |_, _| ())?;
        out.line(format!(
            "Made a sample VMS database: {} events, {} volunteers, {} students.",
            counts.events, counts.volunteers, counts.students
        ))?;
    }
    Ok(path)
}

/// Runs that are looked at for one without a verdict: a process that is killed leaves a few, the newest of all.
const RUNS_LOOKED_AT: usize = 50;

/// This process alone refreshes into a table that is embedded in it, so a lease that is still held, and a run without a
/// verdict, are those of a process that was killed: nothing of it is waited for. A table that others reach may have
/// others at work.
async fn close_what_was_killed(store: &Store<DynamoTable>, now: Timestamp) -> anyhow::Result<()> {
    for cache_type in CacheType::ALL {
        let (runs, _) = store.runs(cache_type, RUNS_LOOKED_AT, None, now).await?;
        for run in runs.into_iter().filter(|run| run.outcome_at(now).is_none()) {
            tracing::error!(run_id = %run.run_id, %cache_type, "Cache refresh lost: its process was ended");
            store.save_run(&Run { state: RunState::Done, outcome: Some(Outcome::Lost), ..run }).await?;
        }
        if let Some(lease) = store.lease(cache_type, Read::Consistent).await? {
            store.release(&lease).await?;
        }
    }
    Ok(())
}

fn greet(local: &Local, source: &Path, folder: &Folder, out: &mut Output) -> anyhow::Result<()> {
    out.line(format!("The VMS report cache runs at {}", local.url))?;
    out.line(format!("  status page    {}/management/cache/status  (sign in with the operator key)", local.url))?;
    out.line(format!("  VMS database   {}", source.display()))?;
    out.line(format!("  data and log   {}", folder.path().display()))?;
    out.line(format!("  DynamoDB       {}  (table {})", local.table_url, local.table_name))?;
    out.line(format!("  operator key   {}", local.operator_key))?;
    out.line(format!("  reader key     {}", local.reader_key))?;
    Ok(())
}

/// Refreshes what is not fresh, as the sweep would, and says what came of it.
async fn first_refresh(refreshes: &Refreshes, folder: &Folder, out: &mut Output) -> anyhow::Result<()> {
    out.line("Refreshing what is due …")?;
    let now = SystemClock.now();
    let mut ended = Vec::new();
    for cache_type in CacheType::ALL {
        let run_id = RunId::new(cache_type, now, getrandom::u32()?);
        ended.push(match refreshes.run(&RefreshRequest::new(run_id, Trigger::Sweep)).await {
            Ok(run) => format!("{cache_type} {}", RunWords(&run)),
            Err(error) => format!("{cache_type} unknown, since {error}"),
        });
    }
    out.line(format!("Refreshed: {}.", ended.join(", ")))?;
    // What fails here need not end it: reports of earlier starts are served on.
    if let Err(error) = folder.probe() {
        out.line(format!("{error:#}; make room, and the next sweep goes on"))?;
    }
    Ok(())
}

fn what_next(local: &Local, folder: &Folder, out: &mut Output) -> anyhow::Result<()> {
    let program = typed(folder.path());
    out.line("Try, in another terminal:")?;
    for command in ["status", "refresh district --wait", "report volunteer/recent/last-365-days"] {
        out.line(format!("  {program} {command}"))?;
    }
    out.line(format!("  curl -H 'Authorization: Bearer {}' {}/reports", local.reader_key, local.url))?;
    out.line("Stop with Ctrl-C. The next start goes on where this one left off.")?;
    Ok(())
}

/// What to type for this program in another terminal, in any folder, for it to find this data folder.
fn typed(folder: &Path) -> String {
    let name = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    // A bare name was found by the shell, and will be again.
    let is_path = name.components().count() > 1;
    let program = if is_path { std::path::absolute(&name).unwrap_or(name) } else { "vms-cache".into() };
    let program = quoted(&program);
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    if folder == config::usual_data_folder() {
        program
    } else {
        format!("VMS_CACHE_DATA={} {program}", quoted(&folder))
    }
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A run in a few words.
struct RunWords<'a>(&'a vms_core::Run);

impl std::fmt::Display for RunWords<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0.outcome, self.0.skipped) {
            (_, Some(reason)) => f.write_str(reason.as_str()),
            (Some(outcome), None) => write!(f, "{outcome} ({} reports)", self.0.done),
            (None, None) => f.write_str("without a verdict"),
        }
    }
}
