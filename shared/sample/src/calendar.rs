//! When things happen: seasons, school years, and the stamps around their borders.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::rng::Rng;

/// How busy each month is, January first, in twelfths of the busiest.
const SEASON: [u64; 12] = [10, 11, 11, 10, 5, 2, 1, 4, 10, 12, 10, 5];

/// Usual starting times. VMS keeps digits as imported, so the zone is anybody's guess.
const START_TIMES: [(i8, i8); 13] = [
    (8, 0),
    (8, 30),
    (9, 0),
    (9, 15),
    (10, 0),
    (10, 30),
    (11, 45),
    (12, 0),
    (13, 0),
    (13, 30),
    (14, 15),
    (15, 0),
    (18, 0),
];

/// Days before 1 August, and times of that day, which VMS's year filters tell apart: a school year ends at the first
/// instant of 31 July, a virtual year one second before its end.
const BORDERS: [(i32, i8, i8, i8, i32); 7] = [
    (2, 23, 59, 59, 999_999_000),
    (1, 0, 0, 0, 0),
    (1, 0, 0, 0, 1_000),
    (1, 0, 0, 1, 0),
    (1, 23, 59, 59, 0),
    (1, 23, 59, 59, 500_000_000),
    (0, 0, 0, 0, 0),
];

/// How far ahead anything is planned, in days.
const HORIZON: i64 = 160;

/// The time the sample covers: the current school year up to today, the three before it, and what is planned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar {
    /// 1 August of the first school year.
    pub(crate) first: Date,
    /// The day the sample is built around.
    pub(crate) today: Date,
}

impl Calendar {
    /// The calendar around a moment; refuses moments at the very beginning of known time.
    pub(crate) fn new(as_of: Timestamp) -> Result<Self, jiff::Error> {
        let today = as_of.to_zoned(TimeZone::UTC).date();
        let first = Date::new(school_year_start(today) - 3, 8, 1)?;
        Ok(Self { first, today })
    }

    /// Days from the first day to `date`.
    pub(crate) fn day_of(self, date: Date) -> i64 {
        i64::from((date - self.first).get_days())
    }

    /// The date `day` days after the first one.
    pub(crate) fn date(self, day: i64) -> Date {
        plus_days(self.first, day)
    }

    /// How many days lie between the first day and today.
    pub(crate) fn days(self) -> i64 {
        self.day_of(self.today)
    }

    /// `moment`, or the beginning of today if that is earlier: nothing was noted in the future.
    pub(crate) fn noted(self, moment: DateTime) -> DateTime {
        moment.min(self.today.to_datetime(Time::midnight()))
    }

    /// A moment before today, seldom in summer or at a weekend.
    pub(crate) fn past(self, rng: &mut Rng) -> DateTime {
        self.in_season(rng, 0, self.days() - 1)
    }

    /// A moment after today.
    pub(crate) fn upcoming(self, rng: &mut Rng) -> DateTime {
        self.in_season(rng, self.days() + 1, self.days() + HORIZON)
    }

    /// The moments around each border between two years up to now, oldest first.
    pub(crate) fn border_moments(self) -> Vec<DateTime> {
        let augusts = (0..4).map(|year| self.first.saturating_add(Span::new().years(year)));
        augusts.flat_map(|august| BORDERS.map(|border| border_moment(august, border))).collect()
    }

    fn in_season(self, rng: &mut Rng, from: i64, to: i64) -> DateTime {
        loop {
            let date = self.date(rng.between(from, to));
            let season = SEASON[usize::from(date.month().unsigned_abs()) - 1];
            let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            let wanted = rng.below(12) < season;
            if wanted && (!weekend || rng.percent(8)) {
                return date.to_datetime(start_time(rng));
            }
        }
    }
}

fn start_time(rng: &mut Rng) -> Time {
    if rng.percent(3) {
        return Time::midnight();
    }
    let (hour, minute) = rng.pick(&START_TIMES);
    Time::constant(hour, minute, 0, 0)
}

fn border_moment(august: Date, (days_before, hour, minute, second, nanosecond): (i32, i8, i8, i8, i32)) -> DateTime {
    let time = Time::constant(hour, minute, second, nanosecond);
    plus_days(august, -i64::from(days_before)).to_datetime(time)
}

/// The year in which the school year of `date` started: years turn on 1 August.
pub(crate) fn school_year_start(date: Date) -> i16 {
    if date.month() < 8 { date.year() - 1 } else { date.year() }
}

/// `date` moved by some days, and kept within what a date can be.
pub(crate) fn plus_days(date: Date, days: i64) -> Date {
    date.saturating_add(Span::new().days(days))
}

/// `moment` moved by some minutes.
pub(crate) fn plus_minutes(moment: DateTime, minutes: i64) -> DateTime {
    moment.saturating_add(Span::new().minutes(minutes))
}

/// A moment as VMS stores it: 26 characters, always six digits of fraction.
pub(crate) fn stamp(moment: DateTime) -> String {
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second(),
        moment.subsec_nanosecond() / 1_000
    )
}

/// The first instant of a day, as VMS stores it.
pub(crate) fn midnight_stamp(date: Date) -> String {
    stamp(date.to_datetime(Time::midnight()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(as_of: &str) -> Calendar {
        Calendar::new(as_of.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_first_day_is_three_school_years_before_the_current_one() {
        assert_eq!(calendar("2026-07-31T23:00:00Z").first.to_string(), "2022-08-01");
        assert_eq!(calendar("2026-08-01T00:00:00Z").first.to_string(), "2023-08-01");
    }

    #[test]
    fn stamps_have_twenty_six_characters() {
        let moments = calendar("2026-03-15T12:00:00Z").border_moments();
        assert_eq!(moments.len(), 28);
        assert_eq!(stamp(moments[2]), "2022-07-31 00:00:00.000001");
        assert!(moments.iter().all(|moment| stamp(*moment).len() == 26));
    }

    #[test]
    fn past_is_before_today_and_upcoming_after() {
        let (calendar, mut rng) = (calendar("2026-08-01T12:00:00Z"), Rng::new(1, "calendar"));
        for _ in 0..500 {
            assert!(calendar.past(&mut rng).date() < calendar.today);
            assert!(calendar.upcoming(&mut rng).date() > calendar.today);
        }
    }

    #[test]
    fn moments_before_known_time_are_refused() {
        assert!(Calendar::new(Timestamp::MIN).is_err());
    }
}
