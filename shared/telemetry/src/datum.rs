//! From figures to values of metrics: the one place that knows which figure is which metric.

use crate::metrics::{
    FRESH_HIT, MISS, Metric, OLDEST_REPORT_AGE, REFRESH_DURATION, REFRESH_FAILED, REFRESH_SUCCEEDED,
    REPORTS_QUARANTINED, REQUEST_DURATION, REQUEST_ERROR, SOURCE_AGE, STALE_HIT,
};
use std::fmt;
use vms_core::{CacheType, RefreshFigures, RequestFigures, Seen};

/// A value of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Datum {
    /// The metric.
    pub metric: Metric,
    /// Its dimension's value, where it has one.
    pub cache_type: Option<CacheType>,
    /// The value.
    pub value: f64,
}

impl Datum {
    fn new(metric: Metric, cache_type: CacheType, value: f64) -> Self {
        Self { metric, cache_type: metric.dimension.map(|_| cache_type), value }
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.metric.name, self.value, self.metric.unit.as_str())
    }
}

/// The values that a refresh puts.
pub fn of_refresh(figures: &RefreshFigures) -> Vec<Datum> {
    let mut data = Vec::new();
    let mut put = |metric: Metric, value: f64| data.push(Datum::new(metric, figures.cache_type, value));
    if let Some(run) = figures.run {
        put(REFRESH_SUCCEEDED, one_if(run.succeeded));
        put(REFRESH_FAILED, one_if(!run.succeeded));
        put(REFRESH_DURATION, run.duration.as_secs_f64());
    }
    if let Some(sweep) = figures.sweep {
        put(REPORTS_QUARANTINED, sweep.quarantined as f64);
        if let Some(age) = sweep.oldest_report_age {
            put(OLDEST_REPORT_AGE, age.as_secs_f64());
        }
        if let Some(age) = sweep.source_age {
            put(SOURCE_AGE, age.as_secs_f64());
        }
    }
    data
}

/// The values of a request. Hits and misses come together, zeros included, so that a rate of sums needs no filling.
pub fn of_request(request: &RequestFigures<'_>) -> Vec<Datum> {
    let value = |metric, value| Datum { metric, cache_type: None, value };
    let mut data = vec![
        value(REQUEST_ERROR, one_if(request.failed)),
        value(REQUEST_DURATION, request.duration.as_micros() as f64 / 1000.0),
    ];
    if let Some(seen) = request.seen {
        for (metric, what) in [(FRESH_HIT, Seen::Fresh), (STALE_HIT, Seen::Stale), (MISS, Seen::Missed)] {
            data.push(value(metric, one_if(seen == what)));
        }
    }
    data
}

fn one_if(so: bool) -> f64 {
    f64::from(u8::from(so))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Emitter;
    use jiff::{SignedDuration, Timestamp};
    use std::collections::BTreeSet;
    use std::time::Duration;
    use vms_core::{RunFigures, SweepFigures};

    fn names(data: &[Datum]) -> BTreeSet<&'static str> {
        data.iter().map(|d| d.metric.name).collect()
    }

    fn emitted_by(emitters: &[Emitter]) -> BTreeSet<&'static str> {
        Metric::ALL.iter().filter(|m| emitters.contains(&m.emitter)).map(|m| m.name).collect()
    }

    #[test]
    fn a_refresh_and_a_request_put_what_the_list_says_of_them() {
        let hour = SignedDuration::from_hours(1);
        let whole = RefreshFigures {
            cache_type: CacheType::Volunteer,
            at: Timestamp::UNIX_EPOCH,
            run: Some(RunFigures { succeeded: false, duration: hour }),
            sweep: Some(SweepFigures { oldest_report_age: Some(hour), quarantined: 2, source_age: Some(hour) }),
        };
        let data = of_refresh(&whole);
        assert_eq!(names(&data), emitted_by(&[Emitter::Run, Emitter::Sweep]));
        for datum in &data {
            assert_eq!(datum.cache_type.is_some(), datum.metric.dimension.is_some(), "{datum}");
        }
        assert_eq!(names(&of_refresh(&RefreshFigures { run: None, ..whole })), emitted_by(&[Emitter::Sweep]));
        assert_eq!(names(&of_refresh(&RefreshFigures { sweep: None, ..whole })), emitted_by(&[Emitter::Run]));

        let request = RequestFigures {
            request_id: "r",
            at: Timestamp::UNIX_EPOCH,
            seen: Some(Seen::Stale),
            failed: false,
            duration: Duration::from_micros(1500),
        };
        let data = of_request(&request);
        assert_eq!(names(&data), emitted_by(&[Emitter::Reports]));
        let told: Vec<_> = data.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "RequestError 0 Count",
                "RequestDuration 1.5 Milliseconds",
                "FreshHit 0 Count",
                "StaleHit 1 Count",
                "Miss 0 Count"
            ]
        );
        let list = of_request(&RequestFigures { seen: None, failed: true, ..request });
        assert_eq!(names(&list), BTreeSet::from(["RequestError", "RequestDuration"]));
    }
}
