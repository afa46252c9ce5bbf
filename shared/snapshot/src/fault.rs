//! What S3 answers instead of what it was asked for, sorted by who must act.

use crate::location::Location;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use std::error::Error;
use std::iter::successors;
use vms_source::SourceError;

/// Why a request was in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    NoBucket,
    NoObject,
    Replaced,
    Refused(String),
    NoCredentials,
    NoAnswer,
}

/// The fault in an SDK error.
pub(crate) fn fault<E>(error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if lacks_credentials(error) {
        return Fault::NoCredentials;
    }
    let SdkError::ServiceError(answer) = error else { return Fault::NoAnswer };
    let status = answer.raw().status().as_u16();
    match (status, answer.err().code()) {
        (_, Some("NoSuchBucket")) => Fault::NoBucket,
        (404, _) => Fault::NoObject,
        (412, _) => Fault::Replaced,
        (408 | 429 | 500.., _) => Fault::NoAnswer,
        (_, code) => Fault::Refused(code.map_or_else(|| format!("status {status}"), plain)),
    }
}

/// A code as S3 words them: nothing else of an answer is repeated.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    successors(Some(error), |&e| e.source()).any(|e| {
        matches!(
            e.downcast_ref(),
            Some(CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_))
        )
    })
}

impl Fault {
    /// The same for whoever reads that object.
    pub(crate) fn reading(self, at: &Location) -> SourceError {
        let path = at.name();
        match self {
            Self::NoBucket => SourceError::NoBucket(path),
            Self::NoObject => SourceError::NoObject(path),
            Self::Replaced => SourceError::Replaced(path),
            Self::Refused(code) => SourceError::Refused { path, code },
            Self::NoCredentials => SourceError::NoCredentials(path),
            Self::NoAnswer => SourceError::NoAnswer(path),
        }
    }
}
