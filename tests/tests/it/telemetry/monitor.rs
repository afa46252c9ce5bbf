//! What the status shows of readers and alarms, as CloudWatch tells it.

use super::cloudwatch::{Fake, Mood};
use crate::proofs::support::clock::TestClock;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vms_core::{Clock, FreshnessLimits, Monitor, Role};
use vms_http::{Context, Handle, Status};
use vms_store::{ApiKey, KeySecret, MemoryTable, Store};

/// The status handler over an empty cache, as an operator asks it.
struct Asked {
    clock: TestClock,
    status: Status<MemoryTable>,
    secret: KeySecret,
}

impl Asked {
    async fn of(monitor: Option<Arc<dyn Monitor>>) -> Self {
        let clock = TestClock::at("2026-03-15T12:00:00Z");
        let store = Arc::new(Store::new(MemoryTable::default()));
        let secret = KeySecret::from_entropy([7; 32]);
        let key = ApiKey::new("operator", "operator", Role::Operator, clock.now());
        store.create_key(&secret, &key).await.unwrap();
        let status = Status::new(Context::new(store, Arc::new(clock.clone()), FreshnessLimits::default()));
        let status = match monitor {
            Some(monitor) => status.observing(monitor).refreshed_every(12),
            None => status,
        };
        Self { clock, status, secret }
    }

    async fn data(&self) -> Value {
        let request = Request::get("/management/cache/api/status")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.secret.expose()))
            .body(Bytes::new())
            .unwrap();
        let response = self.status.handle(&request).await;
        assert_eq!(response.status(), StatusCode::OK);
        serde_json::from_slice::<Value>(response.body()).unwrap()["data"].take()
    }
}

/// Of a week's 1200 requests 900 were for fresh reports, 60 for stale ones, 40 for missing ones; 12 failed.
fn a_week() -> Value {
    let result = |id: &str, values: Value| json!({"Id": id, "StatusCode": "Complete", "Values": values});
    json!([
        result("fresh", json!([500.0, 400.0])),
        result("stale", json!([60.0])),
        result("missed", json!([40.0])),
        result("failed", json!([12.0])),
        result("requests", json!([700.0, 500.0])),
    ])
}

#[tokio::test]
async fn readers_are_told_beside_their_targets_and_asked_for_once_a_minute() {
    let fake = Fake::start().await;
    fake.set_metrics(a_week());
    let asked = Asked::of(Some(Arc::new(fake.client(&[("METRICS_NAMESPACE", "Other")])))).await;
    let data = asked.data().await;
    assert_eq!(
        data["metrics"]["hit_percent"],
        json!({
            "value": 90.0, "target": "over 90 %", "met": false,
            "counted": "900 of 1000 reports asked for in 7 days were there and not stale"
        })
    );
    assert_eq!(
        data["metrics"]["error_percent"],
        json!({"value": 1.0, "target": "under 5 %", "met": true, "counted": "12 of 1200 requests of 7 days"})
    );
    assert!(data["metrics"]["refresh_success_percent"].is_object() && data["metrics"].as_object().unwrap().len() == 4);
    assert_eq!((&data["alarms"], &data["alarms_problem"]), (&Value::Null, &Value::Null), "none are configured");
    assert_eq!(data["refresh_interval_hours"], 12);

    let calls = fake.take_calls();
    assert_eq!(calls.len(), 1, "and nothing was asked about alarms: {calls:?}");
    let (name, sent) = &calls[0];
    assert_eq!(name, "GetMetricData");
    let seconds = |name: &str| sent[name]["$time"].as_f64().unwrap();
    assert!((seconds("EndTime") - seconds("StartTime") - 7.0 * 86400.0).abs() < 1e-3);
    let queries: Vec<_> = sent["MetricDataQueries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|query| {
            let stat = &query["MetricStat"];
            assert_eq!((&stat["Metric"]["Namespace"], stat["Metric"].get("Dimensions")), (&json!("Other"), None));
            format!("{} {}", stat["Metric"]["MetricName"].as_str().unwrap(), stat["Stat"].as_str().unwrap())
        })
        .collect();
    assert_eq!(queries, ["FreshHit Sum", "StaleHit Sum", "Miss Sum", "RequestError Sum", "RequestError SampleCount"]);

    fake.set_metrics(json!([]));
    asked.clock.advance(jiff::SignedDuration::from_secs(59));
    assert_eq!(asked.data().await["metrics"], data["metrics"]);
    asked.clock.advance(jiff::SignedDuration::from_secs(1));
    let later = asked.data().await;
    assert_eq!(later["metrics"]["hit_percent"]["value"], Value::Null, "no one asked for anything");
    assert_eq!(fake.take_calls().len(), 1);
}

#[tokio::test]
async fn alarms_of_the_stack_are_told_those_that_ring_first() {
    let fake = Fake::start().await;
    let at = json!({"$time": 1_773_540_000});
    fake.set_alarms(json!({
        "MetricAlarms": [
            {"AlarmName": "vms-HitRate", "StateValue": "OK", "StateReason": "fine", "StateTransitionedTimestamp": at},
            {"AlarmName": "vms-ErrorRate", "StateValue": "INSUFFICIENT_DATA", "StateUpdatedTimestamp": at},
            {"AlarmName": "vms-DeadManDistrict", "StateValue": "ALARM", "StateReason": "no data",
             "StateTransitionedTimestamp": at},
        ],
        "CompositeAlarms": [{"AlarmName": "vms-Attention", "StateValue": "ALARM", "StateTransitionedTimestamp": at}],
    }));
    let asked = Asked::of(Some(Arc::new(fake.client(&[("ALARM_PREFIX", "vms-")])))).await;
    let since = "2026-03-15T02:00:00Z";
    assert_eq!(
        asked.data().await["alarms"],
        json!([
            {"name": "vms-Attention", "state": "alarm", "since": since},
            {"name": "vms-DeadManDistrict", "state": "alarm", "since": since, "reason": "no data"},
            {"name": "vms-ErrorRate", "state": "insufficient_data", "since": since},
            {"name": "vms-HitRate", "state": "ok", "since": since, "reason": "fine"},
        ])
    );
    let calls = fake.take_calls();
    let (_, sent) = calls.iter().find(|(name, _)| name == "DescribeAlarms").unwrap();
    assert_eq!(sent["AlarmNamePrefix"], "vms-");
    assert_eq!(sent["AlarmTypes"], json!(["MetricAlarm", "CompositeAlarm"]));
}

#[tokio::test]
async fn where_cloudwatch_does_not_answer_the_status_does() {
    let fake = Fake::start().await;
    for mood in [Mood::Fails, Mood::Refuses, Mood::Stalls, Mood::Cuts] {
        fake.set_mood(mood);
        let asked = Asked::of(Some(Arc::new(fake.client(&[("ALARM_PREFIX", "vms-")])))).await;
        let began = Instant::now();
        let data = asked.data().await;
        assert!(began.elapsed() < Duration::from_secs(5), "{mood:?}: {:?}", began.elapsed());
        for name in ["hit_percent", "error_percent"] {
            let figure = &data["metrics"][name];
            assert_eq!((&figure["value"], &figure["met"]), (&Value::Null, &Value::Null), "{mood:?}");
            assert_eq!(figure["counted"], "not known: CloudWatch did not answer");
        }
        let told = (&data["alarms"], &data["alarms_problem"]);
        assert_eq!(told, (&Value::Null, &json!("not known: CloudWatch did not answer")), "{mood:?}");
        fake.take_calls();
        asked.data().await;
        assert_eq!(fake.take_calls().len(), 0, "nor is it asked again at once");
    }
}

#[tokio::test]
async fn without_a_monitor_only_the_ledger_is_told() {
    let data = Asked::of(None).await.data().await;
    let names: Vec<_> = data["metrics"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["average_refresh_seconds", "refresh_success_percent"]);
    assert_eq!((data.get("alarms"), &data["refresh_interval_hours"]), (None, &json!(24)));
}
