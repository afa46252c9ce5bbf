//! Engagement, computed by hand, and held against year-end.

use super::{AS_OF, joined, small_district, with_names};
use crate::Settings;
use crate::fixture::{Fixture, as_of};
use serde_json::json;

const KEY: &str = "district/engagement/2526/7";

fn engagement(db: &Fixture, settings: &Settings) -> String {
    String::from_utf8(db.build(KEY, &as_of(AS_OF), settings).json).unwrap()
}

/// What the report says apart from students: events 1 and 2, newest first in the breakdown.
fn expected(students: &str, in_breakdown: &str) -> String {
    joined(
        r#"{"summary_stats":{"name":"Center School District","unique_volunteers":3,"total_volunteer_engagements":5,
        "total_volunteer_hours":3.8,"unique_students":2,"total_student_participations":2,
        "total_students_with_virtual":27,"unique_events":2,"unique_organizations":3,"schools_engaged":1},
        "volunteers_data":[
        {"id":2,"first_name":"Bob","last_name":"Bee","email":"","organization":"N/A","events_count":2,
        "total_hours":2.5,"skills":[]},
        {"id":1,"first_name":"Ann","last_name":"Ade","email":"ann@example.org","organization":"Beta","events_count":1,
        "total_hours":1.2,"skills":["Art","Welding"]},
        {"id":3,"first_name":"Cy","last_name":"Cee","email":"","organization":"N/A","events_count":1,"total_hours":0,
        "skills":[]}],
        "students_data":[STUDENTS],
        "events_data":[
        {"id":1,"date":"09/10/2025","title":"Career Day","type":"career_fair","location":"N/A","volunteer_count":3,
        "student_count":2,"volunteer_hours":3.2},
        {"id":2,"date":"09/12/2025","title":"Chat","type":"virtual_session","location":"Online","volunteer_count":2,
        "student_count":25,"volunteer_hours":0.5}],
        "breakdown_data":{"events_breakdown":[
        {"id":2,"date":"September 12, 2025","title":"Chat","type":"virtual_session","location":"Online","volunteers":[
        {"id":2,"first_name":"Bob","last_name":"Bee","email":"","organization":"N/A","hours":0.5,"skills":[]},
        {"id":3,"first_name":"Cy","last_name":"Cee","email":"","organization":"N/A","hours":0,"skills":[]}],
        "students":[{"note":"Virtual session - estimated 25 students participated"}],"volunteer_count":2,
        "student_count":25,"total_volunteer_hours":0.5,"is_virtual":true},
        {"id":1,"date":"September 10, 2025","title":"Career Day","type":"career_fair","location":"N/A","volunteers":[
        {"id":2,"first_name":"Bob","last_name":"Bee","email":"","organization":"N/A","hours":2.0,"skills":[]},
        {"id":1,"first_name":"Ann","last_name":"Ade","email":"ann@example.org","organization":"Beta","hours":1.2,
        "skills":["Art","Welding"]},
        {"id":1,"first_name":"Ann","last_name":"Ade","email":"ann@example.org","organization":"Beta","hours":0,
        "skills":["Art","Welding"]}],
        "students":[BREAKDOWN],"volunteer_count":3,"student_count":2,"total_volunteer_hours":3.2,"is_virtual":false}],
        "total_events":2}}"#,
    )
    .replace("STUDENTS", &joined(students))
    .replace("BREAKDOWN", &joined(in_breakdown))
}

#[test]
fn without_leave_students_are_ids_schools_and_grades() {
    let expected = expected(
        r#"{"id":101,"school":"Center High","grade":9,"events_count":1},
        {"id":102,"school":"Center High","grade":"N/A","events_count":1}"#,
        r#"{"id":101,"school":"Center High","grade":9},
        {"id":102,"school":"Center High","grade":"N/A"}"#,
    );
    assert_eq!(engagement(&small_district(), &crate::fixture::settings()), expected);
}

#[test]
fn with_leave_students_have_names_and_come_by_them() {
    let expected = expected(
        r#"{"id":102,"first_name":"Abe","last_name":"Old","email":"","school":"Center High","grade":"N/A",
        "events_count":1},
        {"id":101,"first_name":"Zoe","last_name":"Young","email":"zoe@example.org","school":"Center High","grade":9,
        "events_count":1}"#,
        r#"{"id":101,"first_name":"Zoe","last_name":"Young","email":"zoe@example.org","school":"Center High","grade":9},
        {"id":102,"first_name":"Abe","last_name":"Old","email":"","school":"Center High","grade":"N/A"}"#,
    );
    assert_eq!(engagement(&small_district(), &with_names()), expected);
}

#[test]
fn names_that_were_loaded_for_another_are_still_withheld() {
    let db = small_district();
    let (as_of, settings) = (as_of(AS_OF), crate::fixture::settings());
    let data = db.load(vms_core::CacheType::District, true);
    let family = crate::Family::new(vms_core::CacheType::District, &data, &as_of, &settings);
    let json = family.build(&KEY.parse().unwrap()).unwrap().json;
    assert_eq!(String::from_utf8(json).unwrap(), engagement(&db, &settings));
}

#[test]
fn where_the_rules_agree_so_do_engagement_and_year_end() {
    let db = small_district();
    // Without the event that only its title ties to the district, both look at the same events.
    db.sql("DELETE FROM event WHERE id = 3");
    let (as_of, settings) = (as_of(AS_OF), crate::fixture::settings());
    let engagement = db.json(KEY, &as_of, &settings);
    let year_end = db.json("district/year-end/2526/all/7", &as_of, &settings);
    let (stats, report) = (&engagement["summary_stats"], &year_end["report_data"]);
    for (ours, theirs) in [
        ("unique_volunteers", "unique_volunteer_count"),
        ("total_volunteer_engagements", "total_volunteers"),
        ("unique_students", "unique_student_count"),
        ("total_students_with_virtual", "total_students"),
        ("unique_events", "total_events"),
        ("schools_engaged", "schools_reached"),
    ] {
        assert_eq!(stats[ours], report[theirs], "{ours}");
    }
    assert_eq!(stats["unique_organizations"], report["enhanced"]["organizations"]["unique_total"]);
}

#[test]
fn a_year_without_events_is_a_whole_report() {
    let db = small_district();
    db.sql("DELETE FROM event");
    let expected = joined(
        r#"{"summary_stats":{"name":"Center School District","unique_volunteers":0,"total_volunteer_engagements":0,
        "total_volunteer_hours":0,"unique_students":0,"total_student_participations":0,
        "total_students_with_virtual":0,"unique_events":0,"unique_organizations":0,"schools_engaged":0},
        "volunteers_data":[],"students_data":[],"events_data":[],
        "breakdown_data":{"events_breakdown":[],"total_events":0}}"#,
    );
    assert_eq!(engagement(&db, &crate::fixture::settings()), expected);
}

/// SQLite keeps a text in a column of numbers.
#[test]
fn a_grade_that_is_no_number_is_shown_as_it_stands_and_loses_no_student() {
    let db = small_district();
    let year_end = |db: &Fixture| db.build("district/year-end/2526/all/7", &as_of(AS_OF), &crate::fixture::settings());
    let before = year_end(&db);
    for (grade, shown, defects) in
        [("'K'", json!("K"), 0), ("''", json!("N/A"), 0), ("7.0", json!(7), 0), ("X'00FF'", json!("N/A"), 1)]
    {
        let well_formed = db.load(vms_core::CacheType::District, false).defects.total();
        db.sql(&format!("UPDATE student SET current_grade = {grade} WHERE id = 101"));
        let report = db.json(KEY, &as_of(AS_OF), &crate::fixture::settings());
        assert_eq!(report["students_data"][0]["grade"], shown, "{grade}");
        assert_eq!(report["breakdown_data"]["events_breakdown"][1]["students"][0]["id"], 101, "{grade}");
        assert_eq!(year_end(&db), before, "{grade}");
        assert_eq!(db.load(vms_core::CacheType::District, false).defects.total() - well_formed, defects, "{grade}");
    }
}

#[test]
fn people_without_a_name_count_and_are_shown_with_what_there_is() {
    let db = small_district();
    let before = db.json(KEY, &as_of(AS_OF), &with_names());
    db.sql("UPDATE contact SET last_name = NULL WHERE id IN (2, 11, 101)");
    let report = db.json(KEY, &as_of(AS_OF), &with_names());
    assert_eq!(report["summary_stats"], before["summary_stats"]);
    assert_eq!(report["volunteers_data"][0]["last_name"], "");
    assert_eq!(report["students_data"][0]["last_name"], "", "first, for the empty name is");
}
