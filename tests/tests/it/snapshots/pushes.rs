//! Pushes: what arrives, what is told of it, and why one may not arrive.

use super::s3::S3;
use super::{REDUCED, at, hex, object, packed, pushed};
use crate::support::DatabaseFile;
use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use vms_core::CacheType;
use vms_snapshot::{pack, push};
use vms_source::{Content, Database, Needs};

#[tokio::test]
async fn a_push_sends_the_gzip_of_the_copy_with_when_it_was_taken_and_its_hash() {
    let s3 = S3::with_bucket("snapshots").await;
    let database = DatabaseFile::sample();
    let packed = packed(database.path(), REDUCED);
    let told = Arc::new(Mutex::new(Vec::new()));
    let progress = Arc::clone(&told);
    let to = object("snapshots");
    let taken_at = at("2026-03-15T03:30:00.25Z");
    let client = s3.client();
    let sent = push(&client, &to, &packed, taken_at, Arc::new(move |n| progress.lock().unwrap().push(n)));
    assert_eq!(sent.await.unwrap().version, None);
    let (body, metadata) = s3.object(&to.bucket, &to.key);
    assert_eq!(body.len() as u64, packed.bytes);
    assert_eq!(told.lock().unwrap().last(), Some(&packed.bytes));
    let sha256 = hex(&Sha256::digest(&body));
    let expected = [("form", "1"), ("sha256", sha256.as_str()), ("taken-at", "2026-03-15T03:30:00.25Z")];
    assert_eq!(metadata, expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into());
    let mut unpacked = Vec::new();
    GzDecoder::new(&body[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked.len() as u64, packed.unpacked_bytes);
    let arrived = DatabaseFile::of(&unpacked);
    assert_eq!(arrived.load(&[CacheType::Volunteer]).rows_read, database.load(&[CacheType::Volunteer]).rows_read);
}

#[tokio::test]
async fn the_same_database_pushed_again_is_the_same_bytes() {
    let database = DatabaseFile::sample();
    assert_eq!(packed(database.path(), REDUCED).sha256, packed(database.path(), REDUCED).sha256);
    assert_ne!(packed(database.path(), REDUCED).sha256, packed(database.path(), Content::Full).sha256);
}

#[tokio::test]
async fn a_push_that_does_not_arrive_says_why_in_one_line() {
    let s3 = S3::with_bucket("snapshots").await;
    let database = DatabaseFile::sample();
    let why = async |client: &aws_sdk_s3::Client, bucket: &str| {
        let error = pushed(client, &object(bucket), database.path(), "2026-03-15T03:30:00Z").await.unwrap_err();
        let line = error.to_string();
        assert!(line.starts_with(&format!("s3://{bucket}/vms/snapshot.db.gz: ")) && !line.contains('\n'), "{line}");
        line
    };
    assert!(why(&s3.client(), "elsewhere").await.ends_with("no such bucket; name an existing one"));
    s3.refuse_all(true);
    let line = why(&s3.client(), "snapshots").await;
    assert!(line.contains("refuses the upload (AccessDenied); grant s3:PutObject"), "{line}");
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    assert!(why(&super::client(&nobody), "snapshots").await.contains("does not answer; check AWS_REGION"));
}

#[test]
fn a_pack_tells_how_far_it_is() {
    let database = DatabaseFile::sample();
    let mut steps = Vec::new();
    let open = Database::open(database.path(), &Needs::of(CacheType::ALL, false)).unwrap();
    pack(&open, REDUCED, &mut |step, done, all| {
        assert!(done <= all);
        steps.push(step);
    })
    .unwrap();
    steps.dedup();
    assert_eq!(steps, ["copying", "compressing"]);
}
