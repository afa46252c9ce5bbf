//! The ledger: every refresh that was asked for, for 90 days.

use crate::error::Result;
use crate::keys;
use crate::record::{LEDGER_LIFE, expiring, is_alive, item, record, records};
use crate::store::Store;
use crate::table::{Condition, Item, Read, Table};
use jiff::Timestamp;
use vms_core::{CacheType, Run, RunId};

const KIND: &str = "run";

impl<T: Table> Store<T> {
    /// Enters a run that is asked for, and answers whether it is the one that stands in the ledger: a run that was
    /// taken up already is left as it is.
    pub async fn queue_run(&self, run: &Run) -> Result<bool> {
        let error = match self.table.put(run_item(run)?, Condition::Absent).await {
            Ok(()) => return Ok(true),
            Err(error) if error.leaves_doubt() => error,
            Err(error) => return Err(error.into()),
        };
        let stored = self.table.get(&keys::run(&run.run_id), Read::Consistent).await?;
        let stored: Option<Run> = stored.map(|item| record(KIND, item)).transpose()?;
        match stored {
            Some(stored) if stored == *run => Ok(true),
            Some(_) => Ok(false),
            None => Err(error.into()),
        }
    }

    /// Writes a run as it now stands; only the process that runs it does so.
    pub async fn save_run(&self, run: &Run) -> Result<()> {
        Ok(self.table.put(run_item(run)?, Condition::Always).await?)
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
