//! Records for the promises to use: plausible, full, and the same every time.

use crate::codec::Encoded;
use jiff::{SignedDuration, Timestamp};
use vms_core::{
    CacheType, Candidate, Check, Entry, Etag, Fence, RefreshRequest, ReportKey, Run, RunId, RunState, Trigger, Version,
};

/// The instant of every sample.
pub(crate) fn now() -> Timestamp {
    "2026-03-15T02:00:00.123456789Z".parse().unwrap()
}

pub(crate) fn seconds(s: i64) -> SignedDuration {
    SignedDuration::from_secs(s)
}

/// One of many reports; each promise takes numbers that no other takes.
pub(crate) fn report(number: u32) -> ReportKey {
    ReportKey::RecruitmentCandidates { event: number.into() }
}

pub(crate) fn run_id(cache_type: CacheType, number: u32) -> RunId {
    RunId::new(cache_type, now() + seconds(number.into()), number)
}

pub(crate) fn version(fence: u64) -> Version {
    Version {
        etag: Etag(format!("{fence:032x}")),
        body: Fence(fence),
        bytes: u64::MAX,
        stored_bytes: 1 << 53 | 1,
        chunks: 1,
        rows: 7,
        generated_at: now(),
        source_version: "2026-03-14T23:00:00Z".to_owned(),
    }
}

/// An entry without anything that an entry may lack.
pub(crate) fn entry(report: &ReportKey, fence: u64) -> Entry {
    let run_id = run_id(report.cache_type(), 1);
    Entry::first(report.clone(), "Candidates for event 7", version(fence), run_id, now() - seconds(3600))
}

/// An entry with everything that an entry may have. It names every field, so that a new one is asked for here.
pub(crate) fn full_entry(report: &ReportKey, fence: u64) -> Entry {
    let Entry {
        report_key, title, current, encoding, last_updated, source_taken_at, run_id: built_by, fence, rev, ..
    } = entry(report, fence);
    Entry {
        report_key,
        title,
        current,
        encoding,
        last_updated,
        source_taken_at,
        run_id: built_by,
        fence,
        rev,
        versions: vec![version(2), version(1)],
        candidate: Some(Candidate {
            version: version(3),
            check: Check::RowDrop,
            run_id: run_id(report.cache_type(), 2),
            source_taken_at: now(),
            since: now(),
        }),
        rejected: Some(Etag("0".repeat(32))),
        held: Some(now()),
        act: Some("2026-03-15T02:00:00.123Z#1".to_owned()),
        retired_at: Some(now()),
        archived_at: Some(now()),
    }
}

pub(crate) fn run(cache_type: CacheType, number: u32, state: RunState) -> Run {
    let id = run_id(cache_type, number);
    let request = RefreshRequest::new(id, Trigger::Schedule);
    Run::of(&request, state, now() + seconds(number.into()))
}

/// A body that is stored in exactly so many bytes; the store does not look inside.
pub(crate) fn stored_body(length: usize, seed: u8) -> Encoded {
    let gzip: Vec<u8> = (0..length).map(|i| (i % 251) as u8 ^ seed).collect();
    Encoded { etag: crate::codec::etag(&gzip), bytes: 0, gzip: gzip.into() }
}

/// The version that an entry would give for such a body.
pub(crate) fn version_of(body: &Encoded, fence: u64) -> Version {
    let Version { body: fence, rows, generated_at, source_version, .. } = version(fence);
    body.version(fence, rows, generated_at, source_version)
}
