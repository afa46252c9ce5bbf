//! Entries: what the cache knows of a report, apart from its body.

use crate::cache_type::CacheType;
use crate::freshness::Times;
use crate::outcome::Check;
use crate::report_key::ReportKey;
use crate::run::RunId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The content's name: 32 hex digits of the SHA-256 of its canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Etag(pub String);

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A lease's number: it only ever grows, and a write with a lower one than the entry's is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub u64);

/// One stored body of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The content's name.
    pub etag: Etag,
    /// The fence under which the body was written: with the report key, its place.
    pub body: Fence,
    /// Length of the JSON.
    pub bytes: u64,
    /// Length as stored, compressed.
    pub stored_bytes: u64,
    /// Items over which the stored bytes are spread.
    pub chunks: u32,
    /// Elements of the report's lists, which the audit compares.
    pub rows: u64,
    /// When this content was first built.
    pub generated_at: Timestamp,
    /// The version of the source from which it was built.
    pub source_version: String,
}

/// A build that failed a check and waits for an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The build itself.
    #[serde(flatten)]
    pub version: Version,
    /// The check that it failed.
    pub check: Check,
    /// The run that built it.
    pub run_id: RunId,
    /// When its source was copied from VMS.
    pub source_taken_at: Timestamp,
    /// Since when a candidate has been waiting.
    pub since: Timestamp,
}

/// A report's entry in the cache: which body is served, how old it is, and what else is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The report.
    pub report_key: ReportKey,
    /// What people call it; no personal names.
    pub title: String,
    /// The served version.
    #[serde(flatten)]
    pub current: Version,
    /// How the stored bytes are encoded: `gzip`.
    pub encoding: String,
    /// When it was last confirmed against the source.
    pub last_updated: Timestamp,
    /// When that source was copied from VMS.
    pub source_taken_at: Timestamp,
    /// The run that last confirmed it.
    pub run_id: RunId,
    /// The fence of the last write by a run.
    pub fence: Fence,
    /// Grows by one with every write, by a run or an operator.
    pub rev: u64,
    /// Earlier versions whose bodies are kept, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Version>,
    /// The build that waits for an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Candidate>,
    /// Contents that an operator rejected: built again, they are not offered again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Etag>,
    /// Held at an earlier version by an operator, since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Timestamp>,
    /// The operator's act that last changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
    /// Its subject vanished from the plan, at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
    /// Its year left the plan, at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
}

impl Entry {
    /// How bodies are stored.
    pub const ENCODING: &str = "gzip";

    /// The entry of a report that nothing is known of but the version that the run `run_id` built, from a source
    /// copied at `source_taken_at`. It was last updated when that was built, its fence is that of the body, and it is
    /// not written yet, so its `rev` is 0.
    pub fn first(
        report_key: ReportKey,
        title: impl Into<String>,
        current: Version,
        run_id: RunId,
        source_taken_at: Timestamp,
    ) -> Self {
        Self {
            report_key,
            title: title.into(),
            encoding: Self::ENCODING.to_owned(),
            last_updated: current.generated_at,
            source_taken_at,
            run_id,
            fence: current.body,
            current,
            rev: 0,
            versions: Vec::new(),
            candidate: None,
            rejected: None,
            held: None,
            act: None,
            retired_at: None,
            archived_at: None,
        }
    }

    /// The group of the report.
    pub fn cache_type(&self) -> CacheType {
        self.report_key.cache_type()
    }

    /// What freshness looks at.
    pub fn times(&self) -> Times {
        Times {
            last_updated: self.last_updated,
            source_taken_at: self.source_taken_at,
            retired: self.retired_at.is_some(),
            archived: self.archived_at.is_some(),
        }
    }

    /// Whether its age counts towards the oldest report of its type: what an operator chose to hold,
    /// or must look at anyway, does not ring the dead man's bell.
    pub fn counts_for_age(&self) -> bool {
        self.candidate.is_none() && self.held.is_none() && self.retired_at.is_none() && self.archived_at.is_none()
    }

    /// This entry with another version in the place of the served one, which is the first of the earlier ones then.
    /// At most `keep` of them stay reachable, the served one included; nothing else changes.
    #[must_use]
    pub fn serving(&self, version: Version, keep: usize) -> Self {
        let mut versions = self.versions.clone();
        versions.insert(0, self.current.clone());
        // One body is named once; that of an equal earlier version is another one, and stays.
        versions.retain(|v| v.body != version.body);
        versions.truncate(keep.saturating_sub(1));
        Self { current: version, versions, ..self.clone() }
    }

    /// Whether its subject vanished so long ago that it may go.
    pub fn is_retired_for(&self, long: SignedDuration, now: Timestamp) -> bool {
        self.retired_at.is_some_and(|since| now.duration_since(since) >= long)
    }

    /// Whether any version of this entry lives in the body that `fence` wrote.
    pub fn names_body(&self, fence: Fence) -> bool {
        self.current.body == fence
            || self.versions.iter().any(|v| v.body == fence)
            || self.candidate.as_ref().is_some_and(|c| c.version.body == fence)
    }

    /// Whether the body that `fence` wrote may go: no version of this entry lives in it, and as a fence is never used
    /// twice, none ever will. That of the entry's own fence, or a later one, may be on its way into it.
    pub fn may_lose_body(&self, fence: Fence) -> bool {
        fence < self.fence && !self.names_body(fence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{entry, hour, version};

    #[test]
    fn a_body_may_go_once_nothing_can_name_it_any_more() {
        // Fence 9 wrote the entry; 3 is served, 2 and 1 are kept, 4 waits.
        for (fence, may_go) in [(1, false), (3, false), (4, false), (5, true), (8, true), (9, false), (10, false)] {
            assert_eq!(entry().may_lose_body(Fence(fence)), may_go, "{fence}");
        }
    }

    #[test]
    fn a_retired_report_may_go_when_its_time_is_over_and_no_other_ever() {
        let retired = Entry { retired_at: Some(hour(10)), ..entry() };
        let week = SignedDuration::from_hours(7 * 24);
        assert!(!retired.is_retired_for(week, hour(10 + 7 * 24 - 1)));
        assert!(retired.is_retired_for(week, hour(10 + 7 * 24)));
        assert!(!entry().is_retired_for(SignedDuration::ZERO, hour(9000)));
    }

    #[test]
    fn only_what_nobody_decides_on_counts_for_the_age_of_its_type() {
        let plain = Entry { candidate: None, ..entry() };
        assert!(plain.counts_for_age());
        let now = Some(hour(10));
        for other in [
            entry(),
            Entry { held: now, ..plain.clone() },
            Entry { retired_at: now, ..plain.clone() },
            Entry { archived_at: now, ..plain.clone() },
        ] {
            assert!(!other.counts_for_age(), "{other:?}");
        }
    }

    #[test]
    fn an_entry_begins_with_its_first_version_and_nothing_else() {
        let seen = entry();
        let first = Entry::first(seen.report_key, "DIA events", seen.current.clone(), seen.run_id, hour(2));
        assert_eq!((first.fence, first.rev, first.last_updated), (Fence(3), 0, hour(3)));
        assert!(first.versions.is_empty() && first.candidate.is_none() && first.rejected.is_none());
        assert!(first.counts_for_age() && first.act.is_none());
    }

    #[test]
    fn a_content_is_named_by_its_digits() {
        assert_eq!(version('c', 3).etag.to_string(), "c0000000000000000000000000000003");
    }

    #[test]
    fn freshness_is_told_what_left_the_plan() {
        let times = |entry: &Entry| (entry.times().retired, entry.times().archived);
        assert_eq!(times(&entry()), (false, false));
        assert_eq!(times(&Entry { retired_at: Some(hour(10)), ..entry() }), (true, false));
        assert_eq!(times(&Entry { archived_at: Some(hour(10)), ..entry() }), (false, true));
        assert_eq!(entry().cache_type(), CacheType::Recruitment);
    }
}
