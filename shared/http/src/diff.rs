//! What changed between two versions of a report, as a person reads it: paths, old and new values, and a summary.
//!
//! The elements of a list are matched by a member that names each of them, so that one row more is one change and
//! not a shift of all that follow; by their place where there is no such member. Work and answer are bounded: each
//! value is looked at once per level, the first changes are listed, all are counted, long values are abridged.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

/// The changes that are listed; the others are counted.
pub const MOST_CHANGES: usize = 500;

/// The longest JSON of a value that is shown whole, in bytes.
const MOST_VALUE: usize = 1000;

/// Members that may name the elements of a list, the best first.
const NAMING: [&str; 10] =
    ["id", "event_id", "volunteer_id", "organization_id", "teacher_id", "session_id", "key", "name", "month", "title"];

/// What changed between two versions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Diff {
    /// The sum of it.
    pub summary: Summary,
    /// How many changes there are.
    pub total: u64,
    /// The first of them.
    pub changes: Vec<Change>,
}

/// The sum of all changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Elements of lists that only the new version has; parts of a new element do not count again.
    pub rows_added: u64,
    /// Elements of lists that only the old version has.
    pub rows_removed: u64,
    /// Numbers that changed.
    pub figures_changed: u64,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Where: such as `report_data.volunteers[id=7].total_hours`; a list whose elements changed places ends in
    /// `[order]`, and the values are then the names of the first elements that did.
    pub path: String,
    /// The value in the old version; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub old: Option<Value>,
    /// The value in the new version; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub new: Option<Value>,
}

/// A value that is there may be `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Diff {
    /// Compares two JSON values.
    pub fn of(old: &Value, new: &Value) -> Self {
        Self::with_places(old, new, &|_, _| false).0
    }

    /// The same, where numbers that are `alike` are equal as well, with the number of changes by place. A place names
    /// members only, no element of a list: `report_data.volunteers[].total_hours`.
    pub fn with_places(
        old: &Value,
        new: &Value,
        alike: &dyn Fn(&Number, &Number) -> bool,
    ) -> (Self, BTreeMap<String, u64>) {
        let mut comparing = Comparing { diff: Self::default(), places: BTreeMap::new(), alike };
        comparing.compare(&mut Path::default(), old, new);
        (comparing.diff, comparing.places)
    }
}

/// Where the comparison is.
#[derive(Default)]
struct Path {
    /// By the names of elements.
    exact: String,
    /// Without them.
    place: String,
}

/// A comparison under way.
struct Comparing<'a> {
    diff: Diff,
    places: BTreeMap<String, u64>,
    alike: &'a dyn Fn(&Number, &Number) -> bool,
}

impl Comparing<'_> {
    fn compare(&mut self, path: &mut Path, old: &Value, new: &Value) {
        match (old, new) {
            _ if old == new => {}
            (Value::Object(old), Value::Object(new)) => self.compare_objects(path, old, new),
            (Value::Array(old), Value::Array(new)) => match Naming::of(old, new) {
                Some(naming) => self.compare_named(path, &naming, old, new),
                None => self.compare_placed(path, old, new),
            },
            (Value::Number(old), Value::Number(new)) if (self.alike)(old, new) => {}
            _ => {
                self.diff.summary.figures_changed += u64::from(old.is_number() && new.is_number());
                self.note(path, Some(old), Some(new));
            }
        }
    }

    fn compare_objects(&mut self, path: &mut Path, old: &Map<String, Value>, new: &Map<String, Value>) {
        let added = new.keys().filter(|name| !old.contains_key(*name));
        for name in old.keys().chain(added) {
            let step = member(name, path.exact.is_empty());
            self.within(path, &step, &step, |diff, path| match (old.get(name), new.get(name)) {
                (Some(old), Some(new)) => diff.compare(path, old, new),
                (old, new) => diff.note(path, old, new),
            });
        }
    }

    fn compare_named(&mut self, path: &mut Path, naming: &Naming, old: &[Value], new: &[Value]) {
        let names = |list: &[Value]| list.iter().map(|e| naming.name(e)).collect::<Vec<String>>();
        let (old_names, new_names) = (names(old), names(new));
        let places = |names: &[String]| names.iter().cloned().zip(0..).collect::<HashMap<String, usize>>();
        let (old_places, new_places) = (places(&old_names), places(&new_names));
        for (name, element) in old_names.iter().zip(old) {
            self.within(path, &naming.step(element), ELEMENT, |diff, path| match new_places.get(name) {
                Some(place) => diff.compare(path, element, &new[*place]),
                None => diff.row(path, Some(element), None),
            });
        }
        for (_, element) in new_names.iter().zip(new).filter(|(name, _)| !old_places.contains_key(*name)) {
            self.within(path, &naming.step(element), ELEMENT, |diff, path| diff.row(path, None, Some(element)));
        }
        let stayed = old_names.iter().zip(old).filter(|(name, _)| new_places.contains_key(*name));
        let still = new_names.iter().zip(new).filter(|(name, _)| old_places.contains_key(*name));
        if let Some(((_, was), (_, is))) = stayed.zip(still).find(|((was, _), (is, _))| was != is) {
            self.within(path, ORDER, ORDER, |diff, path| diff.note(path, naming.value(was), naming.value(is)));
        }
    }

    fn compare_placed(&mut self, path: &mut Path, old: &[Value], new: &[Value]) {
        for place in 0..old.len().max(new.len()) {
            self.within(path, &format!("[{place}]"), ELEMENT, |diff, path| match (old.get(place), new.get(place)) {
                (Some(old), Some(new)) => diff.compare(path, old, new),
                (old, new) => diff.row(path, old, new),
            });
        }
    }

    fn within(&mut self, path: &mut Path, step: &str, place: &str, work: impl FnOnce(&mut Self, &mut Path)) {
        let lengths = (path.exact.len(), path.place.len());
        path.exact.push_str(step);
        path.place.push_str(place);
        work(self, path);
        path.exact.truncate(lengths.0);
        path.place.truncate(lengths.1);
    }

    fn row(&mut self, path: &Path, old: Option<&Value>, new: Option<&Value>) {
        self.diff.summary.rows_removed += u64::from(old.is_some());
        self.diff.summary.rows_added += u64::from(new.is_some());
        self.note(path, old, new);
    }

    fn note(&mut self, path: &Path, old: Option<&Value>, new: Option<&Value>) {
        self.diff.total += 1;
        *self.places.entry(path.place.clone()).or_default() += 1;
        if self.diff.changes.len() < MOST_CHANGES {
            let change = Change { path: path.exact.clone(), old: old.map(abridged), new: new.map(abridged) };
            self.diff.changes.push(change);
        }
    }
}

/// Any element of a list, in a place.
const ELEMENT: &str = "[]";
/// The order of a list's elements.
const ORDER: &str = "[order]";

/// What names the elements of a list.
enum Naming {
    /// A member of each.
    Member(&'static str),
    /// They are their own names: plain texts or numbers.
    Themselves,
}

impl Naming {
    /// What names each element of both lists, once in each.
    fn of(old: &[Value], new: &[Value]) -> Option<Self> {
        let members = NAMING.into_iter().map(Self::Member);
        members.chain([Self::Themselves]).find(|naming| naming.fits(old) && naming.fits(new))
    }

    fn fits(&self, list: &[Value]) -> bool {
        let mut seen = HashSet::with_capacity(list.len());
        list.iter().all(|element| self.value(element).is_some_and(|name| seen.insert(name.to_string())))
    }

    fn value<'v>(&self, element: &'v Value) -> Option<&'v Value> {
        let value = match self {
            Self::Member(member) => element.as_object()?.get(*member)?,
            Self::Themselves => element,
        };
        (value.is_string() || value.is_number()).then_some(value)
    }

    /// The name in a form that tells the number 7 from the text "7".
    fn name(&self, element: &Value) -> String {
        self.value(element).map(Value::to_string).unwrap_or_default()
    }

    fn step(&self, element: &Value) -> String {
        let name = match self.value(element) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        match self {
            Self::Member(member) => format!("[{member}={name}]"),
            Self::Themselves => format!("[{name}]"),
        }
    }
}

fn member(name: &str, is_first: bool) -> String {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    match (plain, is_first) {
        (true, true) => name.to_owned(),
        (true, false) => format!(".{name}"),
        (false, _) => format!("[{}]", Value::from(name)),
    }
}

/// A value as it is shown: a long one is described, a long text is cut.
fn abridged(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > MOST_VALUE => {
            let mut cut: String = text.chars().take(MOST_VALUE / 4).collect();
            let _ = write!(cut, "… ({} characters)", text.chars().count());
            Value::String(cut)
        }
        Value::Array(list) if !is_short(value) => Value::String(format!("(a list of {} elements)", list.len())),
        Value::Object(members) if !is_short(value) => {
            Value::String(format!("(an object of {} members)", members.len()))
        }
        short => short.clone(),
    }
}

/// Whether a value's JSON is short, told without writing more of it than that.
fn is_short(value: &Value) -> bool {
    struct Room(usize);
    impl std::io::Write for Room {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    serde_json::to_writer(Room(MOST_VALUE), value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// The changes, one a line, and the summary.
    fn told(old: &Value, new: &Value) -> (Vec<String>, [u64; 3]) {
        let diff = Diff::of(old, new);
        let side = |value: &Option<Value>| value.as_ref().map_or("none".to_owned(), Value::to_string);
        let lines = diff.changes.iter().map(|c| format!("{}: {} -> {}", c.path, side(&c.old), side(&c.new))).collect();
        assert_eq!(diff.total as usize, diff.changes.len());
        (lines, [diff.summary.rows_added, diff.summary.rows_removed, diff.summary.figures_changed])
    }

    #[test]
    fn changes_are_told_by_path_with_old_and_new() {
        for (old, new, lines, summary) in [
            (json!({"a": 1}), json!({"a": 1}), vec![], [0, 0, 0]),
            (json!({"a": {"b": 1}}), json!({"a": {"b": 2.5}}), vec!["a.b: 1 -> 2.5"], [0, 0, 1]),
            (json!({"a": 0}), json!({"a": 0.0}), vec!["a: 0 -> 0.0"], [0, 0, 1]),
            (json!({"a": null}), json!({}), vec!["a: null -> none"], [0, 0, 0]),
            (json!({}), json!({"a": "x"}), vec![r#"a: none -> "x""#], [0, 0, 0]),
            (json!({"May 2026": 1}), json!({"May 2026": 2}), vec![r#"["May 2026"]: 1 -> 2"#], [0, 0, 1]),
            (
                json!({"m": {"May 2026": 1}}),
                json!({"m": {"May 2026": "x"}}),
                vec![r#"m["May 2026"]: 1 -> "x""#],
                [0, 0, 0],
            ),
            (
                json!({"v": [{"id": 7, "hours": 1.0}, {"id": 8, "hours": 2}]}),
                json!({"v": [{"id": 6, "hours": 9}, {"id": 7, "hours": 1.5}]}),
                vec![
                    "v[id=7].hours: 1.0 -> 1.5",
                    r#"v[id=8]: {"hours":2,"id":8} -> none"#,
                    r#"v[id=6]: none -> {"hours":9,"id":6}"#,
                ],
                [1, 1, 1],
            ),
            (
                json!({"v": [{"id": 1}, {"id": 2}, {"id": 3}]}),
                json!({"v": [{"id": 1}, {"id": 3}, {"id": 2}]}),
                vec!["v[order]: 2 -> 3"],
                [0, 0, 0],
            ),
            (
                json!({"v": [{"id": 1, "name": "A", "n": 1}, {"id": 1, "name": "B", "n": 2}]}),
                json!({"v": [{"id": 1, "name": "A", "n": 1}, {"id": 1, "name": "B", "n": 3}]}),
                vec!["v[name=B].n: 2 -> 3"],
                [0, 0, 1],
            ),
            (
                json!({"s": ["x", "y"]}),
                json!({"s": ["y", "z"]}),
                vec![r#"s[x]: "x" -> none"#, r#"s[z]: none -> "z""#],
                [1, 1, 0],
            ),
            (
                json!({"s": ["x", "x"]}),
                json!({"s": ["x", "y", "y"]}),
                vec![r#"s[1]: "x" -> "y""#, r#"s[2]: none -> "y""#],
                [1, 0, 0],
            ),
            (
                json!([{"id": 7}]),
                json!([{"id": "7"}]),
                vec![r#"[id=7]: {"id":7} -> none"#, r#"[id=7]: none -> {"id":"7"}"#],
                [1, 1, 0],
            ),
        ] {
            assert_eq!(told(&old, &new), (lines.into_iter().map(str::to_owned).collect(), summary), "{old} to {new}");
        }
    }

    #[test]
    fn many_changes_are_counted_and_the_first_are_listed() {
        let rows = |shift: u64| (0..2000).map(|id| json!({"id": id, "n": id + shift})).collect::<Value>();
        let diff = Diff::of(&rows(0), &rows(1));
        assert_eq!((diff.total, diff.changes.len(), diff.summary.figures_changed), (2000, MOST_CHANGES, 2000));
        assert_eq!(diff.changes[499].path, "[id=499].n");
    }

    #[test]
    fn places_count_changes_without_naming_any_element() {
        let (old, new) = (
            json!({"v": [{"name": "Ada", "n": 1, "h": 0.5}, {"name": "Bob", "n": 1, "h": 2}], "t": ["Ada"]}),
            json!({"v": [{"name": "Ada", "n": 2, "h": 0.75}, {"name": "Bob", "n": 3, "h": 2}], "t": ["Eve"]}),
        );
        let places = |alike| Diff::with_places(&old, &new, alike).1.into_iter().collect::<Vec<_>>();
        let named = |place: &str, count| (place.to_owned(), count);
        assert_eq!(places(&|_, _| false), [named("t[]", 2), named("v[].h", 1), named("v[].n", 2)]);
        assert_eq!(places(&|a, b| a.is_f64() && b.is_f64()), [named("t[]", 2), named("v[].n", 2)]);
    }

    #[test]
    fn long_values_are_described() {
        let rows = (0..1000).collect::<Value>();
        let diff = Diff::of(&json!({"a": null, "b": "x"}), &json!({"a": rows, "b": "é".repeat(2000)}));
        assert_eq!(diff.changes[0].new, Some(json!("(a list of 1000 elements)")));
        let Some(Value::String(text)) = &diff.changes[1].new else { panic!("a text") };
        assert!(text.ends_with("… (2000 characters)") && text.len() < MOST_VALUE, "{text}");
    }

    #[test]
    fn a_change_is_read_as_it_was_written() {
        let diff = Diff::of(&json!({"a": null, "b": 1}), &json!({"b": null, "c": 1}));
        let text = serde_json::to_string(&diff).unwrap();
        assert_eq!(serde_json::from_str::<Diff>(&text).unwrap(), diff, "{text}");
    }

    /// Small values of few names, so that two of them have much in common.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..4_i64).prop_map(Value::from),
            (0..3_u8).prop_map(|n| Value::from(f64::from(n))),
            "[ab]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let name = prop_oneof![Just("id"), Just("name"), Just("n"), Just("a b")].prop_map(str::to_owned);
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(name, inner, 0..4).prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        #[test]
        fn equal_values_differ_nowhere_and_different_ones_somewhere(old in value(), new in value()) {
            prop_assert_eq!(Diff::of(&old, &old), Diff::default());
            prop_assert_eq!(Diff::of(&old, &new).total == 0, old == new);
        }

        #[test]
        fn every_reported_path_differs(old in value(), new in value()) {
            for change in Diff::of(&old, &new).changes {
                prop_assert_ne!(change.old, change.new, "{}", change.path);
            }
        }

        #[test]
        fn swapping_the_sides_mirrors_the_changes(old in value(), new in value()) {
            let (there, back) = (Diff::of(&old, &new), Diff::of(&new, &old));
            let mirrored = back.changes.into_iter().map(|c| Change { path: c.path, old: c.new, new: c.old });
            let sorted = |changes: Vec<Change>| {
                let mut texts: Vec<_> = changes.iter().map(|c| format!("{c:?}")).collect();
                texts.sort();
                texts
            };
            prop_assert_eq!(sorted(there.changes), sorted(mirrored.collect()));
            prop_assert_eq!(there.summary.rows_added, back.summary.rows_removed);
            prop_assert_eq!(there.summary.rows_removed, back.summary.rows_added);
            prop_assert_eq!(there.summary.figures_changed, back.summary.figures_changed);
        }
    }
}
