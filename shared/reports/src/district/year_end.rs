//! `district/year-end/{school_year}/{host_filter}/{district_id}`: a district's figures of a school year.
//!
//! Two members, as VMS stores them: `report_data` and `events_data`, always whole; the partial rows that VMS's detail
//! page writes are not imitated (D16).
//!
//! Quirks kept: D1 (the year's last moment), D5 (the two sets may be those of two rows), D6 and D14 (figures of one
//! report from two sets of events), D11 (organizations counted as zero beside their distinct numbers), D12 (a
//! volunteer's hours once per organization), D13 (teachers of all districts). Fixed: D2 (a missing teacher fails
//! nothing), D15 (a month's id lists ascend).
//!
//! `report_data.total_*` and `event_types` come from the detail events, the other base figures from the base events.

use super::events::Linked;
use super::figures::EventFigures;
use super::{Organizations, list::ListedDistrict};
use crate::Report;
use crate::rules::distinct::DistinctIds;
use crate::rules::numbers::Number;
use crate::rules::{dates, percentages::percent};
use indexmap::IndexMap;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use vms_source::{Dataset, District, EventType, Ix};

/// A district's year.
#[derive(Debug, Serialize)]
pub(crate) struct DistrictYearEnd<'a> {
    report_data: ReportData<'a>,
    events_data: EventsData<'a>,
}

impl Report for DistrictYearEnd<'_> {
    fn rows(&self) -> u64 {
        self.events_data.total_events
    }
}

#[derive(Debug, Serialize)]
struct ReportData<'a> {
    name: &'a str,
    district_code: Option<&'a str>,
    total_events: u64,
    total_students: u64,
    total_in_person_students: u64,
    total_virtual_students: u64,
    total_volunteers: u64,
    total_volunteer_hours: Number,
    event_types: Tally,
    schools_reached: usize,
    monthly_breakdown: IndexMap<String, MonthlyFigures>,
    career_clusters: usize,
    unique_student_count: usize,
    unique_volunteer_count: usize,
    enhanced: Enhanced,
}

#[derive(Debug, Serialize)]
struct MonthlyFigures {
    events: u64,
    students: u64,
    volunteers: u64,
    volunteer_hours: Number,
    unique_volunteer_count: usize,
    unique_student_count: usize,
}

#[derive(Debug, Clone, Serialize)]
struct Enhanced {
    events: EventFormats,
    students: StudentFormats,
    volunteers: VolunteerFormats,
    organizations: OrganizationFormats,
    virtual_sessions: VirtualSessions,
    event_types: Tally,
    event_types_by_format: TypesByFormat,
}

#[derive(Debug, Clone, Serialize)]
struct EventFormats {
    total: u64,
    in_person: u64,
    r#virtual: u64,
    in_person_pct: Number,
    virtual_pct: Number,
}

#[derive(Debug, Clone, Serialize)]
struct StudentFormats {
    total: u64,
    in_person: u64,
    r#virtual: u64,
    unique_total: usize,
    unique_in_person: usize,
    unique_virtual: usize,
    in_person_pct: Number,
    virtual_pct: Number,
}

#[derive(Debug, Clone, Serialize)]
struct VolunteerFormats {
    total: u64,
    in_person: u64,
    r#virtual: u64,
    unique_total: usize,
    unique_in_person: usize,
    unique_virtual: usize,
    hours_total: Number,
    hours_in_person: Number,
    hours_virtual: Number,
    in_person_pct: Number,
    virtual_pct: Number,
    hours_in_person_pct: Number,
    hours_virtual_pct: Number,
}

#[derive(Debug, Clone, Serialize)]
struct OrganizationFormats {
    total: u64,
    in_person: u64,
    r#virtual: u64,
    unique_total: usize,
    unique_in_person: usize,
    unique_virtual: usize,
    volunteer_hours_total: Number,
    volunteer_hours_in_person: Number,
    volunteer_hours_virtual: Number,
    unique_in_person_pct: Number,
    unique_virtual_pct: Number,
    volunteer_hours_in_person_pct: Number,
    volunteer_hours_virtual_pct: Number,
}

#[derive(Debug, Clone, Serialize)]
struct VirtualSessions {
    classrooms_reached: usize,
    unique_teachers: usize,
    confirmed_teachers: usize,
    registered_teachers: usize,
}

#[derive(Debug, Clone, Default, Serialize)]
struct TypesByFormat {
    in_person: Tally,
    r#virtual: Tally,
}

#[derive(Debug, Serialize)]
struct EventsData<'a> {
    events_by_month: IndexMap<String, Month<'a>>,
    total_events: u64,
    unique_volunteer_count: usize,
    unique_student_count: usize,
}

#[derive(Debug, Default, Serialize)]
struct Month<'a> {
    events: Vec<EventItem<'a>>,
    total_students: u64,
    total_volunteers: u64,
    total_volunteer_hours: Number,
    unique_volunteers: DistinctIds,
    volunteer_engagement_count: u64,
    unique_students: DistinctIds,
    unique_volunteer_count: usize,
    volunteer_engagements: u64,
    unique_student_count: usize,
}

#[derive(Debug, Serialize)]
struct EventItem<'a> {
    id: i64,
    title: &'a str,
    date: String,
    time: String,
    r#type: &'static str,
    location: &'a str,
    student_count: u64,
    volunteer_count: u64,
    volunteer_hours: Number,
    students: u64,
    volunteers: u64,
}

/// Counts by name, in order of first appearance.
type Tally = IndexMap<&'static str, u64>;

/// The rows of `district` whose students a report counts; mostly they are one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    /// For the base figures.
    pub(crate) base: Ix<District>,
    /// For the detail figures.
    pub(crate) detail: Ix<District>,
}

impl<'a> DistrictYearEnd<'a> {
    /// Computes the report from the district's events of the year.
    pub(crate) fn new(
        data: &'a Dataset,
        listed: &'a ListedDistrict,
        rows: Rows,
        organizations: &Organizations,
        events: impl Iterator<Item = Linked>,
    ) -> Self {
        let mut base = Base::default();
        let mut detail = Detail::default();
        let mut events_data = EventsData::default();
        for linked in events {
            let figures = EventFigures::new(data, linked.event, rows.detail);
            if linked.sets.base {
                let own = (rows.base != rows.detail).then(|| EventFigures::new(data, linked.event, rows.base));
                base.add(data, own.as_ref().unwrap_or(&figures));
            }
            if linked.sets.detail {
                detail.add(data, linked, &figures, organizations);
                events_data.add(data, &figures);
            }
        }
        detail.finish(&mut events_data);
        Self { report_data: report_data(listed, base, detail), events_data }
    }
}

/// Puts base and detail figures together in VMS's order.
fn report_data<'a>(listed: &'a ListedDistrict, mut base: Base<'a>, detail: Detail) -> ReportData<'a> {
    let enhanced = detail.enhanced();
    ReportData {
        name: &listed.name,
        district_code: listed.code.as_deref(),
        total_events: enhanced.events.total,
        total_students: base.students,
        total_in_person_students: enhanced.students.in_person,
        total_virtual_students: enhanced.students.r#virtual,
        total_volunteers: enhanced.volunteers.total,
        total_volunteer_hours: enhanced.volunteers.hours_total,
        event_types: enhanced.event_types.clone(),
        schools_reached: base.schools.len(),
        monthly_breakdown: base.months.into_iter().map(|(name, m)| (name, m.figures())).collect(),
        career_clusters: base.series.len(),
        unique_student_count: base.unique_students.count(),
        unique_volunteer_count: base.unique_volunteers.count(),
        enhanced,
    }
}

/// Base figures while the events are read.
#[derive(Default)]
struct Base<'a> {
    students: u64,
    schools: HashSet<&'a str>,
    series: HashSet<&'a str>,
    unique_students: DistinctIds,
    unique_volunteers: DistinctIds,
    months: IndexMap<String, BaseMonth>,
}

#[derive(Default)]
struct BaseMonth {
    events: u64,
    students: u64,
    volunteers: u64,
    hours: Number,
    unique_students: DistinctIds,
    unique_volunteers: DistinctIds,
}

impl<'a> Base<'a> {
    fn add(&mut self, data: &Dataset, figures: &EventFigures<'a>) {
        let not_empty = |text: &'a Option<vms_source::Text>| text.as_deref().filter(|t| !t.is_empty());
        self.students += figures.student_count;
        self.schools.extend(not_empty(&figures.event.school));
        self.series.extend(not_empty(&figures.event.series));
        self.unique_students.extend(student_ids(data, figures));
        self.unique_volunteers.extend(volunteer_ids(figures));
        let month = self.months.entry(dates::month_and_year(figures.event.start.at()));
        month.or_default().add(data, figures);
    }
}

impl BaseMonth {
    fn add(&mut self, data: &Dataset, figures: &EventFigures<'_>) {
        self.events += 1;
        self.students += figures.student_count;
        self.volunteers += figures.attended.len() as u64;
        self.hours += figures.hours;
        self.unique_students.extend(student_ids(data, figures));
        self.unique_volunteers.extend(volunteer_ids(figures));
    }

    fn figures(mut self) -> MonthlyFigures {
        MonthlyFigures {
            events: self.events,
            students: self.students,
            volunteers: self.volunteers,
            volunteer_hours: self.hours.rounded(1),
            unique_volunteer_count: self.unique_volunteers.count(),
            unique_student_count: self.unique_students.count(),
        }
    }
}

fn student_ids(data: &Dataset, figures: &EventFigures<'_>) -> impl Iterator<Item = i64> {
    figures.students.iter().map(|s| data.students[*s].id)
}

fn volunteer_ids(figures: &EventFigures<'_>) -> impl Iterator<Item = i64> {
    figures.attended.iter().map(|p| p.volunteer_id)
}

/// A figure over all events, over those in person and over virtual sessions.
#[derive(Default)]
struct ByFormat<T> {
    total: T,
    in_person: T,
    r#virtual: T,
}

impl<T> ByFormat<T> {
    /// Changes the figure over all events and that of the event's format.
    fn update(&mut self, is_virtual: bool, mut change: impl FnMut(&mut T)) {
        change(&mut self.total);
        change(if is_virtual { &mut self.r#virtual } else { &mut self.in_person });
    }

    fn map<U>(&self, f: impl Fn(&T) -> U) -> ByFormat<U> {
        ByFormat { total: f(&self.total), in_person: f(&self.in_person), r#virtual: f(&self.r#virtual) }
    }
}

/// In-person and virtual shares of a total.
fn shares(total: f64, in_person: f64, virtual_: f64) -> (Number, Number) {
    (percent(in_person, total), percent(virtual_, total))
}

impl ByFormat<u64> {
    fn shares(&self) -> (Number, Number) {
        shares(self.total as f64, self.in_person as f64, self.r#virtual as f64)
    }
}

impl ByFormat<usize> {
    fn shares(&self) -> (Number, Number) {
        self.map(|n| *n as u64).shares()
    }
}

impl ByFormat<Number> {
    fn shares(&self) -> (Number, Number) {
        shares(self.total.value(), self.in_person.value(), self.r#virtual.value())
    }
}

/// Detail figures while the events are read.
#[derive(Default)]
struct Detail {
    events: ByFormat<u64>,
    students: ByFormat<u64>,
    unique_students: DistinctIds,
    volunteers: ByFormat<u64>,
    unique_volunteers: ByFormat<HashSet<i64>>,
    hours: ByFormat<Number>,
    /// Hours by organization id, in order of first appearance: the order in which they are added up.
    organizations: ByFormat<IndexMap<i64, Number>>,
    teachers: HashSet<i64>,
    registered_teachers: usize,
    confirmed_teachers: usize,
    types: Tally,
    types_by_format: TypesByFormat,
}

impl Detail {
    fn add(&mut self, data: &Dataset, linked: Linked, figures: &EventFigures<'_>, organizations: &Organizations) {
        let is_virtual = figures.event.is_virtual();
        self.events.update(is_virtual, |n| *n += 1);
        self.students.update(is_virtual, |n| *n += figures.student_count);
        self.unique_students.extend(student_ids(data, figures));
        self.volunteers.update(is_virtual, |n| *n += figures.attended.len() as u64);
        self.unique_volunteers.update(is_virtual, |ids| ids.extend(volunteer_ids(figures)));
        self.hours.update(is_virtual, |hours| *hours += figures.hours);
        for (organization, hours) in hours_by_organization(figures, organizations) {
            self.organizations.update(is_virtual, |sums| *sums.entry(organization).or_default() += hours);
        }
        if is_virtual {
            self.add_teachers(data, linked);
        }
        self.add_type(type_of(figures), is_virtual);
    }

    fn add_teachers(&mut self, data: &Dataset, linked: Linked) {
        for registration in data.teachers_at(linked.event) {
            self.teachers.insert(registration.teacher_id);
            self.registered_teachers += 1;
            self.confirmed_teachers += usize::from(registration.confirmed);
        }
    }

    fn add_type(&mut self, event_type: &'static str, is_virtual: bool) {
        let by_format = &mut self.types_by_format;
        let format = if is_virtual { &mut by_format.r#virtual } else { &mut by_format.in_person };
        *format.entry(event_type).or_default() += 1;
        *self.types.entry(event_type).or_default() += 1;
    }

    /// Hands the totals over the year to the events' member.
    fn finish(&mut self, events: &mut EventsData<'_>) {
        events.total_events = self.events.total;
        events.unique_volunteer_count = self.unique_volunteers.total.len();
        events.unique_student_count = self.unique_students.count();
        events.events_by_month.values_mut().for_each(Month::finish);
    }

    fn enhanced(mut self) -> Enhanced {
        Enhanced {
            events: self.event_formats(),
            students: self.student_formats(),
            volunteers: self.volunteer_formats(),
            organizations: self.organization_formats(),
            virtual_sessions: VirtualSessions {
                classrooms_reached: self.registered_teachers,
                unique_teachers: self.teachers.len(),
                confirmed_teachers: self.confirmed_teachers,
                registered_teachers: self.registered_teachers,
            },
            event_types: self.types,
            event_types_by_format: self.types_by_format,
        }
    }

    fn event_formats(&self) -> EventFormats {
        let (in_person_pct, virtual_pct) = self.events.shares();
        EventFormats {
            total: self.events.total,
            in_person: self.events.in_person,
            r#virtual: self.events.r#virtual,
            in_person_pct,
            virtual_pct,
        }
    }

    /// Virtual sessions have estimates, not students: no distinct one is virtual.
    fn student_formats(&mut self) -> StudentFormats {
        let (in_person_pct, virtual_pct) = self.students.shares();
        let unique = self.unique_students.count();
        StudentFormats {
            total: self.students.total,
            in_person: self.students.in_person,
            r#virtual: self.students.r#virtual,
            unique_total: unique,
            unique_in_person: unique,
            unique_virtual: 0,
            in_person_pct,
            virtual_pct,
        }
    }

    fn volunteer_formats(&self) -> VolunteerFormats {
        let unique = self.unique_volunteers.map(HashSet::len);
        let (in_person_pct, virtual_pct) = self.volunteers.shares();
        let (hours_in_person_pct, hours_virtual_pct) = self.hours.shares();
        VolunteerFormats {
            total: self.volunteers.total,
            in_person: self.volunteers.in_person,
            r#virtual: self.volunteers.r#virtual,
            unique_total: unique.total,
            unique_in_person: unique.in_person,
            unique_virtual: unique.r#virtual,
            hours_total: self.hours.total,
            hours_in_person: self.hours.in_person,
            hours_virtual: self.hours.r#virtual,
            in_person_pct,
            virtual_pct,
            hours_in_person_pct,
            hours_virtual_pct,
        }
    }

    /// VMS never fills the plain counts of organizations.
    fn organization_formats(&self) -> OrganizationFormats {
        let unique = self.organizations.map(IndexMap::len);
        let hours = self.organizations.map(|sums| sums.values().copied().sum::<Number>());
        let (unique_in_person_pct, unique_virtual_pct) = unique.shares();
        let (volunteer_hours_in_person_pct, volunteer_hours_virtual_pct) = hours.shares();
        OrganizationFormats {
            total: 0,
            in_person: 0,
            r#virtual: 0,
            unique_total: unique.total,
            unique_in_person: unique.in_person,
            unique_virtual: unique.r#virtual,
            volunteer_hours_total: hours.total,
            volunteer_hours_in_person: hours.in_person,
            volunteer_hours_virtual: hours.r#virtual,
            unique_in_person_pct,
            unique_virtual_pct,
            volunteer_hours_in_person_pct,
            volunteer_hours_virtual_pct,
        }
    }
}

/// An event's hours by organization: a volunteer's count for each organization that he is linked to.
fn hours_by_organization(figures: &EventFigures<'_>, organizations: &Organizations) -> BTreeMap<i64, Number> {
    let mut of: BTreeMap<i64, Number> = BTreeMap::new();
    for participation in &figures.attended {
        let hours = Number::int_zero(participation.hours.unwrap_or(0.0));
        for organization in organizations.of(participation.volunteer_id) {
            *of.entry(*organization).or_default() += hours;
        }
    }
    of
}

fn type_of(figures: &EventFigures<'_>) -> &'static str {
    figures.event.event_type.map_or("", EventType::display)
}

impl<'a> EventsData<'a> {
    fn add(&mut self, data: &Dataset, figures: &EventFigures<'a>) {
        let month = self.events_by_month.entry(dates::month_and_year(figures.event.start.at()));
        month.or_default().add(data, figures);
    }
}

impl Default for EventsData<'_> {
    fn default() -> Self {
        Self { events_by_month: IndexMap::new(), total_events: 0, unique_volunteer_count: 0, unique_student_count: 0 }
    }
}

impl<'a> Month<'a> {
    fn add(&mut self, data: &Dataset, figures: &EventFigures<'a>) {
        let volunteers = figures.attended.len() as u64;
        self.events.push(EventItem::new(figures));
        self.total_students += figures.student_count;
        self.total_volunteers += volunteers;
        self.total_volunteer_hours += figures.hours;
        self.unique_volunteers.extend(volunteer_ids(figures));
        self.volunteer_engagement_count += volunteers;
        self.unique_students.extend(student_ids(data, figures));
        self.volunteer_engagements += volunteers;
    }

    /// Counts who came, once all events are there.
    fn finish(&mut self) {
        self.unique_volunteer_count = self.unique_volunteers.count();
        self.unique_student_count = self.unique_students.count();
    }
}

impl<'a> EventItem<'a> {
    fn new(figures: &EventFigures<'a>) -> Self {
        let event = figures.event;
        Self {
            id: event.id,
            title: &event.title,
            date: dates::slashed(event.start.at()),
            time: dates::clock(event.start.at()),
            r#type: type_of(figures),
            location: event.location.as_deref().unwrap_or_default(),
            student_count: figures.student_count,
            volunteer_count: figures.attended.len() as u64,
            volunteer_hours: figures.hours,
            students: figures.student_count,
            volunteers: figures.attended.len() as u64,
        }
    }
}
