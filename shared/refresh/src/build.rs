//! Reading and building: the part of a refresh that computes, on threads of its own.
//!
//! Reports are built on as many threads as the machine has cores and handed over through a small queue: when
//! publishing is slower, building waits, so that never more than a few reports are in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{mpsc, oneshot};
use vms_core::{AsOf, CacheType, Etag, ReportKey, SchoolYear};
use vms_reports::{BuildError, Built, Family, Settings};
use vms_source::{Database, Needs, SourceError};
use vms_store::codec;

/// Reports that may wait between building and publishing.
const QUEUE: usize = 8;

/// What is to be built.
pub(crate) struct Order {
    pub(crate) path: PathBuf,
    /// What errors call it.
    pub(crate) name: PathBuf,
    pub(crate) cache_type: CacheType,
    pub(crate) as_of: AsOf,
    pub(crate) settings: Settings,
    /// Only this report, of the plan or not.
    pub(crate) only: Option<ReportKey>,
}

/// A report ready for publishing.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) built: Built,
    pub(crate) etag: Etag,
}

/// A report that was built, or was not.
pub(crate) type Made = (ReportKey, Result<Prepared, BuildError>);

/// The plan of a run.
pub(crate) struct Plan {
    pub(crate) keys: BTreeSet<ReportKey>,
    /// The school years that the plan covers.
    pub(crate) years: Vec<SchoolYear>,
    pub(crate) left_out: BTreeMap<String, u64>,
}

/// Starts building: the plan comes first, or why there is none, then each of its reports. Dropping the receiver of
/// these ends it at the next one.
pub(crate) fn start(order: Order) -> (oneshot::Receiver<Result<Plan, SourceError>>, mpsc::Receiver<Made>) {
    let (planned, plan) = oneshot::channel();
    let (made, reports) = mpsc::channel(QUEUE);
    tokio::task::spawn_blocking(move || build_all(&order, planned, &made));
    (plan, reports)
}

fn build_all(order: &Order, planned: oneshot::Sender<Result<Plan, SourceError>>, made: &mpsc::Sender<Made>) {
    let needs = Needs::of([order.cache_type], order.settings.student_details);
    let data = match Database::open(&order.path, &needs).and_then(|db| db.load(&needs)) {
        Ok(data) => data,
        Err(error) => {
            let _ = planned.send(Err(error.of(&order.name)));
            return;
        }
    };
    let family = Family::new(order.cache_type, &data, &order.as_of, &order.settings);
    let keys = order.only.clone().map_or_else(|| family.plan(), |key| vec![key]);
    let mut left_out = data.defects.counts();
    if family.left_out() > 0 {
        left_out.insert("plan: a name is too long for a report key".to_owned(), family.left_out() as u64);
    }
    let years = order.as_of.school_years(order.settings.report_years);
    let plan = Plan { keys: keys.iter().cloned().collect(), years, left_out };
    if planned.send(Ok(plan)).is_err() {
        return;
    }
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(keys.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(key) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let report = family.build(key).map(|built| Prepared { etag: codec::etag(&built.json), built });
                    if made.blocking_send((key.clone(), report)).is_err() {
                        return;
                    }
                }
            });
        }
    });
}
