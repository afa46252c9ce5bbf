//! Serving side by side: cold starts, then warm requests, one contender after the other in every round.

use crate::contender::Contender;
use crate::door::Door;
use crate::figures::{grouped, median, ms, percentile, print_table, ratio, short};
use crate::process::Process;
use crate::reply::Reply;
use crate::runtime::Runtime;
use crate::stage::{Stage, Staged};
use std::time::Duration;

/// Cold starts of each contender.
const STARTS: usize = 15;
/// Rounds of warm requests, and requests of one kind in each.
const ROUNDS: usize = 5;
const REQUESTS: usize = 100;
/// Requests of each kind that nobody counts.
const WARM_UP: usize = 20;
/// Requests of each kind over which bytes are counted.
const COUNTED: u64 = 10;

/// What the cold starts of one contender took.
#[derive(Default)]
struct Cold {
    first_poll: Vec<f64>,
    first_answer: Vec<f64>,
    cpu: Vec<f64>,
}

/// What the warm requests of one kind took.
#[derive(Default)]
struct Warm {
    times: Vec<f64>,
    /// Microseconds a request, one figure a round.
    cpu: Vec<f64>,
    to_lambda: usize,
    to_reader: usize,
    store_calls: f64,
    store_bytes: f64,
}

/// A contender that is up, with the runtime that it polls.
pub(crate) struct Running {
    pub(crate) runtime: Runtime,
    pub(crate) process: Process,
}

impl Running {
    pub(crate) async fn start(contender: Contender, store: &str) -> Self {
        let runtime = Runtime::start().await;
        let process = contender.start(&runtime, store);
        Self { runtime, process }
    }

    async fn ask(&mut self, event: &str, status: u64) -> (Duration, usize, usize) {
        let (time, answer) = self.runtime.invoke(event).await;
        let reply = Reply::of(&answer).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&answer.body)));
        assert_eq!(reply.status, status, "{}", String::from_utf8_lossy(&answer.body));
        (time, answer.body.len(), reply.body.len())
    }
}

/// A kind of request: a report, and whether its reader knows it already.
type Kind<'a> = (&'a Staged, bool);

/// Measures and prints both tables.
pub(crate) async fn compare(stage: &Stage) {
    let cold = cold_starts(stage).await;
    let kinds: Vec<Kind<'_>> = stage.reports.iter().flat_map(|report| [(report, false), (report, true)]).collect();
    let (warm, peaks) = warm_requests(stage, &kinds).await;
    print_cold(&cold, &peaks);
    print_warm(&kinds, &warm);
}

async fn cold_starts(stage: &Stage) -> Vec<Cold> {
    let mut all: Vec<Cold> = Contender::ALL.iter().map(|_| Cold::default()).collect();
    // The first round only brings the files into memory.
    for round in 0..=STARTS {
        for (contender, cold) in Contender::ALL.into_iter().zip(&mut all) {
            let mut running = Running::start(contender, &stage.url).await;
            let started = running.process.started;
            running.runtime.events.send(contender.asks(stage, stage.usual(), false)).unwrap();
            let polled = running.runtime.polls.recv().await.unwrap();
            let answer = running.runtime.answers.recv().await.unwrap();
            if round > 0 {
                cold.first_poll.push(ms(polled - started));
                cold.first_answer.push(ms(answer.at - started));
                cold.cpu.push(ms(running.process.cpu()));
            }
        }
    }
    all
}

/// What every contender's requests of every kind took, and its largest size afterwards.
async fn warm_requests(stage: &Stage, kinds: &[Kind<'_>]) -> (Vec<Vec<Warm>>, Vec<u64>) {
    let mut running = Vec::new();
    let mut all: Vec<Vec<Warm>> = Vec::new();
    for contender in Contender::ALL {
        running.push(Running::start(contender, &stage.url).await);
        all.push(kinds.iter().map(|_| Warm::default()).collect());
    }
    for round in 0..=ROUNDS {
        for (place, (report, knows)) in kinds.iter().enumerate() {
            for ((contender, up), warm) in Contender::ALL.into_iter().zip(&mut running).zip(&mut all) {
                if !contender.serves(report) {
                    continue;
                }
                let event = contender.asks(stage, report, *knows);
                let status = if *knows && contender != Contender::Empty { 304 } else { 200 };
                let warm = &mut warm[place];
                let count = if round == 0 { WARM_UP } else { REQUESTS };
                let before = up.process.cpu();
                for _ in 0..count {
                    let (time, to_lambda, to_reader) = up.ask(&event, status).await;
                    (warm.to_lambda, warm.to_reader) = (to_lambda, to_reader);
                    if round > 0 {
                        warm.times.push(ms(time));
                    }
                }
                if round > 0 {
                    warm.cpu.push(ms(up.process.cpu().saturating_sub(before)) * 1e3 / count as f64);
                }
            }
        }
    }
    let peaks = running.iter().map(|up| up.process.peak()).collect();
    drop(running);
    count_traffic(stage, kinds, &mut all).await;
    (all, peaks)
}

/// What the store is asked for by a warm request, counted on its way.
async fn count_traffic(stage: &Stage, kinds: &[Kind<'_>], all: &mut [Vec<Warm>]) {
    for (contender, warm) in Contender::ALL.into_iter().zip(all) {
        let door = Door::before(&stage.url).await;
        let mut up = Running::start(contender, &door.url).await;
        for ((report, knows), warm) in kinds.iter().zip(warm) {
            if !contender.serves(report) {
                continue;
            }
            let event = contender.asks(stage, report, *knows);
            up.runtime.invoke(&event).await;
            door.traffic();
            for _ in 0..COUNTED {
                up.runtime.invoke(&event).await;
            }
            let traffic = door.traffic();
            warm.store_calls = traffic.calls as f64 / COUNTED as f64;
            warm.store_bytes = traffic.bytes as f64 / COUNTED as f64;
        }
    }
}

fn print_cold(cold: &[Cold], peaks: &[u64]) {
    let headings = [
        "",
        "package, zipped MB",
        "exec to first poll, ms",
        "to ours",
        "exec to first answer, ms",
        "to ours",
        "CPU to it, ms",
        "to ours",
        "peak MiB",
    ];
    let (polls, answers, cpus): (Vec<_>, Vec<_>, Vec<_>) = (
        cold.iter().map(|c| median(&c.first_poll)).collect(),
        cold.iter().map(|c| median(&c.first_answer)).collect(),
        cold.iter().map(|c| median(&c.cpu)).collect(),
    );
    let rows: Vec<_> = Contender::ALL
        .into_iter()
        .enumerate()
        .map(|(n, contender)| {
            let (raw, zipped) = contender.package();
            vec![
                contender.name().to_owned(),
                format!("{} ({})", short(zipped as f64 / 1e6), short(raw as f64 / 1e6)),
                short(polls[n]),
                ratio(polls[n], polls[0]),
                short(answers[n]),
                ratio(answers[n], answers[0]),
                short(cpus[n]),
                ratio(cpus[n], cpus[0]),
                short(peaks[n] as f64 / 1024.0),
            ]
        })
        .collect();
    println!("A cold start, {STARTS} of each in turn, medians; in parentheses unpacked:\n");
    print_table(&headings, &rows);
    let empty = polls[Contender::ALL.len() - 1];
    let (allowed, took) = (1.5 * empty + 8.0, polls[0]);
    let verdict = if took <= allowed { "within" } else { "NOT within" };
    println!("Ours is {verdict} 1.5 × the empty function + 8 ms: {} of {} ms.\n", short(took), short(allowed));
}

fn print_warm(kinds: &[Kind<'_>], all: &[Vec<Warm>]) {
    let headings = [
        "report",
        "reader knows it",
        "",
        "p50 ms",
        "to ours",
        "p99 ms",
        "to ours",
        "CPU µs",
        "to ours",
        "bytes to reader",
        "bytes to Lambda",
        "store calls",
        "bytes from store",
    ];
    let mut rows = Vec::new();
    for (place, (report, knows)) in kinds.iter().enumerate() {
        let ours = &all[0][place];
        let (p50, p99, cpu) = (median(&ours.times), percentile(&ours.times, 99), median(&ours.cpu));
        for (contender, warm) in Contender::ALL.into_iter().zip(all) {
            let warm = &warm[place];
            let mut row = vec![
                format!("{} ({} B)", report.size, grouped(report.bytes as u64)),
                if *knows { "yes" } else { "no" }.to_owned(),
                contender.name().to_owned(),
            ];
            if contender.serves(report) {
                row.extend([short(median(&warm.times)), ratio(median(&warm.times), p50)]);
                row.extend([short(percentile(&warm.times, 99)), ratio(percentile(&warm.times, 99), p99)]);
                row.extend([short(median(&warm.cpu)), ratio(median(&warm.cpu), cpu)]);
                row.extend([grouped(warm.to_reader as u64), grouped(warm.to_lambda as u64)]);
                row.extend([short(warm.store_calls), grouped(warm.store_bytes as u64)]);
            } else {
                row.push("too large for one item".to_owned());
                row.extend(vec!["–".to_owned(); 9]);
            }
            rows.push(row);
        }
    }
    println!("Warm, {} requests of each kind in {ROUNDS} rounds, contenders in turn:\n", ROUNDS * REQUESTS);
    print_table(&headings, &rows);
}
