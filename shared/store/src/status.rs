//! The status of every type: one Query tells page, health, sweep and metrics all they need.

use crate::error::{Result, StoreError};
use crate::keys;
use crate::record::{item, number, record, sort_key, text};
use crate::store::Store;
use crate::table::{Change, Condition, Item, Read, SortRange, Table, Test};
use vms_core::{CacheType, Tally, TypeStatus};

const KIND: &str = "status";

impl<T: Table> Store<T> {
    /// The status of all types, in the order of [`CacheType::ALL`]; unknown for those that no run has recorded.
    pub async fn statuses(&self, read: Read) -> Result<Vec<TypeStatus>> {
        let mut all = CacheType::ALL.map(TypeStatus::unknown);
        for item in self.all(keys::STATUS, &SortRange::All, false, read).await? {
            let place = all.iter().position(|s| sort_key(KIND, &item) == Ok(s.cache_type.as_str()));
            if let Some(place) = place {
                all[place] = record(KIND, item)?;
            }
        }
        Ok(all.into())
    }

    /// The status of one type.
    pub async fn status(&self, cache_type: CacheType, read: Read) -> Result<TypeStatus> {
        match self.table.get(&keys::status(cache_type), read).await? {
            Some(item) => record(KIND, item),
            None => Ok(TypeStatus::unknown(cache_type)),
        }
    }

    /// Writes a run's status, and answers whether it stands: a later lease's status is left as it is.
    pub async fn save_status(&self, status: &TypeStatus) -> Result<bool> {
        let item = item(KIND, keys::status(status.cache_type), status)?;
        let condition = Condition::AbsentOr(vec![Test::AtMost("fence", number(status.fence.0))]);
        kept(self.table.put(item, condition).await)
    }

    /// Renews the counts alone, after an operator's act; answers whether there was a status to renew. A type that
    /// no run has recorded yet gets its counts from its first run.
    pub async fn save_tally(&self, cache_type: CacheType, tally: &Tally) -> Result<bool> {
        let tally = serde_dynamo::to_attribute_value(tally).map_err(|_| StoreError::Unwritable { kind: KIND })?;
        let change = Change { set: Item::from([("tally".to_owned(), tally)]), remove: Vec::new() };
        let present = Condition::All(vec![Test::Equals("cache_type", text(cache_type.as_str()))]);
        kept(self.table.update(&keys::status(cache_type), change, present).await)
    }

    /// Counts the entries of a type anew, after an operator's act. What the plan misses only a run can tell, so that
    /// stays as the last one told it.
    pub async fn renew_tally(&self, cache_type: CacheType) -> Result<bool> {
        let missing = self.status(cache_type, Read::Consistent).await?.tally.missing;
        let entries = self.entries(cache_type, Read::Consistent).await?;
        self.save_tally(cache_type, &Tally::of(&entries, missing)).await
    }
}

/// Both writes leave their own condition true, so a repetition after a lost answer succeeds.
fn kept(answer: Result<(), crate::TableError>) -> Result<bool> {
    match answer {
        Ok(()) => Ok(true),
        Err(error) if error.is_condition_failed() => Ok(false),
        Err(error) => Err(error.into()),
    }
}
