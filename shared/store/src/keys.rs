//! Every access pattern as a key constructor: who has read this file knows the whole table.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | report entry | `cache#<cache_type>` | report key |
//! | report body | `body#<report key>` | `<fence, 20 digits>#<chunk, 4 digits>` |
//! | removal that was begun | `removal#<cache_type>` | report key |
//! | status | `status` | cache type |
//! | run | `runs#<cache_type>` | `<started_at>.<6 hex>` |
//! | lease | `lease` | cache type |
//! | control | `control` | `schedule` |
//! | act | `acts` | `<at>#<id>` |
//! | API key | `keys` | SHA-256 of the key |
//! | session | `sessions` | SHA-256 of the token |

use crate::secret::SecretHash;
use crate::table::Key;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use vms_core::{CacheType, Fence, ReportKey, RunId};

/// The partition of the statuses: one Query reads all five.
pub const STATUS: &str = "status";
/// The partition of the acts, newest last.
pub const ACTS: &str = "acts";
/// The partition of the API keys.
pub const API_KEYS: &str = "keys";

/// The partition of a type's entries: listing a type is one Query that reads no body.
pub fn entries(cache_type: CacheType) -> String {
    format!("cache#{cache_type}")
}

/// The entry of a report.
pub fn entry(report: &ReportKey) -> Key {
    Key::new(entries(report.cache_type()), report.to_string())
}

/// The partition of a report's bodies, of all its versions.
pub fn bodies(report: &ReportKey) -> String {
    format!("body#{report}")
}

/// What the chunks of one body begin with.
pub fn body_prefix(fence: Fence) -> String {
    format!("{:020}#", fence.0)
}

/// One chunk of a body.
pub fn body_chunk(report: &ReportKey, fence: Fence, chunk: u32) -> Key {
    Key::new(bodies(report), format!("{}{chunk:04}", body_prefix(fence)))
}

/// The fence and the chunk that a body's sort key names; `None` for any other text.
pub fn parse_body_chunk(sk: &str) -> Option<(Fence, u32)> {
    let (fence, chunk) = sk.split_once('#')?;
    let parsed = (Fence(fence.parse().ok()?), chunk.parse().ok()?);
    (format!("{}{:04}", body_prefix(parsed.0), parsed.1) == sk).then_some(parsed)
}

/// The partition of a type's removals that were begun and are not ended: as a rule it is empty.
pub fn removals(cache_type: CacheType) -> String {
    format!("removal#{cache_type}")
}

/// The removal of a report.
pub fn removal(report: &ReportKey) -> Key {
    Key::new(removals(report.cache_type()), report.to_string())
}

/// The status of a type.
pub fn status(cache_type: CacheType) -> Key {
    Key::new(STATUS, cache_type.as_str())
}

/// The partition of a type's runs, newest last.
pub fn runs(cache_type: CacheType) -> String {
    format!("runs#{cache_type}")
}

/// A run.
pub fn run(id: &RunId) -> Key {
    Key::new(runs(id.cache_type), id.moment())
}

/// The lease of a type; never deleted, as its fence must only grow.
pub fn lease(cache_type: CacheType) -> Key {
    Key::new("lease", cache_type.as_str())
}

/// Whether the schedule is paused.
pub fn control() -> Key {
    Key::new("control", "schedule")
}

/// An operator's act; its time is written with milliseconds, always three digits, so that text order is time order.
pub fn act(at: Timestamp, id: &str) -> Key {
    let at = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
    Key::new(ACTS, format!("{at}#{id}"))
}

/// An API key, found by its hash.
pub fn api_key(hash: &SecretHash) -> Key {
    Key::new(API_KEYS, hash.as_str())
}

/// A session, found by its token's hash.
pub fn session(token: &SecretHash) -> Key {
    Key::new("sessions", token.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: &Key) -> String {
        format!("{} | {}", key.pk, key.sk)
    }

    #[test]
    fn every_key_has_the_form_that_the_table_of_the_design_gives() {
        let report: ReportKey = "virtual_session/district/2025-2026/Center~20~28MO~29".parse().unwrap();
        let at: Timestamp = "2026-03-15T02:00:00.12Z".parse().unwrap();
        let run_id = RunId::new(CacheType::VirtualSession, at, 0x1a_2b3c);
        let hash = SecretHash::of("abc");
        let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for (key, expected) in [
            (entry(&report), "cache#virtual_session | virtual_session/district/2025-2026/Center~20~28MO~29"),
            (
                body_chunk(&report, Fence(42), 7),
                "body#virtual_session/district/2025-2026/Center~20~28MO~29 | 00000000000000000042#0007",
            ),
            (status(CacheType::Recruitment), "status | recruitment"),
            (run(&run_id), "runs#virtual_session | 2026-03-15T02:00:00.120Z.1a2b3c"),
            (lease(CacheType::Volunteer), "lease | volunteer"),
            (control(), "control | schedule"),
            (act(at, "9f"), "acts | 2026-03-15T02:00:00.120Z#9f"),
            (api_key(&hash), &format!("keys | {sha}")),
            (session(&hash), &format!("sessions | {sha}")),
        ] {
            assert_eq!(text(&key), expected);
        }
    }

    #[test]
    fn a_body_key_says_its_fence_and_chunk_and_nothing_else_does() {
        let report: ReportKey = "recruitment/dia-events".parse().unwrap();
        for (fence, chunk) in [(Fence(0), 0), (Fence(u64::MAX), 9999)] {
            assert_eq!(parse_body_chunk(&body_chunk(&report, fence, chunk).sk), Some((fence, chunk)));
        }
        for other in ["", "1#0", "00000000000000000042#7", "00000000000000000042", "+0000000000000000042#0007"] {
            assert_eq!(parse_body_chunk(other), None, "{other}");
        }
    }

    #[test]
    fn the_longest_report_key_stays_within_the_limits_of_a_key() {
        let longest: ReportKey = format!("virtual_session/district/2025-2026/{}", "a".repeat(865)).parse().unwrap();
        assert_eq!(longest.to_string().len(), 900);
        assert!(entry(&longest).sk.len() <= 1024);
        assert!(bodies(&longest).len() <= 2048);
    }
}
