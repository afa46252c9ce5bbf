//! Candidates for one event: who fits, how well, and why.
//!
//! A score adds up what speaks for somebody: earlier events of the type, keywords in title, department or industry,
//! skills, a connector profile, recent activity, nearness, frequency. Events count whatever became of them (B45), and
//! recency runs from the as-of day in UTC, so the report is one of its day (B49). A candidate may score nothing: to
//! be one, a skill's name need only contain a keyword.
//!
//! Fixed: where several keywords hit, VMS names up to three in random order, here the first three by code point
//! (B44). The list is computed for each planned event and served as it is, with the plain keywords (B46 to B48).

use super::keywords::Keyword;
use super::pool::{Person, Pool, Wanted};
use crate::Report;
use crate::rules::numbers::round_to;
use crate::rules::{names, pytext};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeSet;
use vms_core::AsOf;
use vms_source::{Dataset, Event, EventType, Ix, LocalStatus, Text, Volunteer};

/// How many keywords a match line names.
const NAMED_HITS: usize = 3;

/// How many skills are shown.
const SHOWN_SKILLS: usize = 8;

/// `recruitment/candidates/{event_id}`
#[derive(Serialize)]
pub(super) struct Candidates<'a> {
    candidates_data: Vec<Candidate<'a>>,
}

#[derive(Serialize)]
struct Candidate<'a> {
    id: i64,
    name: String,
    email: Option<&'a str>,
    title: Option<&'a str>,
    organization: Option<&'a str>,
    skills: Vec<&'a str>,
    score: f64,
    reasons: Vec<String>,
    breakdown: String,
    connector_profile_url: Option<String>,
    has_connector_profile: bool,
}

impl<'a> Candidates<'a> {
    pub(super) fn of(
        data: &'a Dataset,
        as_of: &AsOf,
        pool: &Pool,
        event: Ix<Event>,
        keywords: &BTreeSet<Keyword>,
    ) -> Self {
        let wanted = pool.wanted(keywords);
        let occasion = Occasion::of(&data.events[event], as_of);
        let score = |person: &Person| {
            let score = Score::of(data, pool, &wanted, &occasion, person);
            Candidate::of(data, person.volunteer, score)
        };
        let mut candidates_data: Vec<_> = pool.candidates(&wanted).map(score).collect();
        candidates_data.sort_by(|a, b| b.score.total_cmp(&a.score));
        Self { candidates_data }
    }
}

impl Report for Candidates<'_> {
    fn rows(&self) -> u64 {
        self.candidates_data.len() as u64
    }
}

impl<'a> Candidate<'a> {
    fn of(data: &'a Dataset, ix: Ix<Volunteer>, score: Score) -> Self {
        let volunteer = &data.volunteers[ix];
        let mut skills: Vec<&str> = data.skills_of(ix).map(|s| &**s).collect();
        skills.sort_unstable();
        skills.truncate(SHOWN_SKILLS);
        let profile = connector(volunteer);
        Self {
            id: volunteer.id,
            name: pytext::strip(&names::display_name(volunteer)).to_owned(),
            email: volunteer.email.as_deref(),
            title: volunteer.title.as_deref(),
            organization: organization(data, ix),
            skills,
            score: round_to(score.points, 3),
            reasons: score.reasons,
            breakdown: score.lines.join("\n"),
            connector_profile_url: profile.map(|id| format!("https://prepkc.nepris.com/app/user/{id}")),
            has_connector_profile: profile.is_some(),
        }
    }
}

fn connector(volunteer: &Volunteer) -> Option<&Text> {
    volunteer.connector.as_ref().filter(|id| !id.is_empty())
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

/// What the scores for one event share.
struct Occasion {
    event_type: Option<EventType>,
    type_name: String,
    /// The last day that lies at most 90 and at most 180 days back.
    recent: Date,
    less_recent: Date,
}

impl Occasion {
    fn of(event: &Event, as_of: &AsOf) -> Self {
        let name = event.event_type.map_or("None", EventType::stored);
        let today = as_of.utc().date();
        Self {
            event_type: event.event_type,
            type_name: pytext::title_case(&name.replace('_', " ")),
            recent: today.saturating_sub(90.days()),
            less_recent: today.saturating_sub(180.days()),
        }
    }
}

/// Points as they add up, each with what it is for.
#[derive(Default)]
struct Score {
    points: f64,
    reasons: Vec<String>,
    lines: Vec<String>,
}

impl Score {
    /// The terms in VMS's order, which decides the order of the sum, the reasons and the lines.
    fn of(data: &Dataset, pool: &Pool, wanted: &Wanted, occasion: &Occasion, person: &Person) -> Self {
        let volunteer = &data.volunteers[person.volunteer];
        let mut score = Self::default();
        score.same_type(data, occasion, person.volunteer);
        score.profile(pool, wanted, person);
        score.skills(pool, wanted, person);
        if connector(volunteer).is_some() {
            score.add(0.4, "Has connector profile".to_owned(), "Connector profile: +0.40".to_owned());
        }
        score.recency(occasion, volunteer.last_date);
        score.locality(volunteer.local);
        score.frequency(data.participation_count(person.volunteer));
        score
    }

    fn add(&mut self, points: f64, reason: String, line: String) {
        self.points += points;
        self.reasons.push(reason);
        self.lines.push(line);
    }

    fn same_type(&mut self, data: &Dataset, occasion: &Occasion, volunteer: Ix<Volunteer>) {
        let same = data
            .participations_of(volunteer)
            .filter(|p| data.events[p.event].event_type == occasion.event_type)
            .count();
        if same > 0 {
            let name = &occasion.type_name;
            self.add(1.0, format!("Past {name} event ({same}x)"), format!("Past {name} events: +1.00 (count {same})"));
        }
    }

    fn profile(&mut self, pool: &Pool, wanted: &Wanted, person: &Person) {
        let hits: Vec<_> = pool.in_profile(person, wanted).take(NAMED_HITS).collect();
        if !hits.is_empty() {
            let hits = hits.join(", ");
            self.add(0.6, format!("Title/industry match: {hits}"), format!("Title/industry keyword ({hits}): +0.60"));
        }
    }

    fn skills(&mut self, pool: &Pool, wanted: &Wanted, person: &Person) {
        let shared: Vec<_> = pool.in_skills(person, wanted).collect();
        if !shared.is_empty() {
            let shared = shared.join(", ");
            self.add(0.8, format!("Skills: {shared}"), format!("Skill overlap ({shared}): +0.80"));
        }
    }

    /// A date to come is recent as well.
    fn recency(&mut self, occasion: &Occasion, last: Option<Date>) {
        let (points, line) = match last {
            Some(day) if day >= occasion.recent => (0.35, "Recency: +0.35"),
            Some(day) if day >= occasion.less_recent => (0.15, "Recency: +0.15"),
            _ => return,
        };
        self.add(points, "Recent activity".to_owned(), line.to_owned());
    }

    fn locality(&mut self, local: Option<LocalStatus>) {
        let (points, line) = match local {
            Some(LocalStatus::Local) => (0.2, "Locality: +0.20"),
            Some(LocalStatus::Partial) => (0.1, "Locality: +0.10"),
            _ => return,
        };
        self.add(points, "Local/nearby".to_owned(), line.to_owned());
    }

    fn frequency(&mut self, events: usize) {
        let (points, shown) = match events {
            0 | 1 => return,
            2..5 => (0.1, "0.10"),
            5..10 => (0.2, "0.20"),
            _ => (0.3, "0.30"),
        };
        let word = if events < 5 { "Volunteer history" } else { "Frequent volunteer" };
        self.add(points, format!("{word} ({events} events)"), format!("Frequency ({events}): +{shown}"));
    }
}
