//! Metrics as lines of a function's log, in CloudWatch's embedded metric format: nothing waits for a call.

use crate::datum::{Datum, of_request};
use crate::metrics;
use serde_json::{Map, Value, json};
use std::io::Write as _;
use vms_core::{ConfigError, Env, RequestFigures, RequestMeter};

/// Writes a line for each request to standard output, which Lambda takes as the log.
#[derive(Debug, Clone)]
pub struct EmbeddedMetrics {
    namespace: String,
}

impl EmbeddedMetrics {
    /// Lines for the namespace in `METRICS_NAMESPACE`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self { namespace: metrics::namespace(env)? })
    }

    /// The line for a request; its id is a property, by which the request's other lines are found.
    fn line(&self, request: &RequestFigures<'_>) -> Value {
        let data = of_request(request);
        let definition = |d: &Datum| json!({"Name": d.metric.name, "Unit": d.metric.unit.as_str()});
        let directive = json!({
            "Namespace": self.namespace,
            // One set of no dimensions.
            "Dimensions": [[]],
            "Metrics": data.iter().map(definition).collect::<Vec<_>>(),
        });
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({"Timestamp": request.at.as_millisecond(), "CloudWatchMetrics": [directive]}),
        );
        line.insert("request_id".to_owned(), request.request_id.into());
        line.extend(data.iter().map(|d| (d.metric.name.to_owned(), d.value.into())));
        Value::Object(line)
    }
}

impl RequestMeter for EmbeddedMetrics {
    fn note(&self, request: &RequestFigures<'_>) {
        // Where the log cannot be written, there is nowhere to say so.
        let _ = std::io::stdout().lock().write_all(format!("{}\n", self.line(request)).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use std::time::Duration;
    use vms_core::Seen;

    /// The units that CloudWatch knows.
    const UNITS: &str = "Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits \
        Kilobits Megabits Gigabits Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second \
        Gigabytes/Second Terabytes/Second Bits/Second Kilobits/Second Megabits/Second Gigabits/Second \
        Terabits/Second Count/Second None";

    /// What the published format asks of a line, in our words. Every refusal is one of CloudWatch's, which drops the
    /// metrics of such a line without a word.
    fn check(line: &str) -> Result<(), String> {
        let fails = |why: &str| Err(format!("{why}: {line}"));
        if line.len() > 256 * 1024 || line.contains('\n') {
            return fails("a line of at most 256 KB");
        }
        let root: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
        let Some(metadata) = root["_aws"].as_object() else { return fails("the root has an object _aws") };
        let Some(timestamp) = metadata.get("Timestamp").and_then(Value::as_i64) else {
            return fails("Timestamp is a whole number");
        };
        // Seconds would lie in 1970, and CloudWatch takes what is at most two weeks old.
        if timestamp < 1_000_000_000_000 {
            return fails("Timestamp counts milliseconds");
        }
        let Some(directives) = metadata.get("CloudWatchMetrics").and_then(Value::as_array) else {
            return fails("CloudWatchMetrics is a list");
        };
        for directive in directives {
            let text = |value: &Value, most: usize| value.as_str().is_some_and(|t| !t.is_empty() && t.len() <= most);
            if !text(&directive["Namespace"], 1024) {
                return fails("Namespace is a text");
            }
            let Some(sets) = directive["Dimensions"].as_array().filter(|sets| !sets.is_empty()) else {
                return fails("Dimensions holds at least one set");
            };
            for set in sets {
                let Some(names) = set.as_array().filter(|names| names.len() <= 30) else {
                    return fails("a set has at most 30 dimensions");
                };
                if !names.iter().all(|n| text(n, 250) && root[n.as_str().unwrap_or_default()].is_string()) {
                    return fails("a dimension names a text member of the root");
                }
            }
            let Some(metrics) = directive["Metrics"].as_array().filter(|m| m.len() <= 100) else {
                return fails("at most 100 metrics");
            };
            for metric in metrics {
                if !text(&metric["Name"], 1024) {
                    return fails("Name is a text");
                }
                if metric.get("Unit").is_some_and(|u| !UNITS.split(' ').any(|known| u == known)) {
                    return fails("Unit is one of CloudWatch's");
                }
                let value = &root[metric["Name"].as_str().unwrap_or_default()];
                let is_number = |v: &Value| v.as_f64().is_some_and(f64::is_finite);
                let is_list = value.as_array().is_some_and(|l| l.len() <= 100 && l.iter().all(is_number));
                if !is_number(value) && !is_list {
                    return fails("a metric's member of the root is a number, or up to 100 of them");
                }
            }
        }
        Ok(())
    }

    fn meter() -> EmbeddedMetrics {
        EmbeddedMetrics::from_env(&Env::new(&|_| None)).unwrap()
    }

    fn request(seen: Option<Seen>) -> RequestFigures<'static> {
        RequestFigures {
            request_id: "8f5c3c2e-2b1e-4b1c-9c53-0f6c1c8f2a77",
            at: "2026-03-15T03:30:00.25Z".parse::<Timestamp>().unwrap(),
            seen,
            failed: false,
            duration: Duration::from_micros(840),
        }
    }

    #[test]
    fn every_line_keeps_to_the_published_format() {
        for seen in [None, Some(Seen::Fresh), Some(Seen::Stale), Some(Seen::Missed)] {
            for failed in [false, true] {
                let line = meter().line(&RequestFigures { failed, ..request(seen) });
                assert_eq!(check(&line.to_string()), Ok(()));
            }
        }
    }

    #[test]
    fn a_line_says_what_its_request_came_to() {
        let line = meter().line(&request(Some(Seen::Fresh)));
        let expected = json!({
            "_aws": {
                "Timestamp": 1_773_545_400_250_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "VmsReportCache",
                    "Dimensions": [[]],
                    "Metrics": [
                        {"Name": "RequestError", "Unit": "Count"},
                        {"Name": "RequestDuration", "Unit": "Milliseconds"},
                        {"Name": "FreshHit", "Unit": "Count"},
                        {"Name": "StaleHit", "Unit": "Count"},
                        {"Name": "Miss", "Unit": "Count"},
                    ],
                }],
            },
            "request_id": "8f5c3c2e-2b1e-4b1c-9c53-0f6c1c8f2a77",
            "RequestError": 0.0, "RequestDuration": 0.84, "FreshHit": 1.0, "StaleHit": 0.0, "Miss": 0.0,
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn the_check_finds_what_cloudwatch_would_drop() {
        let good = meter().line(&request(Some(Seen::Fresh)));
        let break_it = |how: &dyn Fn(&mut Value)| {
            let mut line = good.clone();
            how(&mut line);
            check(&line.to_string())
        };
        let directive = |line: &mut Value, name: &str, value: Value| {
            line["_aws"]["CloudWatchMetrics"][0][name] = value;
        };
        assert!(break_it(&|line| line["_aws"]["Timestamp"] = 1_773_545_400.into()).is_err(), "seconds");
        assert!(break_it(&|line| line["_aws"]["Timestamp"] = "now".into()).is_err(), "no number");
        assert!(break_it(&|line| directive(line, "Namespace", "".into())).is_err(), "no namespace");
        assert!(break_it(&|line| directive(line, "Dimensions", json!([]))).is_err(), "no set");
        assert!(break_it(&|line| directive(line, "Dimensions", json!([["cache_type"]]))).is_err(), "not there");
        assert!(break_it(&|line| directive(line, "Metrics", json!([{"Name": "Other"}]))).is_err(), "no value");
        let metric = json!([{"Name": "Miss", "Unit": "Requests"}]);
        assert!(break_it(&|line| directive(line, "Metrics", metric.clone())).is_err(), "no such unit");
        assert!(break_it(&|line| line["FreshHit"] = "1".into()).is_err(), "a text");
        let many: Vec<_> = (0..101).map(|_| json!({"Name": "Miss"})).collect();
        assert!(break_it(&|line| directive(line, "Metrics", many.clone().into())).is_err(), "too many");
        assert!(check("Cache refresh completed").is_err(), "no JSON");
    }
}
