//! Tests of the district family.

mod engagement;
mod matching;
mod year_end;

use crate::Settings;
use crate::fixture::{Fixture, row};

/// The Salesforce ids of two listed districts.
const CENTER: &str = "0015f00000KvuZTAAZ";
const GRANDVIEW: &str = "0015f00000JU4opAAD";

const AS_OF: &str = "2026-03-15T12:00:00Z";

/// A district small enough to be computed by hand: Center, id 7, with three events.
///
/// 1, in person, at its school; 2, virtual, linked to it; 3, in person, elsewhere, its title naming the school.
fn small_district() -> Fixture {
    let db = Fixture::empty();
    row!(db, district { id: 7, salesforce_id: CENTER, name: "Center School District" });
    row!(db, district { id: 8, name: "Elsewhere" });
    row!(db, school { id: "S1", name: "Center High", district_id: 7 });
    row!(db, school { id: "S2", name: "Far Elementary", district_id: 8 });
    db.event(1, "Career Day", "CAREER_FAIR", "2025-09-10 09:00");
    db.event(2, "Chat", "VIRTUAL_SESSION", "2025-09-12 13:05");
    db.event(3, "Fair at center high", "CAREER_FAIR", "2025-10-01 10:30");
    db.sql(
        "UPDATE event SET school = 'S1', series = 'Health' WHERE id = 1;
         UPDATE event SET location = 'Online', session_host = 'Other' WHERE id = 2;
         UPDATE event SET school = 'S2', location = '' WHERE id = 3",
    );
    row!(db, event_districts { event_id: 2, district_id: "7" });
    people(&db);
    db
}

fn people(db: &Fixture) {
    db.volunteer(1, "Ann Ade").volunteer(2, "Bob Bee").volunteer(3, "Cy Cee");
    row!(db, email { contact_id: 1, email: "ann@example.org", primary: 1 });
    row!(db, organization { id: 10, name: "Alpha" });
    row!(db, organization { id: 20, name: "Beta" });
    for (volunteer, organization) in [(1, 20), (1, 10), (3, 30)] {
        row!(db, volunteer_organization { volunteer_id: volunteer, organization_id: organization });
    }
    for (skill, name) in [(2, "Welding"), (1, "Art")] {
        row!(db, skill { id: skill, name: name });
        row!(db, volunteer_skills { volunteer_id: 1, skill_id: skill });
    }
    for (volunteer, event, status, hours) in [
        (1, 1, "Attended", Some(1.25)),
        (1, 1, "Completed", None),
        (2, 1, "Attended", Some(2.0)),
        (2, 2, "Successfully Completed", Some(0.5)),
        (3, 2, "Attended", Some(0.0)),
        (1, 3, "Attended", Some(1.0)),
        (2, 1, "No Show", Some(9.0)),
    ] {
        db.participation(volunteer, event, status, hours);
    }
    db.teacher(11, "Tea Cher", Some("S1")).teacher(12, "Far Cher", Some("S2"));
    for (teacher, confirmed) in [(11, Some("2025-09-13 00:00:00.000000")), (12, None), (13, None)] {
        row!(db, event_teacher { event_id: 2, teacher_id: teacher, attendance_confirmed_at: confirmed });
    }
    db.student(101, "Zoe Young", "S1", Some(9));
    db.student(102, "Abe Old", "S1", Some(0));
    db.student(103, "Max Far", "S2", Some(10));
    row!(db, email { contact_id: 101, email: "zoe@example.org", primary: 1 });
    db.attendance(101, 1).attendance(102, 1).attendance(103, 1).attendance(101, 3);
}

fn with_names() -> Settings {
    Settings { student_details: true, ..crate::fixture::settings() }
}

/// The text without the line breaks and indentation with which a test writes it.
fn joined(lines: &str) -> String {
    lines.lines().map(str::trim_start).collect()
}
