//! Publishing one report: the body first, then the entry, each a single conditional write; then reading back.

use crate::audit::Audit;
use crate::build::Prepared;
use crate::config::RefreshConfig;
use jiff::Timestamp;
use vms_core::{Candidate, Check, Entry, FailureClass, Fence, KeptReason, ReportKey, ReportOutcome, RunId, Version};
use vms_source::Fingerprint;
use vms_store::{Encoded, Read, Saved, Store, StoreError, Table};

/// The most bytes that a stored body may have: Lambda answers with at most 6 MiB, and bytes travel as base64.
pub(crate) const MAX_STORED_BYTES: usize = 4_700_000;

/// How often a write that lost against an operator's act is decided anew.
const ATTEMPTS: u32 = 5;

/// What does not change from report to report of a run.
pub(crate) struct Publisher<'a, T> {
    pub(crate) store: &'a Store<T>,
    pub(crate) config: &'a RefreshConfig,
    pub(crate) run_id: &'a RunId,
    pub(crate) fence: Fence,
    /// When the run confirmed its reports: the time that they were computed for.
    pub(crate) confirmed_at: Timestamp,
    pub(crate) source: &'a Fingerprint,
    pub(crate) dry_run: bool,
}

/// What to do with a build, beside the entry as it stands.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// It is what is served: only its confirmation moves.
    Confirm,
    /// It takes the place of what is served.
    Publish,
    /// It waits for an operator.
    Quarantine(Check),
    /// Nothing is written.
    Leave(ReportOutcome),
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
            let step = self.judge(key, report, seen.as_ref());
            let outcome = match step {
                Step::Leave(outcome) => return Ok(outcome),
                Step::Confirm => ReportOutcome::Unchanged,
                Step::Publish => ReportOutcome::Published,
                Step::Quarantine(check) => ReportOutcome::Quarantined(check),
            };
            if step != Step::Confirm && packed.is_none() {
                let encoded = pack(&report.built.json).await?;
                if encoded.gzip.len() > MAX_STORED_BYTES {
                    return Ok(ReportOutcome::Failed(FailureClass::TooLarge));
                }
                packed = Some(encoded);
            }
            if self.dry_run {
                return Ok(outcome);
            }
            let version = match &packed {
                Some(encoded) if step != Step::Confirm => Some(self.put_body(key, report, encoded).await?),
                _ => None,
            };
            let entry = self.entry_after(key, report, &step, seen.as_ref(), version);
            match self.store.save_entry(&entry, seen.as_ref().map(|e| e.rev)).await? {
                Saved::Written(_) => return self.settle(key, &entry, packed.as_ref(), outcome).await,
                Saved::Lost => {
                    let was_there = seen.is_some();
                    seen = self.store.entry(key, Read::Consistent).await?;
                    if was_there && seen.is_none() {
                        // It was removed meanwhile, and its bodies are on their way out: the next run makes it anew.
                        return Ok(ReportOutcome::Kept(KeptReason::Superseded));
                    }
                }
            }
        }
        Ok(ReportOutcome::Kept(KeptReason::Superseded))
    }

    fn judge(&self, key: &ReportKey, report: &Prepared, seen: Option<&Entry>) -> Step {
        let audit = Audit { max_row_drop_percent: self.config.max_row_drop_percent };
        let failed = audit.failed_check(key, &report.built, seen);
        let Some(entry) = seen else {
            return match failed {
                None => Step::Publish,
                Some(_) => Step::Leave(ReportOutcome::Failed(FailureClass::Builder)),
            };
        };
        if entry.fence > self.fence {
            return Step::Leave(ReportOutcome::Kept(KeptReason::Superseded));
        }
        if entry.current.etag == report.etag {
            return Step::Confirm;
        }
        let check = if entry.held.is_some() { Some(Check::Held) } else { failed };
        match (check, &entry.candidate) {
            (None, _) => Step::Publish,
            (Some(_), _) if entry.rejected.as_ref() == Some(&report.etag) => {
                Step::Leave(ReportOutcome::Kept(KeptReason::Rejected))
            }
            (Some(check), Some(waiting)) if waiting.version.etag == report.etag => {
                Step::Leave(ReportOutcome::Quarantined(check))
            }
            (Some(check), _) => Step::Quarantine(check),
        }
    }

    async fn put_body(&self, key: &ReportKey, report: &Prepared, body: &Encoded) -> Result<Version, StoreError> {
        self.store.put_body(key, self.fence, body).await?;
        Ok(body.version(self.fence, report.built.rows, self.confirmed_at, &self.source.version))
    }

    /// The entry as it shall stand after the step.
    fn entry_after(
        &self,
        key: &ReportKey,
        report: &Prepared,
        step: &Step,
        seen: Option<&Entry>,
        version: Option<Version>,
    ) -> Entry {
        match (seen, version, step) {
            (Some(entry), Some(version), Step::Quarantine(check)) => self.quarantined(entry, version, *check),
            (Some(entry), None, _) => self.confirmed(entry, report),
            (Some(entry), Some(version), _) => {
                let published = self.confirmed(entry, report).serving(version, self.config.keep_versions);
                Entry { rejected: None, ..published }
            }
            (None, version, _) => self.first(key, report, version),
        }
    }

    fn confirmed(&self, entry: &Entry, report: &Prepared) -> Entry {
        Entry {
            title: report.built.title.clone(),
            last_updated: self.confirmed_at,
            source_taken_at: self.source.taken_at,
            run_id: self.run_id.clone(),
            fence: self.fence,
            candidate: None,
            retired_at: None,
            archived_at: None,
            ..entry.clone()
        }
    }

    fn quarantined(&self, entry: &Entry, version: Version, check: Check) -> Entry {
        let since = entry.candidate.as_ref().map_or(self.confirmed_at, |c| c.since);
        Entry {
            fence: self.fence,
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

    fn first(&self, key: &ReportKey, report: &Prepared, version: Option<Version>) -> Entry {
        let current = version.unwrap_or_else(|| Version {
            etag: report.etag.clone(),
            body: self.fence,
            bytes: report.built.json.len() as u64,
            stored_bytes: 0,
            chunks: 0,
            rows: report.built.rows,
            generated_at: self.confirmed_at,
            source_version: self.source.version.clone(),
        });
        Entry::first(key.clone(), &report.built.title, current, self.run_id.clone(), self.source.taken_at)
    }

    /// Reads a new body back, and clears bodies that the entry no longer names.
    async fn settle(
        &self,
        key: &ReportKey,
        entry: &Entry,
        packed: Option<&Encoded>,
        outcome: ReportOutcome,
    ) -> Result<ReportOutcome, StoreError> {
        let Some(packed) = packed.filter(|_| outcome != ReportOutcome::Unchanged) else {
            return Ok(outcome);
        };
        let written = entry.candidate.as_ref().map_or(&entry.current, |c| &c.version);
        if self.store.body(key, written).await?.as_ref() != Some(&packed.gzip) {
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
    use vms_store::{MemoryTable, Removed, codec};

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
        let publisher = Publisher {
            store,
            config: &RefreshConfig::from_env(&Env::new(&|_| None), |_| unreachable!("no file is named")).unwrap(),
            run_id: &RunId::new(CacheType::Recruitment, at(fence), fence as u32),
            fence: Fence(fence),
            confirmed_at: at(fence),
            source: &Fingerprint { version: format!("v{fence}"), taken_at: at(fence - 1) },
            dry_run: false,
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
            assert_eq!(entry.last_updated, at(1), "what is served grows older");
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
        let late = publish_beside(&store, Some(seen), 4, 14).await;
        assert_eq!(late, ("kept(superseded)".to_owned(), None));
    }
}
