//! What one event contributes to one district: the attended rows P, the students S and U, the hours.
//!
//! A teacher registration whose teacher is missing counts no student; VMS fails the whole year over it.

use crate::rules::numbers::{Hours, Number};
use vms_source::{Dataset, District, Event, Ix, Participation, Student};

/// Students that VMS assumes behind each teacher of a virtual session.
const STUDENTS_PER_TEACHER: u64 = 25;

/// One event's figures for one district.
pub(crate) struct EventFigures<'a> {
    /// The event.
    pub(crate) event: &'a Event,
    /// P: participations that count, by id.
    pub(crate) attended: Vec<&'a Participation>,
    /// Their hours.
    pub(crate) hours: Number,
    /// U: the district's students who attended, by participation id; none of a virtual session.
    pub(crate) students: Vec<Ix<Student>>,
    /// S: their number, or the estimate for a virtual session.
    pub(crate) student_count: u64,
}

impl<'a> EventFigures<'a> {
    /// The figures of an event for a district.
    pub(crate) fn new(data: &'a Dataset, ix: Ix<Event>, district: Ix<District>) -> Self {
        let event = &data.events[ix];
        let attended: Vec<_> = data.participations_in(ix).filter(|p| p.attended()).collect();
        let mut figures = Self {
            event,
            hours: attended.iter().map(|p| p.hours).collect::<Hours>().number(),
            attended,
            students: Vec::new(),
            student_count: 0,
        };
        if event.is_virtual() {
            figures.student_count = STUDENTS_PER_TEACHER * teachers(data, ix, district);
        } else {
            let of_district = |s: &Ix<Student>| lies_in(data, data.students[*s].school, district);
            figures.students = data.students_at(ix).filter(of_district).collect();
            figures.student_count = figures.students.len() as u64;
        }
        figures
    }
}

/// Registrations of teachers at schools of the district, whatever their status.
fn teachers(data: &Dataset, event: Ix<Event>, district: Ix<District>) -> u64 {
    let school = |t: &vms_source::EventTeacher| t.teacher.and_then(|t| data.teachers[t].school);
    let of_district = data.teachers_at(event).filter(|t| lies_in(data, school(t), district));
    of_district.count() as u64
}

fn lies_in(data: &Dataset, school: Option<Ix<vms_source::School>>, district: Ix<District>) -> bool {
    school.is_some_and(|school| data.schools[school].district == Some(district))
}
