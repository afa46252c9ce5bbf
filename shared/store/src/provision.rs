//! The table itself, for `dev`, tests and the command line; a deployed stack's table is its template's business.
//!
//! Only calls that every local DynamoDB has, save the expiry, which some lack: nothing relies on it, as expired
//! items are treated as absent anyway.

use crate::fault::table_error;
use crate::record::{EXPIRES_AT, PK, SK};
use crate::table::TableError;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableDescription, TableStatus,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use std::time::Duration;

const POLL: Duration = Duration::from_millis(200);
/// A minute in all; creating a table takes seconds.
const POLLS: u32 = 300;

/// Creates the table, on demand, and waits until it answers; one that exists already will do, if its keys are ours.
///
/// # Errors
///
/// [`TableError::Refused`] with `KeySchemaMismatch` for a table with other keys; [`TableError::Unavailable`] where
/// it does not become active within a minute.
pub async fn create_table(client: &Client, name: &str) -> Result<(), TableError> {
    let call = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema().map_err(|_| not_built())?))
        .set_attribute_definitions(Some(definitions().map_err(|_| not_built())?));
    match call.send().await.map_err(|error| table_error(&error)) {
        Err(TableError::Refused { code }) if code == "ResourceInUseException" => {}
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    wait_until_active(client, name).await?;
    enable_expiry(client, name).await
}

/// Deletes the table with all that is in it; for tests.
///
/// # Errors
///
/// [`TableError::Refused`] where there is no such table.
pub async fn delete_table(client: &Client, name: &str) -> Result<(), TableError> {
    let answer = client.delete_table().table_name(name).send().await;
    answer.map(drop).map_err(|error| table_error(&error))
}

async fn wait_until_active(client: &Client, name: &str) -> Result<(), TableError> {
    for _ in 0..POLLS {
        let answer = client.describe_table().table_name(name).send().await;
        let table = answer.map_err(|error| table_error(&error))?.table;
        match table.filter(|table| table.table_status() == Some(&TableStatus::Active)) {
            Some(table) if has_our_keys(&table) => return Ok(()),
            Some(_) => return Err(TableError::refused("KeySchemaMismatch")),
            None => {}
        }
        tokio::time::sleep(POLL).await;
    }
    Err(TableError::Unavailable)
}

async fn enable_expiry(client: &Client, name: &str) -> Result<(), TableError> {
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(EXPIRES_AT);
    let call = client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(expiry.build().map_err(|_| not_built())?);
    match call.send().await.map_err(|error| table_error(&error)) {
        Ok(_) => Ok(()),
        Err(TableError::Refused { code }) if code == "UnknownOperationException" => Ok(()),
        // A second request to enable what is enabled is refused.
        Err(_) if expires(client, name).await => Ok(()),
        Err(error) => Err(error),
    }
}

async fn expires(client: &Client, name: &str) -> bool {
    let Ok(answer) = client.describe_time_to_live().table_name(name).send().await else {
        return false;
    };
    answer.time_to_live_description.is_some_and(|expiry| {
        expiry.attribute_name() == Some(EXPIRES_AT)
            && matches!(expiry.time_to_live_status(), Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
    })
}

fn has_our_keys(table: &TableDescription) -> bool {
    key_schema().is_ok_and(|ours| table.key_schema() == ours)
        && definitions().is_ok_and(|ours| ours.iter().all(|d| table.attribute_definitions().contains(d)))
}

fn key_schema() -> Result<Vec<KeySchemaElement>, BuildError> {
    [(PK, KeyType::Hash), (SK, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build())
        .collect()
}

fn definitions() -> Result<Vec<AttributeDefinition>, BuildError> {
    let text = |name| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(ScalarAttributeType::S).build()
    };
    [PK, SK].into_iter().map(text).collect()
}

/// All that the builders ask for is given above.
fn not_built() -> TableError {
    TableError::refused("NotBuilt")
}
