//! What an operator does to an entry: approve, reject, roll back.

use vms_core::{Clock, Entry, Etag, ReportKey};
use vms_store::{Read, Saved, Store, Table};

/// An act on one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// The candidate takes the place of what is served.
    Approve,
    /// The candidate goes, and is not offered again.
    Reject,
    /// An earlier version is served again, and held.
    RollBack(Etag),
}

/// Does it, reading anew as often as someone else was faster; answers whether there was anything to do.
pub(crate) async fn act<T: Table>(store: &Store<T>, clock: &impl Clock, report: &ReportKey, act: &Act) -> bool {
    for _ in 0..10 {
        let Some(seen) = store.entry(report, Read::Consistent).await.unwrap() else { return false };
        let Some(changed) = after(&seen, act, clock) else { return false };
        if matches!(store.change_entry(&changed, seen.rev).await.unwrap(), Saved::Written(_)) {
            return true;
        }
    }
    panic!("an operator never gets a word in")
}

/// The entry after the act; `None` where there is nothing to act on.
pub(crate) fn after(entry: &Entry, act: &Act, clock: &impl Clock) -> Option<Entry> {
    let mut changed = Entry { act: Some("act".to_owned()), ..entry.clone() };
    match act {
        Act::Approve => {
            let candidate = changed.candidate.take()?;
            changed.versions.insert(0, entry.current.clone());
            changed.last_updated = candidate.version.generated_at;
            changed.source_taken_at = candidate.source_taken_at;
            changed.current = candidate.version;
            changed.rejected = None;
            changed.held = None;
        }
        Act::Reject => changed.rejected = Some(changed.candidate.take()?.version.etag),
        Act::RollBack(etag) => {
            let place = changed.versions.iter().position(|v| v.etag == *etag)?;
            let earlier = changed.versions.remove(place);
            changed.versions.insert(0, entry.current.clone());
            changed.last_updated = earlier.generated_at;
            changed.source_taken_at = entry.source_taken_at.min(earlier.generated_at);
            changed.current = earlier;
            changed.held = Some(clock.now());
        }
    }
    Some(changed)
}
