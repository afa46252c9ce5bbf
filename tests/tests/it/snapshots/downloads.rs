//! Downloads: each version once, whole or not at all.

use super::s3::{Fault, S3};
use super::{at, object, pushed};
use crate::support::DatabaseFile;
use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;
use vms_core::{CacheType, FailureClass};
use vms_refresh::Source as _;
use vms_snapshot::{Location, S3Source};
use vms_source::{Database, Needs};

const BUCKET: &str = "snapshots";

/// An S3, a source that reads its one object, and the folder in which that keeps it.
struct Stage {
    s3: S3,
    at: Location,
    folder: tempfile::TempDir,
    source: S3Source,
}

impl Stage {
    async fn new() -> Self {
        let s3 = S3::with_bucket(BUCKET).await;
        let folder = tempfile::tempdir().unwrap();
        let at = object(BUCKET);
        let source = S3Source::new(s3.client(), at.clone(), folder.path()).at_most(50_000_000);
        Self { s3, at, folder, source }
    }

    /// An object whose metadata is that.
    async fn of(body: &[u8], metadata: &[(&str, &str)]) -> Self {
        let stage = Self::new().await;
        stage.s3.put(BUCKET, &stage.at.key, body, metadata);
        stage
    }

    async fn push(&self, database: &DatabaseFile, taken_at: &str) {
        pushed(&self.s3.client(), &self.at, database.path(), taken_at).await.unwrap();
    }

    /// What it says when it does not come, and who must act.
    async fn refusal(&self) -> (String, FailureClass) {
        let error = self.source.fetch().await.unwrap_err();
        let line = error.to_string();
        let rest = line.strip_prefix(&format!("{}: ", self.at)).unwrap_or_else(|| panic!("{line}")).to_owned();
        assert!(!rest.contains('\n') && self.names().is_empty(), "{rest}: {:?}", self.names());
        (rest, error.class())
    }

    fn names(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn sample() -> Vec<u8> {
    std::fs::read(DatabaseFile::sample().path()).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn rows(path: &Path) -> u64 {
    let needs = Needs::of([CacheType::Volunteer], false);
    Database::open(path, &needs).unwrap().load(&needs).unwrap().rows_read
}

#[tokio::test]
async fn a_version_is_downloaded_once_however_often_it_is_asked_for() {
    let stage = Stage::new().await;
    stage.push(&DatabaseFile::sample(), "2026-03-15T03:30:00Z").await;
    let first = stage.source.fetch().await.unwrap();
    assert_eq!(first.fingerprint.taken_at, at("2026-03-15T03:30:00Z"));
    assert_eq!((stage.s3.met("HEAD"), stage.s3.met("GET")), (1, 1));
    let again = stage.source.fetch().await.unwrap();
    assert_eq!((again.path, again.fingerprint), (first.path.clone(), first.fingerprint.clone()));
    assert_eq!(stage.source.fingerprint().await.unwrap(), first.fingerprint);
    assert_eq!((stage.s3.met("HEAD"), stage.s3.met("GET")), (2, 0));
    let next_process = S3Source::new(stage.s3.client(), stage.at.clone(), stage.folder.path());
    assert_eq!(next_process.fetch().await.unwrap().path, first.path);
    assert_eq!(stage.s3.met("GET"), 0, "what is kept outlives its process");
    assert!(rows(&first.path) > 1000);
}

#[tokio::test]
async fn the_same_bytes_taken_anew_are_younger_and_need_no_download() {
    let stage = Stage::new().await;
    stage.push(&DatabaseFile::sample(), "2026-03-14T03:30:00Z").await;
    let first = stage.source.fetch().await.unwrap().fingerprint;
    stage.push(&DatabaseFile::sample(), "2026-03-15T03:30:00Z").await;
    let second = stage.source.fetch().await.unwrap().fingerprint;
    assert_ne!(first.version, second.version);
    assert_eq!(second.taken_at, at("2026-03-15T03:30:00Z"));
    assert_eq!(stage.s3.met("GET"), 1);
}

#[tokio::test]
async fn of_many_versions_the_last_two_are_kept_at_most() {
    let stage = Stage::new().await;
    let mut seen = Vec::new();
    for day in 10..15 {
        let changed = DatabaseFile::sample().with(&format!("UPDATE organization SET name = 'day {day}'"));
        stage.push(&changed, &format!("2026-03-{day}T03:30:00Z")).await;
        seen.push(stage.source.fetch().await.unwrap());
        assert!(stage.names().len() <= 2, "{:?}", stage.names());
    }
    let present: Vec<_> = seen.iter().map(|s| s.path.exists()).collect();
    assert_eq!(present, [false, false, false, true, true]);
    assert_eq!(stage.s3.met("GET"), 5);
}

#[tokio::test]
async fn a_database_is_unpacked_by_what_it_is_and_not_by_what_it_is_called() {
    let plain = sample();
    let half = plain.len() / 2;
    let zstd = |bytes: &[u8]| compress_to_vec(bytes, CompressionLevel::Fastest);
    for (what, body) in [
        ("as it is", plain.clone()),
        ("gzip", gzip(&plain)),
        ("gzip in two members", [gzip(&plain[..half]), gzip(&plain[half..])].concat()),
        ("zstd", zstd(&plain)),
        ("zstd in two frames", [zstd(&plain[..half]), zstd(&plain[half..])].concat()),
    ] {
        let stage = Stage::of(&body, &[]).await;
        let found = std::fs::read(stage.source.fetch().await.unwrap().path).unwrap();
        assert!(found == plain, "{what}");
    }
}

#[tokio::test]
async fn a_snapshot_is_as_old_as_it_says_unless_it_says_more_than_can_be() {
    let now = jiff::Timestamp::now();
    let future = (now + jiff::SignedDuration::from_hours(3)).to_string();
    for (told, expected) in [
        (Some("2026-03-15T03:30:00Z"), Some(at("2026-03-15T03:30:00Z"))),
        (None, None),
        (Some(future.as_str()), None),
        (Some("yesterday"), None),
    ] {
        let metadata: Vec<_> = told.iter().map(|told| ("taken-at", *told)).collect();
        let stage = Stage::of(&sample(), &metadata).await;
        let taken_at = stage.source.fingerprint().await.unwrap().taken_at;
        match expected {
            Some(expected) => assert_eq!(taken_at, expected),
            // As old as its upload, which S3 tells to the second.
            None => assert!((now.duration_since(taken_at).as_secs()).abs() <= 5, "{told:?}: {taken_at}"),
        }
    }
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_used_is_refused_in_one_line_and_leaves_nothing_behind() {
    let packed = gzip(&sample());
    let bomb = gzip(&[&sample()[..], &vec![0; 60_000_000]].concat());
    let mut bent = packed.clone();
    let middle = bent.len() / 2;
    bent[middle] ^= 0x55;
    let zstd = compress_to_vec(&sample()[..], CompressionLevel::Fastest);
    let wrong = "0".repeat(64);
    for (what, body, metadata, expected) in [
        ("a text", &b"id,name\n1,Ada\n"[..], &[][..], "is neither a SQLite database nor the gzip or zstd file of one"),
        ("nothing", b"", &[], "is neither a SQLite database"),
        ("gzip of a text: told when it is opened", b"PK\x03\x04", &[], "is neither a SQLite database"),
        ("cut gzip", &packed[..packed.len() - 10], &[], "is a gzip file that is damaged or cut off; push it again"),
        ("bent gzip", &bent, &[], "is a gzip file that is damaged or cut off"),
        ("cut zstd", &zstd[..zstd.len() - 10], &[], "is a zstd file that is damaged or cut off"),
        ("a bomb", &bomb, &[], "unpacks to more than 50000000 bytes, which no VMS database here may have"),
        ("a wrong hash", &packed, &[("sha256", wrong.as_str())], "its SHA-256 is not the one it was uploaded with"),
        ("a later form", &packed, &[("form", "2")], "was pushed in form 2, which this version does not know; deploy"),
    ] {
        let stage = Stage::of(body, metadata).await;
        let (line, class) = stage.refusal().await;
        assert!(line.starts_with(expected), "{what}: {line}");
        assert_eq!(class, FailureClass::SourceInvalid, "{what}");
    }
}

#[tokio::test]
async fn a_snapshot_that_does_not_come_is_told_from_one_that_is_wrong() {
    let stage = Stage::new().await;
    let unavailable = FailureClass::SourceUnavailable;
    let check = async |expected: &str| {
        let (line, class) = stage.refusal().await;
        assert!(line.contains(expected), "{line}");
        assert_eq!(class, unavailable, "{line}");
    };
    check("no such object; upload one with `vms-cache push`").await;
    let elsewhere = S3Source::new(stage.s3.client(), object("elsewhere"), stage.folder.path());
    let error = elsewhere.fetch().await.unwrap_err();
    assert!(error.to_string().contains("elsewhere/vms/snapshot.db.gz: no such bucket"), "{error}");
    assert_eq!(error.class(), unavailable);
    stage.s3.put(BUCKET, &stage.at.key, &gzip(&sample()), &[]);
    stage.s3.refuse_all(true);
    check("S3 refuses to hand it out (AccessDenied); grant s3:GetObject").await;
    stage.s3.refuse_all(false);
    stage.s3.meet([Fault::Refused]);
    check("(AccessDenied)").await;
    stage.s3.meet([Fault::Failed, Fault::Failed, Fault::Failed]);
    check("S3 does not answer").await;
    stage.s3.meet([Fault::CutOff]);
    check("the download broke off; it is tried again").await;
    stage.s3.meet([Fault::Replaced(gzip(b"SQLite format 3\0 and another"))]);
    check("was replaced while it was downloaded; the next refresh takes the new one").await;
    stage.s3.put(BUCKET, &stage.at.key, &gzip(&sample()), &[]);
    stage.s3.meet([Fault::Failed, Fault::Failed]);
    assert!(stage.source.fetch().await.is_ok(), "the third attempt");
}

#[tokio::test]
async fn a_bucket_with_versions_hands_out_the_one_that_was_looked_at() {
    let stage = Stage::new().await;
    let versioned = aws_sdk_s3::types::VersioningConfiguration::builder()
        .status(aws_sdk_s3::types::BucketVersioningStatus::Enabled)
        .build();
    stage.s3.client().put_bucket_versioning().bucket(BUCKET).versioning_configuration(versioned).send().await.unwrap();
    stage.push(&DatabaseFile::sample(), "2026-03-15T03:30:00Z").await;
    let looked_at = stage.source.fingerprint().await.unwrap();
    stage.s3.meet([Fault::Replaced(b"something else".to_vec())]);
    let found = stage.source.fetch().await.unwrap();
    assert_eq!(found.fingerprint, looked_at);
    assert!(rows(&found.path) > 1000);
    assert_ne!(stage.source.fingerprint().await.unwrap().version, looked_at.version, "the next run takes the new one");
}

#[tokio::test]
async fn a_download_that_is_given_up_leaves_nothing_behind() {
    let stage = Stage::new().await;
    stage.push(&DatabaseFile::sample(), "2026-03-15T03:30:00Z").await;
    stage.s3.meet([Fault::Stalled]);
    let in_time = tokio::time::timeout(Duration::from_millis(500), stage.source.fetch()).await;
    assert!(in_time.is_err());
    let gone = async {
        while !stage.names().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
    assert!(stage.source.fetch().await.is_ok(), "and the next one is not in its way");
}
