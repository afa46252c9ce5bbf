//! `vms-cache keys`: API keys, made, listed and revoked straight in the table.

use crate::args::{KeysArgs, KeysCommand};
use crate::exit::Exit;
use crate::output::Output;
use crate::table;
use anyhow::bail;
use jiff::Timestamp;
use serde_json::json;
use vms_core::{Clock, Role, SystemClock};
use vms_store::{Act, ActKind, ApiKey, KeySecret, Store, Table};

pub(crate) async fn run(args: &KeysArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let store = table::store().await?;
    let now = SystemClock.now();
    match &args.act {
        KeysCommand::Create { role, name } => {
            let (id, secret) = create(&store, *role, name, now, out).await?;
            if out.is_json() {
                out.value(&json!({"id": id, "role": role, "name": name, "key": secret.expose()}))?;
                return Ok(Exit::Done);
            }
            out.note(format!("key {id}, role {role}; it is shown only now"));
            out.line(secret.expose())?;
        }
        KeysCommand::List => list(&store.keys().await?, out)?,
        KeysCommand::Revoke { id } => {
            let Some(key) = store.revoke(id, now).await? else { bail!("there is no key with the id {id}") };
            write_down(&store, ActKind::KeyRevoked, &key.id, now, out).await;
            if out.is_json() {
                out.value(&key)?;
                return Ok(Exit::Done);
            }
            out.line(format!("key {id} is revoked; functions that remember it forget it within 30 seconds"))?;
        }
    }
    Ok(Exit::Done)
}

/// Makes a key; the secret is nowhere but in the answer.
pub(crate) async fn create<T: Table>(
    store: &Store<T>,
    role: Role,
    name: &str,
    now: Timestamp,
    out: &mut Output,
) -> anyhow::Result<(String, KeySecret)> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy)?;
    let secret = KeySecret::from_entropy(entropy);
    let id = format!("key-{:08x}", getrandom::u32()?);
    let key = ApiKey::new(id.as_str(), name, role, now);
    store.create_key(&secret, &key).await?;
    write_down(store, ActKind::KeyMade, &id, now, out).await;
    Ok((id, secret))
}

/// Writes down what is done. That this fails is told, and undoes nothing: a key that is made must be shown.
async fn write_down<T: Table>(store: &Store<T>, kind: ActKind, key_id: &str, at: Timestamp, out: &mut Output) {
    let id = format!("{:08x}", getrandom::u32().unwrap_or_default());
    let act = Act { id, at, kind, by: "command-line".to_owned(), what: key_id.to_owned(), reason: None };
    if store.record_act(&act).await.is_err() {
        out.not_recorded();
    }
}

fn list(keys: &[ApiKey], out: &mut Output) -> anyhow::Result<()> {
    if out.is_json() {
        return out.value(&keys);
    }
    let row = |key: &ApiKey| {
        let state = key.revoked_at.map_or("valid".to_owned(), |t| format!("revoked {t}"));
        vec![key.id.clone(), key.role.to_string(), key.name.clone(), key.created_at.to_string(), state]
    };
    Ok(out.table(&["Id", "Role", "Name", "Created", "State"], &keys.iter().map(row).collect::<Vec<_>>())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vms_store::{Change, Condition, Item, Key, MemoryTable, Page, QueryPage, Read, SortRange, TableError};

    /// A table that takes no acts.
    struct Forgetful(MemoryTable);

    impl Table for Forgetful {
        async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
            self.0.get(key, read).await
        }

        async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
            self.0.query(pk, range, page, read).await
        }

        async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
            if item["pk"].as_s().is_ok_and(|pk| pk == vms_store::keys::ACTS) {
                return Err(TableError::Unavailable);
            }
            self.0.put(item, condition).await
        }

        async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
            self.0.update(key, change, condition).await
        }

        async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
            self.0.delete(key, condition).await
        }
    }

    #[tokio::test]
    async fn a_key_that_is_made_is_shown_even_where_that_cannot_be_written_down() {
        let store = Store::new(Forgetful(MemoryTable::new()));
        let (now, mut out) = (SystemClock.now(), Output::new(true));
        let (id, secret) = create(&store, Role::Reader, "a reader", now, &mut out).await.unwrap();
        let key = store.key(&secret.hash(), Read::Consistent).await.unwrap();
        assert_eq!(key.map(|key| key.id), Some(id));
    }
}
