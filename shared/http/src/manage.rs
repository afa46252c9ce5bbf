//! Management, changing: asking for a refresh, whose work is the refresh function's; acts on reports and schedule.

use crate::acts::{self, Deed};
use crate::body::{self, Fields};
use crate::context::{Call, Context};
use crate::done::{self, Done};
use crate::notice::{Notice, Reason};
use crate::pages::{self, RefreshPage};
use crate::problem::Problem;
use crate::query::Query;
use crate::routes::{Function, Route};
use crate::{Handle, Request, Response};
use crate::{browse, response, scheduler, session};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::future::Future;
use vms_core::{CacheType, KEEP_VERSIONS, Outcome, RefreshRequest, ReportKey, Run, RunId, RunState, Trigger};
use vms_store::Table;

/// The page with the refresh form.
const REFRESH: &str = "/management/cache/refresh";

/// What is said of a run whose request could not be handed over.
const NOT_HANDED_OVER: &str = "the refresh function could not be reached";

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

impl Fields for Wanted {
    const FLAGS: &'static [&'static str] = &["force", "dry_run"];
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
            .frame(Function::Manage, request, async |call| match call.route {
                Route::ApiRefresh => self.refresh(request, &call).await,
                Route::ApiApprove => self.act(Deed::Approve, request, &call).await,
                Route::ApiReject => self.act(Deed::Reject, request, &call).await,
                Route::ApiRollback => self.act(Deed::Rollback, request, &call).await,
                Route::SchedulerStart => self.switch(false, request, &call).await,
                Route::SchedulerStop => self.switch(true, request, &call).await,
                Route::RefreshPage if request.method() == Method::POST => self.refresh(request, &call).await,
                Route::RefreshPage => self.refresh_page(request, &call),
                Route::Login if request.method() == Method::POST => session::sign_in(&self.context, request).await,
                Route::Login => session::form(&self.context, request, &call),
                Route::Logout => session::sign_out(&self.context, request).await,
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

    fn refresh_page(&self, request: &Request, call: &Call) -> Result<Response, Problem> {
        let query = Query::of(request, &["cache_type", "report_key", "notice"])?;
        let page = RefreshPage {
            shell: call.shell(self.context.now(), browse::notice(&query)?),
            cache_type: query.parsed("cache_type")?,
            report_key: query.parsed("report_key")?,
        };
        Ok(response::page(StatusCode::OK, &pages::refresh(&page)))
    }

    async fn act(&self, deed: Deed, request: &Request, call: &Call) -> Result<Response, Problem> {
        let key_id = &call.caller.key_id;
        let outcome = Box::pin(acts::act(&self.context, deed, self.keep_versions, request, key_id)).await;
        done::answer(request, outcome, || acts::page(request))
    }

    async fn switch(&self, paused: bool, request: &Request, call: &Call) -> Result<Response, Problem> {
        let outcome = Box::pin(scheduler::switch(&self.context, paused, request, &call.caller.key_id)).await;
        done::answer(request, outcome, || browse::HOME.to_owned())
    }

    async fn refresh(&self, request: &Request, call: &Call) -> Result<Response, Problem> {
        let outcome = Box::pin(self.ask_all(request, &call.caller.key_id)).await;
        done::answer(request, outcome, || REFRESH.to_owned())
    }

    async fn ask_all(&self, request: &Request, key_id: &str) -> Result<Done, Problem> {
        let wanted: Wanted = body::fields(request)?;
        let (types, report_key) = targets(&wanted)?;
        let (mut runs, mut left) = (Vec::with_capacity(types.len()), Vec::new());
        for cache_type in types {
            match self.ask(cache_type, report_key.clone(), &wanted, key_id).await {
                Ok(run) => runs.push(run),
                Err(_) => left.push(cache_type.as_str()),
            }
        }
        let names: Vec<_> = runs.iter().map(|r| r.cache_type.as_str()).collect();
        if !left.is_empty() {
            return Err(Problem::not_all_asked(&names, &left));
        }
        let message = format!("Refresh requested: {}", names.join(", "));
        let page = match &runs[..] {
            [run] => pages::run_path(&run.run_id),
            _ => browse::HOME.to_owned(),
        };
        let asked = Asked { success: true, message, runs };
        Ok(Done::new(StatusCode::ACCEPTED, &asked, page, Notice::Requested))
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
        let queued = Run::of(&request, RunState::Queued, now);
        self.context.store.queue_run(&queued).await?;
        if self.invoke.invoke(request).await {
            return Ok(AskedRun { run_id, cache_type });
        }
        self.give_up(queued).await;
        Err(Problem::unavailable())
    }

    /// Ends a run that nobody will take up. A request that arrived although its answer was lost may have taken it up
    /// already: then it is left alone; and one that arrives later finds it ended, and does nothing.
    async fn give_up(&self, queued: Run) {
        let lost = Run {
            state: RunState::Done,
            outcome: Some(Outcome::Lost),
            finished_at: Some(self.context.now()),
            error_detail: Some(NOT_HANDED_OVER.to_owned()),
            ..queued
        };
        if let Err(error) = self.context.store.take_up_run(&lost).await {
            let class = error.class().as_str();
            tracing::error!(run_id = %lost.run_id, error_class = class, "a run that nobody takes up stays queued");
        }
    }
}

/// The types that a request concerns, and the one report.
fn targets(wanted: &Wanted) -> Result<(Vec<CacheType>, Option<ReportKey>), Problem> {
    let unknown = |_| {
        let detail = format!("Unknown cache type; known are all, {}", CacheType::known());
        Problem::bad_request(detail).told_as(Reason::UnknownType)
    };
    let named: Option<CacheType> = match wanted.cache_type.as_deref() {
        None | Some("all") => None,
        Some(name) => Some(name.parse().map_err(unknown)?),
    };
    let Some(text) = &wanted.report_key else {
        return Ok((named.map_or_else(|| CacheType::ALL.to_vec(), |t| vec![t]), None));
    };
    let no_key = |e| Problem::bad_request(format!("report_key: {e}")).told_as(Reason::UnknownReport);
    let key: ReportKey = text.parse().map_err(no_key)?;
    match named {
        Some(other) if other != key.cache_type() => {
            let detail = format!("report_key is of the cache type {}", key.cache_type());
            Err(Problem::bad_request(detail).told_as(Reason::OtherType))
        }
        _ => Ok((vec![key.cache_type()], Some(key))),
    }
}
