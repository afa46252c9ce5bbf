//! The figures that VMS itself computed for the test database, and what they leave out.

use crate::fixture::{Fixture, as_of, row};
use crate::{BuildError, Family};
use serde_json::json;
use vms_core::CacheType;

const AS_OF: &str = "2026-03-15T12:00:00Z";

fn text(db: &Fixture, key: &str) -> String {
    String::from_utf8(db.build(key, &as_of(AS_OF), &crate::fixture::settings()).json).unwrap()
}

fn detail(db: &Fixture, organization: i64) -> serde_json::Value {
    let key = format!("organization/detail/2526/{organization}");
    db.json(&key, &as_of(AS_OF), &crate::fixture::settings())
}

fn vectors() -> Fixture {
    Fixture::of_the_test_vectors("2026-03-15")
}

#[test]
fn the_summary_of_the_test_vectors_is_vmss() {
    let expected = concat!(
        r#"{"organizations_data":[{"name":"Zeta Corp","id":1,"unique_sessions":3,"total_hours":6.25,"unique_volunteers":3},"#,
        r#"{"name":"Alpha Inc","id":2,"unique_sessions":3,"total_hours":1.25,"unique_volunteers":1},"#,
        r#"{"name":"Alpha Inc","id":3,"unique_sessions":3,"total_hours":1.25,"unique_volunteers":1}]}"#,
    );
    assert_eq!(text(&vectors(), "organization/summary/2526"), expected);
}

#[test]
fn the_detail_of_the_test_vectors_is_vmss_live_page() {
    let classrooms = concat!(
        r#"{"teacher_id":9,"teacher_name":"Tea Cher","school_name":"Sch1","district_name":"D1","status":"simulcast"},"#,
        r#"{"teacher_id":10,"teacher_name":"Tea Cher","school_name":"Unknown School","district_name":"Unknown District","#,
        r#""status":"successfully completed"}"#,
    );
    let expected = [
        r#"{"organization_name":"Zeta Corp","volunteers_data":["#,
        r#"{"id":1,"name":"Ann Ade","email":"ann@x","events":3,"hours":1.25},"#,
        r#"{"id":2,"name":"Bob Bee","email":null,"events":1,"hours":2.0}],"#,
        r#""in_person_events":[{"id":1,"date":"09/10/25","date_sort":"2025-09-10T09:00:00","title":"Data Day é \"q\"","#,
        r#""type":"data_viz","volunteers":["Ann Ade","Ann Ade","Bob Bee"],"volunteer_count":3,"hours":3.0,"#,
        r#""students":50,"students_per_volunteer":33,"is_calculated":true},"#,
        r#"{"id":5,"date":"10/02/25","date_sort":"2025-10-02T09:00:00","title":"Null type","type":"p2gd","#,
        r#""volunteers":["Ann Ade"],"volunteer_count":1,"hours":0.25,"students":0,"students_per_volunteer":null,"#,
        r#""is_calculated":false}],"#,
        r#""virtual_events":[{"id":2,"date":"09/12/25","time":"01:05 PM","date_sort":"2025-09-12T13:05:00","#,
        r#""title":"Virtual Chat","type":"virtual_session","volunteers":["Ann Ade"],"volunteer_count":1,"#,
        r#""classrooms":1,"classroom_details":["#,
        classrooms,
        ",",
        classrooms,
        r#"]}],"cancelled_events":[{"date":"10/01/25","title":"Cancelled one","type":"career_fair","volunteers":1,"#,
        r#""status":"Cancelled/No Show"}],"#,
        r#""summary_stats":{"total_inperson_sessions":2,"total_virtual_sessions":1,"total_sessions":3,"#,
        r#""total_hours":3.25,"total_volunteers":2,"total_cancelled":1,"total_students_reached":50,"#,
        r#""total_classrooms_reached":1}}"#,
    ];
    assert_eq!(text(&vectors(), "organization/detail/2526/1"), expected.concat());
}

#[test]
fn an_organization_without_events_has_integer_zeros() {
    let expected = concat!(
        r#"{"organization_name":"Lonely","volunteers_data":[],"in_person_events":[],"virtual_events":[],"#,
        r#""cancelled_events":[],"summary_stats":{"total_inperson_sessions":0,"total_virtual_sessions":0,"#,
        r#""total_sessions":0,"total_hours":0,"total_volunteers":0,"total_cancelled":0,"total_students_reached":0,"#,
        r#""total_classrooms_reached":0}}"#,
    );
    assert_eq!(text(&vectors(), "organization/detail/2526/4"), expected);
}

#[test]
fn the_plan_has_the_summary_and_every_organization_with_anything_to_list() {
    let reports = vectors().build_all(CacheType::Organization, &as_of(AS_OF), &crate::fixture::settings());
    let told: Vec<_> = reports.iter().map(|(key, built)| format!("{key}, {}, {}", built.title, built.rows)).collect();
    let expected = [
        "organization/summary/2526, Organizations 2025-26, 3",
        "organization/detail/2526/1, Organization 2025-26, Zeta Corp, 6",
        "organization/detail/2526/2, Organization 2025-26, Alpha Inc, 5",
        "organization/detail/2526/3, Organization 2025-26, Alpha Inc, 5",
        "organization/summary/2425, Organizations 2024-25, 3",
        "organization/detail/2425/1, Organization 2024-25, Zeta Corp, 3",
        "organization/detail/2425/2, Organization 2024-25, Alpha Inc, 3",
        "organization/detail/2425/3, Organization 2024-25, Alpha Inc, 3",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_year_outside_the_plan_is_built_like_one_of_it() {
    let db = vectors();
    let one_year = crate::Settings { report_years: 1, ..crate::fixture::settings() };
    for key in ["organization/summary/2425", "organization/detail/2425/1"] {
        let alone = db.build(key, &as_of(AS_OF), &one_year);
        assert_eq!(alone, db.build(key, &as_of(AS_OF), &crate::fixture::settings()), "{key}");
        assert!(alone.rows > 0, "{key}");
    }
}

/// Whatever the plan names has something to list, and what it leaves out has not.
#[test]
fn each_kind_of_row_alone_brings_an_organization_into_the_plan() {
    let in_plan = |event_type: &str, status: &str, change: &str| {
        let db = Fixture::empty();
        db.volunteer(1, "Ann Ade").event(1, "Fair", event_type, "2025-09-10 09:00");
        row!(db, organization { id: 1, name: "Alpha" });
        row!(db, volunteer_organization { volunteer_id: 1, organization_id: 1 });
        db.participation(1, 1, status, None).sql(change);
        let reports = db.build_all(CacheType::Organization, &as_of(AS_OF), &crate::fixture::settings());
        let planned = reports.iter().any(|(key, _)| key.to_string() == "organization/detail/2526/1");
        let rows = db.build("organization/detail/2526/1", &as_of(AS_OF), &crate::fixture::settings()).rows;
        assert_eq!(planned, rows > 0, "{event_type} {status} {change}");
        planned
    };
    for (event_type, status, change, planned) in [
        ("CAREER_FAIR", "Attended", "", true),
        ("CAREER_FAIR", "Simulcast", "", false),
        ("VIRTUAL_SESSION", "Simulcast", "", true),
        ("CAREER_FAIR", "No Show", "", true),
        ("CAREER_FAIR", "Registered", "", false),
        ("CAREER_FAIR", "Registered", "UPDATE event SET status = 'CANCELLED'", true),
        (
            "CAREER_FAIR",
            "Registered",
            "UPDATE event SET status = 'CANCELLED'; UPDATE event_participation SET status = NULL",
            true,
        ),
        ("CAREER_FAIR", "Attended", "UPDATE event_participation SET status = NULL", false),
        ("CAREER_FAIR", "Attended", "UPDATE event SET type = NULL", true),
        ("CAREER_FAIR", "Attended", "UPDATE contact SET exclude_from_reports = 1", false),
        ("CAREER_FAIR", "Attended", "UPDATE contact SET exclude_from_reports = NULL", false),
        (
            "VIRTUAL_SESSION",
            "Simulcast",
            "INSERT INTO contact (id, first_name, last_name) VALUES (9, 'A', 'B'); INSERT INTO teacher (id) VALUES (9);
             INSERT INTO event_teacher (event_id, teacher_id) VALUES (1, 9)",
            false,
        ),
        (
            "VIRTUAL_SESSION",
            "Simulcast",
            "INSERT INTO event_teacher (event_id, teacher_id, status) VALUES (1, 404, 'simulcast')",
            true,
        ),
        ("CAREER_FAIR", "Attended", "DELETE FROM volunteer_organization", false),
        ("CAREER_FAIR", "Attended", "DELETE FROM event", false),
    ] {
        assert_eq!(in_plan(event_type, status, change), planned, "{event_type} {status} {change}");
    }
}

#[test]
fn equal_rows_are_one_and_unequal_ones_are_not() {
    let db = vectors();
    db.sql("DELETE FROM event_participation");
    for (volunteer, event, status, hours) in [
        (1, 1, "Attended", Some(1.0)),
        (1, 1, "Attended", Some(1.0)), // equal: one
        (1, 1, "Completed", Some(1.0)),
        (1, 1, "Attended", None),
        (1, 1, "Attended", Some(0.0)), // null and zero differ
        (1, 2, "Attended", Some(1.0)),
        (1, 2, "Attended", Some(2.0)), // hours are not read here: one
        (1, 2, "Simulcast", None),
    ] {
        db.participation(volunteer, event, status, hours);
    }
    let detail = detail(&db, 1);
    assert_eq!(detail["in_person_events"][0]["volunteer_count"], 4);
    assert_eq!(detail["in_person_events"][0]["hours"], json!(2.0));
    assert_eq!(detail["virtual_events"][0]["classroom_details"].as_array().unwrap().len(), 4);
    assert_eq!(detail["volunteers_data"][0]["hours"], json!(6.0), "sums of SQL keep every row");
}

#[test]
fn two_people_of_one_name_are_one_virtually_and_two_in_person() {
    let db = vectors();
    db.sql("UPDATE contact SET first_name = 'Ann', last_name = 'Ade' WHERE id = 2");
    db.participation(2, 2, "Attended", None);
    let detail = detail(&db, 1);
    assert_eq!(detail["virtual_events"][0]["volunteers"], json!(["Ann Ade"]));
    assert_eq!(detail["virtual_events"][0]["volunteer_count"], 1);
    assert_eq!(detail["in_person_events"][0]["volunteers"], json!(["Ann Ade", "Ann Ade", "Ann Ade"]));
}

#[test]
fn a_session_whose_teachers_are_all_excluded_is_not_listed_but_its_hours_count() {
    let db = vectors();
    db.sql("UPDATE contact SET exclude_from_reports = NULL WHERE id IN (9, 10)");
    let detail = detail(&db, 1);
    assert_eq!(detail["virtual_events"], json!([]));
    assert_eq!(detail["volunteers_data"][0]["events"], 3);
}

#[test]
fn an_event_can_be_listed_as_attended_and_as_cancelled() {
    let db = vectors();
    db.participation(2, 1, "Weather Cancellation", None);
    let detail = detail(&db, 1);
    assert_eq!(detail["in_person_events"][0]["id"], 1);
    assert_eq!(detail["cancelled_events"][0]["title"], "Data Day é \"q\"");
}

#[test]
fn the_total_of_hours_is_not_rounded_again() {
    let db = vectors();
    for (hours, told) in [([0.1, 0.2], "0.30000000000000004"), ([6.0, 1.5625], "7.5600000000000005")] {
        db.sql("DELETE FROM event_participation");
        db.participation(1, 1, "Attended", Some(hours[0])).participation(2, 1, "Attended", Some(hours[1]));
        let detail = detail(&db, 1);
        assert_eq!(detail["summary_stats"]["total_hours"].to_string(), told);
    }
}

#[test]
fn a_broken_row_is_left_out_and_the_rest_is_built() {
    let db = vectors();
    let good = text(&db, "organization/detail/2526/1");
    db.event(50, "No such type", "JUGGLING", "2025-09-10 09:00");
    db.event(51, "No such day", "DIA", "2025-09-31 09:00");
    for event in [50, 51, 404] {
        db.participation(1, event, "Attended", Some(1.0));
    }
    db.participation(404, 1, "Attended", Some(1.0));
    row!(db, volunteer_organization { volunteer_id: 404, organization_id: 1 });
    row!(db, volunteer_organization { volunteer_id: 1, organization_id: 404 });
    row!(db, event_teacher { event_id: 2, teacher_id: 404, status: "registered" });
    assert_eq!(text(&db, "organization/detail/2526/1"), good);
    assert_eq!(db.load(CacheType::Organization, false).defects.total(), 9);
}

/// SQLite keeps what its columns' types do not fit: empty texts stay texts, and fractions stay.
#[test]
fn a_number_that_is_an_empty_text_is_none_and_students_are_whole() {
    let (no_students, as_counted) = (json!([0, null]), json!([50, 33]));
    for (change, expected) in [
        ("UPDATE event SET participant_count = ''", &as_counted),
        ("UPDATE event SET participant_count = ' '; UPDATE event_attendance_detail SET rotations = ''", &no_students),
        ("UPDATE event_attendance_detail SET total_students = 50.5, num_classrooms = 3.9", &as_counted),
        ("UPDATE event SET participant_count = ''; UPDATE event_attendance_detail SET rotations = 0.0", &no_students),
        ("UPDATE event_participation SET delivery_hours = '' WHERE delivery_hours IS NULL", &as_counted),
    ] {
        let db = vectors();
        let before = detail(&db, 1)["summary_stats"]["total_hours"].clone();
        db.sql(change);
        let detail = detail(&db, 1);
        let event = &detail["in_person_events"][0];
        assert_eq!(json!([event["students"], event["students_per_volunteer"]]), *expected, "{change}");
        assert_eq!(event["volunteer_count"], 3, "{change}");
        assert_eq!(detail["summary_stats"]["total_hours"], before, "{change}");
        assert_eq!(db.load(CacheType::Organization, false).defects.total(), 0, "{change}");
    }
}

/// Files without VMS's constraints may lack a name; the summary reads none.
#[test]
fn a_volunteer_without_a_name_counts_and_is_shown_with_what_there_is() {
    let db = vectors();
    let before = text(&db, "organization/summary/2526");
    db.sql("UPDATE contact SET first_name = NULL WHERE id = 1; UPDATE contact SET last_name = NULL WHERE id = 2");
    assert_eq!(text(&db, "organization/summary/2526"), before);
    let names = detail(&db, 1)["volunteers_data"].as_array().unwrap().iter().map(|v| v["name"].clone()).collect();
    assert_eq!(serde_json::Value::Array(names), json!([" Ade", "Bob "]));
    assert_eq!(db.load(CacheType::Organization, false).defects.total(), 2);
}

#[test]
fn an_empty_database_has_empty_summaries_and_no_detail() {
    let reports = Fixture::empty().build_all(CacheType::Organization, &as_of(AS_OF), &crate::fixture::settings());
    let told: Vec<_> =
        reports.iter().map(|(key, built)| (key.to_string(), String::from_utf8_lossy(&built.json))).collect();
    let empty = |year: &str| (format!("organization/summary/{year}"), r#"{"organizations_data":[]}"#.into());
    assert_eq!(told, [empty("2526"), empty("2425")]);
}

#[test]
fn an_organization_that_is_not_there_has_no_report() {
    let db = vectors();
    let (as_of, settings) = (as_of(AS_OF), crate::fixture::settings());
    let data = db.load(CacheType::Organization, false);
    let family = Family::new(CacheType::Organization, &data, &as_of, &settings);
    let refused = family.build(&"organization/detail/2526/404".parse().unwrap());
    assert!(matches!(refused, Err(BuildError::NoSubject)));
}

#[test]
fn a_count_that_no_sum_could_hold_leaves_its_event_out() {
    let db = vectors();
    let events = |count: &str| {
        db.sql(&format!("UPDATE event SET participant_count = {count}"));
        let defects = db.load(CacheType::Organization, false).defects.total();
        (detail(&db, 1)["in_person_events"].as_array().unwrap().is_empty(), defects > 0)
    };
    assert_eq!(events("1000000000000"), (false, false));
    for count in ["1000000000001", "-1000000000001", "9223372036854775807", "-9223372036854775808", "1e300"] {
        assert_eq!(events(count), (true, true), "{count}");
    }
}
