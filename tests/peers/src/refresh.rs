//! Refreshing side by side: every family's own work beside a plain scan of the same tables, which is the limit, and
//! beside SQL where a report can be said in SQL, which is the honest alternative.
//!
//! Each figure comes from a process of its own, so that the peak of its memory is its own.

use crate::figures::{grouped, print_table, short};
use crate::place;
use crate::process::{cpu_of, peak_of};
use crate::sql;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use vms_core::{AsOf, CacheType};
use vms_reports::{Family, Settings};
use vms_sample::Scale;
use vms_source::{Database, Needs};
use vms_store::Encoded;

/// With this word in front, this program is the child that measures one thing.
pub(crate) const CHILD: &str = "--child";

/// JSON that is held before it is packed, so that building and packing can be told apart.
const BATCH_BYTES: usize = 1 << 20;

/// What a family cost.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    rows: u64,
    reports: u64,
    bytes: u64,
    load: f64,
    build: f64,
    pack: f64,
    /// In KiB.
    peak: u64,
}

impl Work {
    /// CPU seconds in all.
    fn cpu(&self) -> f64 {
        self.load + self.build + self.pack
    }
}

/// Does the work of a child, and prints what it cost.
pub(crate) fn child(args: &[String]) {
    let [job, family, database, as_of] = args else { panic!("a child is told what to do") };
    let (family, database): (CacheType, _) = (family.parse().unwrap(), Path::new(database));
    let as_of = AsOf::new(as_of.parse().unwrap(), TimeZone::get("America/Chicago").unwrap()).unwrap();
    let figures: Vec<f64> = match job.as_str() {
        "work" => work(family, database, &as_of),
        "scan" => scan(family, database),
        "sql" => sql::compare(family, database, &as_of),
        _ => panic!("{job}: no such job"),
    };
    let texts: Vec<_> = figures.iter().map(ToString::to_string).collect();
    println!("{}", texts.join("\t"));
}

/// How often each job is done.
const TIMES: usize = 3;

/// What a job costs: of each figure the least, since a busy moment of the machine only adds.
fn ask(job: &str, family: CacheType, database: &Path, as_of: Timestamp) -> Vec<f64> {
    let runs = std::iter::repeat_with(|| ask_once(job, family, database, as_of)).take(TIMES);
    let least = |a: Vec<f64>, b: Vec<f64>| a.into_iter().zip(b).map(|(a, b)| a.min(b)).collect();
    runs.reduce(least).unwrap()
}

/// Has a child do a job: the figures that it printed.
fn ask_once(job: &str, family: CacheType, database: &Path, as_of: Timestamp) -> Vec<f64> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([CHILD, job, family.as_str()]).arg(database).arg(as_of.to_string()).stderr(Stdio::inherit());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{job} {family}: not measured");
    String::from_utf8(output.stdout).unwrap().trim().split('\t').map(|figure| figure.parse().unwrap()).collect()
}

/// CPU seconds of this process since `before`.
pub(crate) fn since(before: Duration) -> f64 {
    cpu_of("self").saturating_sub(before).as_secs_f64()
}

/// Loads a family, builds all its reports and packs them, as a run does in which everything changed.
fn work(family: CacheType, database: &Path, as_of: &AsOf) -> Vec<f64> {
    let (settings, needs) = (Settings::vms().unwrap(), Needs::of([family], false));
    let start = cpu_of("self");
    let data = Database::open(database, &needs).unwrap().load(&needs).unwrap();
    let load = since(start);
    let (mut build, mut pack, mut reports, mut bytes) = (0.0, 0.0, 0, 0);
    let family = Family::new(family, &data, as_of, &settings);
    let mut keys = family.plan().into_iter().peekable();
    while keys.peek().is_some() {
        let (before, mut batch, mut held) = (cpu_of("self"), Vec::new(), 0);
        while held < BATCH_BYTES
            && let Some(key) = keys.next()
        {
            let json = family.build(&key).unwrap().json;
            held += json.len();
            batch.push(json);
        }
        build += since(before);
        let before = cpu_of("self");
        for json in batch {
            (reports, bytes) = (reports + 1, bytes + json.len());
            Encoded::of(&json).unwrap();
        }
        pack += since(before);
    }
    // What is neither: indexes that the reports of a family share.
    build += since(start) - load - build - pack;
    vec![data.rows_read as f64, f64::from(reports), bytes as f64, load, build, pack, peak_of("self") as f64]
}

/// Reads every cell that a family reads, and does nothing with them.
fn scan(family: CacheType, database: &Path) -> Vec<f64> {
    let mut tables: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for part in Needs::of([family], false).uses() {
        tables.entry(part.table).or_default().extend(part.columns);
    }
    let start = cpu_of("self");
    let db = sql::open(database);
    let (mut rows_read, mut cells) = (0_u64, 0_u64);
    for (table, columns) in tables {
        let columns: Vec<_> = columns.iter().map(|column| format!("\"{column}\"")).collect();
        let mut statement = db.prepare(&format!("SELECT {} FROM \"{table}\"", columns.join(", "))).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            rows_read += 1;
            for column in 0..columns.len() {
                cells += u64::from(row.get_ref(column).unwrap().data_type() != rusqlite::types::Type::Null);
            }
        }
    }
    assert!(cells > 0, "a sample has rows");
    vec![rows_read as f64, since(start)]
}

/// How many rows of a database a family reads.
pub(crate) fn rows_of(family: CacheType, database: &Path, as_of: Timestamp) -> u64 {
    ask_once("work", family, database, as_of)[0] as u64
}

/// What a family costs on a database.
fn work_of(family: CacheType, database: &Path, as_of: Timestamp) -> Work {
    let [rows, reports, bytes, load, build, pack, peak] = ask("work", family, database, as_of)[..] else {
        panic!("seven figures")
    };
    Work { rows: rows as u64, reports: reports as u64, bytes: bytes as u64, load, build, pack, peak: peak as u64 }
}

/// Measures and prints the tables.
pub(crate) fn compare() {
    let as_of = Timestamp::now();
    let mut sums: Vec<(u64, f64)> = Vec::new();
    for scale in [Scale::Medium, Scale::Large] {
        let database = place::sample(scale);
        sums.push(families(scale, &database, as_of));
        beside_sql(scale, &database, as_of);
    }
    if let [(rows, cpu), (more_rows, more_cpu)] = sums[..] {
        let exponent = (more_cpu / cpu).ln() / (more_rows as f64 / rows as f64).ln();
        println!("From medium to large CPU time grows with the rows to the power of {}.\n", short(exponent));
    }
}

fn families(scale: Scale, database: &Path, as_of: Timestamp) -> (u64, f64) {
    let headings = [
        "family",
        "rows",
        "reports",
        "MB of JSON",
        "load s",
        "build s",
        "pack s",
        "CPU s",
        "rows a s",
        "plain scan: rows a s",
        "times the scan",
        "peak MiB",
    ];
    let (mut table, mut all) = (Vec::new(), Work::default());
    for family in CacheType::ALL {
        let work = work_of(family, database, as_of);
        let [scanned, seconds] = ask("scan", family, database, as_of)[..] else { panic!("two figures") };
        let (speed, limit) = (work.rows as f64 / work.cpu(), scanned / seconds);
        let limits = [grouped(speed as u64), grouped(limit as u64), short(limit / speed)];
        table.push(work.row(family.as_str(), limits));
        all = all.and(&work);
    }
    table.push(all.row("all", [grouped((all.rows as f64 / all.cpu()) as u64), "–".to_owned(), "–".to_owned()]));
    println!(
        "Refresh, {scale}: reading, building every report, hashing and compressing it; one thread, CPU seconds, the least \
         of {TIMES} runs:\n"
    );
    print_table(&headings, &table);
    (all.rows, all.cpu())
}

impl Work {
    fn row(&self, name: &str, limits: [String; 3]) -> Vec<String> {
        let mut row = vec![name.to_owned(), grouped(self.rows), grouped(self.reports)];
        row.push(short(self.bytes as f64 / 1e6));
        row.extend([self.load, self.build, self.pack, self.cpu()].map(short));
        row.extend(limits);
        row.push(short(self.peak as f64 / 1024.0));
        row
    }

    /// Both together; of memory the larger, since families are refreshed apart.
    fn and(&self, other: &Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            reports: self.reports + other.reports,
            bytes: self.bytes + other.bytes,
            load: self.load + other.load,
            build: self.build + other.build,
            pack: self.pack + other.pack,
            peak: self.peak.max(other.peak),
        }
    }
}

fn beside_sql(scale: Scale, database: &Path, as_of: Timestamp) {
    let indexed = place::copy(database);
    let indexing = sql::index(&indexed);
    let headings = ["reports", "figures compared", "SQL: CPU s", "ours, with whole reports: CPU s", "of it loading"];
    let mut table = Vec::new();
    for (family, name) in [
        (CacheType::Volunteer, "volunteer: recent, last 365 days, first-time"),
        (CacheType::Organization, "organization: summaries"),
    ] {
        let [figures, by_sql, loading, ours] = ask("sql", family, &indexed, as_of)[..] else { panic!("four figures") };
        let row = vec![name.to_owned(), grouped(figures as u64), short(by_sql), short(loading + ours), short(loading)];
        table.push(row);
    }
    println!(
        "The same figures by SQL, {scale}, the least of {TIMES} runs; every one equal to ours. Its indexes took {} CPU s more:\n",
        short(indexing)
    );
    print_table(&headings, &table);
    std::fs::remove_file(indexed).unwrap();
}
