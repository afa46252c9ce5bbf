//! A refresh: decide → lease → plan → build → audit → publish → verify → record.
//!
//! One file a step. The engine knows no report: it asks [`vms_reports::Family`] for a plan and for builds, and
//! publishes what passes the audit. Whatever fails, at whatever moment, what was served stays served.
//!
//! Deliberately absent: retries of our own. The SDK retries a call; above it only the hourly sweep tries again.

mod audit;
mod build;
mod config;
mod decide;
mod engine;
mod event;
mod figures;
mod publish;
mod record;
mod source;
mod vanish;

pub use config::RefreshConfig;
pub use engine::Refresher;
pub use event::{EventError, Ids, ObjectName, object_of, request_of};
pub use source::{FileSource, Snapshot, Source};
