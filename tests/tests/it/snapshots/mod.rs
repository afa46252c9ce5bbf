//! The VMS database on its way through S3: what a copy holds, what a push sends, what a refresh makes of it.
//!
//! S3 is `s3.rs`, a small one in this process that speaks HTTP; with `AWS_ENDPOINT_URL_S3` the way from push to
//! report is gone through on that S3 as well.

#![expect(clippy::unwrap_used, reason = "a test ends where what it stands on gives way")]

mod copies;
mod downloads;
mod events;
mod pushes;
pub(crate) mod s3;
mod way;

use crate::support::GOLDEN_CLOCK;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vms_core::{CacheType, Env};
use vms_snapshot::{Location, Packed, PushError, Pushed, connect, pack, push};
use vms_source::{Content, Database, Needs};

const REDUCED: Content = Content::Reduced { student_details: false };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A client of the S3 at that address.
fn client(endpoint: &str) -> Client {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("x", "x", None, None, "test")))
        .endpoint_url(endpoint)
        .build();
    connect(&config, &Env::new(&|_| None), Duration::from_secs(20), Duration::from_secs(5))
}

fn object(bucket: &str) -> Location {
    Location { bucket: bucket.to_owned(), key: "vms/snapshot.db.gz".to_owned() }
}

/// A copy of the database, packed.
fn packed(path: &Path, content: Content) -> Packed {
    let database = Database::open(path, &Needs::of(CacheType::ALL, false)).unwrap();
    pack(&database, content, &mut |_, _, _| ()).unwrap()
}

/// Pushes the reduced copy of a database, as if it were taken at that time.
async fn pushed(client: &Client, to: &Location, path: &Path, taken_at: &str) -> Result<Pushed, PushError> {
    push(client, to, &packed(path, REDUCED), at(taken_at), Arc::new(|_| ())).await
}

/// The as-of time of every report here.
fn clock() -> Timestamp {
    at(GOLDEN_CLOCK)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
