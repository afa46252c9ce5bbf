//! What an operator may do with a report: approve or reject the build that waits, or move back to an earlier version.
//!
//! Each act is a pure step from one entry to the next. None of them touches a body or the fence: a pointer moves, and
//! the age that readers see is never younger than what they get.

use crate::entry::{Candidate, Entry, Version};
use crate::env::{ConfigError, Env};
use jiff::Timestamp;

/// How many bodies of a report stay reachable unless the environment says otherwise, the served one included.
pub const KEEP_VERSIONS: usize = 7;

/// Reads `KEEP_VERSIONS`.
pub fn keep_versions(env: &Env<'_>) -> Result<usize, ConfigError> {
    Ok(env.number("KEEP_VERSIONS", KEEP_VERSIONS as u32, 1..=50)? as usize)
}

/// Why an act cannot be done on the entry as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no candidate.
    #[error("no build of this report waits for an operator")]
    NothingWaits,
    /// The candidate is not the one that the operator named.
    #[error("the build that waits is another one than the version that was named")]
    AnotherWaits,
    /// No kept version has such an etag.
    #[error("no version of that name is kept")]
    NoSuchVersion,
    /// Several kept versions begin with that text.
    #[error("several kept versions begin so; name more digits of the etag")]
    Ambiguous,
    /// Nothing is kept that was built before the served version.
    #[error("no earlier version is kept")]
    NoEarlierVersion,
    /// It is what is served already.
    #[error("that version is served already")]
    AlreadyCurrent,
}

impl Version {
    /// Whether a text names this version: its etag, or the beginning of it.
    pub fn is_named(&self, name: &str) -> bool {
        !name.is_empty() && self.etag.0.starts_with(name)
    }
}

impl Entry {
    /// The candidate; where a version is named, only that one.
    pub fn waiting(&self, named: Option<&str>) -> Result<&Candidate, Refusal> {
        let candidate = self.candidate.as_ref().ok_or(Refusal::NothingWaits)?;
        if named.is_none_or(|name| candidate.version.is_named(name)) {
            Ok(candidate)
        } else {
            Err(Refusal::AnotherWaits)
        }
    }

    /// The version to move back to: the named one, or the newest of those that were built before the served one.
    pub fn earlier(&self, named: Option<&str>) -> Result<&Version, Refusal> {
        let Some(name) = named else {
            let older = self.versions.iter().filter(|v| v.body < self.current.body && v.etag != self.current.etag);
            return older.max_by_key(|v| v.body).ok_or(Refusal::NoEarlierVersion);
        };
        let named: Vec<_> = self.versions.iter().chain([&self.current]).filter(|v| v.is_named(name)).collect();
        match named[..] {
            [] => Err(Refusal::NoSuchVersion),
            [first, ..] if named.iter().any(|v| v.etag != first.etag) => Err(Refusal::Ambiguous),
            [first, ..] if first.etag == self.current.etag => Err(Refusal::AlreadyCurrent),
            [first, ..] => Ok(first),
        }
    }

    /// The candidate takes the place of the served version, and a hold ends.
    ///
    /// The report counts as confirmed when the candidate was built: nobody has looked at the source since.
    pub fn approved(&self, named: Option<&str>, keep: usize) -> Result<Self, Refusal> {
        let candidate = self.waiting(named)?.clone();
        Ok(Self {
            last_updated: candidate.version.generated_at,
            source_taken_at: candidate.source_taken_at,
            run_id: candidate.run_id,
            candidate: None,
            rejected: None,
            held: None,
            ..self.serving(candidate.version, keep)
        })
    }

    /// The candidate goes, and is not offered again should it be built again; what is served stays.
    pub fn rejecting(&self, named: Option<&str>) -> Result<Self, Refusal> {
        let rejected = self.waiting(named)?.version.etag.clone();
        Ok(Self { candidate: None, rejected: Some(rejected), ..self.clone() })
    }

    /// An earlier version is served again, and held: until an operator approves one, a refresh offers what differs
    /// as a candidate. A candidate that waits goes on waiting.
    pub fn rolled_back(&self, named: Option<&str>, now: Timestamp) -> Result<Self, Refusal> {
        let version = self.earlier(named)?.clone();
        Ok(Self {
            last_updated: version.generated_at,
            source_taken_at: self.source_taken_at.min(version.generated_at),
            held: Some(now),
            ..self.serving(version, usize::MAX)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Etag, Fence};
    use crate::samples::{entry, hour, run, version, waiting};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// What is served, what is kept, what waits: by the letters of their etags.
    fn letters(entry: &Entry) -> String {
        let letter = |v: &Version| v.etag.0[..1].to_owned();
        let kept: String = entry.versions.iter().map(letter).collect();
        let waits = entry.candidate.as_ref().map_or("-".to_owned(), |c| letter(&c.version));
        format!("{} {kept} {waits}", letter(&entry.current))
    }

    fn bodies(entry: &Entry) -> BTreeSet<Fence> {
        (0..100).map(Fence).filter(|f| entry.names_body(*f)).collect()
    }

    #[test]
    fn at_least_the_served_version_is_kept() {
        let kept = |value: Option<&'static str>| keep_versions(&Env::new(&move |_| value.map(str::to_owned)));
        assert_eq!((kept(None), kept(Some("1"))), (Ok(KEEP_VERSIONS), Ok(1)));
        assert_eq!(kept(Some("0")).unwrap_err().variable, "KEEP_VERSIONS");
    }

    #[test]
    fn approving_serves_the_candidate_with_its_own_age_and_ends_the_hold() {
        let held = Entry { held: Some(hour(7)), rejected: Some(Etag("x".into())), ..entry() };
        let after = held.approved(None, 7).unwrap();
        assert_eq!(letters(&after), "d cba -");
        assert_eq!((after.last_updated, after.source_taken_at), (hour(4), hour(3)), "no younger than it is");
        assert_eq!((after.run_id, after.fence, after.held, after.rejected), (run(4), Fence(9), None, None));
        assert_eq!(letters(&held.approved(None, 2).unwrap()), "d c -", "no more are kept than may be");
        assert_eq!(letters(&held.approved(None, 1).unwrap()), "d  -");
    }

    #[test]
    fn rejecting_keeps_what_is_served_and_remembers_what_was_rejected() {
        let after = entry().rejecting(None).unwrap();
        assert_eq!(letters(&after), "c ba -");
        assert_eq!(after.rejected, Some(version('d', 4).etag));
        assert_eq!((after.last_updated, after.fence), (hour(9), Fence(9)));
    }

    #[test]
    fn rolling_back_serves_an_earlier_version_and_holds_it() {
        let after = entry().rolled_back(None, hour(10)).unwrap();
        assert_eq!(letters(&after), "b ca d");
        assert_eq!((after.last_updated, after.source_taken_at), (hour(2), hour(2)), "no younger than it is");
        assert_eq!((after.held, after.fence), (Some(hour(10)), Fence(9)));
        assert_eq!(letters(&after.rolled_back(None, hour(11)).unwrap()), "a bc d", "back again, not forth");
        assert_eq!(letters(&after.rolled_back(Some("c"), hour(11)).unwrap()), "c ba d", "forth by name");
        assert_eq!(letters(&after.approved(None, 7).unwrap()), "d bca -");
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_its_reason() {
        use Refusal::{AlreadyCurrent, Ambiguous, AnotherWaits, NoEarlierVersion, NoSuchVersion, NothingWaits};
        let nothing = Entry { candidate: None, versions: Vec::new(), ..entry() };
        assert_eq!(nothing.approved(None, 7), Err(NothingWaits));
        assert_eq!(nothing.rejecting(None), Err(NothingWaits));
        assert_eq!(nothing.rolled_back(None, hour(10)), Err(NoEarlierVersion));
        assert_eq!(entry().approved(Some("c"), 7), Err(AnotherWaits));
        assert_eq!(entry().rejecting(Some("")), Err(AnotherWaits));
        let twins = Entry { versions: vec![version('b', 2), version('b', 1), version('e', 5)], ..entry() };
        let only_newer = Entry { versions: vec![version('e', 5)], ..entry() };
        for (entry, name, refusal) in [
            (entry(), Some("f"), NoSuchVersion),
            (entry(), Some(""), NoSuchVersion),
            (entry(), Some("d"), NoSuchVersion),
            (entry(), Some("c"), AlreadyCurrent),
            (twins.clone(), Some("b"), Ambiguous),
            (Entry { current: version('b', 3), ..twins }, Some("b000"), Ambiguous),
            (only_newer, None, NoEarlierVersion),
        ] {
            assert_eq!(entry.rolled_back(name, hour(10)), Err(refusal), "{name:?}");
        }
    }

    #[test]
    fn two_bodies_of_one_content_are_one_version_by_name() {
        let again = Version { body: Fence(2), ..version('a', 1) };
        let entry = Entry { versions: vec![again.clone(), version('b', 2), version('a', 1)], ..entry() };
        assert_eq!(entry.rolled_back(Some("a"), hour(10)).unwrap().current, again);
        let served = Entry { current: Version { body: Fence(3), ..again }, ..entry };
        assert_eq!(served.rolled_back(Some("a"), hour(10)), Err(Refusal::AlreadyCurrent));
        assert_eq!(served.rolled_back(None, hour(10)).unwrap().current, version('b', 2));
    }

    #[derive(Debug, Clone)]
    enum Act {
        Quarantine,
        Approve,
        Reject,
        Rollback(Option<usize>),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            Just(Act::Quarantine),
            Just(Act::Approve),
            Just(Act::Reject),
            proptest::option::of(0..6_usize).prop_map(Act::Rollback)
        ];
        proptest::collection::vec(act, 1..40)
    }

    proptest! {
        #[test]
        fn no_act_loses_a_body_that_was_reachable_except_beyond_those_that_are_kept(acts in acts(), keep in 1..6_usize) {
            let mut entry = Entry { candidate: None, versions: Vec::new(), ..entry() };
            for (fence, act) in (10..).zip(acts) {
                let before = bodies(&entry);
                let candidate = entry.candidate.as_ref().map(|c| c.version.body);
                let name = |place: usize| entry.versions.get(place).map(|v| v.etag.0.clone());
                let (after, may_go) = match &act {
                    Act::Quarantine => (Ok(Entry { candidate: Some(waiting('f', fence)), ..entry.clone() }), candidate),
                    Act::Approve => (entry.approved(None, keep), None),
                    Act::Reject => (entry.rejecting(None), candidate),
                    Act::Rollback(place) => (entry.rolled_back(place.and_then(name).as_deref(), hour(fence)), None),
                };
                let Ok(after) = after else { continue };
                let lost: Vec<_> = before.difference(&bodies(&after)).copied().filter(|f| Some(*f) != may_go).collect();
                let full = after.versions.len() + 1 == keep;
                prop_assert!(lost.is_empty() || (matches!(act, Act::Approve) && full && lost.len() == 1));
                prop_assert!(after.names_body(after.current.body));
                prop_assert!(after.versions.iter().all(|v| after.names_body(v.body)));
                prop_assert!(after.versions.iter().all(|v| v.body != after.current.body));
                prop_assert!(after.versions.len() < keep, "never more than are kept");
                prop_assert!([entry.last_updated, after.current.generated_at].contains(&after.last_updated));
                prop_assert_eq!((after.fence, after.rev), (entry.fence, entry.rev));
                entry = after;
            }
        }
    }
}
