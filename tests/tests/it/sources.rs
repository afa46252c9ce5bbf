//! Files that are no VMS database: each refused in one line that says what it is and what to do.

use crate::support::DatabaseFile;
use std::path::Path;
use vms_core::{CacheType, FailureClass};
use vms_source::{Database, Needs, SourceError, fingerprint};

fn open(path: &Path, types: &[CacheType]) -> Result<(), SourceError> {
    let needs = Needs::of(types.iter().copied(), false);
    let data = Database::open(path, &needs)?.load(&needs)?;
    assert!(data.rows_read > 0, "something was read");
    Ok(())
}

/// The one line of the error, without the path in front.
fn refusal(path: &Path, types: &[CacheType]) -> (String, FailureClass) {
    let error = open(path, types).unwrap_err();
    let line = error.to_string();
    assert!(!line.contains('\n'), "{line}");
    let prefix = format!("{}: ", path.display());
    (line.strip_prefix(&prefix).unwrap_or_else(|| panic!("{line}")).to_owned(), error.class())
}

#[test]
fn a_file_that_is_no_database_is_refused_with_what_it_is_and_what_to_do() {
    let sample = std::fs::read(DatabaseFile::sample().path()).unwrap();
    let half_a_page = [&sample[..], &sample[..2048]].concat();
    let mut other_magic = sample.clone();
    other_magic[..6].copy_from_slice(b"Sqlite");
    let mut torn = sample.clone();
    let middle = torn.len() / 2;
    torn[4096..middle].fill(0xAB);
    for (what, bytes, expected, class) in [
        ("an empty file", vec![], "is not a SQLite database", FailureClass::SourceInvalid),
        ("a short text", b"hello".to_vec(), "is not a SQLite database", FailureClass::SourceInvalid),
        ("a long text", vec![b'x'; 10_000], "is not a SQLite database", FailureClass::SourceInvalid),
        ("an archive", vec![0x1F; 5_000], "is not a SQLite database", FailureClass::SourceInvalid),
        ("another first line", other_magic, "is not a SQLite database", FailureClass::SourceInvalid),
        ("only the header", sample[..100].to_vec(), "is truncated (100 of ", FailureClass::SourceInvalid),
        ("nine tenths", sample[..sample.len() / 10 * 9].to_vec(), "is truncated (", FailureClass::SourceInvalid),
        ("all but a byte", sample[..sample.len() - 1].to_vec(), "is truncated (", FailureClass::SourceInvalid),
        ("damaged pages", torn, "its pages are damaged; copy it again", FailureClass::SourceInvalid),
    ] {
        let file = DatabaseFile::of(&bytes);
        let (line, found) = refusal(file.path(), &CacheType::ALL);
        assert!(line.starts_with(expected) && line.contains("; "), "{what}: {line}");
        assert_eq!(found, class, "{what}");
        assert_eq!(file.names(), ["vms.db"], "{what}: nothing is written beside it");
    }
    assert!(open(DatabaseFile::of(&half_a_page).path(), &CacheType::ALL).is_ok(), "bytes behind the last page");
}

#[test]
fn a_path_that_leads_to_no_file_is_refused_with_what_to_name_instead() {
    let file = DatabaseFile::sample();
    let missing = file.folder().join("elsewhere.db");
    let below = file.path().join("vms.db");
    for (path, expected, class) in [
        (missing.as_path(), "no such file; name the SQLite file of a VMS", FailureClass::SourceUnavailable),
        (file.folder(), "is a folder; name the SQLite file inside it", FailureClass::SourceInvalid),
        (below.as_path(), "cannot be read (", FailureClass::SourceUnavailable),
    ] {
        let (line, found) = refusal(path, &CacheType::ALL);
        assert!(line.starts_with(expected), "{line}");
        assert_eq!(found, class, "{line}");
        assert_eq!(fingerprint(path).unwrap_err().class(), class, "{line}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_refused_with_who_has_to_grant_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = DatabaseFile::sample();
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(file.path()).is_ok() {
        println!("skipped: this user may read every file (root)");
        return;
    }
    let (line, class) = refusal(file.path(), &CacheType::ALL);
    assert!(line.starts_with("no permission to read it; grant read access"), "{line}");
    assert_eq!(class, FailureClass::SourceUnavailable);
}

#[test]
fn a_database_without_vmss_tables_is_refused_with_all_that_it_lacks() {
    let file = DatabaseFile::of(b"");
    file.vms().execute_batch("CREATE TABLE recipe (id INTEGER PRIMARY KEY, title TEXT)").unwrap();
    let (line, class) = refusal(file.path(), &[CacheType::Volunteer]);
    assert_eq!(
        line,
        "is no VMS database that these reports can be computed from; it lacks event, event_participation, contact, \
         email, volunteer, organization, volunteer_organization"
    );
    assert_eq!(class, FailureClass::SourceInvalid);
}

#[test]
fn missing_tables_and_columns_are_named_all_at_once() {
    let lacking = "DROP TABLE organization;
                   ALTER TABLE event RENAME COLUMN start_date TO begins;
                   ALTER TABLE event RENAME COLUMN district_partner TO partner;
                   ALTER TABLE contact RENAME COLUMN exclude_from_reports TO hidden;
                   ALTER TABLE volunteer RENAME COLUMN title TO position;
                   ALTER TABLE event RENAME COLUMN session_host TO host;";
    let file = DatabaseFile::sample().with(lacking);
    for (types, expected) in [
        (
            &[CacheType::Volunteer][..],
            "event.start_date, event.district_partner, contact.exclude_from_reports, volunteer.title, organization",
        ),
        (&[CacheType::District], "event.start_date, event.district_partner, event.session_host, organization"),
        (
            &CacheType::ALL,
            "event.start_date, event.district_partner, event.session_host, contact.exclude_from_reports, \
             volunteer.title, organization",
        ),
    ] {
        let (line, _) = refusal(file.path(), types);
        assert_eq!(line.split_once("it lacks ").unwrap().1, expected, "{types:?}");
    }
}

#[test]
fn what_a_type_does_not_read_may_be_missing() {
    let file = DatabaseFile::sample().with("DROP TABLE student; DROP TABLE skill; DROP TABLE event_teacher");
    assert!(open(file.path(), &[CacheType::Volunteer]).is_ok());
    assert!(open(file.path(), &[CacheType::District]).is_err());
}

#[test]
fn a_database_with_more_tables_and_columns_is_read() {
    let file = DatabaseFile::sample().with(
        "ALTER TABLE event ADD COLUMN weather TEXT; ALTER TABLE contact ADD COLUMN shoe_size INTEGER;
         CREATE TABLE recipe (id INTEGER PRIMARY KEY)",
    );
    assert!(open(file.path(), &CacheType::ALL).is_ok());
}

#[test]
fn a_path_of_any_letters_is_opened() {
    let sample = DatabaseFile::sample();
    for name in ["a b.db", "100%.db", "what?.db", "#1&x=y.db", "Übung ☕.db", "mode=ro?immutable=1.db"] {
        let path = sample.folder().join(name);
        std::fs::copy(sample.path(), &path).unwrap();
        assert!(open(&path, &[CacheType::Volunteer]).is_ok(), "{name}");
    }
}
