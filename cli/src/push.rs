//! `vms-cache push`: what reports read of a live VMS database, uploaded as the new snapshot.

use crate::args::PushArgs;
use crate::config;
use crate::exit::{self, Exit};
use crate::output::Output;
use anyhow::{Context as _, bail};
use aws_config::BehaviorVersion;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vms_core::{CacheType, Clock, Env, SystemClock};
use vms_http::size;
use vms_refresh::RefreshConfig;
use vms_snapshot::{Location, Packed, Pushed, connect, pack, push};
use vms_source::{Content, Copied, Database, Needs};

/// What one attempt of an upload may take, and all of them together; one that stalls ends sooner.
const ATTEMPT: Duration = Duration::from_mins(30);
const UPLOAD: Duration = Duration::from_hours(1);

/// Where the copy goes.
enum Target<'a> {
    Object(Location),
    File(&'a Path),
}

pub(crate) async fn run(args: &PushArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let env = Env::new(&config::variable);
    let student_details = RefreshConfig::from_env(&env, |p| std::fs::read_to_string(p))?.reports.student_details;
    let target = target(args, &env)?;
    // What lacks a table or a column is told now, not by the refresh.
    let database = Database::open(&args.source, &Needs::of(CacheType::ALL, student_details))?;
    let content = if args.full { Content::Full } else { Content::Reduced { student_details } };
    let bar = bar(out);
    let taken_at = SystemClock.now();
    let packed = pack(&database, content, &mut |step, done, all| show(&bar, step, done, all));
    let packed = packed.inspect_err(|_| bar.finish_and_clear())?;
    let (to, pushed) = match target {
        Target::File(path) => (path.display().to_string(), keep(&packed, path).map(|()| None)),
        Target::Object(to) => (to.to_string(), upload(&to, &packed, taken_at, &env, &bar).await.map(Some)),
    };
    bar.finish_and_clear();
    tell(&Told { args, packed: &packed, taken_at, to, pushed: pushed? }, out)?;
    Ok(Exit::Done)
}

fn target<'a>(args: &'a PushArgs, env: &Env<'_>) -> anyhow::Result<Target<'a>> {
    if let Some(path) = &args.out {
        if path.exists() {
            bail!("{} exists already", path.display());
        }
        return Ok(Target::File(path));
    }
    if let Some(to) = &args.to {
        return Ok(Target::Object(to.clone()));
    }
    match env.text("SOURCE_URL").filter(|url| url.starts_with("s3://")) {
        Some(url) => url.parse().map(Target::Object).map_err(|e| exit::usage(format!("SOURCE_URL: {e}"))),
        None => Err(exit::usage("say where to: --to s3://bucket/key, or SOURCE_URL, or --out FILE for a file only")),
    }
}

async fn upload(
    to: &Location,
    packed: &Packed,
    taken_at: Timestamp,
    env: &Env<'_>,
    bar: &ProgressBar,
) -> anyhow::Result<Pushed> {
    let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = connect(&aws, env, UPLOAD, ATTEMPT);
    let (shown, all) = (bar.clone(), packed.bytes);
    let progress = Arc::new(move |done| show(&shown, "uploading", done, all));
    Ok(push(&client, to, packed, taken_at, progress).await?)
}

/// Gives the compressed copy the name that was asked for.
fn keep(packed: &Packed, path: &Path) -> anyhow::Result<()> {
    let cannot = || format!("{}: cannot be written", path.display());
    let mut kept = File::create_new(path).with_context(cannot)?;
    io::copy(&mut packed.file.reopen()?, &mut kept).with_context(cannot)?;
    Ok(())
}

/// What there is to tell.
struct Told<'a> {
    args: &'a PushArgs,
    packed: &'a Packed,
    taken_at: Timestamp,
    to: String,
    /// `None` where nothing was uploaded.
    pushed: Option<Pushed>,
}

fn tell(told: &Told<'_>, out: &mut Output) -> anyhow::Result<()> {
    let Told { args, packed, taken_at, to, pushed } = told;
    let copied = packed.copied;
    if out.is_json() {
        return out.value(&json!({
            "source": args.source,
            "to": to,
            "version": pushed.as_ref().and_then(|p| p.version.as_deref()),
            "taken_at": taken_at,
            "full": args.full,
            "tables": copied.tables,
            "columns": copied.columns,
            "rows": copied.rows,
            "bytes": packed.unpacked_bytes,
            "packed_bytes": packed.bytes,
            "sha256": packed.sha256_hex(),
        }));
    }
    let what = if args.full { "everything" } else { "what reports read" };
    let (whole, compressed) = (size(packed.unpacked_bytes), size(packed.bytes));
    let Copied { tables, columns, rows } = copied;
    out.line(format!("{what}: {rows} rows in {columns} columns of {tables} tables; {whole}, compressed {compressed}"))?;
    if pushed.is_none() {
        return Ok(out.line(format!("written to {to}; nothing was uploaded"))?);
    }
    out.line(format!("uploaded to {to}"))?;
    Ok(out.line("The bucket's event for it refreshes all five types; `vms-cache runs` shows how that goes.")?)
}

fn bar(out: &Output) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:11} {wide_bar} {percent:>3} %");
    let bar = if out.is_watched() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    bar.with_style(style.unwrap_or(ProgressStyle::default_bar()))
}

fn show(bar: &ProgressBar, step: &'static str, done: u64, all: u64) {
    bar.set_message(step);
    bar.set_length(all);
    bar.set_position(done);
}
