//! Every route, once: what the functions mount, the description lists and the tests walk.

use crate::percent;
use http::Method;
use vms_core::Role;

/// The function that serves a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Liveness for uptime monitors.
    Health,
    /// Cached reports.
    Reports,
    /// Management, reading.
    Status,
    /// Management, changing.
    Manage,
}

/// Whom a route's answers are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Programs: JSON and problem documents.
    Programs,
    /// People with a browser: pages, and the way to the login form.
    Browsers,
}

/// What a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Health,
    Description,
    ReportList,
    Report,
    ApiStatus,
    ApiRuns,
    ApiRun,
    ApiExplain,
    ApiDiff,
    ApiRefresh,
    ApiApprove,
    ApiReject,
    ApiRollback,
    SchedulerStart,
    SchedulerStop,
    Root,
    StatusPage,
    RunsPage,
    RunPage,
    ReportsPage,
    ExplainPage,
    DiffPage,
    Asset,
    RefreshPage,
    Login,
    Logout,
}

/// A route as it is described.
#[derive(Debug)]
pub struct RouteInfo {
    pub(crate) route: Route,
    /// The path; a variable part is in braces, and is the rest of the path.
    pub pattern: &'static str,
    /// Its methods.
    pub methods: &'static [Method],
    /// Who may use it; `None` for everybody.
    pub role: Option<Role>,
    /// Which function serves it.
    pub function: Function,
    /// Whom it answers.
    pub audience: Audience,
}

const GET: &[Method] = &[Method::GET];
const GET_HEAD: &[Method] = &[Method::GET, Method::HEAD];
const GET_POST: &[Method] = &[Method::GET, Method::POST];
const POST: &[Method] = &[Method::POST];

/// Every route of the system. No path fits two of them.
pub const ROUTES: &[RouteInfo] = &[
    open(Route::Health, GET, "/health", Function::Health, Audience::Programs),
    open(Route::Description, GET, "/openapi.json", Function::Status, Audience::Programs),
    reader(Route::ReportList, GET, "/reports"),
    reader(Route::Report, GET_HEAD, "/reports/{report_key}"),
    api(Route::ApiStatus, GET, "/management/cache/api/status", Function::Status),
    api(Route::ApiRuns, GET, "/management/cache/api/runs", Function::Status),
    api(Route::ApiRun, GET, "/management/cache/api/runs/{run_id}", Function::Status),
    api(Route::ApiExplain, GET, "/management/cache/api/explain/{report_key}", Function::Status),
    api(Route::ApiDiff, GET, "/management/cache/api/diff/{report_key}", Function::Status),
    api(Route::ApiRefresh, POST, "/management/cache/api/refresh", Function::Manage),
    api(Route::ApiApprove, POST, "/management/cache/api/approve", Function::Manage),
    api(Route::ApiReject, POST, "/management/cache/api/reject", Function::Manage),
    api(Route::ApiRollback, POST, "/management/cache/api/rollback", Function::Manage),
    api(Route::SchedulerStart, POST, "/management/cache/scheduler/start", Function::Manage),
    api(Route::SchedulerStop, POST, "/management/cache/scheduler/stop", Function::Manage),
    open(Route::Root, GET, "/", Function::Status, Audience::Browsers),
    page(Route::StatusPage, GET, "/management/cache/status", Function::Status),
    page(Route::RunsPage, GET, "/management/cache/runs", Function::Status),
    page(Route::RunPage, GET, "/management/cache/runs/{run_id}", Function::Status),
    page(Route::ReportsPage, GET, "/management/cache/reports", Function::Status),
    page(Route::ExplainPage, GET, "/management/cache/explain/{report_key}", Function::Status),
    page(Route::DiffPage, GET, "/management/cache/diff/{report_key}", Function::Status),
    open(Route::Asset, GET, "/management/cache/assets/{file}", Function::Status, Audience::Browsers),
    page(Route::RefreshPage, GET_POST, "/management/cache/refresh", Function::Manage),
    open(Route::Login, GET_POST, "/management/cache/login", Function::Manage, Audience::Browsers),
    open(Route::Logout, POST, "/management/cache/logout", Function::Manage, Audience::Browsers),
];

const fn open(
    route: Route,
    methods: &'static [Method],
    pattern: &'static str,
    function: Function,
    audience: Audience,
) -> RouteInfo {
    RouteInfo { route, pattern, methods, role: None, function, audience }
}

const fn reader(route: Route, methods: &'static [Method], pattern: &'static str) -> RouteInfo {
    let (function, audience) = (Function::Reports, Audience::Programs);
    RouteInfo { route, pattern, methods, role: Some(Role::Reader), function, audience }
}

const fn api(route: Route, methods: &'static [Method], pattern: &'static str, function: Function) -> RouteInfo {
    RouteInfo { route, pattern, methods, role: Some(Role::Operator), function, audience: Audience::Programs }
}

const fn page(route: Route, methods: &'static [Method], pattern: &'static str, function: Function) -> RouteInfo {
    RouteInfo { route, pattern, methods, role: Some(Role::Operator), function, audience: Audience::Browsers }
}

impl RouteInfo {
    /// The variable part of a decoded path of this route, empty where it has none; `None` for other paths.
    fn variable<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self.pattern.split_once('{') {
            Some((fixed, _)) => path.strip_prefix(fixed),
            None => (path == self.pattern).then_some(""),
        }
    }
}

/// A path that was recognised.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) info: &'static RouteInfo,
    /// Its variable part, decoded but not yet read as a key or an id.
    pub(crate) variable: String,
}

impl Found {
    /// The route of a path. A client may have percent-encoded what needs none, and some Lambda events hand over the
    /// encoded path; no key holds a `%`, so decoding once more than needed cannot change which report is meant.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = percent::decode(path)?;
        ROUTES.iter().find_map(|info| Some(Self { info, variable: info.variable(&path)?.to_owned() }))
    }
}

/// The function that a path belongs to; what no function serves goes to the status function, which says so.
pub fn function_of(path: &str) -> Function {
    Found::of(path).map_or(Function::Status, |found| found.info.function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_fits_one_route_and_each_route_has_one_place() {
        for info in ROUTES {
            let path = info.pattern.replace(['{', '}'], "");
            let fitting: Vec<_> = ROUTES.iter().filter(|other| other.variable(&path).is_some()).collect();
            assert_eq!(fitting.iter().map(|i| i.pattern).collect::<Vec<_>>(), [info.pattern]);
            assert_eq!(ROUTES.iter().filter(|other| other.route == info.route).count(), 1, "{:?}", info.route);
        }
    }

    #[test]
    fn a_key_means_the_same_however_the_path_was_encoded() {
        for path in [
            "/reports/virtual_session/district/2025-2026/A~20B",
            "/reports/virtual_session/district/2025-2026/A%7E20B",
            "/reports/virtual_session%2Fdistrict/2025-2026/A~20B",
        ] {
            let found = Found::of(path).unwrap();
            assert_eq!(found.info.route, Route::Report);
            assert_eq!(found.variable, "virtual_session/district/2025-2026/A~20B", "{path}");
        }
        for path in ["", "//", "/report", "/reports%", "/reports/%ff", "/management/cache/api", "/health/"] {
            assert!(Found::of(path).is_none(), "{path}");
        }
    }
}
