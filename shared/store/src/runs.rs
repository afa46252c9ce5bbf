//! The ledger: every refresh that was asked for, for 90 days.

use crate::error::Result;
use crate::keys;
use crate::record::{LEDGER_LIFE, expiring, is_alive, item, record, records, text};
use crate::store::Store;
use crate::table::{Condition, Item, Read, Table, Test};
use jiff::Timestamp;
use vms_core::{CacheType, Run, RunId, RunState};

const KIND: &str = "run";

impl<T: Table> Store<T> {
    /// Enters a run that is asked for, and answers whether it is the one that stands in the ledger: a run that was
    /// taken up already is left as it is.
    pub async fn queue_run(&self, run: &Run) -> Result<bool> {
        self.enter_run(run, Condition::Absent).await
    }

    /// Takes a run up, queued or not, and answers whether it is ours: one that another process has taken up, since
    /// its request was delivered twice, is left as it is.
    pub async fn take_up_run(&self, run: &Run) -> Result<bool> {
        let queued = Test::Equals("state", text("queued"));
        self.enter_run(run, Condition::AbsentOr(vec![queued])).await
    }

    async fn enter_run(&self, run: &Run, condition: Condition) -> Result<bool> {
        let error = match self.table.put(run_item(run)?, condition).await {
            Ok(()) => return Ok(true),
            Err(error) if error.leaves_doubt() => error,
            Err(error) => return Err(error.into()),
        };
        let stored = self.table.get(&keys::run(&run.run_id), Read::Consistent).await?;
        let stored: Option<Run> = stored.map(|item| record(KIND, item)).transpose()?;
        match stored {
            Some(stored) if stored == *run => Ok(true),
            Some(stored) if error.is_condition_failed() || stored.state != RunState::Queued => Ok(false),
            _ => Err(error.into()),
        }
    }

    /// Writes a run as it now stands; only the process that took it up does so.
    pub async fn save_run(&self, run: &Run) -> Result<()> {
        let error = match self.table.put(run_item(run)?, Condition::Always).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_transient() => error,
            Err(error) => return Err(error.into()),
        };
        // A verdict that arrived, but whose answer was lost, is recorded.
        match self.table.get(&keys::run(&run.run_id), Read::Consistent).await? {
            Some(stored) if stored == run_item(run)? => Ok(()),
            _ => Err(error.into()),
        }
    }

    /// A run, unless it has passed away by `now`.
    pub async fn run(&self, id: &RunId, now: Timestamp, read: Read) -> Result<Option<Run>> {
        let stored = self.table.get(&keys::run(id), read).await?;
        stored.filter(|item| is_alive(item, now)).map(|item| record(KIND, item)).transpose()
    }

    /// At most `limit` runs of a type (at least one is asked for), newest first, from before the run `before`; and
    /// the run before which to go on, `None` at the end.
    pub async fn runs(
        &self,
        cache_type: CacheType,
        limit: usize,
        before: Option<&RunId>,
        now: Timestamp,
    ) -> Result<(Vec<Run>, Option<RunId>)> {
        let before = before.map(|id| id.moment().to_owned());
        let part = self.newest(&keys::runs(cache_type), limit, before, now).await?;
        let runs: Vec<Run> = records(KIND, part.items)?;
        let next = runs.last().filter(|_| part.more).map(|run| run.run_id.clone());
        Ok((runs, next))
    }
}

fn run_item(run: &Run) -> Result<Item> {
    Ok(expiring(item(KIND, keys::run(&run.run_id), run)?, run.started_at + LEDGER_LIFE))
}
