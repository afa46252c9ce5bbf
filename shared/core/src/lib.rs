//! The domain of the report cache, and nothing else.
//!
//! Report keys, years, freshness, outcomes, and the records that describe entries and runs.
//! This crate does no I/O, knows no AWS, and reads neither the clock nor the environment: time is an argument
//! ([`AsOf`], `now`), or comes through the [`Clock`] port, beside which the system's own clock stands.

mod acts;
mod as_of;
mod cache_type;
mod clock;
mod entry;
mod env;
mod freshness;
mod meter;
mod outcome;
mod report_key;
mod request;
mod role;
mod run;
#[cfg(test)]
mod samples;
mod schedule;
mod status;
mod years;

pub use acts::{KEEP_VERSIONS, Refusal, keep_versions};
pub use as_of::{AsOf, AsOfError};
pub use cache_type::{CacheType, UnknownCacheType};
pub use clock::{Clock, SystemClock};
pub use entry::{Candidate, Entry, Etag, Fence, Version};
pub use env::{ConfigError, Env};
pub use freshness::{Freshness, FreshnessLimits, State, Times};
pub use meter::{
    Alarm, AlarmState, COUNTED_OVER, Monitor, NotKnown, Observed, Pending, RefreshFigures, RefreshMeter,
    RequestFigures, RequestMeter, RequestTotals, RunFigures, Seen, SweepFigures,
};
pub use outcome::{Check, FailureClass, KeptReason, Outcome, ReportOutcome, SkipReason};
pub use report_key::{DistrictName, HostFilter, KeyError, ReportKey, encode_segment};
pub use request::{REFRESH_INTERVAL_HOURS, RefreshRequest, Trigger, refresh_interval_hours};
pub use role::Role;
pub use run::{Counts, Run, RunId, RunIdError, RunState, StepDurations};
pub use schedule::{Nightly, next_sweep};
pub use status::{LastRun, Tally, TypeStatus};
pub use years::{SchoolYear, VirtualYear, YearError};
