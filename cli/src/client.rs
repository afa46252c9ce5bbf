//! The HTTP API from its other side.

use crate::exit;
use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Read as _;
use std::time::Duration;
use vms_core::{CacheType, ReportKey, State};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of one cache.
pub(crate) struct Client {
    base: String,
    /// Whether that is on this machine, where it may be the local `dev`.
    is_here: bool,
    key: Option<String>,
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

/// A report in the list.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    pub(crate) key: ReportKey,
    pub(crate) cache_type: CacheType,
    pub(crate) bytes: u64,
    pub(crate) state: State,
}

#[derive(Deserialize)]
struct Page {
    reports: Vec<Listed>,
    next_cursor: Option<ReportKey>,
}

#[derive(Deserialize)]
struct ProblemBody {
    r#type: String,
    title: String,
    detail: String,
}

/// A refusal, in the cache's own words.
#[derive(Debug)]
struct Refused {
    kind: String,
    text: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refused {}

/// That nothing came which the cache itself said.
#[derive(Debug)]
struct NoAnswer(String);

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoAnswer {}

/// Whether an error may have passed when the cache is asked again.
pub(crate) fn may_pass(error: &anyhow::Error) -> bool {
    let is_unavailable = |refused: &Refused| refused.kind == "/problems/unavailable";
    error.is::<NoAnswer>() || error.downcast_ref().is_some_and(is_unavailable)
}

/// Whether an error says that a report of that key may exist, but is not in the cache.
pub(crate) fn is_not_cached(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| refused.kind == "/problems/not-cached")
}

/// Whether an error says that a key is missing, or may not do this.
pub(crate) fn is_unauthorized(error: &anyhow::Error) -> bool {
    let kinds = ["/problems/unauthorized", "/problems/forbidden"];
    error.downcast_ref::<Refused>().is_some_and(|refused| kinds.contains(&refused.kind.as_str()))
}

impl Client {
    pub(crate) fn new(url: &str, key: Option<String>) -> anyhow::Result<Self> {
        let base = url.to_owned();
        let uri: Uri = base.parse().map_err(|_| exit::usage(format!("{url} is no address of a cache")))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(exit::usage(format!("{url} is no address of a cache: it begins with http:// or https://")));
        }
        let connector = HttpsConnectorBuilder::new().with_native_roots().context("no trusted certificates")?;
        let connector = connector.https_or_http().enable_http1().build();
        let http = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base, is_here: is_here(&uri), key, http })
    }

    /// A JSON answer.
    pub(crate) async fn get<A: DeserializeOwned>(&self, path: &str) -> anyhow::Result<A> {
        let (status, body) = self.send(Method::GET, path, Bytes::new()).await?;
        read(status, &body)
    }

    /// Whether it has a key to show.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Every cached report, of one type or of all, page by page.
    pub(crate) async fn reports(&self, only: Option<CacheType>) -> anyhow::Result<Vec<Listed>> {
        let only = only.map(|t| format!("&cache_type={t}")).unwrap_or_default();
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page: Page = self.get(&format!("/reports?limit=1000{only}{cursor}")).await?;
            all.extend(page.reports);
            match page.next_cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
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
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT_ENCODING, "gzip")
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        let request = request.body(Full::new(body)).map_err(|_| anyhow!("{} is no address of a cache", self.base))?;
        let answer = async {
            let response = self.http.request(request).await.map_err(|error| self.silent(&root(&error)))?;
            let status = response.status();
            let is_packed = response.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
            let body = response.into_body().collect().await.map_err(|error| self.silent(&root(&error)))?.to_bytes();
            anyhow::Ok((status, if is_packed { unpacked(&body)? } else { body }))
        };
        let late = |_| self.silent(&format!("nothing came within {} s", PATIENCE.as_secs()));
        tokio::time::timeout(PATIENCE, answer).await.map_err(late)?
    }

    /// What is said where no answer comes.
    fn silent(&self, why: &str) -> anyhow::Error {
        let hint = if self.is_here { "; is `vms-cache dev` running?" } else { "" };
        NoAnswer(format!("{} does not answer: {why}{hint}", self.base)).into()
    }
}

/// What is at the bottom of an error, such as a refused connection or a certificate that nobody trusts.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |&e| e.source()).last().map(ToString::to_string).unwrap_or_default()
}

/// Whether an address is one of this machine.
fn is_here(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
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

/// The larger reports are only sent packed.
fn unpacked(body: &[u8]) -> anyhow::Result<Bytes> {
    let mut plain = Vec::new();
    GzDecoder::new(body).read_to_end(&mut plain).context("the cache's answer is damaged")?;
    Ok(plain.into())
}

fn refusal(status: StatusCode, body: &[u8]) -> anyhow::Error {
    match serde_json::from_slice::<ProblemBody>(body) {
        Ok(problem) => {
            let text = format!("{} ({}): {}", problem.title, status.as_u16(), problem.detail);
            Refused { kind: problem.r#type, text }.into()
        }
        Err(_) => NoAnswer(format!("the cache answers {status}")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_this_machine_may_be_that_of_dev() {
        for (address, expected) in [
            ("http://127.0.0.1:8321", true),
            ("http://LOCALHOST", true),
            ("http://[::1]:8321", true),
            ("https://cache.example.org", false),
            ("http://10.0.0.7:8321", false),
            ("http://[2001:db8::1]", false),
        ] {
            assert_eq!(is_here(&address.parse().unwrap()), expected, "{address}");
        }
    }
}
