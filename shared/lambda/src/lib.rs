//! What the mains of the functions share: settings from the environment, the store's client, and the way from
//! Lambda's HTTP events to our handlers and back.

mod trust;

use aws_config::BehaviorVersion;
use http_body_util::BodyExt as _;
use lambda_http::http::Uri;
use lambda_http::{Body, Error, RequestExt as _, service_fn};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use vms_core::{ConfigError, Env, FreshnessLimits, SystemClock};
use vms_http::{Context, Handle, Request, RequestId};
use vms_store::{DynamoTable, Store, connect};
use vms_telemetry::{CloudWatch, EmbeddedMetrics};

pub use aws_config::SdkConfig;

/// The process's environment variables.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The AWS settings of this process: region, credentials, endpoints, and whom to trust.
pub async fn aws() -> SdkConfig {
    trust::trusting(aws_config::defaults(BehaviorVersion::latest()), &Env::new(&variable)).load().await
}

/// The store that `TABLE_NAME` names. One call may take as long as a reader waits for an answer.
pub fn store(aws: &SdkConfig, env: &Env<'_>) -> Result<Arc<Store<DynamoTable>>, ConfigError> {
    let client = connect(aws, Duration::from_secs(8), Duration::from_secs(3));
    let table = DynamoTable::new(client, env.required("TABLE_NAME")?);
    Ok(Arc::new(Store::new(table)))
}

/// Logs, settings and store of an HTTP function.
pub fn http_context(aws: &SdkConfig) -> Result<Context<DynamoTable>, Error> {
    let env = Env::new(&variable);
    vms_telemetry::log_json(&env)?;
    let store = store(aws, &env)?;
    Ok(Context::new(store, Arc::new(SystemClock), FreshnessLimits::from_env(&env)?))
}

/// What an HTTP function counts, as lines of its log.
pub fn embedded_metrics() -> Result<Arc<EmbeddedMetrics>, ConfigError> {
    EmbeddedMetrics::from_env(&Env::new(&variable)).map(Arc::new)
}

/// The metrics and alarms of this stack.
pub fn cloudwatch(aws: &SdkConfig, env: &Env<'_>) -> Result<Arc<CloudWatch>, ConfigError> {
    CloudWatch::from_env(aws, env).map(Arc::new)
}

/// Serves HTTP events until Lambda ends the process; connections are made before the first of them.
pub async fn serve(handler: &impl Handle) -> Result<(), Error> {
    handler.warm_up().await;
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
    let path = uri_path(event.raw_http_path());
    let uri = match event.uri().query() {
        Some(query) => format!("{path}?{query}").parse(),
        None => path.parse(),
    };
    let (parts, body) = event.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    *request.headers_mut() = parts.headers;
    // What is still no URI, for its length, names nothing that is served; neither does this.
    *request.uri_mut() = uri.unwrap_or(Uri::from_static("/-"));
    if let Some(id) = id {
        request.extensions_mut().insert(id);
    }
    Ok(request)
}

/// The path as a URI holds it. An HTTP API hands it over decoded: a space, a `?` or a `#` in it belongs to a name.
fn uri_path(raw: &str) -> String {
    let mut path = String::with_capacity(raw.len());
    for byte in raw.bytes() {
        if byte.is_ascii_alphanumeric() || b"/%-._~!$&'()*+,;=:@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn request_of(event: &str) -> Request {
        request(lambda_http::request::from_str(event).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_decoded_path_stays_one_path_whatever_its_names_hold() {
        let request = request_of(include_str!("../../../events/http-api-report-bare-name.json")).await;
        assert_eq!(
            request.uri().path(),
            "/reports/virtual_session/district/2025-2026/St.%20Mary's%20/%20100%%20%22Se%C3%B1al%22%20%231%3F"
        );
        assert_eq!(request.uri().query(), None);
    }

    #[tokio::test]
    async fn a_key_arrives_as_it_was_sent() {
        for (event, key) in [
            (
                include_str!("../../../events/http-api-report.json"),
                "St.~20Mary~27s~20~2F~20100~25~20~22Se~C3~B1al~22~20~231~3F",
            ),
            (
                include_str!("../../../events/function-url-report.json"),
                "St.%7E20Mary%7E27s%7E20%7E2F%7E20100%7E25%7E20%7E22Se%7EC3%7EB1al%7E22%7E20%7E231%7E3F",
            ),
        ] {
            let request = request_of(event).await;
            assert_eq!(request.uri().path(), format!("/reports/virtual_session/district/2025-2026/{key}"));
        }
    }

    #[tokio::test]
    async fn a_query_and_a_body_arrive_unpacked() {
        let list = request_of(include_str!("../../../events/http-api-list.json")).await;
        assert_eq!(list.uri(), "/reports?cache_type=volunteer&limit=2");
        for event in [
            include_str!("../../../events/http-api-refresh.json"),
            include_str!("../../../events/http-api-refresh-base64.json"),
        ] {
            assert_eq!(request_of(event).await.body(), "{\"cache_type\": \"volunteer\", \"force\": true}");
        }
    }
}
