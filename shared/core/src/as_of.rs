//! The moment for which reports are computed: the only "now" that a report knows.

use crate::years::{SchoolYear, VirtualYear};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// An as-of time outside the years that a school year key can name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an as-of time lies between 2001 and 2098")]
pub struct AsOfError;

/// An instant and the time zone whose calendar decides the school year.
#[derive(Debug, Clone)]
pub struct AsOf {
    instant: Timestamp,
    zone: TimeZone,
}

impl AsOf {
    /// An as-of time in the zone of the schools.
    pub fn new(instant: Timestamp, zone: TimeZone) -> Result<Self, AsOfError> {
        let year = instant.to_zoned(TimeZone::UTC).year();
        if (2001..=2098).contains(&year) { Ok(Self { instant, zone }) } else { Err(AsOfError) }
    }

    /// The instant itself.
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// The calendar day where the schools are.
    pub fn local_date(&self) -> Date {
        self.instant.to_zoned(self.zone.clone()).date()
    }

    /// The UTC clock, which VMS holds against naive stamps in its windows and pickers.
    pub fn utc(&self) -> DateTime {
        self.instant.to_zoned(TimeZone::UTC).datetime()
    }

    /// The UTC clock as the text that VMS binds: `YYYY-MM-DD HH:MM:SS.ffffff`.
    pub fn utc_stamp(&self) -> String {
        stamp(self.utc())
    }

    /// The UTC clock `days` days earlier, as the text that VMS binds.
    pub fn utc_stamp_days_before(&self, days: i64) -> String {
        let earlier = self.instant - SignedDuration::from_hours(24 * days);
        stamp(earlier.to_zoned(TimeZone::UTC).datetime())
    }

    /// The school years of a plan, newest first: `count` of them back from the current one.
    ///
    /// Current are the years of this moment and of the moment a day later: a nightly run at 02:00 UTC
    /// on 1 August still sees 31 July in Chicago, and the readers of the morning want the new year.
    pub fn school_years(&self, count: u8) -> Vec<SchoolYear> {
        let tomorrow = self.instant + SignedDuration::from_hours(24);
        let mut current = vec![SchoolYear::containing(tomorrow.to_zoned(self.zone.clone()).date())];
        let mut oldest = SchoolYear::containing(self.local_date());
        if current[0] != oldest {
            current.push(oldest);
        }
        for _ in 1..count.max(1) {
            oldest = oldest.previous();
            current.push(oldest);
        }
        current
    }

    /// The virtual years of a plan: the same Augusts as [`AsOf::school_years`].
    pub fn virtual_years(&self, count: u8) -> Vec<VirtualYear> {
        self.school_years(count).into_iter().map(VirtualYear::of).collect()
    }
}

fn stamp(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chicago(instant: &str) -> AsOf {
        AsOf::new(instant.parse().unwrap(), TimeZone::get("America/Chicago").unwrap()).unwrap()
    }

    #[test]
    fn the_plan_around_the_end_of_july_holds_both_years() {
        for (instant, years) in [
            ("2026-03-15T12:00:00Z", "2526 2425"),
            ("2026-07-31T04:59:59Z", "2526 2425"), // 30 July, 23:59:59 in Chicago
            ("2026-07-31T05:00:00Z", "2627 2526 2425"), // 31 July, midnight: tomorrow is August
            ("2026-08-01T00:30:00Z", "2627 2526 2425"), // still 31 July there
            ("2026-08-01T04:59:59Z", "2627 2526 2425"),
            ("2026-08-01T05:00:00Z", "2627 2526"),
        ] {
            let plan: Vec<_> = chicago(instant).school_years(2).iter().map(ToString::to_string).collect();
            assert_eq!(plan.join(" "), years, "{instant}");
            let virtual_years = chicago(instant).virtual_years(2);
            assert!(virtual_years.iter().map(|y| y.school_year().to_string()).eq(plan), "{instant}");
        }
    }

    #[test]
    fn the_first_hours_of_august_utc_are_still_july_in_chicago() {
        assert_eq!(chicago("2026-08-01T00:30:00Z").local_date().to_string(), "2026-07-31");
        assert_eq!(chicago("2026-08-01T05:00:00Z").local_date().to_string(), "2026-08-01");
    }

    #[test]
    fn stamps_are_the_utc_clock_in_the_stored_form() {
        let as_of = chicago("2026-03-15T12:00:00.5Z");
        assert_eq!(as_of.instant().to_string(), "2026-03-15T12:00:00.5Z");
        assert_eq!(as_of.utc_stamp(), "2026-03-15 12:00:00.500000");
        assert_eq!(as_of.utc_stamp_days_before(365), "2025-03-15 12:00:00.500000");
    }

    #[test]
    fn a_time_that_no_school_year_key_can_name_is_refused() {
        let zone = TimeZone::UTC;
        assert!(AsOf::new("1999-01-01T00:00:00Z".parse().unwrap(), zone.clone()).is_err());
        assert!(AsOf::new("2099-01-01T00:00:00Z".parse().unwrap(), zone).is_err());
    }
}
