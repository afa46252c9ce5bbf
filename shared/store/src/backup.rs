//! What nobody can compute anew: who has a key, and how the schedule is switched. Reports come back by refreshing.
//!
//! Left out on purpose: sessions, which are over by the time a backup is needed; leases, whose fences only mean
//! something beside the entries they guard; and the ledger, which ends by itself.

use crate::acts::{Act, ActKind};
use crate::api_keys::ApiKey;
use crate::control::ScheduleControl;
use crate::error::Result;
use crate::keys;
use crate::record::{item, record, sort_key};
use crate::secret::SecretHash;
use crate::store::Store;
use crate::table::{Condition, Read, SortRange, Table, TableError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vms_core::TypeStatus;

const KIND: &str = "api key";

/// The settings that a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// When it was made.
    pub made_at: Timestamp,
    /// Every key, revoked ones included, oldest first.
    pub keys: Vec<BackupKey>,
    /// How the schedule was switched.
    pub schedule: ScheduleControl,
    /// How every type stood: to be read, not restored, since it would claim reports that another table does not have.
    pub statuses: Vec<TypeStatus>,
}

/// A key as it is stored: by its hash, from which nobody finds the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupKey {
    /// The SHA-256 of the key.
    pub sha256: SecretHash,
    /// What is known of it.
    #[serde(flatten)]
    pub key: ApiKey,
}

/// What a restoration changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The ids of the keys that were missing.
    pub keys: Vec<String>,
    /// How many others were there already, and were left as they are.
    pub known: usize,
    /// Whether the schedule was switched as in the backup: only where nobody had switched it.
    pub schedule: bool,
}

impl<T: Table> Store<T> {
    /// The settings as they are at `now`.
    pub async fn back_up(&self, now: Timestamp) -> Result<Backup> {
        let mut found = Vec::new();
        for item in self.all(keys::API_KEYS, &SortRange::All, false, Read::Consistent).await? {
            let sha256 = sort_key(KIND, &item)?.to_owned().try_into();
            let sha256 = sha256.map_err(|_| crate::StoreError::Corrupt { kind: KIND })?;
            found.push(BackupKey { sha256, key: record(KIND, item)? });
        }
        found.sort_by(|a, b| (a.key.created_at, &a.key.id).cmp(&(b.key.created_at, &b.key.id)));
        let schedule = self.schedule_control(Read::Consistent).await?;
        Ok(Backup { made_at: now, keys: found, schedule, statuses: self.statuses(Read::Consistent).await? })
    }

    /// Adds what is missing and changes nothing that is there: a key that was revoked since stays revoked.
    pub async fn restore(&self, backup: &Backup, now: Timestamp) -> Result<Restored> {
        let mut restored = Restored::default();
        for BackupKey { sha256, key } in &backup.keys {
            match self.table.put(item(KIND, keys::api_key(sha256), key)?, Condition::Absent).await {
                Ok(()) => {
                    self.record_act(&act(key, now)).await?;
                    restored.keys.push(key.id.clone());
                }
                Err(TableError::ConditionFailed) => restored.known += 1,
                Err(error) => return Err(error.into()),
            }
        }
        let untouched = ScheduleControl::default();
        if backup.schedule != untouched && self.schedule_control(Read::Consistent).await? == untouched {
            self.set_schedule_control(&backup.schedule).await?;
            restored.schedule = true;
        }
        Ok(restored)
    }
}

fn act(key: &ApiKey, at: Timestamp) -> Act {
    let reason = Some("restored from a backup".to_owned());
    // A key is restored once into a table, so its own id tells its act from the others of this moment.
    Act { id: key.id.clone(), at, kind: ActKind::KeyMade, by: "command-line".to_owned(), what: key.id.clone(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::samples::now;
    use crate::memory::MemoryTable;
    use crate::secret::KeySecret;
    use vms_core::Role;

    async fn with_key(store: &Store<MemoryTable>, entropy: u8) -> KeySecret {
        let secret = KeySecret::from_entropy([entropy; 32]);
        let key = ApiKey::new(format!("key-{entropy}"), "dashboard", Role::Reader, now());
        store.create_key(&secret, &key).await.unwrap();
        secret
    }

    fn paused() -> ScheduleControl {
        ScheduleControl { paused: true, since: Some(now()), ..ScheduleControl::default() }
    }

    #[tokio::test]
    async fn keys_open_a_new_table_as_they_opened_the_old_one() {
        let old = Store::new(MemoryTable::new());
        let (one, two) = (with_key(&old, 1).await, with_key(&old, 2).await);
        old.revoke("key-2", now()).await.unwrap();
        old.set_schedule_control(&paused()).await.unwrap();
        let text = serde_json::to_string(&old.back_up(now()).await.unwrap()).unwrap();
        assert!(!text.contains(&one.expose()[4..]), "no secret is in it");

        let new = Store::new(MemoryTable::new());
        let backup: Backup = serde_json::from_str(&text).unwrap();
        let restored = new.restore(&backup, now()).await.unwrap();
        assert_eq!(restored.keys, ["key-1", "key-2"]);
        assert!(new.key(&one.hash(), Read::Consistent).await.unwrap().is_some());
        assert!(new.key(&two.hash(), Read::Consistent).await.unwrap().is_none(), "it was revoked, and is");
        assert_eq!(new.schedule_control(Read::Consistent).await.unwrap(), paused());
        assert_eq!(new.back_up(now()).await.unwrap().keys, backup.keys);
    }

    #[tokio::test]
    async fn what_was_changed_since_the_backup_stays() {
        let store = Store::new(MemoryTable::new());
        let secret = with_key(&store, 1).await;
        store.set_schedule_control(&paused()).await.unwrap();
        let backup = store.back_up(now()).await.unwrap();
        store.revoke("key-1", now()).await.unwrap();
        let running = ScheduleControl { paused: false, ..paused() };
        store.set_schedule_control(&running).await.unwrap();
        let restored = store.restore(&backup, now()).await.unwrap();
        assert_eq!(restored, Restored { known: 1, ..Restored::default() });
        assert!(store.key(&secret.hash(), Read::Consistent).await.unwrap().is_none());
        assert_eq!(store.schedule_control(Read::Consistent).await.unwrap(), running);
    }
}
