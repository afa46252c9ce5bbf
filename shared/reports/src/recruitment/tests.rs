//! Small databases whose candidates and DIA events can be checked by hand.

use crate::fixture::{Fixture, as_of, row};
use crate::{BuildError, Family};
use serde_json::{Value, json};
use vms_core::{CacheType, ReportKey};

const NOW: &str = "2026-03-15T12:00:00Z";

fn candidates(db: &Fixture, event: i64) -> Vec<Value> {
    let key = format!("recruitment/candidates/{event}");
    let report = db.json(&key, &as_of(NOW), &crate::fixture::settings());
    report["candidates_data"].as_array().unwrap().clone()
}

fn ids(candidates: &[Value]) -> Vec<i64> {
    candidates.iter().map(|c| c["id"].as_i64().unwrap()).collect()
}

fn dia(db: &Fixture) -> Value {
    db.json("recruitment/dia-events", &as_of(NOW), &crate::fixture::settings())
}

fn plan(db: &Fixture, now: &str) -> Vec<String> {
    let data = db.load(CacheType::Recruitment, false);
    let (now, settings) = (as_of(now), crate::fixture::settings());
    let family = Family::new(CacheType::Recruitment, &data, &now, &settings);
    family.plan().iter().map(ToString::to_string).collect()
}

fn skill(db: &Fixture, id: i64, name: &str, volunteers: &[i64], events: &[i64]) {
    row!(db, skill { id: id, name: name });
    for volunteer in volunteers {
        row!(db, volunteer_skills { volunteer_id: volunteer, skill_id: id });
    }
    for event in events {
        row!(db, event_skills { event_id: event, skill_id: id });
    }
}

/// One upcoming event without any keyword but its skills, and volunteers without texts.
fn quiet(volunteers: i64) -> Fixture {
    let db = Fixture::empty();
    db.event(1, "Okapi by zebra okapi", "HISTORICAL", "2026-04-01 09:00");
    db.sql("UPDATE event SET format = NULL");
    for id in 1..=volunteers {
        db.volunteer(id, "Vol Unteer");
    }
    db
}

/// VMS's own figures for the test database.
#[test]
fn the_vector_has_one_candidate_with_everything() {
    let db = Fixture::of_the_test_vectors("2026-03-15");
    let built = db.build("recruitment/candidates/1", &as_of(NOW), &crate::fixture::settings());
    assert_eq!(
        String::from_utf8(built.json).unwrap(),
        "{\"candidates_data\":[{\"id\":1,\"name\":\"Ann Ade\",\"email\":\"ann@x\",\"title\":\"Retail Data Analyst\",\
         \"organization\":\"0015f00000JU4opAAD\",\"skills\":[\"Data\",\"Python\"],\"score\":3.15,\
         \"reasons\":[\"Past Data Viz event (2x)\",\"Title/industry match: data, r\",\"Skills: data, python\",\
         \"Recent activity\",\"Local/nearby\",\"Frequent volunteer (9 events)\"],\
         \"breakdown\":\"Past Data Viz events: +1.00 (count 2)\\nTitle/industry keyword (data, r): +0.60\\n\
         Skill overlap (data, python): +0.80\\nRecency: +0.35\\nLocality: +0.20\\nFrequency (9): +0.20\",\
         \"connector_profile_url\":null,\"has_connector_profile\":false}]}"
    );
    assert_eq!(built.rows, 1);
    assert_eq!(built.title, "Recruitment candidates for event 1");
    assert_eq!(candidates(&db, 7), Vec::<Value>::new());
}

#[test]
fn an_empty_database_plans_the_dia_events_alone_and_they_are_empty() {
    let db = Fixture::empty();
    assert_eq!(plan(&db, NOW), ["recruitment/dia-events"]);
    let built = db.build("recruitment/dia-events", &as_of(NOW), &crate::fixture::settings());
    assert_eq!(built.json, b"{\"filled_events\":[],\"unfilled_events\":[]}");
    assert_eq!(built.rows, 0);
    let data = db.load(CacheType::Recruitment, false);
    let (now, settings) = (as_of(NOW), crate::fixture::settings());
    let family = Family::new(CacheType::Recruitment, &data, &now, &settings);
    for key in [ReportKey::RecruitmentCandidates { event: 1 }, ReportKey::VolunteerRecentDays] {
        assert!(matches!(family.build(&key), Err(BuildError::NoSubject)), "{key}");
    }
}

#[test]
fn the_picker_offers_fifty_each_way_and_ties_go_to_the_lower_id() {
    let db = Fixture::empty();
    for id in 1..=60 {
        db.event(id, "Soon", "IN_PERSON", "2026-03-15 12:00"); // exactly now: upcoming
        db.event(100 + id, "Past", "IN_PERSON", "2026-03-15 11:59");
    }
    db.event(200, "Before all those", "IN_PERSON", "2026-03-15 11:58");
    db.event(201, "After all those", "IN_PERSON", "2030-01-01 00:00");
    row!(db, event {
        id: 99, title: "No fraction", type: "IN_PERSON", start_date: "2026-03-15 12:00:00", status: "DRAFT",
    });
    let keys = plan(&db, NOW);
    let expected = (1..=50).chain([99]).chain(101..=149);
    let expected = expected.map(|id| format!("recruitment/candidates/{id}"));
    assert_eq!(keys, expected.chain(["recruitment/dia-events".to_owned()]).collect::<Vec<_>>());
}

#[test]
fn whoever_must_not_be_asked_is_no_candidate() {
    let db = quiet(12);
    skill(&db, 1, "Gnu", &(1..=12).collect::<Vec<_>>(), &[1]);
    db.sql(
        "UPDATE volunteer SET status = 'INACTIVE' WHERE id = 2; UPDATE volunteer SET status = NULL WHERE id = 3;
         UPDATE volunteer SET status = 'ON_HOLD' WHERE id = 4; UPDATE volunteer SET status = 'NONE' WHERE id = 5;
         UPDATE contact SET do_not_contact = 1 WHERE id = 6; UPDATE contact SET do_not_contact = NULL WHERE id = 7;
         UPDATE contact SET email_opt_out = 1 WHERE id = 8; UPDATE contact SET email_opt_out = NULL WHERE id = 9;
         UPDATE contact SET exclude_from_reports = 1 WHERE id = 10;
         UPDATE contact SET exclude_from_reports = NULL WHERE id = 11",
    );
    assert_eq!(ids(&candidates(&db, 1)), [1, 3, 4, 5, 12]);
}

#[test]
fn texts_are_searched_as_sqlite_searches_them() {
    // Skill of the event, field of the volunteer, whether SQLite finds it.
    for (wanted, field, found) in [
        ("Data", "BIG DATABASE", true),
        ("100%", "1000 things", true), // the percent sign stands for anything
        ("r_d", "a rod", true),
        ("r_d", "a rd", false),
        ("r_d", "a r\u{e9}d", true),
        ("ÄRGER", "ärger", true),  // Python lowers the keyword
        ("ÄRGER", "ÄRGER", false), // and SQLite leaves the column's umlaut as it is
        ("ärger", "xärgerx", true),
        ("data", "zoo\0data", false), // SQLite stops at a NUL
        ("gnu", "", false),
    ] {
        for column in ["title", "department", "industry"] {
            let db = quiet(1);
            skill(&db, 1, wanted, &[], &[1]);
            row!(db, email { contact_id: 1, email: field });
            db.sql(&format!("UPDATE volunteer SET {column} = (SELECT email FROM email)"));
            assert_eq!(candidates(&db, 1).len() == 1, found, "{wanted} in {column} {field:?}");
        }
    }
}

#[test]
fn a_candidate_by_part_of_a_skill_scores_nothing() {
    let db = quiet(1);
    skill(&db, 1, "Gnu", &[], &[1]);
    skill(&db, 2, "Gnu keeping", &[1], &[]);
    let built = db.build("recruitment/candidates/1", &as_of(NOW), &crate::fixture::settings());
    assert_eq!(
        String::from_utf8(built.json).unwrap(),
        "{\"candidates_data\":[{\"id\":1,\"name\":\"Vol Unteer\",\"email\":null,\"title\":null,\"organization\":null,\
         \"skills\":[\"Gnu keeping\"],\"score\":0.0,\"reasons\":[],\"breakdown\":\"\",\
         \"connector_profile_url\":null,\"has_connector_profile\":false}]}"
    );
}

#[test]
fn the_limit_takes_the_lowest_ids_before_anybody_is_scored() {
    let db = quiet(0);
    db.sql("BEGIN");
    for id in 1..=2003 {
        db.volunteer(id, "Vol Unteer");
    }
    db.sql("UPDATE volunteer SET title = 'gnu'; UPDATE volunteer SET title = 'emu' WHERE id = 2;");
    db.sql("UPDATE volunteer SET local_status = 'local' WHERE id IN (2000, 2001, 2002, 2003); COMMIT");
    skill(&db, 1, "Gnu", &[], &[1]);
    let found = ids(&candidates(&db, 1));
    assert_eq!(found.len(), 2000);
    assert_eq!(found[..4], [2000, 2001, 1, 3], "by score, ties by id");
    assert_eq!(found[1999], 1999);
}

#[test]
fn the_first_three_hits_by_code_point_are_named_and_may_span_two_fields() {
    let db = quiet(1);
    for (id, name) in [(1, "zoo"), (2, "Émeu"), (3, "gnu"), (4, "emu keeper"), (5, "keeper"), (6, "ibex")] {
        skill(&db, id, name, &[], &[1]);
    }
    db.sql("UPDATE volunteer SET title = 'Gnu and EMU', department = 'Keeper', industry = 'ÉMEU Zoo'");
    let hits = "emu keeper, gnu, keeper";
    let candidate = &candidates(&db, 1)[0];
    assert_eq!(candidate["score"], 0.6);
    assert_eq!(candidate["reasons"], json!([format!("Title/industry match: {hits}")]));
    assert_eq!(candidate["breakdown"], format!("Title/industry keyword ({hits}): +0.60"));
}

#[test]
fn skills_are_shown_in_their_case_and_matched_in_lower_case() {
    let db = quiet(1);
    for (id, name) in (1..).zip(["zeta", "Émeu", "b", "a", "C", "B", "A", "D", "E"]) {
        let events: &[i64] = if "Émeu zeta A".contains(name) { &[1] } else { &[] };
        skill(&db, id, name, &[1], events);
    }
    let candidate = &candidates(&db, 1)[0];
    assert_eq!(candidate["skills"], json!(["A", "B", "C", "D", "E", "a", "b", "zeta"]));
    // `a` and `A` are one keyword.
    assert_eq!(candidate["reasons"][0], "Skills: a, zeta, émeu");
    assert_eq!(candidate["breakdown"], "Skill overlap (a, zeta, émeu): +0.80");
}

#[test]
fn recency_locality_and_frequency_have_steps() {
    for (column, value, points, reason, line) in [
        ("last_volunteer_date", "2025-12-15", 0.35, "Recent activity", "Recency: +0.35"), // 90 days
        ("last_volunteer_date", "2025-12-14", 0.15, "Recent activity", "Recency: +0.15"),
        ("last_volunteer_date", "2025-09-16", 0.15, "Recent activity", "Recency: +0.15"), // 180 days
        ("last_volunteer_date", "2025-09-15", 0.0, "", ""),
        ("last_volunteer_date", "2027-01-01", 0.35, "Recent activity", "Recency: +0.35"),
        ("local_status", "local", 0.2, "Local/nearby", "Locality: +0.20"),
        ("local_status", "partial", 0.1, "Local/nearby", "Locality: +0.10"),
        ("local_status", "non_local", 0.0, "", ""),
    ] {
        let db = quiet(1);
        skill(&db, 1, "Gnu", &[], &[1]);
        skill(&db, 2, "Gnus", &[1], &[]);
        db.sql(&format!("UPDATE volunteer SET {column} = '{value}'"));
        let candidate = &candidates(&db, 1)[0];
        assert_eq!(candidate["score"], points, "{column} {value}");
        assert_eq!(candidate["breakdown"], line);
        assert_eq!(candidate["reasons"], if reason.is_empty() { json!([]) } else { json!([reason]) });
    }
    for (events, points, reason, line) in [
        (1, 0.0, json!([]), ""),
        (2, 0.1, json!(["Volunteer history (2 events)"]), "Frequency (2): +0.10"),
        (4, 0.1, json!(["Volunteer history (4 events)"]), "Frequency (4): +0.10"),
        (5, 0.2, json!(["Frequent volunteer (5 events)"]), "Frequency (5): +0.20"),
        (9, 0.2, json!(["Frequent volunteer (9 events)"]), "Frequency (9): +0.20"),
        (10, 0.3, json!(["Frequent volunteer (10 events)"]), "Frequency (10): +0.30"),
    ] {
        let db = quiet(1);
        skill(&db, 1, "Gnu", &[], &[1]);
        skill(&db, 2, "Gnus", &[1], &[]);
        db.event(2, "Other type", "SLA", "2025-10-01 09:00");
        for n in 0..events {
            // Every other one is in an event that does not exist; VMS counts those as well.
            db.participation(1, if n % 2 == 0 { 2 } else { 77 }, "No Show", None);
        }
        db.sql("UPDATE event_participation SET status = NULL WHERE id = 1");
        let candidate = &candidates(&db, 1)[0];
        assert_eq!(candidate["score"], points, "{events} events");
        assert_eq!((&candidate["reasons"], &candidate["breakdown"]), (&reason, &json!(line)));
    }
}

#[test]
fn earlier_events_of_the_type_count_whatever_their_outcome_this_one_included() {
    for (event_type, name) in
        [("'P2GD'", "P2Gd"), ("'DIA_CLASSROOM_SPEAKER'", "Dia Classroom Speaker"), ("NULL", "None")]
    {
        let db = quiet(1);
        skill(&db, 1, "Gnus", &[1], &[1]);
        db.event(2, "Past", "SLA", "2020-01-01 00:00");
        db.event(3, "Other", "IGNITE", "2020-01-01 00:00");
        db.sql(&format!("UPDATE event SET type = {event_type} WHERE id IN (1, 2)"));
        for event in [1, 2, 2, 3] {
            db.participation(1, event, "Cancelled", None);
        }
        let candidate = &candidates(&db, 1)[0];
        assert_eq!(candidate["reasons"][0], format!("Past {name} event (3x)"));
        let first = candidate["breakdown"].as_str().unwrap().lines().next().unwrap();
        assert_eq!(first, format!("Past {name} events: +1.00 (count 3)"));
        assert_eq!(candidate["score"], 1.9);
    }
}

#[test]
fn whatever_the_texts_hold_the_report_is_json_as_it_is_written_everywhere_else() {
    #[derive(serde::Deserialize, serde::Serialize)]
    struct Report {
        candidates_data: Vec<Candidate>,
    }
    #[derive(serde::Deserialize, serde::Serialize)]
    struct Candidate {
        id: i64,
        name: String,
        email: Option<String>,
        title: Option<String>,
        organization: Option<String>,
        skills: Vec<String>,
        score: f64,
        reasons: Vec<String>,
        breakdown: String,
        connector_profile_url: Option<String>,
        has_connector_profile: bool,
    }
    for text in ["Gnu", "gnu \"herding\"", "gnu\\n", "gnu, ", "gnu\tgnu\n", "gnü\u{7f}\u{2028}", ",\",\\n"] {
        let db = quiet(2);
        skill(&db, 1, text, &[1, 2], &[1]);
        for column in ["volunteer.title", "volunteer.organization_name", "contact.last_name"] {
            let (table, column) = column.split_once('.').unwrap();
            db.sql(&format!("UPDATE {table} SET {column} = (SELECT name FROM skill) WHERE id = 1"));
        }
        row!(db, email { contact_id: 1, email: text, primary: 1 });
        row!(db, connector_data { volunteer_id: 1, user_auth_id: text });
        let built = db.build("recruitment/candidates/1", &as_of(NOW), &crate::fixture::settings());
        let report: Report = serde_json::from_slice(&built.json).unwrap();
        assert_eq!(serde_json::to_vec(&report).unwrap(), built.json, "{text:?}");
        let [first, second] = &report.candidates_data[..] else { panic!("{text:?}") };
        let named = format!("Skills: {}", text.to_lowercase());
        assert_eq!((first.id, second.id, first.title.as_deref()), (1, 2, Some(text)));
        assert_eq!(second.reasons, [named]);
    }
}

#[test]
fn the_highest_score_is_their_sum() {
    let db = quiet(1);
    skill(&db, 1, "Gnu", &[1], &[1]);
    db.sql("UPDATE volunteer SET title = 'gnu', last_volunteer_date = '2026-03-15', local_status = 'local'");
    row!(db, connector_data { volunteer_id: 1, user_auth_id: "U1" });
    for _ in 0..10 {
        db.participation(1, 1, "Attended", None);
    }
    let candidate = &candidates(&db, 1)[0];
    assert_eq!(candidate["score"].to_string(), "3.65");
    assert_eq!(candidate["reasons"][3], "Has connector profile");
    assert_eq!(candidate["connector_profile_url"], "https://prepkc.nepris.com/app/user/U1");
    assert_eq!(candidate["has_connector_profile"], true);
    db.sql("UPDATE connector_data SET user_auth_id = ''");
    let candidate = &candidates(&db, 1)[0];
    assert_eq!(candidate["score"].to_string(), "3.25");
    assert_eq!(candidate["connector_profile_url"], Value::Null);
}

#[test]
fn the_organization_is_the_free_text_or_the_first_link() {
    for (own, links, expected) in [
        ("'0015f00000JU4opAAD'", vec![2], json!("0015f00000JU4opAAD")),
        ("''", vec![3, 2], json!("Third")), // inserted first, primary or not
        ("NULL", vec![77, 2], Value::Null),
        ("''", vec![77, 2], Value::Null),
        ("NULL", vec![], Value::Null),
        ("''", vec![], json!("")),
        ("NULL", vec![4], json!("")),
    ] {
        let db = quiet(1);
        skill(&db, 1, "Gnu", &[1], &[1]);
        for (id, name) in [(2, "Second"), (3, "Third"), (4, "")] {
            row!(db, organization { id: id, name: name });
        }
        for organization in &links {
            row!(
                db,
                volunteer_organization {
                    volunteer_id: 1,
                    organization_id: organization,
                    is_primary: i32::from(*organization == 2),
                }
            );
        }
        db.sql(&format!("UPDATE volunteer SET organization_name = {own}"));
        assert_eq!(candidates(&db, 1)[0]["organization"], expected, "{own} {links:?}");
    }
}

#[test]
fn the_first_primary_address_decides_even_when_it_is_null_and_names_are_stripped() {
    let db = quiet(1);
    skill(&db, 1, "Gnu", &[1], &[1]);
    db.sql("UPDATE contact SET first_name = ' Ann', last_name = 'Ade\u{a0}'");
    assert_eq!(candidates(&db, 1)[0]["name"], "Ann Ade");
    for (email, primary, shown) in
        [(Some("a@x"), 0, Value::Null), (None, 1, Value::Null), (Some("b@x"), 1, Value::Null)]
    {
        row!(db, email { contact_id: 1, email: email, primary: primary });
        assert_eq!(candidates(&db, 1)[0]["email"], shown);
    }
    db.sql("UPDATE email SET email = 'c@x' WHERE id = 2");
    assert_eq!(candidates(&db, 1)[0]["email"], "c@x");
}

#[test]
fn hostile_titles_and_descriptions_break_nothing() {
    let db = quiet(2);
    let long = "gnu ".repeat(25_000);
    row!(db, event {
        id: 2, title: long, description: "\0software\0 %_", type: "HISTORICAL", format: "VIRTUAL",
        start_date: "2026-05-01 00:00:00.000000", status: "DRAFT", location: "\0city",
    });
    row!(db, event {
        id: 3, title: format!("okapi% {}", "x".repeat(100_000)), type: "VIRTUAL_SESSION",
        format: "VIRTUAL", start_date: "2026-05-01 00:00:00.000000", status: "DRAFT",
    });
    row!(db, event { id: 4, title: "", start_date: "2026-05-01 00:00:00.000000", status: "DRAFT" });
    skill(&db, 1, "g_u\0", &[1], &[2]);
    row!(db, email { id: 1, contact_id: 2, email: format!("{long}ONLINE") });
    db.sql("UPDATE volunteer SET title = (SELECT email FROM email), industry = '%' WHERE id = 2");
    assert_eq!(ids(&candidates(&db, 2)), [1, 2], "a skill by its name, a title by `online`");
    assert_eq!(ids(&candidates(&db, 3)), Vec::<i64>::new());
    assert_eq!(ids(&candidates(&db, 4)), Vec::<i64>::new());
    let text = plan(&db, NOW);
    assert_eq!(text.len(), 5);
}

#[test]
fn the_same_rows_give_the_same_bytes_from_the_shared_pool_and_from_one_of_its_own() {
    let db = Fixture::of_the_test_vectors("2026-03-15");
    for id in 100..160 {
        db.event(id, "Career talk on data, art and health", "MENTORING", "2026-03-14 09:00");
    }
    skill(&db, 10, "%", &[3, 5], &[1, 130]);
    db.sql("UPDATE volunteer SET title = 'Career Coach', industry = 'Health_Art' WHERE id >= 5");
    let (now, settings) = (as_of(NOW), crate::fixture::settings());
    let once = db.build_all(CacheType::Recruitment, &now, &settings);
    assert_eq!(once, db.build_all(CacheType::Recruitment, &now, &settings));
    // On the same day with the picker elsewhere: event 130 is no longer offered.
    let inside = db.build("recruitment/candidates/130", &now, &settings);
    for id in 200..260 {
        db.event(id, "Later", "SLA", "2026-03-15 09:00");
    }
    assert!(!plan(&db, NOW).contains(&"recruitment/candidates/130".to_owned()));
    assert_eq!(db.build("recruitment/candidates/130", &now, &settings), inside);
    assert!(inside.rows > 1);
}

/// Events that count, each in its own way, and events that do not.
fn dia_fixture() -> Fixture {
    let db = Fixture::empty();
    for (id, title, event_type, start, needed) in [
        (1, "Data day", "DIA", "2026-03-15 12:01", Some(2)),
        (2, "Data day", "DIA_CLASSROOM_SPEAKER", "2026-03-20 09:00", Some(1)),
        (3, "the VOICES behind THE data 3", "DIA", "2026-03-18 09:00", Some(0)),
        (4, "Data Ethics Speakers", "DIA", "2026-03-18 09:00", None),
        (5, "project mentors", "DIA", "2026-03-18 09:00", Some(-1)),
        (6, "Data day", "DIA", "2026-03-18 09:00", Some(0)), // nobody needed
        (7, "Data day", "DIA", "2026-03-18 09:00", None),
        (8, "Data day", "DIA", "2026-03-15 12:00", Some(3)), // not after now
        (9, "Data day", "DATA_VIZ", "2026-03-18 09:00", Some(3)),
        (10, "Voices\0 Behind the Data", "DIA", "2026-03-18 09:00", None),
    ] {
        db.event(id, title, event_type, start);
        if let Some(needed) = needed {
            db.sql(&format!("UPDATE event SET volunteers_needed = {needed} WHERE id = {id}"));
        }
    }
    row!(db, school { id: "S1", name: "Sch1" });
    db.sql(
        "UPDATE event SET status = 'DRAFT' WHERE id = 4; UPDATE event SET status = 'CANCELLED' WHERE id = 5;
         UPDATE event SET school = 'S1', location = 'Here', end_date = '2026-03-20 10:30:00.500000',
           description = 'Bring data', salesforce_id = 'a01' WHERE id = 2;
         UPDATE event SET school = 'gone', salesforce_id = '' WHERE id = 1",
    );
    db
}

#[test]
fn dia_events_that_want_volunteers_are_listed_by_their_start() {
    let db = dia_fixture();
    let report = dia(&db);
    assert_eq!(report["filled_events"], json!([]));
    let found: Vec<_> = report["unfilled_events"].as_array().unwrap().iter().map(|e| &e["id"]).collect();
    assert_eq!(found, [1, 3, 4, 5, 2]);
    let built = db.build("recruitment/dia-events", &as_of(NOW), &crate::fixture::settings());
    let text = String::from_utf8(built.json).unwrap();
    let first = "{\"filled_events\":[],\"unfilled_events\":[{\"id\":1,\"title\":\"Data day\",\"type\":\"dia\",\
        \"start_date\":\"2026-03-15T12:01:00\",\"end_date\":null,\"location\":null,\"school_id\":\"gone\",\
        \"school_name\":null,\"status\":\"Completed\",\"description\":null,\"salesforce_id\":\"\",\
        \"salesforce_url\":null,\"volunteers_needed\":2},";
    assert_eq!(&text[..first.len()], first);
    let last = "{\"id\":2,\"title\":\"Data day\",\"type\":\"dia_classroom_speaker\",\
        \"start_date\":\"2026-03-20T09:00:00\",\"end_date\":\"2026-03-20T10:30:00.500000\",\"location\":\"Here\",\
        \"school_id\":\"S1\",\"school_name\":\"Sch1\",\"status\":\"Completed\",\"description\":\"Bring data\",\
        \"salesforce_id\":\"a01\",\
        \"salesforce_url\":\"https://prep-kc.lightning.force.com/lightning/r/Session__c/a01/view\",\
        \"volunteers_needed\":1}]}";
    assert_eq!(&text[text.len() - last.len()..], last);
    assert_eq!(built.rows, 5);
}

#[test]
fn a_dia_event_is_filled_by_anybody_in_any_status() {
    let db = dia_fixture();
    for (id, name) in [(1, " Ann Ade"), (2, "Bob Bee")] {
        db.volunteer(id, name.trim());
    }
    db.sql("UPDATE contact SET first_name = ' Ann' WHERE id = 1");
    db.participation(2, 2, "Cancelled", None);
    db.participation(1, 2, "Confirmed", Some(1.0));
    db.participation(2, 2, "No Show", None);
    db.sql("UPDATE event_participation SET participant_type = NULL WHERE id = 1");
    db.sql("UPDATE event_participation SET participant_type = 'Presenter' WHERE id = 2");
    db.sql("UPDATE event_participation SET participant_type = '' WHERE id = 3");
    db.participation(99, 1, "Confirmed", None); // a volunteer who is gone
    db.sql("UPDATE event_participation SET status = NULL WHERE id = 3");
    let report = dia(&db);
    let filled = &report["filled_events"];
    assert_eq!(filled[0]["event"]["id"], 1);
    assert_eq!(filled[0]["volunteers"], json!([]));
    assert_eq!(filled[1]["event"]["id"], 2);
    assert_eq!(filled[1]["event"].as_object().unwrap().len(), 12, "without volunteers_needed");
    assert_eq!(
        filled[1]["volunteers"],
        json!([
            {"name": "Bob Bee", "email": null, "organization": "N/A", "status": "Cancelled",
             "participant_type": "Volunteer"},
            {"name": "Ann Ade", "email": null, "organization": "N/A", "status": "Confirmed",
             "participant_type": "Presenter"},
            {"name": "Bob Bee", "email": null, "organization": "N/A", "status": null,
             "participant_type": "Volunteer"},
        ])
    );
    let built = db.build("recruitment/dia-events", &as_of(NOW), &crate::fixture::settings());
    let text = String::from_utf8(built.json).unwrap();
    let order = "\"volunteers\":[{\"name\":\"Bob Bee\",\"email\":null,\"organization\":\"N/A\",\
        \"status\":\"Cancelled\",\"participant_type\":\"Volunteer\"},";
    assert!(text.contains(order), "{text}");
}

#[test]
fn a_helper_s_organization_is_the_primary_link_s_or_the_first_one_s_or_a_free_text() {
    for (own, links, expected) in [
        ("'Free'", vec![(3, 0), (2, 1), (5, 1)], "Second"),
        ("'Free'", vec![(3, 0), (2, 0)], "Third"),
        ("'Free'", vec![(3, 0), (77, 1)], "Free"), // a primary one that is gone
        ("'Free'", vec![(4, 1)], "Free"),          // one without a name
        ("'Free'", vec![], "Free"),
        ("'00Free'", vec![], "N/A"),
        ("'0Free'", vec![], "0Free"),
        ("''", vec![], "N/A"),
        ("NULL", vec![(77, 0)], "N/A"),
    ] {
        let db = dia_fixture();
        db.volunteer(1, "Ann Ade");
        db.participation(1, 1, "Confirmed", None);
        for (id, name) in [(2, "Second"), (3, "Third"), (4, ""), (5, "Fifth")] {
            row!(db, organization { id: id, name: name });
        }
        for (organization, primary) in &links {
            row!(db, volunteer_organization { volunteer_id: 1, organization_id: organization, is_primary: primary });
        }
        db.sql(&format!("UPDATE volunteer SET organization_name = {own}"));
        let helper = dia(&db)["filled_events"][0]["volunteers"][0].clone();
        assert_eq!(helper["organization"], expected, "{own} {links:?}");
    }
}

#[test]
fn a_helper_s_address_is_the_first_primary_one_or_the_first_of_all() {
    for (rows, expected) in [
        (vec![(Some("a@x"), 0), (Some("b@x"), 1), (Some("c@x"), 1)], json!("b@x")),
        (vec![(Some("a@x"), 0), (Some("b@x"), 0)], json!("a@x")),
        (vec![(None, 0), (Some("b@x"), 0)], Value::Null),
        (vec![(Some("a@x"), 0), (None, 1)], Value::Null),
        (vec![], Value::Null),
    ] {
        let db = dia_fixture();
        db.volunteer(1, "Ann Ade");
        db.participation(1, 1, "Confirmed", None);
        for (email, primary) in &rows {
            row!(db, email { contact_id: 1, email: email, primary: primary });
        }
        let helper = dia(&db)["filled_events"][0]["volunteers"][0].clone();
        assert_eq!(helper["email"], expected, "{rows:?}");
    }
}
