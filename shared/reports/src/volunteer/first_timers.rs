//! First-time volunteers, as both volunteer reports select and group them.
//!
//! One item per volunteer and organization *name*: a volunteer of two organizations appears twice with the full
//! totals, and two organizations of one name merge into one item with the totals doubled (quirk B23, kept).

use super::Window;
use crate::rules::numbers::Hours;
use vms_source::{Dataset, Event, EventType, Ix, Participation, Text, Turnout, Volunteer};

/// One item: a volunteer seen as a member of organizations of one name.
pub(super) struct FirstTimer<'a> {
    pub(super) ix: Ix<Volunteer>,
    pub(super) volunteer: &'a Volunteer,
    pub(super) first_date: jiff::civil::Date,
    /// The organizations' name; `None` without organization, or where it does not exist.
    pub(super) organization: Option<&'a Text>,
    /// How many links carry that name: each participation counts once per link.
    pub(super) links: u32,
}

impl FirstTimer<'_> {
    /// The number of these participations and their hours, added up as VMS's joins give the rows: each participation
    /// once per link, then the next.
    pub(super) fn totals<'t>(&self, turnouts: impl IntoIterator<Item = &'t Turnout>) -> (u64, f64) {
        let (mut events, mut hours) = (0, Hours::default());
        for turnout in turnouts {
            for _ in 0..self.links {
                events += 1;
                hours.add(turnout.hours);
            }
        }
        (events, hours.float())
    }
}

/// The first-timers of a window among those that `listed` accepts: latest first date first, then by id, then by
/// organization name, none before any.
pub(super) fn select<'a>(
    data: &'a Dataset,
    window: &Window,
    listed: impl Fn(&Volunteer) -> bool,
) -> Vec<FirstTimer<'a>> {
    let mut items = Vec::new();
    for ix in data.volunteers.positions() {
        let volunteer = &data.volunteers[ix];
        let Some(first_date) = volunteer.first_date.filter(|d| window.holds_date(*d)) else {
            continue;
        };
        if listed(volunteer) {
            let groups = organization_names(data, ix).into_iter();
            items.extend(groups.map(|(organization, links)| FirstTimer {
                ix,
                volunteer,
                first_date,
                organization,
                links,
            }));
        }
    }
    items.sort_by(|a, b| {
        let by_date = b.first_date.cmp(&a.first_date);
        by_date.then(a.volunteer.id.cmp(&b.volunteer.id)).then(a.organization.cmp(&b.organization))
    });
    items
}

/// The distinct names of a volunteer's organizations with the number of links to each; one nameless without any.
fn organization_names(data: &Dataset, volunteer: Ix<Volunteer>) -> Vec<(Option<&Text>, u32)> {
    let mut names: Vec<(Option<&Text>, u32)> = Vec::new();
    for link in data.memberships_of(volunteer) {
        let name = link.organization.map(|o| &data.organizations[o].name);
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, links)) => *links += 1,
            None => names.push((name, 1)),
        }
    }
    if names.is_empty() {
        names.push((None, 1));
    }
    names
}

/// A first-timer's attended rows in completed events of the window, by start, stored type, event and row; rows that
/// `same` finds equal to an earlier one are dropped (quirk B52).
pub(super) fn attended_events<'a>(
    data: &'a Dataset,
    window: &Window,
    volunteer: Ix<Volunteer>,
    same: impl Fn(&Participation, &Participation) -> bool,
) -> Vec<(&'a Event, &'a Participation)> {
    let attended = data.participations_of(volunteer).filter(|p| p.attended());
    let mut rows: Vec<_> =
        attended.map(|p| (&data.events[p.event], p)).filter(|(event, _)| window.holds_completed(event)).collect();
    rows.sort_by(|(a, p), (b, q)| {
        let key = |e: &'a Event| (e.start.text(), e.event_type.map(EventType::stored), e.id);
        key(a).cmp(&key(b)).then(p.id.cmp(&q.id))
    });
    let mut kept: Vec<(&Event, &Participation)> = Vec::with_capacity(rows.len());
    for (event, row) in rows {
        // Equal rows concern the same event, so they stand beside each other.
        let equal = |(e, earlier): &(&Event, &Participation)| e.id == event.id && same(earlier, row);
        if !kept.iter().rev().take_while(|(e, _)| e.id == event.id).any(equal) {
            kept.push((event, row));
        }
    }
    kept
}
