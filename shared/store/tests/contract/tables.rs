//! The tables that the tests run on.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use std::io::Write as _;
use std::sync::Once;
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use vms_store::{DynamoTable, connect, create_table, delete_table};

const ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";
const NAME: &str = "vms-cache";

/// A client of whatever answers at that address, with the given patience for a call and for one attempt.
pub(crate) fn client(endpoint: &str, operation: Duration, attempt: Duration) -> Client {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("x", "x", None, None, "test")))
        .endpoint_url(endpoint)
        .build();
    connect(&config, operation, attempt)
}

pub(crate) fn patient_client(endpoint: &str) -> Client {
    client(endpoint, Duration::from_mins(1), Duration::from_secs(20))
}

/// A fresh table in a DynamoDB of its own, in this process.
pub(crate) async fn embedded() -> DynamoTable {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let client = patient_client(&endpoint);
    for _ in 0..2 {
        create_table(&client, NAME).await.unwrap();
    }
    DynamoTable::new(client, NAME)
}

/// A fresh table in the DynamoDB that the environment names.
pub(crate) struct External {
    pub(crate) table: DynamoTable,
    client: Client,
    name: String,
}

impl External {
    pub(crate) async fn delete(self) {
        delete_table(&self.client, &self.name).await.unwrap();
    }
}

/// The table for that test, or `None`, said once on a line that the test harness does not swallow.
pub(crate) async fn external(test: &str) -> Option<External> {
    static TOLD: Once = Once::new();
    let Ok(endpoint) = std::env::var(ENDPOINT) else {
        TOLD.call_once(|| {
            let line = "NOT RUN: the store's contract on an external DynamoDB; to run it, start one (npx dynalite \
                        --port 4567) and set AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:4567\n";
            let _ = std::io::stderr().write_all(line.as_bytes());
        });
        return None;
    };
    let client = patient_client(&endpoint);
    let moment = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let name = format!("vms-store-{test}-{}-{moment}", std::process::id());
    for _ in 0..2 {
        create_table(&client, &name).await.unwrap();
    }
    Some(External { table: DynamoTable::new(client.clone(), &name), client, name })
}
