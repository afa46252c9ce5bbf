//! Rows that cannot be understood: each reported by table, row and reason, and everything else built without it.

use crate::support::{DatabaseFile, GOLDEN_CLOCK, chicago};
use serde_json::Value;
use std::collections::BTreeMap;
use vms_core::{CacheType, ReportKey};
use vms_reports::{Family, Settings};
use vms_source::{Dataset, Defects};

type Reports = BTreeMap<ReportKey, Vec<u8>>;

/// Every planned report of these types.
fn build(data: &Dataset, types: &[CacheType]) -> Reports {
    let (as_of, settings) = (chicago(GOLDEN_CLOCK), Settings::vms().unwrap());
    let mut reports = Reports::new();
    for cache_type in types {
        let family = Family::new(*cache_type, data, &as_of, &settings);
        for key in family.plan() {
            let built = family.build(&key).unwrap_or_else(|e| panic!("{key}: {e}"));
            reports.insert(key, built.json);
        }
    }
    reports
}

fn build_all(data: &Dataset) -> Reports {
    build(data, &CacheType::ALL)
}

/// A sample whose columns take any value, null included: files of VMS's earlier days have fewer constraints.
fn lenient_sample() -> DatabaseFile {
    DatabaseFile::sample().with(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table';",
    )
}

/// Adds a row by SQL that ends with its insertion; returns the row's number.
fn add(file: &DatabaseFile, sql: &str) -> i64 {
    let vms = file.vms();
    vms.execute_batch(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    vms.last_insert_rowid()
}

/// What is said of the rows of a dataset, `row`'s number written as `{row}`.
fn said(data: &Dataset, row: i64) -> Vec<String> {
    let number = format!(" row {row}:");
    data.defects.listed().iter().map(|defect| defect.to_string().replace(&number, " row {row}:")).collect()
}

/// An event that differs from a usual one in this column.
fn event(column: &str, value: &str) -> String {
    let usual = [
        ("title", "'Added'"),
        ("type", "'DIA'"),
        ("format", "'IN_PERSON'"),
        ("start_date", "'2026-03-01 09:00:00.000000'"),
        ("status", "'COMPLETED'"),
    ];
    let others = usual.into_iter().filter(|(name, _)| *name != column);
    let (columns, values): (Vec<_>, Vec<_>) = others.chain([(column, value)]).unzip();
    format!("INSERT INTO event ({}) VALUES ({})", columns.join(", "), values.join(", "))
}

/// A volunteer with this in a column, who would otherwise be a candidate; `<new>` stands for an id of its own.
fn volunteer(column: &str, value: &str) -> String {
    format!(
        "INSERT INTO contact (id, first_name, last_name, exclude_from_reports, do_not_contact, email_opt_out)
         VALUES (<new>, 'Added', 'Person', 0, 0, 0);
         INSERT INTO volunteer (id, industry, {column}) VALUES (<new>, 'engineering', {value})"
    )
}

#[test]
fn a_row_that_cannot_be_understood_is_reported_and_changes_no_report() {
    let clean = DatabaseFile::sample().load(&CacheType::ALL);
    assert_eq!(clean.defects, Defects::default(), "the sample itself has nothing to report");
    let clean = build_all(&clean);
    let (together, mut rows) = (lenient_sample(), 0);
    let (some_event, some_student) = ("(SELECT min(id) FROM event)", "(SELECT min(id) FROM student)");
    let some_volunteer = "(SELECT min(id) FROM volunteer)";
    let link = |table: &str, [left, right]: [&str; 2], of: [&str; 2]| {
        format!("INSERT INTO {table} ({left}, {right}) VALUES ({}, {})", of[0], of[1])
    };
    let (districts, presenters) = (["event_id", "district_id"], ["event_id", "volunteer_id"]);
    let (event_skills, volunteer_skills) = (["event_id", "skill_id"], ["volunteer_id", "skill_id"]);
    for (sql, expected) in [
        // Texts that VMS does not know; the display value is not the stored one.
        (event("type", "'WORKSHOP'"), "event row {row}: type is none of the known values"),
        (event("type", "'dia'"), "event row {row}: type is none of the known values"),
        (event("status", "'Completed'"), "event row {row}: status is none of the known values"),
        (event("format", "'ONLINE'"), "event row {row}: format is none of the known values"),
        (volunteer("local_status", "'LOCAL'"), "volunteer row {row}: local_status is none of the known values"),
        (volunteer("status", "'active'"), "volunteer row {row}: status is none of the known values"),
        // Dates that are none.
        (event("start_date", "'2026-02-30 09:00:00.000000'"), "event row {row}: start_date is not a date"),
        (event("start_date", "'next spring'"), "event row {row}: start_date is not a date"),
        (event("start_date", "''"), "event row {row}: start_date is not a date"),
        (event("start_date", "20260301"), "event row {row}: start_date is not text"),
        (event("end_date", "'2026-03-01 24:30'"), "event row {row}: end_date is not a date"),
        (volunteer("first_volunteer_date", "'03/15/2026'"), "volunteer row {row}: first_volunteer_date is not a date"),
        (volunteer("last_volunteer_date", "'2026-3-1'"), "volunteer row {row}: last_volunteer_date is not a date"),
        // Numbers and texts that are none.
        (event("duration", "'an hour'"), "event row {row}: duration is not a number"),
        (event("participant_count", "'many'"), "event row {row}: participant_count is not a number"),
        (event("title", "X'00FF'"), "event row {row}: title is not text"),
        (event("title", "CAST(X'C328' AS TEXT)"), "event row {row}: title is not text"),
        (volunteer("title", "X'00FF'"), "volunteer row {row}: title is not text"),
        ("INSERT INTO organization (name) VALUES (X'00FF')".to_owned(), "organization row {row}: name is not text"),
        ("INSERT INTO district (name) VALUES (X'00FF')".to_owned(), "district row {row}: name is not text"),
        ("INSERT INTO school (id, name) VALUES ('S', X'00FF')".to_owned(), "school row {row}: name is not text"),
        ("INSERT INTO skill (name) VALUES (X'00FF')".to_owned(), "skill row {row}: name is not text"),
        (
            format!("INSERT INTO email (contact_id, email, \"primary\") VALUES ({some_volunteer}, X'00FF', 0)"),
            "email row {row}: email is not text",
        ),
        (
            format!(
                "INSERT INTO event_participation (volunteer_id, event_id, status, delivery_hours)
                 VALUES ({some_volunteer}, {some_event}, 'Attended', 'two')"
            ),
            "event_participation row {row}: delivery_hours is not a number",
        ),
        // Nothing where there must be something.
        (event("title", "NULL"), "event row {row}: title has no value"),
        (event("start_date", "NULL"), "event row {row}: start_date has no value"),
        (event("status", "NULL"), "event row {row}: status has no value"),
        ("INSERT INTO organization (name) VALUES (NULL)".to_owned(), "organization row {row}: name has no value"),
        (
            "INSERT INTO contact (id, first_name) VALUES (<new>, 'Added'); INSERT INTO volunteer (id) VALUES (<new>)"
                .to_owned(),
            "volunteer row {row}: last_name has no value",
        ),
        // Ids of rows that do not exist.
        (
            "INSERT INTO volunteer (id, industry) VALUES (<new>, 'engineering')".to_owned(),
            "volunteer row {row}: id refers to a row that does not exist",
        ),
        (
            "INSERT INTO teacher (id) VALUES (<new>)".to_owned(),
            "teacher row {row}: id refers to a row that does not exist",
        ),
        (
            "INSERT INTO student (id) VALUES (<new>)".to_owned(),
            "student row {row}: id refers to a row that does not exist",
        ),
        (
            "INSERT INTO event_participation (volunteer_id, event_id, status) VALUES (999999, 999999, 'Attended')"
                .to_owned(),
            "event_participation row {row}: event_id refers to a row that does not exist",
        ),
        (
            format!(
                "INSERT INTO event_student_participation (event_id, student_id, status)
                 VALUES (999999, {some_student}, 'Attended')"
            ),
            "event_student_participation row {row}: event_id refers to a row that does not exist",
        ),
        (
            format!(
                "INSERT INTO event_student_participation (event_id, student_id, status)
                 VALUES ({some_event}, 999999, 'Attended')"
            ),
            "event_student_participation row {row}: student_id refers to a row that does not exist",
        ),
        (
            "INSERT INTO event_attendance_detail (event_id, total_students) VALUES (999999, 30)".to_owned(),
            "event_attendance_detail row {row}: event_id refers to a row that does not exist",
        ),
        (
            "INSERT INTO event_teacher (event_id, teacher_id)
             VALUES (999999, (SELECT min(id) FROM teacher))"
                .to_owned(),
            "event_teacher row {row}: event_id refers to a row that does not exist",
        ),
        (
            link("event_districts", districts, [some_event, "'999999'"]),
            "event_districts row {row}: district_id refers to a row that does not exist",
        ),
        (
            link("event_districts", districts, [some_event, "'KCPS'"]),
            "event_districts row {row}: district_id is not a number",
        ),
        (
            link("event_districts", districts, ["999999", "'1'"]),
            "event_districts row {row}: event_id refers to a row that does not exist",
        ),
        (
            link("event_volunteers", presenters, [some_event, "999999"]),
            "event_volunteers row {row}: volunteer_id refers to a row that does not exist",
        ),
        (
            link("event_skills", event_skills, [some_event, "999999"]),
            "event_skills row {row}: skill_id refers to a row that does not exist",
        ),
        (
            link("volunteer_skills", volunteer_skills, [some_volunteer, "999999"]),
            "volunteer_skills row {row}: skill_id refers to a row that does not exist",
        ),
    ] {
        let file = lenient_sample();
        let row = add(&file, &sql.replace("<new>", "900001"));
        let data = file.load(&CacheType::ALL);
        assert_eq!(said(&data, row), [expected], "{sql}");
        // In the database of all bad rows each has an id of its own.
        rows += 1;
        add(&together, &sql.replace("<new>", &(900_000 + rows).to_string()));
    }
    let data = together.load(&CacheType::ALL);
    assert_eq!(data.defects.total(), rows);
    let reports = build_all(&data);
    let changed: Vec<_> = reports.keys().filter(|key| reports[*key] != clean[*key]).collect();
    assert!(reports.len() == clean.len() && changed.is_empty(), "{changed:?}");
}

#[test]
fn a_row_that_lacks_a_status_or_refers_to_nothing_still_counts_where_vms_counts_it() {
    let clean = DatabaseFile::sample().load(&CacheType::ALL);
    let sizes = |data: &Dataset| [data.participations.len(), data.memberships.len(), data.event_teachers.len()];
    let some_event = "(SELECT min(id) FROM event)";
    for (sql, expected, kept) in [
        (
            format!(
                "INSERT INTO event_participation (volunteer_id, event_id)
                 VALUES ((SELECT min(id) FROM volunteer), {some_event})"
            ),
            "event_participation row {row}: status has no value",
            [1, 0, 0],
        ),
        (
            format!(
                "INSERT INTO event_participation (volunteer_id, event_id, status)
                 VALUES (999999, {some_event}, 'Attended')"
            ),
            "event_participation row {row}: volunteer_id refers to a row that does not exist",
            [1, 0, 0],
        ),
        (
            "INSERT INTO volunteer_organization (volunteer_id, organization_id)
             VALUES (999999, (SELECT min(id) FROM organization))"
                .to_owned(),
            "volunteer_organization row {row}: volunteer_id refers to a row that does not exist",
            [0, 1, 0],
        ),
        (
            "INSERT INTO volunteer_organization (volunteer_id, organization_id)
             VALUES ((SELECT min(id) FROM volunteer), 999999)"
                .to_owned(),
            "volunteer_organization row {row}: organization_id refers to a row that does not exist",
            [0, 1, 0],
        ),
        (
            format!(
                "INSERT INTO event_teacher (event_id, teacher_id)
                 VALUES ({some_event}, 999999)"
            ),
            "event_teacher row {row}: teacher_id refers to a row that does not exist",
            [0, 0, 1],
        ),
    ] {
        let file = lenient_sample();
        let row = add(&file, &sql);
        let data = file.load(&CacheType::ALL);
        assert_eq!(said(&data, row), [expected], "{sql}");
        let expected: Vec<_> = sizes(&clean).iter().zip(kept).map(|(before, more)| before + more).collect();
        assert_eq!(sizes(&data), expected[..], "{sql}");
        build_all(&data);
    }
}

#[test]
fn of_very_many_bad_rows_all_are_counted_and_the_first_are_named() {
    let file = DatabaseFile::sample().with("UPDATE event SET type = 'WORKSHOP'");
    let data = file.load(&CacheType::ALL);
    let events: u64 = file.vms().query_row("SELECT count(*) FROM event", [], |row| row.get(0)).unwrap();
    assert_eq!(data.defects.counts()["event: type is none of the known values"], events);
    assert_eq!(data.defects.listed().len(), Defects::LISTED);
    assert_eq!(data.defects.listed()[0].to_string(), "event row 1: type is none of the known values");
    assert!(data.defects.total() > events, "what refers to those events is reported as well");
    assert_well_formed(&build_all(&data));
}

#[test]
fn an_empty_database_gives_well_formed_reports() {
    let file = DatabaseFile::sample();
    let tables: Vec<String> = {
        let vms = file.vms();
        let mut statement = vms.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let delete: Vec<_> = tables.iter().map(|table| format!("DELETE FROM \"{table}\"")).collect();
    let emptied = file.with(&delete.join(";"));
    let data = emptied.load(&CacheType::ALL);
    assert_eq!((data.rows_read, data.defects.total()), (0, 0));
    let reports = build_all(&data);
    assert_well_formed(&reports);
    let keys: Vec<_> = reports.keys().map(ToString::to_string).collect();
    let expected = [
        "organization/summary/2425",
        "organization/summary/2526",
        "virtual_session/usage/2024-2025",
        "virtual_session/usage/2025-2026",
        "volunteer/recent/2425",
        "volunteer/recent/2526",
        "volunteer/recent/last-365-days",
        "volunteer/first-time/2425",
        "volunteer/first-time/2526",
        "recruitment/dia-events",
    ];
    assert_eq!(keys, expected, "what needs no subject in the database");
}

#[test]
fn a_report_does_not_depend_on_what_else_was_loaded() {
    let file = DatabaseFile::fixture("altered-small");
    let together = build_all(&file.load(&CacheType::ALL));
    let alone: Reports = CacheType::ALL.into_iter().flat_map(|t| build(&file.load(&[t]), &[t])).collect();
    assert_eq!(together.len(), alone.len());
    let changed: Vec<_> = together.keys().filter(|key| together[*key] != alone[*key]).collect();
    assert!(changed.is_empty(), "{changed:?}");
}

/// Each body is one object with exactly the members that its key promises.
fn assert_well_formed(reports: &Reports) {
    for (key, json) in reports {
        let body: Value = serde_json::from_slice(json).unwrap();
        let mut members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        let mut promised = key.members().to_vec();
        members.sort_unstable();
        promised.sort_unstable();
        assert_eq!(members, promised, "{key}");
    }
}
