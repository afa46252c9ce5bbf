//! When refreshes start by themselves: 02:00 UTC every night, and a sweep at half past every hour.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The latest 02:00 UTC that has passed: when the nightly rule last fired.
pub fn last_night(now: Timestamp) -> Timestamp {
    let since = (now - SignedDuration::from_hours(2)).to_zoned(TimeZone::UTC);
    let midnight = since.start_of_day().map_or(now, |day| day.timestamp());
    midnight + SignedDuration::from_hours(2)
}

/// The next 02:00 UTC; UTC has no missing hour, and no day of another length.
pub fn next_night(now: Timestamp) -> Timestamp {
    last_night(now) + SignedDuration::from_hours(24)
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

    #[test]
    fn nights_are_at_two_o_clock_utc_and_sweeps_at_half_past() {
        for (now, last, next, sweep) in [
            ("2026-03-15T12:00:00Z", "2026-03-15T02:00:00Z", "2026-03-16T02:00:00Z", "2026-03-15T12:30:00Z"),
            ("2026-03-15T02:00:00Z", "2026-03-15T02:00:00Z", "2026-03-16T02:00:00Z", "2026-03-15T02:30:00Z"),
            ("2026-03-15T01:59:59Z", "2026-03-14T02:00:00Z", "2026-03-15T02:00:00Z", "2026-03-15T02:30:00Z"),
            ("2026-03-15T23:30:00Z", "2026-03-15T02:00:00Z", "2026-03-16T02:00:00Z", "2026-03-16T00:30:00Z"),
        ] {
            let at = |text: &str| text.parse::<Timestamp>().unwrap();
            assert_eq!((last_night(at(now)), next_night(at(now))), (at(last), at(next)), "{now}");
            assert_eq!(next_sweep(at(now)), at(sweep), "{now}");
        }
    }
}
