//! Hands requests to the refresh functions: asynchronous invocations, answered as soon as they are queued.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use vms_core::{ConfigError, Env, RefreshRequest};
use vms_http::Invoke;
use vms_lambda::SdkConfig;

/// The refresh functions of this stack.
pub(crate) struct RefreshFunctions {
    client: Client,
    /// A function's name, with `{cache_type}` where each type has one of its own.
    pattern: String,
}

impl RefreshFunctions {
    /// The functions that `REFRESH_FUNCTION` names.
    pub(crate) fn new(aws: &SdkConfig, env: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self { client: Client::new(aws), pattern: env.required("REFRESH_FUNCTION")? })
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
