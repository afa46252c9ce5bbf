//! What may go, and in which order: the one place that removes bodies and reports, for a run and for a cleanup by hand.
//!
//! The served body of a living entry never goes, whatever its age. A removal by hand needs no lease: it is conditional
//! on the entry as it was read, and leaves every body alone that a run at work may just be writing.

use crate::entries::Removed;
use crate::error::Result;
use crate::keys;
use crate::record::{item, number, records};
use crate::store::Store;
use crate::table::{Condition, Read, SortRange, Table, TableError, Test};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vms_core::{CacheType, Entry, Fence, ReportKey};

const REMOVAL: &str = "removal";

/// A removal that was begun. It is written down before the entry goes, so that whoever comes next finds the bodies
/// that a crash, or a call that failed, has left behind: nothing else would name them any more.
#[derive(Debug, Serialize, Deserialize)]
struct Removal {
    report_key: ReportKey,
    /// The right with which it was begun: bodies of later fences belong to a report that came back.
    fence: Fence,
}

/// What a cleanup did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    /// Entries that were looked at.
    pub entries: u64,
    /// Bodies that were removed since no entry named them, those of removed reports included.
    pub bodies: u64,
    /// Retired reports that were removed.
    pub removed: Vec<ReportKey>,
    /// Retired reports that someone else changed meanwhile; they stay.
    pub changed: Vec<ReportKey>,
}

impl<T: Table> Store<T> {
    /// Removes the bodies that an entry, as it was read consistently or written, no longer needs; answers how many.
    pub async fn clear_bodies(&self, entry: &Entry) -> Result<u64> {
        self.delete_bodies(&entry.report_key, |fence| entry.may_lose_body(fence)).await
    }

    /// Begins to remove a report as it was read, with the right of the fence `mine`: a run's own, or that of the entry.
    ///
    /// The entry goes here: until then its body is served, after that nothing refers to it.
    /// [`Store::end_removals`] takes the bodies.
    pub async fn begin_removal(&self, seen: &Entry, mine: Fence) -> Result<Removed> {
        let key = keys::removal(&seen.report_key);
        let removal = item(REMOVAL, key.clone(), &Removal { report_key: seen.report_key.clone(), fence: mine })?;
        let no_later = Condition::AbsentOr(vec![Test::AtMost("fence", number(mine.0))]);
        match self.table.put(removal.clone(), no_later).await {
            // One that was begun with a later fence takes our bodies along.
            Ok(()) | Err(TableError::ConditionFailed) => {}
            Err(error) => {
                let is_written = error.leaves_doubt() && self.table.get(&key, Read::Consistent).await? == Some(removal);
                if !is_written {
                    return Err(error.into());
                }
            }
        }
        self.remove_entry(seen, mine).await
    }

    /// Ends every removal of a type that was begun, by this process or by one that did not live to end it; answers
    /// how many bodies went. Bodies of later fences stay, as a later run may be bringing the report back.
    pub async fn end_removals(&self, cache_type: CacheType) -> Result<u64> {
        let begun = self.all(&keys::removals(cache_type), &SortRange::All, false, Read::Consistent).await?;
        let mut bodies = 0;
        for Removal { report_key, fence } in records(REMOVAL, begun)? {
            bodies += match self.entry(&report_key, Read::Consistent).await? {
                None => self.delete_bodies(&report_key, |body| body <= fence).await?,
                // It came back, or never went.
                Some(entry) => self.clear_bodies(&entry).await?,
            };
            let this = Condition::All(vec![Test::Equals("fence", number(fence.0))]);
            match self.table.delete(&keys::removal(&report_key), this).await {
                // It was ended by somebody else, or another one was begun meanwhile.
                Ok(()) | Err(TableError::ConditionFailed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(bodies)
    }

    /// Cleans the whole cache by hand: reports that have been retired for `older_than` go, and bodies that nothing
    /// names.
    pub async fn clean(&self, older_than: SignedDuration, now: Timestamp) -> Result<Cleaned> {
        let mut cleaned = Cleaned::default();
        for cache_type in CacheType::ALL {
            let before = cleaned.removed.len();
            for entry in self.entries(cache_type, Read::Consistent).await? {
                cleaned.entries += 1;
                self.clean_report(entry, older_than, now, &mut cleaned).await?;
            }
            cleaned.bodies += self.end_removals(cache_type).await?;
            if cleaned.removed.len() > before {
                self.renew_tally(cache_type).await?;
            }
        }
        Ok(cleaned)
    }

    async fn clean_report(
        &self,
        entry: Entry,
        older_than: SignedDuration,
        now: Timestamp,
        cleaned: &mut Cleaned,
    ) -> Result<()> {
        if !entry.is_retired_for(older_than, now) {
            cleaned.bodies += self.clear_bodies(&entry).await?;
            return Ok(());
        }
        match self.begin_removal(&entry, entry.fence).await? {
            Removed::Gone => cleaned.removed.push(entry.report_key),
            Removed::Lost => cleaned.changed.push(entry.report_key),
        }
        Ok(())
    }

    async fn delete_bodies(&self, report: &ReportKey, may_go: impl Fn(Fence) -> bool + Send) -> Result<u64> {
        let mut deleted = 0;
        for fence in self.body_fences(report).await? {
            if may_go(fence) {
                self.delete_body(report, fence).await?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoded;
    use crate::contract::samples::{entry, now, report, version_of};
    use crate::memory::MemoryTable;
    use vms_core::{Candidate, Check, RunId, Tally, TypeStatus};

    const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

    /// A store with an entry whose fence is 5, whose versions are the bodies 4 (served), 2 and 3 (waiting), and with
    /// bodies of the fences 1 to 6.
    async fn stocked(change: impl FnOnce(Entry) -> Entry) -> (Store<MemoryTable>, Entry) {
        let store = Store::new(MemoryTable::new());
        let report = report(1);
        let mut versions = Vec::new();
        for fence in 1..=6 {
            let body = Encoded::of(format!("{{\"n\":{fence}}}").as_bytes()).unwrap();
            store.put_body(&report, Fence(fence), &body).await.unwrap();
            versions.push(version_of(&body, fence));
        }
        let candidate = Candidate {
            version: versions[2].clone(),
            check: Check::RowDrop,
            run_id: RunId::new(CacheType::Recruitment, now(), 1),
            source_taken_at: now(),
            since: now(),
        };
        let entry = change(Entry {
            current: versions[3].clone(),
            versions: vec![versions[1].clone()],
            candidate: Some(candidate),
            ..entry(&report, 5)
        });
        store.save_entry(&entry, None).await.unwrap();
        (store, Entry { rev: 1, ..entry })
    }

    async fn fences(store: &Store<MemoryTable>) -> Vec<u64> {
        store.body_fences(&report(1)).await.unwrap().iter().map(|f| f.0).collect()
    }

    #[tokio::test]
    async fn only_bodies_that_nothing_names_and_nothing_may_come_to_name_go() {
        let (store, entry) = stocked(|e| e).await;
        let cleaned = store.clean(WEEK, now() + WEEK * 100).await.unwrap();
        assert_eq!(cleaned, Cleaned { entries: 1, bodies: 1, ..Cleaned::default() });
        assert_eq!(fences(&store).await, [2, 3, 4, 5, 6], "5 and 6 may be on their way into the entry");
        assert_eq!(store.entry(&entry.report_key, Read::Consistent).await.unwrap(), Some(entry));
        let again = store.clean(WEEK, now()).await.unwrap();
        assert_eq!(again.bodies, 0, "cleaning again finds nothing");
    }

    #[tokio::test]
    async fn a_report_goes_only_when_it_has_been_retired_for_long_enough() {
        let (store, entry) = stocked(|e| Entry { retired_at: Some(now()), ..e }).await;
        let second = SignedDuration::from_secs(1);
        assert!(store.clean(WEEK, now() + WEEK - second).await.unwrap().removed.is_empty());
        assert!(store.body(&entry.report_key, &entry.current).await.unwrap().is_some(), "it is served until then");
        let cleaned = store.clean(WEEK, now() + WEEK).await.unwrap();
        assert_eq!(cleaned.removed, std::slice::from_ref(&entry.report_key));
        assert_eq!(store.entry(&entry.report_key, Read::Consistent).await.unwrap(), None);
        assert_eq!(fences(&store).await, [6], "what a later run wrote is not touched");
    }

    #[tokio::test]
    async fn a_removal_that_was_not_ended_is_ended_by_whoever_comes_next() {
        let (store, entry) = stocked(|e| Entry { retired_at: Some(now()), ..e }).await;
        assert_eq!(store.begin_removal(&entry, entry.fence).await.unwrap(), Removed::Gone);
        assert_eq!(fences(&store).await.len(), 6, "nothing refers to them, and they are still there");
        assert_eq!(store.clean(WEEK, now()).await.unwrap().bodies, 5);
        assert_eq!(fences(&store).await, [6], "what a later run wrote is not touched");
        assert_eq!(store.end_removals(CacheType::Recruitment).await.unwrap(), 0, "and that was the end of it");
    }

    #[tokio::test]
    async fn a_removal_that_lost_does_not_take_the_place_of_the_later_one() {
        let (store, seen) = stocked(|e| Entry { retired_at: Some(now()), ..e }).await;
        assert_eq!(store.begin_removal(&seen, Fence(6)).await.unwrap(), Removed::Gone);
        assert_eq!(store.begin_removal(&seen, seen.fence).await.unwrap(), Removed::Gone);
        store.end_removals(CacheType::Recruitment).await.unwrap();
        assert!(fences(&store).await.is_empty(), "bodies up to the later fence went");
    }

    #[tokio::test]
    async fn the_body_of_a_living_entry_is_served_whatever_its_age() {
        for change in [
            (|e| Entry { archived_at: Some(now()), ..e }) as fn(Entry) -> Entry,
            |e| Entry { held: Some(now()), ..e },
            |e| e,
        ] {
            let (store, entry) = stocked(change).await;
            store.clean(SignedDuration::ZERO, now() + WEEK * 1000).await.unwrap();
            assert!(store.body(&entry.report_key, &entry.current).await.unwrap().is_some());
        }
    }

    #[tokio::test]
    async fn a_report_that_came_back_meanwhile_stays() {
        let (store, seen) = stocked(|e| Entry { retired_at: Some(now()), ..e }).await;
        let back = Entry { retired_at: None, fence: Fence(6), ..seen.clone() };
        store.save_entry(&back, Some(seen.rev)).await.unwrap();
        assert_eq!(store.begin_removal(&seen, seen.fence).await.unwrap(), Removed::Lost);
        store.end_removals(CacheType::Recruitment).await.unwrap();
        assert!(store.body(&seen.report_key, &seen.current).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn the_counts_of_the_status_follow_a_removal() {
        let (store, entry) = stocked(|e| Entry { retired_at: Some(now()), ..e }).await;
        let before = TypeStatus {
            tally: Tally::of([&entry, &entry], 3),
            last_schedule: Some(now()),
            ..TypeStatus::unknown(CacheType::Recruitment)
        };
        store.save_status(&before).await.unwrap();
        store.clean(WEEK, now() + WEEK).await.unwrap();
        let after = store.status(CacheType::Recruitment, Read::Consistent).await.unwrap();
        assert_eq!(after, TypeStatus { tally: Tally { missing: 3, ..Tally::default() }, ..before });
    }
}
