//! Publishing one report: the body first, then the entry, each a single conditional write; then reading back.

use crate::audit::Audit;
use crate::build::Prepared;
use crate::config::RefreshConfig;
use jiff::Timestamp;
use vms_core::{Candidate, Check, Entry, FailureClass, Fence, KeptReason, ReportKey, ReportOutcome, RunId, Version};
use vms_source::Fingerprint;
use vms_store::{Encoded, Read, Saved, Store, StoreError, Table, codec};

/// How often a write that lost against an operator's act is decided anew.
const ATTEMPTS: u32 = 5;

/// What does not change from report to report of a run.
pub(crate) struct Publisher<'a, T> {
    pub(crate) store: &'a Store<T>,
    pub(crate) config: &'a RefreshConfig,
    pub(crate) run_id: &'a RunId,
    /// `None` for a dry run, which writes nothing.
    pub(crate) fence: Option<Fence>,
    /// When the run confirmed its reports: the time that they were computed for.
    pub(crate) confirmed_at: Timestamp,
    pub(crate) source: &'a Fingerprint,
    /// Whether a served body that need not change is looked at, and written anew where it is damaged.
    pub(crate) mends: bool,
}

/// What to do with a build, beside the entry as it stands.
#[derive(Debug, Clone, Copy)]
enum Step<'e> {
    /// It is what is served: only its confirmation moves.
    Confirm(&'e Entry),
    /// Its body is written, and named in the entry.
    Write(Place<'e>),
    /// Nothing is written.
    Leave(ReportOutcome),
}

/// What a body that is written comes to be.
#[derive(Debug, Clone, Copy)]
enum Place<'e> {
    /// The first that is served.
    First,
    /// What is served in place of the last good one.
    Served(&'e Entry),
    /// What waits for an operator.
    Waiting(&'e Entry, Check),
}

impl Place<'_> {
    fn outcome(self) -> ReportOutcome {
        match self {
            Self::First | Self::Served(_) => ReportOutcome::Published,
            Self::Waiting(_, check) => ReportOutcome::Quarantined(check),
        }
    }
}

impl<T: Table> Publisher<'_, T> {
    /// Publishes a build beside the entry that was seen; a lost race is read and decided again.
    pub(crate) async fn publish(
        &self,
        key: &ReportKey,
        report: &Prepared,
        mut seen: Option<Entry>,
    ) -> Result<ReportOutcome, StoreError> {
        let mut packed = None;
        for _ in 0..ATTEMPTS {
            let rev = seen.as_ref().map(|e| e.rev);
            match self.step(key, report, seen.as_ref()).await? {
                Step::Leave(outcome) => return Ok(outcome),
                Step::Confirm(entry) => {
                    let Some(fence) = self.fence else { return Ok(ReportOutcome::Unchanged) };
                    let entry = self.confirmed(entry, report, fence);
                    if let Saved::Written(_) = self.store.save_entry(&entry, rev).await? {
                        return Ok(ReportOutcome::Unchanged);
                    }
                }
                Step::Write(place) => {
                    let body = match packed.take() {
                        Some(body) => body,
                        None => pack(&report.built.json).await?,
                    };
                    let body = packed.insert(body);
                    if body.gzip.len() > codec::MOST_SERVED {
                        return Ok(ReportOutcome::Failed(FailureClass::TooLarge));
                    }
                    let Some(fence) = self.fence else { return Ok(place.outcome()) };
                    self.store.put_body(key, fence, body).await?;
                    let version = body.version(fence, report.built.rows, self.confirmed_at, &self.source.version);
                    let entry = match place {
                        Place::First => self.first(key, report, version),
                        Place::Served(entry) => self.served(entry, report, version, fence),
                        Place::Waiting(entry, check) => self.waiting(entry, version, check, fence),
                    };
                    if let Saved::Written(_) = self.store.save_entry(&entry, rev).await? {
                        return self.settle(key, &entry, body, place.outcome()).await;
                    }
                }
            }
            seen = self.store.entry(key, Read::Consistent).await?;
            if rev.is_some() && seen.is_none() {
                // It was removed meanwhile: the next run makes it anew. Nothing would ever find a body of ours.
                if let (Some(_), Some(fence)) = (packed, self.fence) {
                    self.store.delete_body(key, fence).await?;
                }
                return Ok(ReportOutcome::Kept(KeptReason::Superseded));
            }
        }
        Ok(ReportOutcome::Kept(KeptReason::Superseded))
    }

    async fn step<'e>(
        &self,
        key: &ReportKey,
        report: &Prepared,
        seen: Option<&'e Entry>,
    ) -> Result<Step<'e>, StoreError> {
        Ok(match self.judge(key, report, seen) {
            Step::Confirm(entry) if self.mends && !self.is_whole(entry).await? => Step::Write(Place::Served(entry)),
            step => step,
        })
    }

    fn judge<'e>(&self, key: &ReportKey, report: &Prepared, seen: Option<&'e Entry>) -> Step<'e> {
        let audit = Audit { max_row_drop_percent: self.config.max_row_drop_percent };
        let Some(entry) = seen else {
            return match audit.failed_check(key, &report.built, None) {
                None => Step::Write(Place::First),
                Some(_) => Step::Leave(ReportOutcome::Failed(FailureClass::Builder)),
            };
        };
        if self.fence.is_some_and(|mine| entry.fence > mine) {
            return Step::Leave(ReportOutcome::Kept(KeptReason::Superseded));
        }
        if entry.current.etag == report.etag {
            return Step::Confirm(entry);
        }
        let check = match entry.held {
            Some(_) => Some(Check::Held),
            None => audit.failed_check(key, &report.built, Some(entry)),
        };
        let Some(check) = check else { return Step::Write(Place::Served(entry)) };
        // One that was retired or archived is back in the plan, and must be written to count again.
        if entry.retired_at.is_none() && entry.archived_at.is_none() {
            if entry.rejected.as_ref() == Some(&report.etag) {
                return Step::Leave(ReportOutcome::Kept(KeptReason::Rejected));
            }
            if entry.candidate.as_ref().is_some_and(|waiting| waiting.version.etag == report.etag) {
                return Step::Leave(ReportOutcome::Quarantined(check));
            }
        }
        Step::Write(Place::Waiting(entry, check))
    }

    /// Whether the served body is there, and is what its name says.
    async fn is_whole(&self, entry: &Entry) -> Result<bool, StoreError> {
        let served = &entry.current;
        match self.store.body(&entry.report_key, served).await {
            Ok(Some(gzip)) => Ok(codec::verify(&gzip, served.bytes, &served.etag).is_ok()),
            Ok(None) => Ok(false),
            Err(error) if error.class() == FailureClass::VerifyMismatch => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn confirmed(&self, entry: &Entry, report: &Prepared, fence: Fence) -> Entry {
        Entry {
            title: report.built.title.clone(),
            last_updated: self.confirmed_at,
            source_taken_at: self.source.taken_at,
            run_id: self.run_id.clone(),
            fence,
            candidate: None,
            retired_at: None,
            archived_at: None,
            ..entry.clone()
        }
    }

    fn served(&self, entry: &Entry, report: &Prepared, version: Version, fence: Fence) -> Entry {
        let confirmed = self.confirmed(entry, report, fence);
        Entry { rejected: None, ..confirmed.serving(version, self.config.keep_versions) }
    }

    fn waiting(&self, entry: &Entry, version: Version, check: Check, fence: Fence) -> Entry {
        let since = entry.candidate.as_ref().map_or(self.confirmed_at, |c| c.since);
        Entry {
            fence,
            candidate: Some(Candidate {
                version,
                check,
                run_id: self.run_id.clone(),
                source_taken_at: self.source.taken_at,
                since,
            }),
            retired_at: None,
            archived_at: None,
            ..entry.clone()
        }
    }

    fn first(&self, key: &ReportKey, report: &Prepared, version: Version) -> Entry {
        Entry::first(key.clone(), &report.built.title, version, self.run_id.clone(), self.source.taken_at)
    }

    /// Reads a new body back, and clears bodies that the entry no longer names.
    async fn settle(
        &self,
        key: &ReportKey,
        entry: &Entry,
        body: &Encoded,
        outcome: ReportOutcome,
    ) -> Result<ReportOutcome, StoreError> {
        let written = entry.candidate.as_ref().map_or(&entry.current, |c| &c.version);
        if self.store.body(key, written).await?.as_ref() != Some(&body.gzip) {
            return Ok(ReportOutcome::Failed(FailureClass::VerifyMismatch));
        }
        // The report is served and was read back. What is left over goes with the next publish, or by a cleanup.
        if let Err(error) = self.store.clear_bodies(entry).await {
            let error_class = error.class().as_str();
            tracing::warn!(report_key = %key, error_class, "bodies that nothing names could not be removed");
        }
        Ok(outcome)
    }
}

/// Compression is the one long computation on this side; it must not hold up the other writes.
async fn pack(json: &[u8]) -> Result<Encoded, StoreError> {
    let json = json.to_vec();
    match tokio::task::spawn_blocking(move || Encoded::of(&json)).await {
        Ok(encoded) => Ok(encoded?),
        Err(_) => Err(StoreError::Unwritable { kind: "body" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vms_core::{CacheType, Env};
    use vms_reports::Built;
    use vms_store::{MemoryTable, Removed};

    const KEY: &str = "recruitment/dia-events";

    fn at(hour: u64) -> Timestamp {
        let start: Timestamp = "2026-03-15T00:00:00Z".parse().unwrap();
        start + jiff::SignedDuration::from_hours(hour as i64)
    }

    fn key() -> ReportKey {
        KEY.parse().unwrap()
    }

    /// A build of that many rows.
    fn build(rows: u64) -> Prepared {
        let json = format!(r#"{{"filled_events":[{rows}],"unfilled_events":[]}}"#).into_bytes();
        let etag = codec::etag(&json);
        Prepared { built: Built { title: "DIA events".to_owned(), json, rows }, etag }
    }

    /// Publishes a build beside `seen`, in a run with that fence at the hour of the same number.
    async fn publish_beside(
        store: &Store<MemoryTable>,
        seen: Option<Entry>,
        fence: u64,
        rows: u64,
    ) -> (String, Option<Entry>) {
        publish_as(store, seen, fence, rows, false).await
    }

    async fn publish_as(
        store: &Store<MemoryTable>,
        seen: Option<Entry>,
        fence: u64,
        rows: u64,
        mends: bool,
    ) -> (String, Option<Entry>) {
        let publisher = Publisher {
            store,
            config: &RefreshConfig::from_env(&Env::new(&|_| None), |_| unreachable!("no file is named")).unwrap(),
            run_id: &RunId::new(CacheType::Recruitment, at(fence), fence as u32),
            fence: Some(Fence(fence)),
            confirmed_at: at(fence),
            source: &Fingerprint { version: format!("v{fence}"), taken_at: at(fence - 1) },
            mends,
        };
        let outcome = publisher.publish(&key(), &build(rows), seen).await.unwrap();
        (outcome.to_string(), stored(store).await)
    }

    async fn publish(store: &Store<MemoryTable>, fence: u64, rows: u64) -> (String, Entry) {
        let (outcome, entry) = publish_beside(store, stored(store).await, fence, rows).await;
        (outcome, entry.unwrap())
    }

    async fn stored(store: &Store<MemoryTable>) -> Option<Entry> {
        store.entry(&key(), Read::Consistent).await.unwrap()
    }

    async fn act(store: &Store<MemoryTable>, act: impl FnOnce(&Entry) -> Entry) -> Entry {
        let seen = stored(store).await.unwrap();
        assert!(matches!(store.change_entry(&act(&seen), seen.rev).await.unwrap(), Saved::Written(_)));
        stored(store).await.unwrap()
    }

    /// Ten rows were published, then eleven, and an operator went back to the ten.
    async fn held() -> Store<MemoryTable> {
        let store = Store::new(MemoryTable::new());
        assert_eq!(publish(&store, 1, 10).await.0, "published");
        assert_eq!(publish(&store, 2, 11).await.0, "published");
        let entry = act(&store, |e| e.rolled_back(None, at(3)).unwrap()).await;
        assert_eq!((entry.current.rows, entry.held), (10, Some(at(3))));
        store
    }

    #[tokio::test]
    async fn a_refresh_does_not_undo_a_rollback_and_the_newest_build_waits() {
        let store = held().await;
        for (fence, rows) in [(4, 11), (5, 12)] {
            let (outcome, entry) = publish(&store, fence, rows).await;
            assert_eq!((outcome.as_str(), entry.current.rows, entry.held), ("quarantined(held)", 10, Some(at(3))));
            assert_eq!(
                entry.candidate.map(|c| (c.version.rows, c.since)),
                Some((rows, at(4))),
                "waiting since the first"
            );
            assert_eq!((entry.last_updated, entry.fence), (at(1), Fence(fence)), "what is served grows older");
        }
    }

    #[tokio::test]
    async fn a_build_of_the_held_content_confirms_it_and_the_hold_goes_on() {
        let store = held().await;
        publish(&store, 4, 12).await;
        let (outcome, entry) = publish(&store, 5, 10).await;
        assert_eq!((outcome.as_str(), entry.last_updated, entry.held), ("unchanged", at(5), Some(at(3))));
        assert_eq!(entry.candidate, None, "the newest build is what is served");
        assert_eq!(publish(&store, 6, 12).await.0, "quarantined(held)");
    }

    #[tokio::test]
    async fn after_an_approval_refreshes_publish_again() {
        let store = held().await;
        publish(&store, 4, 12).await;
        let entry = act(&store, |e| e.approved(None, 7).unwrap()).await;
        assert_eq!((entry.current.rows, entry.held), (12, None));
        assert_eq!(publish(&store, 5, 12).await.0, "unchanged");
        let (outcome, entry) = publish(&store, 6, 13).await;
        assert_eq!((outcome.as_str(), entry.current.rows), ("published", 13));
        for version in [&entry.current].into_iter().chain(&entry.versions) {
            assert!(store.body(&key(), version).await.unwrap().is_some(), "what is named is kept");
        }
    }

    #[tokio::test]
    async fn what_was_rejected_is_not_offered_again_and_something_new_is() {
        let store = held().await;
        publish(&store, 4, 12).await;
        act(&store, |e| e.rejecting(None).unwrap()).await;
        let (outcome, entry) = publish(&store, 5, 12).await;
        assert_eq!((outcome.as_str(), entry.candidate, entry.held), ("kept(rejected)", None, Some(at(3))));
        assert_eq!(publish(&store, 6, 13).await.0, "quarantined(held)");
    }

    #[tokio::test]
    async fn a_run_that_has_not_seen_the_rollback_decides_again() {
        let store = held().await;
        let seen = Entry { rev: 2, held: None, ..stored(&store).await.unwrap() };
        let (outcome, entry) = publish_beside(&store, Some(seen), 4, 14).await;
        assert_eq!((outcome.as_str(), entry.unwrap().current.rows), ("quarantined(held)", 10));
    }

    #[tokio::test]
    async fn an_entry_that_was_removed_under_a_run_is_not_made_anew_by_it() {
        let store = held().await;
        let seen = stored(&store).await.unwrap();
        assert_eq!(store.begin_removal(&seen, Fence(4)).await.unwrap(), Removed::Gone);
        store.end_removals(CacheType::Recruitment).await.unwrap();
        let late = publish_beside(&store, Some(seen), 5, 14).await;
        assert_eq!(late, ("kept(superseded)".to_owned(), None));
        assert_eq!(store.body_fences(&key()).await.unwrap(), [], "nothing would find a body of it");
    }

    #[tokio::test]
    async fn a_report_that_comes_back_counts_again_whatever_was_decided_on_it() {
        let gone: [fn(&Entry) -> Entry; 2] =
            [|e| Entry { retired_at: Some(at(5)), ..e.clone() }, |e| Entry { archived_at: Some(at(5)), ..e.clone() }];
        for gone in gone {
            for rejected in [false, true] {
                let store = held().await;
                publish(&store, 4, 12).await;
                if rejected {
                    act(&store, |e| e.rejecting(None).unwrap()).await;
                }
                act(&store, gone).await;
                let (outcome, entry) = publish(&store, 6, 12).await;
                assert_eq!((outcome.as_str(), entry.retired_at, entry.archived_at), ("quarantined(held)", None, None));
            }
        }
    }

    #[tokio::test]
    async fn what_is_confirmed_says_by_whom_when_and_from_which_source_and_counts_again() {
        let store = Store::new(MemoryTable::new());
        let (_, first) = publish(&store, 1, 10).await;
        let gone = act(&store, |e| Entry {
            title: "As it was called".to_owned(),
            retired_at: Some(at(2)),
            archived_at: Some(at(2)),
            ..e.clone()
        });
        let seen = gone.await;
        let (outcome, entry) = publish(&store, 5, 10).await;
        assert_eq!(outcome, "unchanged");
        let expected = Entry {
            title: "DIA events".to_owned(),
            last_updated: at(5),
            source_taken_at: at(4),
            run_id: RunId::new(CacheType::Recruitment, at(5), 5),
            fence: Fence(5),
            rev: seen.rev + 1,
            ..first
        };
        assert_eq!(entry, expected);
    }

    #[tokio::test]
    async fn a_run_gives_way_to_a_later_one_and_to_no_other() {
        let store = Store::new(MemoryTable::new());
        let (_, later) = publish(&store, 5, 10).await;
        for rows in [10, 11] {
            assert_eq!(publish(&store, 4, rows).await, ("kept(superseded)".to_owned(), later.clone()));
        }
        assert_eq!(publish(&store, 5, 10).await.0, "unchanged");
    }

    #[tokio::test]
    async fn what_is_published_ends_the_memory_of_what_was_rejected() {
        let store = held().await;
        act(&store, |e| Entry { held: None, rejected: Some(codec::etag(b"12")), ..e.clone() }).await;
        let (outcome, entry) = publish(&store, 4, 12).await;
        assert_eq!((outcome.as_str(), entry.rejected), ("published", None));
    }

    #[tokio::test]
    async fn a_body_that_is_another_than_its_name_says_is_damaged() {
        // One is as long as what should be there, the other is not.
        for rows in [77, 777_777] {
            let store = held().await;
            let served = stored(&store).await.unwrap().current;
            store.delete_body(&key(), served.body).await.unwrap();
            let other = Encoded::of(&build(rows).built.json).unwrap();
            store.put_body(&key(), served.body, &other).await.unwrap();
            assert_eq!(publish_as(&store, stored(&store).await, 4, 10, true).await.0, "published", "{rows}");
        }
    }

    #[tokio::test]
    async fn a_damaged_body_that_need_not_change_is_written_anew_by_a_run_that_mends() {
        let store = held().await;
        let damaged = stored(&store).await.unwrap().current;
        store.delete_body(&key(), damaged.body).await.unwrap();
        let plain = publish_as(&store, stored(&store).await, 4, 10, false).await;
        assert_eq!(plain.0, "unchanged");
        let (outcome, entry) = publish_as(&store, stored(&store).await, 5, 10, true).await;
        let entry = entry.unwrap();
        assert_eq!((outcome.as_str(), &entry.current.etag, entry.held), ("published", &damaged.etag, Some(at(3))));
        assert!(store.body(&key(), &entry.current).await.unwrap().is_some());
        assert_eq!(publish_as(&store, Some(entry), 6, 10, true).await.0, "unchanged", "it is whole now");
    }
}
