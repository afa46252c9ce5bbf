//! Which events lie in a school year.

use vms_core::SchoolYear;
use vms_source::{Dataset, Event, Ix, Stamp};

/// A school year's bounds as VMS binds them: texts, both inclusive, the last one midnight at the *start* of 31 July
/// (quirk B1). Stored texts are compared with them as texts.
#[derive(Debug, Clone)]
pub struct SchoolYearBounds {
    first: String,
    last: String,
}

impl SchoolYearBounds {
    /// The bounds of a school year.
    pub fn of(year: SchoolYear) -> Self {
        Self { first: year.first_stamp(), last: year.last_stamp() }
    }

    /// Whether the stamp lies in the year.
    pub fn contains(&self, stamp: &Stamp) -> bool {
        stamp.is_within(&self.first, &self.last)
    }

    /// The part of a list, sorted by the stamps' texts, that lies in the year.
    pub fn part_of<'a, T>(&self, sorted: &'a [T], stamp: impl Fn(&T) -> &'a Stamp) -> &'a [T] {
        let start = sorted.partition_point(|t| stamp(t).text() < self.first.as_str());
        let end = sorted.partition_point(|t| stamp(t).text() <= self.last.as_str());
        &sorted[start..end.max(start)]
    }
}

/// The events of a school year, each asked once: reports ask again for every participation.
pub struct EventsOfYear(Vec<bool>);

impl EventsOfYear {
    /// Looks at every event.
    pub fn new(data: &Dataset, year: SchoolYear) -> Self {
        let bounds = SchoolYearBounds::of(year);
        Self(data.events.iter().map(|e| bounds.contains(&e.start)).collect())
    }

    /// Whether the event lies in the year.
    pub fn contains(&self, event: Ix<Event>) -> bool {
        self.0[event.get()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;
    use vms_core::CacheType;

    #[test]
    fn a_school_year_ends_at_the_first_moment_of_31_july() {
        let db = Fixture::empty();
        let starts = [
            ("2025-07-31 00:00", false), // in the year before
            ("2025-07-31 09:00", false), // in no year
            ("2025-08-01 00:00", true),
            ("2026-07-30 23:59", true),
            ("2026-07-31 00:00", true),
            ("2026-07-31 00:01", false),
            ("2026-08-01 00:00", false),
        ];
        for (start, id) in starts.iter().zip(1..) {
            db.event(id, "Fair", "CAREER_FAIR", start.0);
        }
        let data = db.load(CacheType::District, false);
        let year = SchoolYearBounds::of("2526".parse().unwrap());
        let events: Vec<_> = data.events.iter().collect();
        let inside: Vec<_> = events.iter().map(|e| year.contains(&e.start)).collect();
        assert_eq!(inside, starts.map(|s| s.1));
        let ids: Vec<_> = year.part_of(&events, |e| &e.start).iter().map(|e| e.id).collect();
        assert_eq!(ids, [3, 4, 5]);
    }
}
