//! Copies: the reports come out of them as of the original, and nothing else does.

use super::{REDUCED, clock};
use crate::support::{DatabaseFile, chicago};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use vms_core::CacheType;
use vms_reports::{DistrictList, Family, Settings};
use vms_source::{Content, Copied, CopyError, Database, Needs, SourceError, TABLES};

const WITH_DETAILS: Content = Content::Reduced { student_details: true };

/// A copy in a folder of its own.
struct Copy {
    _folder: TempDir,
    path: PathBuf,
    copied: Copied,
}

impl Copy {
    fn of(source: &Path, content: Content) -> Result<Self, CopyError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.db");
        std::fs::write(&path, b"").unwrap();
        let database = Database::open(source, &Needs::of(CacheType::ALL, content == WITH_DETAILS))?;
        let mut told = (0, 0);
        let copied = database.copy(content, &path, &mut |done, all| {
            assert!(done <= all && done >= told.0, "progress goes on: {done} of {all} after {told:?}");
            told = (done, all);
        })?;
        assert_eq!(told.0, told.1, "progress ends at its end");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "it stands alone");
        Ok(Self { _folder: folder, path, copied })
    }

    fn db(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }
}

/// Every report of every family, byte for byte, with what was left out of them.
fn reports(path: &Path, student_details: bool) -> BTreeMap<String, Vec<u8>> {
    let as_of = chicago(&clock().to_string());
    let settings = Settings { report_years: 2, student_details, districts: DistrictList::vms().unwrap() };
    let mut reports = BTreeMap::new();
    for cache_type in CacheType::ALL {
        let needs = Needs::of([cache_type], student_details);
        let data = Database::open(path, &needs).unwrap().load(&needs).unwrap();
        let family = Family::new(cache_type, &data, &as_of, &settings);
        for key in family.plan() {
            reports.insert(key.to_string(), family.build(&key).unwrap().json);
        }
        let left_out: Vec<_> = data.defects.listed().iter().map(ToString::to_string).collect();
        reports.insert(format!("{cache_type}: left out"), left_out.join("\n").into_bytes());
    }
    reports
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Every report comes out of a copy byte for byte, with students' names and without.
fn check_reports(original: &DatabaseFile, contents: &[Content]) {
    for student_details in [false, true] {
        let expected = reports(original.path(), student_details);
        assert!(expected.len() > 100, "{} reports", expected.len());
        for content in contents.iter().copied().chain([Content::Reduced { student_details }]) {
            let copy = Copy::of(original.path(), content).unwrap();
            let found = reports(&copy.path, student_details);
            assert_eq!(expected.len(), found.len(), "{content:?}");
            for (key, json) in &expected {
                assert!(found.get(key) == Some(json), "{content:?}: {key} differs");
            }
        }
    }
}

#[test]
fn every_report_comes_out_of_a_copy_byte_for_byte() {
    check_reports(&DatabaseFile::fixture("seed1-small"), &[]);
}

#[test]
fn every_report_comes_out_of_a_copy_of_a_difficult_database_byte_for_byte() {
    check_reports(&DatabaseFile::fixture("altered-small"), &[Content::Full]);
}

#[test]
fn every_report_comes_out_of_a_copy_of_an_odd_database_byte_for_byte() {
    check_reports(&odd(), &[]);
}

/// The sample with values that SQLite allows and VMS never meant.
fn odd() -> DatabaseFile {
    DatabaseFile::sample().with(
        "UPDATE event SET participant_count = 'many' WHERE id % 7 = 1;
         UPDATE event SET title = x'00ff41' WHERE id % 50 = 3;
         UPDATE event SET district_partner = CAST(x'c328' AS TEXT) WHERE id % 11 = 2;
         UPDATE event SET series = '' WHERE id % 5 = 0;
         UPDATE event_participation SET delivery_hours = 'two' WHERE id % 13 = 1;
         UPDATE event_participation SET delivery_hours = 9007199254740993 WHERE id % 17 = 1;
         UPDATE volunteer SET first_volunteer_date = 20250101 WHERE id % 9 = 1;
         UPDATE contact SET exclude_from_reports = 'yes' WHERE id % 19 = 1;
         UPDATE school SET rowid = rowid + 1000000 WHERE rowid % 3 = 1;
         UPDATE event_skills SET rowid = -rowid WHERE rowid % 4 = 1;
         DELETE FROM event_teacher WHERE rowid % 6 = 1;
         UPDATE event_attendance_detail SET id = id + 50000 WHERE id % 2 = 1;
         DELETE FROM contact WHERE id % 97 = 5;",
    )
}

/// Row id, type and bytes of every value of a column, of those rows.
fn values(db: &Connection, table: &str, column: &str, rows: &str) -> Vec<(i64, String, Option<String>, String)> {
    let sql = format!(
        "SELECT rowid, typeof(\"{column}\"), hex(CAST(\"{column}\" AS BLOB)), quote(CAST(\"{column}\" AS BLOB)) \
         FROM \"{table}\" WHERE {rows} ORDER BY rowid"
    );
    let mut statement = db.prepare(&sql).unwrap();
    let all = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).unwrap();
    all.collect::<Result<_, _>>().unwrap()
}

#[test]
fn row_ids_types_and_odd_values_are_the_originals() {
    let original = odd();
    let copy = Copy::of(original.path(), WITH_DETAILS).unwrap();
    let (from, to) = (original.vms(), copy.db());
    let mut types = BTreeSet::new();
    for group in TABLES {
        let rows = match group.table {
            "contact" => "id IN (SELECT id FROM volunteer)",
            "email" => "contact_id IN (SELECT id FROM volunteer UNION SELECT id FROM student)",
            _ => "TRUE",
        };
        for column in group.columns {
            let (before, after) = (values(&from, group.table, column, rows), values(&to, group.table, column, rows));
            assert!(!before.is_empty(), "{}.{column}", group.table);
            assert!(before == after, "{}.{column} differs", group.table);
            types.extend(before.into_iter().map(|v| v.1));
            let declared = |db: &Connection| -> String {
                let sql = "SELECT type FROM pragma_table_info(?1) WHERE name = ?2";
                db.query_row(sql, [group.table, column], |row| row.get(0)).unwrap()
            };
            assert_eq!(declared(&from), declared(&to), "{}.{column}", group.table);
        }
    }
    assert_eq!(types.into_iter().collect::<Vec<_>>(), ["blob", "integer", "null", "real", "text"]);
}

/// Writes `marked` into every column that no report reads, of every table, and into what is read of other people only.
fn planted() -> DatabaseFile {
    let file = DatabaseFile::sample();
    let db = file.vms();
    let names = |sql: &str, of: &[&str]| -> Vec<String> {
        let mut statement = db.prepare(sql).unwrap();
        let all = statement.query_map(rusqlite::params_from_iter(of), |row| row.get(0)).unwrap();
        all.collect::<Result<_, _>>().unwrap()
    };
    db.execute_batch(
        "PRAGMA ignore_check_constraints = ON;
         CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO user VALUES (1, 'marked user');
         CREATE TABLE \"odd \"\"table\" (\"odd \"\"column\" TEXT); INSERT INTO \"odd \"\"table\" VALUES ('marked');
         CREATE VIEW people AS SELECT * FROM contact; CREATE INDEX by_name ON contact (last_name);
         ALTER TABLE event ADD COLUMN added TEXT;",
    )
    .unwrap();
    let mut columns = 0;
    for table in names("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'odd%'", &[]) {
        let keys = "SELECT name FROM pragma_table_info(?1) WHERE NOT (pk = 1 AND type = 'INTEGER')";
        for column in names(keys, &[&table]) {
            if !TABLES.iter().any(|u| u.table == table && u.columns.contains(&column.as_str())) {
                let sql = format!("UPDATE \"{table}\" SET \"{column}\" = 'marked {table}.{column} ' || rowid");
                db.execute(&sql, []).unwrap_or_else(|e| panic!("{sql}: {e}"));
                columns += 1;
            }
        }
    }
    assert!(columns > 60, "{columns} columns that no report reads");
    db.execute_batch(
        "UPDATE contact SET middle_name = 'marked', salesforce_individual_id = 'marked ' || id,
                salesforce_account_id = 'marked ' || id
            WHERE id NOT IN (SELECT id FROM volunteer);
         UPDATE contact SET first_name = 'pupil first', last_name = 'pupil last' WHERE id IN (SELECT id FROM student);
         UPDATE email SET email = 'marked@example.org'
            WHERE contact_id NOT IN (SELECT id FROM volunteer UNION SELECT id FROM student);
         UPDATE email SET email = 'pupil@example.org' WHERE contact_id IN (SELECT id FROM student);
         INSERT INTO contact (id, type, first_name, last_name) VALUES (9999999, 'contact', 'marked', 'marked');",
    )
    .unwrap();
    drop(db);
    file
}

#[test]
fn no_value_that_reports_do_not_read_is_anywhere_in_the_bytes_of_a_reduced_copy() {
    let original = planted();
    let bytes = std::fs::read(original.path()).unwrap();
    for word in ["marked", "marked user", "pupil first", "pupil last", "pupil@"] {
        assert!(contains(&bytes, word), "{word} is in the original");
    }
    let reduced = Copy::of(original.path(), REDUCED).unwrap().bytes();
    for word in ["marked", "pupil"] {
        assert!(!contains(&reduced, word), "{word} is in the reduced copy");
    }
    let detailed = Copy::of(original.path(), WITH_DETAILS).unwrap().bytes();
    assert!(!contains(&detailed, "marked"));
    for word in ["pupil first", "pupil last", "pupil@"] {
        assert!(contains(&detailed, word), "{word} is what details are");
    }
    let full = Copy::of(original.path(), Content::Full).unwrap().bytes();
    assert!(contains(&full, "marked user") && contains(&full, "pupil first"));
    assert!(reports(original.path(), false) == reports(&Copy::of(original.path(), REDUCED).unwrap().path, false));
}

#[test]
fn a_reduced_copy_has_the_listed_tables_and_columns_and_nothing_else() {
    let original = planted();
    for content in [REDUCED, WITH_DETAILS] {
        let copy = Copy::of(original.path(), content).unwrap();
        let db = copy.db();
        let mut statement = db
            .prepare(
                "SELECT s.type || ' ' || s.name || '.' || c.name FROM sqlite_schema s, pragma_table_info(s.name) c
                 UNION ALL SELECT type || ' ' || name FROM sqlite_schema WHERE type <> 'table'",
            )
            .unwrap();
        let found: BTreeSet<String> =
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let listed = |u: &vms_source::ColumnUse| -> Vec<String> {
            u.columns.iter().map(|c| format!("table {}.{c}", u.table)).collect()
        };
        let listed: BTreeSet<String> = TABLES.iter().flat_map(listed).collect();
        assert_eq!(found, listed);
        assert_eq!(copy.copied.columns, listed.len() as u64);
        let tables: BTreeSet<&str> = TABLES.iter().map(|u| u.table).collect();
        assert_eq!(copy.copied.tables, tables.len() as u64);
        let rows: i64 = tables
            .iter()
            .map(|t| db.query_row(&format!("SELECT COUNT(*) FROM {t}"), [], |row| row.get::<_, i64>(0)).unwrap())
            .sum();
        assert_eq!(copy.copied.rows, rows as u64);
    }
}

#[test]
fn the_page_about_snapshots_lists_what_leaves() {
    let page = include_str!("../../../../docs/snapshots.md");
    let mut listed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for group in TABLES {
        listed.entry(group.table).or_default().extend(group.columns);
    }
    let names = |text: &'static str| text.split('`').skip(1).step_by(2);
    let row = |line: &'static str| {
        let (table, columns) = line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
        Some((names(table).next()?, names(columns).collect::<BTreeSet<_>>()))
    };
    let rows = page.lines().skip_while(|line| *line != "| table | columns |").take_while(|line| !line.is_empty());
    let found: BTreeMap<_, _> = rows.filter_map(row).collect();
    assert_eq!(found, listed);
    let columns: usize = listed.values().map(BTreeSet::len).sum();
    let said = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("with these {} tables and {columns} columns", listed.len())));
}

#[test]
fn the_same_rows_make_the_same_bytes() {
    let original = DatabaseFile::sample();
    assert!(Copy::of(original.path(), REDUCED).unwrap().bytes() == Copy::of(original.path(), REDUCED).unwrap().bytes());
}

#[test]
fn students_names_that_were_not_pushed_are_an_error_where_they_are_wanted() {
    let original = DatabaseFile::sample();
    let copy = Copy::of(original.path(), REDUCED).unwrap();
    let open = |types: &[CacheType], details| Database::open(&copy.path, &Needs::of(types.iter().copied(), details));
    let error = open(&[CacheType::District], true).unwrap_err();
    assert!(matches!(error, SourceError::NoStudentDetails(_)), "{error}");
    assert!(error.to_string().contains("push it again with ENGAGEMENT_STUDENT_DETAILS=on"), "{error}");
    assert!(open(&[CacheType::Volunteer], true).is_ok(), "which has no students");
    assert!(open(&[CacheType::District], false).is_ok());
    assert!(Copy::of(&copy.path, WITH_DETAILS).is_err(), "nor can they be copied on");
}

#[test]
fn what_is_no_vms_database_is_not_copied() {
    let lacking = DatabaseFile::sample().with("ALTER TABLE event RENAME COLUMN start_date TO begins");
    let error = Copy::of(lacking.path(), REDUCED).err().unwrap();
    assert!(error.to_string().ends_with("it lacks event.start_date"), "{error}");
}

/// A VMS that is at work: it renames every organization and every volunteer's in one transaction, again and again.
#[test]
fn a_copy_of_a_database_that_is_written_meanwhile_is_of_one_moment() {
    for mode in ["wal", "delete"] {
        let original = DatabaseFile::sample();
        let vms = original.vms();
        vms.busy_timeout(Duration::from_secs(20)).unwrap();
        vms.pragma_update(None, "journal_mode", mode).unwrap();
        let (ended, commits) = (AtomicBool::new(false), AtomicU64::new(0));
        let rename = |n: u64| {
            let sql = "BEGIN IMMEDIATE; UPDATE organization SET name = 'moment #';
                       UPDATE volunteer SET organization_name = 'moment #'; COMMIT";
            vms.execute_batch(&sql.replace('#', &n.to_string())).unwrap();
        };
        rename(0);
        std::thread::scope(|scope| {
            let copying = scope.spawn(|| {
                let mut moments = BTreeSet::new();
                for content in [REDUCED, REDUCED, WITH_DETAILS, Content::Full, REDUCED, Content::Full] {
                    let seen = commits.load(Ordering::Acquire);
                    let copy = Copy::of(original.path(), content).unwrap();
                    let sql = "SELECT name FROM organization UNION SELECT organization_name FROM volunteer";
                    let db = copy.db();
                    let mut statement = db.prepare(sql).unwrap();
                    let names: Vec<String> =
                        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
                    assert_eq!(names.len(), 1, "{mode}, {content:?}: torn between {names:?}");
                    moments.insert(names[0].clone());
                    while commits.load(Ordering::Acquire) == seen {
                        std::thread::yield_now();
                    }
                }
                ended.store(true, Ordering::Release);
                moments
            });
            let mut n = 0;
            while !ended.load(Ordering::Acquire) && !copying.is_finished() {
                n += 1;
                rename(n);
                commits.store(n, Ordering::Release);
                std::thread::sleep(Duration::from_millis(1));
            }
            let moments = copying.join().unwrap();
            assert!(moments.len() > 2, "{mode}: the writer was at work: {moments:?}");
        });
        let known: String = vms.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(known, "ok", "{mode}");
    }
}
