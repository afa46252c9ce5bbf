//! Where the VMS database comes from: the port, and a local file.

use std::future::Future;
use std::path::PathBuf;
use vms_core::ConfigError;
use vms_source::{Fingerprint, SourceError, fingerprint};

/// A copy of the VMS database on this machine.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The file.
    pub path: PathBuf,
    /// What people call it: the file itself, or the object that it is a copy of.
    pub name: PathBuf,
    /// Its version, and when it was taken from VMS.
    pub fingerprint: Fingerprint,
}

/// The database to refresh from.
pub trait Source: Send + Sync {
    /// Its present version, without fetching it.
    fn fingerprint(&self) -> impl Future<Output = Result<Fingerprint, SourceError>> + Send;

    /// The database as a local file.
    fn fetch(&self) -> impl Future<Output = Result<Snapshot, SourceError>> + Send;
}

/// A database file on this machine, live or a copy; its age is that of its last write.
#[derive(Debug, Clone)]
pub struct FileSource {
    path: PathBuf,
}

impl FileSource {
    /// The file at that path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file that `SOURCE_URL` names, such as `file:///srv/vms/instance/your_database.db`.
    pub fn from_url(url: &str) -> Result<Self, ConfigError> {
        let path = url.strip_prefix("file://").filter(|path| path.starts_with('/'));
        let expected = || {
            ConfigError::new(
                "SOURCE_URL",
                "expects file:/// and the absolute path of a database file, or s3:// with a bucket and a key",
            )
        };
        path.map(Self::new).ok_or_else(expected)
    }
}

impl Source for FileSource {
    async fn fingerprint(&self) -> Result<Fingerprint, SourceError> {
        fingerprint(&self.path)
    }

    async fn fetch(&self) -> Result<Snapshot, SourceError> {
        Ok(Snapshot { path: self.path.clone(), name: self.path.clone(), fingerprint: fingerprint(&self.path)? })
    }
}

impl<S: Source> Source for std::sync::Arc<S> {
    async fn fingerprint(&self) -> Result<Fingerprint, SourceError> {
        (**self).fingerprint().await
    }

    async fn fetch(&self) -> Result<Snapshot, SourceError> {
        (**self).fetch().await
    }
}
