//! What leaves the system to be watched: logs, metrics and the way to read them back.
//!
//! [`metrics`] names every metric; [`Datum`] is a value of one, the same for an embedded line, for a call to
//! CloudWatch and for the memory of `vms-cache dev`.

mod cloudwatch;
mod datum;
mod embedded;
mod logs;
mod memory;
pub mod metrics;

pub use cloudwatch::CloudWatch;
pub use datum::{Datum, of_refresh, of_request};
pub use embedded::EmbeddedMetrics;
pub use logs::{log_json, log_plain};
pub use memory::Memory;
