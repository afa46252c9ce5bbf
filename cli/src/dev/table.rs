//! The table of `dev`: an embedded DynamoDB on loopback, kept in the data folder, or the one that the environment names.

use super::folder::Folder;
use crate::config;
use crate::table::{client, local_client};
use anyhow::{Context as _, anyhow};
use aws_config::BehaviorVersion;
use dynoxide::Database;
use vms_store::{DynamoTable, create_table};

/// The name of the table, unless the environment names one.
const NAME: &str = "vms-report-cache";

/// A table that is ready.
pub(crate) struct Opened {
    pub(crate) table: DynamoTable,
    /// Where its DynamoDB is reached.
    pub(crate) url: String,
    /// Whether it is in this process, so that nobody else works on it.
    pub(crate) is_embedded: bool,
}

pub(crate) async fn open(folder: &Folder) -> anyhow::Result<Opened> {
    let name = config::variable("TABLE_NAME").unwrap_or_else(|| NAME.to_owned());
    let elsewhere = config::variable("AWS_ENDPOINT_URL_DYNAMODB");
    let is_embedded = elsewhere.is_none();
    let (client, url) = if let Some(url) = elsewhere {
        (client(&aws_config::load_defaults(BehaviorVersion::latest()).await), url)
    } else {
        let url = embedded(folder).await?;
        (local_client(&url).await, url)
    };
    create_table(&client, &name).await.with_context(|| format!("{url}: the table {name} cannot be made"))?;
    Ok(Opened { table: DynamoTable::new(client, name), url, is_embedded })
}

/// Starts the embedded DynamoDB; it ends with this process.
async fn embedded(folder: &Folder) -> anyhow::Result<String> {
    let path = folder.path().join("table.db");
    let text = path.to_str().with_context(|| format!("{}: is no path in UTF-8", path.display()))?;
    let database = Database::new(text).map_err(|error| {
        let error = error.to_string();
        if ["not a valid SQLite", "malformed"].iter().any(|words| error.contains(words)) {
            anyhow!("{text}: is no table of an earlier start; move it away")
        } else {
            anyhow!("{text}: cannot be opened: {error}")
        }
    })?;
    let listener = super::listen(0).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    Ok(url)
}
