//! `vms-cache report`: one cached report, as it is served.

use crate::client::Client;
use crate::exit::Exit;
use crate::nearest::or_nearest;
use crate::output::Output;
use vms_core::ReportKey;

pub(crate) async fn report(client: &Client, key: &ReportKey, out: &mut Output) -> anyhow::Result<Exit> {
    let body = client.bytes(&format!("/reports/{key}")).await;
    let body = or_nearest(client, key, body).await?;
    out.bytes(&body)?;
    Ok(Exit::Done)
}
