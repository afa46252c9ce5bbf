//! The schedule's switch: paused or not, by whom, since when, until when and why.

use crate::error::Result;
use crate::keys;
use crate::record::{item, record};
use crate::store::Store;
use crate::table::{Condition, Read, Table};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const KIND: &str = "control";

/// Whether the schedule, the sweep and new snapshots start refreshes; a manual request always does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScheduleControl {
    /// Paused, as long as `until` is not reached.
    pub paused: bool,
    /// The id of the API key that switched it last; never a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was switched last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When a pause ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why, in the operator's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl ScheduleControl {
    /// Whether the schedule is paused at `now`.
    pub fn is_paused_at(&self, now: Timestamp) -> bool {
        self.paused && self.until.is_none_or(|until| now < until)
    }
}

impl<T: Table> Store<T> {
    /// How the schedule is switched; running, if nobody ever switched it.
    pub async fn schedule_control(&self, read: Read) -> Result<ScheduleControl> {
        match self.table.get(&keys::control(), read).await? {
            Some(item) => record(KIND, item),
            None => Ok(ScheduleControl::default()),
        }
    }

    /// Switches the schedule; of two operators at once the later one has it.
    pub async fn set_schedule_control(&self, control: &ScheduleControl) -> Result<()> {
        let item = item(KIND, keys::control(), control)?;
        Ok(self.table.put(item, Condition::Always).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_by_itself_when_its_time_is_over() {
        let until: Timestamp = "2026-03-15T02:00:00Z".parse().unwrap();
        let second = jiff::SignedDuration::from_secs(1);
        let mut control = ScheduleControl { paused: true, ..ScheduleControl::default() };
        assert!(control.is_paused_at(until));
        control.until = Some(until);
        assert!(control.is_paused_at(until - second));
        assert!(!control.is_paused_at(until));
        assert!(!ScheduleControl::default().is_paused_at(until));
    }
}
