//! The audit: what a new report must pass before it takes the place of a good one.

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::fmt;
use vms_core::{Check, Entry, ReportKey};
use vms_reports::Built;

/// The checks, with their limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audit {
    /// By how many percent rows may fall.
    pub(crate) max_row_drop_percent: u32,
}

impl Audit {
    /// The first check that a build fails beside the last good version; a first one has nothing to compare with.
    pub(crate) fn failed_check(self, key: &ReportKey, built: &Built, last_good: Option<&Entry>) -> Option<Check> {
        if !is_complete(key, &built.json) {
            return Some(Check::Structure);
        }
        let before = last_good?.current.rows;
        if built.rows == 0 && before > 0 {
            Some(Check::Empty)
        } else if self.drops_too_far(before, built.rows) {
            Some(Check::RowDrop)
        } else {
            None
        }
    }

    /// Whether a count fell by more than the limit; growth is never held back.
    pub(crate) fn drops_too_far(self, before: u64, now: u64) -> bool {
        before.saturating_sub(now) * 100 > before * u64::from(self.max_row_drop_percent)
    }
}

/// Whether the body is one JSON object with exactly the members of its report.
fn is_complete(key: &ReportKey, json: &[u8]) -> bool {
    let expected = key.members();
    match serde_json::from_slice::<Members>(json) {
        Ok(Members(names)) => names.len() == expected.len() && expected.iter().all(|m| names.contains(*m)),
        Err(_) => false,
    }
}

/// The names of an object's members; their values are skipped.
struct Members(BTreeSet<String>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Names)
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, IgnoredAny)) = map.next_entry()? {
            names.insert(name);
        }
        Ok(Members(names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vms_core::{Fence, RunId};
    use vms_store::Encoded;

    const AUDIT: Audit = Audit { max_row_drop_percent: 50 };

    #[test]
    fn only_a_fall_beyond_the_limit_is_held_back() {
        for (before, now, held) in [(100, 50, false), (100, 49, true), (100, 900, false), (0, 0, false), (1, 0, true)] {
            assert_eq!(AUDIT.drops_too_far(before, now), held, "{before} to {now}");
        }
    }

    #[test]
    fn a_build_is_held_beside_the_last_good_one_where_there_is_one() {
        let key: ReportKey = "recruitment/dia-events".parse().unwrap();
        let whole = r#"{"filled_events":[],"unfilled_events":[]}"#;
        let good = |rows| {
            let at = "2026-03-15T02:00:00Z".parse().unwrap();
            let json = Encoded::of(whole.as_bytes()).unwrap();
            let run_id = RunId::new(key.cache_type(), at, 1);
            Entry::first(key.clone(), "DIA events", json.version(Fence(1), rows, at, "v1"), run_id, at)
        };
        for (json, before, rows, failed) in [
            (whole, None, 0, None),
            (whole, Some(0), 0, None),
            (whole, Some(0), 3, None),
            (whole, Some(4), 2, None),
            (whole, Some(4), 1, Some(Check::RowDrop)),
            (whole, Some(1), 0, Some(Check::Empty)),
            ("{}", None, 9, Some(Check::Structure)),
            ("{}", Some(9), 9, Some(Check::Structure)),
        ] {
            let built = Built { title: "DIA events".to_owned(), json: json.into(), rows };
            let last_good = before.map(good);
            assert_eq!(AUDIT.failed_check(&key, &built, last_good.as_ref()), failed, "{json}: {before:?} to {rows}");
        }
    }

    #[test]
    fn a_body_without_a_member_of_its_report_is_incomplete() {
        let key: ReportKey = "recruitment/dia-events".parse().unwrap();
        for (json, complete) in [
            (r#"{"filled_events":[],"unfilled_events":[]}"#, true),
            (r#"{"filled_events":[]}"#, false),
            (r#"{"filled_events":[],"unfilled_events":[],"more":1}"#, false),
            ("[]", false),
            ("", false),
        ] {
            assert_eq!(is_complete(&key, json.as_bytes()), complete, "{json}");
        }
    }
}
