//! The integration tests, one module per concern.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests are tests")]

mod parity;
mod support;
mod years;
