//! Which events belong to which district: eight rules, a to h.
//!
//! Two sets per district: the *base* events (a to f: linked, held at a school, partner named like a school, like the
//! district or like an alias, linked to a district named like an alias) and the *detail* events (those, and g and h:
//! a title that names a school, a partner that has the district's name without ` School District`).
//!
//! Quirks kept: D6 (two sets), D7 (not one event where `event_districts` has no row at all), D8 (a teacher's school
//! does not tie a virtual session to its district), D9 and D10 (names are substrings, `%` and `_` in them wildcards,
//! an empty school name is in every text). Chosen: D5 (the district is the row with the listed Salesforce id).
//!
//! Cost: the events are sorted once; each distinct partner text and each distinct title is read once by an automaton
//! over all districts' names at once (names with wildcards, rare, are tried one by one); links and schools are looked
//! up. That is linear in events and texts, whatever the number of schools. A report then takes its year as a slice.

use super::list::{DistrictList, ListedDistrict};
use crate::rules::needles::Needles;
use crate::rules::text::Contains;
use crate::rules::years::SchoolYearBounds;
use std::cmp::Reverse;
use std::collections::HashMap;
use vms_core::{HostFilter, SchoolYear};
use vms_source::{Dataset, District, Event, EventStatus, EventType, Ix};

/// A district of the list that the database has.
pub(crate) struct Subject<'a> {
    /// What the list says.
    pub(crate) listed: &'a ListedDistrict,
    /// Its row.
    pub(crate) row: Ix<District>,
}

/// The listed districts that exist, in the list's order; of several rows with one Salesforce id the first.
pub(crate) fn subjects<'a>(data: &Dataset, list: &'a DistrictList) -> Vec<Subject<'a>> {
    let mut rows: HashMap<&str, Ix<District>> = HashMap::new();
    for row in data.districts.positions() {
        if let Some(id) = &data.districts[row].salesforce_id {
            rows.entry(id).or_insert(row);
        }
    }
    let subject = |listed: &'a ListedDistrict| {
        let row = *rows.get(listed.salesforce_id.as_str())?;
        Some(Subject { listed, row })
    };
    list.districts().iter().filter_map(subject).collect()
}

/// An event of a district.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linked {
    /// The event.
    pub(crate) event: Ix<Event>,
    /// Whether it is a base event, not a detail event alone.
    pub(crate) base: bool,
    prepkc: bool,
}

impl Linked {
    /// Whether the filter lets the event through.
    pub(crate) fn passes(self, hosts: HostFilter) -> bool {
        hosts == HostFilter::All || self.prepkc
    }
}

/// The counted events of every subject, all years.
pub(crate) struct DistrictEvents {
    /// By subject: detail events by start, type name and id, VMS's order.
    of: Vec<Vec<Linked>>,
}

impl DistrictEvents {
    /// Finds every subject's events.
    pub(crate) fn new(data: &Dataset, subjects: &[Subject<'_>]) -> Self {
        let mut of = vec![Vec::new(); subjects.len()];
        if data.has_event_districts {
            let mut matcher = Matcher::new(data, subjects);
            let prepkc = Contains::new("prepkc");
            for ix in counted(data) {
                let event = &data.events[ix];
                for Match { subject, base } in matcher.districts_of(ix) {
                    of[subject].push(Linked {
                        event: ix,
                        base: base.0,
                        prepkc: prepkc.matches_column(event.session_host.as_deref()),
                    });
                }
            }
        }
        Self { of }
    }

    /// A subject's events of a school year that the filter lets through, in VMS's order.
    pub(crate) fn of<'a>(
        &'a self,
        data: &'a Dataset,
        subject: usize,
        year: SchoolYear,
        hosts: HostFilter,
    ) -> impl Iterator<Item = Linked> + Clone + 'a {
        let year = SchoolYearBounds::of(year).part_of(&self.of[subject], |l| &data.events[l.event].start);
        year.iter().copied().filter(move |l| l.passes(hosts))
    }
}

/// Completed events of a type other than connector session, in VMS's order. No type, no counting: the test is SQL's.
fn counted(data: &Dataset) -> Vec<Ix<Event>> {
    let counts = |ix: &Ix<Event>| {
        let event = &data.events[*ix];
        event.status == EventStatus::Completed && event.event_type.is_some_and(|t| t != EventType::ConnectorSession)
    };
    let mut events: Vec<_> = data.events.positions().filter(counts).collect();
    events.sort_by(|a, b| order(&data.events[*a]).cmp(&order(&data.events[*b])));
    events
}

/// The order in which VMS reads events, its index being on status, start and type.
fn order(event: &Event) -> (&str, Option<&'static str>, i64) {
    (event.start.text(), event.event_type.map(EventType::stored), event.id)
}

/// A subject to which an event belongs; of several rules the one that makes it a base event comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    subject: usize,
    base: Reverse<bool>,
}

fn base(subject: usize) -> Match {
    let base = Reverse(true);
    Match { subject, base }
}

fn detail(subject: usize) -> Match {
    let base = Reverse(false);
    Match { subject, base }
}

/// The rules, prepared for one pass over the events.
struct Matcher<'a> {
    data: &'a Dataset,
    /// Rules a and b: the subject that a district row is.
    own: HashMap<Ix<District>, usize>,
    /// Rule f: the subjects of whose aliases the row's name contains one.
    namesakes: HashMap<Ix<District>, Vec<usize>>,
    /// Rules c, d, e and h.
    partner: Texts<'a>,
    /// Rule g.
    title: Texts<'a>,
}

impl<'a> Matcher<'a> {
    fn new(data: &'a Dataset, subjects: &'a [Subject<'a>]) -> Self {
        let schools = |of: &Subject<'_>| data.schools_of(of.row).map(|school| &*data.schools[school].name);
        let mut partner = Vec::new();
        let mut title = Vec::new();
        let mut alias = Vec::new();
        let shortened: Vec<_> = subjects.iter().map(|s| shortened(&data.districts[s.row])).collect();
        for (i, subject) in subjects.iter().enumerate() {
            let aliases = subject.listed.aliases.iter().map(String::as_str);
            partner.extend(schools(subject).map(|name| (name, base(i))));
            partner.push((&*data.districts[subject.row].name, base(i)));
            partner.extend(aliases.clone().map(|alias| (alias, base(i))));
            partner.push((&shortened[i], detail(i)));
            title.extend(schools(subject).map(|name| (name, detail(i))));
            alias.extend(aliases.map(|alias| (alias, i)));
        }
        let alias = Needles::new(alias);
        let namesakes = |row| (row, alias.found_in(&data.districts[row].name));
        Self {
            data,
            own: subjects.iter().enumerate().map(|(i, s)| (s.row, i)).collect(),
            namesakes: data.districts.positions().map(namesakes).collect(),
            partner: Texts::new(Needles::new(partner)),
            title: Texts::new(Needles::new(title)),
        }
    }

    /// The subjects to which an event belongs, each once.
    fn districts_of(&mut self, ix: Ix<Event>) -> Vec<Match> {
        let event = &self.data.events[ix];
        let mut found = Vec::new();
        for linked in self.data.districts_of(ix) {
            found.extend(self.own.get(&linked).map(|i| base(*i)));
            found.extend(self.namesakes[&linked].iter().map(|i| base(*i)));
        }
        let school = event.school.as_deref().and_then(|id| self.data.school(id));
        let district = school.and_then(|school| self.data.schools[school].district);
        found.extend(district.and_then(|row| self.own.get(&row)).map(|i| base(*i)));
        if let Some(partner) = &event.district_partner {
            found.extend_from_slice(self.partner.matches(partner));
        }
        found.extend_from_slice(self.title.matches(&event.title));
        found.sort_unstable();
        found.dedup_by_key(|m| m.subject);
        found
    }
}

/// A district's name as rule h looks for it.
fn shortened(district: &District) -> String {
    district.name.replace(" School District", "")
}

/// Needles whose answer for a text is kept: partners and titles repeat.
struct Texts<'a> {
    needles: Needles<Match>,
    known: HashMap<&'a str, Vec<Match>>,
}

impl<'a> Texts<'a> {
    fn new(needles: Needles<Match>) -> Self {
        Self { needles, known: HashMap::new() }
    }

    fn matches(&mut self, text: &'a str) -> &[Match] {
        self.known.entry(text).or_insert_with(|| self.needles.found_in(text))
    }
}
