//! The data folder: one process at a time, and nobody else's eyes on the keys.

use crate::{config, private_file};
use anyhow::{Context as _, bail};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// An open data folder; others wait until this is dropped.
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Opens the folder, made where it is not there, for this process alone.
    pub(crate) fn open(path: PathBuf) -> anyhow::Result<Self> {
        let unusable = || format!("{}: the data folder cannot be used", path.display());
        fs::create_dir_all(&path).with_context(unusable)?;
        let lock = File::create(path.join("lock")).with_context(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "{}: another `vms-cache dev` uses this folder; stop it, or give this one its own with --data",
                path.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).with_context(unusable),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that only its owner may read, whole or not at all.
    pub(crate) fn write_secret(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        private_file::write(&self.path.join(name), bytes)
    }

    /// Whether anything can still be written here.
    pub(crate) fn probe(&self) -> anyhow::Result<()> {
        let probe = self.path.join("probe");
        let written = fs::write(&probe, vec![0; 65_536]);
        let _ = fs::remove_file(&probe);
        written.with_context(|| format!("{}: cannot be written", self.path.display()))
    }

    /// The log of this and earlier starts.
    pub(crate) fn log(&self) -> anyhow::Result<Mutex<File>> {
        let path = self.path.join(config::LOG);
        let file = OpenOptions::new().append(true).create(true).open(&path);
        Ok(Mutex::new(file.with_context(|| format!("{}: cannot be written", path.display()))?))
    }
}
