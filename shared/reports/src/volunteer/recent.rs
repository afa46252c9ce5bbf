//! `volunteer/recent/{school_year}` and `volunteer/recent/last-365-days`: who was active, and who came first.
//!
//! Keeps B1 and B2 (bounds), B22 and B23 (a first-timer's totals cover every participation ever, per organization
//! name), B25 (rows are counted, not events), B26 (simulcasts count for the active only), B28 (the window's cut),
//! B52 (equal rows collapse in first-timers' events). Fixes B27: a refresh always recomputes.
//! The active list keeps VMS's observed row order: participation id.

use super::Window;
use super::first_timers::{self, FirstTimer};
use crate::Report;
use crate::rules::names::display_name;
use crate::rules::organizations::display_organization;
use jiff::civil::DateTime;
use serde::Serialize;
use std::collections::HashMap;
use vms_source::{Dataset, Event, EventType, Ix, Participation, Volunteer};

#[derive(Serialize)]
pub(super) struct Recent<'a> {
    report_data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    active_volunteers: Vec<Active<'a>>,
    first_time_in_range: Vec<First<'a>>,
}

#[derive(Serialize)]
struct Active<'a> {
    id: i64,
    name: String,
    email: Option<&'a str>,
    organization: Option<&'a str>,
    events: Vec<ActiveEvent<'a>>,
    event_count: usize,
    total_hours: f64,
    last_event_date: String,
    last_event_type: Option<&'static str>,
    #[serde(skip)]
    last: DateTime,
}

#[derive(Serialize)]
struct ActiveEvent<'a> {
    id: i64,
    title: &'a str,
    date: String,
    r#type: Option<&'static str>,
    hours: f64,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "VMS's own names")]
struct First<'a> {
    id: i64,
    name: String,
    first_volunteer_date: String,
    total_events: u64,
    total_hours: f64,
    organization: &'a str,
    events: Vec<FirstEvent<'a>>,
}

#[derive(Serialize)]
struct FirstEvent<'a> {
    title: &'a str,
    date: String,
    r#type: Option<&'static str>,
    hours: f64,
}

impl Report for Recent<'_> {
    fn rows(&self) -> u64 {
        (self.report_data.active_volunteers.len() + self.report_data.first_time_in_range.len()) as u64
    }
}

pub(super) fn build<'a>(data: &'a Dataset, window: &Window) -> Recent<'a> {
    let first = first_timers::select(data, window, |v| v.excluded == Some(false));
    Recent {
        report_data: Data {
            active_volunteers: active(data, window),
            first_time_in_range: first.iter().map(|f| first_timer(data, window, f)).collect(),
        },
    }
}

/// Volunteers with an attended or simulcast row in a completed event of the window, by lower-cased name.
fn active<'a>(data: &'a Dataset, window: &Window) -> Vec<Active<'a>> {
    let in_window: Vec<bool> = data.events.iter().map(|e| window.holds_completed(e)).collect();
    let mut list: Vec<Active<'a>> = Vec::new();
    let mut place: HashMap<Ix<Volunteer>, usize> = HashMap::new();
    for row in data.participations.iter().filter(|p| in_window[p.event.get()] && p.attended_or_simulcast()) {
        let Some(ix) = row.volunteer.filter(|v| data.volunteers[*v].excluded == Some(false)) else {
            continue;
        };
        let event = &data.events[row.event];
        let at = *place.entry(ix).or_insert_with(|| {
            list.push(Active::new(data, ix, event));
            list.len() - 1
        });
        list[at].add(event, row);
    }
    list.sort_by_cached_key(|v| v.name.to_lowercase());
    list
}

impl<'a> Active<'a> {
    fn new(data: &'a Dataset, ix: Ix<Volunteer>, first_event: &Event) -> Self {
        let volunteer = &data.volunteers[ix];
        Self {
            id: volunteer.id,
            name: display_name(volunteer),
            email: volunteer.email.as_deref(),
            organization: display_organization(data, ix),
            events: Vec::new(),
            event_count: 0,
            total_hours: 0.0,
            last_event_date: first_event.start.iso(),
            last_event_type: first_event.event_type.map(EventType::display),
            last: first_event.start.at(),
        }
    }

    fn add(&mut self, event: &'a Event, row: &Participation) {
        let (event_type, hours) = (event.event_type.map(EventType::display), row.hours.unwrap_or(0.0));
        if event.start.at() > self.last {
            self.last = event.start.at();
            self.last_event_date = event.start.iso();
            self.last_event_type = event_type;
        }
        self.event_count += 1;
        self.total_hours += hours;
        let date = event.start.iso();
        self.events.push(ActiveEvent { id: event.id, title: &event.title, date, r#type: event_type, hours });
    }
}

fn first_timer<'a>(data: &'a Dataset, window: &Window, item: &FirstTimer<'a>) -> First<'a> {
    let (total_events, total_hours) = item.totals(&data.turnouts_of(item.ix));
    let organization = item.organization.map(|name| &**name).filter(|name| !name.is_empty());
    let events = first_timers::attended_events(data, window, item.ix, |a, b| a.hours == b.hours);
    First {
        id: item.volunteer.id,
        name: display_name(item.volunteer),
        first_volunteer_date: item.first_date.to_string(),
        total_events,
        total_hours,
        organization: organization.or_else(|| display_organization(data, item.ix)).unwrap_or("Independent"),
        events: events
            .into_iter()
            .map(|(event, row)| FirstEvent {
                title: &event.title,
                date: event.start.iso(),
                r#type: event.event_type.map(EventType::display),
                hours: row.hours.unwrap_or(0.0),
            })
            .collect(),
    }
}
