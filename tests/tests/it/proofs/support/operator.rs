//! What an operator does to an entry: the pure steps of the core, written as the handlers write them.

use vms_core::{Clock, Etag, ReportKey};
use vms_store::{Read, Saved, Store, Table};

/// An act on one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// The candidate takes the place of what is served.
    Approve,
    /// The candidate goes, and is not offered again.
    Reject,
    /// An earlier version, the named one or the last, is served again, and held.
    RollBack(Option<Etag>),
}

/// Does it, reading anew as often as someone else was faster; answers whether there was anything to do.
pub(crate) async fn act<T: Table>(
    store: &Store<T>,
    clock: &impl Clock,
    keep: usize,
    report: &ReportKey,
    act: &Act,
) -> bool {
    for _ in 0..10 {
        let Some(seen) = store.entry(report, Read::Consistent).await.unwrap() else { return false };
        let changed = match act {
            Act::Approve => seen.approved(None, keep),
            Act::Reject => seen.rejecting(None),
            Act::RollBack(etag) => seen.rolled_back(etag.as_ref().map(|e| e.0.as_str()), clock.now()),
        };
        let Ok(changed) = changed else { return false };
        if matches!(store.change_entry(&changed, seen.rev).await.unwrap(), Saved::Written(_)) {
            return true;
        }
    }
    panic!("an operator never gets a word in")
}
