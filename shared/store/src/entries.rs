//! Report entries: the pointers that a publish moves, a run's way (by fence and rev) and an operator's (by rev).
//!
//! A write that lost is never repeated here: the caller reads again and decides again, so a refresh cannot undo an
//! operator's act that came in between, and an old run that wakes late changes nothing.

use crate::error::Result;
use crate::keys;
use crate::record::{attributes, item, number, record, records};
use crate::store::Store;
use crate::table::{Change, Condition, Read, SortRange, Table, TableError, Test};
use vms_core::{CacheType, Entry, Fence, ReportKey};

const KIND: &str = "entry";

/// Attributes that an entry may lack, and that an operator's act may therefore have to remove.
const OPTIONAL: [&str; 7] = ["versions", "candidate", "rejected", "held", "act", "retired_at", "archived_at"];

/// What became of the write of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It is stored, with this `rev`.
    Written(u64),
    /// Someone else has written, or removed, the entry since it was read: read again and decide again.
    Lost,
}

/// What became of the removal of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// There is no entry any more.
    Gone,
    /// Someone else has written the entry since it was read: read again and decide again.
    Lost,
}

impl<T: Table> Store<T> {
    /// The entry of a report.
    pub async fn entry(&self, report: &ReportKey, read: Read) -> Result<Option<Entry>> {
        let stored = self.table.get(&keys::entry(report), read).await?;
        stored.map(|item| record(KIND, item)).transpose()
    }

    /// Every entry of a type, in the order of their keys.
    pub async fn entries(&self, cache_type: CacheType, read: Read) -> Result<Vec<Entry>> {
        let pk = keys::entries(cache_type);
        records(KIND, self.all(&pk, &SortRange::All, false, read).await?)
    }

    /// At most `limit` entries of a type (at least one is asked for), and the key after which to go on, `None` at
    /// the end. The report of that key may be gone by then.
    pub async fn entries_page(
        &self,
        cache_type: CacheType,
        after: Option<&ReportKey>,
        limit: usize,
    ) -> Result<(Vec<Entry>, Option<ReportKey>)> {
        let pk = keys::entries(cache_type);
        let part = self.page(&pk, limit, after.map(ToString::to_string)).await?;
        let entries: Vec<Entry> = records(KIND, part.items)?;
        let next = entries.last().filter(|_| part.more).map(|e| e.report_key.clone());
        Ok((entries, next))
    }

    /// A run's write of an entry that it read with `seen_rev`, or found absent; `entry.fence` is the run's own.
    ///
    /// The entry's `rev` is not looked at: what is stored has one more than was seen.
    pub async fn save_entry(&self, entry: &Entry, seen_rev: Option<u64>) -> Result<Saved> {
        let condition = seen_rev.map_or(Condition::Absent, |seen| {
            Condition::All(vec![Test::AtMost("fence", number(entry.fence.0)), Test::Equals("rev", number(seen))])
        });
        let intended = with_rev(entry, seen_rev.unwrap_or(0));
        let item = item(KIND, keys::entry(&entry.report_key), &intended)?;
        let answer = self.table.put(item, condition).await;
        self.settle_entry(answer, &intended).await
    }

    /// An operator's change of an entry that was read with `seen_rev`: by `rev` alone, without a lease.
    ///
    /// `entry.fence` is the one that was read; as no two entries of a report begin with the same fence, an entry
    /// that was removed and made anew meanwhile is not mistaken for the one that the operator saw. An entry that is
    /// absent stays absent.
    pub async fn change_entry(&self, entry: &Entry, seen_rev: u64) -> Result<Saved> {
        let condition =
            Condition::All(vec![Test::Equals("rev", number(seen_rev)), Test::Equals("fence", number(entry.fence.0))]);
        let intended = with_rev(entry, seen_rev);
        let set = attributes(KIND, &intended)?;
        let remove = OPTIONAL.iter().filter(|name| !set.contains_key(**name));
        let change = Change { remove: remove.map(|name| (*name).to_owned()).collect(), set };
        let answer = self.table.update(&keys::entry(&entry.report_key), change, condition).await;
        self.settle_entry(answer, &intended).await
    }

    /// Removes an entry as it was read, in a run with the fence `mine`.
    pub async fn remove_entry(&self, seen: &Entry, mine: Fence) -> Result<Removed> {
        let condition =
            Condition::All(vec![Test::AtMost("fence", number(mine.0)), Test::Equals("rev", number(seen.rev))]);
        match self.table.delete(&keys::entry(&seen.report_key), condition).await {
            Ok(()) => Ok(Removed::Gone),
            Err(error) if error.leaves_doubt() => match self.entry(&seen.report_key, Read::Consistent).await? {
                None => Ok(Removed::Gone),
                Some(_) if error.is_condition_failed() => Ok(Removed::Lost),
                Some(_) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Tells whether the stored entry is the intended one. It may be although the condition failed: an attempt
    /// whose answer was lost had written it, and the repetition then found it changed.
    async fn settle_entry(&self, answer: Result<(), TableError>, intended: &Entry) -> Result<Saved> {
        let error = match answer {
            Ok(()) => return Ok(Saved::Written(intended.rev)),
            Err(error) if error.leaves_doubt() => error,
            Err(error) => return Err(error.into()),
        };
        match self.entry(&intended.report_key, Read::Consistent).await? {
            Some(stored) if stored == *intended => Ok(Saved::Written(intended.rev)),
            _ if error.is_condition_failed() => Ok(Saved::Lost),
            _ => Err(error.into()),
        }
    }
}

fn with_rev(entry: &Entry, seen: u64) -> Entry {
    Entry { rev: seen + 1, ..entry.clone() }
}
