//! What the stack costs a month for a mid-size VMS: sizes and counts measured here, times AWS's list prices.
//!
//! `cargo run --release -p vms-tests --example cost` makes a mid-size sample, refreshes all five types from it into a
//! table that counts as DynamoDB bills, reads alarms and schedules off the template, and prints the bill. It is an upper
//! bound: as if every report changed every night, and without anything that AWS gives away.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for whoever wonders what this costs")]

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde_yaml_ng::Value as Yaml;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use vms_core::{CacheType, Env, Outcome, RefreshRequest, RunId, Trigger};
use vms_refresh::{FileSource, RefreshConfig, Refresher};
use vms_sample::{Scale, Spec};
use vms_store::{
    Change, Condition, Item, Key, MemoryTable, Page, QueryPage, Read, SortRange, Store, Table, TableError,
};
use vms_telemetry::metrics::Metric;

/// AWS's list prices in us-east-1, in dollars, as of November 2026.
mod price {
    /// A million write request units; a million read request units; a GB of table, and of its recovery, for a month.
    pub(crate) const WRITE_UNITS: f64 = 0.625;
    pub(crate) const READ_UNITS: f64 = 0.125;
    pub(crate) const TABLE_GB: f64 = 0.25;
    pub(crate) const RECOVERY_GB: f64 = 0.20;
    /// A GB-second on x86-64; a million invocations; a million requests through an HTTP API.
    pub(crate) const GB_SECOND: f64 = 0.000_016_666_7;
    pub(crate) const INVOCATIONS: f64 = 0.20;
    pub(crate) const API_REQUESTS: f64 = 1.0;
    /// A GB in S3 for a month; a thousand uploads; a thousand downloads; a GB out of AWS.
    pub(crate) const S3_GB: f64 = 0.023;
    pub(crate) const UPLOADS: f64 = 0.005;
    pub(crate) const DOWNLOADS: f64 = 0.0004;
    pub(crate) const OUT_GB: f64 = 0.09;
    /// A metric; a metric of an alarm; a composite alarm; a dashboard; a thousand calls; a GB of logs.
    pub(crate) const METRIC: f64 = 0.30;
    pub(crate) const ALARM_METRIC: f64 = 0.10;
    pub(crate) const COMPOSITE: f64 = 0.50;
    pub(crate) const DASHBOARD: f64 = 3.0;
    pub(crate) const CALLS: f64 = 0.01;
    pub(crate) const LOG_GB: f64 = 0.50;
}

const DAYS: f64 = 30.0;
/// What readers are taken to do in a month: two hundred people, fifteen reports on each of twenty days.
const REQUESTS: f64 = 60_000.0;
/// What a run is taken to need on Lambda, the download included: ten times what a fast machine does.
const RUN_SECONDS: f64 = 20.0;
const SWEEP_SECONDS: f64 = 0.2;
const REQUEST_SECONDS: f64 = 0.02;
/// Bytes of log of a run or a sweep, with Lambda's own lines; of a request, with its metrics and the access log.
const RUN_LOG: f64 = 2_500.0;
const REQUEST_LOG: f64 = 1_800.0;

/// A table that counts as DynamoDB bills.
#[derive(Clone, Default)]
struct Billed {
    inner: MemoryTable,
    writes: Arc<AtomicU64>,
    half_reads: Arc<AtomicU64>,
    stored: Arc<Mutex<std::collections::HashMap<Key, u64>>>,
}

impl Billed {
    fn write(&self, key: Key, bytes: u64) {
        self.writes.fetch_add(bytes.div_ceil(1024).max(1), Ordering::Relaxed);
        self.stored.lock().unwrap().insert(key, bytes);
    }

    fn read(&self, bytes: u64, read: Read) {
        let units = bytes.div_ceil(4096).max(1);
        self.half_reads.fetch_add(if read == Read::Consistent { 2 * units } else { units }, Ordering::Relaxed);
    }

    /// Write units and read units since the last look.
    fn units(&self) -> (f64, f64) {
        let taken = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed) as f64;
        (taken(&self.writes), taken(&self.half_reads) / 2.0)
    }

    fn bytes(&self) -> u64 {
        // DynamoDB adds a hundred bytes of index to each item.
        self.stored.lock().unwrap().values().map(|bytes| bytes + 100).sum()
    }
}

fn size_of(item: &Item) -> u64 {
    item.iter().map(|(name, value)| name.len() as u64 + size_of_value(value)).sum()
}

fn size_of_value(value: &AttributeValue) -> u64 {
    match value {
        AttributeValue::S(text) => text.len() as u64,
        AttributeValue::N(digits) => digits.len() as u64 / 2 + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len() as u64,
        AttributeValue::M(fields) => 3 + size_of(fields) + fields.len() as u64,
        AttributeValue::L(all) => 3 + all.iter().map(|v| size_of_value(v) + 1).sum::<u64>(),
        _ => 1,
    }
}

fn key_of(item: &Item) -> Key {
    let text = |name: &str| item[name].as_s().unwrap().clone();
    Key::new(text("pk"), text("sk"))
}

impl Table for Billed {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        let item = self.inner.get(key, read).await?;
        self.read(item.as_ref().map_or(0, size_of), read);
        Ok(item)
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        let answer = self.inner.query(pk, range, page, read).await?;
        self.read(answer.items.iter().map(size_of).sum(), read);
        Ok(answer)
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        self.write(key_of(&item), size_of(&item));
        self.inner.put(item, condition).await
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        self.inner.update(key, change, condition).await?;
        let item = self.inner.get(key, Read::Consistent).await?.unwrap_or_default();
        self.write(key.clone(), size_of(&item));
        Ok(())
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        self.write(key.clone(), 0);
        self.inner.delete(key, condition).await
    }
}

/// A system on a mid-size sample.
struct Tenant {
    table: Billed,
    database: std::path::PathBuf,
}

impl Tenant {
    /// Refreshes every type; the write and read units, and the seconds, of all five.
    async fn refresh(&self, at: Timestamp, trigger: Trigger) -> (f64, f64, f64) {
        let begun = Instant::now();
        for cache_type in CacheType::ALL {
            let config = RefreshConfig::from_env(&Env::new(&|_| None), |path| std::fs::read_to_string(path)).unwrap();
            let store = Arc::new(Store::new(self.table.clone()));
            let engine = Refresher::new(store, FileSource::new(&self.database), Arc::new(at), config);
            let mut request = RefreshRequest::new(RunId::new(cache_type, at, 1), trigger);
            request.force = trigger == Trigger::Manual;
            let run = engine.run(&request, at + SignedDuration::from_mins(15)).await.unwrap();
            let expected = if trigger == Trigger::Sweep { Outcome::Skipped } else { Outcome::Succeeded };
            assert_eq!(run.outcome, Some(expected), "{run:?}");
        }
        let (writes, reads) = self.table.units();
        (writes, reads, begun.elapsed().as_secs_f64())
    }

    async fn reports(&self) -> usize {
        let store = Store::new(self.table.clone());
        let mut reports = 0;
        for cache_type in CacheType::ALL {
            reports += store.entries(cache_type, Read::Consistent).await.unwrap().len();
        }
        self.table.units();
        reports
    }
}

/// How many metrics the template's alarms read.
fn alarm_metrics() -> f64 {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
    let template: Yaml = serde_yaml_ng::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let resources = template["Resources"].as_mapping().unwrap().values();
    let alarms = resources.filter(|r| r["Type"].as_str() == Some("AWS::CloudWatch::Alarm"));
    let read = |alarm: &Yaml| match alarm["Properties"].get("Metrics").and_then(Yaml::as_sequence) {
        Some(metrics) => metrics.iter().filter(|m| m.get("MetricStat").is_some()).count(),
        None => 1,
    };
    alarms.map(read).sum::<usize>() as f64
}

/// A line of the bill.
struct Line {
    what: &'static str,
    how_much: String,
    dollars: f64,
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("vms.db");
    let night: Timestamp = "2026-03-15T02:00:00Z".parse().unwrap();
    vms_sample::write(&database, &Spec { seed: 1, scale: Scale::Medium, as_of: night }, &mut |_, _| ()).unwrap();
    let database_gb = std::fs::metadata(&database).unwrap().len() as f64 / 1e9;

    let tenant = Tenant { table: Billed::default(), database };
    let (new_writes, new_reads, seconds) = tenant.refresh(night, Trigger::Manual).await;
    let (same_writes, same_reads, _) = tenant.refresh(night + SignedDuration::from_hours(1), Trigger::Manual).await;
    let (_, sweep_reads, _) = tenant.refresh(night + SignedDuration::from_hours(2), Trigger::Sweep).await;
    let reports = tenant.reports().await;
    let one_version = tenant.table.bytes() as f64;
    println!("{reports} reports, {:.1} MB as stored; refreshed in {seconds:.1} s here\n", one_version / 1e6);

    let types = CacheType::ALL.len() as f64;
    let (runs, sweeps) = (2.0 * types * DAYS, 24.0 * types * DAYS);
    let gb_seconds = 1.769 / 1.024 * (runs * RUN_SECONDS + sweeps * SWEEP_SECONDS) + 0.5 * REQUESTS * REQUEST_SECONDS;
    let writes = DAYS * (new_writes + same_writes);
    // A request reads its key's holder, its entry and its body.
    let reads = DAYS * (new_reads + same_reads + 24.0 * sweep_reads) + REQUESTS * 4.0;
    let table_gb = 7.0 * one_version / 1e9;
    let out_gb = REQUESTS * one_version / reports as f64 / 1e9;
    let metrics = Metric::ALL.iter().map(|m| if m.dimension.is_some() { types } else { 1.0 }).sum::<f64>();
    let log_gb = ((runs + sweeps) * RUN_LOG + REQUESTS * REQUEST_LOG) / 1e9;

    let line = |what, how_much, dollars| Line { what, how_much, dollars };
    let bill = [
        line("CloudWatch: metrics", format!("{metrics} names with dimensions"), metrics * price::METRIC),
        line(
            "CloudWatch: alarms",
            format!("{} metrics read, 1 composite", alarm_metrics()),
            alarm_metrics() * price::ALARM_METRIC + price::COMPOSITE,
        ),
        line("CloudWatch: dashboard", "1".to_owned(), price::DASHBOARD),
        line("CloudWatch: calls", format!("{:.0} puts", runs + sweeps), (runs + sweeps) / 1e3 * price::CALLS),
        line("CloudWatch: logs", format!("{log_gb:.2} GB"), log_gb * price::LOG_GB),
        line("DynamoDB: writes", format!("{writes:.0} units"), writes / 1e6 * price::WRITE_UNITS),
        line("DynamoDB: reads", format!("{reads:.0} units"), reads / 1e6 * price::READ_UNITS),
        line(
            "DynamoDB: storage and recovery",
            format!("{table_gb:.2} GB, seven versions"),
            table_gb * (price::TABLE_GB + price::RECOVERY_GB),
        ),
        line("Lambda: computing", format!("{gb_seconds:.0} GB-seconds"), gb_seconds * price::GB_SECOND),
        line(
            "Lambda and API: requests",
            format!("{:.0}", runs + sweeps + REQUESTS),
            (runs + sweeps + REQUESTS) / 1e6 * price::INVOCATIONS + REQUESTS / 1e6 * price::API_REQUESTS,
        ),
        line(
            "S3: snapshots",
            format!("{:.2} GB, fifteen versions", 15.0 * database_gb),
            15.0 * database_gb * price::S3_GB + DAYS / 1e3 * price::UPLOADS + (runs + sweeps) / 1e3 * price::DOWNLOADS,
        ),
        line("Out of AWS", format!("{out_gb:.2} GB"), out_gb * price::OUT_GB),
    ];
    println!("| a month | how much | $ |\n|---|---|---|");
    for Line { what, how_much, dollars } in &bill {
        println!("| {what} | {how_much} | {dollars:.2} |");
    }
    println!("| all | | {:.2} |", bill.iter().map(|line| line.dollars).sum::<f64>());
}
