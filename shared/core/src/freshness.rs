//! Freshness: the one rule by which reader, page, health, command line and metrics judge a report.

use crate::env::{ConfigError, Env};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The state of a report for its reader, from best to worst; `Archived` stands outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Within its age limit.
    Fresh,
    /// Just over it: a nightly run takes time, and nobody need be called for that.
    Aging,
    /// Over the limit and its grace.
    Stale,
    /// There is no good version.
    Missing,
    /// Of a year that left the plan: kept as it is, outside freshness and alarms.
    Archived,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Fresh, Self::Aging, Self::Stale, Self::Missing, Self::Archived];

    /// The name in headers, JSON and filters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Aging => "aging",
            Self::Stale => "stale",
            Self::Missing => "missing",
            Self::Archived => "archived",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for State {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or("a state is fresh, aging, stale, missing or archived")
    }
}

/// The age limits, read once from the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshnessLimits {
    /// A report is fresh up to this age (`MAX_CACHE_AGE_HOURS`).
    pub max_age: SignedDuration,
    /// It ages for so long before it is stale (`CACHE_AGE_GRACE_HOURS`).
    pub grace: SignedDuration,
    /// Its source is fresh up to this age (`MAX_SOURCE_AGE_HOURS`); `None` where the limit is off.
    pub max_source_age: Option<SignedDuration>,
}

impl Default for FreshnessLimits {
    fn default() -> Self {
        Self {
            max_age: SignedDuration::from_hours(24),
            grace: SignedDuration::from_hours(2),
            max_source_age: Some(SignedDuration::from_hours(26)),
        }
    }
}

/// The instants of an entry that freshness looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When the report was last confirmed against its source.
    pub last_updated: Timestamp,
    /// When that source was copied from VMS.
    pub source_taken_at: Timestamp,
    /// Its subject vanished from the plan.
    pub retired: bool,
    /// Its year left the plan.
    pub archived: bool,
}

/// A judgement: the state, and the two ages that it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// The worse of the two ages' states.
    pub state: State,
    /// Time since the report was confirmed; never negative.
    pub age: SignedDuration,
    /// Time since its source was copied from VMS; never negative.
    pub source_age: SignedDuration,
    /// The state is the source's doing: the report itself would be in a better one.
    pub because_of_source: bool,
}

impl FreshnessLimits {
    /// Reads the limits, all of them in hours; a source limit of 0 is off.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let hours = |n: u32| SignedDuration::from_hours(i64::from(n));
        let source = env.number("MAX_SOURCE_AGE_HOURS", 26, 0..=87_600)?;
        Ok(Self {
            max_age: hours(env.number("MAX_CACHE_AGE_HOURS", 24, 1..=8760)?),
            grace: hours(env.number("CACHE_AGE_GRACE_HOURS", 2, 0..=8760)?),
            max_source_age: (source > 0).then(|| hours(source)),
        })
    }

    /// Judges the times of an entry at `now`.
    pub fn judge(&self, times: &Times, now: Timestamp) -> Freshness {
        let age = since(times.last_updated, now);
        let source_age = since(times.source_taken_at, now);
        let own = match age {
            _ if times.retired => State::Stale,
            a if a <= self.max_age => State::Fresh,
            a if a <= self.max_age + self.grace => State::Aging,
            _ => State::Stale,
        };
        let source = match self.max_source_age {
            Some(limit) if source_age > limit => State::Stale,
            _ => State::Fresh,
        };
        if times.archived {
            return Freshness { state: State::Archived, age, source_age, because_of_source: false };
        }
        Freshness { state: own.max(source), age, source_age, because_of_source: source > own }
    }

    /// How much longer a report of that age stays fresh; zero once it is not.
    pub fn remaining(&self, freshness: &Freshness) -> SignedDuration {
        match freshness.state {
            State::Fresh => {
                let own = self.max_age - freshness.age;
                self.max_source_age.map_or(own, |limit| own.min(limit - freshness.source_age))
            }
            _ => SignedDuration::ZERO,
        }
    }
}

/// Clocks of two machines differ; a time a little ahead of ours is an age of zero.
fn since(then: Timestamp, now: Timestamp) -> SignedDuration {
    now.duration_since(then).max(SignedDuration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(h: i64) -> SignedDuration {
        SignedDuration::from_hours(h)
    }

    fn state(age: SignedDuration, source_age: SignedDuration) -> (State, bool) {
        let now: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
        let times =
            Times { last_updated: now - age, source_taken_at: now - source_age, retired: false, archived: false };
        let judged = FreshnessLimits::default().judge(&times, now);
        (judged.state, judged.because_of_source)
    }

    #[test]
    fn the_worse_of_the_two_ages_decides_and_says_so() {
        let second = SignedDuration::from_secs(1);
        for (age, source_age, expected) in [
            (hours(0), hours(0), (State::Fresh, false)),
            (hours(24), hours(24), (State::Fresh, false)),
            (hours(24) + second, hours(24), (State::Aging, false)),
            (hours(26), hours(26), (State::Aging, false)),
            (hours(26) + second, hours(1), (State::Stale, false)),
            (hours(1), hours(26) + second, (State::Stale, true)),
            (hours(25), hours(27), (State::Stale, true)),
            (hours(27), hours(27), (State::Stale, false)),
            (-hours(1), -hours(1), (State::Fresh, false)),
        ] {
            assert_eq!(state(age, source_age), expected, "{age} {source_age}");
        }
    }

    #[test]
    fn a_report_stays_fresh_until_the_first_of_its_two_limits() {
        let limits = FreshnessLimits::default();
        let unlimited = FreshnessLimits { max_source_age: None, ..limits };
        let now: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
        for (limits, age, source_age, left) in
            [(limits, 10, 11, 14), (limits, 10, 20, 6), (unlimited, 10, 20, 14), (limits, 25, 1, 0), (limits, 1, 27, 0)]
        {
            let (last_updated, source_taken_at) = (now - hours(age), now - hours(source_age));
            let judged = limits.judge(&Times { last_updated, source_taken_at, retired: false, archived: false }, now);
            assert_eq!(limits.remaining(&judged), hours(left), "{age} {source_age}");
        }
    }

    #[test]
    fn limits_are_read_in_hours_and_nonsense_is_an_error_that_names_the_variable() {
        let read = |set: &'static [(&str, &str)]| {
            let value = move |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            FreshnessLimits::from_env(&Env::new(&value))
        };
        assert_eq!(read(&[]), Ok(FreshnessLimits::default()));
        let own = FreshnessLimits { max_age: hours(12), grace: hours(1), max_source_age: None };
        let set = &[("MAX_CACHE_AGE_HOURS", "12"), ("CACHE_AGE_GRACE_HOURS", "1"), ("MAX_SOURCE_AGE_HOURS", "0")];
        assert_eq!(read(set), Ok(own));
        assert_eq!(read(&[("MAX_CACHE_AGE_HOURS", "0")]).unwrap_err().variable, "MAX_CACHE_AGE_HOURS");
    }

    #[test]
    fn a_state_is_read_as_it_is_printed() {
        for state in State::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        assert!("Fresh".parse::<State>().is_err());
    }

    #[test]
    fn a_source_limit_that_is_off_never_makes_a_report_stale() {
        let now: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
        let limits = FreshnessLimits { max_source_age: None, ..FreshnessLimits::default() };
        let times = Times { last_updated: now, source_taken_at: now - hours(9000), retired: false, archived: false };
        assert_eq!(limits.judge(&times, now).state, State::Fresh);
    }

    #[test]
    fn a_retired_report_is_stale_and_an_archived_one_is_neither() {
        let now: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
        let times = Times { last_updated: now, source_taken_at: now, retired: true, archived: false };
        assert_eq!(FreshnessLimits::default().judge(&times, now).state, State::Stale);
        let old = Times { last_updated: now - hours(9000), archived: true, retired: false, ..times };
        assert_eq!(FreshnessLimits::default().judge(&old, now).state, State::Archived);
    }
}
