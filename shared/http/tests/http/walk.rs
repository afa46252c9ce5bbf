//! Every route, for everybody who might come: exactly what the contract says, as one table.

use crate::description::DESCRIPTION;
use crate::stage::{FORM, HOST, KEY, ORIGIN, Stage, at, entry, make_key};
use http::Method;
use vms_core::Role;
use vms_http::{Audience, ROUTES};

/// Who comes, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comer {
    /// With nothing.
    Nobody,
    /// With a reader's key.
    Reader,
    /// With an operator's key.
    Operator,
    /// With an operator's key that was revoked.
    Revoked,
    /// With the cookie of a session, from a page of ours.
    Session,
    /// The same, eight hours later.
    ExpiredSession,
    /// The same, after the session's key was revoked.
    RevokedSession,
}

const COMERS: [Comer; 7] = [
    Comer::Nobody,
    Comer::Reader,
    Comer::Operator,
    Comer::Revoked,
    Comer::Session,
    Comer::ExpiredSession,
    Comer::RevokedSession,
];

/// What each comer is answered by each route and method, in the order of [`COMERS`]. A 303 is the way to the login
/// form, save where the page itself only leads on.
const CONTRACT: &[(&str, &str, [u16; 7])] = &[
    ("GET", "/health", [503; 7]),
    ("GET", "/openapi.json", [200; 7]),
    ("GET", "/reports", [401, 200, 200, 401, 401, 401, 401]),
    ("GET", "/reports/{report_key}", [401, 200, 200, 401, 401, 401, 401]),
    ("HEAD", "/reports/{report_key}", [401, 200, 200, 401, 401, 401, 401]),
    ("GET", "/management/cache/api/status", [401, 403, 200, 401, 200, 401, 401]),
    ("GET", "/management/cache/api/runs", [401, 403, 200, 401, 200, 401, 401]),
    ("GET", "/management/cache/api/runs/{run_id}", [401, 403, 404, 401, 404, 401, 401]),
    ("GET", "/management/cache/api/explain/{report_key}", [401, 403, 200, 401, 200, 401, 401]),
    ("GET", "/management/cache/api/diff/{report_key}", [401, 403, 200, 401, 200, 401, 401]),
    ("POST", "/management/cache/api/refresh", [401, 403, 202, 401, 202, 401, 401]),
    ("POST", "/management/cache/api/approve", [401, 403, 200, 401, 200, 401, 401]),
    ("POST", "/management/cache/api/reject", [401, 403, 200, 401, 200, 401, 401]),
    ("POST", "/management/cache/api/rollback", [401, 403, 200, 401, 200, 401, 401]),
    ("POST", "/management/cache/scheduler/start", [401, 403, 200, 401, 200, 401, 401]),
    ("POST", "/management/cache/scheduler/stop", [401, 403, 200, 401, 200, 401, 401]),
    ("GET", "/", [303; 7]),
    ("GET", "/management/cache/status", [303, 403, 200, 401, 200, 303, 303]),
    ("GET", "/management/cache/runs", [303, 403, 200, 401, 200, 303, 303]),
    ("GET", "/management/cache/runs/{run_id}", [303, 403, 404, 401, 404, 303, 303]),
    ("GET", "/management/cache/reports", [303, 403, 200, 401, 200, 303, 303]),
    ("GET", "/management/cache/explain/{report_key}", [303, 403, 200, 401, 200, 303, 303]),
    ("GET", "/management/cache/diff/{report_key}", [303, 403, 200, 401, 200, 303, 303]),
    ("GET", "/management/cache/assets/{file}", [404; 7]),
    ("GET", "/management/cache/refresh", [303, 403, 200, 401, 200, 303, 303]),
    ("POST", "/management/cache/refresh", [401, 403, 202, 401, 202, 401, 401]),
    ("GET", "/management/cache/login", [200; 7]),
    ("POST", "/management/cache/login", [401; 7]),
    ("POST", "/management/cache/logout", [200; 7]),
];

/// A stage for one question, so that no act of one comer is seen by the next.
async fn answer_to(comer: Comer, method: &str, pattern: &str) -> u16 {
    let stage = Stage::with(entry()).await;
    let row = |n: i32| serde_json::json!({"filled_events": [{"id": n}], "unfilled_events": []});
    let stored = vms_core::Entry {
        current: stage.store_body(&row(1), 3).await,
        versions: vec![stage.store_body(&row(2), 2).await],
        candidate: Some(vms_core::Candidate {
            version: stage.store_body(&row(3), 4).await,
            ..entry().candidate.unwrap()
        }),
        ..entry()
    };
    stage.store.change_entry(&stored, 1).await.unwrap();
    let leaver = make_key(&stage.store, "key-leaver", Role::Operator, 3).await;
    let cookie = stage.sign_in(if comer == Comer::RevokedSession { &leaver } else { &stage.operator }).await;
    stage.store.revoke("key-leaver", at(12)).await.unwrap();
    if comer == Comer::ExpiredSession {
        stage.set_clock(at(20));
    }
    let path = pattern.replace("{report_key}", KEY).replace("{file}", "none.css");
    let path = path.replace("{run_id}", "recruitment.2026-03-15T02:00:00.000Z.1a2b3c");
    let bearer = |key: &str| format!("Bearer {key}");
    let shown = match comer {
        Comer::Nobody => None,
        Comer::Reader => Some(("authorization", bearer(&stage.reader))),
        Comer::Operator => Some(("authorization", bearer(&stage.operator))),
        Comer::Revoked => Some(("authorization", bearer(&leaver))),
        Comer::Session | Comer::ExpiredSession | Comer::RevokedSession => Some(("cookie", cookie)),
    };
    let mut headers = vec![("host", HOST), ("origin", ORIGIN), ("content-type", "application/json")];
    headers.extend(shown.as_ref().map(|(name, value)| (*name, value.as_str())));
    let is_act = ["approve", "reject", "rollback"].iter().any(|act| path.ends_with(act));
    let body = if is_act { serde_json::json!({"report_key": KEY}).to_string() } else { String::new() };
    if method == "GET" {
        headers.retain(|(name, _)| *name != "content-type");
    }
    stage.ask(&method.parse::<Method>().unwrap(), &path, &headers, &body).await.status().as_u16()
}

#[tokio::test]
async fn every_route_answers_everybody_as_the_contract_says() {
    for (method, pattern, expected) in CONTRACT {
        for (comer, expected) in COMERS.into_iter().zip(expected) {
            assert_eq!(answer_to(comer, method, pattern).await, *expected, "{method} {pattern} for {comer:?}");
        }
    }
}

#[test]
fn the_contract_names_every_route_and_method() {
    let named: Vec<_> = CONTRACT.iter().map(|(method, pattern, _)| ((*method).to_owned(), *pattern)).collect();
    let mut known: Vec<_> = ROUTES.iter().flat_map(|r| r.methods.iter().map(|m| (m.to_string(), r.pattern))).collect();
    for place in &named {
        assert!(known.contains(place), "{place:?}");
    }
    known.retain(|place| !named.contains(place));
    assert_eq!(known, []);
}

#[test]
fn the_description_asks_for_a_key_or_a_session_where_the_contract_does() {
    for (method, pattern, expected) in CONTRACT {
        let [nobody, _, operator, _, session, ..] = expected;
        let mut shown = Vec::new();
        if expected.iter().any(|status| status != nobody) {
            shown.push("key");
            shown.extend((session == operator).then_some("session"));
        }
        let security = &DESCRIPTION["paths"][*pattern][method.to_ascii_lowercase()]["security"];
        let ways = security.as_array().unwrap().iter().flat_map(|way| way.as_object().unwrap().keys());
        assert_eq!(ways.collect::<Vec<_>>(), shown, "{method} {pattern}");
    }
}

#[tokio::test]
async fn a_form_without_a_session_leads_to_the_login_form_and_changes_nothing() {
    let stage = Stage::with(entry()).await;
    stage.calls();
    for info in ROUTES.iter().filter(|info| info.role == Some(Role::Operator) && info.methods.contains(&Method::POST)) {
        let headers = [("host", HOST), ("origin", ORIGIN), ("content-type", FORM)];
        let response = stage.ask(&Method::POST, info.pattern, &headers, "").await;
        assert_eq!(response.status(), 303, "{}", info.pattern);
        assert_eq!(response.headers()["location"], "/management/cache/login");
        assert_eq!(stage.calls().writes, 0, "{}", info.pattern);
    }
    let pages = ROUTES.iter().filter(|i| i.audience == Audience::Browsers && i.role.is_some());
    for info in pages.filter(|i| i.pattern != "/management/cache/status") {
        let response = stage.ask(&Method::GET, &format!("{}?a=b&c", info.pattern), &[("host", HOST)], "").await;
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        assert!(location.starts_with("/management/cache/login?next=%2Fmanagement%2Fcache%2F"), "{location}");
        assert!(location.ends_with("%3Fa%3Db%26c"), "{location}");
    }
}
