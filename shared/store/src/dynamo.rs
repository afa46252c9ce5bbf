//! The table in DynamoDB, by its SDK.

use crate::expression::Expression;
use crate::fault::table_error;
use crate::record::{PK, SK};
use crate::table::{Change, Condition, Item, Key, Page, QueryPage, Read, SortRange, Table, TableError};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use std::future::Future;
use std::time::{Duration, Instant};

/// Attempts of one call: the first and two more.
const ATTEMPTS: u32 = 3;

/// A client with standard retries (three attempts, exponential with jitter, slower when throttled), of which one
/// attempt takes at most `attempt` and the whole call at most `operation`.
pub fn connect(config: &SdkConfig, operation: Duration, attempt: Duration) -> Client {
    let timeouts = TimeoutConfig::builder().operation_timeout(operation).operation_attempt_timeout(attempt).build();
    let config = aws_sdk_dynamodb::config::Builder::from(config)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        .build();
    Client::from_conf(config)
}

/// A table in DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoTable {
    client: Client,
    name: String,
    deadline: Option<Instant>,
}

impl DynamoTable {
    /// The table of that name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into(), deadline: None }
    }

    /// The same table, where no call outlasts `deadline`: one that would is [`TableError::Unavailable`] by then.
    #[must_use]
    pub fn until(&self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// The client that reaches it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn call<A, E>(
        &self,
        call: impl Future<Output = Result<A, SdkError<E, HttpResponse>>>,
    ) -> Result<A, TableError>
    where
        E: ProvideErrorMetadata,
    {
        let answer = match self.deadline {
            Some(deadline) => tokio::time::timeout_at(deadline.into(), call).await,
            None => Ok(call.await),
        };
        answer.map_err(|_| TableError::Unavailable)?.map_err(|error| table_error(&error))
    }
}

impl Table for DynamoTable {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        let call = self.client.get_item().table_name(&self.name).set_key(Some(attributes(key)));
        let answer = self.call(call.consistent_read(read == Read::Consistent).send()).await?;
        Ok(answer.item)
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        let mut expression = Expression::default();
        let keys = expression.range(pk, range);
        let projection = page.keys_only.then(|| expression.keys());
        let (names, values) = expression.into_parts();
        let after = page.after.as_ref().map(|sk| attributes(&Key::new(pk, sk)));
        let call = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(keys)
            .set_projection_expression(projection)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .set_limit(page.limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX)))
            .set_exclusive_start_key(after)
            .scan_index_forward(!page.newest_first)
            .consistent_read(read == Read::Consistent);
        let answer = self.call(call.send()).await?;
        Ok(QueryPage { next: answer.last_evaluated_key.and_then(sort_key), items: answer.items.unwrap_or_default() })
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        let mut expression = Expression::default();
        let condition = expression.condition(condition);
        let (names, values) = expression.into_parts();
        let call = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        self.call(call.send()).await.map(drop)
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        let mut expression = Expression::default();
        let change = expression.change(change);
        let condition = expression.condition(condition);
        let (names, values) = expression.into_parts();
        let call = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(attributes(key)))
            .set_update_expression(change)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        self.call(call.send()).await.map(drop)
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        let mut expression = Expression::default();
        let condition = expression.condition(condition);
        let (names, values) = expression.into_parts();
        let call = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(attributes(key)))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        self.call(call.send()).await.map(drop)
    }
}

fn attributes(key: &Key) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (PK.to_owned(), AttributeValue::S(key.pk.clone())),
        (SK.to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

fn sort_key(mut key: Item) -> Option<String> {
    match key.remove(SK) {
        Some(AttributeValue::S(sk)) => Some(sk),
        _ => None,
    }
}
