//! `vms-cache diff`: what changed between two versions of a report, one change a line.

use crate::args::DiffArgs;
use crate::client::Client;
use crate::exit::{self, Exit};
use crate::nearest::or_nearest;
use crate::output::Output;
use serde_json::Value;
use vms_http::{Compared, Side, moment, short};

pub(crate) async fn run(client: &Client, args: &DiffArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let mut query = Vec::new();
    for (name, version) in [("from", &args.from), ("to", &args.to)] {
        let Some(version) = version else { continue };
        if version.is_empty() || !version.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(exit::usage(format!("--{name}: a version is current, candidate, or the beginning of an etag")));
        }
        query.push(format!("{name}={version}"));
    }
    let path = format!("/management/cache/api/diff/{}?{}", args.key, query.join("&"));
    let compared: Compared = or_nearest(client, &args.key, client.get(&path).await).await?;
    if out.is_json() {
        out.value(&compared)?;
        return Ok(Exit::Done);
    }
    out.line(format!("{}: {} -> {}", compared.report_key, side(&compared.from), side(&compared.to)))?;
    for change in &compared.diff.changes {
        out.line(format!("{}: {} -> {}", change.path, value(change.old.as_ref()), value(change.new.as_ref())))?;
    }
    let left = compared.diff.total - compared.diff.changes.len() as u64;
    if left > 0 {
        out.line(format!("… and {left} more changes"))?;
    }
    let summary = compared.diff.summary;
    out.line(format!(
        "{} changes: {} rows added, {} rows removed, {} figures changed",
        compared.diff.total, summary.rows_added, summary.rows_removed, summary.figures_changed
    ))?;
    Ok(Exit::Done)
}

fn side(side: &Side) -> String {
    format!("{} {} of {} ({} rows)", side.role, short(&side.version), moment(side.generated_at), side.rows)
}

fn value(value: Option<&Value>) -> String {
    value.map_or("(none)".to_owned(), Value::to_string)
}
