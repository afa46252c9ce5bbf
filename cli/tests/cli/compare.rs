//! Our reports beside VMS's own cache rows: its tables are filled with what VMS computed, and then one row is altered.

use crate::harness::{Ended, arg, run};
use flate2::read::GzDecoder;
use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The moment at which VMS computed the golden rows.
const AS_OF: &str = "2026-03-15T12:00:00Z";
const STORED: &str = "2026-03-15 12:00:00.000000";

/// Each golden file, the table that its rows go into, and the columns that are their keys.
const TABLES: [(&str, &str, &[&str]); 8] = [
    ("district_year_end", "district_year_end_reports", &["district_id", "school_year", "host_filter"]),
    ("organization_summary", "organization_summary_cache", &["school_year"]),
    ("organization_detail", "organization_detail_cache", &["organization_id", "school_year"]),
    ("virtual_session", "virtual_session_report_cache", &["virtual_year", "date_from", "date_to"]),
    ("virtual_district", "virtual_session_district_cache", &["district_name", "virtual_year", "date_from", "date_to"]),
    (
        "recent_volunteers",
        "recent_volunteers_report_cache",
        &["school_year", "date_from", "date_to", "event_types", "title_filter"],
    ),
    ("first_time_volunteer", "first_time_volunteer_report_cache", &["school_year"]),
    ("recruitment", "recruitment_candidates_cache", &["event_id"]),
];

/// A VMS database of the fixtures.
struct Vms {
    _folder: TempDir,
    path: PathBuf,
}

impl Vms {
    /// As it is shipped: its cache tables are empty.
    fn empty(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vms.db");
        fs::write(&path, unpacked(&format!("{name}.db.gz"))).unwrap();
        Self { _folder: folder, path }
    }

    /// With VMS's own figures in its cache tables.
    fn filled(name: &str) -> Self {
        let vms = Self::empty(name);
        let mut db = vms.db();
        let filling = db.transaction().unwrap();
        for (family, table, keys) in TABLES {
            let golden: Value = serde_json::from_slice(&unpacked(&format!("golden/{name}/{family}.json.gz"))).unwrap();
            for row in golden["rows"].as_array().unwrap() {
                let mut columns: Map<String, Value> =
                    keys.iter().map(|k| ((*k).to_owned(), row["key"][k].clone())).collect();
                for (member, value) in row["data"].as_object().unwrap() {
                    let column = if member == "volunteers" { "volunteers_data" } else { member };
                    columns.insert(column.to_owned(), value.to_string().into());
                }
                insert(&filling, table, &columns);
            }
        }
        let name = "UPDATE organization_detail_cache SET organization_name =
                    (SELECT name FROM organization WHERE organization.id = organization_id)";
        filling.execute(name, []).unwrap();
        filling.commit().unwrap();
        vms
    }

    fn db(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }

    /// A JSON column of the row that a condition finds.
    fn json(&self, table: &str, column: &str, condition: &str) -> Value {
        let sql = format!("SELECT {column} FROM {table} WHERE {condition}");
        serde_json::from_str(&self.db().query_row(&sql, [], |row| row.get::<_, String>(0)).unwrap()).unwrap()
    }

    fn set_json(&self, table: &str, column: &str, condition: &str, value: &Value) {
        let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {condition}");
        assert_eq!(self.db().execute(&sql, [value.to_string()]).unwrap(), 1, "{sql}");
    }

    fn compare(&self, more: &[&str]) -> Ended {
        run(&[&["compare", "--source", arg(&self.path), "--as-of", AS_OF], more].concat())
    }

    /// The comparison of one report, or of one stray row.
    fn found(&self, list: &str, wanted: impl Fn(&Value) -> bool) -> (i32, Value) {
        let ended = self.compare(&["--json"]);
        let code = ended.code;
        let list = ended.json()[list].take();
        (code, list.as_array().unwrap().iter().find(|found| wanted(found)).unwrap().clone())
    }
}

fn insert(db: &Connection, table: &str, columns: &Map<String, Value>) {
    let names: Vec<&str> = columns.keys().map(String::as_str).chain(["last_updated"]).collect();
    let places = (1..=names.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
    let sql = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(", "));
    let text = |value: &Value| value.as_str().map(str::to_owned).or((!value.is_null()).then(|| value.to_string()));
    let values = columns.values().map(text).chain([Some(STORED.to_owned())]);
    db.execute(&sql, rusqlite::params_from_iter(values)).unwrap();
}

fn unpacked(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures").join(name);
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn every_row_that_vms_stored_is_equal_and_what_is_no_report_of_ours_is_listed() {
    // As many as the parity test requires of each database.
    for (name, equal) in [("seed1-small", 215), ("altered-small", 216)] {
        let vms = Vms::filled(name);
        let before = fs::read(&vms.path).unwrap();
        let ended = vms.compare(&["--json"]);
        assert_eq!(ended.code, 0, "{name}: {ended:?}");
        let found = ended.json();
        let (counts, strays) = (&found["counts"], found["only_there"].as_array().unwrap());
        let rows: i64 = TABLES
            .iter()
            .map(|(_, table, _)| {
                vms.db().query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
            })
            .sum();
        assert_eq!((&counts["equal"], &counts["differs"], &counts["explained"]), (&json!(equal), &json!(0), &json!(0)));
        assert_eq!(counts["only_there"], json!(rows - equal), "{name}: each row is told once");
        let changed = text(&found["data_changed"]);
        assert!(("2026-03-01".."2026-03-15T12:00:01").contains(&changed.as_str()), "{name}: {changed}");
        let quirks: BTreeSet<_> = strays.iter().filter_map(|stray| stray["quirk"].as_str()).collect();
        assert!(quirks.is_superset(&BTreeSet::from(["B24", "D3"])), "{name}: {quirks:?}");
        assert!(fs::read(&vms.path).unwrap() == before, "the database was written to");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn an_altered_row_differs_a_missing_one_is_missed_and_an_unknown_one_is_listed() {
    let vms = Vms::filled("seed1-small");
    let (table, condition) =
        ("recent_volunteers_report_cache", "school_year = '2526' AND event_types = 'ALL' AND title_filter IS NULL");
    let mut altered = vms.json(table, "report_data", condition);
    let name = altered.pointer_mut("/active_volunteers/0/name").unwrap();
    let was = text(name);
    // It sorts where it did.
    let is = format!("{was} II");
    *name = is.clone().into();
    vms.set_json(table, "report_data", condition, &altered);
    let db = vms.db();
    db.execute("DELETE FROM organization_summary_cache WHERE school_year = '2526'", []).unwrap();
    db.execute(
        "INSERT INTO district_year_end_reports (district_id, school_year, host_filter, report_data)
         VALUES (6, '2526', 'only mine', '{}')",
        [],
    )
    .unwrap();

    let ended = vms.compare(&[]);
    assert_eq!(ended.code, 1, "{ended:?}");
    for line in [
        "differs    volunteer/recent/2526 (recent_volunteers_report_cache ",
        "            at report_data.active_volunteers[].name: 1",
        "not cached organization/summary/2526",
        "only there no report of ours (district_year_end_reports ",
        "            D3: a host filter that somebody typed; here there are two",
        "213 equal, 1 differ, 0 differ and are explained, ",
    ] {
        assert!(ended.out.lines().any(|l| l.starts_with(line)), "{line:?}: {}", ended.out);
    }
    assert!(!ended.out.contains(&was), "a name is printed");
    let shown = vms.compare(&["--show", "3", "--type", "volunteer"]);
    assert_eq!(shown.code, 1);
    assert!(shown.out.contains(&format!("].name: VMS \"{is}\", here \"{was}\"")), "{}", shown.out);
    assert_eq!(vms.compare(&["--type", "district"]).code, 0);
}

#[test]
fn a_difference_is_put_down_to_the_defect_that_made_it_and_to_no_other() {
    let vms = Vms::filled("seed1-small");
    let mut expected = Vec::new();

    let order = ("organization_summary_cache", "organizations_data", "school_year = '2526'");
    let mut list = vms.json(order.0, order.1, order.2);
    list.as_array_mut().unwrap().reverse();
    vms.set_json(order.0, order.1, order.2, &list);
    expected.push(("organization/summary/2526", "B7", "explained"));

    // The same list with a figure that is wrong as well.
    let other = ("organization_summary_cache", "organizations_data", "school_year = '2425'");
    let mut list = vms.json(other.0, other.1, other.2);
    list.as_array_mut().unwrap().reverse();
    list[0]["unique_sessions"] = json!(77_777);
    vms.set_json(other.0, other.1, other.2, &list);
    expected.push(("organization/summary/2425", "", "differs"));

    let lists = "volunteers_data = '[]', in_person_events = '[]', virtual_events = '[]', cancelled_events = '[]'";
    let empty =
        format!("UPDATE organization_detail_cache SET {lists} WHERE organization_id = 1 AND school_year = '2526'");
    assert_eq!(vms.db().execute(&empty, []).unwrap(), 1);
    expected.push(("organization/detail/2526/1", "B11", "explained"));

    for (district, figure, quirk, verdict) in [(6, None, "D16", "explained"), (11, Some(77_777), "", "differs")] {
        let year_end = format!("district_id = {district} AND school_year = '2526' AND host_filter = 'all'");
        let mut partial = vms.json("district_year_end_reports", "report_data", &year_end);
        let members = partial.as_object_mut().unwrap();
        members.retain(|member, _| !["name", "schools_engaged", "total_students"].contains(&member.as_str()));
        members.extend(figure.map(|figure| ("total_events".to_owned(), json!(figure))));
        vms.set_json("district_year_end_reports", "report_data", &year_end, &partial);
        expected.push((
            ["district/year-end/2526/all/6", "district/year-end/2526/all/11"][usize::from(district == 11)],
            quirk,
            verdict,
        ));
    }

    // Candidates and the last 365 days, as of the morning of the day before.
    let earlier = run(&[
        "build",
        "--source",
        arg(&vms.path),
        "--as-of",
        "2026-03-14T06:00:00Z",
        "--type",
        "recruitment",
        "--out",
        arg(&vms.path.with_extension("out")),
    ]);
    assert_eq!(earlier.code, 0, "{earlier:?}");
    let candidates = vms.path.with_extension("out").join("recruitment/candidates");
    let now: Vec<(i64, Value)> = fs::read_dir(candidates)
        .unwrap()
        .filter_map(|file| {
            let path = file.unwrap().path();
            let event = path.file_stem()?.to_str()?.parse().ok()?;
            let body: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            Some((event, body["candidates_data"].clone()))
        })
        .collect();
    for (event, list) in &now {
        let sql = "UPDATE recruitment_candidates_cache SET candidates_data = ?1, last_updated = ?2 WHERE event_id = ?3";
        vms.db().execute(sql, params![list.to_string(), "2026-03-14 06:00:00.000000", event]).unwrap();
    }

    let ended = vms.compare(&["--json"]);
    assert_eq!(ended.code, 1);
    let found = ended.json();
    let reports = found["reports"].as_array().unwrap();
    for (key, quirk, verdict) in expected {
        let report = reports.iter().find(|report| report["report_key"] == key).unwrap();
        assert_eq!(report["verdict"], verdict, "{key}: {report}");
        assert_eq!(report["quirk"].as_str().unwrap_or_default(), quirk, "{key}: {report}");
        assert!(report["differences"].as_u64() > Some(0), "{key}");
    }
    let of_day = reports.iter().filter(|r| r["quirk"] == "B49").count();
    assert!(of_day > 0 && of_day <= now.len(), "{of_day} of {} candidates' lists", now.len());
    assert_eq!(reports.iter().filter(|r| r["verdict"] == "differs").count(), 2, "{found}");
}

#[test]
fn a_row_that_is_older_than_the_data_is_explained_by_its_age_and_a_younger_one_is_not() {
    let vms = Vms::filled("seed1-small");
    let (table, condition) = ("first_time_volunteer_report_cache", "school_year = '2526'");
    let mut altered = vms.json(table, "report_data", condition);
    altered["total_hours_by_first_timers"] = json!(77_777.5);
    vms.set_json(table, "report_data", condition, &altered);
    for (stored, code, verdict, words) in [
        ("2026-03-15 12:00:00.000000", 1, "differs", ""),
        ("2025-10-01 09:30:00.000000", 0, "explained", "older than the data: stored 2025-10-01T09:30:00"),
    ] {
        vms.db().execute(&format!("UPDATE {table} SET last_updated = ?1 WHERE {condition}"), [stored]).unwrap();
        let (ended, report) = vms.found("reports", |report| report["report_key"] == "volunteer/first-time/2526");
        assert_eq!((ended, &report["verdict"]), (code, &json!(verdict)), "{report}");
        assert!(report["why"].as_str().unwrap_or_default().starts_with(words), "{report}");
        assert_eq!(report["places"], json!({"report_data.total_hours_by_first_timers": 1}));
        assert_eq!(report["row"]["last_updated"], stored.replace(' ', "T").trim_end_matches(".000000"));
    }
}

#[test]
fn rows_that_no_plan_has_are_told_with_the_reason() {
    let vms = Vms::filled("seed1-small");
    let db = vms.db();
    let of_the_calendar = json!({"school_year": "2627", "organizations_data": "[]"});
    insert(&db, "organization_summary_cache", of_the_calendar.as_object().unwrap());
    let twice = json!({"school_year": "2526", "organizations_data": "[]"});
    insert(&db, "organization_summary_cache", twice.as_object().unwrap());
    let never_read = json!({"organization_id": "1", "school_year": "2526", "summary_stats": "{}"});
    insert(&db, "organization_reports", never_read.as_object().unwrap());
    let yesterday =
        json!({"date_from": "2025-03-14", "date_to": "2026-03-14", "event_types": "ALL", "report_data": "{}"});
    insert(&db, "recent_volunteers_report_cache", yesterday.as_object().unwrap());
    let strays = vms.compare(&["--json"]).json()["only_there"].take();
    for (table, quirk, words) in [
        ("organization_summary_cache", Some("M3"), "a school year to come"),
        ("organization_summary_cache", None, "a second row of that report"),
        ("organization_reports", Some("B3"), "a table that VMS itself never fills"),
        ("recent_volunteers_report_cache", Some("B28"), "the last 365 days of 2026-03-14"),
        ("recent_volunteers_report_cache", None, "a window of dates"),
        ("recent_volunteers_report_cache", Some("B24"), "a filtered list"),
        ("first_time_volunteer_report_cache", None, "a year that is not planned"),
        ("virtual_session_district_cache", None, "a district without any session"),
        ("recruitment_candidates_cache", None, "an event that is not among the 50"),
    ] {
        let is = |stray: &&Value| {
            stray["row"]["table"] == table && stray["quirk"].as_str() == quirk && text(&stray["why"]).starts_with(words)
        };
        assert!(strays.as_array().unwrap().iter().any(|stray| is(&stray)), "{table}: {words}: {strays}");
    }
}

#[test]
fn an_empty_cache_is_told_and_a_copy_without_cache_tables_is_refused() {
    let vms = Vms::empty("seed1-small");
    let out = vms.compare(&[]).done();
    assert!(out.contains("0 equal, 0 differ, 0 differ and are explained, "), "{out}");
    assert!(out.contains("VMS's cache is empty: nothing could be compared."), "{out}");
    assert!(out.lines().any(|l| l.starts_with("not cached volunteer/recent/last-365-days")), "{out}");

    vms.db().execute_batch("DROP TABLE recruitment_candidates_cache").unwrap();
    let ended = vms.compare(&[]);
    assert_eq!(ended.code, 0);
    assert!(ended.err.contains("recruitment_candidates_cache is not there"), "{ended:?}");
    let only = vms.compare(&["--type", "recruitment"]).refused(1);
    assert!(only.contains("has none of VMS's cache tables"), "{only}");
}

#[test]
fn wrong_usage_of_compare_ends_with_2() {
    let vms = Vms::empty("seed1-small");
    for args in [
        &["compare"][..],
        &["compare", "--source", arg(&vms.path), "--type", "districts"],
        &["compare", "--source", arg(&vms.path), "--show", "all"],
        &["compare", "--source", arg(&vms.path), "--as-of", "1999-01-01T00:00:00Z"],
    ] {
        assert_eq!(run(args).code, 2, "{args:?}");
    }
    assert!(run(&["compare", "--source", "/nonexistent/vms.db"]).refused(1).contains("no such file"));
}
