//! Publishing one report: the body first, then the entry, each a single conditional write; then reading back.

use crate::audit::Audit;
use crate::build::Prepared;
use crate::config::RefreshConfig;
use jiff::Timestamp;
use vms_core::{Candidate, Check, Entry, FailureClass, Fence, KeptReason, ReportKey, ReportOutcome, RunId, Version};
use vms_source::Fingerprint;
use vms_store::{Encoded, Read, Saved, Store, StoreError, Table, codec};

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
        let chunks = self.store.put_body(key, self.fence, body).await?;
        Ok(Version {
            etag: body.etag.clone(),
            body: self.fence,
            bytes: body.bytes,
            stored_bytes: body.gzip.len() as u64,
            chunks,
            rows: report.built.rows,
            generated_at: self.confirmed_at,
            source_version: self.source.version.clone(),
        })
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
        Entry {
            report_key: key.clone(),
            title: report.built.title.clone(),
            current,
            encoding: codec::ENCODING.to_owned(),
            last_updated: self.confirmed_at,
            source_taken_at: self.source.taken_at,
            run_id: self.run_id.clone(),
            fence: self.fence,
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
        self.store.clear_bodies(entry).await?;
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
