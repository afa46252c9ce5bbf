//! The system beside what would be picked instead of it: the same data, one run, one table.
//!
//! ```text
//! cargo build --release --workspace && target/release/peers serving
//! ```
//!
//! | command | prints |
//! |---|---|
//! | `serving` | cold starts and warm requests: ours, Python with boto3 and Powertools, an empty function |
//! | `faults` | what each answers when something is wrong |
//! | `refresh` | what each family costs, beside a plain scan and beside SQL |
//! | `growth` | refreshes on larger databases, answers at higher rates; draws the plots in `docs/` |
//! | `bench`, `record` | `cargo bench` against the recorded baseline, or as the new one |
//!
//! Processor time and memory are what Linux says of each process under `/proc`. Figures are for comparison within one
//! run: contenders take turns, so that a busy moment meets them all.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement prints, and stops where it cannot go on"
)]

mod bench;
mod contender;
mod door;
mod faults;
mod figures;
mod growth;
mod place;
mod plot;
mod process;
mod refresh;
mod reply;
mod runtime;
mod serving;
mod sql;
mod stage;

use stage::Stage;
use std::process::ExitCode;

const USAGE: &str = "usage: peers serving|faults|refresh|growth|bench|record";

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some(refresh::CHILD) => refresh::child(&args[1..]),
        Some("bench") => return bench::compare(),
        Some("record") => bench::record(),
        Some("serving") => serving::compare(&stage().await).await,
        Some("faults") => faults::compare(&stage().await).await,
        Some("refresh") => {
            introduce();
            refresh::compare();
        }
        Some("growth") => {
            growth::serving(&stage().await).await;
            growth::refresh().await;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Says on which machine, and sets the stage.
async fn stage() -> Stage {
    introduce();
    Stage::set().await
}

fn introduce() {
    println!("{}\n", figures::machine());
}
