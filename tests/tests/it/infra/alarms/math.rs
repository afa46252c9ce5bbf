//! CloudWatch's metric math, as far as the template uses it.
//!
//! Values are lists over the same periods, single numbers, or several lists (`METRICS()`). What is missing on one side
//! of an operation is missing in its result; `FILL` is the way out.

use std::collections::BTreeMap;

/// One value a period, where there is one.
pub(crate) type Points = Vec<Option<f64>>;

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Number(f64),
    Series(Points),
    All(Vec<Points>),
    Text(String),
}

/// The points of an expression over `slots` periods; `metrics` are the terms that are metrics, `known` finds a term of
/// any kind by its id.
pub(crate) fn evaluate(
    expression: &str,
    slots: usize,
    metrics: &BTreeMap<String, Points>,
    known: &dyn Fn(&str) -> Points,
) -> Points {
    let mut parser = Parser { tokens: tokens(expression), at: 0, slots, metrics, known };
    let value = parser.comparison();
    assert_eq!(parser.at, parser.tokens.len(), "{expression}: something is left over");
    parser.points(value)
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_alphanumeric() {
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len())
        } else if first == '"' {
            rest[1..].find('"').unwrap() + 2
        } else if [">=", "<="].iter().any(|sign| rest.starts_with(sign)) {
            2
        } else {
            1
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'a> {
    tokens: Vec<String>,
    at: usize,
    slots: usize,
    metrics: &'a BTreeMap<String, Points>,
    known: &'a dyn Fn(&str) -> Points,
}

impl Parser<'_> {
    /// The next token, if it is one of these.
    fn next_of(&mut self, wanted: &[&str]) -> Option<String> {
        let token = self.tokens.get(self.at).filter(|t| wanted.contains(&t.as_str()))?.clone();
        self.at += 1;
        Some(token)
    }

    fn comparison(&mut self) -> Value {
        let left = self.sum();
        match self.next_of(&[">=", "<=", ">", "<"]) {
            None => left,
            Some(sign) => {
                let right = self.sum();
                self.pairwise(left, right, |a, b| {
                    let holds = match sign.as_str() {
                        ">=" => a >= b,
                        "<=" => a <= b,
                        ">" => a > b,
                        _ => a < b,
                    };
                    Some(f64::from(u8::from(holds)))
                })
            }
        }
    }

    fn sum(&mut self) -> Value {
        let mut left = self.product();
        while let Some(sign) = self.next_of(&["+", "-"]) {
            let right = self.product();
            left = self.pairwise(left, right, |a, b| Some(if sign == "+" { a + b } else { a - b }));
        }
        left
    }

    fn product(&mut self) -> Value {
        let mut left = self.factor();
        while let Some(sign) = self.next_of(&["*", "/"]) {
            let right = self.factor();
            left = self.pairwise(left, right, |a, b| match sign.as_str() {
                "*" => Some(a * b),
                _ => (b != 0.0).then(|| a / b),
            });
        }
        left
    }

    fn factor(&mut self) -> Value {
        let token = self.tokens[self.at].clone();
        self.at += 1;
        if token == "(" {
            let value = self.comparison();
            assert!(self.next_of(&[")"]).is_some(), "a parenthesis is not closed");
            value
        } else if let Ok(number) = token.parse() {
            Value::Number(number)
        } else if let Some(text) = token.strip_prefix('"') {
            Value::Text(text.trim_end_matches('"').to_owned())
        } else if self.next_of(&["("]).is_some() {
            let arguments = self.arguments();
            self.call(&token, &arguments)
        } else {
            Value::Series((self.known)(&token))
        }
    }

    fn arguments(&mut self) -> Vec<Value> {
        let mut arguments = Vec::new();
        while self.next_of(&[")"]).is_none() {
            arguments.push(self.comparison());
            let _ = self.next_of(&[","]);
        }
        arguments
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Value {
        match (function, arguments) {
            ("METRICS", []) => Value::All(self.metrics.values().cloned().collect()),
            ("METRICS", [Value::Text(part)]) => {
                let named = self.metrics.iter().filter(|(id, _)| id.contains(part.as_str()));
                Value::All(named.map(|(_, points)| points.clone()).collect())
            }
            ("FILL", [Value::All(all), Value::Number(n)]) => {
                Value::All(all.iter().map(|points| filled(points, *n)).collect())
            }
            ("FILL", [Value::Series(points), Value::Number(n)]) => Value::Series(filled(points, *n)),
            ("SUM", [Value::All(all)]) => Value::Series(self.joined(all, |a, b| a + b)),
            ("MAX", [Value::All(all)]) => Value::Series(self.joined(all, f64::max)),
            ("IF", [condition, yes, no]) => {
                let [condition, yes, no] = [condition, yes, no].map(|v| self.points(v.clone()));
                let chosen = condition.iter().zip(yes).zip(no);
                Value::Series(chosen.map(|((c, yes), no)| c.and_then(|c| if c == 0.0 { no } else { yes })).collect())
            }
            _ => panic!("{function} with such arguments is not known to the tests: {arguments:?}"),
        }
    }

    /// Period by period over all lists, of those that have a value.
    fn joined(&self, all: &[Points], join: impl Fn(f64, f64) -> f64 + Copy) -> Points {
        (0..self.slots).map(|n| all.iter().filter_map(|points| points[n]).reduce(join)).collect()
    }

    fn pairwise(&self, left: Value, right: Value, of: impl Fn(f64, f64) -> Option<f64>) -> Value {
        if let (Value::Number(a), Value::Number(b)) = (&left, &right) {
            return Value::Number(of(*a, *b).unwrap());
        }
        let pairs = self.points(left).into_iter().zip(self.points(right));
        Value::Series(pairs.map(|(a, b)| of(a?, b?)).collect())
    }

    fn points(&self, value: Value) -> Points {
        match value {
            Value::Number(n) => vec![Some(n); self.slots],
            Value::Series(points) => points,
            other => panic!("not one series: {other:?}"),
        }
    }
}

fn filled(points: &[Option<f64>], with: f64) -> Points {
    points.iter().map(|point| point.or(Some(with))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_come_to_what_the_documentation_of_metric_math_says() {
        let metrics = BTreeMap::from([
            ("good_a".to_owned(), vec![Some(8.0), None, None]),
            ("good_b".to_owned(), vec![Some(1.0), Some(3.0), None]),
            ("bad".to_owned(), vec![Some(1.0), Some(0.0), None]),
        ]);
        for (expression, expected) in [
            ("good_a + good_b", [Some(9.0), None, None]),
            ("100 * good_b / bad", [Some(100.0), None, None]),
            ("2 + 3 * (4 - 1)", [Some(11.0), Some(11.0), Some(11.0)]),
            ("FILL(good_a, 0)", [Some(8.0), Some(0.0), Some(0.0)]),
            ("SUM(METRICS(\"good\"))", [Some(9.0), Some(3.0), None]),
            ("SUM(FILL(METRICS(), 0))", [Some(10.0), Some(3.0), Some(0.0)]),
            ("MAX(METRICS())", [Some(8.0), Some(3.0), None]),
            ("IF(good_b >= 3, 100, bad)", [Some(1.0), Some(100.0), None]),
            ("good_b < 2", [Some(1.0), Some(0.0), None]),
        ] {
            let found = evaluate(expression, 3, &metrics, &|id| metrics[id].clone());
            assert_eq!(found, expected, "{expression}");
        }
    }
}
