//! Many needles looked for in a text at once.
//!
//! Asking [`Contains`] one needle after the other costs needles × texts. Needles without wildcards go into one
//! automaton that reads a text once, however many there are; only those with `%` or `_` are asked one by one.

use super::text::{Contains, fold};
use aho_corasick::AhoCorasick;
use indexmap::IndexMap;

/// Needles, each standing for some values, found by the rule of [`Contains`].
pub struct Needles<T> {
    automaton: Option<AhoCorasick>,
    /// What each pattern of the automaton stands for.
    values: Vec<Vec<T>>,
    /// Needles that the automaton cannot express: with wildcards, or empty.
    others: Vec<(Contains, T)>,
}

impl<T: Copy + Ord> Needles<T> {
    /// Prepares a set of needles; the same needle may stand for several values.
    pub fn new<'n>(needles: impl IntoIterator<Item = (&'n str, T)>) -> Self {
        let mut literals: IndexMap<String, Vec<T>> = IndexMap::new();
        let mut others = Vec::new();
        for (needle, value) in needles {
            let contains = Contains::new(needle);
            match contains.literal() {
                Some(literal) if !literal.is_empty() => literals.entry(literal.to_owned()).or_default().push(value),
                _ => others.push((contains, value)),
            }
        }
        let automaton = AhoCorasick::new(literals.keys()).ok();
        if automaton.is_none() {
            // More patterns than an automaton can number: slower, not wrong.
            let one_by_one = |(needle, values): (&String, &Vec<T>)| {
                let contains = Contains::new(needle);
                values.iter().map(|v| (contains.clone(), *v)).collect::<Vec<_>>()
            };
            others.extend(literals.iter().flat_map(one_by_one));
        }
        Self { automaton, values: literals.into_values().collect(), others }
    }

    /// The values of all needles that the text contains: sorted, each once.
    pub fn found_in(&self, text: &str) -> Vec<T> {
        let folded = fold(text);
        let mut found = Vec::new();
        for hit in self.automaton.iter().flat_map(|a| a.find_overlapping_iter(&*folded)) {
            found.extend_from_slice(&self.values[hit.pattern().as_usize()]);
        }
        found.extend(self.others.iter().filter(|o| o.0.matches(&folded)).map(|o| o.1));
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_needle_inside_another_is_found_as_well() {
        let needles = Needles::new([("Center", 1), ("Center High School", 2), ("center", 3), ("_enter H", 4), ("", 5)]);
        assert_eq!(needles.found_in("CENTER HIGH SCHOOL"), [1, 2, 3, 4, 5]);
        assert_eq!(needles.found_in("Guadalupe Centers"), [1, 3, 5]);
        assert_eq!(needles.found_in(""), [5]);
        assert_eq!(Needles::<u8>::new([]).found_in("anything"), [0_u8; 0]);
    }

    proptest! {
        #[test]
        fn all_at_once_find_what_each_finds_alone(
            needles in prop::collection::vec("[abA%_é]{0,3}", 0..12), text in "[abAB é]{0,12}",
        ) {
            let alone: Vec<_> = (0..needles.len())
                .filter(|i| Contains::new(&needles[*i]).matches_column(Some(&text)))
                .collect();
            let together = Needles::new(needles.iter().enumerate().map(|(i, n)| (n.as_str(), i)));
            prop_assert_eq!(together.found_in(&text), alone);
        }
    }
}
