//! `vms-cache explain`: why a report is as it is, in sentences.

use crate::client::Client;
use crate::exit::Exit;
use crate::nearest::nearest_cached;
use crate::output::Output;
use vms_core::ReportKey;
use vms_http::{DecidedBy, Explained, VersionView, moment, short, size};

pub(crate) async fn run(client: &Client, key: &ReportKey, out: &mut Output) -> anyhow::Result<Exit> {
    let explained: Explained = client.get(&format!("/management/cache/api/explain/{key}")).await?;
    if out.is_json() {
        out.value(&explained)?;
        return Ok(Exit::Done);
    }
    let state = out.paint(explained.state.as_str());
    out.line(format!("{}: {state}", explained.report_key))?;
    explained.sentences.iter().try_for_each(|sentence| out.line(sentence))?;
    if !explained.versions.is_empty() {
        out.line("")?;
        let rows: Vec<_> = explained.versions.iter().map(row).collect();
        out.table(&["Version", "Built", "Rows", "Size", "Served"], &rows)?;
    }
    if explained.decided_by == DecidedBy::NotCached
        && let Some(near) = nearest_cached(client, key).await
    {
        out.note(format!("did you mean {near}?"));
    }
    Ok(Exit::Done)
}

fn row(version: &VersionView) -> Vec<String> {
    vec![
        short(&version.version),
        moment(version.generated_at),
        version.rows.to_string(),
        size(version.bytes),
        if version.is_served { "yes" } else { "no" }.to_owned(),
    ]
}
