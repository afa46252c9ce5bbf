//! Management, changing: asking for a refresh, whose work is the refresh function's; acts on reports and schedule.

use crate::acts::{self, Deed};
use crate::auth::Caller;
use crate::context::Context;
use crate::problem::Problem;
use crate::response;
use crate::routes::{Function, Route};
use crate::scheduler;
use crate::{Handle, Request, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use std::future::Future;
use vms_core::{CacheType, KEEP_VERSIONS, RefreshRequest, ReportKey, Run, RunId, RunState, Trigger};
use vms_store::Table;

/// Hands a request to the refresh function without waiting for it.
pub trait Invoke: Send + Sync {
    /// Hands it over; `false` where the function cannot be reached.
    fn invoke(&self, request: RefreshRequest) -> impl Future<Output = bool> + Send;
}

/// The handler of the manage function.
#[derive(Debug)]
pub struct Manage<T, I> {
    context: Context<T>,
    invoke: I,
    keep_versions: usize,
}

/// The body of a refresh request.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    cache_type: Option<String>,
    #[serde(default)]
    force: bool,
    report_key: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

/// The answer to a refresh request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    /// The runs were asked for.
    pub success: bool,
    /// The same in words.
    pub message: String,
    /// The runs that will answer.
    pub runs: Vec<AskedRun>,
}

/// A run that was asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AskedRun {
    /// Its id.
    pub run_id: RunId,
    /// Its type.
    pub cache_type: CacheType,
}

impl<T: Table, I: Invoke> Handle for Manage<T, I> {
    async fn handle(&self, request: &Request) -> Response {
        self.context
            .frame(Function::Manage, request, async |route, caller| match route {
                Route::ApiRefresh => self.refresh(request, &caller.key_id).await,
                Route::ApiApprove => self.act(Deed::Approve, request, &caller).await,
                Route::ApiReject => self.act(Deed::Reject, request, &caller).await,
                Route::ApiRollback => self.act(Deed::Rollback, request, &caller).await,
                Route::SchedulerStart => self.switch(false, request, &caller).await,
                Route::SchedulerStop => self.switch(true, request, &caller).await,
                _ => Err(Problem::no_such_route()),
            })
            .await
    }

    async fn warm_up(&self) {
        self.context.warm_up().await;
    }
}

impl<T: Table, I: Invoke> Manage<T, I> {
    /// A handler over that context, which looks every key up, and a way to reach the refresh function.
    pub fn new(context: Context<T>, invoke: I) -> Self {
        Self { context: context.never_remembering(), invoke, keep_versions: KEEP_VERSIONS }
    }

    /// The same, with another number of bodies that stay reachable when one is approved (`KEEP_VERSIONS`).
    #[must_use]
    pub fn keeping(self, keep_versions: usize) -> Self {
        Self { keep_versions, ..self }
    }

    async fn act(&self, deed: Deed, request: &Request, caller: &Caller) -> Result<Response, Problem> {
        Box::pin(acts::answer(&self.context, deed, self.keep_versions, request, &caller.key_id)).await
    }

    async fn switch(&self, paused: bool, request: &Request, caller: &Caller) -> Result<Response, Problem> {
        Box::pin(scheduler::switch(&self.context, paused, request, &caller.key_id)).await
    }

    async fn refresh(&self, request: &Request, key_id: &str) -> Result<Response, Problem> {
        let wanted: Wanted = json_body(request)?;
        let (types, report_key) = targets(&wanted)?;
        let mut runs = Vec::with_capacity(types.len());
        for cache_type in types {
            runs.push(self.ask(cache_type, report_key.clone(), &wanted, key_id).await?);
        }
        let names: Vec<_> = runs.iter().map(|r| r.cache_type.as_str()).collect();
        let message = format!("Refresh requested: {}", names.join(", "));
        Ok(response::json(StatusCode::ACCEPTED, &Asked { success: true, message, runs }))
    }

    async fn ask(
        &self,
        cache_type: CacheType,
        report_key: Option<ReportKey>,
        wanted: &Wanted,
        key_id: &str,
    ) -> Result<AskedRun, Problem> {
        let now = self.context.now();
        let run_id = RunId::new(cache_type, now, getrandom::u32().unwrap_or_default());
        let mut request = RefreshRequest::new(run_id.clone(), Trigger::Manual);
        request.force = wanted.force;
        request.dry_run = wanted.dry_run;
        request.report_key = report_key;
        request.requested_by = Some(key_id.to_owned());
        self.context.store.queue_run(&Run::of(&request, RunState::Queued, now)).await?;
        if self.invoke.invoke(request).await {
            Ok(AskedRun { run_id, cache_type })
        } else {
            Err(Problem::unavailable())
        }
    }
}

/// The types that a request concerns, and the one report.
fn targets(wanted: &Wanted) -> Result<(Vec<CacheType>, Option<ReportKey>), Problem> {
    let named: Option<CacheType> =
        match wanted.cache_type.as_deref() {
            None | Some("all") => None,
            Some(name) => Some(name.parse().map_err(|_| {
                Problem::bad_request(format!("Unknown cache type; known are all, {}", CacheType::known()))
            })?),
        };
    let Some(text) = &wanted.report_key else {
        return Ok((named.map_or_else(|| CacheType::ALL.to_vec(), |t| vec![t]), None));
    };
    let key: ReportKey = text.parse().map_err(|e| Problem::bad_request(format!("report_key: {e}")))?;
    match named {
        Some(other) if other != key.cache_type() => {
            Err(Problem::bad_request(format!("report_key is of the cache type {}", key.cache_type())))
        }
        _ => Ok((vec![key.cache_type()], Some(key))),
    }
}

/// The body as JSON; an empty one stands for no wishes.
pub(crate) fn json_body<B: for<'de> Deserialize<'de> + Default>(request: &Request) -> Result<B, Problem> {
    if request.body().is_empty() {
        return Ok(B::default());
    }
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if content_type.split(';').next().map(str::trim) != Some("application/json") {
        return Err(Problem::unsupported_media_type());
    }
    // A list would be read as the fields in their order.
    if !request.body().trim_ascii_start().starts_with(b"{") {
        return Err(Problem::bad_request("the body is not a JSON object"));
    }
    serde_json::from_slice(request.body()).map_err(|e| {
        // What was sent is not repeated: it may hold anything.
        Problem::bad_request(format!("the body is not the expected JSON (line {}, column {})", e.line(), e.column()))
    })
}
