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
use super::keywords::Keyword;
use crate::rules::needles::Needles;
use crate::rules::pytext;
use aho_corasick::AhoCorasick;
use indexmap::IndexSet;
use std::borrow::Cow;
use std::collections::BTreeSet;
use vms_source::{Dataset, EventType, Ix, Text, Volunteer, VolunteerStatus};

/// How many candidates of an event are scored.
const LIMIT: usize = 2000;

/// Keywords, by their positions in the pool's list, ascending.
type Found = Box<[u32]>;

/// The people who may be asked at all, and the keywords that their texts hold.
pub(super) struct Pool<'a> {
    /// By code point, and so is every list of positions.
    keywords: Vec<Keyword>,
    /// By volunteer id.
    people: Vec<Person<'a>>,
    /// Each distinct title, department, industry and skill name.
    texts: Vec<TextHits>,
    /// What each distinct profile holds: title, department and industry in one lower-cased text.
    profiles: Vec<Found>,
}

/// What one text holds.
struct TextHits {
    /// Keywords that SQLite finds in it.
    like: Found,
    /// The keyword that it is, lower-cased.
    exact: Option<u32>,
}

/// Somebody who may be asked, and what is the same of them for every event; texts and profile by their positions in
/// the pool.
pub(super) struct Person<'a> {
    pub(super) volunteer: &'a Volunteer,
    pub(super) card: Card<'a>,
    /// How many, those in events that do not exist included.
    pub(super) participations: usize,
    /// Participations in existing events, counted by the event's type.
    types: Box<[(Option<EventType>, usize)]>,
    /// Title, department and industry, as far as there.
    fields: Box<[u32]>,
    skills: Box<[u32]>,
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
    pub(super) fn new(data: &'a Dataset, keywords: BTreeSet<Keyword>) -> Self {
        let keywords: Vec<_> = keywords.into_iter().collect();
        let (mut texts, mut profiles) = (IndexSet::new(), IndexSet::new());
        let askable = data.volunteers.positions().filter(|v| may_be_asked(&data.volunteers[*v]));
        let people = askable.map(|v| Person::of(data, v, &mut texts, &mut profiles)).collect();
        Self { people, texts: read_texts(&texts, &keywords), profiles: read_profiles(&profiles, &keywords), keywords }
    }

    /// Marks the keywords of an event.
    pub(super) fn wanted(&self, keywords: &BTreeSet<Keyword>) -> Wanted {
        Wanted(self.keywords.iter().map(|k| keywords.contains(k)).collect())
    }

    /// Who is scored for an event.
    pub(super) fn candidates(&self, wanted: &Wanted) -> impl Iterator<Item = &Person<'a>> {
        let holds = |text: &TextHits| text.like.iter().any(|k| wanted.has(*k));
        let holding: Vec<bool> = self.texts.iter().map(holds).collect();
        let matches = move |person: &&Person<'_>| person.texts().any(|t| holding[t as usize]);
        self.people.iter().filter(matches).take(LIMIT)
    }

    /// The keywords in somebody's profile, by code point.
    pub(super) fn in_profile(&self, person: &Person<'_>, wanted: &Wanted) -> impl Iterator<Item = &str> {
        let found = self.profiles[person.profile as usize].iter();
        found.filter(|k| wanted.has(**k)).map(|k| &*self.keywords[*k as usize])
    }

    /// The keywords that are the name of one of somebody's skills, by code point.
    pub(super) fn in_skills(&self, person: &Person<'_>, wanted: &Wanted) -> impl Iterator<Item = &str> {
        let exact = person.skills.iter().filter_map(|t| self.texts[*t as usize].exact);
        let found: BTreeSet<u32> = exact.filter(|k| wanted.has(*k)).collect();
        found.into_iter().map(|k| &*self.keywords[k as usize])
    }
}

/// Whether VMS lets anybody ask: not inactive, and each flag is a stored no.
fn may_be_asked(volunteer: &Volunteer) -> bool {
    let flags = [volunteer.do_not_contact, volunteer.email_opt_out, volunteer.excluded];
    volunteer.status != Some(VolunteerStatus::Inactive) && flags == [Some(false); 3]
}

impl<'a> Person<'a> {
    fn of(
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
            volunteer,
            card: Card::of(data, ix),
            participations: data.participation_count(ix),
            types: types(data, ix),
            fields: fields.into_iter().flatten().map(&mut position).collect(),
            skills: data.skills_of(ix).map(&mut position).collect(),
            profile: profiles.insert_full(profile).0 as u32,
        }
    }

    /// How many participations are in events of that type.
    pub(super) fn participations_in(&self, event_type: Option<EventType>) -> usize {
        self.types.iter().find(|(of, _)| *of == event_type).map_or(0, |(_, count)| *count)
    }

    fn texts(&self) -> impl Iterator<Item = u32> {
        self.fields.iter().chain(&self.skills).copied()
    }
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

fn read_texts(texts: &IndexSet<&str>, keywords: &[Keyword]) -> Vec<TextHits> {
    let needles = Needles::new(keywords.iter().zip(0_u32..).map(|(k, i)| (&**k, i)));
    let read = |text: &&str| TextHits {
        like: needles.found_in(text).into(),
        exact: keywords.binary_search(&Cow::Owned(pytext::lower(text))).ok().map(|i| i as u32),
    };
    texts.iter().map(read).collect()
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
