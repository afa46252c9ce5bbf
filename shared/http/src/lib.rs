//! The HTTP face of the cache: routes, answers, problem details, auth, and the handlers that functions mount.
//!
//! A handler takes a whole request and gives a whole response. It does not know whether Lambda, `vms-cache dev` or
//! a test called it, and it reads the time only through its [`Context`].
//!
//! Deliberately absent: a web framework, since a dozen routes need none and every cold start would pay for it; and
//! any knowledge of what is in a report, whose stored bytes are passed through.

mod acts;
mod auth;
mod body;
mod body_cache;
mod browse;
mod context;
mod cookie;
mod diff;
mod done;
mod explain;
mod health;
mod listing;
mod manage;
mod notice;
mod openapi;
mod origin;
pub mod pages;
mod percent;
mod problem;
mod query;
mod reports;
mod response;
mod routes;
mod scheduler;
mod session;
mod status;
mod versions;
mod words;

pub use acts::{ActRequest, Acted, short};
pub use context::{Context, RequestId};
pub use diff::{Change, Diff, MOST_CHANGES, Summary};
pub use explain::{
    ActView, CandidateView, DecidedBy, EntryView, Explained, FailuresView, LeaseView, ScheduleView, TouchView,
    VersionView,
};
pub use health::Health;
pub use manage::{Asked, AskedRun, Invoke, Manage};
pub use notice::{Notice, Reason, VersionName};
pub use problem::Problem;
pub use reports::Reports;
pub use routes::{Audience, Function, ROUTES, RouteInfo, function_of};
pub use scheduler::{SwitchRequest, Switched};
pub use status::{Figure, RunView, Stats, Status, StatusView, TypeView};
pub use versions::{Compared, Side};
pub use words::{moment, size, span};

use bytes::Bytes;

/// A whole request.
pub type Request = http::Request<Bytes>;
/// A whole answer.
pub type Response = http::Response<Bytes>;

/// What answers requests: one of the handlers above, or several behind one port.
pub trait Handle: Send + Sync {
    /// Answers a request; whatever it is, there is an answer.
    fn handle(&self, request: &Request) -> impl Future<Output = Response> + Send;

    /// Makes its connections, so that the first request need not; whether that works, the first request will tell.
    fn warm_up(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}
