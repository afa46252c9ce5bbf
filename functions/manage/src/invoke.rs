//! Hands requests to the refresh functions: asynchronous invocations, answered as soon as they are queued.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use std::time::Duration;
use vms_core::{ConfigError, Env, RefreshRequest};
use vms_http::Invoke;
use vms_lambda::SdkConfig;

/// How long it may take to hand a request over: those of all types, one after the other, within this function's time.
const LONGEST: Duration = Duration::from_secs(5);
/// How long one attempt may take.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(2);

/// The refresh functions of this stack.
pub(crate) struct RefreshFunctions {
    client: Client,
    /// A function's name, with `{cache_type}` where each type has one of its own.
    pattern: String,
}

impl RefreshFunctions {
    /// The functions that `REFRESH_FUNCTION` names.
    pub(crate) fn new(aws: &SdkConfig, env: &Env<'_>) -> Result<Self, ConfigError> {
        let timeouts = TimeoutConfig::builder().operation_timeout(LONGEST).operation_attempt_timeout(LONGEST_ATTEMPT);
        let config = Builder::from(aws).timeout_config(timeouts.build()).build();
        Ok(Self { client: Client::from_conf(config), pattern: env.required("REFRESH_FUNCTION")? })
    }
}

impl Invoke for RefreshFunctions {
    async fn invoke(&self, request: RefreshRequest) -> bool {
        let function = self.pattern.replace("{cache_type}", request.cache_type.as_str());
        let Ok(payload) = serde_json::to_vec(&request) else {
            return false;
        };
        let invocation = self.client.invoke().function_name(function).invocation_type(InvocationType::Event);
        match invocation.payload(Blob::new(payload)).send().await {
            Ok(_) => true,
            Err(error) => {
                let code = error.as_service_error().and_then(|e| e.meta().code()).unwrap_or("no answer");
                tracing::error!(run_id = %request.run_id, code, "the refresh function could not be invoked");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::config::BehaviorVersion;

    #[test]
    fn all_types_together_are_asked_within_the_time_of_the_function() {
        let aws = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        let functions = RefreshFunctions::new(&aws, &Env::new(&|_| Some("refresh".to_owned()))).unwrap();
        let longest = functions.client.config().timeout_config().and_then(TimeoutConfig::operation_timeout);
        let types = vms_core::CacheType::ALL.len() as u32;
        assert!(longest.is_some_and(|longest| longest * types < Duration::from_secs(29)), "{longest:?}");
    }
}
