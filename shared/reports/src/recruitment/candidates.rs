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
use crate::rules::pytext;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use vms_core::AsOf;
use vms_source::{Event, EventType, LocalStatus};

/// How many keywords a match line names.
const NAMED_HITS: usize = 3;

/// `recruitment/candidates/{event_id}`
#[derive(Serialize)]
pub(super) struct Candidates<'p> {
    candidates_data: Vec<Candidate<'p>>,
}

#[derive(Serialize)]
struct Candidate<'p> {
    id: i64,
    name: &'p str,
    email: Option<&'p str>,
    title: Option<&'p str>,
    organization: Option<&'p str>,
    skills: &'p [&'p str],
    score: f64,
    reasons: Vec<Cow<'static, str>>,
    breakdown: String,
    connector_profile_url: Option<&'p str>,
    has_connector_profile: bool,
}

impl<'p> Candidates<'p> {
    pub(super) fn of(pool: &'p Pool<'_>, event: &Event, as_of: &AsOf, keywords: &BTreeSet<Keyword>) -> Self {
        let wanted = pool.wanted(keywords);
        let occasion = Occasion::of(event, as_of);
        let score = |person| Candidate::of(person, Score::of(pool, &wanted, &occasion, person));
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

impl<'p> Candidate<'p> {
    fn of(person: &'p Person<'_>, score: Score) -> Self {
        let (volunteer, card) = (person.volunteer, &person.card);
        Self {
            id: volunteer.id,
            name: &card.name,
            email: volunteer.email.as_deref(),
            title: volunteer.title.as_deref(),
            organization: card.organization,
            skills: &card.skills,
            score: round_to(score.points, 3),
            reasons: score.reasons,
            breakdown: score.breakdown,
            connector_profile_url: card.connector_profile_url.as_deref(),
            has_connector_profile: card.connector_profile_url.is_some(),
        }
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
    reasons: Vec<Cow<'static, str>>,
    /// A line for each term.
    breakdown: String,
}

impl Score {
    /// The terms in VMS's order, which decides the order of the sum, the reasons and the lines.
    fn of(pool: &Pool<'_>, wanted: &Wanted, occasion: &Occasion, person: &Person<'_>) -> Self {
        let mut score = Self::default();
        score.same_type(occasion, person);
        score.profile(pool, wanted, person);
        score.skills(pool, wanted, person);
        if person.card.connector_profile_url.is_some() {
            score.add(0.4, "Has connector profile", format_args!("Connector profile: +0.40"));
        }
        score.recency(occasion, person.volunteer.last_date);
        score.locality(person.volunteer.local);
        score.frequency(person.participations);
        score
    }

    fn add(&mut self, points: f64, reason: impl Into<Cow<'static, str>>, line: fmt::Arguments<'_>) {
        self.points += points;
        self.reasons.push(reason.into());
        let between = if self.breakdown.is_empty() { "" } else { "\n" };
        let _ = write!(self.breakdown, "{between}{line}");
    }

    fn same_type(&mut self, occasion: &Occasion, person: &Person<'_>) {
        let same = person.participations_in(occasion.event_type);
        if same > 0 {
            let name = &occasion.type_name;
            let reason = format!("Past {name} event ({same}x)");
            self.add(1.0, reason, format_args!("Past {name} events: +1.00 (count {same})"));
        }
    }

    fn profile(&mut self, pool: &Pool<'_>, wanted: &Wanted, person: &Person<'_>) {
        let hits: Vec<_> = pool.in_profile(person, wanted).take(NAMED_HITS).collect();
        if !hits.is_empty() {
            let hits = hits.join(", ");
            let reason = format!("Title/industry match: {hits}");
            self.add(0.6, reason, format_args!("Title/industry keyword ({hits}): +0.60"));
        }
    }

    fn skills(&mut self, pool: &Pool<'_>, wanted: &Wanted, person: &Person<'_>) {
        let shared: Vec<_> = pool.in_skills(person, wanted).collect();
        if !shared.is_empty() {
            let shared = shared.join(", ");
            self.add(0.8, format!("Skills: {shared}"), format_args!("Skill overlap ({shared}): +0.80"));
        }
    }

    /// A date to come is recent as well.
    fn recency(&mut self, occasion: &Occasion, last: Option<Date>) {
        let (points, shown) = match last {
            Some(day) if day >= occasion.recent => (0.35, "0.35"),
            Some(day) if day >= occasion.less_recent => (0.15, "0.15"),
            _ => return,
        };
        self.add(points, "Recent activity", format_args!("Recency: +{shown}"));
    }

    fn locality(&mut self, local: Option<LocalStatus>) {
        let (points, shown) = match local {
            Some(LocalStatus::Local) => (0.2, "0.20"),
            Some(LocalStatus::Partial) => (0.1, "0.10"),
            _ => return,
        };
        self.add(points, "Local/nearby", format_args!("Locality: +{shown}"));
    }

    fn frequency(&mut self, events: usize) {
        let (points, shown) = match events {
            0 | 1 => return,
            2..5 => (0.1, "0.10"),
            5..10 => (0.2, "0.20"),
            _ => (0.3, "0.30"),
        };
        let word = if events < 5 { "Volunteer history" } else { "Frequent volunteer" };
        self.add(points, format!("{word} ({events} events)"), format_args!("Frequency ({events}): +{shown}"));
    }
}
