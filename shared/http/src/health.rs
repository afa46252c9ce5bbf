//! Liveness and freshness for uptime monitors: no key, no data, no internals.

use crate::context::Context;
use crate::problem::Problem;
use crate::response;
use crate::routes::{Function, Route};
use crate::{Handle, Request, Response};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use vms_core::State;
use vms_store::{Read, Table};

/// How long an answer is given again without asking the store.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(15);

/// The handler of the health function.
#[derive(Debug)]
pub struct Health<T> {
    context: Context<T>,
    kept: Mutex<Option<Report>>,
}

#[derive(Debug, Clone, Serialize)]
struct Report {
    status: Verdict,
    timestamp: Timestamp,
    checks: BTreeMap<&'static str, &'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// Every report is fresh, or has just begun to age.
    Healthy,
    /// Reports are served, some older than they should be.
    Degraded,
    /// Reports are missing, or the store does not answer.
    Unhealthy,
}

impl<T: Table> Handle for Health<T> {
    async fn handle(&self, request: &Request) -> Response {
        self.context
            .frame(Function::Health, request, async |call| match call.route {
                Route::Health => Ok(self.answer().await),
                _ => Err(Problem::no_such_route()),
            })
            .await
    }

    async fn warm_up(&self) {
        self.answer().await;
    }
}

impl<T: Table> Health<T> {
    /// A handler over that context.
    pub fn new(context: Context<T>) -> Self {
        Self { context, kept: Mutex::default() }
    }

    async fn answer(&self) -> Response {
        let now = self.context.now();
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let report = match kept.filter(|r| now.duration_since(r.timestamp) < KEPT_FOR) {
            Some(report) => report,
            None => self.look(now).await,
        };
        let status = match report.status {
            Verdict::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
            Verdict::Healthy | Verdict::Degraded => StatusCode::OK,
        };
        let response = response::json(status, &report);
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
        response
    }

    async fn look(&self, timestamp: Timestamp) -> Report {
        let mut checks = BTreeMap::new();
        let mut status = Verdict::Healthy;
        match self.context.store.statuses(Read::Eventual).await {
            Ok(types) => {
                checks.insert("store", "ok");
                for of_type in types {
                    let state = of_type.state(&self.context.limits, timestamp);
                    checks.insert(of_type.cache_type.as_str(), state.as_str());
                    status = status.max(verdict(state));
                }
            }
            Err(error) => {
                tracing::error!(error_class = error.class().as_str(), "the store failed");
                checks.insert("store", "unavailable");
                status = Verdict::Unhealthy;
            }
        }
        Report { status, timestamp, checks }
    }
}

fn verdict(state: State) -> Verdict {
    match state {
        State::Fresh | State::Aging | State::Archived => Verdict::Healthy,
        State::Stale => Verdict::Degraded,
        State::Missing => Verdict::Unhealthy,
    }
}
