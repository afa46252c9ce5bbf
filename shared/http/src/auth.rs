//! Who calls, and whether they may: API keys and sessions, found by their hashes, closed by default.

use crate::Request;
use crate::cookie::Cookie;
use crate::origin;
use crate::problem::Problem;
use http::{Method, header};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use vms_core::Role;
use vms_store::{ApiKey, KeySecret, Read, SessionToken, Store, StoreError, Table};

/// Keys that are remembered at once; beyond that all are forgotten, and looked up again.
const MOST_REMEMBERED: usize = 1000;

/// The holder of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The key's id; never a name.
    pub(crate) key_id: String,
    /// Whether a session's cookie let them in.
    pub(crate) by_cookie: bool,
    role: Role,
}

impl Caller {
    /// The caller of a route that needs no key.
    pub(crate) fn nobody() -> Self {
        Self { key_id: String::new(), by_cookie: false, role: Role::Reader }
    }

    fn holding(key: ApiKey, by_cookie: bool) -> Self {
        Self { key_id: key.id, by_cookie, role: key.role }
    }
}

/// What a caller shows.
enum Pass {
    Key(KeySecret),
    Session(SessionToken),
}

impl Pass {
    /// Who sends a key is judged by that alone; what cannot be a key is refused without asking the store.
    fn of(request: &Request, cookie: Cookie) -> Option<Self> {
        match request.headers().get(header::AUTHORIZATION) {
            Some(value) => {
                let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
                if scheme.eq_ignore_ascii_case("bearer") { key.trim().parse().ok().map(Self::Key) } else { None }
            }
            None => cookie.token(request).map(Self::Session),
        }
    }
}

/// Checks keys and sessions, and remembers valid keys for a while. Sessions it does not remember: who signs out, or
/// whose key is revoked, is out at once.
pub(crate) struct Auth {
    pub(crate) cookie: Cookie,
    pub(crate) takes_sessions: bool,
    pub(crate) remember_for: SignedDuration,
    known: Mutex<HashMap<String, (Caller, Timestamp)>>,
}

impl Auth {
    pub(crate) fn remembering(remember_for: SignedDuration) -> Self {
        Self { cookie: Cookie::Secure, takes_sessions: true, remember_for, known: Mutex::default() }
    }

    /// The caller of a request, if what they show is valid and covers `needed`.
    pub(crate) async fn check<T: Table>(
        &self,
        store: &Store<T>,
        request: &Request,
        needed: Role,
        now: Timestamp,
    ) -> Result<Caller, Problem> {
        let caller = match Pass::of(request, self.cookie).ok_or_else(Problem::unauthorized)? {
            Pass::Key(secret) => self.holder(store, &secret, now).await?,
            Pass::Session(_) if !self.takes_sessions => return Err(Problem::unauthorized()),
            Pass::Session(_) if changes_something(request) && !origin::is_ours(request) => {
                return Err(Problem::cross_site());
            }
            Pass::Session(token) => signed_in(store, &token, now).await?,
        };
        let caller = caller.ok_or_else(Problem::unauthorized)?;
        if caller.role.covers(needed) { Ok(caller) } else { Err(Problem::forbidden()) }
    }

    async fn holder<T: Table>(
        &self,
        store: &Store<T>,
        secret: &KeySecret,
        now: Timestamp,
    ) -> Result<Option<Caller>, StoreError> {
        let hash = secret.hash();
        if let Some(caller) = self.recall(hash.as_str(), now) {
            return Ok(Some(caller));
        }
        let caller = store.key(&hash, Read::Consistent).await?.map(|key| Caller::holding(key, false));
        if let Some(caller) = &caller {
            self.remember(hash.as_str(), caller, now);
        }
        Ok(caller)
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

/// The holder of the key that a session was opened with: a session dies with its key.
async fn signed_in<T: Table>(
    store: &Store<T>,
    token: &SessionToken,
    now: Timestamp,
) -> Result<Option<Caller>, StoreError> {
    let Some(session) = store.session(&token.hash(), now).await? else { return Ok(None) };
    let key = store.key_by_id(&session.key_id, Read::Consistent).await?;
    Ok(key.map(|key| Caller::holding(key, true)))
}

fn changes_something(request: &Request) -> bool {
    ![Method::GET, Method::HEAD].contains(request.method())
}
