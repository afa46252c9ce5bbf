//! Candidates for one event: who fits, how well, and why.
//!
//! A score adds up what speaks for somebody: earlier events of the type, keywords in title, department or industry,
//! skills, and then what no event changes (`card`): a connector profile, recent activity, nearness, frequency. Events
//! count whatever became of them (B45), and recency runs from the as-of day in UTC, so the report is one of its day
//! (B49). A candidate may score nothing: to be one, a skill's name need only contain a keyword.
//!
//! Fixed: where several keywords hit, VMS names up to three in random order, here the first three by code point
//! (B44). The list is computed for each planned event and served as it is, with the plain keywords (B46 to B48).

use super::card::Card;
use super::json::Json;
use super::keywords::Keyword;
use super::pool::{Person, Pool, Wanted};
use crate::rules::pytext;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use vms_source::{Event, EventType};

/// How many keywords a match line names.
const NAMED_HITS: usize = 3;

/// Few candidates take more JSON than this.
const TYPICAL_BYTES: usize = 512;

/// `recruitment/candidates/{event_id}`
pub(super) struct Candidates<'p> {
    pool: &'p Pool<'p>,
    wanted: Wanted,
    event_type: Option<EventType>,
    /// The best first; of equal ones the lower id.
    best: Vec<Candidate<'p>>,
}

struct Candidate<'p> {
    person: &'p Person,
    card: &'p Card,
    /// How many events of the type they were at.
    same_type: usize,
    /// Whether keywords are in their profile, and among their skills.
    fits_profile: bool,
    fits_skills: bool,
}

impl Candidate<'_> {
    /// In hundredths.
    fn points(&self) -> u32 {
        let term = |points: u32, given: bool| if given { points } else { 0 };
        term(100, self.same_type > 0) + term(60, self.fits_profile) + term(80, self.fits_skills) + self.card.points
    }
}

impl<'p> Candidates<'p> {
    pub(super) fn of(pool: &'p Pool<'_>, event: &Event, keywords: &BTreeSet<Keyword>) -> Self {
        let (wanted, event_type) = (pool.wanted(keywords), event.event_type);
        let candidate = |person| {
            let card = pool.card(person);
            Candidate {
                person,
                card,
                same_type: card.participations_in(event_type),
                fits_profile: pool.in_profile(person, &wanted).next().is_some(),
                fits_skills: pool.in_skills(card, &wanted).next().is_some(),
            }
        };
        let mut best: Vec<_> = pool.candidates(&wanted).map(candidate).collect();
        best.sort_by_key(|candidate| Reverse(candidate.points()));
        Self { pool, wanted, event_type, best }
    }

    pub(super) fn rows(&self) -> u64 {
        self.best.len() as u64
    }

    pub(super) fn json(&self) -> serde_json::Result<Vec<u8>> {
        let mut json = Json::with_capacity(self.best.len() * TYPICAL_BYTES);
        let name = self.event_type.map_or("None", EventType::stored);
        let type_name = pytext::title_case(&name.replace('_', " "));
        json.put("{\"candidates_data\":[");
        for candidate in &self.best {
            self.write(candidate, &type_name, &mut json)?;
            json.put(",");
        }
        json.cut(",");
        json.put("]}");
        Ok(json.into())
    }

    /// The terms stand in VMS's order, as reasons and as lines.
    fn write(&self, candidate: &Candidate<'_>, type_name: &str, json: &mut Json) -> serde_json::Result<()> {
        let Candidate { person, card, same_type, fits_profile, fits_skills } = *candidate;
        let in_profile = || self.pool.in_profile(person, &self.wanted).take(NAMED_HITS);
        let in_skills = || self.pool.in_skills(card, &self.wanted);

        json.put(&card.opening);
        json.put(",\"score\":");
        json.number(f64::from(candidate.points()) / 100.0)?;
        json.put(",\"reasons\":[");
        if same_type > 0 {
            json.put("\"Past ");
            json.put(type_name);
            json.put(" event (");
            json.number(same_type)?;
            json.put("x)\",");
        }
        if fits_profile {
            json.put("\"Title/industry match: ");
            json.list(in_profile());
            json.put("\",");
        }
        if fits_skills {
            json.put("\"Skills: ");
            json.list(in_skills());
            json.put("\",");
        }
        json.put(&card.reasons);
        json.cut(",");

        json.put("],\"breakdown\":\"");
        if same_type > 0 {
            json.put("Past ");
            json.put(type_name);
            json.put(" events: +1.00 (count ");
            json.number(same_type)?;
            json.put(")\\n");
        }
        if fits_profile {
            json.put("Title/industry keyword (");
            json.list(in_profile());
            json.put("): +0.60\\n");
        }
        if fits_skills {
            json.put("Skill overlap (");
            json.list(in_skills());
            json.put("): +0.80\\n");
        }
        json.put(&card.lines);
        json.cut("\\n");
        json.put("\",");
        json.put(&card.closing);
        Ok(())
    }
}
