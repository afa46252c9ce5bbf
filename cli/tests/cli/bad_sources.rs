//! Databases that are none: one line that says what is wrong and what to do, and nothing written anywhere.

use crate::harness::{Ended, arg, program, run, sample_at, say};
use rusqlite::Connection;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

/// Every file and folder below, with its size: equal lists mean that nothing was written.
fn everything_in(folder: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let size = if path.is_dir() { 0 } else { fs::metadata(&path).unwrap().len() };
            found.push((arg(&path).to_owned(), size));
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Offers the file to `build` and to `dev`; both must refuse it with each of these words.
fn check(name: &str, make: impl FnOnce(&Path), words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join(format!("{name}.db"));
    make(&source);
    let before = everything_in(folder.path());
    let (out, data) = (folder.path().join("out"), folder.path().join("data"));
    let since = Instant::now();
    let build = ["build", "--source", arg(&source), "--out", arg(&out)];
    let list = ["build", "--source", arg(&source), "--list", "--type", "volunteer"];
    let dev = ["dev", "--port", "0", "--source", arg(&source), "--data", arg(&data)];
    for command in [&build[..], &list[..], &dev[..]] {
        let line = Ended::soon(&mut program(command)).refused(1);
        assert!(line.contains(arg(&source)), "{command:?}: {line}");
        for word in words {
            assert!(line.contains(word), "{command:?}: {line:?} without {word:?}");
        }
        assert_eq!(everything_in(folder.path()), before, "{command:?} wrote something");
    }
    assert!(since.elapsed() < Duration::from_secs(30), "{name}: {:?}", since.elapsed());
}

#[test]
fn a_file_that_is_not_sqlite_is_refused() {
    check("text", |p| fs::write(p, "id,name\n1,Ada\n".repeat(50)).unwrap(), &["is not a SQLite database", "name the"]);
}

#[test]
fn an_empty_file_is_refused() {
    check("empty", |p| fs::write(p, "").unwrap(), &["is not a SQLite database"]);
}

#[test]
fn a_truncated_database_is_refused_with_its_lengths() {
    let cut = |path: &Path| {
        sample_at(path);
        let file = File::options().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    };
    check("truncated", cut, &["is truncated", "bytes", "copy it again"]);
}

#[test]
fn a_database_without_tables_is_refused() {
    let make = |path: &Path| Connection::open(path).unwrap().execute_batch("CREATE TABLE t (x); DROP TABLE t").unwrap();
    check("bare", make, &["is no VMS database", "volunteer"]);
}

#[test]
fn a_database_of_something_else_is_refused_with_all_that_it_lacks() {
    let make = |path: &Path| {
        let db = Connection::open(path).unwrap();
        db.execute_batch("CREATE TABLE event (id INTEGER PRIMARY KEY, note TEXT)").unwrap();
    };
    check("other", make, &["is no VMS database", "lacks", "event.start_date", "volunteer", "contact"]);
}

#[test]
fn missing_columns_of_every_type_are_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("old.db");
    sample_at(&source);
    let db = Connection::open(&source).unwrap();
    // One that only district reports read, one that all read, one that two types read.
    db.execute_batch(
        "ALTER TABLE student RENAME COLUMN current_grade TO class_before;
         ALTER TABLE event RENAME COLUMN start_date TO begins;
         ALTER TABLE volunteer RENAME COLUMN title TO profession;",
    )
    .unwrap();
    drop(db);
    let (out, data) = (folder.path().join("out"), folder.path().join("data"));
    for command in [
        &["build", "--source", arg(&source), "--out", arg(&out)][..],
        &["dev", "--port", "0", "--source", arg(&source), "--data", arg(&data)][..],
    ] {
        let line = Ended::soon(&mut program(command)).refused(1);
        for column in ["student.current_grade", "event.start_date", "volunteer.title"] {
            assert!(line.contains(column), "{line}");
        }
        assert!(!out.exists() && !data.exists(), "{command:?} wrote something");
    }
}

#[test]
fn a_build_that_one_type_stands_in_the_way_of_writes_no_report_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("partial.db"), folder.path().join("out"));
    sample_at(&source);
    Connection::open(&source).unwrap().execute_batch("DROP TABLE connector_data").unwrap();
    let line = run(&["build", "--source", arg(&source), "--out", arg(&out)]).refused(1);
    assert!(line.contains("connector_data"), "{line}");
    assert!(!out.exists());
}

#[test]
fn a_missing_file_is_refused() {
    check("missing", |_| (), &["no such file", "name the SQLite file"]);
}

#[test]
fn a_folder_is_refused() {
    check("folder", |p| fs::create_dir(p).unwrap(), &["is a folder", "name the SQLite file inside it"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let probe = folder.path().join("probe");
    fs::write(&probe, "x").unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o000)).unwrap();
    if File::open(&probe).is_ok() {
        say("NOT RUN: a database without permission, since this user may read everything; run the tests as another");
        return;
    }
    let make = |path: &Path| {
        sample_at(path);
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    };
    check("secret", make, &["no permission", "grant read access"]);
}

#[test]
fn ten_gigabytes_of_nothing_are_refused_at_once() {
    check("sparse", |p| File::create(p).unwrap().set_len(10 << 30).unwrap(), &["is not a SQLite database"]);
}

#[test]
fn damaged_pages_are_told_from_other_errors_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("damaged.db"), folder.path().join("out"));
    sample_at(&source);
    let mut bytes = fs::read(&source).unwrap();
    let (from, to) = (bytes.len() / 4, bytes.len() - 4096);
    bytes[from..to].fill(0xa5);
    fs::write(&source, bytes).unwrap();
    let line = run(&["build", "--source", arg(&source), "--out", arg(&out)]).refused(1);
    assert!(line.contains("damaged") && line.contains("copy it again"), "{line}");
    assert!(!out.exists());
}

#[test]
fn a_database_is_left_as_it_was_by_those_who_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("vms.db"), folder.path().join("out"));
    sample_at(&source);
    let db = Connection::open(&source).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    drop(db);
    let (bytes, before) = (fs::read(&source).unwrap(), everything_in(folder.path()));
    run(&["build", "--source", arg(&source), "--list"]).done();
    assert_eq!((fs::read(&source).unwrap() == bytes, everything_in(folder.path())), (true, before));
    run(&["build", "--source", arg(&source), "--type", "volunteer", "--out", arg(&out)]).done();
    assert!(fs::read(&source).unwrap() == bytes);
}
