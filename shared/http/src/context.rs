//! What every handler stands on: store, clock, limits, auth; and the frame around every answer.

use crate::auth::{Auth, Caller};
use crate::cookie::Cookie;
use crate::notice::Notice;
use crate::pages::Shell;
use crate::problem::Problem;
use crate::routes::{Audience, Found, Function, Route, RouteInfo};
use crate::{Request, Response, body, session};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use std::future::Future;
use std::sync::Arc;
use tracing::Instrument as _;
use vms_core::{Clock, Entry, Freshness, FreshnessLimits, Nightly};
use vms_store::{Read, Store, Table};

/// The longest request body that is looked at, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// The most header fields, and bytes of them, that are looked at.
const MAX_HEADERS: (usize, usize) = (100, 16 * 1024);

/// The id of a request, put into its extensions by whoever received it.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// A request that was let in.
#[derive(Debug)]
pub(crate) struct Call {
    /// What it asks for.
    pub(crate) route: Route,
    /// The variable part of its path.
    pub(crate) variable: String,
    /// Who asks.
    pub(crate) caller: Caller,
}

impl Call {
    /// What stands around the page that answers it.
    pub(crate) fn shell(&self, now: Timestamp, notice: Option<Notice>) -> Shell {
        Shell { notice, signed_in: self.caller.by_cookie, now }
    }
}

/// What handlers share.
pub struct Context<T> {
    pub(crate) store: Arc<Store<T>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: FreshnessLimits,
    pub(crate) nightly: Nightly,
    auth: Auth,
}

impl<T: Table> Context<T> {
    /// A context whose valid keys are remembered for 30 seconds; a revocation acts within that.
    pub fn new(store: Arc<Store<T>>, clock: Arc<dyn Clock>, limits: FreshnessLimits) -> Self {
        let auth = Auth::remembering(SignedDuration::from_secs(30));
        Self { store, clock, limits, nightly: Nightly::default(), auth }
    }

    /// A context of a cache that is refreshed at another time of the night.
    #[must_use]
    pub fn refreshed(mut self, nightly: Nightly) -> Self {
        self.nightly = nightly;
        self
    }

    /// A context that lets in by keys alone, for functions that serve programs and know no sessions.
    #[must_use]
    pub fn by_key_alone(mut self) -> Self {
        self.auth.takes_sessions = false;
        self
    }

    /// A context that looks every key up, for functions that change something.
    #[must_use]
    pub fn never_remembering(mut self) -> Self {
        self.auth.remember_for = SignedDuration::ZERO;
        self
    }

    /// A context for a loopback address, to which browsers send cookies without TLS.
    #[must_use]
    pub fn on_loopback(mut self) -> Self {
        self.auth.cookie = Cookie::Loopback;
        self
    }

    /// How the session's cookie is named and sent.
    pub(crate) fn cookie(&self) -> Cookie {
        self.auth.cookie
    }

    /// Makes the connection to the store, by a small read that every function but health may make.
    pub(crate) async fn warm_up(&self) {
        let _ = self.store.schedule_control(Read::Eventual).await;
    }

    /// How fresh a report is now.
    pub(crate) fn judge(&self, entry: &Entry) -> Freshness {
        self.limits.judge(&entry.times(), self.now())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Answers a request: finds the route, checks method, size and key, and lets `answer` do the rest.
    pub(crate) async fn frame<F>(
        &self,
        function: Function,
        request: &Request,
        answer: impl FnOnce(Call) -> F,
    ) -> Response
    where
        F: Future<Output = Result<Response, Problem>>,
    {
        let found = Found::of(request.uri().path()).filter(|found| found.info.function == function);
        let info = found.as_ref().map(|found| found.info);
        let id = request_id(request);
        // On the heap: what an answer needs while it waits for the store is large, and is moved through every caller.
        let work = Box::pin(async {
            match self.admit(found, request).await {
                Ok(call) => answer(call).await,
                Err(problem) => Err(problem),
            }
        });
        let outcome = work.instrument(tracing::error_span!("request", request_id = id)).await;
        let mut response = outcome.unwrap_or_else(|problem| self.refuse(problem, info, request));
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-request-id", id);
        }
        response
    }

    async fn admit(&self, found: Option<Found>, request: &Request) -> Result<Call, Problem> {
        let Found { info, variable } = found.ok_or_else(Problem::no_such_route)?;
        if is_flood(request.headers()) {
            return Err(Problem::headers_too_large());
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
        Ok(Call { route: info.route, variable, caller })
    }

    /// A refusal in the form that its reader understands: a page, the way to the login form, or a problem document.
    fn refuse(&self, problem: Problem, info: Option<&RouteInfo>, request: &Request) -> Response {
        let is_page = info.is_some_and(|info| info.audience == Audience::Browsers) && !body::is_json(request);
        let is_for_browsers = is_page || info.is_some() && body::is_form(request);
        if !is_for_browsers {
            problem.into_response(request.uri().path())
        } else if problem.status() == StatusCode::UNAUTHORIZED && !request.headers().contains_key(header::AUTHORIZATION)
        {
            session::way_in(request)
        } else {
            problem.into_page(Shell { notice: None, signed_in: false, now: self.now() })
        }
    }
}

fn is_flood(headers: &HeaderMap) -> bool {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    headers.len() > MAX_HEADERS.0 || bytes > MAX_HEADERS.1
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
