//! The whole way: pushed, noticed, refreshed from, and served as old as it was when it left VMS.

use super::s3::{Fault, S3};
use super::{at, client, clock, object, pushed};
use crate::support::{DatabaseFile, chicago};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::SystemTime;
use vms_core::{CacheType, Env, FailureClass, Outcome, RefreshRequest, Run, RunId, SkipReason, Trigger};
use vms_refresh::{RefreshConfig, Refresher};
use vms_reports::{DistrictList, Family, Settings};
use vms_snapshot::{Location, S3Source};
use vms_store::{MemoryTable, Read, Store, codec};

const TYPE: CacheType = CacheType::Volunteer;

/// A bucket, and a cache that is refreshed from its one object.
struct World {
    s3: Client,
    at: Location,
    store: Arc<Store<MemoryTable>>,
    folder: tempfile::TempDir,
    runs: u32,
}

impl World {
    async fn new(endpoint: &str, bucket: &str, versioned: bool) -> Self {
        let s3 = client(endpoint);
        s3.create_bucket().bucket(bucket).send().await.unwrap();
        if versioned {
            let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
            s3.put_bucket_versioning().bucket(bucket).versioning_configuration(enabled).send().await.unwrap();
        }
        let store = Arc::new(Store::new(MemoryTable::new()));
        Self { s3, at: object(bucket), store, folder: tempfile::tempdir().unwrap(), runs: 0 }
    }

    /// Answers the event of a new snapshot, a minute after the one before, in a process of its own.
    async fn refresh(&mut self, trigger: Trigger) -> Run {
        self.runs += 1;
        let now = clock() + SignedDuration::from_mins(i64::from(self.runs));
        let config = RefreshConfig::from_env(&Env::new(&|_| None), |_| Err(io::ErrorKind::NotFound.into())).unwrap();
        let source = S3Source::new(self.s3.clone(), self.at.clone(), self.folder.path()).at_most(50_000_000);
        let refresher = Refresher::new(self.store.clone(), source, Arc::new(now), config);
        let request = RefreshRequest::new(RunId::new(TYPE, now, self.runs), trigger);
        refresher.run(&request, now + SignedDuration::from_mins(5)).await.unwrap()
    }

    async fn push(&self, database: &DatabaseFile, taken_at: &str) {
        pushed(&self.s3, &self.at, database.path(), taken_at).await.unwrap();
    }

    /// Uploads something that no push made.
    async fn put(&self, body: &[u8]) {
        let body = ByteStream::from(body.to_vec());
        self.s3.put_object().bucket(&self.at.bucket).key(&self.at.key).body(body).send().await.unwrap();
    }

    /// What is served: the etag of every report, and when its source was taken.
    async fn served(&self) -> BTreeMap<String, (String, Timestamp)> {
        let entries = self.store.entries(TYPE, Read::Consistent).await.unwrap();
        entries.into_iter().map(|e| (e.report_key.to_string(), (e.current.etag.0, e.source_taken_at))).collect()
    }

    async fn taken_at(&self) -> Vec<Timestamp> {
        let mut all: Vec<_> = self.served().await.into_values().map(|(_, taken_at)| taken_at).collect();
        all.dedup();
        all
    }
}

/// The etag of every report, computed from the file as it stands.
fn etags(database: &DatabaseFile) -> BTreeMap<String, String> {
    let as_of = chicago(&clock().to_string());
    let settings = Settings { report_years: 2, student_details: false, districts: DistrictList::vms().unwrap() };
    let data = database.load(&[TYPE]);
    let family = Family::new(TYPE, &data, &as_of, &settings);
    let etag = |key: &_| codec::etag(&family.build(key).unwrap().json).0;
    family.plan().iter().map(|key| (key.to_string(), etag(key))).collect()
}

async fn goes_all_the_way(world: &mut World, what: &str) {
    let database = DatabaseFile::sample();
    let run = world.refresh(Trigger::Snapshot).await;
    assert_eq!((run.outcome, run.error), (Some(Outcome::Failed), Some(FailureClass::SourceUnavailable)), "{what}");

    world.push(&database, "2026-03-14T03:30:00Z").await;
    let run = world.refresh(Trigger::Snapshot).await;
    assert_eq!(run.outcome, Some(Outcome::Succeeded), "{what}: {run:?}");
    let served = world.served().await;
    let found: BTreeMap<_, _> = served.iter().map(|(key, (etag, _))| (key.clone(), etag.clone())).collect();
    assert_eq!(found, etags(&database), "{what}: the reports of the database that was pushed");
    assert_eq!(world.taken_at().await, [at("2026-03-14T03:30:00Z")], "{what}");

    let run = world.refresh(Trigger::Snapshot).await;
    assert_eq!(run.skipped, Some(SkipReason::Fresh), "{what}: the same event once more");

    world.push(&database, "2026-03-15T03:30:00Z").await;
    let run = world.refresh(Trigger::Snapshot).await;
    assert_eq!(run.outcome, Some(Outcome::Succeeded), "{what}: {run:?}");
    assert_eq!(run.counts.of("unchanged"), run.total, "{what}: the same data, taken anew, confirms every report");
    assert_eq!(world.taken_at().await, [at("2026-03-15T03:30:00Z")], "{what}");

    let changed = database.with("UPDATE contact SET last_name = last_name || ', changed'");
    world.push(&changed, "2026-03-15T04:30:00Z").await;
    let run = world.refresh(Trigger::Sweep).await;
    assert_eq!((run.outcome, run.counts.of("published")), (Some(Outcome::Succeeded), run.total), "{what}: {run:?}");

    let good = world.served().await;
    world.put(b"not a database at all").await;
    let run = world.refresh(Trigger::Snapshot).await;
    assert_eq!((run.outcome, run.error), (Some(Outcome::Failed), Some(FailureClass::SourceInvalid)), "{what}");
    assert_eq!(world.served().await, good, "{what}: the last good reports stay");

    world.push(&changed, "2026-03-15T05:30:00Z").await;
    let run = world.refresh(Trigger::Snapshot).await;
    assert_eq!(run.outcome, Some(Outcome::Succeeded), "{what}: {run:?}");
}

#[tokio::test]
async fn a_push_becomes_reports_as_old_as_the_copy_is() {
    let s3 = S3::start().await;
    for (bucket, versioned) in [("plain", false), ("versioned", true)] {
        let mut world = World::new(&s3.endpoint, bucket, versioned).await;
        Box::pin(goes_all_the_way(&mut world, bucket)).await;
    }
}

#[tokio::test]
async fn the_same_holds_on_an_external_s3() {
    let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL_S3") else {
        let line = "NOT RUN: from push to report on an external S3; to run it, start one (moto_server --port 5000) and \
                    set AWS_ENDPOINT_URL_S3=http://127.0.0.1:5000\n";
        let _ = io::stderr().write_all(line.as_bytes());
        return;
    };
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    for (kind, versioned) in [("plain", false), ("versioned", true)] {
        let mut world = World::new(&endpoint, &format!("vms-{kind}-{since}"), versioned).await;
        Box::pin(goes_all_the_way(&mut world, kind)).await;
        let nowhere = S3Source::new(world.s3.clone(), object(&format!("none-{since}")), world.folder.path());
        let error = vms_refresh::Source::fetch(&nowhere).await.unwrap_err();
        assert!(error.to_string().contains("no such bucket"), "{error}");
    }
}

#[tokio::test]
async fn whatever_is_wrong_with_a_snapshot_the_last_good_reports_are_served() {
    let s3 = S3::start().await;
    let mut world = World::new(&s3.endpoint, "snapshots", false).await;
    let database = DatabaseFile::sample();
    world.push(&database, "2026-03-15T03:30:00Z").await;
    assert_eq!(world.refresh(Trigger::Snapshot).await.outcome, Some(Outcome::Succeeded));
    let good = world.served().await;
    assert!(good.len() > 3);
    let other = DatabaseFile::of(b"");
    other.vms().execute_batch("CREATE TABLE recipe (id INTEGER PRIMARY KEY, title TEXT)").unwrap();
    let other = std::fs::read(other.path()).unwrap();
    let whole = std::fs::read(database.path()).unwrap();
    let key = world.at.key.clone();
    let put = |body: &[u8], metadata: &[(&str, &str)]| s3.put("snapshots", &key, body, metadata);
    let gone = FailureClass::SourceUnavailable;
    for (what, spoil, class, says) in [
        (
            "no VMS database",
            Box::new(|| put(&other, &[])) as Box<dyn Fn()>,
            FailureClass::SourceInvalid,
            "is no VMS database that these reports can be computed from; it lacks event",
        ),
        ("half a database", Box::new(|| put(&whole[..whole.len() / 2], &[])), FailureClass::SourceInvalid, "truncated"),
        ("another hash", Box::new(|| put(&whole, &[("sha256", "00")])), FailureClass::SourceInvalid, "its SHA-256"),
        ("cut off", Box::new(|| s3.meet([Fault::CutOff])), gone, "the download broke off"),
        ("replaced", Box::new(|| s3.meet([Fault::Replaced(b"x".to_vec())])), gone, "was replaced while"),
        ("refused", Box::new(|| s3.refuse_all(true)), gone, "(AccessDenied)"),
    ] {
        // A version that was not there before, good but for what is wrong with it.
        world.put(&[&whole[..], what.as_bytes()].concat()).await;
        spoil();
        let run = world.refresh(Trigger::Snapshot).await;
        assert_eq!((run.outcome, run.error), (Some(Outcome::Failed), Some(class)), "{what}: {run:?}");
        let detail = run.error_detail.unwrap();
        assert!(detail.starts_with("s3://snapshots/vms/snapshot.db.gz: "), "{what}: {detail}");
        assert!(detail.contains(says), "{what}: {detail}");
        assert_eq!(world.served().await, good, "{what}");
    }
    s3.refuse_all(false);
    world.push(&database, "2026-03-15T04:30:00Z").await;
    assert_eq!(world.refresh(Trigger::Snapshot).await.outcome, Some(Outcome::Succeeded), "and it heals");
}
