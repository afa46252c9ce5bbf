//! Which events belong to which district: eight rules, a to h.
//!
//! Two sets per district: the *base* events (a to f: linked, held at a school, partner named like a school, like the
//! district or like an alias, linked to a district named like an alias) and the *detail* events (those, and g and h:
//! a title that names a school, a partner that has the district's name without ` School District`).
//!
//! VMS looks for the district twice: for the base events by Salesforce id, for the detail events, and for the row under
//! which it files the report, by name. Mostly both find one row, and every base event is a detail event (D5).
//!
//! Quirks kept: D6 (two sets), D7 (not one event where `event_districts` has no row at all), D8 (a teacher's school
//! does not tie a virtual session to its district), D9 and D10 (names are substrings, `%` and `_` in them wildcards,
//! an empty school name is in every text).
//!
//! Cost: the events are sorted once; each distinct partner text and each distinct title is read once by an automaton
//! over all districts' names at once (names with wildcards, rare, are tried one by one); links and schools are looked
//! up. That is linear in events and texts, whatever the number of schools. A report then takes its year as a slice.

use super::list::{DistrictList, ListedDistrict};
use crate::rules::needles::Needles;
use crate::rules::text::Contains;
use crate::rules::years::SchoolYearBounds;
use std::collections::{HashMap, HashSet};
use vms_core::{HostFilter, SchoolYear};
use vms_source::{Dataset, District, Event, EventStatus, EventType, Ix};

/// A district of the list that the database has.
pub(crate) struct Subject<'a> {
    /// What the list says.
    pub(crate) listed: &'a ListedDistrict,
    /// The row with its Salesforce id: that of the base events.
    pub(crate) row: Ix<District>,
    /// The row with its name: that of the detail events, and of the year-end report's key. Where no row has the name
    /// it is `row`, unless another district is filed there.
    pub(crate) named: Option<Ix<District>>,
}

/// The listed districts that exist, in the list's order; of several rows with one Salesforce id or name the first.
pub(crate) fn subjects<'a>(data: &Dataset, list: &'a DistrictList) -> Vec<Subject<'a>> {
    let mut by_salesforce_id: HashMap<&str, Ix<District>> = HashMap::new();
    let mut by_name: HashMap<&str, Ix<District>> = HashMap::new();
    for row in data.districts.positions() {
        let district = &data.districts[row];
        by_name.entry(&district.name).or_insert(row);
        if let Some(id) = &district.salesforce_id {
            by_salesforce_id.entry(id).or_insert(row);
        }
    }
    let subject = |listed: &'a ListedDistrict| {
        let row = *by_salesforce_id.get(listed.salesforce_id.as_str())?;
        Some(Subject { listed, row, named: by_name.get(listed.name.as_str()).copied() })
    };
    let mut subjects: Vec<_> = list.districts().iter().filter_map(subject).collect();
    let taken: HashSet<_> = subjects.iter().filter_map(|s| s.named).collect();
    for subject in &mut subjects {
        subject.named = subject.named.or(Some(subject.row).filter(|row| !taken.contains(row)));
    }
    subjects
}

/// An event of a district.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linked {
    /// The event.
    pub(crate) event: Ix<Event>,
    /// In which of the district's sets it is.
    pub(crate) sets: Sets,
    prepkc: bool,
}

impl Linked {
    /// Whether the filter lets the event through.
    pub(crate) fn passes(self, hosts: HostFilter) -> bool {
        hosts == HostFilter::All || self.prepkc
    }
}

/// Base events, detail events, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sets {
    /// Whether it is a base event.
    pub(crate) base: bool,
    /// Whether it is a detail event.
    pub(crate) detail: bool,
}

impl Sets {
    const BASE: Self = Self { base: true, detail: false };
    const DETAIL: Self = Self { base: false, detail: true };
    const BOTH: Self = Self { base: true, detail: true };

    fn and(self, other: Self) -> Self {
        Self { base: self.base || other.base, detail: self.detail || other.detail }
    }
}

/// The counted events of every subject, all years.
pub(crate) struct DistrictEvents {
    /// By subject: events of either set by start, type name and id, VMS's order.
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
                for Match { subject, sets } in matcher.districts_of(ix) {
                    of[subject].push(Linked {
                        event: ix,
                        sets,
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

/// A subject to which an event belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    subject: usize,
    sets: Sets,
}

/// The rows that a subject has, each with the sets that it decides.
fn rows(subject: &Subject<'_>) -> impl Iterator<Item = (Ix<District>, Sets)> {
    let named = subject.named.filter(|named| *named != subject.row);
    let own = if subject.named == Some(subject.row) { Sets::BOTH } else { Sets::BASE };
    [(subject.row, own)].into_iter().chain(named.map(|named| (named, Sets::DETAIL)))
}

/// The rules, prepared for one pass over the events.
struct Matcher<'a> {
    data: &'a Dataset,
    /// Rules a and b: the subjects that a district row is.
    own: HashMap<Ix<District>, Vec<Match>>,
    /// Rule f: the subjects of whose aliases the row's name contains one.
    namesakes: HashMap<Ix<District>, Vec<usize>>,
    /// Rules c, d, e and h.
    partner: Texts<'a>,
    /// Rule g.
    title: Texts<'a>,
}

impl<'a> Matcher<'a> {
    fn new(data: &'a Dataset, subjects: &'a [Subject<'a>]) -> Self {
        let mut own: HashMap<_, Vec<Match>> = HashMap::new();
        let (mut partner, mut title, mut alias) = (Vec::new(), Vec::new(), Vec::new());
        let shortened: Vec<_> = subjects.iter().map(|s| s.named.map(|row| shortened(&data.districts[row]))).collect();
        for (i, subject) in subjects.iter().enumerate() {
            let of = |sets| Match { subject: i, sets };
            for (row, sets) in rows(subject) {
                own.entry(row).or_default().push(of(sets));
                let schools = || data.schools_of(row).map(|school| &*data.schools[school].name);
                partner.extend(schools().map(|name| (name, of(sets))));
                partner.push((&*data.districts[row].name, of(sets)));
                if sets.detail {
                    title.extend(schools().map(|name| (name, of(Sets::DETAIL))));
                }
            }
            partner.extend(shortened[i].iter().map(|name| (name.as_str(), of(Sets::DETAIL))));
            for name in &subject.listed.aliases {
                partner.push((name, of(Sets::BOTH)));
                alias.push((name.as_str(), i));
            }
        }
        let alias = Needles::new(alias);
        let namesakes = |row| (row, alias.found_in(&data.districts[row].name));
        Self {
            data,
            own,
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
            found.extend_from_slice(self.own(linked));
            found.extend(self.namesakes[&linked].iter().map(|i| Match { subject: *i, sets: Sets::BOTH }));
        }
        let school = event.school.as_deref().and_then(|id| self.data.school(id));
        if let Some(row) = school.and_then(|school| self.data.schools[school].district) {
            found.extend_from_slice(self.own(row));
        }
        if let Some(partner) = &event.district_partner {
            found.extend_from_slice(self.partner.matches(partner));
        }
        found.extend_from_slice(self.title.matches(&event.title));
        found.sort_unstable();
        found.dedup_by(|next, kept| {
            let same = next.subject == kept.subject;
            if same {
                kept.sets = kept.sets.and(next.sets);
            }
            same
        });
        found
    }

    fn own(&self, row: Ix<District>) -> &[Match] {
        self.own.get(&row).map_or(&[], Vec::as_slice)
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
