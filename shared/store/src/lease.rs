//! Leases: which run may write a type's entries, and the fence that makes every later lease outrank it.
//!
//! A lease is no lock on the entries: a run that outlives its lease is stopped by its fence, not by its manners.
//! The item is never deleted, as its fence must never begin again.

use crate::error::Result;
use crate::keys;
use crate::record::{item, number, record, text};
use crate::store::Store;
use crate::table::{Change, Condition, Item, Read, Table, Test};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};
use vms_core::{CacheType, Fence, RunId};

const KIND: &str = "lease";

/// How often a lost race is run again; the next read nearly always finds the winner's lease.
const TRIES: u32 = 5;

/// A lease as it was acquired, or last stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The type that it covers.
    pub cache_type: CacheType,
    /// The run that holds it, or held it last.
    pub owner: RunId,
    /// Its number, higher than that of any lease of the type before it.
    pub fence: Fence,
    /// Until when it holds, in whole milliseconds; the epoch once it was released.
    pub held_until: Timestamp,
}

impl Lease {
    /// Whether it holds at `now`.
    pub fn is_held_at(&self, now: Timestamp) -> bool {
        now < self.held_until
    }
}

/// What became of the wish for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquire {
    /// It is ours, with a fence of its own.
    Held(Lease),
    /// Another process holds it. Its run may even be the one that asks: a request that is delivered twice is
    /// answered by two processes, and only one of them gets the lease.
    Taken {
        /// The run that holds it.
        owner: RunId,
        /// Until when.
        held_until: Timestamp,
    },
}

#[derive(Serialize, Deserialize)]
struct Stored {
    owner: RunId,
    fence: Fence,
    held_until: i64,
    /// Tells apart two processes that acquire for the same run at the same time.
    claim: String,
}

impl<T: Table> Store<T> {
    /// Asks for the lease of a type until `until`, which should be the end of the process that asks.
    pub async fn acquire(
        &self,
        cache_type: CacheType,
        owner: &RunId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Acquire> {
        let key = keys::lease(cache_type);
        let claim = new_claim();
        let mut seen = self.stored_lease(cache_type, Read::Consistent).await?;
        for _ in 0..TRIES {
            if let Some(other) = seen.as_ref().filter(|s| now.as_millisecond() < s.held_until) {
                return taken(other);
            }
            let wanted = Stored {
                owner: owner.clone(),
                fence: Fence(seen.as_ref().map_or(0, |s| s.fence.0) + 1),
                held_until: until.as_millisecond(),
                claim: claim.clone(),
            };
            let condition = seen
                .as_ref()
                .map_or(Condition::Absent, |s| Condition::All(vec![Test::Equals("fence", number(s.fence.0))]));
            let item: Item = item(KIND, key.clone(), &wanted)?;
            let error = match self.table.put(item, condition).await {
                Ok(()) => return Ok(Acquire::Held(lease(cache_type, wanted)?)),
                Err(error) if error.leaves_doubt() => error,
                Err(error) => return Err(error.into()),
            };
            seen = self.stored_lease(cache_type, Read::Consistent).await?;
            if seen.as_ref().is_some_and(|s| s.claim == claim) {
                return Ok(Acquire::Held(lease(cache_type, wanted)?));
            }
            if error.is_transient() {
                return Err(error.into());
            }
        }
        match seen {
            Some(other) => taken(&other),
            None => Err(crate::TableError::ConditionFailed.into()),
        }
    }

    /// Gives a lease back, and answers whether it was still the one that is stored; it is left alone otherwise.
    pub async fn release(&self, lease: &Lease) -> Result<bool> {
        let condition = Condition::All(vec![
            Test::Equals("owner", text(lease.owner.to_string())),
            Test::Equals("fence", number(lease.fence.0)),
        ]);
        let change = Change { set: Item::from([("held_until".to_owned(), number(0))]), remove: Vec::new() };
        match self.table.update(&keys::lease(lease.cache_type), change, condition).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_condition_failed() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The lease of a type as it is stored, held or not; `None` before the first.
    pub async fn lease(&self, cache_type: CacheType, read: Read) -> Result<Option<Lease>> {
        let stored = self.stored_lease(cache_type, read).await?;
        stored.map(|stored| lease(cache_type, stored)).transpose()
    }

    async fn stored_lease(&self, cache_type: CacheType, read: Read) -> Result<Option<Stored>> {
        let stored = self.table.get(&keys::lease(cache_type), read).await?;
        stored.map(|item| record(KIND, item)).transpose()
    }
}

fn taken(by: &Stored) -> Result<Acquire> {
    Ok(Acquire::Taken { owner: by.owner.clone(), held_until: instant(by.held_until)? })
}

fn lease(cache_type: CacheType, stored: Stored) -> Result<Lease> {
    Ok(Lease { cache_type, held_until: instant(stored.held_until)?, owner: stored.owner, fence: stored.fence })
}

fn instant(milliseconds: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| crate::StoreError::Corrupt { kind: KIND })
}

/// A text that no other process makes: the standard library's hash seeds are random per process, and differ for
/// every one that is made.
fn new_claim() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
