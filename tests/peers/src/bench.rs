//! `cargo bench` against the recorded baseline.
//!
//! Another machine, or a busy one, is slower in everything: what counts is a benchmark that moved against the others.

use crate::figures::{machine, median, print_table, short};
use crate::place;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Command, ExitCode, Stdio};

/// Whose benchmarks.
const PACKAGES: [&str; 3] = ["vms-http", "vms-reports", "vms-store"];

const BASELINE: &str = "baseline.tsv";

/// By how much a benchmark may move against the others before it is named; busy moments of a shared machine move one
/// by up to 1.7.
const TOLERATED: f64 = 2.0;

/// The fastest sample of each benchmark in nanoseconds, by name: a busy moment of the machine only adds.
type Fastest = BTreeMap<String, f64>;

/// Runs the benchmarks and records them.
pub(crate) fn record() {
    let mut text = format!("# {}\n# benchmark\tfastest ns\n", machine());
    for (name, fastest) in measured() {
        let _ = writeln!(text, "{name}\t{fastest:.0}");
    }
    std::fs::write(place::own(BASELINE), text).unwrap();
}

/// Runs the benchmarks and holds them against the baseline; fails where one became slower than the others did.
pub(crate) fn compare() -> ExitCode {
    let Ok(text) = std::fs::read_to_string(place::own(BASELINE)) else {
        eprintln!("there is no {BASELINE} to hold them against: run `peers record` first");
        return ExitCode::FAILURE;
    };
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let baseline: Fastest =
        lines.filter_map(|line| line.split_once('\t')).map(|(n, m)| (n.to_owned(), m.parse().unwrap())).collect();
    let now = measured();
    let ratio = |(name, fastest): (&String, &f64)| baseline.get(name).map(|before| (name.clone(), fastest / before));
    let ratios: BTreeMap<_, _> = now.iter().filter_map(ratio).collect();
    let machines = median(&ratios.values().copied().collect::<Vec<_>>());
    let slower: Vec<_> = ratios.iter().filter(|(_, ratio)| **ratio / machines > TOLERATED).map(|(n, _)| n).collect();
    let row = |(name, ratio): (&String, &f64)| {
        let note = if slower.contains(&name) { "**slower**" } else { "" };
        vec![
            name.clone(),
            short(baseline[name] / 1e3),
            short(now[name] / 1e3),
            short(*ratio),
            short(ratio / machines),
            note.to_owned(),
        ]
    };
    println!(
        "Recorded on: {}\nNow: {}\nEverything took {} times as long, by the median.\n",
        text.lines().next().unwrap_or_default(),
        machine(),
        short(machines)
    );
    let headings = ["benchmark", "baseline µs", "now µs", "ratio", "against the others", ""];
    print_table(&headings, &ratios.iter().map(row).collect::<Vec<_>>());
    let gone: Vec<_> = baseline.keys().filter(|name| !now.contains_key(*name)).collect();
    if !gone.is_empty() {
        println!("Not measured any more: {gone:?}");
    }
    if slower.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measured() -> Fastest {
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo
        .arg("bench")
        .args(PACKAGES.iter().flat_map(|package| ["-p", package]))
        .args(["--bench", "*"])
        .stderr(Stdio::inherit())
        .current_dir(place::own("../.."));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "cargo bench: {}", output.status);
    fastest(&String::from_utf8(output.stdout).unwrap())
}

/// The fastest samples in a tree as divan prints it: names to the left, `fastest │ slowest │ median │ …` to the right.
fn fastest(text: &str) -> Fastest {
    let mut all = Fastest::new();
    let mut path: Vec<String> = Vec::new();
    for line in text.lines() {
        let branch: String = line.chars().take_while(|c| "│├╰─ ".contains(*c)).collect();
        let rest = &line[branch.len()..];
        let Some((name, figures)) = rest.split_once("  ") else { continue };
        let figures: Vec<_> = figures.split('│').map(str::trim).collect();
        if figures.len() < 5 || name.is_empty() || figures.iter().all(|figure| figure.ends_with("/s")) {
            continue;
        }
        path.truncate(branch.chars().count() / 3);
        path.push(name.trim().to_owned());
        if let Some(fastest) = nanoseconds(figures[0]) {
            all.insert(path.join("/"), fastest);
        }
    }
    all
}

fn nanoseconds(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once(' ')?;
    let scale = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_samples_are_read_from_divans_tree() {
        let text = "\
families                       fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ build                                     │               │               │               │         │
│  ├─ district, small          1.5 ms        │ 2 ms          │ 1.75 ms       │ 1.8 ms        │ 10      │ 10
│  │                           4 Mitem/s     │ 3 Mitem/s     │ 3.5 Mitem/s   │ 3.4 Mitem/s   │         │
│  ╰─ volunteer, small         900 µs        │ 1 ms          │ 950 µs        │ 960 µs        │ 10      │ 10
╰─ gzip                        90 ns         │ 1 s           │ 2 s           │ 960 µs        │ 10      │ 10
";
        let expected = [
            ("families/build/district, small", 1_500_000.0),
            ("families/build/volunteer, small", 900_000.0),
            ("families/gzip", 90.0),
        ];
        assert_eq!(fastest(text), expected.map(|(name, fastest)| (name.to_owned(), fastest)).into());
    }
}
