//! Every metric, once: what the code emits, what alarms and dashboard read, what the tests walk.
//!
//! A name with a set of dimensions costs about $0.30 a month, so there are no more of them than alarms need; everything
//! else is in the ledger. The five that a refresh function puts have the dimension [`CACHE_TYPE`], `SourceAge` and what
//! the reports function counts have none.

use vms_core::{ConfigError, Env};

/// The one dimension: the cache type's name.
pub const CACHE_TYPE: &str = "cache_type";

/// A metric as CloudWatch knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name in the namespace.
    pub name: &'static str,
    /// What its values are counted in.
    pub unit: Unit,
    /// The name of its dimension; `None` where it has none.
    pub dimension: Option<&'static str>,
    /// What a value of it says.
    pub meaning: &'static str,
    /// Who emits it, and when.
    pub emitter: Emitter,
    /// The alarms that read it, by their logical names; one per type carries the type's name behind that.
    pub alarms: &'static [&'static str],
}

/// The unit of a metric; an alarm or a query that names another one finds no values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Seconds.
    Seconds,
    /// Thousandths of a second.
    Milliseconds,
}

impl Unit {
    /// CloudWatch's own name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
            Self::Milliseconds => "Milliseconds",
        }
    }
}

/// Who emits a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emitter {
    /// A refresh function at the end of every sweep, whatever came of it: run, nothing to do, paused, backing off.
    Sweep,
    /// A refresh function at the end of a run that ran, whoever asked for it; a dry run tells nothing.
    Run,
    /// The reports function with each request, as a line of its log.
    Reports,
}

/// Age of the oldest report of a type.
pub const OLDEST_REPORT_AGE: Metric = Metric {
    name: "OldestReportAge",
    unit: Unit::Seconds,
    dimension: Some(CACHE_TYPE),
    meaning: "Time since the oldest report of the type was confirmed against its source. Retired, held, archived and \
              quarantined reports are left out; where all are, it is 0. No value where nothing was ever published: \
              that, too, is silence",
    emitter: Emitter::Sweep,
    alarms: &["DeadMan"],
};

/// Reports of a type that wait for an operator.
pub const REPORTS_QUARANTINED: Metric = Metric {
    name: "ReportsQuarantined",
    unit: Unit::Count,
    dimension: Some(CACHE_TYPE),
    meaning: "Reports of the type whose new build waits for an operator",
    emitter: Emitter::Sweep,
    alarms: &["Quarantine"],
};

/// Age of the database that reports are made from.
pub const SOURCE_AGE: Metric = Metric {
    name: "SourceAge",
    unit: Unit::Seconds,
    dimension: None,
    meaning: "Time since the present snapshot of the VMS database was taken; where the sweep cannot see it, of the \
              last one that was read",
    emitter: Emitter::Sweep,
    alarms: &["SourceSilent"],
};

/// A run that succeeded.
pub const REFRESH_SUCCEEDED: Metric = Metric {
    name: "RefreshSucceeded",
    unit: Unit::Count,
    dimension: Some(CACHE_TYPE),
    meaning: "1 for a run that succeeded, 0 for one that was partial or failed",
    emitter: Emitter::Run,
    alarms: &["SuccessRate"],
};

/// A run that did not succeed.
pub const REFRESH_FAILED: Metric = Metric {
    name: "RefreshFailed",
    unit: Unit::Count,
    dimension: Some(CACHE_TYPE),
    meaning: "1 for a run that was partial or failed, 0 for one that succeeded",
    emitter: Emitter::Run,
    alarms: &["RefreshFailed", "SuccessRate"],
};

/// How long a run took.
pub const REFRESH_DURATION: Metric = Metric {
    name: "RefreshDuration",
    unit: Unit::Seconds,
    dimension: Some(CACHE_TYPE),
    meaning: "Time from the start of a run to its verdict, whatever that was",
    emitter: Emitter::Run,
    alarms: &["RefreshSlow"],
};

/// A request for a report that was fresh, or just over it.
pub const FRESH_HIT: Metric = Metric {
    name: "FreshHit",
    unit: Unit::Count,
    dimension: None,
    meaning: "1 for a request that was answered with a fresh or aging report, 304 included, 0 for a stale one or a miss",
    emitter: Emitter::Reports,
    alarms: &["HitRate"],
};

/// A request for a report that was stale.
pub const STALE_HIT: Metric = Metric {
    name: "StaleHit",
    unit: Unit::Count,
    dimension: None,
    meaning: "1 for a request that was answered with a stale report, 304 included, 0 for a fresh one or a miss",
    emitter: Emitter::Reports,
    alarms: &["HitRate"],
};

/// A request for a planned report that has no body.
pub const MISS: Metric = Metric {
    name: "Miss",
    unit: Unit::Count,
    dimension: None,
    meaning: "1 for a request for a planned report that is not there, 0 for one that was served. Archived reports, \
              unknown keys and refused requests are neither hits nor misses",
    emitter: Emitter::Reports,
    alarms: &["HitRate"],
};

/// A request that the function failed.
pub const REQUEST_ERROR: Metric = Metric {
    name: "RequestError",
    unit: Unit::Count,
    dimension: None,
    meaning: "1 for a request that was answered with 5xx, 0 for any other that was not refused (4xx, save a miss)",
    emitter: Emitter::Reports,
    alarms: &["ErrorRate"],
};

/// How long a request took.
pub const REQUEST_DURATION: Metric = Metric {
    name: "RequestDuration",
    unit: Unit::Milliseconds,
    dimension: None,
    meaning: "Time from a request to its answer within the function, with each RequestError",
    emitter: Emitter::Reports,
    alarms: &["ErrorRate"],
};

impl Metric {
    /// Every metric there is.
    pub const ALL: [Self; 11] = [
        OLDEST_REPORT_AGE,
        REPORTS_QUARANTINED,
        SOURCE_AGE,
        REFRESH_SUCCEEDED,
        REFRESH_FAILED,
        REFRESH_DURATION,
        FRESH_HIT,
        STALE_HIT,
        MISS,
        REQUEST_ERROR,
        REQUEST_DURATION,
    ];
}

/// The namespace of all of them: `METRICS_NAMESPACE`, `VmsReportCache` by default.
pub fn namespace(env: &Env<'_>) -> Result<String, ConfigError> {
    const VARIABLE: &str = "METRICS_NAMESPACE";
    let name = env.text(VARIABLE).unwrap_or_else(|| "VmsReportCache".to_owned());
    let is_known = |c: char| c.is_ascii_alphanumeric() || "._-/#:".contains(c);
    if name.len() <= 255 && name.chars().all(is_known) && !name.starts_with("AWS/") && !name.starts_with(':') {
        Ok(name)
    } else {
        let expected = "expects at most 255 letters, digits and ._-/#:, beginning neither with AWS/ nor with a colon";
        Err(ConfigError::new(VARIABLE, expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_metric_has_a_name_of_its_own_and_an_alarm() {
        let names: BTreeSet<_> = Metric::ALL.iter().map(|m| m.name).collect();
        assert_eq!(names.len(), Metric::ALL.len());
        for metric in Metric::ALL {
            assert!(!metric.alarms.is_empty() && !metric.meaning.is_empty(), "{}", metric.name);
            assert!(metric.dimension.is_none_or(|d| d == CACHE_TYPE && metric.emitter != Emitter::Reports));
        }
    }

    #[test]
    fn a_namespace_that_cloudwatch_refuses_is_an_error_that_names_the_variable() {
        let named = |name: &'static str| namespace(&Env::new(&move |_| Some(name.to_owned())));
        assert_eq!(named(""), Ok("VmsReportCache".to_owned()));
        assert_eq!(named("VmsReportCache/dev"), Ok("VmsReportCache/dev".to_owned()));
        for bad in ["AWS/Lambda", ":x", "a b", "Señal"] {
            assert_eq!(named(bad).unwrap_err().variable, "METRICS_NAMESPACE", "{bad}");
        }
    }
}
