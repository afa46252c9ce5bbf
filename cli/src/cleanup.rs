//! `vms-cache cleanup`: the rule by which refreshes clean after themselves, applied by hand to the whole table.

use crate::args::CleanupArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::table;
use vms_core::{Clock, SystemClock};

pub(crate) async fn run(args: &CleanupArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let store = table::store().await?;
    let spinner = out.spinner("looking at every entry");
    let cleaned = store.clean(args.older_than, SystemClock.now()).await;
    spinner.finish_and_clear();
    let cleaned = cleaned?;
    if out.is_json() {
        out.value(&cleaned)?;
        return Ok(Exit::Done);
    }
    for key in &cleaned.removed {
        out.line(format!("removed {key}"))?;
    }
    for key in &cleaned.changed {
        out.line(format!("left {key}: it was changed meanwhile"))?;
    }
    let removed = cleaned.removed.len();
    out.line(format!(
        "{} entries looked at, {removed} retired reports removed, {} bodies removed",
        cleaned.entries, cleaned.bodies
    ))?;
    Ok(Exit::Done)
}
