//! Who may be asked to an event, and which of its keywords their texts hold.
//!
//! Asking every volunteer for every keyword of every event would be a loop over volunteers × keywords × events, each
//! step a search in a text. Here the keywords of all planned events are put together and looked for once in each
//! *distinct* title, department, industry and skill name: one pass over each text finds all of them. An event then
//! asks for numbers instead of texts. So the cost is one reading of the distinct texts, plus, per event, one look at
//! what was found in each of them and at the people up to the limit. It grows with the texts and with events ×
//! volunteers of small integers, and not at all with the number of keywords that are not found. What else a list says
//! of a person, and what they did before, is found once as well: lists of a hundred events name the same people.
//!
//! VMS asks in two ways, and both are kept: to be a candidate, SQLite's `LIKE` on each text, where only ASCII folds
//! and `%` and `_` are wildcards; for the score, Python's lower-cased title, department and industry in one text, in
//! which a keyword may span two of them.
//!
//! Candidates have a matching text (B39) and no null among their flags (B37), and only the first 2,000 by id are
//! scored (B38). Whether somebody is on the event already plays no part (B45).

use super::card::Card;
use super::json;
use super::keywords::Keyword;
use crate::rules::needles::Needles;
use crate::rules::pytext;
use aho_corasick::AhoCorasick;
use indexmap::IndexSet;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use vms_core::AsOf;
use vms_source::{Dataset, Ix, Text, Volunteer, VolunteerStatus};

/// How many candidates of an event are scored.
const LIMIT: usize = 2000;

/// Keywords, by their positions in the pool's list, ascending.
pub(super) type Found = Box<[u32]>;

/// The people who may be asked at all, and the keywords that their texts hold.
pub(super) struct Pool<'a> {
    data: &'a Dataset,
    as_of: &'a AsOf,
    /// By code point, and so is every list of positions.
    keywords: Vec<Keyword>,
    /// The keywords as lists name them.
    named: Vec<String>,
    /// By volunteer id.
    people: Vec<Person>,
    /// What SQLite finds in each distinct title, department, industry and skill name.
    texts: Vec<Found>,
    /// What each distinct profile holds: title, department and industry in one lower-cased text.
    profiles: Vec<Found>,
}

/// Somebody who may be asked; texts and profile by their positions in the pool.
pub(super) struct Person {
    volunteer: Ix<Volunteer>,
    /// Made when they are on a list for the first time; most people of a large VMS never are.
    card: OnceLock<Card>,
    /// Title, department and industry, as far as there, and names of skills.
    texts: Box<[u32]>,
    profile: u32,
}

/// The keywords of one event, as marks beside the pool's list.
pub(super) struct Wanted(Vec<bool>);

impl Wanted {
    fn has(&self, keyword: u32) -> bool {
        self.0[keyword as usize]
    }
}

impl<'a> Pool<'a> {
    /// Reads every text once for all these keywords.
    pub(super) fn new(data: &'a Dataset, as_of: &'a AsOf, keywords: BTreeSet<Keyword>) -> Self {
        let keywords: Vec<_> = keywords.into_iter().collect();
        let (mut texts, mut profiles) = (IndexSet::new(), IndexSet::new());
        let askable = data.volunteers.positions().filter(|v| may_be_asked(&data.volunteers[*v]));
        let people = askable.map(|v| Person::of(data, v, &mut texts, &mut profiles)).collect();
        let (texts, profiles) = (read_texts(&texts, &keywords), read_profiles(&profiles, &keywords));
        let named = keywords.iter().map(|k| json::escaped(k)).collect();
        Self { data, as_of, keywords, named, people, texts, profiles }
    }

    /// What every list says of somebody.
    pub(super) fn card<'p>(&self, person: &'p Person) -> &'p Card {
        person.card.get_or_init(|| Card::of(self.data, self.as_of, &self.keywords, person.volunteer))
    }

    /// Marks the keywords of an event.
    pub(super) fn wanted(&self, keywords: &BTreeSet<Keyword>) -> Wanted {
        Wanted(self.keywords.iter().map(|k| keywords.contains(k)).collect())
    }

    /// Who is scored for an event.
    pub(super) fn candidates(&self, wanted: &Wanted) -> impl Iterator<Item = &Person> {
        let holds = |found: &Found| found.iter().any(|k| wanted.has(*k));
        let holding: Vec<bool> = self.texts.iter().map(holds).collect();
        let matches = move |person: &&Person| person.texts.iter().any(|t| holding[*t as usize]);
        self.people.iter().filter(matches).take(LIMIT)
    }

    /// The keywords in somebody's profile, by code point.
    pub(super) fn in_profile(&self, person: &Person, wanted: &Wanted) -> impl Iterator<Item = &str> {
        self.named(&self.profiles[person.profile as usize], wanted)
    }

    /// The keywords that are the name of one of somebody's skills, by code point.
    pub(super) fn in_skills(&self, card: &Card, wanted: &Wanted) -> impl Iterator<Item = &str> {
        self.named(&card.skills, wanted)
    }

    fn named(&self, found: &Found, wanted: &Wanted) -> impl Iterator<Item = &str> {
        found.iter().filter(|k| wanted.has(**k)).map(|k| &*self.named[*k as usize])
    }
}

/// Whether VMS lets anybody ask: not inactive, and each flag is a stored no.
fn may_be_asked(volunteer: &Volunteer) -> bool {
    let flags = [volunteer.do_not_contact, volunteer.email_opt_out, volunteer.excluded];
    volunteer.status != Some(VolunteerStatus::Inactive) && flags == [Some(false); 3]
}

impl Person {
    fn of<'a>(
        data: &'a Dataset,
        ix: Ix<Volunteer>,
        texts: &mut IndexSet<&'a str>,
        profiles: &mut IndexSet<String>,
    ) -> Self {
        let volunteer = &data.volunteers[ix];
        let fields = [&volunteer.title, &volunteer.department, &volunteer.industry];
        let profile = fields.map(|f| f.as_deref().unwrap_or("")).join(" ");
        let mut position = |text: &'a Text| texts.insert_full(text).0 as u32;
        Self {
            volunteer: ix,
            card: OnceLock::new(),
            texts: fields.into_iter().flatten().chain(data.skills_of(ix)).map(&mut position).collect(),
            profile: profiles.insert_full(profile).0 as u32,
        }
    }
}

fn read_texts(texts: &IndexSet<&str>, keywords: &[Keyword]) -> Vec<Found> {
    let needles = Needles::new(keywords.iter().zip(0_u32..).map(|(k, i)| (&**k, i)));
    texts.iter().map(|text| needles.found_in(text).into()).collect()
}

/// Plain search, without wildcards.
fn read_profiles(profiles: &IndexSet<String>, keywords: &[Keyword]) -> Vec<Found> {
    let automaton = AhoCorasick::new(keywords.iter().map(|k| k.as_bytes())).ok();
    let read = |profile: &String| {
        let lower = pytext::lower(profile);
        let Some(automaton) = &automaton else {
            // More keywords than an automaton can number: slower, not wrong.
            let found = keywords.iter().zip(0_u32..).filter(|(k, _)| lower.contains(k.as_ref()));
            return found.map(|(_, i)| i).collect();
        };
        let hits = automaton.find_overlapping_iter(&lower).map(|hit| hit.pattern().as_u32());
        hits.collect::<BTreeSet<_>>().into_iter().collect()
    };
    profiles.iter().map(read).collect()
}
