//! DynamoDB's expressions: every attribute by a placeholder, as nearly any word may be a reserved one.

use crate::record::{PK, SK};
use crate::table::{Change, Condition, SortRange, Test};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use std::fmt::Write as _;

type Names = HashMap<String, String>;
type Values = HashMap<String, AttributeValue>;

/// The placeholders of one request.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    names: Names,
    values: Values,
}

impl Expression {
    /// The condition of a write; `None` where there is none.
    pub(crate) fn condition(&mut self, condition: Condition) -> Option<String> {
        match condition {
            Condition::Always => None,
            Condition::Absent => Some(self.absent()),
            Condition::All(tests) => self.tests(tests),
            Condition::AbsentOr(tests) => {
                let tests = self.tests(tests)?;
                Some(format!("{} OR ({tests})", self.absent()))
            }
        }
    }

    /// The change of an update; `None` where it changes nothing.
    pub(crate) fn change(&mut self, change: Change) -> Option<String> {
        let set = change.set.into_iter().map(|(name, value)| {
            let (name, value) = (self.name(&name), self.value(value));
            format!("{name} = {value}")
        });
        let set = set.collect::<Vec<_>>().join(", ");
        let remove = change.remove.iter().map(|name| self.name(name)).collect::<Vec<_>>().join(", ");
        let mut out = String::new();
        for (verb, list) in [("SET", set), ("REMOVE", remove)] {
            if !list.is_empty() {
                let _ = write!(out, "{verb} {list} ");
            }
        }
        (!out.is_empty()).then_some(out)
    }

    /// The keys of a query.
    pub(crate) fn range(&mut self, pk: &str, range: &SortRange) -> String {
        let (name, value) = (self.name(PK), self.value(AttributeValue::S(pk.to_owned())));
        match range {
            SortRange::All => format!("{name} = {value}"),
            SortRange::Prefix(prefix) => {
                let (sort, prefix) = (self.name(SK), self.value(AttributeValue::S(prefix.clone())));
                format!("{name} = {value} AND begins_with({sort}, {prefix})")
            }
        }
    }

    /// Only the keys of the items.
    pub(crate) fn keys(&mut self) -> String {
        format!("{}, {}", self.name(PK), self.name(SK))
    }

    /// The placeholders' names, as a request takes them: an empty map is an error there.
    pub(crate) fn into_parts(self) -> (Option<Names>, Option<Values>) {
        let Self { names, values } = self;
        ((!names.is_empty()).then_some(names), (!values.is_empty()).then_some(values))
    }

    fn absent(&mut self) -> String {
        format!("attribute_not_exists({})", self.name(PK))
    }

    fn tests(&mut self, tests: Vec<Test>) -> Option<String> {
        let tests: Vec<String> = tests
            .into_iter()
            .map(|test| {
                let (name, sign, value) = match test {
                    Test::Equals(name, value) => (name, "=", value),
                    Test::AtMost(name, value) => (name, "<=", value),
                };
                let (name, value) = (self.name(name), self.value(value));
                format!("{name} {sign} {value}")
            })
            .collect();
        (!tests.is_empty()).then(|| tests.join(" AND "))
    }

    /// One placeholder per attribute, however often it is named.
    fn name(&mut self, attribute: &str) -> String {
        if let Some((known, _)) = self.names.iter().find(|(_, name)| *name == attribute) {
            return known.clone();
        }
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::number;

    #[test]
    fn a_condition_names_every_attribute_by_a_placeholder() {
        let mut expression = Expression::default();
        let tests = vec![Test::AtMost("fence", number(3)), Test::Equals("rev", number(7))];
        assert_eq!(
            expression.condition(Condition::AbsentOr(tests)).unwrap(),
            "attribute_not_exists(#n2) OR (#n0 <= :v0 AND #n1 = :v1)"
        );
        let (names, values) = expression.into_parts();
        assert_eq!(names.unwrap()["#n2"], "pk");
        assert_eq!(values.unwrap()[":v1"], number(7));
    }

    #[test]
    fn nothing_to_say_says_nothing() {
        let mut expression = Expression::default();
        assert_eq!(expression.condition(Condition::Always), None);
        assert_eq!(expression.condition(Condition::AbsentOr(Vec::new())), None);
        assert_eq!(expression.change(Change::default()), None);
        assert_eq!(expression.into_parts(), (None, None));
    }
}
