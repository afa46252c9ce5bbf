//! CloudWatch: where a refresh puts its figures, and where the status looks up readers and alarms.
//!
//! Both are asked for with short patience. A figure that cannot be put is a line in the log and a gap in its alarm's
//! data; one that cannot be read is "not known" on the page.

use crate::datum::{Datum, of_refresh};
use crate::metrics::{self, FRESH_HIT, MISS, Metric, REQUEST_ERROR, STALE_HIT};
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::timeout::TimeoutConfig;
use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    AlarmType, CompositeAlarm, Dimension, MetricAlarm, MetricDataQuery, MetricDatum, MetricStat, StandardUnit,
    StateValue, StatusCode,
};
use futures_util::future::{OptionFuture, join};
use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use vms_core::{
    Alarm, AlarmState, COUNTED_OVER, ConfigError, Env, Monitor, NotKnown, Observed, Pending, RefreshFigures,
    RefreshMeter, RequestTotals,
};

/// How long a call may take, its repetitions included: a page waits for it.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long one attempt may.
const ATTEMPT: Duration = Duration::from_millis(1500);
/// How long what was read, or that it could not be, is given again without asking.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(60);
/// Requests are read by the hour, in seconds.
const PERIOD: i32 = 3600;

/// The metrics and alarms of this stack.
#[derive(Debug)]
pub struct CloudWatch {
    client: Client,
    namespace: String,
    /// The beginning of the names of this stack's alarms.
    alarm_prefix: Option<String>,
    kept: Mutex<Option<(Timestamp, Observed)>>,
}

impl CloudWatch {
    /// The metrics in `METRICS_NAMESPACE`, and the alarms whose names begin with `ALARM_PREFIX`, if that is set.
    pub fn from_env(aws: &SdkConfig, env: &Env<'_>) -> Result<Self, ConfigError> {
        let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).operation_attempt_timeout(ATTEMPT).build();
        let config = aws_sdk_cloudwatch::config::Builder::from(aws).timeout_config(timeouts).build();
        Ok(Self {
            client: Client::from_conf(config),
            namespace: metrics::namespace(env)?,
            alarm_prefix: env.text("ALARM_PREFIX"),
            kept: Mutex::default(),
        })
    }

    async fn look(&self, now: Timestamp) -> Observed {
        let alarms = OptionFuture::from(self.alarm_prefix.as_deref().map(|prefix| self.alarms(prefix)));
        let (requests, alarms) = join(self.requests(now), alarms).await;
        Observed { requests, alarms }
    }

    async fn requests(&self, now: Timestamp) -> Result<RequestTotals, NotKnown> {
        let [mut fresh, mut stale, mut missed, mut failed, mut requests] = [0.0; 5];
        let pages = self
            .client
            .get_metric_data()
            .start_time(time(now - COUNTED_OVER))
            .end_time(time(now))
            .metric_data_queries(self.query("fresh", FRESH_HIT, "Sum"))
            .metric_data_queries(self.query("stale", STALE_HIT, "Sum"))
            .metric_data_queries(self.query("missed", MISS, "Sum"))
            .metric_data_queries(self.query("failed", REQUEST_ERROR, "Sum"))
            .metric_data_queries(self.query("requests", REQUEST_ERROR, "SampleCount"))
            .into_paginator()
            .send();
        let pages = pages.try_collect().await.map_err(|error| not_known("GetMetricData", &error))?;
        for result in pages.iter().flat_map(GetMetricDataOutput::metric_data_results) {
            if matches!(result.status_code(), Some(StatusCode::InternalError | StatusCode::Forbidden)) {
                return Err(NotKnown);
            }
            let sum: f64 = result.values().iter().sum();
            match result.id() {
                Some("fresh") => fresh += sum,
                Some("stale") => stale += sum,
                Some("missed") => missed += sum,
                Some("failed") => failed += sum,
                Some("requests") => requests += sum,
                _ => {}
            }
        }
        let [fresh, stale, missed, failed, requests] = [fresh, stale, missed, failed, requests].map(|sum| sum as u64);
        Ok(RequestTotals { fresh, stale, missed, failed, requests })
    }

    fn query(&self, id: &str, metric: Metric, statistic: &str) -> MetricDataQuery {
        let metric = aws_sdk_cloudwatch::types::Metric::builder().namespace(&self.namespace).metric_name(metric.name);
        let stat = MetricStat::builder().metric(metric.build()).period(PERIOD).stat(statistic).build();
        MetricDataQuery::builder().id(id).metric_stat(stat).build()
    }

    async fn alarms(&self, prefix: &str) -> Result<Vec<Alarm>, NotKnown> {
        let asked = self
            .client
            .describe_alarms()
            .alarm_name_prefix(prefix)
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm);
        let pages = asked.into_paginator().send().try_collect().await;
        let pages = pages.map_err(|error| not_known("DescribeAlarms", &error))?;
        let mut alarms = Vec::new();
        for page in pages {
            alarms.extend(page.composite_alarms().iter().filter_map(composite_alarm));
            alarms.extend(page.metric_alarms().iter().filter_map(metric_alarm));
        }
        alarms.sort_by(|a, b| a.state.cmp(&b.state).then_with(|| a.name.cmp(&b.name)));
        Ok(alarms)
    }

    async fn put_all(&self, figures: &RefreshFigures) {
        let at = time(figures.at);
        let data = of_refresh(figures).iter().map(|datum| metric_datum(datum, at)).collect();
        let put = self.client.put_metric_data().namespace(&self.namespace).set_metric_data(Some(data));
        if let Err(error) = put.send().await {
            tracing::warn!(code = code(&error), "the figures could not be put");
        }
    }
}

impl RefreshMeter for CloudWatch {
    fn put<'a>(&'a self, figures: &'a RefreshFigures) -> Pending<'a, ()> {
        Box::pin(self.put_all(figures))
    }
}

impl Monitor for CloudWatch {
    fn observe(&self, now: Timestamp) -> Pending<'_, Observed> {
        Box::pin(async move {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some((at, observed)) = kept
                && now.duration_since(at) < KEPT_FOR
            {
                return observed;
            }
            let observed = self.look(now).await;
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, observed.clone()));
            observed
        })
    }
}

fn metric_datum(datum: &Datum, at: DateTime) -> MetricDatum {
    let dimension = datum.metric.dimension.zip(datum.cache_type);
    let dimension = dimension.map(|(name, of)| vec![Dimension::builder().name(name).value(of.as_str()).build()]);
    MetricDatum::builder()
        .metric_name(datum.metric.name)
        .set_dimensions(dimension)
        .unit(StandardUnit::from(datum.metric.unit.as_str()))
        .value(datum.value)
        .timestamp(at)
        .build()
}

fn metric_alarm(alarm: &MetricAlarm) -> Option<Alarm> {
    let since = alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp());
    described(alarm.alarm_name(), alarm.state_value(), since, alarm.state_reason())
}

fn composite_alarm(alarm: &CompositeAlarm) -> Option<Alarm> {
    let since = alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp());
    described(alarm.alarm_name(), alarm.state_value(), since, alarm.state_reason())
}

fn described(
    name: Option<&str>,
    state: Option<&StateValue>,
    since: Option<&DateTime>,
    reason: Option<&str>,
) -> Option<Alarm> {
    let state = match state? {
        StateValue::Ok => AlarmState::Ok,
        StateValue::Alarm => AlarmState::Alarm,
        _ => AlarmState::InsufficientData,
    };
    let since = since.and_then(|t| Timestamp::from_millisecond(t.to_millis().ok()?).ok());
    Some(Alarm { name: name?.to_owned(), state, since, reason: reason.map(str::to_owned) })
}

fn time(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

/// The code of a refusal; CloudWatch's message, which may quote what was sent, stays out.
fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> &str {
    error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or("no answer")
}

fn not_known<E: ProvideErrorMetadata, R>(call: &str, error: &SdkError<E, R>) -> NotKnown {
    tracing::warn!(call, code = code(error), "CloudWatch could not be asked");
    NotKnown
}
