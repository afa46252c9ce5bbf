//! A warm GET through the real `reports` function, as Lambda would drive it.
//!
//! Starts an embedded DynamoDB, a mock of Lambda's Runtime API and the function's own binary, and prints how long a
//! request takes beside what one read of the store takes: the difference is ours. Run with `cargo bench -p vms-tests`
//! after `cargo build --release`; figures are for comparison within one run.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark prints, and stops where it cannot go on"
)]

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use std::convert::Infallible;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use vms_core::{CacheType, Clock, Env, Outcome, RefreshRequest, ReportKey, Role, RunId, SystemClock, Trigger};
use vms_refresh::{FileSource, RefreshConfig, Refresher};
use vms_sample::{Scale, Spec};
use vms_store::{ApiKey, DynamoTable, KeySecret, Read, Store};

const WARM_UP: usize = 50;
const COUNTED: usize = 1000;

type Answers = mpsc::UnboundedReceiver<(Instant, Bytes)>;

/// A mock of the Runtime API: hands out events, and tells when each was answered.
struct Runtime {
    events: mpsc::UnboundedSender<String>,
    answers: Answers,
    url: String,
}

impl Runtime {
    async fn start() -> Self {
        let (events, next) = mpsc::unbounded_channel::<String>();
        let (answered, answers) = mpsc::unbounded_channel();
        let next = Arc::new(Mutex::new(next));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (next, answered) = (next.clone(), answered.clone());
                let service = service_fn(move |request| serve(request, next.clone(), answered.clone()));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { events, answers, url }
    }

    /// Sends an event and waits for its answer: the time in between, and the answer.
    async fn invoke(&mut self, event: &str) -> (Duration, serde_json::Value) {
        let sent = Instant::now();
        self.events.send(event.to_owned()).unwrap();
        let (at, body) = self.answers.recv().await.unwrap();
        (at - sent, serde_json::from_slice(&body).unwrap())
    }
}

async fn serve(
    request: hyper::Request<Incoming>,
    next: Arc<Mutex<mpsc::UnboundedReceiver<String>>>,
    answered: mpsc::UnboundedSender<(Instant, Bytes)>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    if request.uri().path().ends_with("/invocation/next") {
        let event = next.lock().await.recv().await.unwrap_or_default();
        let response = hyper::Response::builder()
            .header("lambda-runtime-aws-request-id", "00000000-0000-0000-0000-000000000000")
            .header("lambda-runtime-deadline-ms", "99999999999999")
            .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:1:function:reports");
        return Ok(response.body(Full::from(event)).unwrap());
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    answered.send((Instant::now(), body)).unwrap();
    Ok(hyper::Response::builder().status(202).body(Full::default()).unwrap())
}

fn event(key: &ReportKey, secret: &KeySecret, etag: Option<&str>) -> String {
    let mut headers = serde_json::json!({
        "authorization": format!("Bearer {}", secret.expose()), "accept-encoding": "gzip", "host": "localhost",
    });
    if let Some(etag) = etag {
        headers["if-none-match"] = etag.into();
    }
    let path = format!("/reports/{key}");
    serde_json::json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
        "isBase64Encoded": false,
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "localhost", "domainPrefix": "localhost", "requestId": "r",
            "routeKey": "$default", "stage": "$default", "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1,
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"},
        },
    })
    .to_string()
}

fn percentiles(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |p: usize| times[(times.len() - 1) * p / 100].as_secs_f64() * 1e3;
    println!("{name:34} p50 {:7.3} ms   p99 {:7.3} ms   ({} requests)", at(50), at(99), times.len());
}

fn start_function(runtime: &str, store: &str) -> Child {
    let target =
        std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../target").into());
    let path = format!("{target}/release/reports");
    let mut command = Command::new(&path);
    command.env("AWS_LAMBDA_RUNTIME_API", runtime).env("AWS_LAMBDA_FUNCTION_NAME", "reports");
    command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256").env("AWS_LAMBDA_FUNCTION_VERSION", "1");
    command.env("AWS_LAMBDA_LOG_STREAM_NAME", "s").env("AWS_LAMBDA_LOG_GROUP_NAME", "g").env("LOG_LEVEL", "warn");
    command.env("AWS_ENDPOINT_URL_DYNAMODB", store).env("TABLE_NAME", "bench").env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "x").stdout(Stdio::null());
    command.spawn().unwrap_or_else(|e| panic!("{path}: {e}; run `cargo build --release` first"))
}

/// An embedded DynamoDB with an empty table, and its address.
async fn embedded() -> (Arc<Store<DynamoTable>>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let credentials = Credentials::new("x", "x", None, None, "bench");
    let aws = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(&url)
        .load()
        .await;
    let client = vms_store::connect(&aws, Duration::from_secs(20), Duration::from_secs(8));
    vms_store::create_table(&client, "bench").await.unwrap();
    (Arc::new(Store::new(DynamoTable::new(client, "bench"))), url)
}

/// Refreshes the volunteer reports of a small sample.
async fn refresh(store: &Arc<Store<DynamoTable>>, folder: &Path) {
    let now = SystemClock.now();
    let path = folder.join("sample.db");
    vms_sample::write(&path, &Spec { seed: 1, scale: Scale::Small, as_of: now }, &mut |_, _| ()).unwrap();
    let config = RefreshConfig::from_env(&Env::new(&|_| None), |_| unreachable!()).unwrap();
    let refresher = Refresher::new(store.clone(), FileSource::new(path), Arc::new(SystemClock), config);
    let request = RefreshRequest::new(RunId::new(CacheType::Volunteer, now, 1), Trigger::Manual);
    let run = refresher.run(&request, now + SignedDuration::from_mins(10)).await.unwrap();
    assert_eq!(run.outcome, Some(Outcome::Succeeded));
}

async fn reader_key(store: &Store<DynamoTable>) -> KeySecret {
    let secret = KeySecret::from_entropy([7; 32]);
    let key = ApiKey {
        id: "key-bench".into(),
        name: "bench".into(),
        role: Role::Reader,
        created_at: SystemClock.now(),
        revoked_at: None,
    };
    store.create_key(&secret, &key).await.unwrap();
    secret
}

#[tokio::main]
async fn main() {
    let (store, url) = embedded().await;
    let folder = tempfile::tempdir().unwrap();
    refresh(&store, folder.path()).await;
    let secret = reader_key(&store).await;
    let key = ReportKey::VolunteerRecentDays;
    let entry = store.entry(&key, Read::Eventual).await.unwrap().unwrap();

    let mut runtime = Runtime::start().await;
    let mut function = start_function(&runtime.url, &url);
    let get = event(&key, &secret, None);
    let etag = format!("\"{}-gzip\"", entry.current.etag);
    let conditional = event(&key, &secret, Some(&etag));
    let (first, answer) = runtime.invoke(&get).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    println!("report of {} bytes, {} stored; first request {first:?}", entry.current.bytes, entry.current.stored_bytes);
    for (name, event, status) in [("GET, body from memory", &get, 200), ("GET, 304", &conditional, 304)] {
        let mut times = Vec::with_capacity(COUNTED);
        for n in 0..WARM_UP + COUNTED {
            let (time, answer) = runtime.invoke(event).await;
            assert_eq!(answer["statusCode"], status);
            if n >= WARM_UP {
                times.push(time);
            }
        }
        percentiles(name, times);
    }
    percentiles("the store's own answer (GetItem)", store_reads(&store, &key).await);
    function.kill().unwrap();
    function.wait().unwrap();
}

async fn store_reads(store: &Store<DynamoTable>, key: &ReportKey) -> Vec<Duration> {
    let mut times = Vec::with_capacity(COUNTED);
    for n in 0..WARM_UP + COUNTED {
        let start = Instant::now();
        store.entry(key, Read::Eventual).await.unwrap();
        if n >= WARM_UP {
            times.push(start.elapsed());
        }
    }
    times
}
