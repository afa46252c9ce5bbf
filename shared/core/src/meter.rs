//! What is measured, in the domain's words, and the ports by which it leaves and comes back.
//!
//! Who measures knows no CloudWatch: names, units and wires are the telemetry's. A port that fails says so in its own
//! log and nowhere else: no run and no request fails because it could not be counted.

use crate::cache_type::CacheType;
use crate::freshness::State;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A future behind a port that is chosen at run time.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a refresh that was asked for leaves to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshFigures {
    /// The type.
    pub cache_type: CacheType,
    /// When it ended.
    pub at: Timestamp,
    /// Of a run that ran.
    pub run: Option<RunFigures>,
    /// Of a sweep, whether it ran or not.
    pub sweep: Option<SweepFigures>,
}

/// A run that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunFigures {
    /// Every planned report is served as built; a partial run did not succeed.
    pub succeeded: bool,
    /// From its start to its verdict.
    pub duration: SignedDuration,
}

/// What a sweep saw of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepFigures {
    /// Age of the oldest report whose age counts; `None` where nothing was ever published.
    pub oldest_report_age: Option<SignedDuration>,
    /// Reports that wait for an operator.
    pub quarantined: u64,
    /// Age of the source; `None` where none was ever seen.
    pub source_age: Option<SignedDuration>,
}

/// Where the figures of refreshes go.
pub trait RefreshMeter: Send + Sync {
    /// Puts them where they are kept.
    fn put<'a>(&'a self, figures: &'a RefreshFigures) -> Pending<'a, ()>;
}

/// What a reader's request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A report within its limit, or just over it.
    Fresh,
    /// One that is over it.
    Stale,
    /// A planned report that is not there.
    Missed,
}

impl Seen {
    /// The name in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Missed => "missed",
        }
    }

    /// How a report of that state counts; an archived one does not, being outside freshness.
    pub fn of(state: State) -> Option<Self> {
        match state {
            State::Fresh | State::Aging => Some(Self::Fresh),
            State::Stale => Some(Self::Stale),
            State::Missing => Some(Self::Missed),
            State::Archived => None,
        }
    }
}

/// A request to the reports function that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestFigures<'a> {
    /// The id under which its log is found.
    pub request_id: &'a str,
    /// When it was answered.
    pub at: Timestamp,
    /// What its reader saw, where that counts.
    pub seen: Option<Seen>,
    /// It was answered with 5xx.
    pub failed: bool,
    /// How long its answer took.
    pub duration: Duration,
}

/// Where the figures of requests go; nobody waits for it.
pub trait RequestMeter: Send + Sync {
    /// Notes a request.
    fn note(&self, request: &RequestFigures<'_>);
}

/// Requests of some time, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestTotals {
    /// Reports that were fresh or aging.
    pub fresh: u64,
    /// Reports that were stale.
    pub stale: u64,
    /// Planned reports that were not there.
    pub missed: u64,
    /// Requests that failed.
    pub failed: u64,
    /// All requests that were not refused.
    pub requests: u64,
}

impl RequestTotals {
    /// Counts one more request.
    pub fn add(&mut self, request: &RequestFigures<'_>) {
        self.requests += 1;
        self.failed += u64::from(request.failed);
        self.fresh += u64::from(request.seen == Some(Seen::Fresh));
        self.stale += u64::from(request.seen == Some(Seen::Stale));
        self.missed += u64::from(request.seen == Some(Seen::Missed));
    }

    /// Both counts together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            fresh: self.fresh + other.fresh,
            stale: self.stale + other.stale,
            missed: self.missed + other.missed,
            failed: self.failed + other.failed,
            requests: self.requests + other.requests,
        }
    }

    /// Requests for reports that are expected to be served.
    pub fn reads(&self) -> u64 {
        self.fresh + self.stale + self.missed
    }
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Whether it rings.
    pub state: AlarmState,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Why, in CloudWatch's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether an alarm rings; what rings comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmState {
    /// It rings.
    Alarm,
    /// There is too little data to tell.
    InsufficientData,
    /// It does not.
    Ok,
}

/// What is watched could not be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not known: CloudWatch did not answer")]
pub struct NotKnown;

/// What is known of readers and alarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Requests of the last seven days.
    pub requests: Result<RequestTotals, NotKnown>,
    /// The alarms, those that ring first; `None` where there are none to be asked for.
    pub alarms: Option<Result<Vec<Alarm>, NotKnown>>,
}

/// Where figures and alarms are looked up.
pub trait Monitor: Send + Sync {
    /// What is known at `now`.
    fn observe(&self, now: Timestamp) -> Pending<'_, Observed>;
}

/// Over how long requests are counted.
pub const COUNTED_OVER: SignedDuration = SignedDuration::from_hours(7 * 24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_what_their_readers_saw() {
        let request = |seen, failed| RequestFigures {
            request_id: "r",
            at: Timestamp::UNIX_EPOCH,
            seen,
            failed,
            duration: Duration::ZERO,
        };
        let mut totals = RequestTotals::default();
        let states =
            [State::Fresh, State::Aging, State::Fresh, State::Stale, State::Stale, State::Missing, State::Archived];
        for state in states {
            totals.add(&request(Seen::of(state), false));
        }
        totals.add(&request(None, true));
        let expected = RequestTotals { fresh: 3, stale: 2, missed: 1, failed: 1, requests: 8 };
        assert_eq!((totals, totals.reads()), (expected, 6), "an archived report is neither hit nor miss");
        let more = RequestTotals { fresh: 10, stale: 20, missed: 30, failed: 40, requests: 50 };
        let both = RequestTotals { fresh: 13, stale: 22, missed: 31, failed: 41, requests: 58 };
        assert_eq!(totals.plus(more), both);
        assert_eq!([Seen::Fresh, Seen::Stale, Seen::Missed].map(Seen::as_str), ["fresh", "stale", "missed"]);
    }
}
