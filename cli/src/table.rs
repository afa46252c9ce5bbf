//! The table that commands reach with the operator's own credentials, and `vms-cache table create`.

use crate::args::{TableArgs, TableCommand};
use crate::config;
use crate::exit::Exit;
use crate::output::Output;
use anyhow::Context as _;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use serde_json::json;
use std::time::Duration;
use vms_store::{DynamoTable, Store, connect, create_table};

pub(crate) async fn run(args: &TableArgs, out: &mut Output) -> anyhow::Result<Exit> {
    match args.act {
        TableCommand::Create => {
            let (client, name) = configured().await?;
            create_table(&client, &name).await?;
            if out.is_json() {
                out.value(&json!({"table": name}))?;
            } else {
                out.line(format!("table {name} is ready"))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// The store of the configured table.
pub(crate) async fn store() -> anyhow::Result<Store<DynamoTable>> {
    let (client, name) = configured().await?;
    Ok(Store::new(DynamoTable::new(client, name)))
}

/// The table of the environment, or that of the local `dev`.
async fn configured() -> anyhow::Result<(Client, String)> {
    if let Some(name) = config::variable("TABLE_NAME") {
        let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
        return Ok((client(&aws), name));
    }
    let local = config::local(&config::data_folder()).context(
        "no table to work on: set TABLE_NAME and the AWS variables (AWS_REGION, credentials, and \
         AWS_ENDPOINT_URL_DYNAMODB for a local DynamoDB), or start `vms-cache dev`",
    )?;
    Ok((local_client(&local.table_url).await, local.table_name))
}

/// A client of a DynamoDB on this machine, which asks for credentials but looks at none.
pub(crate) async fn local_client(url: &str) -> Client {
    let credentials = Credentials::new("local", "local", None, None, "local");
    let aws = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .load()
        .await;
    client(&aws)
}

/// A client with the patience of a person.
pub(crate) fn client(aws: &aws_config::SdkConfig) -> Client {
    connect(aws, Duration::from_secs(20), Duration::from_secs(8))
}
