//! What each family of reports costs on one database, as one table.
//!
//! ```text
//! cargo run --release -p vms-reports --example families -- DATABASE [AS_OF]
//! ```
//!
//! Each family is loaded and built, as a refresh does it, in a process of its own, so that the peak of its memory is
//! its own. CPU seconds and memory are what Linux says of that process under `/proc`; elsewhere they stay open.

use jiff::Timestamp;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use vms_core::{AsOf, CacheType};
use vms_reports::{Family, Settings};
use vms_source::{Database, Needs};

const USAGE: &str = "usage: families DATABASE [AS_OF], such as: families vms.db 2026-03-15T12:00:00Z";

/// With these words in front this program is the child that measures one family.
const CHILD: &str = "--one-family";

/// Linux counts CPU time in hundredths of a second, whatever the machine (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = if let [CHILD, family, database, as_of] = args[..] {
        measure(family, database, as_of)
    } else if let Some((database, as_of)) = wanted(&args) {
        table(database, as_of)
    } else {
        complain(USAGE);
        return ExitCode::from(2);
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// The database and the moment that were asked for; now, where no moment was.
fn wanted<'a>(args: &[&'a str]) -> Option<(&'a str, Timestamp)> {
    let (database, as_of) = match *args {
        [database] => (database, Timestamp::now()),
        [database, as_of] => (database, as_of.parse().ok()?),
        _ => return None,
    };
    (!database.starts_with('-')).then_some((database, as_of))
}

fn complain(line: &str) {
    // Nowhere is left to say that this failed.
    let _ = writeln!(std::io::stderr(), "{line}");
}

const HEADINGS: &str = "family            rows read  reports      bytes  load CPU s  CPU s  peak MiB";

/// What one family cost.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost {
    rows: u64,
    reports: u64,
    bytes: u64,
    /// Seconds of CPU up to the end of loading, and up to the end.
    cpu: Option<(f64, f64)>,
    /// The largest resident size, in KiB.
    peak: Option<u64>,
}

/// Measures every family, one after the other, and prints the table.
fn table(database: &str, as_of: Timestamp) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    let mut costs = Vec::new();
    for cache_type in CacheType::ALL {
        let family = cache_type.as_str();
        let child = Command::new(std::env::current_exe()?)
            .args([CHILD, family, database, &as_of.to_string()])
            .stderr(Stdio::inherit())
            .output()?;
        if !child.status.success() {
            return Err(format!("{family}: not measured").into());
        }
        let cost = Cost::read(&String::from_utf8(child.stdout)?).ok_or("the child said nothing of use")?;
        if costs.is_empty() {
            writeln!(out, "{HEADINGS}")?;
        }
        writeln!(out, "{}", cost.line(family))?;
        costs.push(cost);
    }
    writeln!(out, "{}", Cost::of_all(&costs).line("all"))?;
    if costs.iter().any(|cost| cost.cpu.is_none()) {
        writeln!(out, "This system has no /proc: CPU seconds and peak memory are not known.")?;
    }
    Ok(())
}

/// Loads one family and builds all its reports, keeping none, and says what that cost.
fn measure(family: &str, database: &str, as_of: &str) -> Result<(), Box<dyn Error>> {
    let cache_type: CacheType = family.parse()?;
    let as_of = AsOf::new(as_of.parse()?, jiff::tz::TimeZone::get("America/Chicago")?)?;
    let (settings, needs) = (Settings::vms()?, Needs::of([cache_type], false));
    let data = Database::open(Path::new(database), &needs)?.load(&needs)?;
    let loaded = cpu_seconds();
    let family = Family::new(cache_type, &data, &as_of, &settings);
    let (mut reports, mut bytes) = (0, 0);
    for key in family.plan() {
        bytes += family.build(&key).map_err(|e| format!("{key}: {e}"))?.json.len() as u64;
        reports += 1;
    }
    let cost = Cost { rows: data.rows_read, reports, bytes, cpu: loaded.zip(cpu_seconds()), peak: peak_kib() };
    writeln!(std::io::stdout(), "{}", cost.written())?;
    Ok(())
}

impl Cost {
    /// As the child writes it for [`Cost::read`].
    fn written(&self) -> String {
        let Self { rows, reports, bytes, cpu, peak } = self;
        let (loaded, all) = cpu.map_or((String::new(), String::new()), |(l, a)| (l.to_string(), a.to_string()));
        let peak = peak.map_or_else(String::new, |peak| peak.to_string());
        [rows.to_string(), reports.to_string(), bytes.to_string(), loaded, all, peak].join("\t")
    }

    fn read(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.trim_end_matches('\n').split('\t').collect();
        let [rows, reports, bytes, loaded, all, peak] = fields[..] else { return None };
        Some(Self {
            rows: rows.parse().ok()?,
            reports: reports.parse().ok()?,
            bytes: bytes.parse().ok()?,
            cpu: loaded.parse().ok().zip(all.parse().ok()),
            peak: peak.parse().ok(),
        })
    }

    /// The sum of all; of memory the largest, since families are refreshed apart.
    fn of_all(costs: &[Self]) -> Self {
        let cpu: Option<Vec<_>> = costs.iter().map(|c| c.cpu).collect();
        Self {
            rows: costs.iter().map(|c| c.rows).sum(),
            reports: costs.iter().map(|c| c.reports).sum(),
            bytes: costs.iter().map(|c| c.bytes).sum(),
            cpu: cpu.map(|all| all.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1))),
            peak: costs.iter().filter_map(|c| c.peak).max(),
        }
    }

    fn line(&self, family: &str) -> String {
        let unknown = || "?".to_owned();
        let (loaded, all) =
            self.cpu.map_or((unknown(), unknown()), |(loaded, all)| (format!("{loaded:.2}"), format!("{all:.2}")));
        let peak = self.peak.map_or_else(unknown, |kib| (kib / 1024).to_string());
        let Self { rows, reports, bytes, .. } = self;
        format!("{family:<16} {rows:>10} {reports:>8} {bytes:>10} {loaded:>11} {all:>6} {peak:>9}")
    }
}

/// CPU seconds of this process so far, its own and the kernel's for it.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses, which may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<f64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((user + system) / TICKS_PER_SECOND)
}

/// The largest resident size of this process so far, in KiB.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
