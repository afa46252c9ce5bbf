//! An alarm as the template defines it.

use super::super::template::{Template, plain_text};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A metric of CloudWatch's: its namespace, name and dimensions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MetricId {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) dimensions: BTreeMap<String, String>,
}

/// What an alarm asks of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) metric: MetricId,
    pub(crate) statistic: Statistic,
    pub(crate) period: i64,
    pub(crate) unit: Option<String>,
}

/// How values of one period become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statistic {
    Sum,
    Maximum,
    Average,
    SampleCount,
}

/// What has an id in an alarm.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    Metric(Query),
    Expression(String),
}

/// How a value is held against the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
}

/// What is made of periods without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Breaching,
    NotBreaching,
    Ignore,
    InsufficientData,
}

/// An alarm on one metric or one expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alarm {
    /// Its logical name.
    pub(crate) name: String,
    pub(crate) description: String,
    /// Everything with an id, and the id of what is watched.
    pub(crate) terms: BTreeMap<String, Term>,
    pub(crate) watched: String,
    pub(crate) periods: usize,
    pub(crate) datapoints: usize,
    pub(crate) threshold: f64,
    pub(crate) comparison: Comparison,
    pub(crate) missing: Missing,
}

impl Alarm {
    /// Every alarm of a template.
    pub(crate) fn all(template: &Template) -> Vec<Self> {
        template.all("AWS::CloudWatch::Alarm").into_iter().map(|(name, alarm)| Self::of(name, alarm)).collect()
    }

    fn of(name: &str, alarm: &Json) -> Self {
        let number = |key: &str| plain_text(&alarm[key]).parse::<f64>().unwrap_or_else(|_| panic!("{name}: {key}"));
        let (terms, watched) = terms(alarm);
        let periods = number("EvaluationPeriods") as usize;
        Self {
            name: name.to_owned(),
            description: plain_text(&alarm["AlarmDescription"]),
            terms,
            watched,
            periods,
            datapoints: alarm["DatapointsToAlarm"].as_u64().map_or(periods, |n| n as usize),
            threshold: number("Threshold"),
            comparison: match plain_text(&alarm["ComparisonOperator"]).as_str() {
                "GreaterThanThreshold" => Comparison::Greater,
                "GreaterThanOrEqualToThreshold" => Comparison::GreaterOrEqual,
                "LessThanThreshold" => Comparison::Less,
                other => panic!("{name}: {other}"),
            },
            missing: match plain_text(&alarm["TreatMissingData"]).as_str() {
                "breaching" => Missing::Breaching,
                "notBreaching" => Missing::NotBreaching,
                "ignore" => Missing::Ignore,
                "missing" => Missing::InsufficientData,
                other => panic!("{name}: {other}"),
            },
        }
    }

    /// What it asks of metrics.
    pub(crate) fn queries(&self) -> impl Iterator<Item = &Query> {
        self.terms.values().filter_map(|term| match term {
            Term::Metric(query) => Some(query),
            Term::Expression(_) => None,
        })
    }

    /// The period of all of them, in seconds.
    pub(crate) fn period(&self) -> i64 {
        let mut periods: Vec<_> = self.queries().map(|q| q.period).collect();
        periods.dedup();
        assert_eq!(periods.len(), 1, "{}: CloudWatch wants one period", self.name);
        periods[0]
    }
}

fn terms(alarm: &Json) -> (BTreeMap<String, Term>, String) {
    let Some(metrics) = alarm["Metrics"].as_array() else {
        let query = query(alarm, &alarm["Period"], &alarm["Statistic"], &alarm["Unit"]);
        return (BTreeMap::from([("value".to_owned(), Term::Metric(query))]), "value".to_owned());
    };
    let (mut terms, mut watched) = (BTreeMap::new(), Vec::new());
    for metric in metrics {
        let id = plain_text(&metric["Id"]);
        let term = if let Some(expression) = metric["Expression"].as_str() {
            Term::Expression(expression.to_owned())
        } else {
            let stat = &metric["MetricStat"];
            Term::Metric(query(&stat["Metric"], &stat["Period"], &stat["Stat"], &stat["Unit"]))
        };
        if metric["ReturnData"] != false {
            watched.push(id.clone());
        }
        assert!(terms.insert(id, term).is_none(), "an id twice");
    }
    assert_eq!(watched.len(), 1, "one of an alarm's terms is watched: {watched:?}");
    (terms, watched.remove(0))
}

fn query(metric: &Json, period: &Json, statistic: &Json, unit: &Json) -> Query {
    let pairs = metric["Dimensions"].as_array().into_iter().flatten();
    Query {
        metric: MetricId {
            namespace: plain_text(&metric["Namespace"]),
            name: plain_text(&metric["MetricName"]),
            dimensions: pairs.map(|d| (plain_text(&d["Name"]), plain_text(&d["Value"]))).collect(),
        },
        statistic: match statistic.as_str().unwrap() {
            "Sum" => Statistic::Sum,
            "Maximum" => Statistic::Maximum,
            "Average" => Statistic::Average,
            "SampleCount" => Statistic::SampleCount,
            other => panic!("the tests know no {other}"),
        },
        period: period.as_i64().unwrap(),
        unit: unit.as_str().map(str::to_owned),
    }
}
