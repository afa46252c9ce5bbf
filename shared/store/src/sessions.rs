//! Sessions: a browser that signed in with an API key, known by the hash of its token.

use crate::error::{Result, StoreError};
use crate::keys;
use crate::record::{is_alive, item, record};
use crate::secret::SecretHash;
use crate::store::Store;
use crate::table::{Condition, Read, Table};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vms_core::Role;

const KIND: &str = "session";

/// A session. That its key was revoked since, it does not know: ask [`Store::key_by_id`] before an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id of the key that opened it.
    pub key_id: String,
    /// What its holder may do.
    pub role: Role,
    /// When it ends, in whole seconds.
    pub expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    key_id: String,
    role: Role,
    /// In epoch seconds, as the table's own expiry wants it.
    expires_at: i64,
}

impl<T: Table> Store<T> {
    /// Opens a session; fractions of its last second are dropped.
    pub async fn create_session(&self, token: &SecretHash, session: &Session) -> Result<()> {
        let stored =
            Stored { key_id: session.key_id.clone(), role: session.role, expires_at: session.expires_at.as_second() };
        let item = item(KIND, keys::session(token), &stored)?;
        Ok(self.table.put(item, Condition::Always).await?)
    }

    /// The session of a token, unless it has ended by `now`.
    pub async fn session(&self, token: &SecretHash, now: Timestamp) -> Result<Option<Session>> {
        let stored = self.table.get(&keys::session(token), Read::Consistent).await?;
        let Some(item) = stored.filter(|item| is_alive(item, now)) else {
            return Ok(None);
        };
        let stored: Stored = record(KIND, item)?;
        Ok(Some(Session {
            key_id: stored.key_id,
            role: stored.role,
            expires_at: Timestamp::from_second(stored.expires_at).map_err(|_| StoreError::Corrupt { kind: KIND })?,
        }))
    }

    /// Ends a session; one that is not there has ended.
    pub async fn end_session(&self, token: &SecretHash) -> Result<()> {
        Ok(self.table.delete(&keys::session(token), Condition::Always).await?)
    }
}
