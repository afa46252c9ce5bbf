//! CloudWatch's rules by which an alarm rings.
//!
//! At each evaluation CloudWatch looks at a few periods more than the alarm names. Where enough of them have values, the
//! newest of those count, and what is missing does not matter. Where they are too few, the alarm's own rule for missing
//! data fills up the rest.

use super::definition::{Alarm, Comparison, Missing, Term};
use super::math::{self, Points};
use super::series::Metrics;
use std::collections::BTreeMap;

/// How many periods more than the alarm's own are looked at.
const BEYOND: usize = 2;

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    Alarm,
    InsufficientData,
}

impl Alarm {
    /// The state at a moment, after that of the evaluation before.
    pub(crate) fn judge(&self, metrics: &Metrics, now: i64, before: State) -> State {
        let points = self.points(metrics, now, self.periods + BEYOND);
        let breaches = |value: f64| match self.comparison {
            Comparison::Greater => value > self.threshold,
            Comparison::GreaterOrEqual => value >= self.threshold,
            Comparison::Less => value < self.threshold,
        };
        let breaching: Vec<_> = points.into_iter().map(|point| point.map(breaches)).collect();
        judged(&breaching, self.periods, self.datapoints, self.missing, before)
    }

    fn points(&self, metrics: &Metrics, now: i64, slots: usize) -> Points {
        let mut asked = BTreeMap::new();
        for (id, term) in &self.terms {
            if let Term::Metric(query) = term {
                asked.insert(id.clone(), metrics.asked(query, now, slots));
            }
        }
        self.term(&self.watched, &asked, slots)
    }

    fn term(&self, id: &str, asked: &BTreeMap<String, Points>, slots: usize) -> Points {
        match &self.terms[id] {
            Term::Metric(_) => asked[id].clone(),
            Term::Expression(text) => math::evaluate(text, slots, asked, &|id| self.term(id, asked, slots)),
        }
    }
}

/// The state by the periods looked at, the oldest first: breaching, not, or without a value.
fn judged(points: &[Option<bool>], periods: usize, datapoints: usize, missing: Missing, before: State) -> State {
    let known: Vec<bool> = points.iter().rev().filter_map(|point| *point).take(periods).collect();
    let breaching = known.iter().filter(|breaches| **breaches).count();
    let to_fill = periods - known.len();
    let rings = |count: usize| if count >= datapoints { State::Alarm } else { State::Ok };
    match missing {
        Missing::Breaching => rings(breaching + to_fill),
        Missing::NotBreaching => rings(breaching),
        _ if to_fill == 0 || breaching >= datapoints => rings(breaching),
        Missing::Ignore if known.is_empty() => before,
        Missing::InsufficientData if known.is_empty() => State::InsufficientData,
        // Nothing but breaches, the first of them long enough ago: more would only confirm it.
        _ if breaching == known.len() && oldest(points) >= datapoints => match missing {
            Missing::Ignore => before,
            _ => State::Alarm,
        },
        _ => State::Ok,
    }
}

/// How many periods ago, the newest being 1, the oldest value is.
fn oldest(points: &[Option<bool>]) -> usize {
    points.iter().position(Option::is_some).map_or(0, |place| points.len() - place)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of AWS's page on missing data: `X` breaches, `0` does not, `-` is missing; then the states where
    /// missing data is missing, ignored, breaching, not breaching. `=` is the state from before.
    const EXAMPLES: [(usize, usize, &str, [&str; 4]); 10] = [
        (3, 3, "0-X-X", ["OK", "OK", "OK", "OK"]),
        (3, 3, "0----", ["OK", "OK", "OK", "OK"]),
        (3, 3, "-----", ["INSUFFICIENT", "=", "ALARM", "OK"]),
        (3, 3, "0XX-X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (3, 3, "--X--", ["ALARM", "=", "ALARM", "OK"]),
        (3, 2, "0-X-X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (3, 2, "00X0X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (3, 2, "0-X--", ["OK", "OK", "ALARM", "OK"]),
        (3, 2, "----0", ["OK", "OK", "ALARM", "OK"]),
        (3, 2, "---X-", ["ALARM", "=", "ALARM", "OK"]),
    ];

    #[test]
    fn missing_data_is_treated_as_in_the_documented_examples() {
        let rules = [Missing::InsufficientData, Missing::Ignore, Missing::Breaching, Missing::NotBreaching];
        for (periods, datapoints, text, expected) in EXAMPLES {
            let points: Vec<_> = text.chars().map(|c| (c != '-').then_some(c == 'X')).collect();
            for (rule, expected) in rules.into_iter().zip(expected) {
                for before in [State::Ok, State::Alarm, State::InsufficientData] {
                    let expected = match expected {
                        "OK" => State::Ok,
                        "ALARM" => State::Alarm,
                        "=" => before,
                        _ => State::InsufficientData,
                    };
                    let found = judged(&points, periods, datapoints, rule, before);
                    assert_eq!(found, expected, "{datapoints} of {periods}, {text}, {rule:?}");
                }
            }
        }
    }
}
