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
            let (id, secret) = create(&store, *role, name, now).await?;
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
            store.record_act(&act(ActKind::KeyRevoked, &key.id, now)).await?;
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
) -> anyhow::Result<(String, KeySecret)> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy)?;
    let secret = KeySecret::from_entropy(entropy);
    let id = format!("key-{:08x}", getrandom::u32()?);
    let key = ApiKey::new(id.as_str(), name, role, now);
    store.create_key(&secret, &key).await?;
    store.record_act(&act(ActKind::KeyMade, &id, now)).await?;
    Ok((id, secret))
}

fn act(kind: ActKind, key_id: &str, at: Timestamp) -> Act {
    let id = format!("{:08x}", getrandom::u32().unwrap_or_default());
    Act { id, at, kind, by: "command-line".to_owned(), what: key_id.to_owned(), reason: None }
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
