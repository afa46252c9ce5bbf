//! The figures that VMS itself computed for the test database, and what they leave out.

use crate::fixture::{Fixture, as_of, row, settings};
use serde_json::{Value, json};
use vms_core::CacheType;

const AS_OF: &str = "2026-03-15T12:00:00Z";

fn vectors() -> Fixture {
    Fixture::of_the_test_vectors("2026-03-15")
}

fn report(db: &Fixture, key: &str) -> Value {
    db.json(key, &as_of(AS_OF), &settings())["report_data"].clone()
}

/// The members of each item of a list that a test speaks of.
fn columns(list: &Value, names: &[&str]) -> Vec<Value> {
    let row = |item: &Value| names.iter().map(|name| item[name].clone()).collect();
    list.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn first_timers_of_the_test_vectors_are_vmss() {
    let data = report(&vectors(), "volunteer/first-time/2526");
    assert_eq!(
        columns(&data["volunteers"], &["name", "total_events", "total_hours", "organization"]),
        [
            json!(["Cy Cee", 0, 0.0, "Lonely"]),
            json!(["Hal Hee", 0, 0.0, "Independent"]),
            json!(["Ed Eee", 0, 0.0, "Independent"]),
            json!(["Flo Fee", 1, 1.0, "Independent"]),
            json!(["Ann Ade", 12, 12.71, "Alpha Inc"]),
            json!(["Ann Ade", 6, 6.35, "Zeta Corp"]),
        ],
        "Bob's first date is the year's first day, and Gus has rows but none attended"
    );
    assert_eq!(data["total_first_time_volunteers"], json!(6));
    assert_eq!(data["total_events_by_first_timers"], json!(19));
    assert_eq!(data["total_hours_by_first_timers"], json!(20.1));
}

#[test]
fn a_first_timer_is_written_as_vms_writes_it() {
    let key = "volunteer/first-time/2526";
    let text = String::from_utf8(vectors().build(key, &as_of(AS_OF), &settings()).json).unwrap();
    let expected = concat!(
        r#"{"id":1,"name":"Ann Ade","first_volunteer_date":"September 01, 2025","total_events":6,"total_hours":6.35,"#,
        r#""organization":"Zeta Corp","title":"Retail Data Analyst","events":["#,
        r#"{"title":"Data Day é \"q\"","date":"Sep 10, 2025","type":"data_viz","hours":1.0,"district":"N/A"},"#,
        r#"{"title":"Data Day é \"q\"","date":"Sep 10, 2025","type":"data_viz","hours":0,"district":"N/A"},"#,
        r#"{"title":"Virtual Chat","date":"Sep 12, 2025","type":"virtual_session","hours":0,"district":"N/A"},"#,
        r#"{"title":"Null type","date":"Oct 02, 2025","type":"p2gd","hours":0.25,"district":"N/A"}],"#,
        r#""salesforce_contact_url":"https://prep-kc.lightning.force.com/lightning/r/Contact/003X/view","#,
        r#""salesforce_account_url":null}"#,
    );
    assert!(text.contains(expected), "{text}");
}

#[test]
fn active_volunteers_of_the_test_vectors_are_vmss() {
    let data = report(&vectors(), "volunteer/recent/2526");
    let names = ["name", "email", "organization", "event_count", "total_hours", "last_event_date", "last_event_type"];
    assert_eq!(
        columns(&data["active_volunteers"], &names),
        [
            json!(["Ann Ade", "ann@x", "Zeta Corp", 5, 2.255, "2025-10-02T09:00:00", "p2gd"]),
            json!(["Bob Bee", null, "Zeta Corp", 1, 2.0, "2025-09-10T09:00:00", "data_viz"]),
        ]
    );
    assert_eq!(
        data["active_volunteers"][1].to_string(),
        json!({
            "id": 2, "name": "Bob Bee", "email": null, "organization": "Zeta Corp",
            "events": [{"id": 1, "title": "Data Day é \"q\"", "date": "2025-09-10T09:00:00", "type": "data_viz", "hours": 2.0}],
            "event_count": 1, "total_hours": 2.0,
            "last_event_date": "2025-09-10T09:00:00", "last_event_type": "data_viz"
        })
        .to_string()
    );
}

#[test]
fn first_timers_in_range_carry_every_participation_there_is() {
    let data = report(&vectors(), "volunteer/recent/2526");
    assert_eq!(
        columns(&data["first_time_in_range"], &["name", "total_events", "total_hours", "organization"]),
        [
            json!(["Cy Cee", 0, 0.0, "Lonely"]),
            json!(["Hal Hee", 0, 0.0, "Independent"]),
            json!(["Ed Eee", 0, 0.0, "Independent"]),
            json!(["Gus Gee", 1, 1.0, "Independent"]),
            json!(["Ann Ade", 18, 28.71, "Alpha Inc"]),
            json!(["Ann Ade", 9, 14.355, "Zeta Corp"]),
        ]
    );
}

#[test]
fn the_last_365_days_are_cut_by_the_utc_clock() {
    let db = Fixture::empty();
    db.volunteer(1, "Ann Ade");
    for (id, start) in
        [(1, "2025-03-15 11:59"), (2, "2025-03-15 12:00"), (3, "2026-03-15 12:00"), (4, "2026-03-15 12:01")]
    {
        db.event(id, "Fair", "CAREER_FAIR", start).participation(1, id, "Attended", Some(1.0));
    }
    let data = report(&db, "volunteer/recent/last-365-days");
    assert_eq!(columns(&data["active_volunteers"][0]["events"], &["id"]), [json!([2]), json!([3])]);
}

#[test]
fn a_simulcast_makes_a_volunteer_active_but_is_no_first_timers_event() {
    let db = Fixture::empty();
    db.volunteer(1, "Ann Ade").sql("UPDATE volunteer SET first_volunteer_date = '2025-09-10'");
    db.event(1, "Chat", "VIRTUAL_SESSION", "2025-09-10 09:00").participation(1, 1, "Simulcast", None);
    let recent = report(&db, "volunteer/recent/2526");
    assert_eq!(columns(&recent["active_volunteers"], &["event_count", "total_hours"]), [json!([1, 0.0])]);
    assert_eq!(columns(&recent["first_time_in_range"], &["total_events", "events"]), [json!([1, []])]);
    let first_time = report(&db, "volunteer/first-time/2526");
    assert_eq!(first_time["volunteers"], json!([]), "with rows but none attended there is no item");
}

#[test]
fn an_exclusion_flag_without_a_value_excludes_from_recent_only() {
    let db = Fixture::empty();
    db.volunteer(1, "Ann Ade").sql("UPDATE volunteer SET first_volunteer_date = '2025-09-10'");
    db.sql("UPDATE contact SET exclude_from_reports = NULL");
    let recent = report(&db, "volunteer/recent/2526");
    assert_eq!(recent, json!({"active_volunteers": [], "first_time_in_range": []}));
    assert_eq!(report(&db, "volunteer/first-time/2526")["total_first_time_volunteers"], json!(1));
}

#[test]
fn an_empty_database_gives_empty_reports() {
    let reports = Fixture::empty().build_all(CacheType::Volunteer, &as_of(AS_OF), &settings());
    let texts: Vec<_> = reports.iter().map(|(_, b)| String::from_utf8(b.json.clone()).unwrap()).collect();
    let recent = r#"{"report_data":{"active_volunteers":[],"first_time_in_range":[]}}"#;
    let first_time = concat!(
        r#"{"report_data":{"volunteers":[],"total_first_time_volunteers":0,"#,
        r#""total_events_by_first_timers":0,"total_hours_by_first_timers":0}}"#,
    );
    assert_eq!(texts, [recent, recent, recent, first_time, first_time]);
    assert!(reports.iter().all(|(_, b)| b.rows == 0));
}

#[test]
fn an_organization_without_a_name_is_no_organization() {
    let db = Fixture::empty();
    db.volunteer(1, "Ann Ade").sql("UPDATE volunteer SET first_volunteer_date = '2025-09-10'");
    row!(db, organization { id: 1, name: "" });
    row!(db, volunteer_organization { volunteer_id: 1, organization_id: 1, is_primary: 1 });
    let data = report(&db, "volunteer/first-time/2526");
    assert_eq!(columns(&data["volunteers"], &["organization", "title"]), [json!(["Independent", "No title listed"])]);
}

/// Of one volunteer with these rows in an event that exists (1) and in one that does not (999): events and hours in
/// both reports, none where it does not list him.
fn totals_with(rows: &[(i64, Option<&str>, Option<f64>)], change: &str) -> [Vec<Value>; 2] {
    let db = Fixture::empty();
    db.volunteer(1, "Ann Ade").sql("UPDATE volunteer SET first_volunteer_date = '2025-10-01'");
    db.event(1, "Fair", "CAREER_FAIR", "2025-10-01 09:00");
    for (event, status, hours) in rows {
        row!(db, event_participation { volunteer_id: 1, event_id: event, status: status, delivery_hours: hours });
    }
    db.sql(change);
    let recent = &report(&db, "volunteer/recent/2526")["first_time_in_range"];
    let first_time = &report(&db, "volunteer/first-time/2526")["volunteers"];
    [recent, first_time].map(|list| columns(list, &["total_events", "total_hours"]))
}

#[test]
fn a_participation_counts_for_a_first_timer_though_its_event_is_gone() {
    let (attended, no_show) = (Some("Attended"), Some("No Show"));
    let one = |events: u64, hours: f64| vec![json!([events, hours])];
    for (rows, recent, first_time) in [
        (&[(999, attended, Some(2.0))][..], one(1, 2.0), one(1, 2.0)),
        (&[(999, no_show, Some(2.0))], one(1, 2.0), vec![]),
        (&[(1, attended, Some(1.0)), (999, attended, Some(2.0)), (1, no_show, Some(4.0))], one(3, 7.0), one(2, 3.0)),
    ] {
        assert_eq!(totals_with(rows, ""), [recent, first_time], "{rows:?}");
    }
    let unreadable = "UPDATE event SET type = 'WORKSHOP'";
    assert_eq!(totals_with(&[(1, attended, Some(2.0))], unreadable), [one(1, 2.0), one(1, 2.0)]);
}

#[test]
fn a_participation_without_a_status_counts_for_a_first_timer() {
    for event in [1, 999] {
        assert_eq!(totals_with(&[(event, None, Some(2.0))], ""), [(); 2].map(|()| vec![json!([1, 2.0])]), "{event}");
    }
}

/// The sum's last digits tell in which order it was made: here row by row, each row once per link.
#[test]
fn hours_are_added_once_per_organization_of_the_name() {
    let links = "INSERT INTO organization (id, name) VALUES (1, 'Alpha'), (2, 'Alpha'), (3, 'Alpha');
         INSERT INTO volunteer_organization (volunteer_id, organization_id) VALUES (1, 1), (1, 2), (1, 3)";
    let rows = [(1, Some("Attended"), Some(0.1)), (1, Some("Attended"), Some(0.6))];
    let expected = 0.1 + 0.1 + 0.1 + 0.6 + 0.6 + 0.6;
    assert_ne!(json!(expected), json!((0.1 + 0.6) * 3.0));
    assert_eq!(totals_with(&rows, links)[0], [json!([6, expected])]);
}
