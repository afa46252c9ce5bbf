//! Year-end figures, computed by hand.

use super::{AS_OF, joined, small_district};
use crate::fixture::{Fixture, as_of, row};
use crate::{BuildError, Family, Settings};
use vms_core::CacheType;

fn year_end(db: &Fixture, hosts: &str) -> String {
    let key = format!("district/year-end/2526/{hosts}/7");
    String::from_utf8(db.build(&key, &as_of(AS_OF), &crate::fixture::settings()).json).unwrap()
}

/// The base figures hold events 1 and 2, all others events 1 to 3.
#[test]
fn every_field_is_as_computed_by_hand() {
    let expected = joined(
        r#"{"report_data":{"name":"Center School District","district_code":"48080","total_events":3,"total_students":27,
        "total_in_person_students":3,"total_virtual_students":25,"total_volunteers":6,"total_volunteer_hours":4.75,
        "event_types":{"career_fair":2,"virtual_session":1},"schools_reached":1,
        "monthly_breakdown":{"September 2025":{"events":2,"students":27,"volunteers":5,"volunteer_hours":3.8,
        "unique_volunteer_count":3,"unique_student_count":2}},"career_clusters":1,"unique_student_count":2,
        "unique_volunteer_count":3,
        "enhanced":{"events":{"total":3,"in_person":2,"virtual":1,"in_person_pct":66.7,"virtual_pct":33.3},
        "students":{"total":28,"in_person":3,"virtual":25,"unique_total":2,"unique_in_person":2,"unique_virtual":0,
        "in_person_pct":10.7,"virtual_pct":89.3},
        "volunteers":{"total":6,"in_person":4,"virtual":2,"unique_total":3,"unique_in_person":2,"unique_virtual":2,
        "hours_total":4.75,"hours_in_person":4.25,"hours_virtual":0.5,"in_person_pct":66.7,"virtual_pct":33.3,
        "hours_in_person_pct":89.5,"hours_virtual_pct":10.5},
        "organizations":{"total":0,"in_person":0,"virtual":0,"unique_total":3,"unique_in_person":2,"unique_virtual":1,
        "volunteer_hours_total":4.5,"volunteer_hours_in_person":4.5,"volunteer_hours_virtual":0,
        "unique_in_person_pct":66.7,"unique_virtual_pct":33.3,"volunteer_hours_in_person_pct":100.0,
        "volunteer_hours_virtual_pct":0.0},
        "virtual_sessions":{"classrooms_reached":3,"unique_teachers":3,"confirmed_teachers":1,
        "registered_teachers":3},
        "event_types":{"career_fair":2,"virtual_session":1},
        "event_types_by_format":{"in_person":{"career_fair":2},"virtual":{"virtual_session":1}}}},
        "events_data":{"events_by_month":{
        "September 2025":{"events":[
        {"id":1,"title":"Career Day","date":"09/10/2025","time":"09:00 AM","type":"career_fair","location":"",
        "student_count":2,"volunteer_count":3,"volunteer_hours":3.25,"students":2,"volunteers":3},
        {"id":2,"title":"Chat","date":"09/12/2025","time":"01:05 PM","type":"virtual_session","location":"Online",
        "student_count":25,"volunteer_count":2,"volunteer_hours":0.5,"students":25,"volunteers":2}],
        "total_students":27,"total_volunteers":5,"total_volunteer_hours":3.75,"unique_volunteers":[1,2,3],
        "volunteer_engagement_count":5,"unique_students":[101,102],"unique_volunteer_count":3,
        "volunteer_engagements":5,"unique_student_count":2},
        "October 2025":{"events":[
        {"id":3,"title":"Fair at center high","date":"10/01/2025","time":"10:30 AM","type":"career_fair","location":"",
        "student_count":1,"volunteer_count":1,"volunteer_hours":1.0,"students":1,"volunteers":1}],
        "total_students":1,"total_volunteers":1,"total_volunteer_hours":1.0,"unique_volunteers":[1],
        "volunteer_engagement_count":1,"unique_students":[101],"unique_volunteer_count":1,"volunteer_engagements":1,
        "unique_student_count":1}},
        "total_events":3,"unique_volunteer_count":3,"unique_student_count":2}}"#,
    );
    assert_eq!(year_end(&small_district(), "all"), expected);
}

#[test]
fn the_host_filter_leaves_the_others_out_of_every_figure() {
    let db = small_district();
    let filtered = year_end(&db, "prepkc");
    db.sql("DELETE FROM event WHERE id = 2");
    assert_eq!(filtered, year_end(&db, "all"));
    assert_eq!(filtered, year_end(&db, "prepkc"));
}

#[test]
fn a_year_without_events_is_a_whole_report_of_integer_zeros() {
    let db = small_district();
    db.sql("DELETE FROM event");
    let json = year_end(&db, "all");
    assert!(json.contains(r#""total_volunteer_hours":0,"event_types":{},"schools_reached":0,"monthly_breakdown":{}"#));
    assert!(json.contains(r#""in_person_pct":0,"virtual_pct":0,"hours_in_person_pct":0,"hours_virtual_pct":0}"#));
    let events =
        r#""events_data":{"events_by_month":{},"total_events":0,"unique_volunteer_count":0,"unique_student_count":0}}"#;
    assert!(json.ends_with(events));
    assert!(!json.contains('.'), "no float where there is nothing: {json}");
}

#[test]
fn a_registration_whose_teacher_is_missing_counts_no_student_and_fails_nothing() {
    let db = small_district();
    let json: serde_json::Value = serde_json::from_str(&year_end(&db, "all")).unwrap();
    assert_eq!(json["report_data"]["total_virtual_students"], 25, "of teacher 11 alone");
    assert_eq!(json["report_data"]["enhanced"]["virtual_sessions"]["registered_teachers"], 3);
}

#[test]
fn rows_that_cannot_be_understood_are_left_out_and_the_rest_is_built() {
    let db = small_district();
    let good = year_end(&db, "all");
    let defects = |db: &Fixture| db.load(CacheType::District, false).defects.total();
    let before = defects(&db);
    db.event(50, "No such type", "JUGGLING", "2025-09-10 09:00");
    db.event(51, "No such status", "DIA", "2025-09-10 09:00");
    db.event(52, "No such day", "DIA", "2025-09-31 09:00");
    db.sql(
        "UPDATE event SET status = 'DONE' WHERE id = 51;
         UPDATE event SET school = 'S1' WHERE id > 49",
    );
    db.participation(1, 404, "Attended", Some(1.0));
    db.attendance(404, 1).attendance(101, 404);
    row!(db, event_teacher { event_id: 404, teacher_id: 11 });
    row!(db, event_districts { event_id: 1, district_id: "404" });
    row!(db, event_districts { event_id: 1, district_id: "seven" });
    assert_eq!(year_end(&db, "all"), good);
    assert_eq!(defects(&db) - before, 9);
}

/// Some figures follow ids alone, as VMS does: the volunteer of a row need not exist.
#[test]
fn a_volunteer_who_is_gone_still_counts_with_his_hours_and_organizations() {
    let db = small_district();
    let before: serde_json::Value = serde_json::from_str(&year_end(&db, "all")).unwrap();
    db.sql("DELETE FROM volunteer WHERE id = 1");
    let after: serde_json::Value = serde_json::from_str(&year_end(&db, "all")).unwrap();
    assert_eq!(after, before);
}

#[test]
fn the_plan_has_both_host_filters_and_engagement_for_each_year_and_existing_district() {
    let db = small_district();
    let settings = crate::fixture::settings();
    let reports = db.build_all(CacheType::District, &as_of(AS_OF), &settings);
    let keys: Vec<_> = reports.iter().map(|(key, _)| key.to_string()).collect();
    let expected = [
        "district/year-end/2526/all/7",
        "district/year-end/2526/prepkc/7",
        "district/engagement/2526/7",
        "district/year-end/2425/all/7",
        "district/year-end/2425/prepkc/7",
        "district/engagement/2425/7",
    ];
    assert_eq!(keys, expected);
    let titles: Vec<_> = reports[..3].iter().map(|(_, b)| (b.title.as_str(), b.rows)).collect();
    let expected = [
        ("Year-end 2025-26, Center School District, all hosts", 3),
        ("Year-end 2025-26, Center School District, PREPKC hosts", 2),
        ("Engagement 2025-26, Center School District", 7),
    ];
    assert_eq!(titles, expected);
}

/// The keys of this year's plan for district rows of id, Salesforce id and name, those of the host filter left out.
fn plan_with(rows: &[(i64, Option<&str>, &str)]) -> Vec<String> {
    let db = Fixture::empty();
    for (id, salesforce_id, name) in rows {
        row!(db, district { id: id, salesforce_id: salesforce_id, name: name });
    }
    let settings = Settings { report_years: 1, ..crate::fixture::settings() };
    let reports = db.build_all(CacheType::District, &as_of(AS_OF), &settings);
    let keys = reports.iter().map(|(key, _)| key.to_string());
    let keys = keys.filter(|key| !key.contains("/prepkc/"));
    keys.map(|key| key["district/".len()..].replace("/2526", "")).collect()
}

#[test]
fn a_year_end_report_is_filed_under_the_row_with_the_districts_name() {
    let (center, grandview) = (Some(super::CENTER), Some(super::GRANDVIEW));
    let (center_name, grandview_name) = ("Center School District", "Grandview School District");
    for (rows, expected) in [
        (&[(7, center, center_name)][..], &["year-end/all/7", "engagement/7"][..]),
        // Two rows of the name: the lowest id.
        (
            &[(9, center, center_name), (8, None, center_name), (10, None, center_name)],
            &["year-end/all/8", "engagement/9"],
        ),
        // None of the name: VMS files nothing, here the row with the Salesforce id stands in.
        (&[(7, center, "center school district")], &["year-end/all/7", "engagement/7"]),
        // None with the Salesforce id: nothing.
        (&[(7, None, center_name)], &[]),
        // Names that changed places: each under the other's row.
        (
            &[(1, center, grandview_name), (2, grandview, center_name)],
            &["year-end/all/1", "year-end/all/2", "engagement/2", "engagement/1"],
        ),
        // Where another is filed, nothing can stand in.
        (&[(1, center, grandview_name), (2, grandview, "Other")], &["year-end/all/1", "engagement/2", "engagement/1"]),
    ] {
        assert_eq!(plan_with(rows), expected, "{rows:?}");
    }
}

/// Center's Salesforce id on one row (7), its name on another (70) with a school of its own.
#[test]
fn base_figures_count_the_students_of_one_row_and_detail_figures_those_of_the_other() {
    let db = small_district();
    db.sql("UPDATE district SET name = 'Middle' WHERE id = 7");
    row!(db, district { id: 70, name: "Center School District" });
    db.sql("UPDATE school SET district_id = 70 WHERE id = 'S2'; UPDATE event SET title = '' WHERE id = 3");
    // Base: 1 and 2, of whose students two and a teacher's are Middle's. Detail: 3, at the other's school, and event 1
    // by its title, with one student of the other.
    db.sql("UPDATE event SET title = 'Far Elementary' WHERE id = 1");
    let json = db.json("district/year-end/2526/all/70", &as_of(AS_OF), &crate::fixture::settings());
    let report = &json["report_data"];
    let ours = ["total_students", "schools_reached", "unique_student_count", "unique_volunteer_count"];
    assert_eq!(ours.map(|name| report[name].as_u64().unwrap()), [27, 1, 2, 3]);
    let theirs = ["total_events", "total_in_person_students", "total_virtual_students", "total_volunteers"];
    assert_eq!(theirs.map(|name| report[name].as_u64().unwrap()), [2, 1, 0, 4]);
    assert_eq!(report["monthly_breakdown"]["September 2025"]["events"], 2);
    assert_eq!(json["events_data"]["total_events"], 2);
    assert_eq!(json["events_data"]["events_by_month"]["September 2025"]["unique_students"], serde_json::json!([103]));
    let engagement = db.json("district/engagement/2526/7", &as_of(AS_OF), &crate::fixture::settings());
    assert_eq!(engagement["summary_stats"]["total_students_with_virtual"], 27);
}

#[test]
fn a_district_that_is_not_listed_or_not_there_has_no_report() {
    let db = small_district();
    let (as_of, settings) = (as_of(AS_OF), crate::fixture::settings());
    let data = db.load(CacheType::District, false);
    let family = Family::new(CacheType::District, &data, &as_of, &settings);
    for key in [
        "district/year-end/2526/all/8",
        "district/year-end/2526/all/404",
        "district/engagement/2526/8",
        "organization/summary/2526",
    ] {
        let refused = family.build(&key.parse().unwrap());
        assert!(matches!(refused, Err(BuildError::NoSubject)), "{key}");
    }
}

#[test]
fn a_list_of_ones_own_decides_names_codes_and_aliases() {
    let db = small_district();
    db.sql("UPDATE event SET school = NULL, district_partner = 'The Middle' WHERE id = 1");
    let text = "[[district]]\nsalesforce_id = \"0015f00000KvuZTAAZ\"\nname = \"Center\"\naliases = [\"middle\"]\n";
    let settings =
        Settings { districts: crate::DistrictList::parse("my.toml", text).unwrap(), ..crate::fixture::settings() };
    let json = db.json("district/year-end/2526/all/7", &as_of(AS_OF), &settings);
    assert_eq!(json["report_data"]["name"], "Center");
    assert!(json["report_data"]["district_code"].is_null());
    assert_eq!(json["report_data"]["total_events"], 3);
}

#[test]
fn an_empty_database_has_an_empty_plan() {
    let reports = Fixture::empty().build_all(CacheType::District, &as_of(AS_OF), &crate::fixture::settings());
    assert!(reports.is_empty());
}
