//! Who calls, and whether they may: API keys, found by their hash, closed by default.

use crate::Request;
use crate::problem::Problem;
use http::header;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use vms_core::Role;
use vms_store::{KeySecret, Read, Store, StoreError, Table};

/// Keys that are remembered at once; beyond that all are forgotten, and looked up again.
const MOST_REMEMBERED: usize = 1000;

/// The holder of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The key's id; never a name.
    pub(crate) key_id: String,
    role: Role,
}

impl Caller {
    /// The caller of a route that needs no key.
    pub(crate) fn nobody() -> Self {
        Self { key_id: String::new(), role: Role::Reader }
    }
}

/// Checks keys, and remembers valid ones for a while.
pub(crate) struct Auth {
    remember_for: SignedDuration,
    known: Mutex<HashMap<String, (Caller, Timestamp)>>,
}

impl Auth {
    pub(crate) fn remembering(remember_for: SignedDuration) -> Self {
        Self { remember_for, known: Mutex::default() }
    }

    /// The caller of a request, if their key is valid and covers `needed`.
    pub(crate) async fn check<T: Table>(
        &self,
        store: &Store<T>,
        request: &Request,
        needed: Role,
        now: Timestamp,
    ) -> Result<Caller, Problem> {
        let secret = bearer(request).ok_or_else(Problem::unauthorized)?;
        let hash = secret.hash();
        let caller = if let Some(caller) = self.recall(hash.as_str(), now) {
            caller
        } else {
            let caller = look_up(store, &secret).await?.ok_or_else(Problem::unauthorized)?;
            self.remember(hash.as_str(), &caller, now);
            caller
        };
        if caller.role.covers(needed) { Ok(caller) } else { Err(Problem::forbidden()) }
    }

    fn recall(&self, hash: &str, now: Timestamp) -> Option<Caller> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).filter(|(_, since)| now.duration_since(*since) < self.remember_for).map(|(c, _)| c.clone())
    }

    fn remember(&self, hash: &str, caller: &Caller, now: Timestamp) {
        if self.remember_for.is_zero() {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(hash.to_owned(), (caller.clone(), now));
    }
}

async fn look_up<T: Table>(store: &Store<T>, secret: &KeySecret) -> Result<Option<Caller>, StoreError> {
    let key = store.key(&secret.hash(), Read::Consistent).await?;
    Ok(key.filter(|k| k.revoked_at.is_none()).map(|k| Caller { key_id: k.id, role: k.role }))
}

/// The key in `Authorization: Bearer <key>`; what cannot be a key is refused without asking the store.
fn bearer(request: &Request) -> Option<KeySecret> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { key.trim().parse().ok() } else { None }
}
