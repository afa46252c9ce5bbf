//! A small S3: buckets with and without versions, the requests that a push and a refresh make, and bad days.

use super::{client, hex};
use aws_sdk_s3::Client;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;

/// What happens to a GET on its way.
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// S3 fails.
    Failed,
    /// S3 refuses.
    Refused,
    /// The connection ends in the middle of the body.
    CutOff,
    /// The body stops in its middle for longer than anybody waits.
    Stalled,
    /// Just before, another object takes the place.
    Replaced(Vec<u8>),
}

#[derive(Clone)]
struct Object {
    version: Option<String>,
    etag: String,
    body: Bytes,
    metadata: BTreeMap<String, String>,
    modified: Timestamp,
}

#[derive(Default)]
struct Bucket {
    versioned: bool,
    objects: BTreeMap<String, Vec<Object>>,
}

#[derive(Default)]
struct State {
    buckets: BTreeMap<String, Bucket>,
    faults: VecDeque<Fault>,
    met: Vec<String>,
    refuses_all: bool,
}

/// The S3, and its address.
pub(crate) struct S3 {
    state: Arc<Mutex<State>>,
    pub(crate) endpoint: String,
}

type Answer = Response<BoxBody<Bytes, io::Error>>;

impl S3 {
    /// Starts one.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let served = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = Arc::clone(&served);
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(Arc::clone(&served), request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { state, endpoint }
    }

    /// The same with a bucket without versions.
    pub(crate) async fn with_bucket(name: &str) -> Self {
        let s3 = Self::start().await;
        s3.state().buckets.insert(name.to_owned(), Bucket::default());
        s3
    }

    pub(crate) fn client(&self) -> Client {
        client(&self.endpoint)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Puts an object in, as somebody who does not push.
    pub(crate) fn put(&self, bucket: &str, key: &str, body: &[u8], metadata: &[(&str, &str)]) {
        let metadata = metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.state().put(bucket, key, Bytes::copy_from_slice(body), metadata);
    }

    /// The bytes of an object, and what is told of it.
    pub(crate) fn object(&self, bucket: &str, key: &str) -> (Bytes, BTreeMap<String, String>) {
        let state = self.state();
        let object = state.buckets[bucket].objects[key].last().unwrap();
        (object.body.clone(), object.metadata.clone())
    }

    /// What happens to the next downloads, one after the other.
    pub(crate) fn meet(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults = faults.into_iter().collect();
    }

    /// From now on everybody is refused, or nobody.
    pub(crate) fn refuse_all(&self, refuses: bool) {
        self.state().refuses_all = refuses;
    }

    /// How many requests of that method it has met since it was last asked.
    pub(crate) fn met(&self, method: &str) -> usize {
        let mut state = self.state();
        let before = state.met.len();
        state.met.retain(|m| m != method);
        before - state.met.len()
    }
}

impl State {
    fn put(&mut self, bucket: &str, key: &str, body: Bytes, metadata: BTreeMap<String, String>) -> Option<Object> {
        let number = self.met.len();
        let bucket = self.buckets.get_mut(bucket)?;
        let hash = Sha256::digest(&body);
        let etag = format!("\"{}\"", hex(&hash[..16]));
        let versions = bucket.objects.entry(key.to_owned()).or_default();
        let version = bucket.versioned.then(|| format!("v{}.{number}", versions.len()));
        let object = Object { version, etag, body, metadata, modified: Timestamp::now() };
        if !bucket.versioned {
            versions.clear();
        }
        versions.push(object.clone());
        Some(object)
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> io::Result<Answer> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let mut state = state.lock().unwrap();
    state.met.push(parts.method.to_string());
    let path = parts.uri.path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    if state.refuses_all {
        return Ok(refusal(&parts.method, StatusCode::FORBIDDEN, "AccessDenied"));
    }
    let query = parts.uri.query().unwrap_or_default();
    match (&parts.method, key) {
        (&Method::PUT, "") if query.contains("versioning") => {
            state.buckets.get_mut(bucket).unwrap().versioned = true;
            Ok(Response::new(whole(Bytes::new())))
        }
        (&Method::PUT, "") => {
            state.buckets.insert(bucket.to_owned(), Bucket::default());
            Ok(Response::new(whole(Bytes::new())))
        }
        (&Method::PUT, key) => Ok(put(&mut state, bucket, key, &parts.headers, body)),
        (&Method::GET, key) => {
            let fault = state.faults.pop_front().unwrap_or(Fault::None);
            if let Fault::Replaced(body) = fault {
                state.put(bucket, key, body.into(), BTreeMap::new());
                return Ok(read(&state, bucket, key, &parts, &Fault::None));
            }
            Ok(read(&state, bucket, key, &parts, &fault))
        }
        (_, key) => Ok(read(&state, bucket, key, &parts, &Fault::None)),
    }
}

fn put(state: &mut State, bucket: &str, key: &str, headers: &HeaderMap, body: Bytes) -> Answer {
    let told = headers.get("x-amz-checksum-sha256").map(|v| v.to_str().unwrap());
    if told.is_some_and(|told| told != STANDARD.encode(Sha256::digest(&body))) {
        return refusal(&Method::PUT, StatusCode::BAD_REQUEST, "BadDigest");
    }
    let own = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        let name = name.as_str().strip_prefix("x-amz-meta-")?;
        Some((name.to_owned(), value.to_str().unwrap().to_owned()))
    };
    let Some(object) = state.put(bucket, key, body, headers.iter().filter_map(own).collect()) else {
        return refusal(&Method::PUT, StatusCode::NOT_FOUND, "NoSuchBucket");
    };
    described(&object).body(whole(Bytes::new())).unwrap()
}

fn read(state: &State, bucket: &str, key: &str, parts: &http::request::Parts, fault: &Fault) -> Answer {
    let method = &parts.method;
    let Some(bucket) = state.buckets.get(bucket) else {
        return refusal(method, StatusCode::NOT_FOUND, "NoSuchBucket");
    };
    let wanted = parts.uri.query().and_then(|q| q.split('&').find_map(|p| p.strip_prefix("versionId=")));
    let mut versions = bucket.objects.get(key).into_iter().flatten().rev();
    let found = match wanted {
        Some(id) => versions.find(|o| o.version.as_deref() == Some(id)),
        None => versions.next(),
    };
    let Some(object) = found else { return refusal(method, StatusCode::NOT_FOUND, "NoSuchKey") };
    let matches = parts.headers.get(header::IF_MATCH).is_none_or(|etag| etag.to_str().unwrap() == object.etag);
    if !matches {
        return refusal(method, StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
    }
    let body = object.body.clone();
    let length = body.len();
    let answer = described(object).header(header::CONTENT_LENGTH, length);
    let half = body.slice(..length / 2);
    match fault {
        Fault::Failed => refusal(method, StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        Fault::Refused => refusal(method, StatusCode::FORBIDDEN, "AccessDenied"),
        Fault::CutOff => answer
            .body(then(half, async {
                // What was sent so far arrives before that.
                tokio::time::sleep(Duration::from_millis(200)).await;
                Err(io::ErrorKind::ConnectionReset.into())
            }))
            .unwrap(),
        Fault::Stalled => answer
            .body(then(half, async {
                tokio::time::sleep(Duration::from_mins(5)).await;
                Err(io::ErrorKind::TimedOut.into())
            }))
            .unwrap(),
        Fault::None | Fault::Replaced(_) if method == Method::HEAD => answer.body(whole(Bytes::new())).unwrap(),
        Fault::None | Fault::Replaced(_) => answer.body(whole(body)).unwrap(),
    }
}

fn described(object: &Object) -> http::response::Builder {
    let modified = object.modified.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut answer = Response::builder().header(header::ETAG, &object.etag).header(header::LAST_MODIFIED, modified);
    if let Some(version) = &object.version {
        answer = answer.header("x-amz-version-id", version);
    }
    for (name, value) in &object.metadata {
        answer = answer.header(format!("x-amz-meta-{name}"), value);
    }
    answer
}

/// An error as S3 words it; the answer to HEAD has no words.
fn refusal(method: &Method, status: StatusCode, code: &str) -> Answer {
    let words = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>a test's</Message></Error>");
    let body = if method == Method::HEAD { Bytes::new() } else { words.into() };
    Response::builder().status(status).header(header::CONTENT_TYPE, "application/xml").body(whole(body)).unwrap()
}

fn whole(body: Bytes) -> BoxBody<Bytes, io::Error> {
    Full::new(body).map_err(|never| match never {}).boxed()
}

/// Some bytes, and then what happens instead of more.
fn then(
    bytes: Bytes,
    end: impl Future<Output = io::Result<Frame<Bytes>>> + Send + Sync + 'static,
) -> BoxBody<Bytes, io::Error> {
    use futures_util::StreamExt as _;
    let first = stream::iter([Ok(Frame::data(bytes))]);
    BodyExt::boxed(StreamBody::new(first.chain(stream::once(end))))
}
