//! What the store makes of a service that refuses, fails, slows down or stays silent: over a real connection.

use crate::tables::{client, embedded, patient_client};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vms_core::FailureClass;
use vms_store::{Condition, DynamoTable, Key, Read, Table, TableError, connect, create_table, delete_table};

const SECOND: Duration = Duration::from_secs(1);

fn refused(code: &str) -> TableError {
    TableError::Refused { code: code.to_owned() }
}

fn key() -> Key {
    Key::new("p", "s")
}

/// A service that gives every request the same answer, or none; and how many requests it has seen.
async fn service(answer: Option<String>) -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            let answer = answer.clone();
            tokio::spawn(async move {
                let _ = stream.read(&mut vec![0; 64 << 10]).await;
                match answer {
                    Some(answer) => drop(stream.write_all(answer.as_bytes()).await),
                    None => tokio::time::sleep(60 * SECOND).await,
                }
            });
        }
    });
    (endpoint, seen)
}

fn response(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.0\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn every_answer_of_the_service_has_its_meaning_and_its_number_of_attempts() {
    use FailureClass::{StoreRefused, StoreThrottled, StoreUnavailable};
    for (status, code, expected, class, attempts) in [
        (400, "ConditionalCheckFailedException", TableError::ConditionFailed, StoreRefused, 1),
        (400, "ProvisionedThroughputExceededException", TableError::Throttled, StoreThrottled, 3),
        (400, "ThrottlingException", TableError::Throttled, StoreThrottled, 3),
        (400, "RequestLimitExceeded", TableError::Throttled, StoreThrottled, 3),
        (500, "InternalServerError", TableError::Unavailable, StoreUnavailable, 3),
        (503, "Nonsense", TableError::Unavailable, StoreUnavailable, 3),
        (400, "AccessDeniedException", refused("AccessDeniedException"), StoreRefused, 1),
        (400, "ResourceNotFoundException", refused("ResourceNotFoundException"), StoreRefused, 1),
        (400, "ValidationException", refused("ValidationException"), StoreRefused, 1),
    ] {
        let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"Jane Doe"}}"#);
        let (endpoint, seen) = service(Some(response(status, &body))).await;
        let table = DynamoTable::new(client(&endpoint, 20 * SECOND, 5 * SECOND), "table");
        let error = table.delete(&key(), Condition::Absent).await.unwrap_err();
        assert_eq!((&error, error.class()), (&expected, class), "{status} {code}");
        assert_eq!(seen.load(Ordering::Relaxed), attempts, "{status} {code}");
        assert!(!format!("{error} {error:?}").contains("Jane"), "the service's words stay out");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_unavailable_in_time() {
    let (silent, _) = service(None).await;
    let (broken, _) = service(Some("nonsense\r\n\r\n".to_owned())).await;
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for endpoint in [&silent, &broken, &nobody] {
        let started = Instant::now();
        let table = DynamoTable::new(client(endpoint, 2 * SECOND, SECOND), "table");
        assert_eq!(table.get(&key(), Read::Eventual).await, Err(TableError::Unavailable));
        assert!(started.elapsed() < 10 * SECOND, "no call outlasts its limit");
    }
}

#[tokio::test]
async fn a_deadline_cuts_a_call_short() {
    let (silent, _) = service(None).await;
    let table = DynamoTable::new(patient_client(&silent), "table");
    let started = Instant::now();
    let hurried = table.until(started + SECOND / 5);
    assert_eq!(hurried.get(&key(), Read::Eventual).await, Err(TableError::Unavailable));
    assert!(started.elapsed() < 10 * SECOND, "the call ends at the deadline, not at the client's limit");
}

/// What the default chain answers with where nothing is configured.
#[derive(Debug)]
struct NoCredentials;

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded_no_source()))
    }
}

#[tokio::test]
async fn a_call_without_credentials_is_a_refusal_not_an_outage() {
    let (endpoint, seen) = service(None).await;
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(NoCredentials))
        .endpoint_url(endpoint)
        .build();
    let table = DynamoTable::new(connect(&config, 20 * SECOND, 10 * SECOND), "table");
    assert_eq!(table.get(&key(), Read::Eventual).await, Err(refused("NotSent")));
    assert_eq!(seen.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_table_that_is_not_there_is_a_refusal() {
    let gone = DynamoTable::new(embedded().await.client().clone(), "another-table");
    assert_eq!(gone.get(&key(), Read::Eventual).await, Err(refused("ResourceNotFoundException")));
    assert_eq!(delete_table(gone.client(), "another-table").await, Err(refused("ResourceNotFoundException")));
}

#[tokio::test]
async fn a_table_with_other_keys_is_not_taken_for_ours() {
    let table = embedded().await;
    let client = table.client();
    for (name, pk, kind) in
        [("other-names", "id", ScalarAttributeType::S), ("other-kinds", "pk", ScalarAttributeType::N)]
    {
        let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
        let attribute =
            |name, kind| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap();
        let call = client
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key(pk, KeyType::Hash))
            .key_schema(key("sk", KeyType::Range))
            .attribute_definitions(attribute(pk, kind))
            .attribute_definitions(attribute("sk", ScalarAttributeType::S));
        call.send().await.unwrap();
        assert_eq!(create_table(client, name).await, Err(refused("KeySchemaMismatch")), "{name}");
    }
}

#[tokio::test]
async fn a_created_table_forgets_what_has_expired() {
    let table = embedded().await;
    let answer = table.client().describe_time_to_live().table_name(table.name()).send().await.unwrap();
    let expiry = answer.time_to_live_description.unwrap();
    assert_eq!(expiry.attribute_name(), Some("expires_at"));
}
