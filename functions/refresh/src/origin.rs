//! Where this function's database comes from: a file, or an object in S3.

use std::time::Duration;
use vms_core::{ConfigError, Env};
use vms_lambda::SdkConfig;
use vms_refresh::{FileSource, Snapshot, Source};
use vms_snapshot::{Location, S3Source, connect};
use vms_source::{Fingerprint, SourceError};

/// The source that `SOURCE_URL` names.
pub(crate) enum Origin {
    File(FileSource),
    Object(S3Source),
}

impl Origin {
    pub(crate) fn from_env(aws: &SdkConfig, env: &Env<'_>) -> Result<Self, ConfigError> {
        const URL: &str = "SOURCE_URL";
        let url = env.required(URL)?;
        if !url.starts_with("s3://") {
            return FileSource::from_url(&url).map(Self::File);
        }
        let at: Location = url.parse().map_err(|e| ConfigError::new(URL, format!("{e}")))?;
        let client = connect(aws, env, Duration::from_secs(20), Duration::from_secs(6));
        Ok(Self::Object(S3Source::new(client, at, std::env::temp_dir().join("vms-snapshot"))))
    }

    /// The object that it is, where it is one.
    pub(crate) fn object(&self) -> Option<&Location> {
        match self {
            Self::File(_) => None,
            Self::Object(source) => Some(source.location()),
        }
    }
}

impl Source for Origin {
    async fn fingerprint(&self) -> Result<Fingerprint, SourceError> {
        match self {
            Self::File(source) => source.fingerprint().await,
            Self::Object(source) => source.fingerprint().await,
        }
    }

    async fn fetch(&self) -> Result<Snapshot, SourceError> {
        match self {
            Self::File(source) => source.fetch().await,
            Self::Object(source) => source.fetch().await,
        }
    }
}
