//! What EventBridge does in the cloud: 02:00 every night, a sweep at half past every hour, requests at once.

use super::DEADLINE;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use vms_core::{CacheType, Clock, Nightly, RefreshRequest, Run, RunId, Trigger, next_sweep};
use vms_http::Invoke;
use vms_refresh::{FileSource, Refresher};
use vms_store::{DynamoTable, StoreError};

/// The refresh functions of this process.
#[derive(Clone)]
pub(crate) struct Refreshes {
    refresher: Arc<Refresher<DynamoTable, FileSource>>,
    clock: Arc<dyn Clock>,
}

impl Refreshes {
    pub(crate) fn new(refresher: Arc<Refresher<DynamoTable, FileSource>>, clock: Arc<dyn Clock>) -> Self {
        Self { refresher, clock }
    }

    /// Runs a refresh to its end.
    pub(crate) async fn run(&self, request: &RefreshRequest) -> Result<Run, StoreError> {
        self.refresher.run(request, self.clock.now() + DEADLINE).await
    }
}

impl Invoke for Refreshes {
    async fn invoke(&self, request: RefreshRequest) -> bool {
        let this = self.clone();
        tokio::spawn(async move {
            if let Err(error) = this.run(&request).await {
                let error_class = error.class().as_str();
                tracing::error!(run_id = %request.run_id, error_class, "the run could not be recorded");
            }
        });
        true
    }
}

/// Starts refreshes at their times, for ever.
pub(crate) async fn keep(refreshes: Refreshes, nightly: &Nightly) {
    loop {
        let now = refreshes.clock.now();
        let (at, trigger) = next(nightly, now);
        let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        tokio::time::sleep(wait).await;
        for cache_type in CacheType::ALL {
            let run_id = RunId::new(cache_type, refreshes.clock.now(), getrandom::u32().unwrap_or_default());
            let mut request = RefreshRequest::new(run_id, trigger);
            request.scheduled_for = Some(at);
            refreshes.invoke(request).await;
        }
    }
}

/// The next time at which something starts, and what: a night before a sweep of the same moment.
fn next(nightly: &Nightly, now: Timestamp) -> (Timestamp, Trigger) {
    let (night, sweep) = (nightly.next(now), next_sweep(now));
    if night <= sweep { (night, Trigger::Schedule) } else { (sweep, Trigger::Sweep) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_begin_at_two_and_sweeps_at_half_past() {
        for (now, at, trigger) in [
            ("2026-03-15T01:29:59Z", "2026-03-15T01:30:00Z", Trigger::Sweep),
            ("2026-03-15T01:30:00Z", "2026-03-15T02:00:00Z", Trigger::Schedule),
            ("2026-03-15T02:00:00Z", "2026-03-15T02:30:00Z", Trigger::Sweep),
            ("2026-03-15T02:30:00Z", "2026-03-15T03:30:00Z", Trigger::Sweep),
            ("2026-03-15T23:45:00Z", "2026-03-16T00:30:00Z", Trigger::Sweep),
        ] {
            assert_eq!(next(&Nightly::default(), now.parse().unwrap()), (at.parse().unwrap(), trigger), "{now}");
        }
    }
}
