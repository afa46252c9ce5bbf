//! A clock that stands still until it is set, or runs from where it was set.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use vms_core::Clock;

/// Clones are the same clock.
#[derive(Debug, Clone)]
pub(crate) struct TestClock(Arc<Mutex<Reading>>);

#[derive(Debug, Clone, Copy)]
struct Reading {
    set: Timestamp,
    running_since: Option<Instant>,
}

impl TestClock {
    /// It stands at that time.
    pub(crate) fn at(text: &str) -> Self {
        Self(Arc::new(Mutex::new(Reading { set: text.parse().unwrap(), running_since: None })))
    }

    /// Moves it, forth or back.
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).set += by;
    }

    /// Moves it by minutes.
    pub(crate) fn minutes(&self, n: i64) {
        self.advance(SignedDuration::from_mins(n));
    }

    /// Moves it by hours.
    pub(crate) fn hours(&self, n: i64) {
        self.advance(SignedDuration::from_hours(n));
    }

    /// From now on it runs like any other.
    pub(crate) fn run(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).running_since = Some(Instant::now());
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let reading = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = reading.running_since.map_or(SignedDuration::ZERO, |since| {
            SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::ZERO)
        });
        reading.set + passed
    }
}
