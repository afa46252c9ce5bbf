//! The HTTP API from its other side.

use crate::exit;
use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use vms_core::{CacheType, ReportKey};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of one cache.
pub(crate) struct Client {
    base: String,
    key: String,
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// What a refresh is asked for.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Wanted {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache_type: Option<CacheType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) report_key: Option<ReportKey>,
    pub(crate) force: bool,
    pub(crate) dry_run: bool,
}

#[derive(Deserialize)]
struct ProblemBody {
    title: String,
    detail: String,
}

impl Client {
    pub(crate) fn new(url: &str, key: &str) -> anyhow::Result<Self> {
        let base = url.trim_end_matches('/').to_owned();
        let uri: Uri = base.parse().map_err(|_| exit::usage(format!("{url} is no address of a cache")))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(exit::usage(format!("{url} is no address of a cache: it begins with http:// or https://")));
        }
        let connector = HttpsConnectorBuilder::new().with_native_roots().context("no trusted certificates")?;
        let connector = connector.https_or_http().enable_http1().build();
        let http = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base, key: key.to_owned(), http })
    }

    /// A JSON answer.
    pub(crate) async fn get<A: DeserializeOwned>(&self, path: &str) -> anyhow::Result<A> {
        let (status, body) = self.send(Method::GET, path, Bytes::new()).await?;
        read(status, &body)
    }

    /// The body of a report.
    pub(crate) async fn bytes(&self, path: &str) -> anyhow::Result<Bytes> {
        let (status, body) = self.send(Method::GET, path, Bytes::new()).await?;
        if status == StatusCode::OK { Ok(body) } else { Err(refusal(status, &body)) }
    }

    /// An answer that may say that all is not well.
    pub(crate) async fn get_any(&self, path: &str) -> anyhow::Result<(StatusCode, serde_json::Value)> {
        let (status, body) = self.send(Method::GET, path, Bytes::new()).await?;
        let value =
            serde_json::from_slice(&body).with_context(|| format!("{} does not answer as a cache does", self.base))?;
        Ok((status, value))
    }

    /// Sends JSON, and reads a JSON answer.
    pub(crate) async fn post<A: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<A> {
        let (status, body) = self.send(Method::POST, path, serde_json::to_vec(body)?.into()).await?;
        read(status, &body)
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|_| anyhow!("{} is no address of a cache", self.base))?;
        let silent = || format!("{} does not answer; is `vms-cache dev` running?", self.base);
        let answer = async {
            let response = self.http.request(request).await.map_err(|_| anyhow!(silent()))?;
            let status = response.status();
            let body = response.into_body().collect().await.map_err(|_| anyhow!(silent()))?.to_bytes();
            anyhow::Ok((status, body))
        };
        tokio::time::timeout(PATIENCE, answer).await.map_err(|_| anyhow!(silent()))?
    }
}

fn read<A: DeserializeOwned>(status: StatusCode, body: &[u8]) -> anyhow::Result<A> {
    if !status.is_success() {
        return Err(refusal(status, body));
    }
    match serde_json::from_slice(body) {
        Ok(answer) => Ok(answer),
        Err(_) => bail!("the cache answers in a form that this program does not know; are both of one version?"),
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> anyhow::Error {
    match serde_json::from_slice::<ProblemBody>(body) {
        Ok(problem) => anyhow!("{} ({}): {}", problem.title, status.as_u16(), problem.detail),
        Err(_) => anyhow!("the cache answers {status}"),
    }
}
