//! Bad input: each kind is a 4xx in the form that its sender reads, and nothing of it reaches the store but the look
//! at the key.

use crate::stage::{Calls, FORM, HOST, ORIGIN, Stage, entry};
use bytes::Bytes;
use http::{Method, header};
use serde_json::Value;
use vms_core::Role;
use vms_http::{Audience, ROUTES};

const JSON: &str = "application/json";

/// Sends what an operator's program sends, and answers status and problem.
async fn problem(stage: &Stage, method: &str, path: &str, content_type: &str, body: &str) -> (u16, Value) {
    let key = format!("Bearer {}", stage.operator);
    let headers = [("authorization", key.as_str()), ("content-type", content_type), ("origin", ORIGIN), ("host", HOST)];
    stage.calls();
    let response = stage.ask(&method.parse().unwrap(), path, &headers, body).await;
    let what = format!("{method} {path:.100} {content_type}");
    let Calls { auth, reads, writes } = stage.calls();
    assert!(auth <= 1 && (reads, writes) == (0, 0), "{what}: {auth} {reads} {writes}");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json", "{what}");
    assert!(response.headers().contains_key("x-request-id"), "{what}");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let problem: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(problem["status"], response.status().as_u16());
    assert_eq!(problem["instance"].as_str().unwrap(), path.split('?').next().unwrap());
    (response.status().as_u16(), problem)
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let stage = Stage::with(entry()).await;
    for info in ROUTES.iter().filter(|info| info.role.is_some()) {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"] {
            if info.methods.iter().any(|known| known == method) {
                continue;
            }
            let key = format!("Bearer {}", stage.operator);
            let request = http::Request::builder().method(method).uri(info.pattern).header("authorization", key);
            let response = stage.answer(&request.body(Bytes::new()).unwrap()).await;
            assert_eq!(response.status(), 405, "{method} {}", info.pattern);
            let allowed = response.headers()[header::ALLOW].to_str().unwrap();
            assert_eq!(allowed.split(", ").count(), info.methods.len(), "{allowed}");
        }
    }
    let Calls { reads, writes, .. } = stage.calls();
    // One write is the stage's own: its entry. Two are its keys.
    assert_eq!((reads, writes), (0, 3));
}

#[tokio::test]
async fn a_body_that_is_too_large_of_a_wrong_type_or_not_understood_is_refused() {
    let stage = Stage::with(entry()).await;
    let large = format!("{{\"reason\": \"{}\"}}", "x".repeat(64 * 1024));
    for info in ROUTES.iter().filter(|info| info.methods.contains(&Method::POST) && !info.pattern.ends_with("login")) {
        for (content_type, body, status) in [
            (JSON, large.as_str(), 413),
            ("text/plain", "{}", 415),
            ("multipart/form-data; boundary=x", "--x--", 415),
            ("application/xml", "<a/>", 415),
            (JSON, "{", 400),
            (JSON, "[]", 400),
            (JSON, "null", 400),
            (JSON, "\"text\"", 400),
            (JSON, "{\"surprise\": 1}", 400),
            (JSON, "{\"reason\": 1}", 400),
            (JSON, "\u{0}", 400),
        ] {
            if info.audience == Audience::Browsers && content_type != JSON {
                continue;
            }
            let (found, problem) = problem(&stage, "POST", info.pattern, content_type, body).await;
            assert_eq!(found, status, "{} {content_type} {body:.40} {problem}", info.pattern);
        }
    }
}

#[tokio::test]
async fn a_path_that_plays_tricks_names_nothing() {
    let stage = Stage::with(entry()).await;
    let long = format!("/reports/virtual_session/district/2025-2026/{}", "a".repeat(60_000));
    for path in [
        "/reports/../health",
        "/reports/%2e%2e/health",
        "/reports/recruitment/dia-events/..",
        "/reports/recruitment/./dia-events",
        "/reports//recruitment/dia-events",
        "/reports/recruitment/dia-events/",
        "/reports/recruitment/dia-events%00",
        "/reports/recruitment%252Fdia-events",
        "/reports/recruitment/dia%252Devents",
        "/reports/virtual_session/district/2025-2026/A%2520B",
        "/reports/virtual_session/district/2025-2026/%7E7e",
        "/reports/%ff%fe",
        "/reports/%",
        "/reports/",
        &long,
        "/management/cache/api/explain/..%2F..%2F..%2Fhealth",
        "/management/cache/api/diff/recruitment/dia-events%00",
        "/management/cache/api/runs/..",
        "/management/cache/api/runs/recruitment.2026-03-15T02:00:00Z.1a2b3c",
        "/management/cache/api/nothing",
        "/management/cache/..%2Fcache/api/status",
        "/Management/Cache/Api/Status",
        "/health/",
        "//",
        "/index.html",
        "/.env",
    ] {
        assert_eq!(problem(&stage, "GET", path, JSON, "").await.0, 404, "{path:.100}");
    }
}

#[tokio::test]
async fn a_query_that_is_not_understood_is_refused_and_not_overlooked() {
    let stage = Stage::with(entry()).await;
    for query in [
        "/reports?form=x",
        "/reports?state=odd",
        "/reports?limit=0",
        "/reports?limit=1&limit=2",
        "/reports?cursor=%00",
        "/reports?cache_type=%ff",
        "/management/cache/api/status?x=1",
        "/management/cache/api/runs?cache_type=other",
        "/management/cache/api/runs?outcome=odd",
        "/management/cache/api/runs?limit=99999999999999999999",
        "/management/cache/api/runs?cursor=1",
        "/management/cache/api/runs/district.2026-03-15T02:00:00.000Z.1a2b3c?x",
        "/management/cache/api/explain/recruitment/dia-events?from=a",
        "/management/cache/api/diff/recruitment/dia-events?of=a",
    ] {
        assert_eq!(problem(&stage, "GET", query, JSON, "").await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_flood_of_headers_is_refused_before_the_key_is_looked_at() {
    let stage = Stage::with(entry()).await;
    let key = format!("Bearer {}", stage.operator);
    let names: Vec<String> = (0..100).map(|n| format!("x-{n}")).collect();
    let mut many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    many.push(("authorization", &key));
    let long = "x".repeat(16 * 1024);
    let large = [("authorization", key.as_str()), ("x-long", long.as_str())];
    stage.calls();
    for headers in [&many[..], &large] {
        let response = stage.ask(&Method::GET, "/management/cache/api/status", headers, "").await;
        assert_eq!(response.status(), 431);
        assert_eq!(stage.calls(), Calls::default());
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_one_is_refused_without_asking_the_store() {
    let stage = Stage::with(entry()).await;
    let long = format!("Bearer vms_{}", "a".repeat(8000));
    stage.calls();
    for authorization in
        ["", "Bearer", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNz", "Bearer vms_", "Bearer vms_é", &long]
    {
        for info in ROUTES.iter().filter(|info| info.role.is_some()) {
            let response = stage.ask(&info.methods[0], info.pattern, &[("authorization", authorization)], "").await;
            assert_eq!(response.status(), 401, "{authorization:.40} {}", info.pattern);
        }
    }
    assert_eq!(stage.calls(), Calls::default());
}

#[tokio::test]
async fn a_page_that_is_refused_is_a_page() {
    let stage = Stage::with(entry()).await;
    let cookie = stage.sign_in(&stage.operator).await;
    let large = "x".repeat(64 * 1024 + 1);
    for (method, path, content_type, body, status) in [
        ("GET", "/management/cache/explain/no/such/report", "", "", 404),
        ("GET", "/management/cache/diff/recruitment/candidates/7", "", "", 404),
        ("GET", "/management/cache/runs/x", "", "", 404),
        ("GET", "/management/cache/assets/..%2Fsecret", "", "", 404),
        ("GET", "/management/cache/runs?outcome=%3Cscript%3E", "", "", 400),
        ("GET", "/management/cache/status?notice=anything", "", "", 400),
        ("PUT", "/management/cache/status", "", "", 405),
        ("POST", "/management/cache/refresh", "text/plain", "x", 415),
        ("POST", "/management/cache/refresh", FORM, large.as_str(), 413),
        ("POST", "/management/cache/login", "text/plain", "x", 415),
        ("POST", "/management/cache/api/approve", FORM, large.as_str(), 413),
    ] {
        let headers = [("host", HOST), ("origin", ORIGIN), ("cookie", &cookie), ("content-type", content_type)];
        let response = stage.ask(&method.parse().unwrap(), path, &headers, body).await;
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8", "{method} {path}");
        assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        assert!(!std::str::from_utf8(response.body()).unwrap().contains("<script>"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_an_id_and_every_page_says_what_it_may_load() {
    let stage = Stage::with(entry()).await;
    let cookie = stage.sign_in(&stage.operator).await;
    for info in ROUTES {
        let path = info.pattern.replace("{report_key}", crate::stage::KEY);
        let response = stage.ask(&Method::GET, &path, &[("cookie", &cookie)], "").await;
        let headers = response.headers();
        assert!(!headers["x-request-id"].is_empty(), "{path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert!(headers.contains_key(header::CACHE_CONTROL), "{path}");
        if info.audience == Audience::Browsers && info.role == Some(Role::Operator) {
            let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{policy}");
            assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
            assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        }
    }
}
