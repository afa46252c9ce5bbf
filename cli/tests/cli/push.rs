//! `vms-cache push`: from a live database to a file, or to an S3 that takes one upload.

use crate::harness::{Ended, arg, program, run, sample_at};
use flate2::read::GzDecoder;
use rusqlite::Connection;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;
use tempfile::TempDir;

/// A folder with a database that a VMS has open, with rows in its write-ahead log.
struct Vms {
    folder: TempDir,
    source: PathBuf,
    open: Connection,
}

impl Vms {
    fn at_work() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("vms.db");
        sample_at(&source);
        let open = Connection::open(&source).unwrap();
        open.pragma_update(None, "journal_mode", "wal").unwrap();
        open.execute("UPDATE contact SET notes = '555-0199', middle_name = 'In the log'", []).unwrap();
        Self { folder, source, open }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn push(&self, rest: &[&str]) -> Command {
        program(&[&["push", arg(&self.source)], rest].concat())
    }
}

/// The database in a gzip file, as a file beside it.
fn unpacked(packed: &Path) -> PathBuf {
    let path = packed.with_extension("unpacked.db");
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(packed).unwrap()).read_to_end(&mut bytes).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

/// The head and the body of the one request that comes, answered with that.
fn one_request(answer: &'static str) -> (String, JoinHandle<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let meeting = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let request = read(&mut stream);
        stream.write_all(answer.as_bytes()).unwrap();
        request
    });
    (address, meeting)
}

fn read(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    if head.contains("expect: 100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}

fn with_s3<'a>(command: &'a mut Command, endpoint: &str) -> &'a mut Command {
    command
        .env("AWS_ENDPOINT_URL_S3", endpoint)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "an-id")
        .env("AWS_SECRET_ACCESS_KEY", "a-secret")
}

#[test]
fn a_push_to_a_file_keeps_what_reports_read_of_a_live_database_and_touches_nothing() {
    let vms = Vms::at_work();
    let (out, before) = (vms.path("vms.db.gz"), fs::read(&vms.source).unwrap());
    let said = Ended::of(&mut vms.push(&["--out", arg(&out)])).done();
    assert!(said.starts_with("what reports read: ") && said.contains("nothing was uploaded"), "{said}");
    assert!(fs::read(&vms.source).unwrap() == before, "the database is as it was");
    let copy = unpacked(&out);
    let (from, to) = (vms.path("from"), vms.path("to"));
    for (source, folder) in [(&vms.source, &from), (&copy, &to)] {
        run(&["build", "--source", arg(source), "--as-of", "2026-03-15T12:00:00Z", "--out", arg(folder)]).done();
    }
    let same = Command::new("diff").args(["-r", arg(&from), arg(&to)]).output().unwrap();
    assert!(same.status.success(), "{same:?}");
    let db = Connection::open(&copy).unwrap();
    let count = |sql: &str| -> i64 { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT COUNT(*) FROM pragma_table_info('contact') WHERE name = 'notes'"), 0);
    assert!(count("SELECT COUNT(*) FROM contact WHERE middle_name = 'In the log'") > 0, "the log is part of it");
    let again = Ended::of(&mut vms.push(&["--out", arg(&out)])).refused(1);
    assert!(again.contains("exists already"), "{again}");
    let onto_itself = Ended::of(&mut vms.push(&["--out", arg(&vms.source)])).refused(1);
    assert!(onto_itself.contains("exists already"), "{onto_itself}");
}

#[test]
fn what_leaves_of_students_follows_the_setting_and_everything_leaves_only_when_asked() {
    let vms = Vms::at_work();
    let renamed = "UPDATE contact SET last_name = 'Pupilson' WHERE id IN (SELECT id FROM student)";
    vms.open.execute(renamed, []).unwrap();
    for (details, full, named, phoned) in
        [("off", false, false, false), ("on", false, true, false), ("off", true, true, true)]
    {
        let out = vms.path(&format!("{details}-{full}.gz"));
        let rest: &[&str] = if full { &["--full"] } else { &[] };
        let mut command = vms.push(&[&["--out", arg(&out)], rest].concat());
        Ended::of(command.env("ENGAGEMENT_STUDENT_DETAILS", details)).done();
        let bytes = fs::read(unpacked(&out)).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
        assert_eq!((has("Pupilson"), has("555-0199")), (named, phoned), "{details}, full: {full}");
    }
}

#[test]
fn a_push_uploads_with_hash_and_time_and_says_what_follows() {
    let vms = Vms::at_work();
    let (endpoint, meeting) = one_request("HTTP/1.1 200 OK\r\nx-amz-version-id: v7\r\ncontent-length: 0\r\n\r\n");
    let mut command = vms.push(&["--to", "s3://my-bucket/vms/today.db.gz", "--json"]);
    let said = Ended::of(with_s3(&mut command, &endpoint)).json();
    let (head, body) = meeting.join().unwrap();
    assert!(head.starts_with("put /my-bucket/vms/today.db.gz"), "the bucket is in the path: {head}");
    assert_eq!(said["version"], "v7");
    assert_eq!(said["packed_bytes"].as_u64(), Some(body.len() as u64));
    for header in [
        format!("x-amz-meta-sha256: {}", said["sha256"].as_str().unwrap()),
        format!("x-amz-meta-taken-at: {}", said["taken_at"].as_str().unwrap().to_lowercase()),
        "x-amz-meta-form: 1".to_owned(),
        "x-amz-checksum-sha256: ".to_owned(),
    ] {
        assert!(head.contains(&header), "{header} in {head}");
    }
    let (endpoint, meeting) = one_request("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let mut command = vms.push(&[]);
    command.env("SOURCE_URL", "s3://my-bucket/vms.db.gz");
    let said = Ended::of(with_s3(&mut command, &endpoint)).done();
    assert!(said.contains("uploaded to s3://my-bucket/vms.db.gz\n") && said.contains("refreshes all five types"));
    assert!(meeting.join().unwrap().0.starts_with("put /my-bucket/vms.db.gz"));
}

#[test]
fn a_push_that_cannot_be_is_refused_in_one_line() {
    let vms = Vms::at_work();
    let to = ["--to", "s3://my-bucket/vms.db.gz"];
    let line = Ended::of(&mut vms.push(&[])).refused(2);
    assert!(line.contains("--to s3://bucket/key"), "{line}");
    let mut command = vms.push(&[]);
    assert!(Ended::of(command.env("SOURCE_URL", "s3://x")).refused(2).contains("SOURCE_URL: expects s3://"));
    let wrong = Ended::of(&mut vms.push(&["--to", "my-bucket/vms.db.gz"]));
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let mut command = vms.push(&to);
    let line = Ended::soon(command.env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true")).refused(1);
    assert!(line.contains("there are no AWS credentials; set AWS_ACCESS_KEY_ID"), "{line}");
    let refusal = "HTTP/1.1 403 Forbidden\r\ncontent-length: 49\r\nconnection: close\r\n\r\n\
                   <Error><Code>InvalidAccessKeyId</Code></Error>   ";
    let (endpoint, meeting) = one_request(refusal);
    let mut command = vms.push(&to);
    let line = Ended::of(with_s3(&mut command, &endpoint)).refused(1);
    assert!(line.contains("s3://my-bucket/vms.db.gz: S3 refuses the upload (InvalidAccessKeyId)"), "{line}");
    assert!(!line.contains("an-id") && !line.contains("a-secret"), "{line}");
    meeting.join().unwrap();
    let text = vms.path("notes.txt");
    fs::write(&text, "not a database".repeat(20)).unwrap();
    let line = run(&["push", arg(&text), to[0], to[1]]).refused(1);
    assert!(line.contains("is not a SQLite database"), "{line}");
    vms.open.execute_batch("ALTER TABLE event RENAME COLUMN start_date TO begins").unwrap();
    let line = Ended::of(&mut vms.push(&to)).refused(1);
    assert!(line.contains("it lacks event.start_date"), "{line}");
}
