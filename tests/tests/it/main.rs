//! The integration tests, one module per concern.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests are tests"
)]

mod architecture;
mod events;
mod infra;
mod live;
mod parity;
mod privacy;
mod proofs;
mod rows;
mod snapshots;
mod sources;
mod support;
mod telemetry;
mod wire;
mod years;
