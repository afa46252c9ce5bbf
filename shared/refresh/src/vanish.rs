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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use std::collections::BTreeMap;
    use vms_core::{Env, Etag, RunId, Version};
    use vms_store::{MemoryTable, Read};

    const FENCE: Fence = Fence(5);

    fn now() -> Timestamp {
        "2026-03-15T02:00:00Z".parse().unwrap()
    }

    fn days_ago(days: i64) -> Timestamp {
        now() - SignedDuration::from_hours(24 * days)
    }

    fn config() -> RefreshConfig {
        RefreshConfig::from_env(&Env::new(&|_| None), |_| unreachable!("no file is named")).unwrap()
    }

    /// A plan of this year and the last one with these keys.
    fn plan(keys: &[&str]) -> Plan {
        Plan {
            keys: keys.iter().map(|key| key.parse().unwrap()).collect(),
            years: vec!["2526".parse().unwrap(), "2425".parse().unwrap()],
            left_out: BTreeMap::new(),
        }
    }

    fn entry(key: &str, retired_at: Option<Timestamp>, archived_at: Option<Timestamp>) -> Entry {
        let key: ReportKey = key.parse().unwrap();
        let current = Version {
            etag: Etag("0".repeat(32)),
            body: Fence(1),
            bytes: 9,
            stored_bytes: 9,
            chunks: 1,
            rows: 1,
            generated_at: now(),
            source_version: "v1".to_owned(),
        };
        let run_id = RunId::new(key.cache_type(), now(), 1);
        let entry = Entry::first(key, "Detail", current, run_id, now());
        Entry { retired_at, archived_at, ..entry }
    }

    #[test]
    fn what_left_the_plan_is_archived_or_retired_and_goes_a_week_later() {
        let week_but_one = Some(days_ago(7) + SignedDuration::from_secs(1));
        let (passed, present) = ("organization/detail/2324/1", "organization/detail/2526/1");
        for (key, retired_at, archived_at, expected) in [
            (passed, None, None, Some(Fate::Archive)),
            (passed, None, Some(days_ago(900)), None),
            (passed, Some(days_ago(1)), None, None),
            (passed, Some(days_ago(7)), None, Some(Fate::Remove)),
            (present, None, None, Some(Fate::Retire)),
            (present, None, Some(days_ago(1)), Some(Fate::Retire)),
            (present, week_but_one, None, None),
            (present, Some(days_ago(7)), None, Some(Fate::Remove)),
            ("recruitment/candidates/7", None, None, Some(Fate::Retire)),
        ] {
            let entry = entry(key, retired_at, archived_at);
            let told = format!("{key}, retired {retired_at:?}, archived {archived_at:?}");
            assert_eq!(fate(&entry, &plan(&[]), &config(), now()), expected, "{told}");
        }
    }

    /// What becomes of a cache of these entries, and what is stored afterwards.
    async fn settled(entries: &[Entry], planned: &[&str], in_time: bool) -> (Vec<String>, Store<MemoryTable>) {
        let store = Store::new(MemoryTable::new());
        let mut seen = Vec::new();
        for entry in entries {
            store.save_entry(entry, None).await.unwrap();
            seen.extend(store.entry(&entry.report_key, Read::Consistent).await.unwrap());
        }
        let outcomes = settle(&store, &config(), FENCE, &plan(planned), &seen, now(), &|| in_time).await;
        (told(&outcomes), store)
    }

    fn told(outcomes: &[(ReportKey, ReportOutcome)]) -> Vec<String> {
        outcomes.iter().map(|(key, outcome)| format!("{key} {outcome}")).collect()
    }

    async fn marks(store: &Store<MemoryTable>, key: &str) -> Option<(Fence, Option<Timestamp>, Option<Timestamp>)> {
        let entry = store.entry(&key.parse().unwrap(), Read::Consistent).await.unwrap()?;
        Some((entry.fence, entry.retired_at, entry.archived_at))
    }

    const KEYS: [&str; 4] = [
        "organization/detail/2324/1",
        "organization/detail/2526/1",
        "organization/detail/2526/2",
        "organization/detail/2526/3",
    ];

    /// One of a passed year, one that is planned, one that vanished, one that was retired long ago.
    fn four() -> [Entry; 4] {
        let retired_at = [None, None, None, Some(days_ago(8))];
        std::array::from_fn(|n| entry(KEYS[n], retired_at[n], None))
    }

    #[tokio::test]
    async fn each_entry_outside_the_plan_is_dealt_with_under_the_runs_fence() {
        let (outcomes, store) = settled(&four(), &[KEYS[1]], true).await;
        let expected = ["2324/1 archived", "2526/2 retired", "2526/3 removed"];
        assert_eq!(outcomes, expected.map(|told| format!("organization/detail/{told}")));
        assert_eq!(marks(&store, KEYS[0]).await, Some((FENCE, None, Some(now()))));
        assert_eq!(marks(&store, KEYS[1]).await, Some((Fence(1), None, None)), "it is in the plan");
        assert_eq!(marks(&store, KEYS[2]).await, Some((FENCE, Some(now()), None)));
        assert_eq!(marks(&store, KEYS[3]).await, None);
    }

    #[tokio::test]
    async fn what_there_is_no_time_for_stays_for_the_next_run() {
        let (outcomes, store) = settled(&four(), &[KEYS[1]], false).await;
        assert!(outcomes.len() == 3 && outcomes.iter().all(|told| told.ends_with(" kept(deadline)")), "{outcomes:?}");
        assert_eq!(marks(&store, KEYS[3]).await, Some((Fence(1), Some(days_ago(8)), None)));
    }

    #[tokio::test]
    async fn what_somebody_else_changed_meanwhile_is_left_to_him() {
        let store = Store::new(MemoryTable::new());
        for entry in four() {
            store.save_entry(&entry, None).await.unwrap();
        }
        let seen: Vec<_> = four().into_iter().map(|entry| Entry { rev: 7, ..entry }).collect();
        let outcomes = told(&settle(&store, &config(), FENCE, &plan(&[KEYS[1]]), &seen, now(), &|| true).await);
        assert!(outcomes.len() == 3 && outcomes.iter().all(|told| told.ends_with(" kept(superseded)")), "{outcomes:?}");
        assert_eq!(marks(&store, KEYS[2]).await, Some((Fence(1), None, None)));
    }

    #[tokio::test]
    async fn many_that_vanish_at_once_are_put_down_to_the_source() {
        let detail = |n: usize| format!("organization/detail/2526/{n}");
        // Those that are retired or archived already do not count, nor does one that vanishes alone.
        for (living, vanishing, retired, archived, doubtful) in [
            (4, 2, 0, 0, false),
            (4, 3, 0, 0, true),
            (1, 1, 0, 0, false),
            (2, 2, 0, 0, true),
            (4, 3, 5, 0, true),
            (4, 2, 0, 5, false),
            (3, 2, 5, 5, true),
        ] {
            let mut entries: Vec<_> = (0..living).map(|n| entry(&detail(n), None, None)).collect();
            entries.extend((0..retired).map(|n| entry(&detail(100 + n), Some(days_ago(1)), None)));
            entries.extend((0..archived).map(|n| entry(&detail(200 + n), None, Some(days_ago(1)))));
            let kept: Vec<_> = (vanishing..living).map(detail).collect();
            let kept: Vec<_> = kept.iter().map(String::as_str).collect();
            let (outcomes, _) = settled(&entries, &kept, true).await;
            let of = |outcome: &str| outcomes.iter().filter(|told| told.ends_with(outcome)).count();
            // An archived one whose year is back, and whose subject is gone, is retired with the others.
            let all = vanishing + archived;
            let expected = if doubtful { (0, all) } else { (all, 0) };
            assert_eq!(
                (of(" retired"), of(" kept(plan_drop)")),
                expected,
                "{vanishing} of {living}, {retired}, {archived}"
            );
        }
    }
}
