//! `vms-cache approve`, `reject` and `rollback`: an operator's acts on one report.

use crate::args::ActArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::nearest::or_nearest;
use crate::output::Output;
use vms_http::{ActRequest, Acted};

pub(crate) async fn run(client: &Client, deed: &str, args: ActArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let wanted = ActRequest { report_key: Some(args.key.to_string()), version: args.version, reason: args.reason };
    let acted = client.post(&format!("/management/cache/api/{deed}"), &wanted).await;
    let acted: Acted = or_nearest(client, &args.key, acted).await?;
    if out.is_json() {
        out.value(&acted)?;
    } else {
        out.line(&acted.message)?;
    }
    if !acted.recorded {
        out.not_recorded();
    }
    Ok(Exit::Done)
}
