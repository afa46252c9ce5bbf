//! `organization/detail/{school_year}/{organization_id}`: an organization's volunteers and events.
//!
//! It serves VMS's `OrganizationReport`, which nothing ever filled, as well (B3). Quirks kept: B1, B5, B12 (in person
//! each row counts, virtually each name), B13 and B14 (teachers by name; each listed once per volunteer and status),
//! B15 (a virtual session whose teachers are all excluded is not listed), B16 (an event without a type is not listed,
//! its hours count), B17 (an event can be listed as attended and as cancelled), B19 (`total_hours` is a sum of
//! rounded hours, itself unrounded), B20 (teachers' schools by Salesforce id), B21 (students as on the page), B52
//! (equal rows are one). Fixed: B10 (`date_sort` is text, so that the report can be stored at all), B11 (built anew
//! with every refresh), B18 (names of a virtual session's volunteers are sorted).
//!
//! Volunteers count where `exclude_from_reports` is 0, not where it is null.

use crate::Report;
use crate::rules::numbers::{Hours, Number};
use crate::rules::years::EventsOfYear;
use crate::rules::{dates, names};
use indexmap::IndexMap;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use vms_source::{
    AttendanceDetail, Dataset, Event, EventStatus, EventTeacher, EventType, Ix, Organization, Participation, Teacher,
    Volunteer,
};

/// Statuses of a participation that did not come about.
const CANCELLED: [&str; 8] = [
    "Cancelled",
    "No Show",
    "Did Not Attend",
    "Teacher No-Show",
    "Volunteer canceling due to snow",
    "Weather Cancellation",
    "School Closure",
    "Emergency Cancellation",
];

/// Statuses of a teacher's registration that make a classroom.
const CLASSROOM: [&str; 2] = ["simulcast", "successfully completed"];

/// An organization's year.
#[derive(Debug, Serialize)]
pub(crate) struct OrganizationDetail<'a> {
    organization_name: &'a str,
    volunteers_data: Vec<VolunteerItem<'a>>,
    in_person_events: Vec<InPersonEvent<'a>>,
    virtual_events: Vec<VirtualEvent<'a>>,
    cancelled_events: Vec<CancelledEvent<'a>>,
    summary_stats: Summary,
}

impl Report for OrganizationDetail<'_> {
    fn rows(&self) -> u64 {
        let events = self.in_person_events.len() + self.virtual_events.len() + self.cancelled_events.len();
        (self.volunteers_data.len() + events) as u64
    }
}

#[derive(Debug, Serialize)]
struct VolunteerItem<'a> {
    id: i64,
    name: String,
    email: Option<&'a str>,
    events: usize,
    hours: Number,
}

#[derive(Debug, Serialize)]
struct InPersonEvent<'a> {
    id: i64,
    date: String,
    date_sort: String,
    title: &'a str,
    r#type: &'static str,
    volunteers: Vec<String>,
    volunteer_count: usize,
    hours: Number,
    students: i64,
    students_per_volunteer: Option<i64>,
    is_calculated: bool,
}

#[derive(Debug, Serialize)]
struct VirtualEvent<'a> {
    id: i64,
    date: String,
    time: String,
    date_sort: String,
    title: &'a str,
    r#type: &'static str,
    volunteers: BTreeSet<String>,
    volunteer_count: usize,
    classrooms: usize,
    classroom_details: Vec<Classroom<'a>>,
}

#[derive(Debug, Serialize)]
struct Classroom<'a> {
    teacher_id: i64,
    teacher_name: String,
    school_name: &'a str,
    district_name: &'a str,
    status: &'a str,
}

#[derive(Debug, Serialize)]
struct CancelledEvent<'a> {
    date: String,
    title: &'a str,
    r#type: &'static str,
    volunteers: usize,
    status: &'static str,
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names are VMS's")]
struct Summary {
    total_inperson_sessions: usize,
    total_virtual_sessions: usize,
    total_sessions: usize,
    total_hours: Number,
    total_volunteers: usize,
    total_cancelled: usize,
    total_students_reached: i64,
    total_classrooms_reached: usize,
}

/// Whether a detail over these members has anything in any of its lists.
pub(super) fn has_entries(data: &Dataset, year: &EventsOfYear, members: &[Ix<Volunteer>]) -> bool {
    let listed = |p: &Participation| p.attended() || is_virtual_row(data, p) || is_cancelled(data, p);
    shown(data, members).any(|member| in_year(data, year, member).any(listed))
}

/// The members who may appear in reports.
fn shown(data: &Dataset, members: &[Ix<Volunteer>]) -> impl Iterator<Item = Ix<Volunteer>> {
    let may_appear = |v: &Ix<Volunteer>| data.volunteers[*v].excluded == Some(false);
    members.iter().copied().filter(may_appear)
}

/// What a volunteer took part in, by id.
fn in_year<'a>(
    data: &'a Dataset,
    year: &EventsOfYear,
    volunteer: Ix<Volunteer>,
) -> impl Iterator<Item = &'a Participation> {
    data.participations_of(volunteer).filter(|p| year.contains(p.event))
}

fn is_in_person_row(data: &Dataset, row: &Participation) -> bool {
    let event_type = data.events[row.event].event_type;
    row.attended() && event_type.is_some_and(|t| t != EventType::VirtualSession)
}

fn is_virtual_row(data: &Dataset, row: &Participation) -> bool {
    data.events[row.event].is_virtual() && row.attended_or_simulcast() && may_be_listed(data, row.event)
}

fn is_cancelled(data: &Dataset, row: &Participation) -> bool {
    data.events[row.event].status == EventStatus::Cancelled
        || row.status.as_deref().is_some_and(|s| CANCELLED.contains(&s))
}

/// Whether VMS's query has a row for a virtual session: not where teachers are registered and none of them may appear.
fn may_be_listed(data: &Dataset, event: Ix<Event>) -> bool {
    data.teachers_at(event).len() == 0 || teachers(data, event).next().is_some()
}

/// The registrations that may appear, by teacher id.
fn teachers(data: &Dataset, event: Ix<Event>) -> impl Iterator<Item = &EventTeacher> {
    let may_appear = |t: &&EventTeacher| t.teacher.is_none_or(|t| data.teachers[t].excluded == Some(false));
    data.teachers_at(event).filter(may_appear)
}

impl<'a> OrganizationDetail<'a> {
    /// Computes the report from the volunteers that are linked to the organization.
    pub(super) fn new(
        data: &'a Dataset,
        year: &EventsOfYear,
        organization: Ix<Organization>,
        members: &[Ix<Volunteer>],
    ) -> Self {
        let rows = shown(data, members).flat_map(|member| in_year(data, year, member));
        let rows = in_row_order(data, rows);
        let volunteers = shown(data, members).filter_map(|member| VolunteerItem::new(data, year, member));
        let volunteers_data: Vec<_> = volunteers.collect();
        let in_person_events = in_person_events(data, &rows);
        let virtual_events = virtual_events(data, &rows);
        let cancelled_events = cancelled_events(data, &rows);
        let summary_stats = Summary::new(&volunteers_data, &in_person_events, &virtual_events, &cancelled_events);
        Self {
            organization_name: &data.organizations[organization].name,
            volunteers_data,
            in_person_events,
            virtual_events,
            cancelled_events,
            summary_stats,
        }
    }
}

/// Rows by start and title of the event, then last and first name of the volunteer, then id.
fn in_row_order<'a>(data: &'a Dataset, rows: impl Iterator<Item = &'a Participation>) -> Vec<Row<'a>> {
    let row = |row: &'a Participation| {
        let volunteer = &data.volunteers[row.volunteer?];
        Some(Row { row, volunteer })
    };
    let mut rows: Vec<_> = rows.filter_map(row).collect();
    let key = |Row { row, volunteer }: &Row<'a>| {
        let event = &data.events[row.event];
        let names = (&*volunteer.last_name, &*volunteer.first_name);
        (event.start.text(), &*event.title, names, row.id)
    };
    rows.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    rows
}

/// A participation with its volunteer.
#[derive(Clone, Copy)]
struct Row<'a> {
    row: &'a Participation,
    volunteer: &'a Volunteer,
}

/// Rows grouped by event in order of first appearance, without those that equal an earlier one by `value`.
fn by_event<'a, V: std::hash::Hash + Eq>(
    rows: impl Iterator<Item = Row<'a>>,
    value: impl Fn(&'a Participation) -> V,
) -> IndexMap<Ix<Event>, Vec<Row<'a>>> {
    let mut seen = HashSet::new();
    let mut of: IndexMap<_, Vec<_>> = IndexMap::new();
    for row in rows {
        let p = row.row;
        if seen.insert((p.event, p.volunteer_id, value(p))) {
            of.entry(p.event).or_default().push(row);
        }
    }
    of
}

impl<'a> VolunteerItem<'a> {
    /// What the volunteer attended in the year, if anything.
    fn new(data: &'a Dataset, year: &EventsOfYear, member: Ix<Volunteer>) -> Option<Self> {
        let attended: Vec<_> = in_year(data, year, member).filter(|p| p.attended()).collect();
        let volunteer = &data.volunteers[member];
        (!attended.is_empty()).then(|| Self {
            id: volunteer.id,
            name: names::display_name(volunteer),
            email: volunteer.email.as_deref(),
            events: attended.iter().map(|p| p.event).collect::<HashSet<_>>().len(),
            hours: attended.iter().map(|p| p.hours).collect::<Hours>().rounded(2),
        })
    }
}

fn in_person_events<'a>(data: &'a Dataset, rows: &[Row<'a>]) -> Vec<InPersonEvent<'a>> {
    let rows = rows.iter().copied().filter(|r| is_in_person_row(data, r.row));
    // Null and zero hours differ; the sign of a zero does not.
    let of = by_event(rows, |p| (p.status.as_deref(), p.hours.map(|h| (h + 0.0).to_bits())));
    of.into_iter().map(|(ix, rows)| InPersonEvent::new(data, ix, &rows)).collect()
}

impl<'a> InPersonEvent<'a> {
    fn new(data: &'a Dataset, ix: Ix<Event>, rows: &[Row<'a>]) -> Self {
        let event = &data.events[ix];
        let per_volunteer = data.attendance_of(ix).and_then(students_per_volunteer);
        let participants = event.participant_count.unwrap_or(0);
        Self {
            id: event.id,
            date: dates::slashed_short(event.start.at()),
            date_sort: event.start.iso(),
            title: &event.title,
            r#type: event.event_type.map_or("", EventType::display),
            volunteers: rows.iter().map(|r| names::display_name(r.volunteer)).collect(),
            volunteer_count: rows.len(),
            hours: rows.iter().map(|r| r.row.hours).collect::<Hours>().number().rounded(2),
            students: per_volunteer.map_or(participants, |(total, _)| total),
            students_per_volunteer: per_volunteer.map(|(_, each)| each),
            is_calculated: per_volunteer.is_some(),
        }
    }
}

/// All students, and those that each volunteer saw, where the attendance detail says enough to compute it.
fn students_per_volunteer(detail: AttendanceDetail) -> Option<(i64, i64)> {
    let total = detail.total_students.filter(|n| *n != 0)?;
    let classrooms = detail.classrooms.filter(|n| *n > 0)?;
    let rotations = detail.rotations.filter(|n| *n > 0)?;
    let each = (total as f64 / classrooms as f64) * rotations as f64;
    Some((total, each.floor() as i64))
}

fn virtual_events<'a>(data: &'a Dataset, rows: &[Row<'a>]) -> Vec<VirtualEvent<'a>> {
    let rows = rows.iter().copied().filter(|r| is_virtual_row(data, r.row));
    let of = by_event(rows, |p| p.status.as_deref());
    of.into_iter().map(|(ix, rows)| VirtualEvent::new(data, ix, &rows)).collect()
}

impl<'a> VirtualEvent<'a> {
    fn new(data: &'a Dataset, ix: Ix<Event>, rows: &[Row<'a>]) -> Self {
        let event = &data.events[ix];
        let classrooms = || teachers(data, ix).filter_map(|t| Classroom::new(data, t));
        let classroom_details: Vec<_> = rows.iter().flat_map(|_| classrooms()).collect();
        let volunteers: BTreeSet<_> = rows.iter().map(|r| names::display_name(r.volunteer)).collect();
        Self {
            id: event.id,
            date: dates::slashed_short(event.start.at()),
            time: dates::clock(event.start.at()),
            date_sort: event.start.iso(),
            title: &event.title,
            r#type: event.event_type.map_or("", EventType::display),
            volunteer_count: volunteers.len(),
            volunteers,
            classrooms: distinct_teachers(&classroom_details),
            classroom_details,
        }
    }
}

impl<'a> Classroom<'a> {
    /// The classroom of a registration, if its status makes one and its teacher exists.
    fn new(data: &'a Dataset, registration: &'a EventTeacher) -> Option<Self> {
        let status = registration.status.as_deref().filter(|s| CLASSROOM.contains(s))?;
        let teacher: &Teacher = &data.teachers[registration.teacher?];
        let school = teacher.salesforce_school.map(|s| &data.schools[s]);
        let district = school.and_then(|s| s.district).map(|d| &data.districts[d]);
        Some(Self {
            teacher_id: teacher.id,
            teacher_name: names::teacher_name(teacher),
            school_name: school.map_or("Unknown School", |s| &s.name),
            district_name: district.map_or("Unknown District", |d| &d.name),
            status,
        })
    }
}

/// Teachers by name: two of one name are one.
fn distinct_teachers<'c>(classrooms: impl IntoIterator<Item = &'c Classroom<'c>>) -> usize {
    let names = classrooms.into_iter().map(|c| c.teacher_name.as_str());
    names.collect::<HashSet<_>>().len()
}

/// By event id; where the event itself was cancelled every row counts, whatever its status.
fn cancelled_events<'a>(data: &'a Dataset, rows: &[Row<'a>]) -> Vec<CancelledEvent<'a>> {
    let mut of: BTreeMap<Ix<Event>, HashSet<i64>> = BTreeMap::new();
    for Row { row, .. } in rows.iter().filter(|r| is_cancelled(data, r.row)) {
        of.entry(row.event).or_default().insert(row.volunteer_id);
    }
    let item = |(ix, volunteers): (Ix<Event>, HashSet<i64>)| {
        let event = &data.events[ix];
        CancelledEvent {
            date: dates::slashed_short(event.start.at()),
            title: &event.title,
            r#type: event.event_type.map_or("Unknown", EventType::display),
            volunteers: volunteers.len(),
            status: "Cancelled/No Show",
        }
    };
    of.into_iter().map(item).collect()
}

impl Summary {
    fn new(
        volunteers: &[VolunteerItem<'_>],
        in_person: &[InPersonEvent<'_>],
        virtual_: &[VirtualEvent<'_>],
        cancelled: &[CancelledEvent<'_>],
    ) -> Self {
        Self {
            total_inperson_sessions: in_person.len(),
            total_virtual_sessions: virtual_.len(),
            total_sessions: in_person.len() + virtual_.len(),
            total_hours: volunteers.iter().map(|v| v.hours).sum(),
            total_volunteers: volunteers.len(),
            total_cancelled: cancelled.len(),
            total_students_reached: in_person.iter().map(|e| e.students).sum(),
            total_classrooms_reached: distinct_teachers(virtual_.iter().flat_map(|e| &e.classroom_details)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_per_volunteer_need_all_three_numbers() {
        let of = |total_students, classrooms, rotations| {
            students_per_volunteer(AttendanceDetail { total_students, classrooms, rotations })
        };
        for (total, classrooms, rotations, expected) in [
            (Some(50), Some(3), Some(2), Some((50, 33))),
            (Some(90), Some(3), Some(2), Some((90, 60))),
            (Some(-50), Some(3), Some(2), Some((-50, -34))),
            (Some(0), Some(3), Some(2), None),
            (Some(50), Some(0), Some(2), None),
            (Some(50), Some(-3), Some(2), None),
            (Some(50), Some(3), Some(0), None),
            (None, Some(3), Some(2), None),
            (Some(50), None, Some(2), None),
            (Some(50), Some(3), None, None),
        ] {
            assert_eq!(of(total, classrooms, rotations), expected, "{total:?} {classrooms:?} {rotations:?}");
        }
    }
}
