//! The virtual sessions of one year: what the overall and the district report both read.
//!
//! A session is any event of the virtual session type within the year, whatever its status, host or format column,
//! newest first, equal stamps by id. Its status is the event's own; the text of a registration never shows.
//!
//! A registration belongs to the district of the teacher's school; failing that to the event's first linked
//! district, the link with the smallest id *as text*; failing that to the event's free-text partner, in whatever
//! spelling (V3). An existing district without a name ends that search in the overall report and is passed over in
//! the district report; so both answers are kept here.

use crate::rules::{dates, names};
use serde::Serialize;
use std::collections::BTreeMap;
use vms_core::VirtualYear;
use vms_source::{Dataset, Event, EventStatus, EventTeacher, Ix, LocalStatus, School, Text, Volunteer};

/// Where a session belongs in the overall report when nothing names a district.
const UNKNOWN_DISTRICT: &str = "Unknown District";

/// VMS takes every teacher to stand for a class of this size.
pub(super) const STUDENTS_PER_TEACHER: usize = 25;

/// The sessions of one year in VMS's order, and which districts' registrations they have.
pub(super) struct Sessions<'a> {
    all: Vec<Session<'a>>,
    of_district: BTreeMap<&'a str, Vec<usize>>,
}

/// One session with what is shown of it.
pub(super) struct Session<'a> {
    pub(super) event: &'a Event,
    pub(super) date: String,
    pub(super) time: String,
    /// The names of its presenters in one text.
    pub(super) presenter: String,
    pub(super) presenters: Vec<Presenter<'a>>,
    /// By teacher id.
    pub(super) registrations: Vec<Registration<'a>>,
    pub(super) district: HomeDistrict<'a>,
}

/// A volunteer who presents a session, as reports show one.
#[derive(Serialize)]
pub(super) struct Presenter<'a> {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) is_people_of_color: Option<bool>,
    pub(super) organization_name: Option<&'a str>,
    pub(super) organizations: Vec<&'a str>,
    pub(super) is_local: bool,
}

/// A teacher's registration for a session.
pub(super) struct Registration<'a> {
    pub(super) link: &'a EventTeacher,
    pub(super) teacher: Option<RegisteredTeacher<'a>>,
    pub(super) district: HomeDistrict<'a>,
}

/// A registered teacher who exists.
pub(super) struct RegisteredTeacher<'a> {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) school: Option<&'a School>,
    pub(super) school_district: Option<&'a str>,
}

/// The district that a registration, or a session without any, belongs to.
#[derive(Clone, Copy)]
pub(super) struct HomeDistrict<'a> {
    /// The first that is there, possibly without a name.
    pub(super) first: Option<&'a str>,
    /// The first that has a name: where the district report files it.
    pub(super) named: Option<&'a str>,
}

impl<'a> Sessions<'a> {
    pub(super) fn of(data: &'a Dataset, year: VirtualYear) -> Self {
        let (first, last) = (year.first_stamp(), year.last_stamp());
        let mut events: Vec<Ix<Event>> = data
            .events
            .positions()
            .filter(|e| data.events[*e].is_virtual() && data.events[*e].start.is_within(&first, &last))
            .collect();
        // Positions run by id, and the sort is stable.
        events.sort_by(|a, b| data.events[*b].start.text().cmp(data.events[*a].start.text()));
        let all: Vec<_> = events.into_iter().map(|e| Session::of(data, e)).collect();
        let of_district = districts(&all);
        Self { all, of_district }
    }

    /// Every session of the year.
    pub(super) fn all(&self) -> &[Session<'a>] {
        &self.all
    }

    /// The sessions for which a teacher of that district is registered.
    pub(super) fn of_district(&self, name: &str) -> impl Iterator<Item = &Session<'a>> {
        let found = self.of_district.get(name).map_or(&[][..], Vec::as_slice);
        found.iter().map(|i| &self.all[*i])
    }

    /// The names of the districts with such sessions, by code point.
    pub(super) fn district_names(&self) -> impl Iterator<Item = &'a str> {
        self.of_district.keys().copied()
    }
}

/// The positions of the sessions by the districts of their registered teachers.
fn districts<'a>(sessions: &[Session<'a>]) -> BTreeMap<&'a str, Vec<usize>> {
    let mut of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, session) in sessions.iter().enumerate() {
        for (_, district) in session.teachers().filter_map(|(r, t)| Some((t, r.district.named?))) {
            let found = of.entry(district).or_default();
            if found.last() != Some(&i) {
                found.push(i);
            }
        }
    }
    of
}

impl<'a> Session<'a> {
    fn of(data: &'a Dataset, ix: Ix<Event>) -> Self {
        let event = &data.events[ix];
        let presenters: Vec<_> = data.presenters_of(ix).map(|v| Presenter::of(data, v)).collect();
        let names: Vec<&str> = presenters.iter().map(|p| p.name.as_str()).collect();
        Self {
            event,
            date: dates::slashed_short(event.start.at()),
            time: dates::clock(event.start.at()),
            presenter: names.join(", "),
            presenters,
            registrations: data.teachers_at(ix).map(|r| Registration::of(data, ix, r)).collect(),
            district: HomeDistrict::of(data, ix, None),
        }
    }

    /// Whether the session took place: what both reports count.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self.event.status, EventStatus::Completed | EventStatus::Simulcast)
    }

    /// The registrations whose teacher exists.
    pub(super) fn teachers(&self) -> impl Iterator<Item = (&Registration<'a>, &RegisteredTeacher<'a>)> {
        self.registrations.iter().filter_map(|r| Some((r, r.teacher.as_ref()?)))
    }
}

impl<'a> Presenter<'a> {
    fn of(data: &'a Dataset, ix: Ix<Volunteer>) -> Self {
        let volunteer = &data.volunteers[ix];
        let mut links: Vec<_> = data.memberships_of(ix).filter_map(|m| m.organization).collect();
        links.sort_unstable();
        Self {
            id: volunteer.id,
            name: names::full_name(volunteer),
            is_people_of_color: volunteer.of_color,
            organization_name: volunteer.organization_name.as_deref(),
            organizations: links.into_iter().map(|o| &*data.organizations[o].name).collect(),
            is_local: volunteer.local == Some(LocalStatus::Local),
        }
    }

    /// Whether the stored flag says so.
    pub(super) fn is_of_color(&self) -> bool {
        self.is_people_of_color == Some(true)
    }
}

impl<'a> Registration<'a> {
    fn of(data: &'a Dataset, event: Ix<Event>, link: &'a EventTeacher) -> Self {
        let teacher = link.teacher.map(|ix| {
            let teacher = &data.teachers[ix];
            let school = teacher.school.map(|s| &data.schools[s]);
            RegisteredTeacher {
                id: teacher.id,
                name: names::teacher_name(teacher),
                school,
                school_district: school.and_then(|s| s.district).map(|d| &*data.districts[d].name),
            }
        });
        let by_school = teacher.as_ref().and_then(|t| t.school_district);
        Self { link, district: HomeDistrict::of(data, event, by_school), teacher }
    }
}

impl<'a> HomeDistrict<'a> {
    fn of(data: &'a Dataset, ix: Ix<Event>, by_school: Option<&'a str>) -> Self {
        let steps =
            [by_school, data.districts_of(ix).next().map(|d| &*data.districts[d].name), partner(&data.events[ix])];
        Self {
            first: steps.into_iter().flatten().next(),
            named: steps.into_iter().flatten().find(|name| !name.is_empty()),
        }
    }

    /// Where the overall report files it.
    pub(super) fn overall(self) -> &'a str {
        self.first.unwrap_or(UNKNOWN_DISTRICT)
    }
}

/// The free text that names an event's partner, where there is one.
pub(super) fn partner(event: &Event) -> Option<&str> {
    event.district_partner.as_deref().filter(|text| !text.is_empty())
}

/// A stored text, or the empty one.
pub(super) fn or_empty(text: Option<&Text>) -> &str {
    text.map_or("", |t| &**t)
}
