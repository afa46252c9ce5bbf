//! Sessions: signing in with an operator's key, being let in by the cookie, and every way in which that ends.

use crate::stage::{FORM, HOST, KEY, LOGIN, ORIGIN, Stage, at, entry, make_key};
use http::{Method, Response, header};
use vms_core::Role;

const LOGOUT: &str = "/management/cache/logout";
const STATUS: &str = "/management/cache/api/status";
const STOP: &str = "/management/cache/scheduler/stop";

fn location<B>(response: &Response<B>) -> (u16, &str) {
    (response.status().as_u16(), response.headers()[header::LOCATION].to_str().unwrap())
}

async fn send_form(stage: &Stage, path: &str, cookie: Option<&str>, form: &str) -> vms_http::Response {
    let mut headers = vec![("host", HOST), ("origin", ORIGIN), ("content-type", FORM)];
    headers.extend(cookie.map(|cookie| ("cookie", cookie)));
    stage.ask(&Method::POST, path, &headers, form).await
}

async fn get_status(stage: &Stage, cookie: &str) -> u16 {
    stage.ask(&Method::GET, STATUS, &[("cookie", cookie)], "").await.status().as_u16()
}

#[tokio::test]
async fn an_operator_signs_in_comes_to_the_page_they_wanted_and_signs_out() {
    let stage = Stage::with(entry()).await;
    let asked = stage.ask(&Method::GET, "/management/cache/runs?limit=5", &[], "").await;
    let form = format!("{LOGIN}?next=%2Fmanagement%2Fcache%2Fruns%3Flimit%3D5");
    assert_eq!(location(&asked), (303, form.as_str()));
    assert_eq!(stage.ask(&Method::GET, &form, &[], "").await.status(), 200);

    let next = "next=%2Fmanagement%2Fcache%2Fruns%3Flimit%3D5";
    let signed_in = send_form(&stage, LOGIN, None, &format!("api_key=+{}+&{next}", stage.operator)).await;
    assert_eq!(location(&signed_in), (303, "/management/cache/runs?limit=5"));
    let cookie = signed_in.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.ends_with("; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(!cookie.contains(&stage.operator));
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(get_status(&stage, cookie).await, 200);

    let signed_out = send_form(&stage, LOGOUT, Some(cookie), "").await;
    assert_eq!(location(&signed_out), (303, "/management/cache/login?notice=signed-out"));
    assert!(signed_out.headers()[header::SET_COOKIE].to_str().unwrap().starts_with("vms_session=; Path=/; Max-Age=0;"));
    assert_eq!(get_status(&stage, cookie).await, 401, "whoever kept the cookie");
}

#[tokio::test]
async fn who_cannot_sign_in_is_told_so_by_the_form() {
    let stage = Stage::with(entry()).await;
    let leaver = make_key(&stage.store, "key-leaver", Role::Operator, 3).await;
    stage.store.revoke("key-leaver", at(12)).await.unwrap();
    let unknown = format!("vms_{}", "0".repeat(64));
    stage.calls();
    for (key, notice, reads) in [
        ("", "wrong-key", 0),
        ("hello", "wrong-key", 0),
        (unknown.as_str(), "wrong-key", 1),
        (&leaver, "wrong-key", 1),
        (&stage.reader, "reader-key", 1),
    ] {
        let refused = send_form(&stage, LOGIN, None, &format!("api_key={key}&next=%2Fmanagement%2Fcache%2Fruns")).await;
        let expected = format!("{LOGIN}?next=%2Fmanagement%2Fcache%2Fruns&notice=refused.{notice}");
        assert_eq!(location(&refused), (303, expected.as_str()));
        assert!(!refused.headers().contains_key(header::SET_COOKIE));
        let calls = stage.calls();
        assert_eq!((calls.auth, calls.reads, calls.writes), (reads, 0, 0), "{notice}");
    }
}

#[tokio::test]
async fn signing_in_leads_nowhere_else() {
    let stage = Stage::with(entry()).await;
    for next in
        ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "%2Fmanagement%2Fcache%2Flogout"]
    {
        let signed_in = send_form(&stage, LOGIN, None, &format!("api_key={}&next={next}", stage.operator)).await;
        assert_eq!(location(&signed_in), (303, "/management/cache/status"), "{next}");
    }
}

#[tokio::test]
async fn a_session_ends_after_eight_hours_and_with_its_key_at_once() {
    let stage = Stage::with(entry()).await;
    let leaver = make_key(&stage.store, "key-leaver", Role::Operator, 3).await;
    let (theirs, ours) = (stage.sign_in(&leaver).await, stage.sign_in(&stage.operator).await);
    assert_eq!((get_status(&stage, &theirs).await, get_status(&stage, &ours).await), (200, 200));
    stage.store.revoke("key-leaver", stage.now).await.unwrap();
    assert_eq!((get_status(&stage, &theirs).await, get_status(&stage, &ours).await), (401, 200));
    stage.set_clock(at(20) - jiff::SignedDuration::from_secs(1));
    assert_eq!(get_status(&stage, &ours).await, 200);
    stage.set_clock(at(20));
    assert_eq!(get_status(&stage, &ours).await, 401);
}

#[tokio::test]
async fn what_another_site_makes_a_browser_send_changes_nothing() {
    let stage = Stage::with(entry()).await;
    let cookie = stage.sign_in(&stage.operator).await;
    let key = format!("api_key={}", stage.operator);
    let act = format!("report_key={KEY}");
    stage.calls();
    for from in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("referer", "https://evil.example/management/cache/status")],
        &[],
    ] {
        for (path, body) in [
            (STOP, ""),
            ("/management/cache/scheduler/start", ""),
            ("/management/cache/refresh", ""),
            ("/management/cache/api/refresh", ""),
            ("/management/cache/api/approve", act.as_str()),
            ("/management/cache/api/reject", act.as_str()),
            ("/management/cache/api/rollback", act.as_str()),
            (LOGOUT, ""),
            (LOGIN, key.as_str()),
        ] {
            for content_type in [FORM, "application/json", "text/plain"] {
                let mut headers = vec![("host", HOST), ("cookie", cookie.as_str()), ("content-type", content_type)];
                headers.extend(from);
                let refused = stage.ask(&Method::POST, path, &headers, body).await;
                assert_eq!(refused.status(), 403, "{path} {from:?} {content_type}");
                assert!(!refused.headers().contains_key(header::SET_COOKIE), "nobody is signed in unawares");
            }
        }
    }
    assert_eq!(stage.calls(), crate::stage::Calls::default(), "not even a session is looked for");
}

#[tokio::test]
async fn a_key_is_not_asked_where_it_comes_from_and_is_not_mixed_with_a_session() {
    let stage = Stage::with(entry()).await;
    let cookie = stage.sign_in(&stage.operator).await;
    let (operator, reader) = (format!("Bearer {}", stage.operator), format!("Bearer {}", stage.reader));
    let evil = ("origin", "https://evil.example");
    for (authorization, expected) in [(&operator, 200), (&reader, 403), (&"Bearer nothing".to_owned(), 401)] {
        let headers = [("host", HOST), evil, ("cookie", &cookie), ("authorization", authorization)];
        assert_eq!(stage.ask(&Method::POST, STOP, &headers, "").await.status(), expected);
    }
}

#[tokio::test]
async fn acts_by_session_are_recorded_with_the_id_of_its_key() {
    let stage = Stage::with(entry()).await;
    let cookie = stage.sign_in(&stage.operator).await;
    assert_eq!(send_form(&stage, STOP, Some(&cookie), "reason=import").await.status(), 303);
    let act = &stage.acts().await[0];
    assert_eq!((act.by.as_str(), act.reason.as_deref()), (crate::stage::OPERATOR, Some("import")));
}

#[tokio::test]
async fn a_program_signs_in_and_out_with_json() {
    let stage = Stage::with(entry()).await;
    let headers = [("host", HOST), ("origin", ORIGIN), ("content-type", "application/json")];
    let body = serde_json::json!({"api_key": stage.operator}).to_string();
    let signed_in = stage.ask(&Method::POST, LOGIN, &headers, &body).await;
    let answer: serde_json::Value = serde_json::from_slice(signed_in.body()).unwrap();
    assert_eq!((signed_in.status().as_u16(), &answer["expires_at"]), (200, &serde_json::json!(at(20))));
    assert!(signed_in.headers().contains_key(header::SET_COOKIE));
    let reader = serde_json::json!({"api_key": stage.reader}).to_string();
    let refused = stage.ask(&Method::POST, LOGIN, &headers, &reader).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["content-type"]),
        (403, &"application/problem+json".parse().unwrap())
    );
    assert_eq!(stage.ask(&Method::POST, LOGOUT, &headers, "").await.status(), 200);
}
