//! Upcoming DIA events: those with volunteers, and those that still want some.
//!
//! The form of VMS's newest version. An event counts when it is of either DIA type, starts after the as-of time (B51:
//! VMS's own list goes stale within its day, this one is renewed) and either says how many volunteers it needs or
//! bears one of three titles. Drafts and cancelled events are in (B50). It is filled once anybody is on it, in
//! whatever status, even a volunteer whose record is gone and who therefore is not listed.

use crate::Report;
use crate::rules::text::Contains;
use crate::rules::{names, pytext};
use serde::Serialize;
use vms_core::AsOf;
use vms_source::{Dataset, Event, EventType, Ix, Participation, Volunteer};

/// Titles of events that want volunteers whatever their number says.
const WANTING_TITLES: [&str; 3] = ["Voices Behind the Data", "Data Ethics Speaker", "Project Mentors"];

/// How the free text of an organization begins that is a bare Salesforce id.
const SALESFORCE_ID: &str = "00";

/// `recruitment/dia-events`
#[derive(Serialize)]
pub(super) struct DiaEvents<'a> {
    filled_events: Vec<FilledEvent<'a>>,
    unfilled_events: Vec<UnfilledEvent<'a>>,
}

#[derive(Serialize)]
struct FilledEvent<'a> {
    event: EventFacts<'a>,
    volunteers: Vec<Helper<'a>>,
}

#[derive(Serialize)]
struct UnfilledEvent<'a> {
    #[serde(flatten)]
    event: EventFacts<'a>,
    volunteers_needed: Option<i64>,
}

#[derive(Serialize)]
struct EventFacts<'a> {
    id: i64,
    title: &'a str,
    r#type: Option<&'static str>,
    start_date: String,
    end_date: Option<String>,
    location: Option<&'a str>,
    school_id: Option<&'a str>,
    school_name: Option<&'a str>,
    status: &'static str,
    description: Option<&'a str>,
    salesforce_id: Option<&'a str>,
    salesforce_url: Option<String>,
}

/// Somebody who is on an event.
#[derive(Serialize)]
struct Helper<'a> {
    name: String,
    email: Option<&'a str>,
    organization: &'a str,
    status: Option<&'a str>,
    participant_type: &'a str,
}

impl<'a> DiaEvents<'a> {
    pub(super) fn of(data: &'a Dataset, as_of: &AsOf) -> Self {
        let now = as_of.utc_stamp();
        let titles = WANTING_TITLES.map(Contains::new);
        let mut events: Vec<Ix<Event>> = data
            .events
            .positions()
            .filter(|e| is_upcoming_dia(&data.events[*e], &now) && wants_volunteers(&data.events[*e], &titles))
            .collect();
        // Positions run by id, and the sort is stable.
        events.sort_by(|a, b| data.events[*a].start.text().cmp(data.events[*b].start.text()));
        let (filled, unfilled): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|e| data.participations_in(*e).len() > 0);
        Self {
            filled_events: filled.into_iter().map(|e| FilledEvent::of(data, e)).collect(),
            unfilled_events: unfilled.into_iter().map(|e| UnfilledEvent::of(data, e)).collect(),
        }
    }
}

impl Report for DiaEvents<'_> {
    fn rows(&self) -> u64 {
        (self.filled_events.len() + self.unfilled_events.len()) as u64
    }
}

fn is_upcoming_dia(event: &Event, now: &str) -> bool {
    matches!(event.event_type, Some(EventType::Dia | EventType::DiaClassroomSpeaker)) && event.start.text() > now
}

fn wants_volunteers(event: &Event, titles: &[Contains]) -> bool {
    event.volunteers_needed.is_some_and(|n| n > 0) || titles.iter().any(|t| t.matches_column(Some(&event.title)))
}

impl<'a> FilledEvent<'a> {
    fn of(data: &'a Dataset, ix: Ix<Event>) -> Self {
        let helpers = data.participations_in(ix).filter_map(|p| Some(Helper::of(data, p, p.volunteer?)));
        Self { event: EventFacts::of(data, &data.events[ix]), volunteers: helpers.collect() }
    }
}

impl<'a> UnfilledEvent<'a> {
    fn of(data: &'a Dataset, ix: Ix<Event>) -> Self {
        let event = &data.events[ix];
        Self { event: EventFacts::of(data, event), volunteers_needed: event.volunteers_needed }
    }
}

impl<'a> EventFacts<'a> {
    fn of(data: &'a Dataset, event: &'a Event) -> Self {
        let school = event.school.as_deref().and_then(|id| data.school(id));
        Self {
            id: event.id,
            title: &event.title,
            r#type: event.event_type.map(EventType::display),
            start_date: event.start.iso(),
            end_date: event.end.as_ref().map(vms_source::Stamp::iso),
            location: event.location.as_deref(),
            school_id: event.school.as_deref(),
            school_name: school.map(|s| &*data.schools[s].name),
            status: event.status.display(),
            description: event.description.as_deref(),
            salesforce_id: event.salesforce_id.as_deref(),
            salesforce_url: names::salesforce_url("Session__c", event.salesforce_id.as_deref()),
        }
    }
}

impl<'a> Helper<'a> {
    fn of(data: &'a Dataset, participation: &'a Participation, ix: Ix<Volunteer>) -> Self {
        let volunteer = &data.volunteers[ix];
        let part = participation.participant_type.as_deref().filter(|p| !p.is_empty());
        Self {
            name: pytext::strip(&names::display_name(volunteer)).to_owned(),
            email: volunteer.any_email.as_deref(),
            organization: organization(data, ix),
            status: participation.status.as_deref(),
            participant_type: part.unwrap_or("Volunteer"),
        }
    }
}

/// The first primary link's organization, without one the first link's; where that gives no name the free text
/// unless it is a Salesforce id.
fn organization(data: &Dataset, ix: Ix<Volunteer>) -> &str {
    let mut links = data.memberships_of(ix);
    let first = links.clone().next();
    let link = links.find(|m| m.primary).or(first);
    let linked = link.and_then(|m| m.organization).map(|o| &*data.organizations[o].name);
    let stored = data.volunteers[ix].organization_name.as_deref();
    linked
        .filter(|name| !name.is_empty())
        .or(stored.filter(|text| !text.is_empty() && !text.starts_with(SALESFORCE_ID)))
        .unwrap_or("N/A")
}
