//! Values as CloudWatch keeps them, and the statistics of its periods.

use super::definition::{MetricId, Query, Statistic};
use std::collections::BTreeMap;

/// Values by metric, each with its second and how often it was put.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    values: BTreeMap<MetricId, BTreeMap<i64, Vec<(f64, u32)>>>,
}

impl Metrics {
    /// Notes a value that was put `times` times at that second.
    pub(crate) fn put(&mut self, metric: &MetricId, second: i64, value: f64, times: u32) {
        let of_metric = match self.values.get_mut(metric) {
            Some(of_metric) => of_metric,
            None => self.values.entry(metric.clone()).or_default(),
        };
        of_metric.entry(second).or_default().push((value, times));
    }

    /// The last `slots` periods before `now`, the oldest first; `None` where nothing was put in one.
    pub(crate) fn asked(&self, query: &Query, now: i64, slots: usize) -> Vec<Option<f64>> {
        let Some(of_metric) = self.values.get(&query.metric) else {
            return vec![None; slots];
        };
        let begin = |n: usize| now - query.period * n as i64;
        let slot = |n: usize| of_metric.range(begin(n)..begin(n - 1)).flat_map(|(_, values)| values);
        (1..=slots).rev().map(|n| statistic(query.statistic, slot(n))).collect()
    }
}

fn statistic<'v>(statistic: Statistic, values: impl Iterator<Item = &'v (f64, u32)>) -> Option<f64> {
    let (mut sum, mut count, mut maximum) = (0.0, 0.0, f64::NEG_INFINITY);
    for (value, times) in values {
        sum += value * f64::from(*times);
        count += f64::from(*times);
        maximum = maximum.max(*value);
    }
    (count > 0.0).then_some(match statistic {
        Statistic::Sum => sum,
        Statistic::SampleCount => count,
        Statistic::Average => sum / count,
        Statistic::Maximum => maximum,
    })
}

#[test]
fn a_period_is_summed_counted_averaged_and_has_its_maximum() {
    let metric = MetricId { namespace: "N".into(), name: "M".into(), dimensions: BTreeMap::new() };
    let mut metrics = Metrics::default();
    for (second, value, times) in [(10, 1.0, 3), (70, 5.0, 1), (80, 2.0, 1), (119, 2.0, 1), (120, 9.0, 1)] {
        metrics.put(&metric, second, value, times);
    }
    for (statistic, expected) in [
        (Statistic::Sum, [None, Some(3.0), Some(9.0)]),
        (Statistic::SampleCount, [None, Some(3.0), Some(3.0)]),
        (Statistic::Average, [None, Some(1.0), Some(3.0)]),
        (Statistic::Maximum, [None, Some(1.0), Some(5.0)]),
    ] {
        let query = Query { metric: metric.clone(), statistic, period: 60, unit: None };
        assert_eq!(metrics.asked(&query, 120, 3), expected, "{statistic:?}");
    }
}
