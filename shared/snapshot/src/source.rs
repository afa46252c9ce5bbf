//! The database in S3 as the source of a refresh.

use crate::fault::{Fault, fault};
use crate::kept::Kept;
use crate::location::Location;
use crate::metadata::{FORM, PRESENT_FORM, SHA256, TAKEN_AT};
use crate::unpack::{Piece, UnpackError, hex, unpack};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use tokio::sync::{Mutex, mpsc};
use vms_refresh::{Snapshot, Source};
use vms_source::{Fingerprint, SourceError};

/// The most that a database may have, unpacked: what the largest ephemeral storage of a function holds.
const LIMIT: u64 = 10 << 30;
/// Pieces of a download that may wait to be unpacked.
const QUEUE: usize = 8;

/// A snapshot in S3; each of its versions is downloaded once.
#[derive(Debug)]
pub struct S3Source {
    client: Client,
    at: Location,
    kept: Kept,
    limit: u64,
    turn: Mutex<()>,
}

/// A version of the object.
struct Version {
    id: Option<String>,
    etag: String,
    taken_at: Timestamp,
    sha256: Option<String>,
}

impl S3Source {
    /// The object at that place, kept unpacked in a folder that is this source's alone.
    pub fn new(client: Client, at: Location, folder: impl Into<PathBuf>) -> Self {
        Self { client, at, kept: Kept::new(folder.into()), limit: LIMIT, turn: Mutex::new(()) }
    }

    /// The same for a database of at most so many bytes.
    #[must_use]
    pub fn at_most(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.at
    }

    async fn present(&self) -> Result<Version, SourceError> {
        match self.client.head_object().bucket(&self.at.bucket).key(&self.at.key).send().await {
            Ok(head) => Version::of(&head, &self.at),
            Err(SdkError::ServiceError(_)) => Err(self.why().await),
            Err(error) => Err(fault(&error).reading(&self.at)),
        }
    }

    /// Why there was no answer to HEAD, which has no room for reasons: a missing bucket looks like a missing object.
    async fn why(&self) -> SourceError {
        let first = self.client.get_object().bucket(&self.at.bucket).key(&self.at.key).range("bytes=0-0");
        match first.send().await {
            Ok(_) => SourceError::NoAnswer(self.at.name()),
            Err(error) => fault(&error).reading(&self.at),
        }
    }

    /// Downloads and unpacks a version. Whatever ends it early leaves nothing behind.
    async fn download(&self, version: &Version, path: &Path) -> Result<(), SourceError> {
        let file = self.kept.begin().map_err(|e| self.unusable(&e))?;
        let get = self.client.get_object().bucket(&self.at.bucket).key(&self.at.key);
        // A version that has an id stays what it is; of one without, only the etag tells.
        let get = match &version.id {
            Some(id) => get.version_id(id),
            None => get.if_match(&version.etag),
        };
        let answer = get.send().await.map_err(|e| match fault(&e) {
            // It was there a moment ago.
            Fault::NoObject => SourceError::Replaced(self.at.name()),
            fault => fault.reading(&self.at),
        })?;
        let (file, sha256) = self.receive(answer.body, file).await?;
        if version.sha256.as_ref().is_some_and(|expected| !expected.eq_ignore_ascii_case(&sha256)) {
            return Err(SourceError::Checksum(self.at.name()));
        }
        file.persist(path).map_err(|e| self.unusable(&e.error.into()))?;
        Ok(())
    }

    /// Unpacks a body into the file while it arrives.
    async fn receive(
        &self,
        mut body: ByteStream,
        mut file: NamedTempFile,
    ) -> Result<(NamedTempFile, String), SourceError> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let limit = self.limit;
        let unpacking = tokio::task::spawn_blocking(move || {
            let sha256 = unpack(receiver, &mut file, limit)?;
            Ok::<_, UnpackError>((file, sha256))
        });
        let whole = loop {
            match body.next().await {
                Some(Ok(bytes)) => {
                    // Where nobody receives any more, the unpacking says why.
                    if sender.send(Piece::Bytes(bytes)).await.is_err() {
                        break false;
                    }
                }
                Some(Err(_)) => break false,
                None => break true,
            }
        };
        if whole {
            let _ = sender.send(Piece::End).await;
        }
        drop(sender);
        match unpacking.await {
            Ok(unpacked) => unpacked.map_err(|e| self.unusable(&e)),
            Err(_) => Err(SourceError::BrokenOff(self.at.name())),
        }
    }

    fn unusable(&self, error: &UnpackError) -> SourceError {
        let path = self.at.name();
        match error {
            UnpackError::UnknownForm => SourceError::UnknownForm(path),
            UnpackError::BrokenOff => SourceError::BrokenOff(path),
            UnpackError::Damaged(form) => SourceError::Packed { path, form },
            UnpackError::TooLarge => SourceError::TooLarge { path, limit: self.limit },
            UnpackError::Write(error) => {
                SourceError::NoRoom { path, folder: self.kept.folder().to_path_buf(), kind: error.kind() }
            }
        }
    }
}

impl Source for S3Source {
    async fn fingerprint(&self) -> Result<Fingerprint, SourceError> {
        Ok(self.present().await?.fingerprint())
    }

    async fn fetch(&self) -> Result<Snapshot, SourceError> {
        let _turn = self.turn.lock().await;
        let version = self.present().await?;
        let path = self.kept.path(&version.content(&self.at));
        if !path.exists() {
            self.download(&version, &path).await?;
        }
        Ok(Snapshot { path, name: self.at.name(), fingerprint: version.fingerprint() })
    }
}

impl Version {
    fn of(head: &HeadObjectOutput, at: &Location) -> Result<Self, SourceError> {
        let told = |name: &str| head.metadata().and_then(|all| all.get(name)).cloned();
        if let Some(form) = told(FORM).filter(|form| form != PRESENT_FORM) {
            return Err(SourceError::NewerForm { path: at.name(), form: form.chars().take(20).collect() });
        }
        let etag = head.e_tag().unwrap_or_default().to_owned();
        let uploaded_at = head.last_modified().and_then(timestamp).unwrap_or(Timestamp::UNIX_EPOCH);
        // Nothing was taken after it was uploaded (to the second that S3 tells); a clock that says so is wrong.
        let latest = uploaded_at + SignedDuration::from_secs(1);
        let taken_at = told(TAKEN_AT).and_then(|text| text.parse().ok()).filter(|taken: &Timestamp| *taken <= latest);
        Ok(Self {
            // A bucket without versions has none to tell apart.
            id: head.version_id().filter(|id| *id != "null").map(str::to_owned),
            etag,
            taken_at: taken_at.unwrap_or(uploaded_at),
            sha256: told(SHA256),
        })
    }

    /// The same bytes taken anew are a new version, too: reports that come out of them are younger.
    fn fingerprint(&self) -> Fingerprint {
        let version = match &self.id {
            Some(id) => id.clone(),
            None => format!("{}@{}", self.etag.trim_matches('"'), self.taken_at),
        };
        Fingerprint { version, taken_at: self.taken_at }
    }

    /// A name for its bytes: one etag, one content.
    fn content(&self, at: &Location) -> String {
        hex(&Sha256::digest(format!("{at}\n{}", self.etag)))[..32].to_owned()
    }
}

fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), time.subsec_nanos() as i32).ok()
}
