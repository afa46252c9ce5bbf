//! What every list of candidates says of a person, whatever the event: written once, for up to a hundred lists.
//!
//! Most of a list is this, and the lists are most of what a refresh writes, so a card holds JSON, not values. Its members
//! stand as VMS orders them.

use super::keywords::Keyword;
use super::pool::Found;
use crate::rules::{names, pytext};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use vms_core::AsOf;
use vms_source::{Dataset, EventType, Ix, LocalStatus, Text, Volunteer};

/// How many skills are shown.
const SHOWN_SKILLS: usize = 8;

/// A person in every list. All texts are JSON.
#[derive(Default)]
pub(super) struct Card {
    /// The candidate's object up to the score.
    pub(super) opening: String,
    /// For the terms of the score that no event changes, in hundredths: VMS's points are whole numbers of them, so
    /// that a sum in any order is exact.
    pub(super) points: u32,
    /// A reason for each of those terms, each with a comma after it.
    pub(super) reasons: String,
    /// A line for each, each with its end.
    pub(super) lines: String,
    /// The candidate's object from the breakdown on.
    pub(super) closing: String,
    /// The keywords that are the name of a skill.
    pub(super) skills: Found,
    /// Participations in existing events, counted by the event's type.
    types: Box<[(Option<EventType>, usize)]>,
}

impl Card {
    pub(super) fn of(data: &Dataset, as_of: &AsOf, keywords: &[Keyword], ix: Ix<Volunteer>) -> Self {
        let volunteer = &data.volunteers[ix];
        let name = names::display_name(volunteer);
        let connector = volunteer.connector.as_ref().filter(|id| !id.is_empty());
        let url = connector.map(|id| format!("https://prepkc.nepris.com/app/user/{id}"));
        let mut card = Self {
            opening: format!(
                r#"{{"id":{},"name":{},"email":{},"title":{},"organization":{},"skills":{}"#,
                volunteer.id,
                Value::from(pytext::strip(&name)),
                Value::from(volunteer.email.as_deref()),
                Value::from(volunteer.title.as_deref()),
                Value::from(organization(data, ix)),
                Value::from(shown_skills(data, ix)),
            ),
            closing: format!(
                r#""connector_profile_url":{},"has_connector_profile":{}}}"#,
                Value::from(url.as_deref()),
                url.is_some(),
            ),
            skills: skills(data, ix, keywords),
            types: types(data, ix),
            ..Self::default()
        };
        if url.is_some() {
            card.add(40, "Has connector profile", "Connector profile: +0.40");
        }
        card.add_recency(as_of.utc().date(), volunteer.last_date);
        card.add_locality(volunteer.local);
        card.add_frequency(data.participation_count(ix));
        card
    }

    /// Neither text has anything that JSON escapes.
    fn add(&mut self, points: u32, reason: &str, line: &str) {
        self.points += points;
        self.reasons.extend(["\"", reason, "\","]);
        self.lines.extend([line, "\\n"]);
    }

    /// At most 90 and at most 180 days back; a date to come is recent as well.
    fn add_recency(&mut self, today: Date, last: Option<Date>) {
        let within = |days: i64| last.is_some_and(|day| day >= today.saturating_sub(days.days()));
        if within(90) {
            self.add(35, "Recent activity", "Recency: +0.35");
        } else if within(180) {
            self.add(15, "Recent activity", "Recency: +0.15");
        }
    }

    fn add_locality(&mut self, local: Option<LocalStatus>) {
        match local {
            Some(LocalStatus::Local) => self.add(20, "Local/nearby", "Locality: +0.20"),
            Some(LocalStatus::Partial) => self.add(10, "Local/nearby", "Locality: +0.10"),
            _ => {}
        }
    }

    /// Participations in events that do not exist count as well.
    fn add_frequency(&mut self, events: usize) {
        let (points, word, shown) = match events {
            0 | 1 => return,
            2..5 => (10, "Volunteer history", "0.10"),
            5..10 => (20, "Frequent volunteer", "0.20"),
            _ => (30, "Frequent volunteer", "0.30"),
        };
        self.add(points, &format!("{word} ({events} events)"), &format!("Frequency ({events}): +{shown}"));
    }

    /// How many participations are in events of that type.
    pub(super) fn participations_in(&self, event_type: Option<EventType>) -> usize {
        self.types.iter().find(|(of, _)| *of == event_type).map_or(0, |(_, count)| *count)
    }
}

/// The first by code point.
fn shown_skills(data: &Dataset, ix: Ix<Volunteer>) -> Vec<&str> {
    let mut skills: Vec<&str> = data.skills_of(ix).map(|s| &**s).collect();
    skills.sort_unstable();
    skills.truncate(SHOWN_SKILLS);
    skills
}

/// The free text, be it a bare Salesforce id; failing that the organization first linked, null where that one is gone.
fn organization(data: &Dataset, ix: Ix<Volunteer>) -> Option<&str> {
    let stored = data.volunteers[ix].organization_name.as_deref();
    if stored.is_some_and(|text| !text.is_empty()) {
        return stored;
    }
    match data.memberships_of(ix).next() {
        Some(first) => first.organization.map(|o| &*data.organizations[o].name),
        None => stored,
    }
}

fn skills(data: &Dataset, ix: Ix<Volunteer>, keywords: &[Keyword]) -> Found {
    let keyword = |name: &Text| keywords.binary_search(&Cow::Owned(pytext::lower(name))).ok();
    let found: BTreeSet<_> = data.skills_of(ix).filter_map(keyword).map(|k| k as u32).collect();
    found.into_iter().collect()
}

fn types(data: &Dataset, ix: Ix<Volunteer>) -> Box<[(Option<EventType>, usize)]> {
    let mut types: Vec<(Option<EventType>, usize)> = Vec::new();
    for participation in data.participations_of(ix) {
        let event_type = data.events[participation.event].event_type;
        match types.iter_mut().find(|(of, _)| *of == event_type) {
            Some((_, count)) => *count += 1,
            None => types.push((event_type, 1)),
        }
    }
    types.into()
}
