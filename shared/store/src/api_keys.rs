//! API keys: who may read, and who may steer. A key is shown once and stored only as its hash.

use crate::error::Result;
use crate::keys;
use crate::record::{item, record, records, sort_key, text};
use crate::secret::{KeySecret, SecretHash};
use crate::store::Store;
use crate::table::{Change, Condition, Item, Key, Read, SortRange, Table, TableError, Test};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vms_core::Role;

const KIND: &str = "api key";

/// What is known of an API key, apart from the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The name by which ledger and acts know it; no secret.
    pub id: String,
    /// What its maker called it.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// A key that is made at that time, and valid until somebody revokes it.
    pub fn new(id: impl Into<String>, name: impl Into<String>, role: Role, created_at: Timestamp) -> Self {
        Self { id: id.into(), name: name.into(), role, created_at, revoked_at: None }
    }
}

impl<T: Table> Store<T> {
    /// Stores a new key by its hash.
    ///
    /// # Errors
    ///
    /// [`TableError::ConditionFailed`] where another key has the same secret, which is left as it is.
    pub async fn create_key(&self, secret: &KeySecret, key: &ApiKey) -> Result<()> {
        let hash = secret.hash();
        let error = match self.table.put(item(KIND, keys::api_key(&hash), key)?, Condition::Absent).await {
            Ok(()) => return Ok(()),
            Err(error) if error.leaves_doubt() => error,
            Err(error) => return Err(error.into()),
        };
        match self.stored_key(&hash, Read::Consistent).await? {
            Some(stored) if stored == *key => Ok(()),
            Some(_) => Err(TableError::ConditionFailed.into()),
            None => Err(error.into()),
        }
    }

    /// The key with that hash; one that was revoked is as good as absent.
    pub async fn key(&self, hash: &SecretHash, read: Read) -> Result<Option<ApiKey>> {
        Ok(self.stored_key(hash, read).await?.filter(|key| key.revoked_at.is_none()))
    }

    /// The key with that id, unless it was revoked: what a session asks for to learn whether its key still counts.
    /// Reads all keys, which are few.
    pub async fn key_by_id(&self, id: &str, read: Read) -> Result<Option<ApiKey>> {
        let keys: Vec<ApiKey> = records(KIND, self.all(keys::API_KEYS, &SortRange::All, false, read).await?)?;
        Ok(keys.into_iter().find(|key| key.id == id && key.revoked_at.is_none()))
    }

    /// Every key, oldest first, revoked ones included.
    pub async fn keys(&self) -> Result<Vec<ApiKey>> {
        let items = self.all(keys::API_KEYS, &SortRange::All, false, Read::Consistent).await?;
        let mut keys: Vec<ApiKey> = records(KIND, items)?;
        keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(keys)
    }

    /// Revokes the key with that id at `now`, and answers with it; `None` where there is none. A key that was
    /// revoked before keeps its time.
    pub async fn revoke(&self, id: &str, now: Timestamp) -> Result<Option<ApiKey>> {
        for item in self.all(keys::API_KEYS, &SortRange::All, false, Read::Consistent).await? {
            let place = Key::new(keys::API_KEYS, sort_key(KIND, &item)?);
            let mut key: ApiKey = record(KIND, item)?;
            if key.id != id {
                continue;
            }
            if key.revoked_at.is_none() {
                let change =
                    Change { set: Item::from([("revoked_at".to_owned(), text(now.to_string()))]), remove: Vec::new() };
                let same = Condition::All(vec![Test::Equals("id", text(id))]);
                self.table.update(&place, change, same).await?;
                key.revoked_at = Some(now);
            }
            return Ok(Some(key));
        }
        Ok(None)
    }

    async fn stored_key(&self, hash: &SecretHash, read: Read) -> Result<Option<ApiKey>> {
        let stored = self.table.get(&keys::api_key(hash), read).await?;
        stored.map(|item| record(KIND, item)).transpose()
    }
}
