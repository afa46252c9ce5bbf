//! The program as its users meet it: real processes, real files, plain HTTP.
//!
//! Nothing here looks inside: commands are typed, answers are read off the wire, and processes are killed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where what it stands on gives way")]

mod bad_sources;
mod chance;
mod commands;
mod compare;
mod harness;
mod http;
mod kill;
#[path = "../../../tests/tests/it/privacy/marks.rs"]
mod marks;
mod operators;
mod privacy;
mod push;
mod readme;
mod reports;
mod terminal;
