//! What the SDK's errors mean to the store: who must act, and whether a write may have happened.

use crate::table::TableError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use std::error::Error;
use std::iter::successors;

/// What an error of the SDK means to the store. The service's messages, which may quote an item, stay out.
pub(crate) fn table_error<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> TableError {
    match error {
        SdkError::ServiceError(service) => {
            let failed = service.raw().status().is_server_error();
            match service_error(service.err().code().unwrap_or("Unknown")) {
                TableError::Refused { .. } if failed => TableError::Unavailable,
                known => known,
            }
        }
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => TableError::Unavailable,
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) if error.is_user() || lacks_credentials(error) => TableError::refused(NOT_SENT),
            _ => TableError::Unavailable,
        },
        _ => TableError::refused(NOT_SENT),
    }
}

/// A refusal that is not the service's: the request never left, for want of credentials or of sense.
const NOT_SENT: &str = "NotSent";

/// The SDK tells missing credentials as a failure of the connection. Credentials that are only slow to come are one.
fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    successors(Some(error), |&e| e.source()).any(|e| {
        matches!(
            e.downcast_ref(),
            Some(CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_))
        )
    })
}

fn service_error(code: &str) -> TableError {
    match code {
        "ConditionalCheckFailedException" => TableError::ConditionFailed,
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "TooManyRequestsException"
        | "LimitExceededException" => TableError::Throttled,
        "InternalServerError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "RequestTimeout"
        | "RequestTimeoutException" => TableError::Unavailable,
        code => TableError::refused(code),
    }
}
