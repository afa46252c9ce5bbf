//! When refreshes start by themselves: at 02:00 every night, and a sweep at half past every hour.

use crate::env::{ConfigError, Env};
use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use std::fmt;

/// The nightly rule: 02:00 in a zone, UTC unless the environment says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nightly {
    zone: TimeZone,
}

impl Default for Nightly {
    fn default() -> Self {
        Self { zone: TimeZone::UTC }
    }
}

impl Nightly {
    /// Reads `SCHEDULE_TIMEZONE`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(env.zone("SCHEDULE_TIMEZONE")?.map_or_else(Self::default, |zone| Self { zone }))
    }

    /// When it last fired. In a night that has no 02:00 the rule fires not at all; what is told then is the time at
    /// which it was due, so that the sweep makes up for it.
    pub fn last(&self, now: Timestamp) -> Timestamp {
        let today = self.of_day(now, 0);
        if today <= now { today } else { self.of_day(now, -1) }
    }

    /// When it fires next.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let today = self.of_day(now, 0);
        if today > now { today } else { self.of_day(now, 1) }
    }

    /// 02:00 of a day as many days from that of `now`; 03:00 where clocks skip that hour.
    fn of_day(&self, now: Timestamp, days: i64) -> Timestamp {
        let date = now.to_zoned(self.zone.clone()).date().checked_add(days.days());
        let two = date.and_then(|date| date.to_datetime(time(2, 0, 0, 0)).to_zoned(self.zone.clone()));
        // A calendar ends nine thousand years from here.
        two.map_or(now, |two| two.timestamp())
    }
}

/// Such as `02:00 America/Chicago`.
impl fmt::Display for Nightly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "02:00 {}", self.zone.iana_name().unwrap_or("UTC"))
    }
}

/// The next half past an hour: when the sweep looks.
pub fn next_sweep(now: Timestamp) -> Timestamp {
    let (hour, half) = (SignedDuration::from_hours(1), SignedDuration::from_mins(30));
    let begun = (now.as_second() - half.as_secs()).div_euclid(hour.as_secs()) * hour.as_secs();
    Timestamp::from_second(begun).map_or(now, |begun| begun + hour + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn nights_are_at_two_o_clock_and_sweeps_at_half_past() {
        let utc = Nightly::default();
        for (now, last, next, sweep) in [
            ("2026-03-15T12:00:00Z", "2026-03-15T02:00:00Z", "2026-03-16T02:00:00Z", "2026-03-15T12:30:00Z"),
            ("2026-03-15T02:00:00Z", "2026-03-15T02:00:00Z", "2026-03-16T02:00:00Z", "2026-03-15T02:30:00Z"),
            ("2026-03-15T01:59:59Z", "2026-03-14T02:00:00Z", "2026-03-15T02:00:00Z", "2026-03-15T02:30:00Z"),
            ("2026-03-15T23:30:00Z", "2026-03-15T02:00:00Z", "2026-03-16T02:00:00Z", "2026-03-16T00:30:00Z"),
        ] {
            assert_eq!((utc.last(at(now)), utc.next(at(now))), (at(last), at(next)), "{now}");
            assert_eq!(next_sweep(at(now)), at(sweep), "{now}");
        }
        assert_eq!(utc.to_string(), "02:00 UTC");
    }

    #[test]
    fn in_a_zone_nights_follow_its_clocks_and_the_one_without_two_o_clock_is_due_at_three() {
        let chicago = Nightly::from_env(&Env::new(&|_| Some("America/Chicago".to_owned()))).unwrap();
        for (now, last, next) in [
            ("2026-01-15T12:00:00Z", "2026-01-15T08:00:00Z", "2026-01-16T08:00:00Z"),
            ("2026-01-15T02:00:00Z", "2026-01-14T08:00:00Z", "2026-01-15T08:00:00Z"),
            ("2026-03-08T07:59:59Z", "2026-03-07T08:00:00Z", "2026-03-08T08:00:00Z"),
            ("2026-03-08T08:00:00Z", "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
            ("2026-11-01T12:00:00Z", "2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z"),
        ] {
            assert_eq!((chicago.last(at(now)), chicago.next(at(now))), (at(last), at(next)), "{now}");
        }
        assert_eq!(chicago.to_string(), "02:00 America/Chicago");
    }

    #[test]
    fn a_zone_that_nobody_knows_is_refused_by_name() {
        let error = Nightly::from_env(&Env::new(&|_| Some("Kansas".to_owned()))).unwrap_err();
        assert_eq!(error.to_string(), "SCHEDULE_TIMEZONE: expects a time zone such as America/Chicago");
    }
}
