//! Operators' acts through the handlers, on entries made by hand: what they do, whom they refuse, and what happens
//! when someone else acts on the same entry at the same moment.

use crate::stage::{self, KEY, Meddler, OPERATOR, Stage, at, candidate, entry, version};
use http::Method;
use serde_json::{Value, json};
use vms_core::{CacheType, Entry, Etag, Fence, ReportKey, Tally, TypeStatus};
use vms_store::{ActKind, Read, Saved};

const APPROVE: &str = "/management/cache/api/approve";
const REJECT: &str = "/management/cache/api/reject";
const ROLLBACK: &str = "/management/cache/api/rollback";

#[tokio::test]
async fn an_approved_build_is_served_and_the_hold_ends() {
    let stage = Stage::with(Entry { held: Some(at(8)), ..entry() }).await;
    let (status, answer) = stage.post(APPROVE, &json!({"report_key": KEY, "reason": " looks right "})).await;
    assert_eq!((status, &answer["success"], &answer["recorded"]), (200, &json!(true), &json!(true)), "{answer}");
    let served = stage.entry().await;
    assert_eq!((served.current, served.held, served.candidate), (version('d', 4), None, None));
    assert_eq!(served.versions, [version('c', 3), version('b', 2), version('a', 1)]);
    assert_eq!(served.last_updated, at(4), "no younger than the build");
    let act = &stage.acts().await[0];
    assert_eq!((act.kind, act.by.as_str(), act.at), (ActKind::Approve, OPERATOR, stage.now));
    assert_eq!(act.what, format!("{KEY} {}", version('d', 4).etag));
    assert_eq!(act.reason.as_deref(), Some("looks right"));
    assert_eq!(served.act, Some(act.place()));
    assert_eq!(answer["act"], json!(act.place()));
}

#[tokio::test]
async fn a_rejected_build_goes_and_is_remembered() {
    let stage = Stage::with(entry()).await;
    let (status, answer) = stage.post(REJECT, &json!({"report_key": KEY, "version": "d"})).await;
    assert_eq!((status, &answer["serving"]), (200, &json!(version('c', 3).etag)), "{answer}");
    let served = stage.entry().await;
    assert_eq!((served.current, served.candidate), (version('c', 3), None));
    assert_eq!(served.rejected, Some(version('d', 4).etag));
    assert_eq!(stage.acts().await[0].kind, ActKind::Reject);
}

#[tokio::test]
async fn a_report_is_moved_back_to_the_version_before_or_to_the_named_one() {
    for (version_named, expected) in [(None, 'b'), (Some("a00"), 'a')] {
        let stage = Stage::with(entry()).await;
        let (status, answer) = stage.post(ROLLBACK, &json!({"report_key": KEY, "version": version_named})).await;
        assert_eq!(status, 200, "{answer}");
        let served = stage.entry().await;
        assert!(served.current.is_named(&expected.to_string()));
        assert_eq!((served.held, served.candidate), (Some(stage.now), entry().candidate), "held, and one still waits");
    }
}

#[tokio::test]
async fn the_reason_of_the_last_act_is_told_to_whoever_looks_later() {
    let stage = Stage::with(entry()).await;
    let explain = format!("/management/cache/api/explain/{KEY}");
    assert_eq!(stage.get(&explain).await.1["act"], Value::Null);
    stage.post(REJECT, &json!({"report_key": KEY, "reason": "too few"})).await;
    stage.set_clock(at(13));
    stage.post(ROLLBACK, &json!({"report_key": KEY, "reason": "a bad import"})).await;
    stage.set_clock(at(14));
    stage.post("/management/cache/scheduler/stop", &json!({"reason": "something else"})).await;
    let explained = stage.get(&explain).await.1;
    let expected = json!({"kind": "rollback", "by": OPERATOR, "at": at(13), "reason": "a bad import"});
    assert_eq!(explained["act"], expected);
    let sentences = explained["sentences"].to_string();
    assert!(sentences.contains("Key key-operator rolled it back on ") && sentences.contains(": a bad import\""));
    stage.set_clock(at(13 + 91 * 24));
    assert_eq!(stage.get(&explain).await.1["act"], Value::Null, "it is kept for 90 days");
}

#[tokio::test]
async fn the_counts_of_the_status_follow_an_act() {
    let stage = Stage::with(entry()).await;
    let before = TypeStatus {
        tally: Tally::of([&entry()], 2),
        last_schedule: Some(at(2)),
        ..TypeStatus::unknown(CacheType::Recruitment)
    };
    stage.store.save_status(&before).await.unwrap();
    assert_eq!(before.tally.quarantined, 1);
    stage.post(REJECT, &json!({"report_key": KEY})).await;
    let after = stage.store.status(CacheType::Recruitment, Read::Consistent).await.unwrap();
    assert_eq!((after.tally.quarantined, after.tally.missing), (0, 2), "what is missing only a run can tell");
    assert_eq!(after, TypeStatus { tally: after.tally.clone(), ..before }, "and nothing else changed");
}

#[tokio::test]
async fn what_cannot_be_done_as_the_report_stands_is_a_conflict_that_says_why() {
    let bare = Entry { candidate: None, versions: Vec::new(), ..entry() };
    for (stored, path, named, detail) in [
        (&bare, APPROVE, None, "no build of this report waits for an operator"),
        (&bare, REJECT, None, "no build of this report waits for an operator"),
        (&bare, ROLLBACK, None, "no earlier version is kept"),
        (
            &entry(),
            APPROVE,
            Some("c"),
            "the build that waits is another one than the version that was named: d00000000000",
        ),
        (&entry(), ROLLBACK, Some("e"), "no version of that name is kept; kept are b00000000000, a00000000000"),
        (&entry(), ROLLBACK, Some("c"), "that version is served already"),
    ] {
        let stage = Stage::with(stored.clone()).await;
        let (status, problem) = stage.post(path, &json!({"report_key": KEY, "version": named})).await;
        assert_eq!((status, problem["detail"].as_str().unwrap()), (409, detail), "{path}");
        assert_eq!((stage.entry().await.rev, stage.acts().await.len()), (1, 0), "nothing was done, nothing recorded");
    }
}

#[tokio::test]
async fn what_is_not_in_the_cache_is_not_found_and_what_is_not_understood_is_refused() {
    let stage = Stage::with(entry()).await;
    let long = "x".repeat(501);
    for (body, status) in [
        (json!({"report_key": "recruitment/candidates/7"}), 404),
        (json!({"report_key": "no/such/report"}), 404),
        (json!({}), 400),
        (json!({"report_key": KEY, "force": true}), 400),
        (json!({"report_key": 7}), 400),
        (json!([KEY]), 400),
        (json!({"report_key": KEY, "reason": long}), 400),
    ] {
        for path in [APPROVE, REJECT, ROLLBACK] {
            assert_eq!(stage.post(path, &body).await.0, status, "{path} {body}");
        }
    }
    assert_eq!((stage.entry().await.rev, stage.acts().await.len()), (1, 0));
}

#[tokio::test]
async fn only_an_operator_acts_and_only_by_post() {
    let stage = Stage::with(entry()).await;
    let body = json!({"report_key": KEY});
    for path in [APPROVE, REJECT, ROLLBACK, "/management/cache/scheduler/start", "/management/cache/scheduler/stop"] {
        assert_eq!(stage.send(Method::POST, path, Some(&stage.reader), &body).await.0, 403, "{path}");
        assert_eq!(stage.send(Method::POST, path, None, &body).await.0, 401, "{path}");
        assert_eq!(stage.send(Method::GET, path, Some(&stage.operator), &body).await.0, 405, "{path}");
    }
    let diff = format!("/management/cache/api/diff/{KEY}");
    assert_eq!(stage.send(Method::GET, &diff, Some(&stage.reader), &Value::Null).await.0, 403);
    assert_eq!((stage.entry().await.rev, stage.acts().await.len()), (1, 0));
}

#[tokio::test]
async fn of_two_operators_at_once_neither_is_lost() {
    let stage = Stage::with(entry()).await;
    stage.meddle(Meddler::Act(|e| e.rejecting(None).unwrap()));
    let (status, answer) = stage.post(ROLLBACK, &json!({"report_key": KEY})).await;
    assert_eq!(status, 200, "{answer}");
    let served = stage.entry().await;
    assert_eq!((served.current, served.candidate, served.rev), (version('b', 2), None, 3), "both acts stand");
    assert_eq!(served.rejected, Some(version('d', 4).etag));
}

#[tokio::test]
async fn two_operators_who_roll_back_at_once_go_back_once() {
    let stage = Stage::with(entry()).await;
    stage.meddle(Meddler::Act(|e| e.rolled_back(None, at(9)).unwrap()));
    let (status, problem) = stage.post(ROLLBACK, &json!({"report_key": KEY})).await;
    assert_eq!((status, &problem["detail"]), (409, &json!("that version is served already")));
    assert_eq!(stage.entry().await.current, version('b', 2));
}

#[tokio::test]
async fn nobody_approves_a_build_that_came_after_the_one_they_saw() {
    let stage = Stage::with(entry()).await;
    stage.meddle(Meddler::Run(|e| Entry { candidate: Some(candidate('e', 10)), fence: Fence(10), ..e }));
    let (status, problem) = stage.post(APPROVE, &json!({"report_key": KEY})).await;
    assert_eq!(status, 409, "{problem}");
    let served = stage.entry().await;
    assert_eq!(
        (served.current, served.candidate),
        (version('c', 3), Some(candidate('e', 10))),
        "the run's save stands"
    );
}

#[tokio::test]
async fn an_act_and_a_runs_save_at_once_both_stand() {
    let stage = Stage::with(entry()).await;
    stage.meddle(Meddler::Run(|e| Entry { last_updated: at(10), fence: Fence(10), ..e }));
    assert_eq!(stage.post(ROLLBACK, &json!({"report_key": KEY})).await.0, 200);
    let served = stage.entry().await;
    assert_eq!((served.current, served.fence, served.held), (version('b', 2), Fence(10), Some(stage.now)));
    let late = Entry { fence: Fence(11), ..entry() };
    let answer = stage.store.save_entry(&late, Some(1)).await.unwrap();
    assert_eq!(answer, Saved::Lost, "a run that has not seen the act must look again");
}

#[tokio::test]
async fn an_entry_that_is_removed_under_the_act_is_not_made_anew() {
    let stage = Stage::with(entry()).await;
    stage.meddle(Meddler::Remove);
    assert_eq!(stage.post(ROLLBACK, &json!({"report_key": KEY})).await.0, 404);
    let key: ReportKey = KEY.parse().unwrap();
    assert_eq!(stage.store.entry(&key, Read::Consistent).await.unwrap(), None);
}

#[tokio::test]
async fn the_schedule_stops_and_starts_in_the_words_of_vms() {
    let stage = Stage::with(entry()).await;
    let until = at(100).to_string();
    let stop = json!({"reason": "import", "until": until});
    let (status, answer) = stage.post("/management/cache/scheduler/stop", &stop).await;
    assert_eq!(
        (status, answer),
        (200, json!({"success": true, "message": "Cache refresh scheduler stopped successfully", "recorded": true}))
    );
    let shown = stage.get("/management/cache/api/status").await.1;
    assert_eq!(shown["data"]["is_running"], json!(false));
    let expected = json!({"paused": true, "by": OPERATOR, "since": stage.now, "until": until, "reason": "import"});
    assert_eq!(shown["data"]["schedule"], expected);
    let (status, answer) = stage.post("/management/cache/scheduler/start", &Value::Null).await;
    assert_eq!(
        (status, answer),
        (200, json!({"success": true, "message": "Cache refresh scheduler started successfully", "recorded": true}))
    );
    assert!(!stage.store.schedule_control(Read::Consistent).await.unwrap().is_paused_at(stage.now));
    let mut kinds: Vec<_> = stage.acts().await.into_iter().map(|a| (format!("{:?}", a.kind), a.by, a.what)).collect();
    kinds.sort();
    let act = |kind: &str| (kind.to_owned(), OPERATOR.to_owned(), String::new());
    assert_eq!(kinds, [act("Pause"), act("Resume")]);
    for (path, body) in [
        ("stop", json!({"until": at(1).to_string()})),
        ("stop", json!({"until": "tomorrow"})),
        ("stop", json!({"force": true})),
        ("start", json!({"until": until})),
    ] {
        assert_eq!(stage.post(&format!("/management/cache/scheduler/{path}"), &body).await.0, 400, "{path} {body}");
    }
}

#[tokio::test]
async fn an_act_that_cannot_be_written_down_is_done_and_says_so() {
    let stage = Stage::with(entry()).await;
    stage.forget_acts();
    for path in [ROLLBACK, APPROVE, "/management/cache/scheduler/stop"] {
        let body = if path.contains("api") { json!({"report_key": KEY}) } else { json!({}) };
        let (status, answer) = stage.post(path, &body).await;
        assert_eq!((status, &answer["success"], &answer["recorded"]), (200, &json!(true), &json!(false)), "{answer}");
    }
    assert_eq!(stage.entry().await.current, version('d', 4));
    assert!(stage.store.schedule_control(Read::Consistent).await.unwrap().is_paused_at(stage.now));
    assert_eq!(stage.acts().await, []);
}

#[tokio::test]
async fn two_versions_are_compared_by_name() {
    let stage = Stage::with(entry()).await;
    let row = |hours: Value| json!({"filled_events": [{"id": 7, "hours": hours}], "unfilled_events": []});
    let stored = Entry {
        current: stage.store_body(&row(json!(2)), 3).await,
        versions: vec![stage.store_body(&row(json!(1)), 2).await],
        candidate: Some(vms_core::Candidate {
            version: stage.store_body(&row(json!(2.5)), 4).await,
            ..candidate('d', 4)
        }),
        ..entry()
    };
    assert_eq!(stage.store.change_entry(&stored, 1).await.unwrap(), Saved::Written(2));
    let earlier: String = stored.versions[0].etag.0.chars().take(6).collect();
    for (query, old, new, roles) in [
        (String::new(), json!(2), json!(2.5), ["current", "candidate"]),
        (format!("from={earlier}"), json!(1), json!(2), ["earlier", "current"]),
        (format!("from={earlier}&to=candidate"), json!(1), json!(2.5), ["earlier", "candidate"]),
        (format!("to={earlier}"), json!(2), json!(1), ["current", "earlier"]),
    ] {
        let (status, diff) = stage.get(&format!("/management/cache/api/diff/{KEY}?{query}")).await;
        assert_eq!(status, 200, "{diff}");
        assert_eq!(diff["changes"], json!([{"path": "filled_events[id=7].hours", "old": old, "new": new}]), "{query}");
        assert_eq!([&diff["from"]["role"], &diff["to"]["role"]], roles);
        assert_eq!(diff["summary"], json!({"rows_added": 0, "rows_removed": 0, "figures_changed": 1}));
    }
    let settled = Entry { candidate: None, ..stored };
    assert_eq!(stage.store.change_entry(&settled, 2).await.unwrap(), Saved::Written(3));
    let (_, diff) = stage.get(&format!("/management/cache/api/diff/{KEY}")).await;
    assert_eq!([&diff["from"]["role"], &diff["to"]["role"]], ["earlier", "current"]);
    for (path, status) in [
        (format!("{KEY}?from=zzz"), 404),
        (format!("{KEY}?from=candidate"), 404),
        (format!("{KEY}?form=current"), 400),
        ("recruitment/candidates/7".to_owned(), 404),
        ("no/such/report".to_owned(), 404),
    ] {
        assert_eq!(stage.get(&format!("/management/cache/api/diff/{path}")).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn versions_too_large_for_a_function_are_not_compared() {
    let large = vms_core::Version { bytes: 16_000_000, ..version('b', 2) };
    let stage = Stage::with(Entry { versions: vec![large], candidate: None, ..entry() }).await;
    assert_eq!(stage.get(&format!("/management/cache/api/diff/{KEY}")).await.0, 422);
}

#[tokio::test]
async fn acts_hold_the_ids_of_keys_and_no_names() {
    let stage = Stage::with(entry()).await;
    stage.post(ROLLBACK, &json!({"report_key": KEY})).await;
    stage.post(REJECT, &json!({"report_key": KEY})).await;
    stage.post("/management/cache/scheduler/stop", &json!({})).await;
    let acts = stage.acts().await;
    assert_eq!(acts.len(), 3);
    for act in acts {
        let text = serde_json::to_string(&act).unwrap();
        assert!(act.by == OPERATOR && !text.contains(stage::NAME), "{text}");
    }
    assert_ne!(stage.entry().await.current.etag, Etag(String::new()));
}
