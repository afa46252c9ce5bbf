//! What holds of the district and organization reports of *any* database.

use crate::fixture::{Fixture, as_of};
use crate::{Built, Settings};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use vms_core::{CacheType, ReportKey};

/// Rows as SQL: those of tables that are read by id, in any order, and those whose order of insertion counts.
#[derive(Debug, Clone)]
struct Rows {
    by_id: Vec<String>,
    by_insertion: Vec<String>,
}

const TYPES: [&str; 5] = ["'VIRTUAL_SESSION'", "'VIRTUAL_SESSION'", "'DIA'", "'CAREER_FAIR'", "NULL"];
const STATUSES: [&str; 4] = ["COMPLETED", "COMPLETED", "COMPLETED", "CANCELLED"];
const STARTS: [&str; 6] = [
    "2025-08-01 00:00:00.000000",
    "2025-09-10 09:00:00.000000",
    "2025-09-10 13:05:00.000000",
    "2026-02-28 23:59:59.000000",
    "2026-07-31 00:00:00.000000",
    "2026-07-31 08:00:00.000000",
];
const PARTNERS: [&str; 5] = ["NULL", "''", "'Grandview C-4'", "'The Center'", "'PTA of North High'"];
const TITLES: [&str; 3] = ["Fair", "Fair at North High", "South_ Elementary day"];
const HOSTS: [&str; 3] = ["NULL", "'PREPKC'", "'Other'"];
const ATTENDED: [&str; 6] = ["Attended", "Attended", "Completed", "Simulcast", "No Show", "Registered"];
const CLASSROOMS: [&str; 3] = ["simulcast", "successfully completed", "registered"];
const HOURS: [&str; 5] = ["NULL", "0.0", "0.0625", "1.5", "2.25"];

/// Of each kind of row a few; ids collide on purpose where a table allows it, and some refer to nothing.
fn rows() -> impl Strategy<Value = Rows> {
    let event = (
        select(&TYPES[..]),
        select(&STATUSES[..]),
        select(&STARTS[..]),
        select(&PARTNERS[..]),
        select(&TITLES[..]),
        select(&HOSTS[..]),
        0..5_i64,
    );
    let events = prop::collection::vec(event, 0..12);
    let participation = (1..7_i64, 1..13_i64, select(&ATTENDED[..]), select(&HOURS[..]));
    let participations = prop::collection::vec(participation, 0..40);
    let registrations = prop::collection::btree_map((1..13_i64, 20..25_i64), select(&CLASSROOMS[..]), 0..20);
    let attendances = prop::collection::btree_set((1..13_i64, 30..38_i64), 0..30);
    let districts = prop::collection::btree_set((1..13_i64, 1..5_i64), 0..8);
    let members = prop::collection::btree_set((1..7_i64, 1..5_i64), 0..10);
    let members = members.prop_map(|s| s.into_iter().collect::<Vec<_>>()).prop_shuffle();
    (events, participations, registrations, attendances, districts, members).prop_map(
        |(events, participations, registrations, attendances, districts, members)| {
            let mut by_id = people();
            for ((event_type, status, start, partner, title, host, school), id) in events.into_iter().zip(1..) {
                by_id.push(format!(
                    "INSERT INTO event (id, title, type, status, format, start_date, district_partner, session_host, \
                     school, participant_count) VALUES ({id}, '{title}', {event_type}, '{status}', 'IN_PERSON', \
                     '{start}', {partner}, {host}, 'S{school}', {school})"
                ));
            }
            for ((volunteer, event, status, hours), id) in participations.into_iter().zip(1..) {
                by_id.push(format!(
                    "INSERT INTO event_participation (id, volunteer_id, event_id, status, delivery_hours) \
                     VALUES ({id}, {volunteer}, {event}, '{status}', {hours})"
                ));
            }
            for ((event, teacher), status) in registrations {
                by_id.push(format!(
                    "INSERT INTO event_teacher (event_id, teacher_id, status) VALUES ({event}, {teacher}, '{status}')"
                ));
            }
            for ((event, student), id) in attendances.into_iter().zip(1..) {
                by_id.push(format!(
                    "INSERT INTO event_student_participation (id, event_id, student_id, status) \
                     VALUES ({id}, {event}, {student}, 'Attended')"
                ));
            }
            for (event, district) in districts {
                by_id.push(format!("INSERT INTO event_districts VALUES ({event}, '{district}')"));
            }
            let mut by_insertion = schools();
            for (volunteer, organization) in members {
                by_insertion.push(format!(
                    "INSERT INTO volunteer_organization (volunteer_id, organization_id) \
                     VALUES ({volunteer}, {organization})"
                ));
            }
            Rows { by_id, by_insertion }
        },
    )
}

/// The same people, districts and organizations in every database.
fn people() -> Vec<String> {
    let mut rows = Vec::new();
    let contact = |id: i64, excluded: i64| {
        format!(
            "INSERT INTO contact (id, first_name, last_name, exclude_from_reports) VALUES ({id}, 'F{}', 'L{}', {excluded})",
            id % 2,
            id % 3
        )
    };
    for id in 1..6 {
        rows.push(contact(id, i64::from(id == 5)));
        rows.push(format!("INSERT INTO volunteer (id) VALUES ({id})"));
    }
    for id in 20..24 {
        rows.push(contact(id, i64::from(id == 23)));
        let school = format!("S{}", id % 4);
        rows.push(format!(
            "INSERT INTO teacher (id, school_id, salesforce_school_id) VALUES ({id}, '{school}', '{school}')"
        ));
    }
    for id in 30..37 {
        rows.push(contact(id, 0));
        rows.push(format!(
            "INSERT INTO student (id, school_id, current_grade) VALUES ({id}, 'S{}', {})",
            id % 4,
            id % 3
        ));
    }
    for (id, salesforce_id, name) in [
        (1, "'0015f00000KvuZTAAZ'", "Center School District"),
        (2, "'0015f00000JU4opAAD'", "Grandview School District"),
        (3, "NULL", "GRANDVIEW C-4"),
    ] {
        rows.push(format!("INSERT INTO district (id, salesforce_id, name) VALUES ({id}, {salesforce_id}, '{name}')"));
    }
    rows.extend((1..4).map(|id| format!("INSERT INTO organization (id, name) VALUES ({id}, 'O{id}')")));
    rows
}

fn schools() -> Vec<String> {
    let school = |(id, name, district): (i64, &str, i64)| {
        format!("INSERT INTO school (id, name, district_id) VALUES ('S{id}', '{name}', {district})")
    };
    let rows = [(0, "North High", 1), (1, "South_ Elementary", 2), (2, "Far School", 3), (3, "Lost", 404)];
    rows.into_iter().map(school).collect()
}

fn reports(rows: &Rows) -> Vec<(ReportKey, Built)> {
    let db = Fixture::empty();
    let all: Vec<_> = rows.by_id.iter().chain(&rows.by_insertion).cloned().collect();
    db.sql(&format!("BEGIN; {}; COMMIT", all.join("; ")));
    let settings = Settings { student_details: true, ..crate::fixture::settings() };
    let as_of = as_of("2026-03-15T12:00:00Z");
    let mut built = db.build_all(CacheType::District, &as_of, &settings);
    built.extend(db.build_all(CacheType::Organization, &as_of, &settings));
    built
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// The sum of a field over a list or the values of an object.
fn sum(of: &Value, field: &str) -> f64 {
    match of {
        Value::Object(members) => members.values().map(|m| number(&m[field])).sum(),
        _ => list(of).iter().map(|m| number(&m[field])).sum(),
    }
}

/// Equality is meant: hours here are multiples of 1/16, whose sums are exact, and rounded ones are added in the order
/// in which they are listed. (The sum of nothing is -0.0.)
#[track_caller]
fn same(a: f64, b: f64) {
    assert_eq!((a + 0.0).to_bits(), (b + 0.0).to_bits(), "{a} is not {b}");
}

fn check_year_end(report: &Value) {
    let (data, events) = (&report["report_data"], &report["events_data"]);
    let enhanced = &data["enhanced"];
    for figure in ["events", "students", "volunteers"] {
        let by_format = &enhanced[figure];
        same(number(&by_format["total"]), number(&by_format["in_person"]) + number(&by_format["virtual"]));
    }
    let (volunteers, organizations) = (&enhanced["volunteers"], &enhanced["organizations"]);
    for (of, total) in [(volunteers, "hours"), (organizations, "volunteer_hours")] {
        let part = |part: &str| number(&of[format!("{total}_{part}")]);
        same(part("total"), part("in_person") + part("virtual"));
    }
    for types in [&data["event_types"], &enhanced["event_types"]] {
        let counted: f64 = types.as_object().unwrap().values().map(number).sum();
        same(counted, number(&data["total_events"]));
    }
    let months = &events["events_by_month"];
    same(sum(months, "total_students"), number(&enhanced["students"]["total"]));
    same(sum(months, "total_volunteers"), number(&data["total_volunteers"]));
    same(sum(months, "total_volunteer_hours"), number(&data["total_volunteer_hours"]));
    let mut listed = 0;
    for month in months.as_object().unwrap().values() {
        listed += list(&month["events"]).len();
        same(sum(&month["events"], "volunteer_hours"), number(&month["total_volunteer_hours"]));
        same(list(&month["unique_volunteers"]).len() as f64, number(&month["unique_volunteer_count"]));
    }
    same(listed as f64, number(&events["total_events"]));
    same(listed as f64, number(&data["total_events"]));
    same(sum(&data["monthly_breakdown"], "students"), number(&data["total_students"]));
    assert!(sum(&data["monthly_breakdown"], "events") <= listed as f64, "base events are detail events");
}

/// Engagement and the base figures of year-end look at the same events.
fn check_engagement(engagement: &Value, year_end: &Value) {
    let (stats, base) = (&engagement["summary_stats"], &year_end["report_data"]);
    same(number(&stats["unique_volunteers"]), number(&base["unique_volunteer_count"]));
    same(number(&stats["unique_students"]), number(&base["unique_student_count"]));
    same(number(&stats["total_students_with_virtual"]), number(&base["total_students"]));
    same(number(&stats["schools_engaged"]), number(&base["schools_reached"]));
    let months = &base["monthly_breakdown"];
    same(number(&stats["unique_events"]), sum(months, "events"));
    same(number(&stats["total_volunteer_engagements"]), sum(months, "volunteers"));
    same(number(&stats["unique_events"]), list(&engagement["events_data"]).len() as f64);
    same(number(&stats["unique_students"]), list(&engagement["students_data"]).len() as f64);
    same(number(&stats["total_student_participations"]), sum(&engagement["students_data"], "events_count"));
    same(sum(&engagement["events_data"], "student_count"), number(&base["total_students"]));
    let breakdown = &engagement["breakdown_data"]["events_breakdown"];
    same(list(breakdown).len() as f64, number(&stats["unique_events"]));
    assert!(sum(breakdown, "volunteer_count") <= number(&stats["total_volunteer_engagements"]));
}

fn check_detail(detail: &Value, summary: &Value, id: i64) {
    let stats = &detail["summary_stats"];
    let count = |member: &str| list(&detail[member]).len() as f64;
    same(number(&stats["total_inperson_sessions"]), count("in_person_events"));
    same(number(&stats["total_virtual_sessions"]), count("virtual_events"));
    same(number(&stats["total_sessions"]), count("in_person_events") + count("virtual_events"));
    same(number(&stats["total_volunteers"]), count("volunteers_data"));
    same(number(&stats["total_cancelled"]), count("cancelled_events"));
    same(number(&stats["total_hours"]), sum(&detail["volunteers_data"], "hours"));
    same(number(&stats["total_students_reached"]), sum(&detail["in_person_events"], "students"));
    assert!(number(&stats["total_classrooms_reached"]) <= sum(&detail["virtual_events"], "classrooms"));
    let whole = list(&summary["organizations_data"]).iter().find(|o| o["id"] == id);
    let volunteers = whole.map_or(0.0, |o| number(&o["unique_volunteers"]));
    assert!(count("volunteers_data") <= volunteers, "the summary counts the excluded as well");
}

fn check(reports: &[(ReportKey, Built)]) {
    let body = |key: &ReportKey| -> Value {
        let found = reports.iter().find(|(k, _)| k == key).unwrap();
        serde_json::from_slice(&found.1.json).unwrap()
    };
    for (key, _) in reports {
        match *key {
            ReportKey::DistrictYearEnd { .. } => check_year_end(&body(key)),
            ReportKey::DistrictEngagement { year, district } => {
                let hosts = vms_core::HostFilter::All;
                check_engagement(&body(key), &body(&ReportKey::DistrictYearEnd { year, hosts, district }));
            }
            ReportKey::OrganizationDetail { year, organization } => {
                check_detail(&body(key), &body(&ReportKey::OrganizationSummary { year }), organization);
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn totals_are_the_sums_of_their_parts(rows in rows()) {
        check(&reports(&rows));
    }

    #[test]
    fn the_same_rows_give_the_same_bytes_in_whatever_order_they_were_inserted(
        (rows, shuffled) in rows().prop_flat_map(|rows| {
            let shuffled = Just(rows.by_id.clone()).prop_shuffle();
            (Just(rows), shuffled)
        }),
    ) {
        let first = reports(&rows);
        prop_assert_eq!(&reports(&rows), &first, "built twice");
        let shuffled = Rows { by_id: shuffled, by_insertion: rows.by_insertion };
        prop_assert_eq!(&reports(&shuffled), &first, "inserted in another order");
    }
}
