//! The recruitment family: candidates per event, and the upcoming DIA events.
//!
//! Planned are the events that VMS's picker offers: the 50 that start next and the 50 that started last, by the UTC
//! clock held against stored stamps as text; of equal stamps the lower id comes first. What all of them look for is
//! looked for once, see `pool`.

mod candidates;
mod card;
mod dia_events;
mod json;
mod keywords;
mod pool;
// Tables are read as tables: several words to a line.
#[rustfmt::skip]
mod tables;

#[cfg(test)]
mod tests;

use crate::{BuildError, Built, Settings};
use candidates::Candidates;
use dia_events::DiaEvents;
use keywords::{Keyword, Keywords, Subject};
use pool::Pool;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use vms_core::{AsOf, ReportKey};
use vms_source::{Dataset, Event, Ix};

/// How many upcoming and how many recent events the picker offers.
const OFFERED: usize = 50;

/// The reports of this family over one dataset.
pub struct Reports<'a> {
    data: &'a Dataset,
    as_of: &'a AsOf,
    picker: Vec<Ix<Event>>,
    /// For the keywords of all events of the picker, made when the first of them is built.
    pool: OnceLock<Pool<'a>>,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(data: &'a Dataset, as_of: &'a AsOf, _settings: &'a Settings) -> Self {
        Self { data, as_of, picker: picker(data, as_of), pool: OnceLock::new() }
    }

    pub(crate) fn plan(&self) -> Vec<ReportKey> {
        let candidates =
            self.picker.iter().map(|e| ReportKey::RecruitmentCandidates { event: self.data.events[*e].id });
        candidates.chain([ReportKey::RecruitmentDiaEvents]).collect()
    }

    pub(crate) fn build(&self, key: &ReportKey) -> Result<Built, BuildError> {
        match key {
            ReportKey::RecruitmentCandidates { event } => {
                let ix = self.data.events.find(*event).ok_or(BuildError::NoSubject)?;
                self.candidates(ix)
            }
            ReportKey::RecruitmentDiaEvents => {
                Built::new("Upcoming DIA events".to_owned(), &DiaEvents::of(self.data, self.as_of))
            }
            _ => Err(BuildError::NoSubject),
        }
    }

    /// An event outside the picker gets a pool of its own.
    fn candidates(&self, ix: Ix<Event>) -> Result<Built, BuildError> {
        let (event, keywords) = (&self.data.events[ix], self.keywords(ix));
        let of = |pool: &Pool<'_>| {
            let title = format!("Recruitment candidates for event {}", event.id);
            let candidates = Candidates::of(pool, event, &keywords);
            Ok(Built { title, json: candidates.json()?, rows: candidates.rows() })
        };
        if self.picker.contains(&ix) {
            of(self.pool.get_or_init(|| self.pool_of_the_picker()))
        } else {
            of(&Pool::new(self.data, self.as_of, keywords.clone()))
        }
    }

    fn pool_of_the_picker(&self) -> Pool<'a> {
        let keywords = self.picker.iter().flat_map(|e| self.keywords(*e));
        Pool::new(self.data, self.as_of, keywords.collect())
    }

    fn keywords(&self, event: Ix<Event>) -> BTreeSet<Keyword> {
        Keywords::of(&Subject::of(self.data, event)).all()
    }
}

/// The events that VMS offers to recruit for: upcoming, soonest first, then recent, latest first.
fn picker(data: &Dataset, as_of: &AsOf) -> Vec<Ix<Event>> {
    let now = as_of.utc_stamp();
    let start = |e: &Ix<Event>| data.events[*e].start.text();
    let (mut upcoming, mut recent): (Vec<_>, Vec<_>) = data.events.positions().partition(|e| start(e) >= now.as_str());
    // Positions run by id, and the sorts are stable.
    upcoming.sort_by(|a, b| start(a).cmp(start(b)));
    recent.sort_by(|a, b| start(b).cmp(start(a)));
    upcoming.truncate(OFFERED);
    recent.truncate(OFFERED);
    upcoming.extend(recent);
    upcoming
}
