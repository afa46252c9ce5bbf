//! Where things are: the data folder of `dev`, and the cache that commands talk to.

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How commands reach a cache over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) url: String,
    /// The key, where one is known for that cache.
    pub(crate) key: Option<String>,
    /// Whether it is the `dev` of this machine.
    pub(crate) is_local: bool,
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

/// The config file: the cache that its owner works with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    url: Option<String>,
    key: Option<String>,
}

/// An environment variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// The data folder of `dev`: the same from every folder.
pub(crate) fn data_folder() -> PathBuf {
    variable("VMS_CACHE_DATA").map_or_else(usual_data_folder, PathBuf::from)
}

/// The data folder where nobody names another.
pub(crate) fn usual_data_folder() -> PathBuf {
    own_folder("XDG_DATA_HOME", ".local/share")
}

/// Our folder among those of a kind, as the XDG base directories have it.
fn own_folder(variable_name: &str, below_home: &str) -> PathBuf {
    let base = variable(variable_name)
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| Path::new(&home).join(below_home)))
        .unwrap_or_else(|| PathBuf::from("."));
    base.join("vms-cache")
}

/// What the `dev` of that folder left.
pub(crate) fn local(folder: &Path) -> Option<Local> {
    serde_json::from_slice(&std::fs::read(folder.join(LOCAL)).ok()?).ok()
}

/// The file in the data folder with addresses and keys.
pub(crate) const LOCAL: &str = "connection.json";
/// The file in the data folder with the log of the refreshes; VMS's has the same name.
pub(crate) const LOG: &str = "cache_manager.log";

/// The config file, which need not be there.
fn file() -> anyhow::Result<File> {
    let path = variable("VMS_CACHE_CONFIG")
        .map_or_else(|| own_folder("XDG_CONFIG_HOME", ".config").join("config.toml"), PathBuf::from);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    };
    // The parser's own message shows the line, and with it perhaps the key.
    let Ok(file) = toml::from_str(&text) else {
        bail!("{}: expects lines such as url = \"https://…\" and key = \"vms_…\", and no others", path.display());
    };
    Ok(file)
}

/// The cache to talk to: what was typed, the environment, the config file, or the local `dev`.
pub(crate) fn connection(typed: Option<&str>) -> anyhow::Result<Connection> {
    let (local, file) = (local(&data_folder()), file()?);
    let wanted = typed.map(str::to_owned).or_else(|| variable("VMS_CACHE_URL")).or_else(|| file.url.clone());
    let same = |url: &str, other: Option<&String>| other.is_some_and(|o| o.trim_end_matches('/') == url);
    let Some(url) = wanted.or_else(|| local.as_ref().map(|l| l.url.clone())) else {
        bail!("no cache to talk to: start one with `vms-cache dev`, or name one with --url and VMS_CACHE_KEY");
    };
    let url = url.trim_end_matches('/').to_owned();
    let is_local = same(&url, local.as_ref().map(|l| &l.url));
    // A key goes to the cache that it was kept for, and to no other.
    let kept = if same(&url, file.url.as_ref()) { file.key } else { None };
    let key = variable("VMS_CACHE_KEY").or(kept).or_else(|| local.filter(|_| is_local).map(|l| l.operator_key));
    Ok(Connection { url, key, is_local })
}
