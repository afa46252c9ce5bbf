//! The rows of a VMS database in memory, linked and indexed once, shared by every report of a refresh.

use crate::Text;
use crate::defects::Defects;
use crate::rows::{Groups, Ix, Rows};
use crate::tables::{
    AttendanceDetail, District, Event, EventTeacher, Membership, Organization, Participation, School, Student,
    StudentParticipation, Teacher, Turnout, Volunteer,
};
use std::collections::HashMap;

/// What was read. Tables that no loaded cache type needs are empty.
#[derive(Debug)]
pub struct Dataset {
    /// Events by id.
    pub events: Rows<Event>,
    /// Participations of volunteers by id.
    pub participations: Rows<Participation>,
    /// Volunteers by id.
    pub volunteers: Rows<Volunteer>,
    /// Links of volunteers to organizations in order of insertion.
    pub memberships: Rows<Membership>,
    /// Organizations by id.
    pub organizations: Rows<Organization>,
    /// Teachers by id.
    pub teachers: Rows<Teacher>,
    /// Registrations of teachers by event and teacher id.
    pub event_teachers: Rows<EventTeacher>,
    /// Students by id.
    pub students: Rows<Student>,
    /// Attendances of students by id.
    pub student_participations: Rows<StudentParticipation>,
    /// Districts by id.
    pub districts: Rows<District>,
    /// Schools in order of insertion.
    pub schools: Rows<School>,
    /// Whether `event_districts` has any row at all (quirk D7).
    pub has_event_districts: bool,
    /// Rows that were read, over all tables.
    pub rows_read: u64,
    /// Rows that were left out or refer to nothing.
    pub defects: Defects,
    pub(crate) links: Links,
}

/// The indexes, built once while loading.
#[derive(Debug)]
pub(crate) struct Links {
    pub(crate) participations_by_event: Groups,
    pub(crate) participations_by_volunteer: Groups,
    /// Participations in events that do not exist, by id.
    pub(crate) without_event: HashMap<Ix<Volunteer>, Vec<Turnout>>,
    pub(crate) memberships_by_volunteer: Groups,
    pub(crate) event_teachers_by_event: Groups,
    pub(crate) students_by_event: Groups,
    pub(crate) schools_by_district: Groups,
    pub(crate) schools_by_id: HashMap<Text, Ix<School>>,
    pub(crate) attendance: HashMap<Ix<Event>, AttendanceDetail>,
    pub(crate) districts_of_event: Pairs,
    pub(crate) presenters_of_event: Pairs,
    pub(crate) skills_of_event: Pairs,
    pub(crate) skills_of_volunteer: Pairs,
    pub(crate) skill_names: Vec<Text>,
}

/// A link table: for each left position, right positions in a stated order.
#[derive(Debug)]
pub(crate) struct Pairs {
    groups: Groups,
    right: Vec<usize>,
}

impl Pairs {
    /// Takes pairs in the order that each group shall have.
    pub(crate) fn new(lefts: usize, pairs: &[(usize, usize)]) -> Self {
        Self { groups: Groups::new(lefts, pairs.iter().map(|p| Some(p.0))), right: pairs.iter().map(|p| p.1).collect() }
    }

    fn of(&self, left: usize) -> impl ExactSizeIterator<Item = usize> + Clone + '_ {
        self.groups.of(left).map(|i| self.right[i])
    }
}

impl Dataset {
    /// Participations in an event, by id.
    pub fn participations_in(&self, event: Ix<Event>) -> impl ExactSizeIterator<Item = &Participation> + Clone {
        self.links.participations_by_event.of(event.get()).map(|i| &self.participations[Ix::new(i)])
    }

    /// Participations of a volunteer, by id.
    pub fn participations_of(&self, volunteer: Ix<Volunteer>) -> impl ExactSizeIterator<Item = &Participation> + Clone {
        self.links.participations_by_volunteer.of(volunteer.get()).map(|i| &self.participations[Ix::new(i)])
    }

    /// How many participations a volunteer has, those in events that do not exist included.
    pub fn participation_count(&self, volunteer: Ix<Volunteer>) -> usize {
        self.participations_of(volunteer).len() + self.without_event(volunteer).len()
    }

    /// What all these participations say, by id.
    pub fn turnouts_of(&self, volunteer: Ix<Volunteer>) -> Vec<Turnout> {
        let in_events = self.participations_of(volunteer).map(Participation::turnout);
        let mut all: Vec<_> = in_events.chain(self.without_event(volunteer).iter().copied()).collect();
        all.sort_unstable_by_key(|turnout| turnout.id);
        all
    }

    fn without_event(&self, volunteer: Ix<Volunteer>) -> &[Turnout] {
        self.links.without_event.get(&volunteer).map_or(&[], Vec::as_slice)
    }

    /// Organization links of a volunteer, earliest inserted first.
    pub fn memberships_of(&self, volunteer: Ix<Volunteer>) -> impl ExactSizeIterator<Item = &Membership> + Clone {
        self.links.memberships_by_volunteer.of(volunteer.get()).map(|i| &self.memberships[Ix::new(i)])
    }

    /// Registrations of teachers for an event, by teacher id.
    pub fn teachers_at(&self, event: Ix<Event>) -> impl ExactSizeIterator<Item = &EventTeacher> + Clone {
        self.links.event_teachers_by_event.of(event.get()).map(|i| &self.event_teachers[Ix::new(i)])
    }

    /// Students who attended an event, by participation id.
    pub fn students_at(&self, event: Ix<Event>) -> impl ExactSizeIterator<Item = Ix<Student>> + Clone + '_ {
        self.links.students_by_event.of(event.get()).map(|i| self.student_participations[Ix::new(i)].student)
    }

    /// Schools of a district, earliest inserted first.
    pub fn schools_of(&self, district: Ix<District>) -> impl ExactSizeIterator<Item = Ix<School>> + Clone + '_ {
        self.links.schools_by_district.of(district.get()).map(Ix::new)
    }

    /// The school with that id.
    pub fn school(&self, id: &str) -> Option<Ix<School>> {
        self.links.schools_by_id.get(id).copied()
    }

    /// The attendance detail of an event; where several exist, the lowest id.
    pub fn attendance_of(&self, event: Ix<Event>) -> Option<AttendanceDetail> {
        self.links.attendance.get(&event).copied()
    }

    /// Existing districts linked to an event, by district id *as text*: `10` before `2`.
    pub fn districts_of(&self, event: Ix<Event>) -> impl ExactSizeIterator<Item = Ix<District>> + Clone + '_ {
        self.links.districts_of_event.of(event.get()).map(Ix::new)
    }

    /// Volunteers who present an event, by id.
    pub fn presenters_of(&self, event: Ix<Event>) -> impl ExactSizeIterator<Item = Ix<Volunteer>> + Clone + '_ {
        self.links.presenters_of_event.of(event.get()).map(Ix::new)
    }

    /// Names of the skills that an event asks for, by skill id.
    pub fn skills_for(&self, event: Ix<Event>) -> impl ExactSizeIterator<Item = &Text> + Clone {
        self.links.skills_of_event.of(event.get()).map(|i| &self.links.skill_names[i])
    }

    /// Names of a volunteer's skills, by skill id.
    pub fn skills_of(&self, volunteer: Ix<Volunteer>) -> impl ExactSizeIterator<Item = &Text> + Clone {
        self.links.skills_of_volunteer.of(volunteer.get()).map(|i| &self.links.skill_names[i])
    }
}
