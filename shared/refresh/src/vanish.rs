//! Entries that the plan no longer names: their year passed, or their subject is gone.

use crate::audit::Audit;
use crate::build::Plan;
use crate::config::RefreshConfig;
use jiff::Timestamp;
use vms_core::{Entry, Fence, KeptReason, ReportKey, ReportOutcome};
use vms_store::{Removed, Saved, Store, StoreError, Table};

/// What becomes of an entry outside the plan that cannot stay as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Archive,
    Retire,
    Remove,
}

/// Deals with every entry outside the plan while there is time, and tells what became of those that had to change.
pub(crate) async fn settle<T: Table>(
    store: &Store<T>,
    config: &RefreshConfig,
    fence: Fence,
    plan: &Plan,
    entries: &[Entry],
    now: Timestamp,
    in_time: &(dyn Fn() -> bool + Sync),
) -> Vec<(ReportKey, ReportOutcome)> {
    let outside = entries.iter().filter(|e| !plan.keys.contains(&e.report_key));
    let fates: Vec<_> = outside.filter_map(|e| Some((e, fate(e, plan, config, now)?))).collect();
    let doubtful = is_doubtful(config, entries, &fates);
    let mut outcomes = Vec::with_capacity(fates.len());
    for (entry, fate) in fates {
        let outcome = match fate {
            Fate::Retire if doubtful => ReportOutcome::Kept(KeptReason::PlanDrop),
            _ if !in_time() => ReportOutcome::Kept(KeptReason::Deadline),
            fate => change(store, entry, fence, fate, now).await.unwrap_or_else(|error| {
                tracing::warn!(report_key = %entry.report_key, %error, "a report outside the plan could not be changed");
                ReportOutcome::Failed(error.class())
            }),
        };
        outcomes.push((entry.report_key.clone(), outcome));
    }
    outcomes
}

fn fate(entry: &Entry, plan: &Plan, config: &RefreshConfig, now: Timestamp) -> Option<Fate> {
    let passed = entry.report_key.school_year().is_some_and(|year| !plan.years.contains(&year));
    match (passed, entry.retired_at) {
        (true, None) if entry.archived_at.is_none() => Some(Fate::Archive),
        _ if entry.is_retired_for(config.retired_for, now) => Some(Fate::Remove),
        (true, None) | (_, Some(_)) => None,
        (false, None) => Some(Fate::Retire),
    }
}

/// Whether so many of the living reports vanish at once that the source is to be doubted.
fn is_doubtful(config: &RefreshConfig, entries: &[Entry], fates: &[(&Entry, Fate)]) -> bool {
    let lives = |e: &Entry| e.retired_at.is_none() && e.archived_at.is_none();
    let living = entries.iter().filter(|e| lives(e)).count() as u64;
    let vanished = fates.iter().filter(|(e, fate)| *fate == Fate::Retire && lives(e)).count() as u64;
    let audit = Audit { max_row_drop_percent: config.max_row_drop_percent };
    vanished > 1 && audit.drops_too_far(living, living - vanished)
}

async fn change<T: Table>(
    store: &Store<T>,
    entry: &Entry,
    fence: Fence,
    fate: Fate,
    now: Timestamp,
) -> Result<ReportOutcome, StoreError> {
    let (changed, outcome) = match fate {
        Fate::Archive => (Entry { archived_at: Some(now), fence, ..entry.clone() }, ReportOutcome::Archived),
        Fate::Retire => (Entry { retired_at: Some(now), fence, ..entry.clone() }, ReportOutcome::Retired),
        Fate::Remove => {
            return Ok(match store.begin_removal(entry, fence).await? {
                Removed::Gone => ReportOutcome::Removed,
                Removed::Lost => ReportOutcome::Kept(KeptReason::Superseded),
            });
        }
    };
    match store.save_entry(&changed, Some(entry.rev)).await? {
        Saved::Written(_) => Ok(outcome),
        Saved::Lost => Ok(ReportOutcome::Kept(KeptReason::Superseded)),
    }
}
