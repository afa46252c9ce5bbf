//! An entry to test with, and what it is made of.

use crate::cache_type::CacheType;
use crate::entry::{Candidate, Entry, Etag, Fence, Version};
use crate::outcome::Check;
use crate::report_key::ReportKey;
use crate::run::RunId;
use jiff::{SignedDuration, Timestamp};

pub(crate) fn hour(h: u64) -> Timestamp {
    let start: Timestamp = "2026-03-15T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(h as i64)
}

/// The version that the run with this fence built, at the hour of the same number; its etag begins with `letter`.
pub(crate) fn version(letter: char, fence: u64) -> Version {
    Version {
        etag: Etag(format!("{letter}{fence:031}")),
        body: Fence(fence),
        bytes: 100,
        stored_bytes: 50,
        chunks: 1,
        rows: 3,
        generated_at: hour(fence),
        source_version: format!("v{fence}"),
    }
}

pub(crate) fn run(fence: u64) -> RunId {
    RunId::new(CacheType::Recruitment, hour(fence), fence as u32)
}

pub(crate) fn waiting(letter: char, fence: u64) -> Candidate {
    let source_taken_at = hour(fence - 1);
    let version = version(letter, fence);
    Candidate { version, check: Check::RowDrop, run_id: run(fence), source_taken_at, since: hour(fence) }
}

/// Version `c` of hour 3 is served, `b` and `a` are kept, `d` of hour 4 waits.
pub(crate) fn entry() -> Entry {
    Entry {
        last_updated: hour(9),
        fence: Fence(9),
        rev: 5,
        versions: vec![version('b', 2), version('a', 1)],
        candidate: Some(waiting('d', 4)),
        ..Entry::first(ReportKey::RecruitmentDiaEvents, "DIA events", version('c', 3), run(9), hour(8))
    }
}
