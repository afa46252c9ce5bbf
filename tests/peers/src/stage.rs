//! The data of the contenders: one DynamoDB, in it the same three reports for each, in the form that each keeps.

use crate::place;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::tz::TimeZone;
use std::time::Duration;
use tokio::net::TcpListener;
use vms_core::{AsOf, CacheType, Clock, Entry, Fence, ReportKey, Role, RunId, SystemClock};
use vms_reports::{Family, Settings};
use vms_sample::Scale;
use vms_source::{Database, Needs};
use vms_store::{ApiKey, DynamoTable, Encoded, KeySecret, Store};

/// Our table.
pub(crate) const TABLE: &str = "peers";
/// Python's table with bodies as text, and as gzip bytes.
pub(crate) const TEXT_TABLE: &str = "peers-text";
pub(crate) const GZIP_TABLE: &str = "peers-gzip";

/// DynamoDB's limit of an item.
const MOST_ITEM_BYTES: usize = 400 * 1024;

/// The sizes of JSON that are looked for among the reports of a mid-size VMS.
const SIZES: [(&str, usize); 3] = [("10 KB", 10_000), ("100 KB", 100_000), ("500 KB", 500_000)];

/// A report on the stage.
pub(crate) struct Staged {
    /// The size that was looked for.
    pub(crate) size: &'static str,
    pub(crate) key: ReportKey,
    pub(crate) etag: String,
    /// Length of the JSON.
    pub(crate) bytes: usize,
    /// Whether its JSON fits into an item as it is.
    pub(crate) fits: bool,
}

/// One DynamoDB with everything in it.
pub(crate) struct Stage {
    pub(crate) url: String,
    pub(crate) reports: Vec<Staged>,
    /// A report whose stored bytes were changed since.
    pub(crate) damaged: ReportKey,
    /// A report that might be there, and is not.
    pub(crate) missing: ReportKey,
    pub(crate) secret: KeySecret,
}

/// An embedded DynamoDB with these empty tables, and its address.
pub(crate) async fn embedded(tables: &[&str]) -> (Client, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let credentials = Credentials::new("x", "x", None, None, "peers");
    let aws = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(&url)
        .load()
        .await;
    let client = vms_store::connect(&aws, Duration::from_secs(20), Duration::from_secs(8));
    for table in tables {
        vms_store::create_table(&client, table).await.unwrap();
    }
    (client, url)
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let (client, url) = embedded(&[TABLE, TEXT_TABLE, GZIP_TABLE]).await;
        let store = Store::new(DynamoTable::new(client.clone(), TABLE));
        let secret = KeySecret::from_entropy([7; 32]);
        let key = ApiKey::new("key-peers", "peers", Role::Reader, SystemClock.now());
        store.create_key(&secret, &key).await.unwrap();
        for table in [TEXT_TABLE, GZIP_TABLE] {
            put(&client, table, "key", secret.hash().as_str(), AttributeValue::Bool(true), "").await;
        }
        let mut reports = Vec::new();
        for (size, key, json) in real_reports() {
            let encoded = Encoded::of(&json).unwrap();
            publish(&store, &key, &encoded).await;
            reports.push(seed_python(&client, size, &key, json, &encoded).await);
        }
        let damaged = damage(&store, &client).await;
        let missing = ReportKey::OrganizationDetail { year: "1011".parse().unwrap(), organization: 1 };
        Self { url, reports, damaged, missing, secret }
    }

    /// The report of middle size.
    pub(crate) fn usual(&self) -> &Staged {
        &self.reports[1]
    }
}

/// Of all reports of a mid-size VMS, those nearest to the sizes.
fn real_reports() -> Vec<(&'static str, ReportKey, Vec<u8>)> {
    let path = place::sample(Scale::Medium);
    let as_of = AsOf::new(SystemClock.now(), TimeZone::get("America/Chicago").unwrap()).unwrap();
    let settings = Settings::vms().unwrap();
    let mut nearest: Vec<Option<(ReportKey, Vec<u8>)>> = vec![None; SIZES.len()];
    for cache_type in CacheType::ALL {
        let needs = Needs::of([cache_type], false);
        let data = Database::open(&path, &needs).unwrap().load(&needs).unwrap();
        let family = Family::new(cache_type, &data, &as_of, &settings);
        for key in family.plan() {
            let json = family.build(&key).unwrap().json;
            for (best, (_, wanted)) in nearest.iter_mut().zip(SIZES) {
                let off = |length: usize| length.abs_diff(wanted);
                if best.as_ref().is_none_or(|(_, known)| off(json.len()) < off(known.len())) {
                    *best = Some((key.clone(), json.clone()));
                }
            }
        }
    }
    SIZES.iter().zip(nearest).filter_map(|((size, _), best)| best.map(|(key, json)| (*size, key, json))).collect()
}

async fn publish(store: &Store<DynamoTable>, key: &ReportKey, body: &Encoded) {
    let (now, fence) = (SystemClock.now(), Fence(1));
    store.put_body(key, fence, body).await.unwrap();
    let current = body.version(fence, 1, now, "v1");
    let entry = Entry::first(key.clone(), "A report", current, RunId::new(key.cache_type(), now, 1), now);
    store.save_entry(&entry, None).await.unwrap();
}

async fn seed_python(client: &Client, size: &'static str, key: &ReportKey, json: Vec<u8>, body: &Encoded) -> Staged {
    let (etag, sk) = (body.etag.to_string(), key.to_string());
    let fits = json.len() + 1024 < MOST_ITEM_BYTES;
    let bytes = json.len();
    if fits {
        let text = AttributeValue::S(String::from_utf8(json).unwrap());
        put(client, TEXT_TABLE, "report", &sk, text, &etag).await;
    }
    let gzip = AttributeValue::B(Blob::new(body.gzip.to_vec()));
    put(client, GZIP_TABLE, "report", &sk, gzip, &etag).await;
    Staged { size, key: key.clone(), etag, bytes, fits }
}

/// Stores a report and then other bytes in its place.
async fn damage(store: &Store<DynamoTable>, client: &Client) -> ReportKey {
    let key = ReportKey::RecruitmentDiaEvents;
    let json = format!(r#"{{"filled_events":[{}1],"unfilled_events":[]}}"#, "1,".repeat(1000));
    let mut body = Encoded::of(json.as_bytes()).unwrap();
    let mut gzip = body.gzip.to_vec();
    let middle = gzip.len() / 2;
    gzip[middle] ^= 0xff;
    body.gzip = gzip.clone().into();
    publish(store, &key, &body).await;
    let (sk, etag) = (key.to_string(), body.etag.to_string());
    put(client, GZIP_TABLE, "report", &sk, AttributeValue::B(Blob::new(gzip)), &etag).await;
    let half = AttributeValue::S(json[..json.len() / 2].to_owned());
    put(client, TEXT_TABLE, "report", &sk, half, &etag).await;
    key
}

async fn put(client: &Client, table: &str, pk: &str, sk: &str, body: AttributeValue, etag: &str) {
    let call = client.put_item().table_name(table).item("pk", AttributeValue::S(pk.to_owned()));
    let call = call.item("sk", AttributeValue::S(sk.to_owned())).item("body", body);
    call.item("etag", AttributeValue::S(format!("\"{etag}\""))).send().await.unwrap();
}
