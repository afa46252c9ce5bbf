//! Growth: the deployed refresh function on ever larger databases, and the reports function at ever higher rates, with
//! the limits of one Lambda.

use crate::contender::{Contender, function};
use crate::figures::{grouped, ms, percentile, print_table, short};
use crate::place;
use crate::plot::{Line, Plot};
use crate::process::Process;
use crate::refresh::rows_of;
use crate::runtime::Runtime;
use crate::serving::Running;
use crate::stage::{Stage, TABLE, embedded};
use jiff::Timestamp;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use vms_core::{CacheType, Clock, RefreshRequest, RunId, SystemClock, Trigger};
use vms_sample::Scale;

/// The limits of one Lambda: its time, and its memory in MiB.
const MOST_SECONDS: f64 = 900.0;
const MOST_MIB: f64 = 10_240.0;

/// How long each rate is kept up.
const SECONDS: f64 = 4.0;
const RATES: [u32; 9] = [25, 50, 100, 200, 400, 800, 1600, 2400, 3200];

/// What a run of the refresh function cost.
struct Run {
    /// CPU seconds, and seconds by the clock.
    cpu: f64,
    seconds: f64,
    reports: u64,
    /// `succeeded`, or `partial` where a report no longer fits into an answer of Lambda's.
    outcome: String,
}

/// One family at one scale.
struct Point {
    family: CacheType,
    rows: u64,
    /// CPU seconds of a run in which all was new.
    cpu: f64,
    mib: f64,
}

/// Measures refreshes at every scale, prints the table and draws the plots.
pub(crate) async fn refresh() {
    let (mut points, mut table) = (Vec::new(), Vec::new());
    for scale in Scale::ALL {
        let database = place::sample(scale);
        let (_, store) = embedded(&[TABLE]).await;
        for family in CacheType::ALL {
            let rows = rows_of(family, &database, Timestamp::now());
            let (first, again, mib) = runs(family, &database, &store).await;
            eprintln!("{scale} {family}: {:.2} s", first.cpu);
            let mut row = vec![scale.to_string(), family.to_string(), grouped(rows), grouped(first.reports)];
            row.extend([first.cpu, first.seconds, again.cpu, again.seconds, mib].map(short));
            row.push(first.outcome);
            table.push(row);
            points.push(Point { family, rows, cpu: first.cpu, mib });
        }
    }
    let headings = [
        "scale",
        "family",
        "rows",
        "reports",
        "all new: CPU s",
        "seconds",
        "unchanged: CPU s",
        "seconds",
        "peak MiB",
        "outcome",
    ];
    println!("The deployed refresh function, publishing to the same DynamoDB:\n");
    print_table(&headings, &table);
    print_limits(&points);
    draw(&points);
}

/// A first run, one more on the same data, and the largest size in MiB.
async fn runs(family: CacheType, database: &Path, store: &str) -> (Run, Run, f64) {
    let mut runtime = Runtime::start().await;
    let mut command = function("refresh", &runtime, store);
    command.env("TABLE_NAME", TABLE).env("CACHE_TYPE", family.as_str());
    command.env("SOURCE_URL", format!("file://{}", std::fs::canonicalize(database).unwrap().display()));
    let process = Process::start(command);
    let first = run(&mut runtime, &process, family, 1).await;
    let again = run(&mut runtime, &process, family, 2).await;
    (first, again, process.peak() as f64 / 1024.0)
}

async fn run(runtime: &mut Runtime, process: &Process, family: CacheType, number: u32) -> Run {
    let mut request = RefreshRequest::new(RunId::new(family, SystemClock.now(), number), Trigger::Manual);
    request.force = true;
    let before = process.cpu_of_all_threads();
    let (time, answer) = runtime.invoke(&serde_json::to_string(&request).unwrap()).await;
    let told: Value = serde_json::from_slice(&answer.body).unwrap();
    let outcome = told["outcome"].as_str().unwrap_or_default().to_owned();
    assert!(["succeeded", "partial"].contains(&outcome.as_str()), "{told}");
    let cpu = process.cpu_of_all_threads().saturating_sub(before).as_secs_f64();
    Run { cpu, seconds: time.as_secs_f64(), reports: told["total"].as_u64().unwrap_or_default(), outcome }
}

/// From the last two scales: how a family grows, and how much of it one Lambda can take.
fn print_limits(points: &[Point]) {
    let mut table = Vec::new();
    for family in CacheType::ALL {
        let of: Vec<_> = points.iter().filter(|point| point.family == family).collect();
        let [_, medium, large] = of[..] else { continue };
        let growth = (large.rows as f64 / medium.rows as f64).ln();
        let (time, memory) = ((large.cpu / medium.cpu).ln() / growth, (large.mib / medium.mib).ln() / growth);
        // One that grew slower than its rows from here to there is taken to grow in proportion beyond.
        let times = |limit: f64, at: f64, power: f64| {
            large.rows as f64 / medium.rows as f64 * (limit / at).powf(1.0 / power.max(1.0))
        };
        let (by_time, by_memory) = (times(MOST_SECONDS, large.cpu, time), times(MOST_MIB, large.mib, memory));
        let mut row = vec![family.to_string()];
        row.extend([time, memory].map(short));
        row.extend([by_time, by_memory].map(|times| format!("{}×", grouped(times as u64))));
        table.push(row);
    }
    let headings = ["family", "CPU grows by rows to the", "memory", "15 minutes on one core hold", "10 GB hold"];
    println!("From medium to large, and how many times a medium VMS one Lambda could take:\n");
    print_table(&headings, &table);
}

fn draw(points: &[Point]) {
    let lines = |value: fn(&Point) -> f64| {
        let of = |family: CacheType| points.iter().filter(move |point| point.family == family);
        let line = |family: CacheType| Line {
            name: family.to_string(),
            points: of(family).map(|point| (point.rows as f64, value(point))).collect(),
        };
        CacheType::ALL.into_iter().map(line).collect()
    };
    let time = Plot {
        title: "Refresh: CPU seconds of the deployed function, everything new",
        across: "rows read",
        up: "CPU seconds",
        lines: lines(|point| point.cpu),
        limit: Some((MOST_SECONDS, "15 minutes: the longest that a Lambda runs")),
    };
    let memory = Plot {
        title: "Refresh: peak memory of the deployed function",
        across: "rows read",
        up: "MiB",
        lines: lines(|point| point.mib),
        limit: Some((MOST_MIB, "10 GB: the largest Lambda")),
    };
    std::fs::write(place::docs("refresh-cpu.svg"), time.svg()).unwrap();
    std::fs::write(place::docs("refresh-memory.svg"), memory.svg()).unwrap();
}

/// Measures answers at growing rates through one process each, prints the table and draws the plot.
pub(crate) async fn serving(stage: &Stage) {
    let (mut lines, mut table) = (Vec::new(), Vec::new());
    for contender in Contender::THAT_SERVE {
        let mut up = Running::start(contender, &stage.url).await;
        let event = contender.asks(stage, stage.usual(), false);
        for _ in 0..50 {
            up.runtime.invoke(&event).await;
        }
        let mut points = Vec::new();
        for rate in RATES {
            let times = at_rate(&mut up, &event, rate).await;
            let p99 = percentile(&times, 99);
            table.push(vec![contender.name().to_owned(), rate.to_string(), short(percentile(&times, 50)), short(p99)]);
            points.push((f64::from(rate), p99));
            // Beyond saturation the queue only grows.
            if p99 > 1000.0 {
                break;
            }
        }
        lines.push(Line { name: contender.name().to_owned(), points });
    }
    println!("One process at growing rates of requests for the report of 100 KB, waiting in the queue included:\n");
    print_table(&["", "requests a second", "p50 ms", "p99 ms"], &table);
    let plot = Plot {
        title: "Serving: p99 of one process against the rate of requests",
        across: "requests a second",
        up: "p99, ms, with the wait in the queue",
        lines,
        limit: None,
    };
    std::fs::write(place::docs("serving-rate.svg"), plot.svg()).unwrap();
}

/// Sends requests at random moments, so many a second, whether or not earlier ones were answered: how long each took.
async fn at_rate(up: &mut Running, event: &str, rate: u32) -> Vec<f64> {
    let count = (f64::from(rate) * SECONDS) as usize;
    let mut chance = 0x2545_f491_4f6c_dd1d_u64;
    let (events, event) = (up.runtime.events.clone(), event.to_owned());
    let sender = tokio::spawn(async move {
        let (mut due, mut sent) = (Instant::now(), Vec::with_capacity(count));
        for _ in 0..count {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let even = ((chance >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
            due += Duration::from_secs_f64(-even.ln() / f64::from(rate));
            tokio::time::sleep_until(due.into()).await;
            let _ = events.send(event.clone());
            sent.push(Instant::now());
        }
        sent
    });
    let mut answered = Vec::with_capacity(count);
    for _ in 0..count {
        answered.push(up.runtime.answers.recv().await.unwrap().at);
    }
    let sent = sender.await.unwrap();
    // Whoever polled in between is of no interest, save the last, who waits for the next event.
    while up.runtime.polls.len() > 1 {
        let _ = up.runtime.polls.try_recv();
    }
    answered.iter().zip(sent).map(|(at, sent)| ms(at.saturating_duration_since(sent))).collect()
}
