//! What each family costs: reading its rows, and building its reports with their JSON.
//!
//! `cargo bench -p vms-reports` measures at small and medium scale; `VMS_BENCH_SCALE=large cargo bench -p vms-reports`
//! adds the large one, ten times medium, where it shows whether a cost grows in proportion. Throughput is in rows of
//! the database. The sample databases are made when first needed and removed at the end.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to measure")]

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use serde_json::Value;
use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;
use vms_core::{AsOf, CacheType};
use vms_reports::{Family, Settings};
use vms_sample::{Scale, Spec};
use vms_source::{Database, Dataset, Needs};

const AS_OF: &str = "2026-03-15T12:00:00Z";

/// Where the sample databases are, while this runs.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

fn main() {
    let folder = tempfile::tempdir().unwrap();
    FOLDER.set(folder.path().to_path_buf()).unwrap();
    divan::main();
    folder.close().unwrap();
}

/// One family at one scale.
#[derive(Clone, Copy)]
struct Case(CacheType, Scale);

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.0, self.1)
    }
}

fn cases() -> impl Iterator<Item = Case> {
    let large = std::env::var("VMS_BENCH_SCALE").is_ok_and(|scale| scale == Scale::Large.as_str());
    let scales = Scale::ALL.into_iter().filter(move |scale| large || *scale != Scale::Large);
    scales.flat_map(|scale| CacheType::ALL.map(|cache_type| Case(cache_type, scale)))
}

impl Case {
    fn needs(self) -> Needs {
        Needs::of([self.0], false)
    }

    /// The database of this scale, made when it is first asked for.
    fn path(self) -> PathBuf {
        let path = FOLDER.get().unwrap().join(format!("{}.db", self.1));
        if !path.exists() {
            let spec = Spec { seed: 1, scale: self.1, as_of: AS_OF.parse().unwrap() };
            vms_sample::write(&path, &spec, &mut |_, _| ()).unwrap();
        }
        path
    }

    fn load(self) -> Dataset {
        let needs = self.needs();
        Database::open(&self.path(), &needs).unwrap().load(&needs).unwrap()
    }
}

/// What reports depend on besides the data.
fn wishes() -> (AsOf, Settings) {
    let zone = jiff::tz::TimeZone::get("America/Chicago").unwrap();
    (AsOf::new(AS_OF.parse().unwrap(), zone).unwrap(), Settings::vms().unwrap())
}

#[divan::bench(args = cases(), sample_count = 10, sample_size = 1)]
fn load(bencher: Bencher<'_, '_>, case: Case) {
    let rows = case.load().rows_read;
    bencher.counter(ItemsCount::new(rows)).bench_local(|| case.load());
}

/// Plans, computes and encodes every report of the plan.
#[divan::bench(args = cases(), sample_count = 10, sample_size = 1)]
fn build(bencher: Bencher<'_, '_>, case: Case) {
    let data = case.load();
    let (as_of, settings) = wishes();
    bencher.counter(ItemsCount::new(data.rows_read)).bench_local(|| {
        let family = Family::new(case.0, &data, &as_of, &settings);
        let bytes = |key| family.build(&key).unwrap().json.len();
        family.plan().into_iter().map(bytes).sum::<usize>()
    });
}

/// Encodes the JSON of every report once more, from values in memory: the encoder alone.
#[divan::bench(args = cases(), sample_count = 10, sample_size = 1)]
fn encode(bencher: Bencher<'_, '_>, case: Case) {
    let data = case.load();
    let (as_of, settings) = wishes();
    let family = Family::new(case.0, &data, &as_of, &settings);
    let jsons: Vec<_> = family.plan().iter().map(|key| family.build(key).unwrap().json).collect();
    let values: Vec<Value> = jsons.iter().map(|json| serde_json::from_slice(json).unwrap()).collect();
    let bytes = BytesCount::new(jsons.iter().map(Vec::len).sum::<usize>());
    bencher.counter(bytes).bench_local(|| values.iter().map(|v| serde_json::to_vec(v).unwrap().len()).sum::<usize>());
}
