//! A VMS at work: its database is read while it is written, and never touched.

use crate::support::DatabaseFile;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use vms_core::CacheType;
use vms_source::{Database, Dataset, Needs, SourceError, fingerprint};

const TYPES: [CacheType; 1] = [CacheType::Volunteer];

/// Adds an event and one participation in it, which belong together.
const ADD: &str = "INSERT INTO event (title, type, format, start_date, status, created_at, updated_at)
                   VALUES ('Added', 'DIA', 'IN_PERSON', '2026-03-01 09:00:00.000000', 'COMPLETED', '', '');
                   INSERT INTO event_participation (volunteer_id, event_id, status)
                   VALUES ((SELECT min(id) FROM volunteer), (SELECT max(id) FROM event), 'Attended');";

fn added(data: &Dataset) -> (usize, usize) {
    let is_added = |title: &str| title == "Added";
    let events = data.events.iter().filter(|e| is_added(&e.title)).count();
    let participations = data.participations.iter().filter(|p| is_added(&data.events[p.event].title)).count();
    (events, participations)
}

/// Every file of a folder with its bytes and its time of writing.
type Folder = BTreeMap<PathBuf, (Vec<u8>, SystemTime)>;

fn folder(path: &Path) -> Folder {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let written = std::fs::metadata(&path).unwrap().modified().unwrap();
        (path.clone(), (std::fs::read(&path).unwrap(), written))
    };
    entries.map(read).collect()
}

/// A connection in write-ahead mode whose log is never folded back by itself.
fn with_log(file: &DatabaseFile) -> Connection {
    let vms = file.vms();
    vms.pragma_update(None, "journal_mode", "WAL").unwrap();
    vms.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    vms
}

#[test]
fn rows_that_are_only_in_the_log_are_read_and_no_file_is_changed() {
    let file = DatabaseFile::sample();
    let vms = with_log(&file);
    let before_writing = std::fs::read(file.path()).unwrap();
    vms.execute_batch(ADD).unwrap();
    assert!(std::fs::read(file.path()).unwrap() == before_writing, "the row is in the log alone");
    let mut before = folder(file.folder());
    assert_eq!(file.names(), ["vms.db", "vms.db-shm", "vms.db-wal"]);
    assert_eq!(added(&file.load(&TYPES)), (1, 1));
    let mut after = folder(file.folder());
    // Readers note in the log's index which rows they still need, or VMS would fold them back under their feet.
    let index = file.folder().join("vms.db-shm");
    assert!(before.remove(&index).is_some() && after.remove(&index).is_some());
    assert!(before == after, "{:?}", after.keys());
}

#[test]
fn a_log_that_a_crash_left_behind_is_read_and_kept() {
    let running = DatabaseFile::sample();
    let vms = with_log(&running);
    vms.execute_batch(ADD).unwrap();
    let file = DatabaseFile::of(&std::fs::read(running.path()).unwrap());
    std::fs::copy(running.folder().join("vms.db-wal"), file.folder().join("vms.db-wal")).unwrap();
    let before = folder(file.folder());
    assert_eq!(added(&file.load(&TYPES)), (1, 1));
    let after = folder(file.folder());
    assert!(before.iter().all(|(path, contents)| after[path] == *contents), "{:?}", after.keys());
    assert_eq!(added(&file.load(&TYPES)), (1, 1), "and again");
    file.vms().execute_batch(ADD).unwrap();
    assert_eq!(added(&file.load(&TYPES)), (2, 2), "VMS goes on where it was");
}

#[test]
fn a_database_that_was_closed_gets_no_files_beside_it() {
    for mode in ["WAL", "DELETE", "TRUNCATE", "PERSIST"] {
        let file = DatabaseFile::sample();
        let vms = file.vms();
        vms.pragma_update(None, "journal_mode", mode).unwrap();
        vms.execute_batch(ADD).unwrap();
        drop(vms);
        let before = folder(file.folder());
        let state = fingerprint(file.path()).unwrap();
        assert_eq!(added(&file.load(&TYPES)), (1, 1), "{mode}");
        assert!(before == folder(file.folder()), "{mode}: {:?}", file.names());
        assert_eq!(fingerprint(file.path()).unwrap(), state, "{mode}");
    }
}

#[test]
fn a_commit_changes_the_fingerprint_even_while_it_is_in_the_log_alone() {
    let file = DatabaseFile::sample();
    let vms = with_log(&file);
    vms.execute_batch(ADD).unwrap();
    let first = fingerprint(file.path()).unwrap();
    vms.execute_batch(ADD).unwrap();
    let second = fingerprint(file.path()).unwrap();
    assert_ne!(first.version, second.version);
    assert!(second.taken_at >= first.taken_at);
}

#[test]
fn a_database_that_changes_while_it_is_read_without_locks_is_refused_as_busy() {
    let file = DatabaseFile::sample();
    file.vms().pragma_update(None, "journal_mode", "WAL").unwrap();
    assert_eq!(file.names(), ["vms.db"], "closed, so that it is read without locks");
    let needs = Needs::of(TYPES, false);
    let database = Database::open(file.path(), &needs).unwrap();
    let vms = file.vms();
    vms.execute_batch(ADD).unwrap();
    assert!(matches!(database.load(&needs), Err(SourceError::Busy(_))));
    assert_eq!(added(&file.load(&TYPES)), (1, 1), "the next try sees the log");
}

#[test]
fn what_is_read_is_one_moment_of_a_database_that_is_written_all_the_time() {
    for mode in ["WAL", "DELETE"] {
        let file = DatabaseFile::sample();
        file.vms().pragma_update(None, "journal_mode", mode).unwrap();
        let (stop, commits) = (AtomicBool::new(false), AtomicUsize::new(0));
        let seen = std::thread::scope(|scope| {
            scope.spawn(|| {
                let vms = file.vms();
                vms.busy_timeout(Duration::from_secs(30)).unwrap();
                while !stop.load(Ordering::Relaxed) {
                    vms.execute_batch(&format!("BEGIN IMMEDIATE; {ADD} COMMIT")).unwrap();
                    commits.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
            let stop_at_last = StopAtLast(&stop);
            while commits.load(Ordering::Relaxed) == 0 {
                std::thread::yield_now();
            }
            let seen: Vec<_> = (0..20).map(|_| added(&file.load(&TYPES))).collect();
            drop(stop_at_last);
            seen
        });
        assert!(seen.iter().all(|(events, participations)| events == participations), "{mode}: {seen:?}");
        assert!(seen.is_sorted() && seen[0].0 < seen[19].0, "{mode}: {seen:?}");
    }
}

/// Lets the writer go even when an assertion fails.
struct StopAtLast<'a>(&'a AtomicBool);

impl Drop for StopAtLast<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_database_that_stays_locked_is_refused_as_busy() {
    let file = DatabaseFile::sample();
    let vms = file.vms();
    vms.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let needs = Needs::of(TYPES, false);
    let refused = Database::open(file.path(), &needs).and_then(|database| database.load(&needs)).unwrap_err();
    assert!(matches!(refused, SourceError::Busy(_)), "{refused}");
    vms.execute_batch("COMMIT").unwrap();
    assert_eq!(added(&file.load(&TYPES)), (0, 0));
}

#[test]
fn a_database_that_a_commit_is_making_larger_is_waited_for_and_not_called_truncated() {
    let file = DatabaseFile::sample();
    let vms = file.vms();
    vms.execute_batch("BEGIN EXCLUSIVE").unwrap();
    // A commit writes the first page, with the new size, before the pages that it adds.
    let whole = std::fs::read(file.path()).unwrap();
    let written = std::fs::OpenOptions::new().write(true).open(file.path()).unwrap();
    written.set_len(whole.len() as u64 - 4096).unwrap();
    let path = file.path();
    let data = std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            std::fs::write(path, whole).unwrap();
            vms.execute_batch("COMMIT").unwrap();
        });
        file.load(&TYPES)
    });
    assert_eq!(data.defects.total(), 0);
}
