//! What every handler stands on: store, clock, limits, auth; and the frame around every answer.

use crate::auth::{Auth, Caller};
use crate::problem::Problem;
use crate::routes::{Function, Route};
use crate::{Request, Response};
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use std::future::Future;
use std::sync::Arc;
use tracing::Instrument as _;
use vms_core::{Clock, FreshnessLimits};
use vms_store::{Read, Store, Table};

/// The longest request body that is looked at, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The id of a request, put into its extensions by whoever received it.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// What handlers share.
pub struct Context<T> {
    pub(crate) store: Arc<Store<T>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: FreshnessLimits,
    auth: Auth,
}

impl<T: Table> Context<T> {
    /// A context whose valid keys are remembered for 30 seconds; a revocation acts within that.
    pub fn new(store: Arc<Store<T>>, clock: Arc<dyn Clock>, limits: FreshnessLimits) -> Self {
        Self { store, clock, limits, auth: Auth::remembering(SignedDuration::from_secs(30)) }
    }

    /// A context that looks every key up, for functions that change something.
    #[must_use]
    pub fn never_remembering(self) -> Self {
        Self { auth: Auth::remembering(SignedDuration::ZERO), ..self }
    }

    /// Makes the connection to the store, by a small read that every function but health may make.
    pub(crate) async fn warm_up(&self) {
        let _ = self.store.schedule_control(Read::Eventual).await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Answers a request: finds the route, checks method, size and key, and lets `answer` do the rest.
    pub(crate) async fn frame<F>(
        &self,
        function: Function,
        request: &Request,
        answer: impl FnOnce(Route, Caller) -> F,
    ) -> Response
    where
        F: Future<Output = Result<Response, Problem>>,
    {
        let id = request_id(request);
        let work = async {
            match self.admit(function, request).await {
                Ok((route, caller)) => answer(route, caller).await,
                Err(problem) => Err(problem),
            }
        };
        let outcome = work.instrument(tracing::error_span!("request", request_id = id)).await;
        let mut response = outcome.unwrap_or_else(|problem| problem.into_response(request.uri().path()));
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-request-id", id);
        }
        response
    }

    async fn admit(&self, function: Function, request: &Request) -> Result<(Route, Caller), Problem> {
        let route = Route::of(request.uri().path()).ok_or_else(Problem::no_such_route)?;
        let info = route.info();
        if info.function != function {
            return Err(Problem::no_such_route());
        }
        let caller = match info.role {
            None => Caller::nobody(),
            Some(role) => self.auth.check(&self.store, request, role, self.now()).await?,
        };
        if !info.methods.contains(request.method()) {
            return Err(Problem::method_not_allowed(info.methods));
        }
        if request.body().len() > MAX_BODY {
            return Err(Problem::too_large());
        }
        Ok((route, caller))
    }
}

/// The id under which a request is found in the log: the receiver's, or a new one.
fn request_id(request: &Request) -> String {
    match request.extensions().get::<RequestId>() {
        Some(RequestId(id)) => id.clone(),
        None => format!("{:016x}", getrandom::u64().unwrap_or_default()),
    }
}

impl<T> std::fmt::Debug for Context<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Context")
    }
}
