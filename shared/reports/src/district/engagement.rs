//! `district/engagement/{school_year}/{district_id}`: who took part in a district's events.
//!
//! Over the base events of all hosts. VMS stopped filling its table, so there are no figures of its own to be equal
//! to; the rules are those of the code that last filled it.
//!
//! Chosen: D18 (school years run from August to July), D20 (an organization that is gone shows as `N/A`, where VMS
//! failed), D22 (`summary_stats` follows VMS's index page, not its detail page); equal starts keep the order of
//! `events_data` in the breakdown as well. Quirks kept: D7, D19 (grade 0 is `N/A` like no grade at all).
//!
//! Students are minors. Their names and addresses appear only where the settings say so; elsewhere the members
//! `first_name`, `last_name` and `email` are *absent*, for a null would say that the name is unknown, not withheld.
//! Where names are absent they do not order the lists either: the id does what the last name would have done.

use super::events::Linked;
use super::figures::EventFigures;
use super::{Organizations, list::ListedDistrict};
use crate::Report;
use crate::rules::dates;
use crate::rules::numbers::{Hours, Number};
use indexmap::IndexMap;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::HashSet;
use vms_source::{Dataset, District, Event, EventType, Grade, Ix, Participation, Student, Text, Volunteer};

/// Stands where there is nothing to show.
const NOT_AVAILABLE: &str = "N/A";

/// A district's year of engagement.
#[derive(Debug, Serialize)]
pub(crate) struct DistrictEngagement<'a> {
    summary_stats: Summary<'a>,
    volunteers_data: Vec<VolunteerItem<'a>>,
    students_data: Vec<StudentItem<'a>>,
    events_data: Vec<EventItem<'a>>,
    breakdown_data: Breakdown<'a>,
}

impl Report for DistrictEngagement<'_> {
    fn rows(&self) -> u64 {
        (self.volunteers_data.len() + self.students_data.len() + self.events_data.len()) as u64
    }
}

#[derive(Debug, Serialize)]
struct Summary<'a> {
    name: &'a str,
    unique_volunteers: usize,
    total_volunteer_engagements: usize,
    total_volunteer_hours: Number,
    unique_students: usize,
    total_student_participations: usize,
    total_students_with_virtual: u64,
    unique_events: usize,
    unique_organizations: usize,
    schools_engaged: usize,
}

#[derive(Debug, Serialize)]
struct VolunteerItem<'a> {
    #[serde(flatten)]
    who: VolunteerPart<'a>,
    events_count: usize,
    total_hours: Number,
    skills: Vec<&'a str>,
}

/// How a volunteer is shown everywhere.
#[derive(Debug, Serialize)]
struct VolunteerPart<'a> {
    id: i64,
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    organization: &'a str,
}

#[derive(Debug, Serialize)]
struct StudentItem<'a> {
    #[serde(flatten)]
    who: StudentPart<'a>,
    events_count: usize,
}

/// How a student is shown everywhere.
#[derive(Debug, Serialize)]
struct StudentPart<'a> {
    id: i64,
    #[serde(flatten)]
    details: Option<StudentNames<'a>>,
    school: &'a str,
    grade: ShownGrade<'a>,
}

#[derive(Debug, Serialize)]
struct StudentNames<'a> {
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ShownGrade<'a> {
    Number(i64),
    Text(&'a str),
}

#[derive(Debug, Serialize)]
struct EventItem<'a> {
    id: i64,
    date: String,
    title: &'a str,
    r#type: &'static str,
    location: &'a str,
    volunteer_count: usize,
    student_count: u64,
    volunteer_hours: Number,
}

#[derive(Debug, Serialize)]
struct Breakdown<'a> {
    events_breakdown: Vec<BreakdownItem<'a>>,
    total_events: usize,
}

#[derive(Debug, Serialize)]
struct BreakdownItem<'a> {
    id: i64,
    date: String,
    title: &'a str,
    r#type: &'static str,
    location: &'a str,
    volunteers: Vec<BreakdownVolunteer<'a>>,
    students: Vec<BreakdownStudent<'a>>,
    volunteer_count: usize,
    student_count: u64,
    total_volunteer_hours: Number,
    is_virtual: bool,
}

#[derive(Debug, Serialize)]
struct BreakdownVolunteer<'a> {
    #[serde(flatten)]
    who: VolunteerPart<'a>,
    hours: Number,
    skills: Vec<&'a str>,
}

/// A student, or the note that stands for the students of a virtual session.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum BreakdownStudent<'a> {
    Student(StudentPart<'a>),
    Estimate { note: String },
}

/// What the report is computed from.
pub(crate) struct Engagement<'a> {
    pub(crate) data: &'a Dataset,
    pub(crate) listed: &'a ListedDistrict,
    pub(crate) district: Ix<District>,
    pub(crate) organizations: &'a Organizations,
    /// Whether students' names and addresses appear.
    pub(crate) student_details: bool,
}

impl<'a> Engagement<'a> {
    /// Computes the report from the district's events of the year, of which it takes the base events.
    pub(crate) fn report(&self, events: impl Iterator<Item = Linked>) -> DistrictEngagement<'a> {
        let figures = |l: Linked| EventFigures::new(self.data, l.event, self.district);
        let events: Vec<_> = events.filter(|l| l.sets.base).map(figures).collect();
        let students_data = self.students(&events);
        DistrictEngagement {
            summary_stats: self.summary(&events, students_data.len()),
            volunteers_data: self.volunteers(&events),
            students_data,
            events_data: events.iter().map(EventItem::new).collect(),
            breakdown_data: self.breakdown(&events),
        }
    }

    fn summary(&self, events: &[EventFigures<'a>], unique_students: usize) -> Summary<'a> {
        let volunteers: HashSet<_> = attended(events).map(|p| p.volunteer_id).collect();
        let of = |id: &i64| self.organizations.of(*id).iter().copied();
        let organizations: HashSet<i64> = volunteers.iter().flat_map(of).collect();
        let schools = events.iter().filter_map(|e| e.event.school.as_deref());
        Summary {
            name: &self.listed.name,
            unique_volunteers: volunteers.len(),
            total_volunteer_engagements: attended(events).count(),
            total_volunteer_hours: attended(events).map(|p| p.hours).collect::<Hours>().rounded(1),
            unique_students,
            total_student_participations: events.iter().map(|e| e.students.len()).sum(),
            total_students_with_virtual: events.iter().map(|e| e.student_count).sum(),
            unique_events: events.len(),
            unique_organizations: organizations.len(),
            schools_engaged: schools.filter(|s| !s.is_empty()).collect::<HashSet<_>>().len(),
        }
    }

    /// Volunteers by number of events, then hours, then first participation.
    fn volunteers(&self, events: &[EventFigures<'a>]) -> Vec<VolunteerItem<'a>> {
        let mut rows: Vec<&Participation> = attended(events).collect();
        rows.sort_unstable_by_key(|p| p.id);
        let mut of: IndexMap<Ix<Volunteer>, (HashSet<Ix<Event>>, Hours)> = IndexMap::new();
        for row in rows {
            if let Some(volunteer) = row.volunteer {
                let (events, hours) = of.entry(volunteer).or_default();
                events.insert(row.event);
                hours.add(row.hours);
            }
        }
        let item = |(volunteer, (events, hours)): (Ix<Volunteer>, (HashSet<Ix<Event>>, Hours))| VolunteerItem {
            who: self.volunteer(volunteer),
            events_count: events.len(),
            total_hours: hours.number().rounded(1),
            skills: self.skills(volunteer),
        };
        let mut items: Vec<_> = of.into_iter().map(item).collect();
        items.sort_by(|a, b| {
            let by_hours = b.total_hours.value().total_cmp(&a.total_hours.value());
            b.events_count.cmp(&a.events_count).then(by_hours)
        });
        items
    }

    fn volunteer(&self, ix: Ix<Volunteer>) -> VolunteerPart<'a> {
        let data = self.data;
        let volunteer = &data.volunteers[ix];
        let first_link = data.memberships_of(ix).next();
        let organization = first_link.and_then(|link| link.organization);
        VolunteerPart {
            id: volunteer.id,
            first_name: &volunteer.first_name,
            last_name: &volunteer.last_name,
            email: volunteer.email.as_deref().unwrap_or_default(),
            organization: organization.map_or(NOT_AVAILABLE, |o| &data.organizations[o].name),
        }
    }

    fn skills(&self, volunteer: Ix<Volunteer>) -> Vec<&'a str> {
        self.data.skills_of(volunteer).map(|name| &**name).collect()
    }

    /// Students by number of events, then last name where it may be shown, then id.
    fn students(&self, events: &[EventFigures<'a>]) -> Vec<StudentItem<'a>> {
        let mut attendances = Vec::new();
        for (event, figures) in events.iter().enumerate() {
            attendances.extend(figures.students.iter().map(|student| (*student, event)));
        }
        attendances.sort_unstable();
        attendances.dedup();
        let item = |of: &[(Ix<Student>, usize)]| StudentItem { who: self.student(of[0].0), events_count: of.len() };
        let mut items: Vec<_> = attendances.chunk_by(|a, b| a.0 == b.0).map(item).collect();
        items.sort_by(|a, b| {
            let key = |s: &StudentItem<'a>| (Reverse(s.events_count), s.who.last_name(), s.who.id);
            key(a).cmp(&key(b))
        });
        items
    }

    fn student(&self, ix: Ix<Student>) -> StudentPart<'a> {
        let data = self.data;
        let student = &data.students[ix];
        let details = student.details.as_ref().filter(|_| self.student_details);
        StudentPart {
            id: student.id,
            details: details.map(|d| StudentNames {
                first_name: &d.first_name,
                last_name: &d.last_name,
                email: d.email.as_deref().unwrap_or_default(),
            }),
            school: student.school.map_or(NOT_AVAILABLE, |s| &data.schools[s].name),
            grade: match &student.grade {
                None | Some(Grade::Number(0)) => ShownGrade::Text(NOT_AVAILABLE),
                Some(Grade::Number(grade)) => ShownGrade::Number(*grade),
                Some(Grade::Text(grade)) => ShownGrade::Text(grade),
            },
        }
    }

    /// Every event with all its people, newest first.
    fn breakdown(&self, events: &[EventFigures<'a>]) -> Breakdown<'a> {
        let mut newest_first: Vec<_> = events.iter().collect();
        newest_first.sort_by_key(|e| Reverse(e.event.start.text()));
        Breakdown {
            events_breakdown: newest_first.into_iter().map(|e| self.breakdown_of(e)).collect(),
            total_events: events.len(),
        }
    }

    fn breakdown_of(&self, figures: &EventFigures<'a>) -> BreakdownItem<'a> {
        let event = figures.event;
        let volunteers = self.breakdown_volunteers(figures);
        BreakdownItem {
            id: event.id,
            date: dates::long(event.start.at()),
            title: &event.title,
            r#type: type_of(event),
            location: location_of(event),
            volunteer_count: volunteers.len(),
            volunteers,
            students: self.breakdown_students(figures),
            student_count: figures.student_count,
            total_volunteer_hours: figures.hours.rounded(1),
            is_virtual: event.is_virtual(),
        }
    }

    /// One item per participation, by hours and last name.
    fn breakdown_volunteers(&self, figures: &EventFigures<'a>) -> Vec<BreakdownVolunteer<'a>> {
        let item = |p: &&Participation| {
            let volunteer = p.volunteer?;
            Some(BreakdownVolunteer {
                who: self.volunteer(volunteer),
                hours: Number::int_zero(p.hours.unwrap_or(0.0)).rounded(1),
                skills: self.skills(volunteer),
            })
        };
        let mut items: Vec<_> = figures.attended.iter().filter_map(item).collect();
        items.sort_by(|a, b| {
            let by_hours = b.hours.value().total_cmp(&a.hours.value());
            by_hours.then_with(|| a.who.last_name.cmp(b.who.last_name))
        });
        items
    }

    /// The students by school, grade as text and last name, or the note of a virtual session.
    fn breakdown_students(&self, figures: &EventFigures<'a>) -> Vec<BreakdownStudent<'a>> {
        if figures.event.is_virtual() {
            let estimate = figures.student_count;
            let note = format!("Virtual session - estimated {estimate} students participated");
            return vec![BreakdownStudent::Estimate { note }];
        }
        let mut students: Vec<_> = figures.students.iter().map(|s| self.student(*s)).collect();
        students.sort_by_cached_key(|s| {
            let last_name = s.last_name().map(str::to_owned);
            (s.school.to_owned(), s.grade.text(), last_name, s.id)
        });
        students.into_iter().map(BreakdownStudent::Student).collect()
    }
}

/// The rows that count, event by event.
fn attended<'a, 'e>(events: &'e [EventFigures<'a>]) -> impl Iterator<Item = &'a Participation> + use<'a, 'e> {
    events.iter().flat_map(|e| e.attended.iter().copied())
}

impl<'a> StudentPart<'a> {
    fn last_name(&self) -> Option<&'a str> {
        self.details.as_ref().map(|d| d.last_name)
    }
}

impl ShownGrade<'_> {
    fn text(&self) -> String {
        match self {
            Self::Number(grade) => grade.to_string(),
            Self::Text(text) => (*text).to_owned(),
        }
    }
}

impl<'a> EventItem<'a> {
    fn new(figures: &EventFigures<'a>) -> Self {
        let event = figures.event;
        Self {
            id: event.id,
            date: dates::slashed(event.start.at()),
            title: &event.title,
            r#type: type_of(event),
            location: location_of(event),
            volunteer_count: figures.attended.len(),
            student_count: figures.student_count,
            volunteer_hours: figures.hours.rounded(1),
        }
    }
}

fn type_of(event: &Event) -> &'static str {
    event.event_type.map_or("", EventType::display)
}

fn location_of(event: &Event) -> &str {
    let location: Option<&Text> = event.location.as_ref().filter(|l| !l.is_empty());
    location.map_or(NOT_AVAILABLE, |l| l)
}
