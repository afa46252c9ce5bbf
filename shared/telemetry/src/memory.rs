//! The meter and monitor of a process that is the whole system: counts in memory, lines in its log.

use crate::datum::of_refresh;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use vms_core::{
    COUNTED_OVER, Monitor, Observed, Pending, RefreshFigures, RefreshMeter, RequestFigures, RequestMeter,
    RequestTotals, Seen,
};

/// Counts by the hour, forgotten after seven days and with the process.
#[derive(Debug, Default)]
pub struct Memory {
    hours: Mutex<VecDeque<(Timestamp, RequestTotals)>>,
}

impl Memory {
    /// The counts that are not too old at `now`.
    fn hours(&self, now: Timestamp) -> MutexGuard<'_, VecDeque<(Timestamp, RequestTotals)>> {
        let mut hours = self.hours.lock().unwrap_or_else(PoisonError::into_inner);
        while hours.front().is_some_and(|(hour, _)| now.duration_since(*hour) > COUNTED_OVER) {
            hours.pop_front();
        }
        hours
    }
}

impl RequestMeter for Memory {
    fn note(&self, request: &RequestFigures<'_>) {
        let hour = hour_of(request.at);
        let mut hours = self.hours(request.at);
        if hours.back().is_none_or(|(last, _)| *last != hour) {
            hours.push_back((hour, RequestTotals::default()));
        }
        if let Some((_, totals)) = hours.back_mut() {
            totals.add(request);
        }
        drop(hours);
        let duration_ms = request.duration.as_micros() as f64 / 1000.0;
        let (request_id, seen, failed) = (request.request_id, request.seen.map(Seen::as_str), request.failed);
        tracing::info!(request_id, seen, failed, duration_ms, "a request was counted");
    }
}

impl RefreshMeter for Memory {
    fn put<'a>(&'a self, figures: &'a RefreshFigures) -> Pending<'a, ()> {
        let told: Vec<_> = of_refresh(figures).iter().map(ToString::to_string).collect();
        tracing::info!("measured: {}", told.join(", "));
        Box::pin(std::future::ready(()))
    }
}

impl Monitor for Memory {
    fn observe(&self, now: Timestamp) -> Pending<'_, Observed> {
        let totals = self.hours(now).iter().fold(RequestTotals::default(), |sum, (_, totals)| sum.plus(*totals));
        Box::pin(std::future::ready(Observed { requests: Ok(totals), alarms: None }))
    }
}

fn hour_of(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(3600) * 3600).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use std::time::Duration;

    #[tokio::test]
    async fn requests_are_counted_for_seven_days() {
        let memory = Memory::default();
        let start: Timestamp = "2026-03-15T03:30:00Z".parse().unwrap();
        let after = |hours| start + SignedDuration::from_hours(hours);
        let note = |hours, seen, failed| {
            let duration = Duration::from_millis(1);
            memory.note(&RequestFigures { request_id: "r", at: after(hours), seen, failed, duration });
        };
        note(0, Some(Seen::Missed), false);
        note(100, Some(Seen::Fresh), false);
        note(100, Some(Seen::Stale), false);
        note(101, None, true);
        for (hours, missed, requests) in [(167, 1, 4), (168, 0, 3), (400, 0, 0)] {
            let totals = memory.observe(after(hours)).await.requests.unwrap();
            assert_eq!((totals.missed, totals.requests), (missed, requests), "after {hours} hours");
            assert_eq!(totals.reads(), totals.fresh + totals.stale + missed);
        }
    }
}
