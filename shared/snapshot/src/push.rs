//! The upload of a snapshot.

use crate::fault::{Fault, fault};
use crate::location::Location;
use crate::metadata::{FORM, PRESENT_FORM, SHA256, TAKEN_AT};
use crate::pack::Packed;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use std::sync::Arc;

/// What S3 takes in one piece.
const LARGEST: u64 = 5_000_000_000;

/// An upload that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The version that it became, in a bucket that keeps versions.
    pub version: Option<String>,
}

/// Why nothing was uploaded. What was there before is there still.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// Too much for one piece.
    #[error(
        "{bytes} bytes compressed are more than the {LARGEST} that S3 takes in one piece, and more is not supported"
    )]
    TooLarge {
        /// The size.
        bytes: u64,
    },
    /// The temporary file is gone.
    #[error("the compressed copy cannot be read back; leave the folder that TMPDIR names alone meanwhile")]
    Unreadable,
    /// No such bucket.
    #[error("{0}: no such bucket; name an existing one")]
    NoBucket(Location),
    /// S3 refuses.
    #[error("{at}: S3 refuses the upload ({code}); grant s3:PutObject on it to the credentials in use")]
    Refused {
        /// Where to.
        at: Location,
        /// S3's code.
        code: String,
    },
    /// Nothing to sign requests with.
    #[error("{0}: there are no AWS credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")]
    NoCredentials(Location),
    /// No answer, after retries.
    #[error("{0}: S3 does not answer; check AWS_REGION and the network, and push again")]
    NoAnswer(Location),
}

/// Uploads a snapshot, which was taken from VMS at that time. `progress` is told how many bytes are on their way.
pub async fn push(
    client: &Client,
    to: &Location,
    packed: &Packed,
    taken_at: Timestamp,
    progress: Arc<dyn Fn(u64) + Send + Sync>,
) -> Result<Pushed, PushError> {
    if packed.bytes > LARGEST {
        return Err(PushError::TooLarge { bytes: packed.bytes });
    }
    let body = ByteStream::from_path(packed.file.path()).await.map_err(|_| PushError::Unreadable)?;
    let body = body.into_inner().map_preserve_contents(move |body| {
        let progress = Arc::clone(&progress);
        let mut done = 0;
        SdkBody::from_body_1_x(body.map_frame(move |frame| {
            done += frame.data_ref().map_or(0, |data| data.len() as u64);
            progress(done);
            frame
        }))
    });
    let put = client
        .put_object()
        .bucket(&to.bucket)
        .key(&to.key)
        .content_length(packed.bytes as i64)
        .content_type("application/gzip")
        .checksum_sha256(STANDARD.encode(packed.sha256))
        .metadata(TAKEN_AT, taken_at.to_string())
        .metadata(SHA256, packed.sha256_hex())
        .metadata(FORM, PRESENT_FORM)
        .body(ByteStream::new(body));
    let answer = put.send().await.map_err(|e| refused(fault(&e), to))?;
    Ok(Pushed { version: answer.version_id })
}

fn refused(fault: Fault, to: &Location) -> PushError {
    let at = to.clone();
    match fault {
        Fault::NoBucket | Fault::NoObject => PushError::NoBucket(at),
        Fault::Refused(code) => PushError::Refused { at, code },
        Fault::Replaced => PushError::Refused { at, code: "PreconditionFailed".to_owned() },
        Fault::NoCredentials => PushError::NoCredentials(at),
        Fault::NoAnswer => PushError::NoAnswer(at),
    }
}
