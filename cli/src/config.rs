//! Where things are: the data folder of `dev`, and the cache that commands talk to.

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How commands reach a cache over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) url: String,
    pub(crate) key: String,
}

/// What a running `dev` leaves in its data folder for the other commands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Local {
    pub(crate) url: String,
    pub(crate) table_url: String,
    pub(crate) table_name: String,
    pub(crate) operator_key: String,
    pub(crate) reader_key: String,
}

/// An environment variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// The data folder of `dev`: the same from every folder.
pub(crate) fn data_folder() -> PathBuf {
    let base = variable("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".local/share")))
        .unwrap_or_else(|| PathBuf::from("."));
    variable("VMS_CACHE_DATA").map_or_else(|| base.join("vms-cache"), PathBuf::from)
}

/// What the `dev` of that folder left.
pub(crate) fn local(folder: &Path) -> Option<Local> {
    serde_json::from_slice(&std::fs::read(folder.join(LOCAL)).ok()?).ok()
}

/// The file in the data folder with addresses and keys.
pub(crate) const LOCAL: &str = "connection.json";

/// The cache to talk to: what was typed, the environment, or the local `dev`.
pub(crate) fn connection(typed: Option<&str>) -> anyhow::Result<Connection> {
    let local = local(&data_folder());
    let url = typed.map(str::to_owned).or_else(|| variable("VMS_CACHE_URL"));
    let is_local = url.is_none() || url.as_ref() == local.as_ref().map(|l| &l.url);
    let url = url.or_else(|| local.as_ref().map(|l| l.url.clone()));
    let Some(url) = url else {
        bail!("no cache to talk to: start one with `vms-cache dev`, or name one with --url and VMS_CACHE_KEY");
    };
    let key = variable("VMS_CACHE_KEY").or_else(|| local.filter(|_| is_local).map(|l| l.operator_key));
    let key = key.context("no key for that cache: set VMS_CACHE_KEY (make one with `vms-cache keys create`)")?;
    Ok(Connection { url, key })
}
