//! Every route, once: what the functions mount, the description lists and the tests walk.

use http::Method;
use vms_core::{Role, RunId};

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

/// A route as it is described.
#[derive(Debug)]
pub struct RouteInfo {
    /// The path, with its variable parts in braces.
    pub pattern: &'static str,
    /// Its methods.
    pub methods: &'static [Method],
    /// Who may use it; `None` for everybody.
    pub role: Option<Role>,
    /// Which function serves it.
    pub function: Function,
}

/// Every route of the system.
pub const ROUTES: &[RouteInfo] = &[
    RouteInfo { pattern: "/health", methods: &[Method::GET], role: None, function: Function::Health },
    RouteInfo { pattern: "/reports", methods: &[Method::GET], role: Some(Role::Reader), function: Function::Reports },
    RouteInfo {
        pattern: "/reports/{report_key}",
        methods: &[Method::GET, Method::HEAD],
        role: Some(Role::Reader),
        function: Function::Reports,
    },
    RouteInfo {
        pattern: "/management/cache/api/status",
        methods: &[Method::GET],
        role: Some(Role::Operator),
        function: Function::Status,
    },
    RouteInfo {
        pattern: "/management/cache/api/runs",
        methods: &[Method::GET],
        role: Some(Role::Operator),
        function: Function::Status,
    },
    RouteInfo {
        pattern: "/management/cache/api/runs/{run_id}",
        methods: &[Method::GET],
        role: Some(Role::Operator),
        function: Function::Status,
    },
    RouteInfo {
        pattern: "/management/cache/api/refresh",
        methods: &[Method::POST],
        role: Some(Role::Operator),
        function: Function::Manage,
    },
    RouteInfo {
        pattern: "/management/cache/api/diff/{report_key}",
        methods: &[Method::GET],
        role: Some(Role::Operator),
        function: Function::Status,
    },
    RouteInfo {
        pattern: "/management/cache/api/approve",
        methods: &[Method::POST],
        role: Some(Role::Operator),
        function: Function::Manage,
    },
    RouteInfo {
        pattern: "/management/cache/api/reject",
        methods: &[Method::POST],
        role: Some(Role::Operator),
        function: Function::Manage,
    },
    RouteInfo {
        pattern: "/management/cache/api/rollback",
        methods: &[Method::POST],
        role: Some(Role::Operator),
        function: Function::Manage,
    },
    RouteInfo {
        pattern: "/management/cache/scheduler/start",
        methods: &[Method::POST],
        role: Some(Role::Operator),
        function: Function::Manage,
    },
    RouteInfo {
        pattern: "/management/cache/scheduler/stop",
        methods: &[Method::POST],
        role: Some(Role::Operator),
        function: Function::Manage,
    },
];

/// A path that was recognised, with its variable part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Health,
    ReportList,
    /// The text after `/reports/`, not yet read as a key.
    Report(String),
    ApiStatus,
    ApiRuns,
    ApiRun(Option<RunId>),
    ApiRefresh,
    /// The text after `diff/`, not yet read as a key.
    ApiDiff(String),
    ApiApprove,
    ApiReject,
    ApiRollback,
    SchedulerStart,
    SchedulerStop,
}

impl Route {
    /// The route of a path. A client may have percent-encoded what needs none, and some Lambda events hand over the
    /// encoded path; no key holds a `%`, so decoding once more than needed cannot change which report is meant.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = percent_decoded(path)?;
        Some(match path.as_str() {
            "/health" => Self::Health,
            "/reports" => Self::ReportList,
            "/management/cache/api/status" => Self::ApiStatus,
            "/management/cache/api/runs" => Self::ApiRuns,
            "/management/cache/api/refresh" => Self::ApiRefresh,
            "/management/cache/api/approve" => Self::ApiApprove,
            "/management/cache/api/reject" => Self::ApiReject,
            "/management/cache/api/rollback" => Self::ApiRollback,
            "/management/cache/scheduler/start" => Self::SchedulerStart,
            "/management/cache/scheduler/stop" => Self::SchedulerStop,
            other => {
                if let Some(key) = other.strip_prefix("/reports/") {
                    Self::Report(key.to_owned())
                } else if let Some(key) = other.strip_prefix("/management/cache/api/diff/") {
                    Self::ApiDiff(key.to_owned())
                } else {
                    let id = other.strip_prefix("/management/cache/api/runs/")?;
                    Self::ApiRun(id.parse().ok())
                }
            }
        })
    }

    /// The entry of the list above.
    pub(crate) fn info(&self) -> &'static RouteInfo {
        let place = match self {
            Self::Health => 0,
            Self::ReportList => 1,
            Self::Report(_) => 2,
            Self::ApiStatus => 3,
            Self::ApiRuns => 4,
            Self::ApiRun(_) => 5,
            Self::ApiRefresh => 6,
            Self::ApiDiff(_) => 7,
            Self::ApiApprove => 8,
            Self::ApiReject => 9,
            Self::ApiRollback => 10,
            Self::SchedulerStart => 11,
            Self::SchedulerStop => 12,
        };
        &ROUTES[place]
    }
}

/// The function that a path belongs to; what no function serves goes to the status function, which says so.
pub fn function_of(path: &str) -> Function {
    Route::of(path).map_or(Function::Status, |route| route.info().function)
}

fn percent_decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_finds_its_own_place_in_the_list() {
        for info in ROUTES {
            let path = info
                .pattern
                .replace("{report_key}", "recruitment/dia-events")
                .replace("{run_id}", "district.2026-03-15T02:00:00.000Z.1a2b3c");
            assert_eq!(Route::of(&path).unwrap().info().pattern, info.pattern);
        }
    }

    #[test]
    fn a_key_means_the_same_however_the_path_was_encoded() {
        let expected = Some(Route::Report("virtual_session/district/2025-2026/A~20B".into()));
        for path in [
            "/reports/virtual_session/district/2025-2026/A~20B",
            "/reports/virtual_session/district/2025-2026/A%7E20B",
            "/reports/virtual_session%2Fdistrict/2025-2026/A~20B",
        ] {
            assert_eq!(Route::of(path), expected, "{path}");
        }
        for path in ["", "/", "/report", "/reports%", "/reports/%ff", "/management/cache/api", "/health/"] {
            assert!(Route::of(path).is_none(), "{path}");
        }
    }
}
