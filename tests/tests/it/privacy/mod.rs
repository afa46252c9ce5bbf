//! Nothing personal in what the Lambda functions log and measure: their handlers and the engine run as they do there,
//! on a marked database, in a process of their own whose whole output is read.
//!
//! That process logs JSON lines at the finest level, writes embedded metrics, and prints whatever else must be free
//! of marks: errors, answers that are no report, items of the table, the bodies of calls to CloudWatch.

#![expect(clippy::unwrap_used, reason = "a test ends where what it stands on gives way")]

mod marks;

use crate::snapshots::s3::{self, S3};
use crate::support::{DatabaseFile, GOLDEN_CLOCK};
use crate::telemetry::cloudwatch::{Fake, Mood, aws};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use http::{StatusCode, header};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use marks::found;
use std::io;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use vms_core::{CacheType, Env, FreshnessLimits, Outcome, RefreshRequest, Role, Run, RunId, Trigger};
use vms_http::{Context, Handle, Health, Invoke, Manage, ROUTES, Reports, Status, function_of};
use vms_refresh::{FileSource, RefreshConfig, Refresher, Source};
use vms_snapshot::{Location, S3Source};
use vms_store::{ApiKey, DynamoTable, KeySecret, Read, Store, connect, create_table, keys};
use vms_telemetry::{CloudWatch, EmbeddedMetrics};

/// Set in the process whose output is read.
const INSIDE: &str = "VMS_PRIVACY_INSIDE";
const TEST: &str = "privacy::what_functions_log_and_measure_has_nothing_of_the_database";
/// A slip of the pen, for the proof that one is seen.
const SLIP: &str = "VMS_PRIVACY_SLIP";

/// All that the process of the functions wrote.
fn output(slip: bool) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", TEST, "--nocapture"]).env(INSIDE, "1").env_remove(SLIP);
    if slip {
        command.env(SLIP, "1");
    }
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{}", text.lines().rev().take(40).collect::<Vec<_>>().join("\n"));
    text
}

#[test]
fn what_functions_log_and_measure_has_nothing_of_the_database() {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        return runtime.block_on(Box::pin(work()));
    }
    let text = output(false);
    for words in [
        "\"Cache refresh completed: volunteer took",
        "\"Cache refresh completed with errors: volunteer took",
        "\"CloudWatchMetrics\"",
        "PutMetricData",
        "\"the store failed\"",
        "a defect of the program",
        "the end of it",
    ] {
        assert!(text.contains(words), "not all was done: no {words}");
    }
    if let Some(leak) = found(&text) {
        panic!("what is in the database got out: … {leak} …");
    }
    let longest = text.lines().filter(|line| line.starts_with('{')).map(str::len).max().unwrap_or_default();
    assert!(longest < 2000, "a line of {longest} bytes has more in it than ids, counts and classes");
}

#[test]
fn a_cell_that_is_logged_is_seen() {
    assert!(found(&output(true)).is_some(), "the proof above proves nothing");
}

/// A line of what must be free of marks.
fn tell(line: impl std::fmt::Display) {
    println!("told: {line}");
}

struct Nobody;

impl Invoke for Nobody {
    async fn invoke(&self, _: RefreshRequest) -> bool {
        true
    }
}

/// The functions, on one table.
struct Functions {
    store: Arc<Store<DynamoTable>>,
    health: Health<DynamoTable>,
    reports: Reports<DynamoTable>,
    status: Status<DynamoTable>,
    manage: Manage<DynamoTable, Nobody>,
    meter: Arc<CloudWatch>,
    now: Timestamp,
    secret: KeySecret,
}

impl Functions {
    fn new(client: Client, cloudwatch: &Fake) -> Self {
        let now: Timestamp = GOLDEN_CLOCK.parse().unwrap();
        let store = Arc::new(Store::new(DynamoTable::new(client, "privacy")));
        let meter = Arc::new(cloudwatch.client(&[]));
        let context = || Context::new(store.clone(), Arc::new(now), FreshnessLimits::default());
        let lines = Arc::new(EmbeddedMetrics::from_env(&Env::new(&|_| None)).unwrap());
        Self {
            health: Health::new(context()),
            reports: Reports::new(context()).metered(lines),
            status: Status::new(context()).observing(meter.clone()),
            manage: Manage::new(context(), Nobody),
            store,
            meter,
            now,
            secret: KeySecret::from_entropy([7; 32]),
        }
    }

    /// Refreshes a type, whatever comes of it.
    async fn refresh(&self, cache_type: CacheType, source: impl Source) -> Option<Run> {
        let settings = |name: &str| (name == "ENGAGEMENT_STUDENT_DETAILS").then(|| "on".to_owned());
        let config = RefreshConfig::from_env(&Env::new(&settings), |_| Err(io::ErrorKind::NotFound.into())).unwrap();
        let engine = Refresher::new(self.store.clone(), source, Arc::new(self.now), config);
        let run_id = RunId::new(cache_type, self.now, getrandom());
        let request = RefreshRequest { force: true, ..RefreshRequest::new(run_id, Trigger::Manual) };
        let run = engine.metered(self.meter.clone()).run(&request, self.now + SignedDuration::from_mins(15)).await;
        match run {
            Ok(run) => {
                tell(format!("{run:?}"));
                Some(run)
            }
            Err(error) => {
                tell(format!("{error} {error:?}"));
                None
            }
        }
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> http::Response<Bytes> {
        let request = http::Request::builder().method(method).uri(path);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.secret.expose()));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        match function_of(path) {
            vms_http::Function::Health => Box::pin(self.health.handle(&request)).await,
            vms_http::Function::Reports => Box::pin(self.reports.handle(&request)).await,
            vms_http::Function::Status => Box::pin(self.status.handle(&request)).await,
            vms_http::Function::Manage => Box::pin(self.manage.handle(&request)).await,
        }
    }

    /// Asks every route, and tells every answer that shows no report. How many showed marks, and how many failed.
    async fn walk(&self, reports: &[String]) -> (usize, usize) {
        let (mut marked, mut failed) = (0, 0);
        for info in ROUTES {
            let fixed = info.pattern.split('{').next().unwrap();
            let paths: Vec<_> = if info.pattern.ends_with("{report_key}") {
                reports.iter().map(|key| format!("{fixed}{key}")).collect()
            } else {
                vec![fixed.to_owned()]
            };
            for path in paths {
                for method in info.methods {
                    let answer = self.ask(method.as_str(), &path, "{}").await;
                    let text = String::from_utf8_lossy(answer.body()).into_owned();
                    let shows = path.starts_with("/reports/") || path.contains("/diff/");
                    if shows && answer.status() == StatusCode::OK {
                        marked += usize::from(found(&text).is_some());
                    } else {
                        tell(format!("{method} {path}: {} {:?}", answer.status(), answer.headers()));
                        text.lines().for_each(tell);
                    }
                    failed += usize::from(answer.status().is_server_error());
                }
            }
        }
        (marked, failed)
    }
}

fn getrandom() -> u32 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos()
}

fn client(endpoint: &str) -> Client {
    connect(&aws(endpoint), Duration::from_secs(6), Duration::from_secs(2))
}

/// A DynamoDB that refuses or fails, and quotes what is in the table.
async fn quoting(status: u16, code: &'static str, quote: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let quote = quote.clone();
            tokio::spawn(async move {
                let service = service_fn(async |_: http::Request<hyper::body::Incoming>| {
                    let body =
                        serde_json::json!({"__type": code, "message": &quote, "Item": {"S": &quote}}).to_string();
                    let answer = http::Response::builder().status(status);
                    let answer = answer.header("content-type", "application/x-amz-json-1.0");
                    answer.body(Full::new(Bytes::from(body)))
                });
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

/// All that the functions may meet, one after the other.
async fn work() {
    let trace = |name: &str| (name == "LOG_LEVEL").then(|| "trace".to_owned());
    vms_telemetry::log_json(&Env::new(&trace)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let dynamo = client(&endpoint);
    create_table(&dynamo, "privacy").await.unwrap();
    let cloudwatch = Fake::start().await;
    let functions = Functions::new(dynamo.clone(), &cloudwatch);
    let key = ApiKey::new("key-1", "an operator", Role::Operator, functions.now);
    functions.store.create_key(&functions.secret, &key).await.unwrap();

    let database = DatabaseFile::sample();
    marks::mark(database.path());
    let cell = database.vms().query_row("SELECT last_name FROM contact", [], |row| row.get::<_, String>(0)).unwrap();
    assert!(found(&cell).is_some());
    if std::env::var_os(SLIP).is_some() {
        return tell(&cell);
    }
    let file = |database: &DatabaseFile| FileSource::new(database.path().to_owned());
    for cache_type in CacheType::ALL {
        let run = functions.refresh(cache_type, file(&database)).await.unwrap();
        assert_eq!(run.outcome, Some(Outcome::Succeeded), "{cache_type}");
    }
    let reports: Vec<_> = ["volunteer/recent/last-365-days", "volunteer/first-time/2526", "organization/summary/2526"]
        .map(str::to_owned)
        .to_vec();
    let (marked, failed) = functions.walk(&reports).await;
    assert!(marked > 1 && failed == 0, "{marked} reports with marks, {failed} answers failed");

    // Sources with which something is wrong.
    let spoilt = DatabaseFile::of(&std::fs::read(database.path()).unwrap());
    marks::spoil(spoilt.path());
    let lacking = DatabaseFile::of(&std::fs::read(database.path()).unwrap());
    marks::lose_a_column(lacking.path());
    let text = DatabaseFile::of(cell.repeat(1000).as_bytes());
    let cut = DatabaseFile::of(&std::fs::read(database.path()).unwrap()[..40_960]);
    for cache_type in CacheType::ALL {
        for source in [&spoilt, &lacking, &text, &cut] {
            functions.refresh(cache_type, file(source)).await.unwrap();
        }
    }
    let s3 = S3::with_bucket("bucket").await;
    let at = Location { bucket: "bucket".into(), key: "vms.db".into() };
    for body in [std::fs::read(database.path()).unwrap(), cell.repeat(1000).into_bytes()] {
        for fault in [s3::Fault::None, s3::Fault::Failed, s3::Fault::Refused, s3::Fault::CutOff] {
            s3.put("bucket", "vms.db", &body, &[]);
            s3.meet([fault]);
            let folder = tempfile::tempdir().unwrap();
            functions.refresh(CacheType::Volunteer, S3Source::new(s3.client(), at.clone(), folder.path())).await;
        }
    }
    functions.walk(&reports).await;

    // Stores that refuse, throttle, fail, and say of what.
    for (status, code) in [
        (400, "com.amazonaws.dynamodb.v20120810#ValidationException"),
        (400, "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"),
        (400, "com.amazonaws.dynamodb.v20120810#ThrottlingException"),
        (500, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
        (200, "nothing that can be read"),
    ] {
        let elsewhere = Functions::new(client(&quoting(status, code, cell.clone()).await), &cloudwatch);
        elsewhere.refresh(CacheType::Volunteer, file(&database)).await;
        elsewhere.ask("GET", "/health", "").await;
        elsewhere.ask("GET", "/reports/volunteer/recent/last-365-days", "").await;
        elsewhere.ask("POST", "/management/cache/api/refresh", "{\"cache_type\": \"volunteer\"}").await;
    }
    for mood in [Mood::Fails, Mood::Refuses, Mood::Cuts] {
        cloudwatch.set_mood(mood);
        functions.refresh(CacheType::Volunteer, file(&database)).await;
        functions.ask("GET", "/management/cache/api/status", "").await;
    }
    cloudwatch.set_mood(Mood::Well);

    // Items that are not what was written.
    let report = reports[0].parse().unwrap();
    let entry = functions.store.entry(&report, Read::Consistent).await.unwrap().unwrap();
    let put = async |key: vms_store::Key, name: &str, value: AttributeValue| {
        let update = dynamo.update_item().table_name("privacy").key("pk", AttributeValue::S(key.pk));
        let update = update.key("sk", AttributeValue::S(key.sk)).update_expression("SET #name = :value");
        update
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", value)
            .send()
            .await
            .unwrap();
    };
    let of_cell = || AttributeValue::B(Blob::new(cell.as_bytes()));
    put(keys::body_chunk(&report, entry.current.body, 0), "data", of_cell()).await;
    let (_, failed) = Functions::new(dynamo.clone(), &cloudwatch).walk(&reports).await;
    assert!(failed > 0, "a body that is none cannot be served");
    put(keys::entry(&report), "generated_at", AttributeValue::S(cell.clone())).await;
    put(keys::status(CacheType::Volunteer), "last_run", AttributeValue::S(cell.clone())).await;
    let again = Functions::new(dynamo.clone(), &cloudwatch);
    let (_, failed) = again.walk(&reports).await;
    assert!(failed > 0, "an entry that is none cannot be told of");
    again.refresh(CacheType::Volunteer, file(&database)).await;

    // A defect of our own, of the kind that quotes what it was working on.
    let broken = cell.clone();
    let panicked = tokio::task::spawn_blocking(move || broken[..1].parse::<u8>().expect(&broken)).await;
    assert!(panicked.is_err());

    cloudwatch.take_calls().iter().for_each(|(call, sent)| tell(format!("{call} {sent}")));
    let items = dynamo.scan().table_name("privacy").into_paginator().items().send().collect::<Vec<_>>().await;
    let mut partitions = 0;
    for item in items.into_iter().map(Result::unwrap) {
        let pk = item["pk"].as_s().unwrap();
        let is_spoilt = pk == "cache#volunteer" || pk == "status";
        if !pk.starts_with("body#") && !is_spoilt {
            partitions += 1;
            tell(format!("{item:?}"));
        }
    }
    assert!(partitions > 50, "{partitions}");
    tell("the end of it");
}
