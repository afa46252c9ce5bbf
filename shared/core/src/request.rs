//! The request for a refresh: what an event, an operator or the sweep asks for.

use crate::cache_type::CacheType;
use crate::env::{ConfigError, Env};
use crate::report_key::ReportKey;
use crate::run::RunId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Hours between two scheduled refreshes, unless the environment says otherwise; the rule at 02:00 is a night's.
pub const REFRESH_INTERVAL_HOURS: u32 = 24;

/// Reads `REFRESH_INTERVAL_HOURS`: what the status tells, for whoever changed the rule.
pub fn refresh_interval_hours(env: &Env<'_>) -> Result<u32, ConfigError> {
    env.number("REFRESH_INTERVAL_HOURS", REFRESH_INTERVAL_HOURS, 1..=8760)
}

/// Who or what asked for a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The nightly rule.
    Schedule,
    /// The hourly look for what is not fresh.
    Sweep,
    /// A new copy of the VMS database.
    Snapshot,
    /// An operator.
    Manual,
}

impl Trigger {
    /// The name in events and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Sweep => "sweep",
            Self::Snapshot => "snapshot",
            Self::Manual => "manual",
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request to refresh one cache type, as it travels from asker to refresh function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshRequest {
    /// The run that will answer it.
    pub run_id: RunId,
    /// The type to refresh.
    pub cache_type: CacheType,
    /// Who asked.
    pub trigger: Trigger,
    /// The event's own id, for finding it again at AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// When the schedule meant it to run; an event delivered twice carries the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<Timestamp>,
    /// Run even though a success is recent.
    #[serde(default)]
    pub force: bool,
    /// Only this report, of any year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_key: Option<ReportKey>,
    /// The id of the API key that asked; never a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// Build and check everything, publish nothing.
    #[serde(default)]
    pub dry_run: bool,
}

impl RefreshRequest {
    /// A plain request for a whole type.
    pub fn new(run_id: RunId, trigger: Trigger) -> Self {
        Self {
            cache_type: run_id.cache_type,
            run_id,
            trigger,
            event_id: None,
            scheduled_for: None,
            force: false,
            report_key: None,
            requested_by: None,
            dry_run: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::IntoDeserializer;
    use serde::de::value::Error;

    #[test]
    fn a_trigger_is_called_in_the_log_what_it_is_called_in_events() {
        for trigger in [Trigger::Schedule, Trigger::Sweep, Trigger::Snapshot, Trigger::Manual] {
            let name = trigger.to_string();
            assert_eq!(Trigger::deserialize(IntoDeserializer::<Error>::into_deserializer(name.as_str())), Ok(trigger));
        }
    }

    #[test]
    fn a_rule_that_was_changed_is_told_and_nonsense_is_refused() {
        let hours = |value: Option<&'static str>| refresh_interval_hours(&Env::new(&move |_| value.map(str::to_owned)));
        assert_eq!((hours(None), hours(Some("12"))), (Ok(24), Ok(12)));
        assert_eq!(hours(Some("0")).unwrap_err().variable, "REFRESH_INTERVAL_HOURS");
    }
}
