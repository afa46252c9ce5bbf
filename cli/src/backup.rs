//! `vms-cache config`: what cannot be computed anew, to a file and back, straight in the table.

use crate::args::ConfigCommand;
use crate::exit::Exit;
use crate::output::Output;
use crate::{private_file, table};
use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use std::path::{Path, PathBuf};
use vms_core::{Clock, SystemClock};
use vms_store::Backup;

pub(crate) async fn run(act: ConfigCommand, out: &mut Output) -> anyhow::Result<Exit> {
    let now = SystemClock.now();
    match act {
        ConfigCommand::Backup { out: path } => {
            let backup = table::store().await?.back_up(now).await?;
            let path = path.unwrap_or_else(|| named(now));
            private_file::write(&path, &serde_json::to_vec_pretty(&backup)?)?;
            let keys = backup.keys.len();
            if out.is_json() {
                out.value(&json!({"out": path, "keys": keys}))?;
            } else {
                out.line(format!("wrote {}: {keys} keys and how the schedule is switched", path.display()))?;
            }
        }
        ConfigCommand::Restore { file } => {
            let backup = read(&file)?;
            let restored = table::store().await?.restore(&backup, now).await?;
            if out.is_json() {
                out.value(&restored)?;
                return Ok(Exit::Done);
            }
            for id in &restored.keys {
                out.line(format!("restored {id}"))?;
            }
            let (new, known) = (restored.keys.len(), restored.known);
            let schedule = if restored.schedule { "switched as in the backup" } else { "left as it is" };
            out.line(format!("{new} keys restored, {known} there already; the schedule was {schedule}"))?;
        }
    }
    Ok(Exit::Done)
}

/// A name that no earlier backup has.
fn named(now: Timestamp) -> PathBuf {
    now.to_zoned(TimeZone::UTC).strftime("vms-cache-config-%Y-%m-%dT%H%M%SZ.json").to_string().into()
}

fn read(path: &Path) -> anyhow::Result<Backup> {
    let bytes = std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|_| anyhow!("{}: is no file that `config backup` wrote", path.display()))
}
