//! What teachers and students have beyond a contact.

use rusqlite::{Connection, params};

use crate::calendar::{Calendar, midnight_stamp, plus_days};
use crate::enums::TEACHER_STATUSES;
use crate::places::Places;
use crate::rng::Rng;
use crate::roster::{Person, Roster};
use crate::sql::{Inserter, salesforce_id};

const TEACHER_COLUMNS: &str = "id, department, school_id, status, active, connector_role, connector_active, \
                               connector_start_date, connector_end_date, last_email_message, last_mailchimp_date, \
                               salesforce_contact_id, salesforce_school_id, created_at, updated_at";
const STUDENT_COLUMNS: &str = "id, active, current_grade, legacy_grade, student_id, school_id, class_salesforce_id, \
                               teacher_id, racial_ethnic, school_code, ell_language, gifted, lunch_status";

/// Writes teachers and students.
pub(crate) struct SchoolRows<'c> {
    rng: Rng,
    calendar: Calendar,
    places: &'c Places,
    teachers: Inserter<'c>,
    students: Inserter<'c>,
}

impl<'c> SchoolRows<'c> {
    pub(crate) fn new(
        connection: &'c Connection,
        seed: u64,
        calendar: Calendar,
        places: &'c Places,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            rng: Rng::new(seed, "schoolfolk"),
            calendar,
            places,
            teachers: Inserter::new(connection, "teacher", TEACHER_COLUMNS)?,
            students: Inserter::new(connection, "student", STUDENT_COLUMNS)?,
        })
    }

    /// How many teachers and how many students went in.
    pub(crate) fn written(&self) -> (u64, u64) {
        (self.teachers.rows(), self.students.rows())
    }

    /// Writes a teacher. VMS keeps the school twice, and not always the same one.
    pub(crate) fn write_teacher(&mut self, teacher: &Person) -> rusqlite::Result<()> {
        let (rng, today, row) = (&mut self.rng, self.calendar.today, self.teachers.rows() as usize);
        let start = plus_days(today, -rng.between(300, 900));
        let second_school = match rng.below(100) {
            0..6 => None,
            6..10 => Some(rng.index(self.places.schools.len())),
            _ => teacher.school,
        };
        let ended = rng.percent(10);
        self.teachers.add(params![
            teacher.id,
            rng.pick_or_null(&["Science", "Mathematics", "Arts", "English"], 40),
            self.places.school_id(teacher.school),
            rng.cover(row, &TEACHER_STATUSES, 4).map(|status| if rng.percent(70) { "ACTIVE" } else { status }),
            !rng.percent(8),
            rng.pick_or_null(&["Lead", "Member"], 80),
            rng.percent(20),
            rng.percent(25).then(|| start.to_string()),
            ended.then(|| plus_days(start, 200).to_string()),
            rng.percent(30).then(|| plus_days(today, -20).to_string()),
            rng.percent(15).then(|| plus_days(today, -90).to_string()),
            rng.percent(70).then(|| salesforce_id("003", 'C', teacher.id)),
            self.places.school_id(second_school),
            midnight_stamp(start),
            midnight_stamp(start)
        ])
    }

    /// Writes a student, with a teacher of the same file and, at a high school, a class.
    pub(crate) fn write_student(&mut self, student: &Person, roster: &Roster) -> rusqlite::Result<()> {
        let rng = &mut self.rng;
        let school = student.school.and_then(|position| self.places.schools.get(position));
        let class = school.and_then(|school| school.classes.get(rng.index(school.classes.len())));
        let teacher = roster.teacher(rng, school.and_then(|school| school.district)).filter(|_| rng.percent(60));
        self.students.add(params![
            student.id,
            rng.flag(92, 2),
            (!rng.percent(6)).then(|| rng.between(0, 12)),
            rng.pick_or_null(&["K", "Senior"], 95),
            rng.percent(85).then(|| format!("L{:07}", student.id)),
            school.map(|school| school.id.as_str()),
            class.filter(|_| rng.percent(70)),
            teacher.map(|teacher| teacher.id),
            rng.pick_or_null(&["Two or More", "Prefer not to say", "Other"], 50),
            rng.percent(30).then(|| format!("{}", 48_000 + rng.below(99))),
            rng.pick_or_null(&["Spanish", "Somali", "Vietnamese"], 85),
            rng.percent(9),
            rng.pick_or_null(&["Free", "Reduced", "Paid"], 25)
        ])
    }
}
