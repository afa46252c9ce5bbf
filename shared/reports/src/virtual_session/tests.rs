//! Small databases whose figures can be checked by hand.

use crate::fixture::{Fixture, as_of, row};
use crate::{BuildError, Family};
use serde_json::{Value, json};
use vms_core::{CacheType, ReportKey};

const NOW: &str = "2026-03-15T12:00:00Z";
const USAGE: &str = "virtual_session/usage/2025-2026";

fn usage(db: &Fixture) -> Value {
    db.json(USAGE, &as_of(NOW), &crate::fixture::settings())
}

fn district(db: &Fixture, segment: &str) -> Value {
    let key = format!("virtual_session/district/2025-2026/{segment}");
    db.json(&key, &as_of(NOW), &crate::fixture::settings())
}

fn plan(db: &Fixture) -> (Vec<String>, usize) {
    let data = db.load(CacheType::VirtualSession, false);
    let (now, settings) = (as_of(NOW), crate::fixture::settings());
    let family = Family::new(CacheType::VirtualSession, &data, &now, &settings);
    let keys = family.plan().iter().map(ToString::to_string).collect();
    (keys, family.left_out())
}

/// The members of every object of a list that have one of these names, object by object.
fn shown(list: &Value, members: &[&str]) -> Vec<Value> {
    let list = list.as_array().unwrap();
    let one = |item: &Value| members.iter().map(|m| item[*m].clone()).collect::<Value>();
    list.iter().map(one).collect()
}

fn session(db: &Fixture, id: i64, title: &str, start: &str) {
    db.event(id, title, "VIRTUAL_SESSION", start);
}

fn register(db: &Fixture, event: i64, teacher: i64, status: &str, confirmed: bool) {
    row!(
        db,
        event_teacher {
            event_id: event,
            teacher_id: teacher,
            status: status,
            is_simulcast: 0,
            attendance_confirmed_at: confirmed.then_some("2026-01-01 00:00:00.000000"),
        }
    );
}

/// Districts 2 `West` and 10 `East`, a school and a teacher in each, teacher 3 without a school.
fn two_districts() -> Fixture {
    let db = Fixture::empty();
    for (id, name, school) in [(2, "West", "W"), (10, "East", "E")] {
        row!(db, district { id: id, name: name });
        row!(db, school { id: school, name: format!("{name} High"), district_id: id, level: "High" });
    }
    db.teacher(1, "Tea West", Some("W"));
    db.teacher(2, "Tea East", Some("E"));
    db.teacher(3, "No School", None);
    db
}

fn link(db: &Fixture, event: i64, district: i64) {
    row!(db, event_districts { event_id: event, district_id: district.to_string() });
}

fn present(db: &Fixture, event: i64, volunteers: &[i64]) {
    for volunteer in volunteers {
        row!(db, event_volunteers { event_id: event, volunteer_id: volunteer });
    }
}

#[test]
fn an_empty_database_gives_an_empty_report_with_every_member_in_order() {
    let db = Fixture::empty();
    let built = db.build(USAGE, &as_of("2020-12-31T12:00:00Z"), &crate::fixture::settings());
    let text = String::from_utf8(built.json).unwrap();
    assert_eq!(
        text,
        "{\"session_data\":[],\"district_summaries\":{},\"overall_summary\":{\"teacher_count\":0,\"student_count\":0,\
         \"session_count\":0,\"experience_count\":0,\"organization_count\":0,\"professional_count\":0,\
         \"professional_of_color_count\":0,\"local_professional_count\":0,\"school_count\":0,\
         \"local_session_count\":0,\"poc_session_count\":0,\"local_session_percent\":0,\"poc_session_percent\":0},\
         \"filter_options\":{\"school_years\":[\"2021-2022\",\"2020-2021\",\"2019-2020\",\"2018-2019\"],\
         \"career_clusters\":[],\"schools\":[],\"districts\":[],\"statuses\":[]}}"
    );
    assert_eq!((built.rows, built.title.as_str()), (0, "Virtual sessions 2025-2026"));
    assert_eq!(plan(&db).0, [USAGE, "virtual_session/usage/2024-2025"]);
}

#[test]
fn a_district_without_sessions_has_an_empty_report_and_an_unknown_name_has_none() {
    let db = two_districts();
    session(&db, 1, "Bare", "2020-01-01 09:00");
    db.sql("UPDATE event SET district_partner = 'Partner (KS)' WHERE id = 1");
    let empty = "{\"session_data\":[],\"monthly_stats\":{},\"school_breakdown\":[],\"teacher_breakdown\":[],\
        \"summary_stats\":{\"total_teachers\":0,\"total_students\":0,\"total_unique_sessions\":0,\
        \"total_experiences\":0,\"total_organizations\":0,\"total_professionals\":0,\
        \"total_professionals_of_color\":0,\"total_local_professionals\":0,\"total_schools\":0,\
        \"local_session_count\":0,\"poc_session_count\":0,\"local_session_percent\":0,\"poc_session_percent\":0}}";
    for name in ["West", "Partner~20~28KS~29"] {
        let key = format!("virtual_session/district/2025-2026/{name}");
        let built = db.build(&key, &as_of(NOW), &crate::fixture::settings());
        assert_eq!(String::from_utf8(built.json).unwrap(), empty, "{name}");
    }
    let data = db.load(CacheType::VirtualSession, false);
    let (now, settings) = (as_of(NOW), crate::fixture::settings());
    let family = Family::new(CacheType::VirtualSession, &data, &now, &settings);
    let unknown: ReportKey = "virtual_session/district/2025-2026/North".parse().unwrap();
    assert!(matches!(family.build(&unknown), Err(BuildError::NoSubject)));
    assert!(matches!(family.build(&ReportKey::VolunteerRecentDays), Err(BuildError::NoSubject)));
}

#[test]
fn a_year_holds_all_of_31_july_but_its_last_fraction_of_a_second() {
    let db = Fixture::empty();
    for (id, start) in [
        (1, "2025-07-31 23:59:59.000000"), // the year before
        (2, "2025-07-31 23:59:59.500000"), // no year
        (3, "2025-08-01 00:00:00.000000"),
        (4, "2026-07-31 23:59:59.000000"),
        (5, "2026-07-31 23:59:59.000001"), // no year
        (6, "2026-08-01 00:00:00.000000"),
        (7, "2025-08-01 00:00:00"), // shorter than the bound, so below it
        (8, "2026-01-01 00:00:00.000000"),
    ] {
        session(&db, id, "Talk", "2000-01-01 00:00");
        db.sql(&format!("UPDATE event SET start_date = '{start}' WHERE id = {id}"));
    }
    db.event(9, "In person", "CAREER_FAIR", "2026-01-01 00:00");
    assert_eq!(
        shown(&usage(&db)["session_data"], &["event_id", "date", "time"]),
        [json!([4, "07/31/26", "11:59 PM"]), json!([8, "01/01/26", "12:00 AM"]), json!([3, "08/01/25", "12:00 AM"]),]
    );
}

/// Linked districts, partner, teacher; district of the row, and the districts whose report has the session.
type Case<'c> = (&'c [i64], Option<&'c str>, Option<i64>, &'c str, &'c [&'c str]);

#[test]
fn a_registration_belongs_to_the_first_district_that_something_names() {
    let db = two_districts();
    row!(db, district { id: 1, name: "" });
    row!(db, school { id: "Nameless", name: "Nameless High", district_id: 1 });
    row!(db, school { id: "Lost", name: "Lost High", district_id: 99 });
    db.teacher(4, "Tea Nameless", Some("Nameless"));
    db.teacher(5, "Tea Lost", Some("Lost"));
    db.teacher(6, "Tea Gone", Some("no such school"));
    let cases: &[Case<'_>] = &[
        (&[10], Some("Partner"), Some(1), "West", &["West"]),
        (&[2, 10], Some("Partner"), Some(3), "East", &["East"]), // 10 before 2, as text
        (&[77, 2], None, Some(3), "West", &["West"]),            // a link to nothing is passed over
        (&[], Some("KCKPS (KS)"), Some(3), "KCKPS (KS)", &["KCKPS (KS)"]),
        (&[], Some(""), Some(3), "Unknown District", &[]),
        (&[], None, Some(3), "Unknown District", &[]),
        (&[2], None, Some(5), "West", &["West"]),
        (&[2], None, Some(6), "West", &["West"]),
        (&[2], Some("Partner"), None, "West", &[]),      // nobody registered
        (&[2], Some("Partner"), Some(98), "West", &[]),  // a teacher who does not exist
        (&[2], Some("Partner"), Some(4), "", &["West"]), // a district without a name
        (&[1], Some("Partner"), Some(3), "", &["Partner"]),
    ];
    for (id, (districts, partner, teacher, _, _)) in (1_i64..).zip(cases) {
        session(&db, id, "Talk", "2025-10-01 09:00");
        for district in *districts {
            link(&db, id, *district);
        }
        let partner = partner.map_or("NULL".to_owned(), |p| format!("'{p}'"));
        db.sql(&format!("UPDATE event SET district_partner = {partner} WHERE id = {id}"));
        if let Some(teacher) = teacher {
            register(&db, id, *teacher, "registered", true);
        }
    }
    let report = usage(&db);
    let names = ["West", "East", "KCKPS (KS)", "Partner"];
    let reports = names.map(|name| district(&db, &vms_core::encode_segment(name))["session_data"].clone());
    for (row, (id, case)) in report["session_data"].as_array().unwrap().iter().zip((1..).zip(cases)) {
        assert_eq!(row["event_id"], id);
        assert_eq!(row["district"], case.3, "event {id}");
        let has = |sessions: &Value| shown(sessions, &["event_id"]).contains(&json!([id]));
        let found: Vec<_> = names.iter().zip(&reports).filter(|r| has(r.1)).map(|r| *r.0).collect();
        assert_eq!(found, case.4, "event {id}");
    }
}

#[test]
fn a_missing_teacher_still_has_a_row_and_a_session_without_anybody_too() {
    let db = two_districts();
    session(&db, 1, "Talk", "2025-10-01 13:05");
    link(&db, 1, 2);
    register(&db, 1, 98, "registered", true);
    db.sql("UPDATE event_teacher SET is_simulcast = NULL");
    session(&db, 2, "Bare", "2025-10-01 13:05");
    db.sql("UPDATE event SET participant_count = NULL, status = 'NO_SHOW', series = 'STEM' WHERE id = 2");
    let built = db.build(USAGE, &as_of(NOW), &crate::fixture::settings());
    let text = String::from_utf8(built.json).unwrap();
    let rows = "{\"session_data\":[{\"event_id\":1,\"status\":\"Completed\",\"date\":\"10/01/25\",\
        \"time\":\"01:05 PM\",\"session_type\":\"\",\"teacher_name\":\"\",\"teacher_id\":null,\"school_name\":\"\",\
        \"school_level\":\"\",\"district\":\"West\",\"session_title\":\"Talk\",\"presenter\":\"\",\
        \"presenter_data\":[],\"topic_theme\":\"\",\"session_link\":\"\",\"session_id\":\"\",\
        \"participant_count\":0,\"duration\":0,\"is_simulcast\":null},{\"event_id\":2,\"status\":\"No Show\",\
        \"date\":\"10/01/25\",\"time\":\"01:05 PM\",\"session_type\":\"\",\"teacher_name\":\"\",\
        \"teacher_id\":null,\"school_name\":\"\",\"school_level\":\"\",\"district\":\"Unknown District\",\
        \"session_title\":\"Bare\",\"presenter\":\"\",\"presenter_data\":[],\"topic_theme\":\"STEM\",\
        \"session_link\":\"\",\"session_id\":\"\",\"participant_count\":0,\"duration\":0,\"is_simulcast\":false}]";
    assert_eq!(&text[..rows.len()], rows);
    assert_eq!(built.rows, 2);
}

#[test]
fn presenters_are_shown_with_flags_as_stored_and_organizations_by_id() {
    let db = Fixture::empty();
    session(&db, 1, "Talk", "2025-10-01 09:00");
    for (id, name) in [(1, "Zeta"), (2, "Alpha")] {
        row!(db, organization { id: id, name: name });
    }
    for (id, name) in [(1, "Ann Ade"), (2, "Bob Bee"), (3, "Cy Cee")] {
        db.volunteer(id, name);
    }
    db.sql(
        "UPDATE contact SET middle_name = 'M.' WHERE id = 1; UPDATE contact SET middle_name = '' WHERE id = 2;
         UPDATE volunteer SET is_people_of_color = 1, local_status = 'local', organization_name = '' WHERE id = 1;
         UPDATE volunteer SET is_people_of_color = NULL, local_status = 'partial' WHERE id = 2;
         UPDATE volunteer SET local_status = NULL, organization_name = 'Free' WHERE id = 3",
    );
    for (volunteer, organization) in [(1, 2), (1, 77), (1, 1)] {
        row!(db, volunteer_organization { volunteer_id: volunteer, organization_id: organization });
    }
    present(&db, 1, &[3, 1, 99, 2]);
    let row = usage(&db)["session_data"][0].clone();
    assert_eq!(row["presenter"], "Ann M. Ade, Bob Bee, Cy Cee");
    assert_eq!(
        shown(
            &row["presenter_data"],
            &["id", "name", "is_people_of_color", "organization_name", "organizations", "is_local"]
        ),
        [
            json!([1, "Ann M. Ade", true, "", ["Zeta", "Alpha"], true]),
            json!([2, "Bob Bee", null, null, [], false]),
            json!([3, "Cy Cee", false, "Free", [], false]),
        ]
    );
}

/// Four sessions of the district that keeps its figures, and one of another.
fn counted() -> Fixture {
    let db = Fixture::empty();
    for (id, name) in [(1, "Grandview School District"), (2, "Center School District")] {
        row!(db, district { id: id, name: name });
        row!(db, school { id: format!("S{id}"), name: format!("School {id}"), district_id: id });
    }
    for (id, name, school) in [(11, "Tea Cher", "S1"), (12, "Tea Cher", "S1"), (13, "Other One", "S2")] {
        db.teacher(id, name, Some(school));
    }
    for (id, name) in [(1, "Ann Ade"), (2, "Ann Ade"), (3, "Cy Cee")] {
        db.volunteer(id, name);
    }
    db.sql(
        "UPDATE volunteer SET local_status = 'local', organization_name = 'Zeta' WHERE id IN (1, 2);
         UPDATE volunteer SET is_people_of_color = 1 WHERE id = 3",
    );
    row!(db, organization { id: 5, name: "Linked" });
    row!(db, volunteer_organization { volunteer_id: 3, organization_id: 5 });
    for (id, title, status) in [
        (1, "Talk", "COMPLETED"),
        (2, "Talk", "SIMULCAST"),
        (3, "Talk", "COMPLETED"),
        (4, "Draft", "DRAFT"),
        (5, "Bare", "COMPLETED"),
    ] {
        session(&db, id, title, &format!("2025-10-0{id} 09:00"));
        db.sql(&format!("UPDATE event SET status = '{status}' WHERE id = {id}"));
    }
    for (event, teacher) in [(1, 11), (1, 12), (2, 11), (3, 13), (4, 13), (4, 11)] {
        register(&db, event, teacher, "No-Show", false);
    }
    link(&db, 5, 1);
    present(&db, 1, &[1, 2]);
    present(&db, 2, &[3]);
    present(&db, 3, &[1]);
    db
}

#[test]
fn figures_count_teachers_by_name_professionals_by_id_and_sessions_both_ways() {
    let report = usage(&counted());
    assert_eq!(
        report["overall_summary"],
        json!({
            "teacher_count": 2, "student_count": 50, "session_count": 2, "experience_count": 5,
            "organization_count": 1, "professional_count": 3, "professional_of_color_count": 1,
            "local_professional_count": 2, "school_count": 2, "local_session_count": 2, "poc_session_count": 1,
            "local_session_percent": 100, "poc_session_percent": 50,
        })
    );
    assert_eq!(
        report["district_summaries"],
        json!({
            "Grandview School District": {
                "total_students": 25, "total_experiences": 4, "teacher_count": 1, "school_count": 1,
                "session_count": 3, "organization_count": 1, "professional_count": 3,
                "professional_of_color_count": 1, "local_professional_count": 2, "local_session_count": 1,
                "poc_session_count": 1, "local_session_percent": 33, "poc_session_percent": 33,
            },
            // Not one of VMS's three: its session is not shown here.
            "Center School District": {
                "teacher_count": 0, "total_students": 0, "session_count": 0, "total_experiences": 0,
                "organization_count": 0, "professional_count": 0, "professional_of_color_count": 0,
                "local_professional_count": 0, "school_count": 0, "local_session_count": 0, "poc_session_count": 0,
                "local_session_percent": 0, "poc_session_percent": 0,
            },
        })
    );
}

#[test]
fn summaries_come_in_order_the_counted_first_and_have_two_orders_of_members() {
    let db = counted();
    db.sql(
        "INSERT INTO district (id, name) VALUES (3, 'Hickman Mills School District'), (4, 'Área'), (5, 'Zoo');
         INSERT INTO event_districts VALUES (3, '4'), (4, '3')",
    );
    session(&db, 6, "Zoo", "2025-08-01 09:00");
    link(&db, 6, 5);
    session(&db, 7, "Hickman", "2025-08-01 09:00");
    link(&db, 7, 3);
    db.sql("UPDATE event SET status = 'DRAFT' WHERE id = 7");
    let built = db.build(USAGE, &as_of(NOW), &crate::fixture::settings());
    let text = String::from_utf8(built.json).unwrap();
    let start = text.find("\"district_summaries\"").unwrap();
    let summaries = &text[start..text.find(",\"overall_summary\"").unwrap()];
    let positions: Vec<_> = [
        "{\"Grandview School District\":{\"total_students\":25,\"total_experiences\":4,\"teacher_count\":1,",
        "\"Hickman Mills School District\":{\"total_students\":0,\"total_experiences\":0,\"teacher_count\":0,",
        "\"Center School District\":{\"teacher_count\":0,\"total_students\":0,\"session_count\":0,",
        "\"Zoo\":{\"teacher_count\":0,",
        "\"Área\":{\"teacher_count\":0,",
    ]
    .iter()
    .map(|part| summaries.find(part).unwrap_or_else(|| panic!("{part} in {summaries}")))
    .collect();
    assert!(positions.is_sorted(), "{positions:?}");
}

#[test]
fn filter_options_come_from_sessions_of_every_status() {
    let db = counted();
    db.sql("UPDATE event SET series = 'STEM' WHERE id = 4; UPDATE event SET series = 'Arts ' WHERE id = 1");
    db.sql("UPDATE event SET series = '', district_partner = 'unseen' WHERE id = 2");
    let options = usage(&db)["filter_options"].clone();
    assert_eq!(options["school_years"][0], "2027-2028");
    assert_eq!(options["school_years"].as_array().unwrap().len(), 10);
    assert_eq!(options["career_clusters"], json!(["Arts ", "STEM"]));
    assert_eq!(options["schools"], json!(["School 1", "School 2"]));
    assert_eq!(options["districts"], json!(["Center School District", "Grandview School District", "unseen"]));
    assert_eq!(options["statuses"], json!(["Completed", "Draft", "Simulcast"]));
}

#[test]
fn rows_of_a_district_are_ordered_by_the_text_of_the_date() {
    let db = two_districts();
    for (id, start) in [
        (1, "2025-12-01 09:00"),
        (2, "2026-07-01 09:00"),
        (3, "2025-12-01 15:00"),
        (4, "2025-12-01 09:00"),
        (5, "2026-01-31 09:00"),
    ] {
        session(&db, id, "Talk", start);
        register(&db, id, 1, "registered", true);
    }
    let report = district(&db, "West");
    assert_eq!(
        shown(&report["session_data"], &["event_id"]),
        [json!([3]), json!([1]), json!([4]), json!([2]), json!([5])]
    );
    let months: Vec<_> = report["monthly_stats"].as_object().unwrap().keys().collect();
    assert_eq!(months, ["2025-12", "2026-01", "2026-07"]);
}

#[test]
fn a_month_adds_up_its_sessions_with_all_their_teachers_and_schools() {
    let db = two_districts();
    for (id, start, count, duration) in [(1, "2025-10-01 09:00", 20, 45), (2, "2025-10-02 13:05", 0, 50)] {
        session(&db, id, "Talk", start);
        db.sql(&format!(
            "UPDATE event SET participant_count = {count}, duration = {duration}, series = 'STEM' WHERE id = {id}"
        ));
        register(&db, id, 1, "registered", true);
    }
    register(&db, 1, 2, "registered", true);
    register(&db, 1, 3, "registered", true);
    session(&db, 3, "Draft", "2025-10-03 09:00");
    register(&db, 3, 1, "registered", true);
    db.sql("UPDATE event SET status = 'DRAFT' WHERE id = 3");
    let key = "virtual_session/district/2025-2026/West";
    let built = db.build(key, &as_of(NOW), &crate::fixture::settings());
    let text = String::from_utf8(built.json).unwrap();
    let months = "\"monthly_stats\":{\"2025-10\":{\"month_name\":\"October 2025\",\"total_sessions\":2,\
        \"total_registered\":20,\"total_attended\":20,\"total_duration\":95,\"avg_attendance_rate\":100.0,\
        \"avg_duration\":47.5,\"events\":[{\"title\":\"Talk\",\"date\":\"10/02/25\",\"time\":\"01:05 PM\",\
        \"duration\":50,\"registered\":0,\"attended\":0,\"schools\":\"West High\",\"educators\":\"Tea West\",\
        \"career_cluster\":\"STEM\",\"event_id\":2,\"session_link\":\"\",\"presenter\":\"\",\"presenter_data\":[]},\
        {\"title\":\"Talk\",\"date\":\"10/01/25\",\"time\":\"09:00 AM\",\"duration\":45,\"registered\":20,\
        \"attended\":20,\"schools\":\"East High, West High\",\"educators\":\"No School, Tea East, Tea West\",\
        \"career_cluster\":\"STEM\",\"event_id\":1,\"session_link\":\"\",\"presenter\":\"\",\"presenter_data\":[]}],\
        \"school_count\":2,\"educator_count\":3,\"career_cluster_count\":1}}";
    assert!(text.contains(months), "{text}");
    let row = "{\"session_data\":[{\"event_id\":3,\"status\":\"Draft\",\"date\":\"10/03/25\",\"time\":\"09:00 AM\",\
        \"session_type\":\"\",\"teachers\":[\"Tea West\"],\"schools\":[\"West High\"],\"district\":\"West\",\
        \"session_title\":\"Draft\",\"presenter\":\"\",\"presenter_data\":[],\"topic_theme\":\"\",\
        \"session_link\":\"\",\"participant_count\":0,\"duration\":0,\"is_simulcast\":false},";
    assert_eq!(&text[..row.len()], row);
}

#[test]
fn months_without_participants_have_no_rate_and_names_may_be_missing() {
    let db = Fixture::empty();
    row!(db, district { id: 1, name: "West" });
    db.teacher(1, "Tea West", None);
    session(&db, 1, "Talk", "2025-10-01 09:00");
    link(&db, 1, 1);
    register(&db, 1, 1, "registered", true);
    let month = district(&db, "West")["monthly_stats"]["2025-10"].clone();
    assert_eq!(month["avg_attendance_rate"].to_string(), "0.0");
    assert_eq!(month["avg_duration"].to_string(), "0.0");
    assert_eq!(shown(&month["events"], &["schools", "educators"]), [json!(["N/A", "Tea West"])]);
    assert_eq!(
        district(&db, "West")["teacher_breakdown"],
        json!([{"id": 1, "name": "Tea West", "school": "N/A", "sessions": 1}])
    );
}

#[test]
fn a_school_is_found_by_name_so_the_first_of_that_name_decides() {
    let db = two_districts();
    row!(db, school { id: "A", name: "Same", district_id: 10 });
    row!(db, school { id: "0", name: "Same", district_id: 2 });
    db.teacher(4, "Tea Same", Some("0"));
    for id in [1, 2] {
        session(&db, id, "Talk", "2025-10-01 09:00");
        register(&db, id, 4, "registered", true);
        register(&db, id, 2, "registered", true);
    }
    register(&db, 2, 1, "registered", true);
    assert_eq!(district(&db, "West")["school_breakdown"], json!([{"name": "West High", "sessions": 1}]));
    assert_eq!(
        district(&db, "East")["school_breakdown"],
        json!([{"name": "East High", "sessions": 2}, {"name": "Same", "sessions": 2}])
    );
}

#[test]
fn a_teacher_counts_by_confirmation_and_the_words_of_the_registration() {
    let cases = [
        (Some("Attended"), true, true),
        (Some("registered"), true, true),
        (None, true, true),
        (Some("attended"), false, false),
        (Some("Teacher No-Show"), true, false),
        (Some("NO SHOW"), true, false),
        (Some("no_show"), true, true), // the underscore is not known
        (Some("Did not attend"), true, false),
        (Some("Cancelled"), true, false),
        (Some("teacher cancelation"), true, false),
        (Some("Withdrawn"), true, false),
    ];
    for (status, confirmed, counts) in cases {
        let db = two_districts();
        session(&db, 1, "Talk", "2025-10-01 09:00");
        register(&db, 1, 1, "", confirmed);
        let status = status.map_or("NULL".to_owned(), |s| format!("'{s}'"));
        db.sql(&format!("UPDATE event_teacher SET status = {status}"));
        let listed = district(&db, "West")["teacher_breakdown"].as_array().unwrap().len();
        assert_eq!(listed == 1, counts, "{status} {confirmed}");
    }
}

#[test]
fn a_session_moved_in_person_counts_people_whatever_its_status_and_nothing_else() {
    for (status, original, teachers, sessions) in [
        ("COMPLETED", "", 0, 1),
        ("COMPLETED", "Moved to In-Person Session", 1, 1),
        ("CANCELLED", "was MOVED TO IN-PERSON", 1, 0),
        ("CANCELLED", "moved in person", 0, 0),
    ] {
        let db = two_districts();
        session(&db, 1, "Talk", "2025-10-01 09:00");
        register(&db, 1, 1, "cancelled", false);
        db.volunteer(7, "Lo Cal");
        db.sql(&format!(
            "UPDATE volunteer SET local_status = 'local';
             UPDATE event SET status = '{status}', original_status_string = '{original}'"
        ));
        present(&db, 1, &[7]);
        let report = district(&db, "West");
        let stats = &report["summary_stats"];
        assert_eq!(stats["total_teachers"], teachers, "{status} {original}");
        assert_eq!(stats["total_experiences"], teachers);
        assert_eq!(stats["total_students"], 25 * teachers);
        assert_eq!(stats["total_local_professionals"], i32::from(teachers + sessions > 0));
        for of_sessions in ["total_unique_sessions", "total_schools", "total_professionals", "local_session_count"] {
            assert_eq!(stats[of_sessions], sessions, "{status} {original}: {of_sessions}");
        }
    }
}

#[test]
fn teachers_with_most_sessions_come_first_and_ties_as_they_appeared() {
    let db = two_districts();
    for (id, name) in [(21, "B B"), (22, "A A"), (23, "A A")] {
        db.teacher(id, name, Some("W"));
    }
    for (event, start, teachers) in
        [(1, "2025-10-01 09:00", vec![22, 23]), (2, "2025-11-01 09:00", vec![21]), (3, "2025-12-01 09:00", vec![23])]
    {
        session(&db, event, "Talk", start);
        for teacher in teachers {
            register(&db, event, teacher, "registered", true);
        }
    }
    let report = district(&db, "West");
    assert_eq!(
        shown(&report["teacher_breakdown"], &["id", "sessions"]),
        [json!([23, 2]), json!([21, 1]), json!([22, 1])]
    );
    assert_eq!(report["summary_stats"]["total_teachers"], 2, "by name");
    assert_eq!(report["summary_stats"]["total_experiences"], 4);
}

#[test]
fn organizations_of_a_district_fall_back_on_the_first_link() {
    let db = two_districts();
    session(&db, 1, "Talk", "2025-10-01 09:00");
    register(&db, 1, 1, "registered", true);
    for (id, name) in [(1, ""), (2, "Alpha"), (3, "Beta")] {
        row!(db, organization { id: id, name: name });
    }
    for (id, own, links) in [
        (31, "'Free'", vec![2]),
        (32, "''", vec![3, 2]),   // Alpha, the lower id
        (33, "NULL", vec![1, 3]), // a first one without a name ends the search
        (34, "NULL", vec![]),
        (35, "'Alpha'", vec![]),
    ] {
        db.volunteer(id, "Same Name");
        db.sql(&format!("UPDATE volunteer SET organization_name = {own}, is_people_of_color = 1 WHERE id = {id}"));
        for organization in links {
            row!(db, volunteer_organization { volunteer_id: id, organization_id: organization });
        }
    }
    present(&db, 1, &[31, 32, 33, 34, 35]);
    let stats = district(&db, "West")["summary_stats"].clone();
    assert_eq!(stats["total_organizations"], 2, "Free and Alpha");
    assert_eq!(stats["total_professionals"], 1, "by name");
    assert_eq!(stats["total_professionals_of_color"], 1);
    assert_eq!(stats["poc_session_percent"], 100);
    let overall = usage(&db)["overall_summary"].clone();
    assert_eq!(overall["professional_count"], 5, "by id");
    assert_eq!(overall["organization_count"], 2, "the free texts alone");
}

#[test]
fn a_name_that_no_key_can_hold_is_left_out_and_counted() {
    let db = two_districts();
    for (id, partner) in [(1, "é".repeat(200)), (2, "a".repeat(800)), (3, "Nul\0 /%?#".to_owned())] {
        session(&db, id, "Talk", "2025-10-01 09:00");
        register(&db, id, 3, "registered", true);
        db.sql("CREATE TABLE IF NOT EXISTS scratch (id, partner)");
        row!(db, scratch { id: id, partner: partner });
    }
    db.sql("UPDATE event SET district_partner = (SELECT partner FROM scratch WHERE scratch.id = event.id)");
    let (keys, left_out) = plan(&db);
    assert_eq!(left_out, 1, "the one of 1,200 escaped bytes");
    let prefix = "virtual_session/district/2025-2026/";
    let names: Vec<_> = keys.iter().filter_map(|k| k.strip_prefix(prefix)).collect();
    assert_eq!(names, ["Nul~00~20~2F~25~3F~23", &"a".repeat(800)]);
    for name in names {
        assert_eq!(district(&db, name)["session_data"].as_array().unwrap().len(), 1);
    }
    assert_eq!(usage(&db)["session_data"].as_array().unwrap().len(), 3);
}

#[test]
fn hostile_texts_stay_what_they_are() {
    let db = two_districts();
    let title = "x".repeat(100_000);
    session(&db, 1, &title, "2025-10-01 09:00");
    row!(db, event {
        id: 2, title: "a\0b %_ \u{1F600}", type: "VIRTUAL_SESSION", start_date: "2025-10-01 09:00:00.000000",
        status: "COMPLETED", format: "VIRTUAL", series: "\0", original_status_string: "\0moved to in-person",
    });
    register(&db, 1, 1, "registered", true);
    register(&db, 2, 1, "no\0-show", true);
    let report = district(&db, "West");
    assert_eq!(report["session_data"][0]["session_title"], title.as_str());
    assert_eq!(report["session_data"][1]["session_title"], "a\0b %_ \u{1F600}");
    assert_eq!(report["session_data"][1]["topic_theme"], "\0");
    assert_eq!(report["teacher_breakdown"][0]["sessions"], 2);
}

#[test]
fn the_same_rows_give_the_same_bytes_in_the_plan_and_outside_it() {
    let db = counted();
    let (now, settings) = (as_of(NOW), crate::fixture::settings());
    let once = db.build_all(CacheType::VirtualSession, &now, &settings);
    assert_eq!(once, db.build_all(CacheType::VirtualSession, &now, &settings));
    assert_eq!(once.len(), 4, "two years, two districts");
    let later = as_of("2029-03-15T12:00:00Z");
    let key = "virtual_session/district/2025-2026/Grandview~20School~20District";
    assert_eq!(db.build(key, &now, &settings), db.build(key, &later, &settings));
}
