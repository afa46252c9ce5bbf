//! Acts by form: done as by JSON, and answered by the way to the page that tells the outcome.

use crate::stage::{FORM, HOST, KEY, ORIGIN, Stage, entry};
use http::{Method, header};
use vms_core::{CacheType, Entry};

const EXPLAIN: &str = "/management/cache/explain/recruitment/dia-events";
const STATUS: &str = "/management/cache/status";
const REFRESH: &str = "/management/cache/refresh";

/// Sends a form from a page of ours, and answers where it leads.
async fn lead(stage: &Stage, path: &str, form: &str) -> String {
    let cookie = stage.sign_in(&stage.operator).await;
    let headers = [("host", HOST), ("origin", ORIGIN), ("content-type", FORM), ("cookie", &cookie)];
    let response = stage.ask(&Method::POST, path, &headers, form).await;
    assert_eq!(response.status(), 303, "{path} {form}");
    let location = response.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let page = stage.ask(&Method::GET, &location, &[("cookie", &cookie)], "").await;
    assert_eq!(page.status(), 200, "{location}");
    location
}

#[tokio::test]
async fn each_act_leads_to_the_page_that_tells_its_outcome() {
    let bare = || Entry { candidate: None, versions: Vec::new(), ..entry() };
    let act = |more: &str| format!("report_key=recruitment%2Fdia-events{more}");
    for (stored, path, form, page) in [
        (entry(), "api/approve", act("&reason=looks+right"), format!("{EXPLAIN}?notice=approved.d00000000000")),
        (entry(), "api/reject", act("&version=d0&reason="), format!("{EXPLAIN}?notice=rejected.d00000000000")),
        (entry(), "api/rollback", act("&version=a"), format!("{EXPLAIN}?notice=rolled-back.a00000000000")),
        (bare(), "api/approve", act(""), format!("{EXPLAIN}?notice=refused.nothing-waits")),
        (entry(), "api/approve", act("&version=e"), format!("{EXPLAIN}?notice=refused.another-waits")),
        (bare(), "api/rollback", act(""), format!("{EXPLAIN}?notice=refused.no-earlier-version")),
        (entry(), "api/rollback", act("&version=e"), format!("{EXPLAIN}?notice=refused.no-such-version")),
        (entry(), "api/rollback", act("&version=c"), format!("{EXPLAIN}?notice=refused.already-current")),
        (entry(), "api/approve", "report_key=no%2Fsuch".into(), format!("{STATUS}?notice=refused.unknown-report")),
        (entry(), "api/approve", String::new(), format!("{STATUS}?notice=refused.form")),
        (entry(), "api/approve", act("&report_key=x"), format!("{STATUS}?notice=refused.form")),
        (
            entry(),
            "api/approve",
            "report_key=recruitment%2Fcandidates%2F7".into(),
            "/management/cache/explain/recruitment/candidates/7?notice=refused.not-cached".into(),
        ),
        (
            entry(),
            "api/approve",
            act(&format!("&reason={}", "x".repeat(501))),
            format!("{EXPLAIN}?notice=refused.long-reason"),
        ),
        (entry(), "scheduler/stop", "reason=import&until=".into(), format!("{STATUS}?notice=paused")),
        (entry(), "scheduler/stop", "until=2026-03-16T06:00".into(), format!("{STATUS}?notice=paused")),
        (entry(), "scheduler/stop", "until=2026-03-15".into(), format!("{STATUS}?notice=refused.until-passed")),
        (entry(), "scheduler/stop", "until=soon".into(), format!("{STATUS}?notice=refused.until-unread")),
        (entry(), "scheduler/start", String::new(), format!("{STATUS}?notice=resumed")),
        (entry(), "refresh", "cache_type=all&force=on".into(), format!("{STATUS}?notice=requested")),
        (entry(), "refresh", "cache_type=other".into(), format!("{REFRESH}?notice=refused.unknown-type")),
        (entry(), "refresh", "report_key=other".into(), format!("{REFRESH}?notice=refused.unknown-report")),
        (entry(), "refresh", act("&cache_type=district"), format!("{REFRESH}?notice=refused.other-type")),
        (entry(), "refresh", "force=perhaps".into(), format!("{REFRESH}?notice=refused.form")),
        (entry(), "api/refresh", "surprise=1".into(), format!("{REFRESH}?notice=refused.form")),
    ] {
        let stage = Stage::with(stored).await;
        assert_eq!(lead(&stage, &format!("/management/cache/{path}"), &form).await, page, "{path} {form}");
    }
}

#[tokio::test]
async fn asking_for_one_type_leads_to_its_run() {
    for form in
        ["cache_type=recruitment&force=on&dry_run=on&report_key=", &format!("report_key={KEY}&force=on&dry_run=on")]
    {
        let stage = Stage::with(entry()).await;
        let page = lead(&stage, REFRESH, form).await;
        let id = page.strip_prefix("/management/cache/runs/").unwrap().strip_suffix("?notice=requested").unwrap();
        let (runs, _) = stage.store.runs(CacheType::Recruitment, 9, None, stage.now).await.unwrap();
        let run = &runs[0];
        assert_eq!((run.run_id.to_string().as_str(), run.force, run.dry_run), (id, true, true));
        assert_eq!(run.requested_by.as_deref(), Some(crate::stage::OPERATOR));
        assert_eq!(run.report_key.is_some(), form.contains(KEY));
    }
}
