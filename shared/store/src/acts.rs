//! Acts: what people did to the cache, for 90 days.

use crate::error::Result;
use crate::keys;
use crate::record::{LEDGER_LIFE, expiring, item, records};
use crate::store::Store;
use crate::table::{Condition, Table};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const KIND: &str = "act";

/// The kinds of acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActKind {
    /// The schedule was paused.
    Pause,
    /// The schedule was resumed.
    Resume,
    /// A candidate was approved.
    Approve,
    /// A candidate was rejected.
    Reject,
    /// A report was moved back to an earlier version.
    Rollback,
    /// An API key was made.
    KeyMade,
    /// An API key was revoked.
    KeyRevoked,
}

/// One act of an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Its id, which no other act of the same millisecond has.
    pub id: String,
    /// When it was done.
    pub at: Timestamp,
    /// What was done.
    pub kind: ActKind,
    /// The id of the API key that did it; never a name.
    pub by: String,
    /// To what: a report key, with the version where there is one, or a key's id; empty for the schedule.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// Why, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Act {
    /// The act's place in the ledger of acts: `<at>#<id>`.
    pub fn place(&self) -> String {
        keys::act(self.at, &self.id).sk
    }
}

impl<T: Table> Store<T> {
    /// Records an act. Recording it again is harmless; it is never overwritten.
    pub async fn record_act(&self, act: &Act) -> Result<()> {
        let item = item(KIND, keys::act(act.at, &act.id), act)?;
        match self.table.put(expiring(item, act.at + LEDGER_LIFE), Condition::Absent).await {
            Err(error) if !error.is_condition_failed() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// At most `limit` acts (at least one is asked for), newest first, from before the cursor `before`; and the
    /// cursor with which to go on, `None` at the end. Acts that have passed away by `now` are left out.
    pub async fn acts(&self, limit: usize, before: Option<&str>, now: Timestamp) -> Result<(Vec<Act>, Option<String>)> {
        let part = self.newest(keys::ACTS, limit, before.map(str::to_owned), now).await?;
        let acts: Vec<Act> = records(KIND, part.items)?;
        let next = acts.last().filter(|_| part.more).map(Act::place);
        Ok((acts, next))
    }
}
