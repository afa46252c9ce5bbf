//! `volunteer/first-time/{school_year}`: volunteers whose first date lies in the year, and what they did in it.
//!
//! Keeps B2 (the year's first day is outside), B32 (excluded volunteers are listed), B33 (totals span all years and
//! event statuses, even events that do not exist; only the row's own status counts, and a null one counts as well),
//! B34 (with rows but none attended: not listed; with no rows at all: listed with zero), B35 (once per organization
//! name, inflating the totals), B52 (equal rows collapse).

use super::Window;
use super::first_timers::{self, FirstTimer};
use crate::Report;
use crate::rules::names::{display_name, salesforce_url};
use crate::rules::numbers::{Hours, Number, round_to};
use serde::Serialize;
use vms_source::{Attendance, Dataset, Event, Participation, Turnout};

#[derive(Serialize)]
pub(super) struct FirstTime<'a> {
    report_data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    volunteers: Vec<Item<'a>>,
    total_first_time_volunteers: usize,
    total_events_by_first_timers: u64,
    total_hours_by_first_timers: Number,
}

#[derive(Serialize)]
struct Item<'a> {
    id: i64,
    name: String,
    first_volunteer_date: String,
    total_events: u64,
    total_hours: f64,
    organization: &'a str,
    title: &'a str,
    events: Vec<ItemEvent<'a>>,
    salesforce_contact_url: Option<String>,
    salesforce_account_url: Option<String>,
    #[serde(skip)]
    unrounded_hours: f64,
}

#[derive(Serialize)]
struct ItemEvent<'a> {
    title: &'a str,
    date: String,
    r#type: &'static str,
    hours: Number,
    district: &'a str,
}

impl Report for FirstTime<'_> {
    fn rows(&self) -> u64 {
        self.report_data.volunteers.len() as u64
    }
}

pub(super) fn build<'a>(data: &'a Dataset, window: &Window) -> FirstTime<'a> {
    let items = first_timers::select(data, window, |_| true);
    let volunteers: Vec<_> = items.iter().filter_map(|item| listed(data, window, item)).collect();
    let hours: f64 = volunteers.iter().fold(0.0, |sum, v| sum + v.unrounded_hours);
    let hours = if volunteers.is_empty() { Number::Int(0) } else { Number::Float(round_to(hours, 1)) };
    FirstTime {
        report_data: Data {
            total_first_time_volunteers: volunteers.len(),
            total_events_by_first_timers: volunteers.iter().map(|v| v.total_events).sum(),
            total_hours_by_first_timers: hours,
            volunteers,
        },
    }
}

fn listed<'a>(data: &'a Dataset, window: &Window, item: &FirstTimer<'a>) -> Option<Item<'a>> {
    let turnouts = data.turnouts_of(item.ix);
    let counts = |turnout: &&Turnout| matches!(turnout.attendance, Attendance::Attended | Attendance::Unsaid);
    let (total_events, hours) = item.totals(turnouts.iter().filter(counts));
    if !turnouts.is_empty() && total_events == 0 {
        return None;
    }
    let same = |a: &Participation, b: &Participation| a.hours == b.hours && a.status == b.status;
    let events = first_timers::attended_events(data, window, item.ix, same);
    Some(Item {
        id: item.volunteer.id,
        name: display_name(item.volunteer),
        first_volunteer_date: item.first_date.strftime("%B %d, %Y").to_string(),
        total_events,
        total_hours: round_to(hours, 2),
        organization: some_text(item.organization.map(|name| &**name)).unwrap_or("Independent"),
        title: some_text(item.volunteer.title.as_deref()).unwrap_or("No title listed"),
        events: events.into_iter().map(|(event, row)| item_event(event, row)).collect(),
        salesforce_contact_url: salesforce_url("Contact", item.volunteer.salesforce_contact.as_deref()),
        salesforce_account_url: salesforce_url("Account", item.volunteer.salesforce_account.as_deref()),
        unrounded_hours: hours,
    })
}

fn item_event<'a>(event: &'a Event, row: &Participation) -> ItemEvent<'a> {
    ItemEvent {
        title: &event.title,
        date: event.start.at().strftime("%b %d, %Y").to_string(),
        r#type: event.event_type.map_or("Unknown", |t| t.display()),
        hours: [row.hours].into_iter().collect::<Hours>().rounded(2),
        district: some_text(event.district_partner.as_deref()).unwrap_or("N/A"),
    }
}

/// A text that is there and not empty.
fn some_text(text: Option<&str>) -> Option<&str> {
    text.filter(|t| !t.is_empty())
}
