//! The same calls against a CloudWatch that others wrote: `.ci/run` starts moto, behind a shim that speaks CBOR.

use super::cloudwatch::{aws, client};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, StateValue, Statistic};
use jiff::{SignedDuration, Timestamp};
use std::io::Write as _;
use vms_core::{AlarmState, CacheType, Monitor, RefreshFigures, RefreshMeter, RunFigures, SweepFigures};
use vms_telemetry::metrics::{FRESH_HIT, OLDEST_REPORT_AGE, REQUEST_ERROR};

#[tokio::test]
async fn what_is_put_is_read_back_from_an_external_cloudwatch() {
    let Ok(address) = std::env::var("AWS_ENDPOINT_URL_CLOUDWATCH") else {
        let _ = std::io::stderr().write_all(
            b"NOT RUN: figures and alarms of an external CloudWatch; to run it, start tests/cloudwatch/shim.py and set \
              AWS_ENDPOINT_URL_CLOUDWATCH\n",
        );
        return;
    };
    let namespace = format!("vms-test-{}", std::process::id());
    let prefix = format!("{namespace}-");
    let ours = client(&address, &[("METRICS_NAMESPACE", &namespace), ("ALARM_PREFIX", &prefix)]);
    let theirs = Client::new(&aws(&address));
    let now = Timestamp::now();

    let hours = SignedDuration::from_hours;
    let sweep = SweepFigures { oldest_report_age: Some(hours(30)), quarantined: 2, source_age: Some(hours(31)) };
    let run = RunFigures { succeeded: true, duration: SignedDuration::from_secs(9) };
    let figures = RefreshFigures { cache_type: CacheType::Volunteer, at: now, run: Some(run), sweep: Some(sweep) };
    ours.put(&figures).await;
    let stored = theirs.list_metrics().namespace(&namespace).send().await.unwrap();
    let dimensions = |name: &str| {
        let metric = stored.metrics().iter().find(|m| m.metric_name() == Some(name)).unwrap();
        metric.dimensions().iter().map(|d| d.value().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(stored.metrics().len(), 6);
    assert_eq!((dimensions("OldestReportAge"), dimensions("SourceAge")), (vec!["volunteer".to_owned()], vec![]));

    // What the log's lines would be made into.
    for (metric, value) in [(FRESH_HIT, 1.0), (FRESH_HIT, 1.0), (REQUEST_ERROR, 0.0), (REQUEST_ERROR, 1.0)] {
        let datum = aws_sdk_cloudwatch::types::MetricDatum::builder().metric_name(metric.name).value(value);
        let datum = datum.timestamp((std::time::SystemTime::now() - std::time::Duration::from_mins(5)).into()).build();
        theirs.put_metric_data().namespace(&namespace).metric_data(datum).send().await.unwrap();
    }
    for name in ["ErrorRate", "DeadManVolunteer"] {
        let alarm = theirs.put_metric_alarm().alarm_name(format!("{prefix}{name}")).namespace(&namespace);
        let alarm = alarm.metric_name(OLDEST_REPORT_AGE.name).statistic(Statistic::Maximum).period(3600);
        let alarm = alarm.dimensions(Dimension::builder().name("cache_type").value("volunteer").build());
        let alarm = alarm.threshold(93_600.0).evaluation_periods(3).datapoints_to_alarm(2);
        alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await.unwrap();
    }
    let set = theirs.set_alarm_state().alarm_name(format!("{prefix}DeadManVolunteer"));
    set.state_value(StateValue::Alarm).state_reason("too old").send().await.unwrap();

    let observed = ours.observe(now).await;
    let totals = observed.requests.unwrap();
    assert_eq!((totals.fresh, totals.stale, totals.failed, totals.requests), (2, 0, 1, 2));
    let alarms = observed.alarms.unwrap().unwrap();
    let names: Vec<_> = alarms.iter().map(|a| a.name.strip_prefix(&prefix).unwrap()).collect();
    assert_eq!(names, ["DeadManVolunteer", "ErrorRate"]);
    assert_eq!((alarms[0].state, alarms[0].reason.as_deref()), (AlarmState::Alarm, Some("too old")));
    assert!(alarms[0].since.is_some());
}
