//! What the mains of the functions share: settings from the environment, the store's client, and the way from
//! Lambda's HTTP events to our handlers and back.

use aws_config::BehaviorVersion;
use http_body_util::BodyExt as _;
use lambda_http::{Body, Error, RequestExt as _, service_fn};
use std::sync::Arc;
use std::time::Duration;
use vms_core::{ConfigError, Env, FreshnessLimits, SystemClock};
use vms_http::{Context, Handle, Request, RequestId};
use vms_store::{DynamoTable, Store, connect};

pub use aws_config::SdkConfig;

/// The process's environment variables.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The AWS settings of this process: region, credentials, endpoints.
pub async fn aws() -> SdkConfig {
    aws_config::load_defaults(BehaviorVersion::latest()).await
}

/// The store that `TABLE_NAME` names. One call may take as long as a reader waits for an answer.
pub fn store(aws: &SdkConfig, env: &Env<'_>) -> Result<Arc<Store<DynamoTable>>, ConfigError> {
    let client = connect(aws, Duration::from_secs(8), Duration::from_secs(3));
    let table = DynamoTable::new(client, env.required("TABLE_NAME")?);
    Ok(Arc::new(Store::new(table)))
}

/// Logs, settings and store of an HTTP function.
pub async fn http_context() -> Result<Context<DynamoTable>, Error> {
    let env = Env::new(&variable);
    vms_telemetry::log_json(&env)?;
    let store = store(&aws().await, &env)?;
    Ok(Context::new(store, Arc::new(SystemClock), FreshnessLimits::from_env(&env)?))
}

/// Serves HTTP events until Lambda ends the process.
pub async fn serve(handler: &impl Handle) -> Result<(), Error> {
    lambda_http::run(service_fn(|event: lambda_http::Request| async move {
        let response = handler.handle(&request(event).await?).await;
        Ok::<_, Error>(response.map(|body| Body::Binary(body.into())))
    }))
    .await
}

/// The request in an event, with the path as Lambda hands it over and Lambda's own id of the request.
///
/// # Errors
///
/// Where the event's body cannot be read.
pub async fn request(event: lambda_http::Request) -> Result<Request, Error> {
    let id = event.lambda_context_ref().map(|context| RequestId(context.request_id.clone()));
    let uri = match event.uri().query() {
        Some(query) => format!("{}?{query}", event.raw_http_path()).parse(),
        None => event.raw_http_path().parse(),
    };
    let (parts, body) = event.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    *request.headers_mut() = parts.headers;
    // A path that is no URI, with a raw space for one, names nothing that is served.
    *request.uri_mut() = uri.unwrap_or_default();
    if let Some(id) = id {
        request.extensions_mut().insert(id);
    }
    Ok(request)
}
