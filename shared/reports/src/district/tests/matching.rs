//! Which events belong to which district.

use super::{CENTER, GRANDVIEW};
use crate::district::events::{DistrictEvents, subjects};
use crate::fixture::{Fixture, row};
use vms_core::{CacheType, HostFilter};

/// Center (7) and Grandview (9) with a school each, and a district that Grandview's alias names (10).
fn districts() -> Fixture {
    let db = Fixture::empty();
    row!(db, district { id: 7, salesforce_id: CENTER, name: "Center School District" });
    row!(db, district { id: 9, salesforce_id: GRANDVIEW, name: "Grandview School District" });
    row!(db, district { id: 10, name: "GRANDVIEW C-4" });
    row!(db, school { id: "C1", name: "Red Bridge Elementary", district_id: 7 });
    row!(db, school { id: "G1", name: "Conn_West", district_id: 9 });
    row!(db, school { id: "X1", name: "Unrelated", district_id: 10 });
    // Some link that concerns no test: without any, no event would count.
    row!(db, event_districts { event_id: 999, district_id: "10" });
    db
}

/// The events of each district as `district: id`, `district: (id)` for detail events alone, and `district: [id]` for
/// base events alone.
fn found(db: &Fixture, hosts: HostFilter) -> String {
    let settings = crate::fixture::settings();
    let data = db.load(CacheType::District, false);
    let subjects = subjects(&data, &settings.districts);
    let events = DistrictEvents::new(&data, &subjects);
    let of = |i: usize| {
        let year = "2526".parse().unwrap();
        let one = |l: crate::district::events::Linked| {
            let id = data.events[l.event].id;
            match (l.sets.base, l.sets.detail) {
                (true, true) => id.to_string(),
                (false, _) => format!("({id})"),
                (true, false) => format!("[{id}]"),
            }
        };
        events.of(&data, i, year, hosts).map(one).collect::<Vec<_>>().join(" ")
    };
    let line = |i: usize| format!("{}: {}", data.districts[subjects[i].row].id, of(i));
    (0..subjects.len()).map(line).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_rule_ties_an_event_to_its_district() {
    for (rule, change, expected) in [
        ("nothing", "", "9: , 7: "),
        ("a: linked", "INSERT INTO event_districts VALUES (1, '7')", "9: , 7: 1"),
        ("b: at a school", "UPDATE event SET school = 'C1'", "9: , 7: 1"),
        (
            "c: partner contains a school's name",
            "UPDATE event SET district_partner = 'PTA of RED BRIDGE elementary'",
            "9: , 7: 1",
        ),
        ("c: with a wildcard in the name", "UPDATE event SET district_partner = 'Conn-West'", "9: 1, 7: "),
        (
            "d: partner contains the district's name",
            "UPDATE event SET district_partner = 'center school district 58'",
            "9: , 7: 1",
        ),
        ("e: partner contains an alias", "UPDATE event SET district_partner = 'City of Grandview'", "9: 1, 7: "),
        ("f: linked to a district that an alias names", "INSERT INTO event_districts VALUES (1, '10')", "9: 1, 7: "),
        ("g: title contains a school's name", "UPDATE event SET title = 'At Red Bridge Elementary'", "9: , 7: (1)"),
        (
            "h: partner contains the short name, a piece of another's",
            "UPDATE event SET district_partner = 'Guadalupe Centers Schools'",
            "9: , 7: (1)",
        ),
        (
            "several rules, once, the base ones first",
            "UPDATE event SET title = 'Red Bridge Elementary', district_partner = 'Center', school = 'C1'",
            "9: , 7: 1",
        ),
        (
            "two districts",
            "UPDATE event SET title = 'Red Bridge Elementary', district_partner = 'Grandview'",
            "9: 1, 7: (1)",
        ),
        ("another's school", "UPDATE event SET school = 'X1'", "9: , 7: "),
        (
            "an empty school name is in every title and partner",
            "INSERT INTO school (id, name, district_id) VALUES ('E', '', 7)",
            "9: , 7: (1)",
        ),
    ] {
        let db = districts();
        db.event(1, "Fair", "CAREER_FAIR", "2025-09-10 09:00").sql(change);
        assert_eq!(found(&db, HostFilter::All), expected, "{rule}");
    }
}

#[test]
fn a_teachers_school_ties_no_session_to_its_district() {
    let db = districts();
    db.event(1, "Chat", "VIRTUAL_SESSION", "2025-09-10 09:00").teacher(5, "Tea Cher", Some("C1"));
    row!(db, event_teacher { event_id: 1, teacher_id: 5 });
    assert_eq!(found(&db, HostFilter::All), "9: , 7: ");
}

#[test]
fn only_completed_events_of_a_counted_type_in_the_year_count() {
    for (change, expected) in [
        ("", "9: , 7: 1"),
        ("UPDATE event SET status = 'SIMULCAST'", "9: , 7: "),
        ("UPDATE event SET type = 'CONNECTOR_SESSION'", "9: , 7: "),
        ("UPDATE event SET type = NULL", "9: , 7: "),
        ("UPDATE event SET start_date = '2026-07-31 00:00:00.000000'", "9: , 7: 1"),
        ("UPDATE event SET start_date = '2026-07-31 00:00:00.000001'", "9: , 7: "),
        ("UPDATE event SET start_date = '2025-08-01 00:00:00'", "9: , 7: "),
        ("DELETE FROM event_districts", "9: , 7: "),
        ("UPDATE district SET salesforce_id = 'other' WHERE id = 9", "7: 1"),
    ] {
        let db = districts();
        db.event(1, "Fair", "CAREER_FAIR", "2025-09-10 09:00");
        db.sql("UPDATE event SET school = 'C1'").sql(change);
        assert_eq!(found(&db, HostFilter::All), expected, "{change}");
    }
}

#[test]
fn the_host_filter_looks_for_prepkc_in_any_case() {
    let db = districts();
    for (id, host) in (1..).zip([Some("PREPKC"), Some("By PrepKC & co"), Some("Other"), Some(""), None]) {
        db.event(id, "Fair", "CAREER_FAIR", "2025-09-10 09:00");
        row!(db, event_districts { event_id: id, district_id: "7" });
        let host = host.map_or("NULL".to_owned(), |host| format!("'{host}'"));
        db.sql(&format!("UPDATE event SET session_host = {host} WHERE id = {id}"));
    }
    assert_eq!(found(&db, HostFilter::Prepkc), "9: , 7: 1 2");
    assert_eq!(found(&db, HostFilter::All), "9: , 7: 1 2 3 4 5");
}

#[test]
fn events_come_by_start_then_type_name_then_id() {
    let db = districts();
    for (id, event_type, start) in [
        (1, "VIRTUAL_SESSION", "2025-09-10 09:00"),
        (2, "IGNITE", "2025-09-10 09:00"),
        (3, "BFI", "2025-09-10 09:00"),
        (4, "BFI", "2025-09-09 09:00"),
        (5, "IGNITE", "2025-09-10 09:00"),
    ] {
        db.event(id, "Fair", event_type, start);
        row!(db, event_districts { event_id: id, district_id: "7" });
    }
    assert_eq!(found(&db, HostFilter::All), "9: , 7: 4 3 2 5 1");
}

#[test]
fn base_events_are_those_of_the_salesforce_id_and_detail_events_those_of_the_name() {
    for (rule, change, expected) in [
        ("a: linked", "INSERT INTO event_districts VALUES (1, '7')", "9: , 7: [1]"),
        ("a: linked to the other", "INSERT INTO event_districts VALUES (1, '70')", "9: , 7: (1)"),
        ("b: at a school", "UPDATE event SET school = 'C1'", "9: , 7: [1]"),
        ("b: at a school of the other", "UPDATE event SET school = 'C2'", "9: , 7: (1)"),
        ("c: partner", "UPDATE event SET district_partner = 'Red Bridge Elementary'", "9: , 7: [1]"),
        ("c: partner, a school of the other", "UPDATE event SET district_partner = 'Old Mill'", "9: , 7: (1)"),
        ("d: partner", "UPDATE event SET district_partner = 'Middle 58'", "9: , 7: [1]"),
        (
            "d: partner, both names",
            "UPDATE event SET district_partner = 'Middle / Center School District'",
            "9: , 7: 1",
        ),
        ("g: title", "UPDATE event SET title = 'At Red Bridge Elementary'", "9: , 7: "),
        ("g: title, a school of the other", "UPDATE event SET title = 'At Old Mill'", "9: , 7: (1)"),
        ("h: short name", "UPDATE event SET district_partner = 'Centers'", "9: , 7: (1)"),
        ("both", "UPDATE event SET school = 'C1', title = 'At Old Mill'", "9: , 7: 1"),
    ] {
        let db = districts();
        db.sql("UPDATE district SET name = 'Middle' WHERE id = 7");
        row!(db, district { id: 70, name: "Center School District" });
        row!(db, district { id: 71, name: "Center School District" });
        row!(db, school { id: "C2", name: "Old Mill", district_id: 70 });
        db.event(1, "Fair", "CAREER_FAIR", "2025-09-10 09:00").sql(change);
        assert_eq!(found(&db, HostFilter::All), expected, "{rule}");
    }
}
