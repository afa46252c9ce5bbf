//! The client of S3, built in one place.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use std::time::Duration;
use vms_core::Env;

/// Attempts of one call: the first and two more.
const ATTEMPTS: u32 = 3;

/// A client with standard retries (three attempts, exponential with jitter, slower when throttled), of which one
/// attempt takes at most `attempt` and the whole call at most `operation`, the bytes of a download not counted: of
/// those the SDK gives up one that stalls.
///
/// An S3 of one's own (`AWS_ENDPOINT_URL_S3`) is asked by path, since nobody resolves its buckets' host names.
pub fn connect(aws: &SdkConfig, env: &Env<'_>, operation: Duration, attempt: Duration) -> Client {
    let own = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].into_iter().any(|name| env.text(name).is_some());
    let timeouts = TimeoutConfig::builder().operation_timeout(operation).operation_attempt_timeout(attempt).build();
    let config = Builder::from(aws)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        .force_path_style(own || aws.endpoint_url().is_some())
        .build();
    Client::from_conf(config)
}
