//! Refreshes that cannot be handed to the refresh function: told at once, and closed in the ledger.

use crate::stage::{FORM, HOST, ORIGIN, Stage, entry};
use http::{Method, header};
use serde_json::json;
use vms_core::{CacheType, Outcome, Run, RunState};

const REFRESH: &str = "/management/cache/api/refresh";

async fn runs_of(stage: &Stage, cache_type: CacheType) -> Vec<Run> {
    stage.store.runs(cache_type, 10, None, stage.now).await.unwrap().0
}

#[tokio::test]
async fn a_run_that_nobody_takes_up_is_lost_at_once_and_says_why() {
    let stage = Stage::with(entry()).await;
    stage.cut_off(&[CacheType::District]);
    let (status, problem) = stage.post(REFRESH, &json!({"cache_type": "district"})).await;
    assert_eq!((status, &problem["title"]), (503, &json!("The cache is not available")));
    assert!(problem["detail"].as_str().unwrap().starts_with("could not ask for district: "), "{problem}");
    let runs = runs_of(&stage, CacheType::District).await;
    let [run] = &runs[..] else { panic!("{runs:?}") };
    assert_eq!((run.state, run.outcome, run.finished_at), (RunState::Done, Some(Outcome::Lost), Some(stage.now)));
    let shown = stage.get(&format!("/management/cache/api/runs/{}", run.run_id)).await.1;
    assert_eq!(
        (&shown["state"], &shown["error"]),
        (&json!("lost"), &json!("the refresh function could not be reached"))
    );
    let late = Run { state: RunState::Running, outcome: None, ..run.clone() };
    assert!(!stage.store.take_up_run(&late).await.unwrap(), "its request, should it arrive after all, does nothing");
}

#[tokio::test]
async fn of_refreshes_asked_for_together_one_out_of_reach_stops_no_other_and_is_named() {
    let stage = Stage::with(entry()).await;
    stage.cut_off(&[CacheType::District, CacheType::Volunteer]);
    let (status, problem) = stage.post(REFRESH, &json!({"force": true})).await;
    let told = "asked for organization, virtual_session, recruitment, but not for district, volunteer: ";
    assert_eq!(status, 503);
    assert!(problem["detail"].as_str().unwrap().starts_with(told), "{problem}");
    for cache_type in CacheType::ALL {
        let is_lost = [CacheType::District, CacheType::Volunteer].contains(&cache_type);
        let expected = if is_lost { RunState::Done } else { RunState::Queued };
        let found: Vec<_> = runs_of(&stage, cache_type).await.into_iter().map(|run| run.state).collect();
        assert_eq!(found, [expected], "{cache_type}");
    }
    let cookie = stage.sign_in(&stage.operator).await;
    let headers = [("host", HOST), ("origin", ORIGIN), ("content-type", FORM), ("cookie", &cookie)];
    let response = stage.ask(&Method::POST, "/management/cache/refresh", &headers, "cache_type=all").await;
    let location = response.headers()[header::LOCATION].to_str().unwrap();
    assert_eq!(location, "/management/cache/refresh?notice=refused.not-all-asked");
}
