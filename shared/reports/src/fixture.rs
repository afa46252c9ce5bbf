//! Small VMS databases for tests: every table and column that the reports read, and rows one at a time.
//!
//! The schema follows [`vms_source::TABLES`], so a fixture can never lack, or have, a column that the readers do not.

use rusqlite::{Connection, ToSql};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use vms_core::{AsOf, CacheType, ReportKey};
use vms_source::{Database, Dataset, Needs, TABLES};

use crate::{Built, Family, Settings};

/// Inserts a row: `row!(db, event { id: 1, title: "Career Day", type: "DIA" })`. Columns left out are null.
macro_rules! row {
    ($db:expr, $table:ident { $($column:tt : $value:expr),* $(,)? }) => {
        $db.insert(stringify!($table), &[$((stringify!($column), &$value as &dyn rusqlite::ToSql)),*])
    };
}
pub(crate) use row;

/// A database of its own in a folder of its own; both vanish with it.
pub(crate) struct Fixture {
    _dir: TempDir,
    path: PathBuf,
    db: Connection,
}

impl Fixture {
    /// Every table, no row.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vms.db");
        let db = Connection::open(&path).unwrap();
        db.pragma_update(None, "synchronous", false).unwrap();
        db.execute_batch(&schema()).unwrap();
        Self { _dir: dir, path, db }
    }

    /// The database for which VMS's own figures are known, where `today` is the last date of volunteer 1.
    pub(crate) fn of_the_test_vectors(today: &str) -> Self {
        let db = Self::empty();
        vectors::organizations(&db);
        vectors::volunteers(&db, today);
        vectors::events(&db);
        vectors::participations(&db);
        vectors::teachers(&db);
        db
    }

    /// The file, for tests that open it themselves.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs any SQL: deletions, updates, rows that [`row!`] cannot say.
    pub(crate) fn sql(&self, sql: &str) -> &Self {
        self.db.execute_batch(sql).unwrap();
        self
    }

    /// Inserts one row; see [`row!`].
    pub(crate) fn insert(&self, table: &str, cells: &[(&str, &dyn ToSql)]) -> &Self {
        let names: Vec<_> = cells.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let marks = vec!["?"; cells.len()].join(", ");
        let sql = format!("INSERT INTO \"{table}\" ({}) VALUES ({marks})", names.join(", "));
        let values: Vec<_> = cells.iter().map(|(_, value)| *value).collect();
        self.db.prepare_cached(&sql).unwrap().execute(values.as_slice()).unwrap();
        self
    }

    /// A completed event that starts at `start`, such as `2025-09-10 09:00`.
    pub(crate) fn event(&self, id: i64, title: &str, event_type: &str, start: &str) -> &Self {
        row!(self, event {
            id: id, title: title, type: event_type, start_date: format!("{start}:00.000000"), status: "COMPLETED",
            format: if event_type == "VIRTUAL_SESSION" { "VIRTUAL" } else { "IN_PERSON" }, session_host: "PREPKC",
            participant_count: 0,
        })
    }

    /// A person in `contact`, `name` being first and last name; no flag is set.
    pub(crate) fn contact(&self, id: i64, name: &str) -> &Self {
        let (first, last) = name.split_once(' ').unwrap();
        row!(
            self,
            contact {
                id: id,
                first_name: first,
                last_name: last,
                exclude_from_reports: 0,
                do_not_contact: 0,
                email_opt_out: 0,
            }
        )
    }

    /// An active volunteer.
    pub(crate) fn volunteer(&self, id: i64, name: &str) -> &Self {
        self.contact(id, name);
        row!(self, volunteer { id: id, status: "ACTIVE", local_status: "unknown", is_people_of_color: 0 })
    }

    /// A teacher at the school by which VMS knows it from Salesforce and from its own list.
    pub(crate) fn teacher(&self, id: i64, name: &str, school: Option<&str>) -> &Self {
        self.contact(id, name);
        row!(self, teacher { id: id, school_id: school, salesforce_school_id: school })
    }

    /// A student.
    pub(crate) fn student(&self, id: i64, name: &str, school: &str, grade: Option<i64>) -> &Self {
        self.contact(id, name);
        row!(self, student { id: id, school_id: school, current_grade: grade })
    }

    /// A volunteer's part in an event; ids count up in order of insertion.
    pub(crate) fn participation(&self, volunteer: i64, event: i64, status: &str, hours: Option<f64>) -> &Self {
        row!(
            self,
            event_participation {
                volunteer_id: volunteer,
                event_id: event,
                status: status,
                delivery_hours: hours,
                participant_type: "Volunteer",
            }
        )
    }

    /// A student's attendance of an event.
    pub(crate) fn attendance(&self, student: i64, event: i64) -> &Self {
        row!(self, event_student_participation { student_id: student, event_id: event, status: "Attended" })
    }

    /// Reads what the reports of one type need.
    pub(crate) fn load(&self, cache_type: CacheType, student_details: bool) -> Dataset {
        let needs = Needs::of([cache_type], student_details);
        Database::open(&self.path, &needs).unwrap().load(&needs).unwrap()
    }

    /// Builds every report of a type's plan as of `as_of`.
    pub(crate) fn build_all(
        &self,
        cache_type: CacheType,
        as_of: &AsOf,
        settings: &Settings,
    ) -> Vec<(ReportKey, Built)> {
        let data = self.load(cache_type, settings.student_details);
        let family = Family::new(cache_type, &data, as_of, settings);
        let build = |key: ReportKey| {
            let built = family.build(&key).unwrap();
            (key, built)
        };
        family.plan().into_iter().map(build).collect()
    }

    /// Builds one report and reads its JSON back.
    pub(crate) fn json(&self, key: &str, as_of: &AsOf, settings: &Settings) -> serde_json::Value {
        serde_json::from_slice(&self.build(key, as_of, settings).json).unwrap()
    }

    /// Builds one report, of the plan or not.
    pub(crate) fn build(&self, key: &str, as_of: &AsOf, settings: &Settings) -> Built {
        let key: ReportKey = key.parse().unwrap();
        let data = self.load(key.cache_type(), settings.student_details);
        Family::new(key.cache_type(), &data, as_of, settings).build(&key).unwrap()
    }
}

/// An as-of time where the schools are.
/// VMS's own settings.
pub(crate) fn settings() -> crate::Settings {
    crate::Settings::vms().unwrap()
}

pub(crate) fn as_of(instant: &str) -> AsOf {
    let zone = jiff::tz::TimeZone::get("America/Chicago").unwrap();
    AsOf::new(instant.parse().unwrap(), zone).unwrap()
}

/// The tables of [`TABLES`], each with all its columns and the types that VMS gives them.
fn schema() -> String {
    let mut tables: Vec<(&str, Vec<String>)> = Vec::new();
    for group in TABLES {
        let known = tables.iter().position(|(table, _)| *table == group.table);
        let at = known.unwrap_or_else(|| {
            tables.push((group.table, Vec::new()));
            tables.len() - 1
        });
        let columns = group.columns.iter().map(|c| format!("\"{c}\" {}", declared(group.table, c)));
        tables[at].1.extend(columns);
    }
    let create =
        |(table, columns): &(&str, Vec<String>)| format!("CREATE TABLE \"{table}\" ({});\n", columns.join(", "));
    tables.iter().map(create).collect()
}

/// A column's declared type: its affinity decides how SQLite stores and compares.
fn declared(table: &str, column: &str) -> &'static str {
    const FLAGS: [&str; 6] =
        ["primary", "is_primary", "is_simulcast", "is_people_of_color", "do_not_contact", "email_opt_out"];
    const COUNTS: [&str; 7] = [
        "participant_count",
        "duration",
        "volunteers_needed",
        "num_classrooms",
        "rotations",
        "total_students",
        "current_grade",
    ];
    match (table, column) {
        ("school", "id") => "VARCHAR(255) PRIMARY KEY",
        (_, "id") => "INTEGER PRIMARY KEY",
        // Text that refers to a number, and text that refers to text.
        ("event_districts", "district_id") | (_, "school_id" | "salesforce_school_id" | "session_id") => "VARCHAR(255)",
        (_, "user_auth_id" | "salesforce_id" | "salesforce_individual_id" | "salesforce_account_id") => "VARCHAR(18)",
        (_, "delivery_hours") => "FLOAT",
        (_, "start_date" | "end_date" | "attendance_confirmed_at") => "DATETIME",
        (_, "first_volunteer_date" | "last_volunteer_date") => "DATE",
        (_, "exclude_from_reports") => "BOOLEAN",
        (_, c) if FLAGS.contains(&c) => "BOOLEAN",
        (_, c) if COUNTS.contains(&c) || c.ends_with("_id") => "INTEGER",
        _ => "VARCHAR(255)",
    }
}

/// The database of the known figures, table by table.
mod vectors {
    use super::Fixture;

    pub(super) fn organizations(db: &Fixture) {
        for (id, name) in [(1, "Zeta Corp"), (2, "Alpha Inc"), (3, "Alpha Inc"), (4, "Lonely")] {
            row!(db, organization { id: id, name: name });
        }
    }

    pub(super) fn volunteers(db: &Fixture, today: &str) {
        for (id, name, first) in [
            (1, "Ann Ade", Some("2025-09-01")),
            (2, "Bob Bee", Some("2025-08-01")),
            (3, "Cy Cee", Some("2026-07-31")),
            (4, "Di Dee", None),
            (5, "Ed Eee", Some("2025-10-01")),
            (6, "Flo Fee", Some("2025-10-01")),
            (7, "Gus Gee", Some("2025-10-01")),
            (8, "Hal Hee", Some("2025-11-01")),
        ] {
            db.volunteer(id, name);
            if let Some(first) = first {
                db.sql(&format!("UPDATE volunteer SET first_volunteer_date = '{first}' WHERE id = {id}"));
            }
        }
        db.sql(&format!(
            "UPDATE volunteer SET last_volunteer_date = '{today}', title = 'Retail Data Analyst', industry = 'Tech', \
               local_status = 'local', organization_name = '0015f00000JU4opAAD' WHERE id = 1;
             UPDATE contact SET salesforce_individual_id = '003X' WHERE id = 1;
             UPDATE volunteer SET status = 'INACTIVE' WHERE id = 2;
             UPDATE volunteer SET local_status = 'partial' WHERE id = 3;
             UPDATE contact SET exclude_from_reports = 1 WHERE id IN (4, 6)"
        ));
        for (id, name) in [(1, "Python"), (2, "Data")] {
            row!(db, skill { id: id, name: name });
            row!(db, volunteer_skills { volunteer_id: 1, skill_id: id });
        }
        for (email, primary) in [("first@x", 0), ("ann@x", 1), ("ann2@x", 1)] {
            row!(db, email { contact_id: 1, email: email, primary: primary });
        }
        for (volunteer, organization, primary) in [(1, 3, 0), (1, 1, 1), (1, 2, 0), (2, 1, 0), (3, 4, 0), (4, 1, 0)] {
            row!(
                db,
                volunteer_organization { volunteer_id: volunteer, organization_id: organization, is_primary: primary }
            );
        }
        row!(db, connector_data { volunteer_id: 5, user_auth_id: "U123" });
    }

    pub(super) fn events(db: &Fixture) {
        for (id, title, event_type, start) in [
            (1, "Data Day é \"q\"", "DATA_VIZ", "2025-09-10 09:00"),
            (2, "Virtual Chat", "VIRTUAL_SESSION", "2025-09-12 13:05"),
            (3, "Late July", "CAREER_FAIR", "2026-07-31 09:00"),
            (4, "Cancelled one", "CAREER_FAIR", "2025-10-01 09:00"),
            (5, "Null type", "P2GD", "2025-10-02 09:00"),
            (6, "Old Fair", "CAREER_FAIR", "2024-10-02 09:00"),
            (7, "Future DIA Voices", "DIA", "2030-01-02 00:00"),
        ] {
            db.event(id, title, event_type, start);
        }
        db.sql(
            "UPDATE event SET participant_count = 12 WHERE id = 1;
             UPDATE event SET status = 'CANCELLED' WHERE id = 4;
             UPDATE event SET status = 'CONFIRMED', location = 'Kansas City, MO' WHERE id = 7",
        );
        row!(db, event_attendance_detail { event_id: 1, total_students: 50, num_classrooms: 3, rotations: 2 });
    }

    pub(super) fn participations(db: &Fixture) {
        for (volunteer, event, status, hours) in [
            (1, 1, "Attended", Some(1.005)),
            (1, 1, "Completed", None),
            (2, 1, "Attended", Some(2.0)),
            (4, 1, "Attended", Some(3.0)),
            (1, 2, "Simulcast", Some(1.0)),
            (1, 2, "Completed", Some(0.0)),
            (1, 3, "Attended", Some(5.0)),
            (1, 4, "Cancelled", None),
            (1, 6, "Attended", Some(0.1)),
            (1, 6, "No Show", Some(7.0)),
            (6, 1, "Attended", Some(1.0)),
            (7, 5, "No Show", Some(1.0)),
            (1, 5, "Attended", Some(0.25)),
        ] {
            db.participation(volunteer, event, status, hours);
        }
    }

    pub(super) fn teachers(db: &Fixture) {
        row!(db, district { id: 1, name: "D1" });
        row!(db, school { id: "S1", name: "Sch1", district_id: 1 });
        db.teacher(9, "Tea Cher", Some("S1"));
        db.teacher(10, "Tea Cher", None);
        db.teacher(11, "Ex Cluded", None);
        db.sql("UPDATE contact SET exclude_from_reports = 1 WHERE id = 11");
        for (teacher, status) in [(9, "simulcast"), (10, "successfully completed"), (11, "simulcast")] {
            row!(db, event_teacher { event_id: 2, teacher_id: teacher, status: status, is_simulcast: 0 });
        }
    }
}

#[test]
fn the_fixture_has_every_table_and_column_that_is_read() {
    let db = Fixture::of_the_test_vectors("2026-03-15");
    for cache_type in CacheType::ALL {
        let data = db.load(cache_type, true);
        assert_eq!(data.defects.total(), 0, "{cache_type}: {:?}", data.defects.listed());
        assert_eq!(data.events.len(), 7);
    }
    assert!(db.path().exists());
}
