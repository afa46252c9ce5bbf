//! A refresh and its readers on a bad wire: a proxy before the DynamoDB throttles, fails, stalls and hangs up.
//!
//! Nothing of ours is replaced: the store's client meets over TCP what it would meet on a bad day at AWS. A request
//! that its client gave up never arrives late: that, DynamoDB's own front ends do not do either.

#![expect(clippy::unwrap_used, reason = "a test ends where what it stands on gives way")]

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use bytes::Bytes;
use http::{StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::net::TcpListener;
use vms_core::{
    CacheType, Clock, Env, FreshnessLimits, Outcome, RefreshRequest, Role, Run, RunId, SystemClock, Trigger,
};
use vms_http::{Context, Handle, Reports};
use vms_refresh::{FileSource, RefreshConfig, Refresher};
use vms_sample::{Scale, Spec};
use vms_store::{ApiKey, DynamoTable, KeySecret, Read, Store, codec, connect, create_table, delete_table};

/// How long the client waits for one attempt; a slow answer takes longer.
const ATTEMPT: Duration = Duration::from_millis(700);
/// Of a hundred requests, this many go wrong.
const FAULTS_IN_100: u64 = 30;
/// Refreshes in each world.
const ROUNDS: u32 = 3;
const TYPE: CacheType = CacheType::Volunteer;

fn say(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// What happens to a request on its way.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Throttled,
    Failed,
    /// It never arrives; its client waits in vain.
    Stalled,
    /// It is done, but the answer comes after its client has given up.
    SlowAnswer,
    /// The connection ends before it arrives.
    CutBefore,
    /// It is done, and the connection ends instead of an answer.
    CutAfter,
}

const FAULTS: [Fault; 6] =
    [Fault::Throttled, Fault::Failed, Fault::Stalled, Fault::SlowAnswer, Fault::CutBefore, Fault::CutAfter];

/// A proxy before a DynamoDB.
struct Proxy {
    upstream: String,
    http: legacy::Client<HttpConnector, Full<Bytes>>,
    seed: u64,
    met: AtomicU64,
    faults: [AtomicU64; FAULTS.len()],
}

impl Proxy {
    /// Starts one; its address.
    async fn start(upstream: &str, seed: u64) -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let http = legacy::Client::builder(TokioExecutor::new()).build_http();
        let proxy = Arc::new(Self {
            upstream: upstream.to_owned(),
            http,
            seed,
            met: AtomicU64::new(0),
            faults: std::array::from_fn(|_| AtomicU64::new(0)),
        });
        let this = proxy.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let this = this.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| this.pass(request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        (proxy, address)
    }

    /// What happens to the next request, by the seed and its number.
    fn fate(&self) -> Option<Fault> {
        let number = self.met.fetch_add(1, Ordering::Relaxed);
        let drawn = scrambled(self.seed.wrapping_add(number));
        if drawn % 100 >= FAULTS_IN_100 {
            return None;
        }
        let which = (drawn / 100) as usize % FAULTS.len();
        self.faults[which].fetch_add(1, Ordering::Relaxed);
        Some(FAULTS[which])
    }

    async fn pass(&self, request: http::Request<Incoming>) -> io::Result<http::Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let cut = || Err(io::Error::from(io::ErrorKind::ConnectionReset));
        match self.fate() {
            None => self.forward(parts, body).await,
            Some(Fault::Throttled) => Ok(error(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException")),
            Some(Fault::Failed) => Ok(error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError")),
            Some(Fault::Stalled) => {
                tokio::time::sleep(2 * ATTEMPT).await;
                cut()
            }
            Some(Fault::SlowAnswer) => {
                let answer = self.forward(parts, body).await;
                tokio::time::sleep(2 * ATTEMPT).await;
                answer
            }
            Some(Fault::CutBefore) => cut(),
            Some(Fault::CutAfter) => {
                self.forward(parts, body).await?;
                cut()
            }
        }
    }

    async fn forward(&self, parts: http::request::Parts, body: Bytes) -> io::Result<http::Response<Full<Bytes>>> {
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let uri = format!("{}{path}", self.upstream.trim_end_matches('/')).parse().map_err(io::Error::other)?;
        let mut request = http::Request::from_parts(parts, Full::new(body));
        *request.uri_mut() = uri;
        let answer = self.http.request(request).await.map_err(io::Error::other)?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        Ok(http::Response::from_parts(parts, Full::new(body)))
    }

    fn told(&self) -> String {
        let counts = FAULTS.iter().zip(&self.faults).map(|(f, n)| format!("{f:?} {}", n.load(Ordering::Relaxed)));
        format!("{} requests: {}", self.met.load(Ordering::Relaxed), counts.collect::<Vec<_>>().join(", "))
    }
}

/// An error as DynamoDB words it.
fn error(status: StatusCode, code: &str) -> http::Response<Full<Bytes>> {
    let body = format!("{{\"__type\":\"com.amazonaws.dynamodb.v20120810#{code}\",\"message\":\"a test's\"}}");
    let mut response = http::Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// A number that looks like chance (`SplitMix64`).
fn scrambled(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn client(endpoint: &str, operation: Duration, attempt: Duration) -> Client {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("x", "x", None, None, "test")))
        .endpoint_url(endpoint)
        .build();
    connect(&config, operation, attempt)
}

/// A store twice: as it is, and as it is reached over the bad wire; and the database that it is refreshed from.
struct World {
    clean: Arc<Store<DynamoTable>>,
    faulty: Arc<Store<DynamoTable>>,
    proxy: Arc<Proxy>,
    folder: tempfile::TempDir,
    reader: KeySecret,
}

impl World {
    async fn make(upstream: &str, table: &str, seed: u64) -> Self {
        let straight = client(upstream, Duration::from_mins(1), Duration::from_secs(20));
        create_table(&straight, table).await.unwrap();
        let (proxy, address) = Proxy::start(upstream, seed).await;
        let bad = client(&address, 6 * ATTEMPT, ATTEMPT);
        let folder = tempfile::tempdir().unwrap();
        let spec = Spec { seed, scale: Scale::Small, as_of: Timestamp::now() };
        vms_sample::write(&folder.path().join("vms.db"), &spec, &mut |_, _| ()).unwrap();
        let clean = Arc::new(Store::new(DynamoTable::new(straight, table)));
        let reader = KeySecret::from_entropy([7; 32]);
        let now = Timestamp::now();
        let key = ApiKey::new("key-1", "a reader", Role::Reader, now);
        clean.create_key(&reader, &key).await.unwrap();
        Self { clean, faulty: Arc::new(Store::new(DynamoTable::new(bad, table))), proxy, folder, reader }
    }

    fn refresher(&self, store: &Arc<Store<DynamoTable>>, clock: Arc<dyn Clock>) -> Refresher<DynamoTable, FileSource> {
        let config = RefreshConfig::from_env(&Env::new(&|_| None), |_| Err(io::ErrorKind::NotFound.into())).unwrap();
        Refresher::new(store.clone(), FileSource::new(self.folder.path().join("vms.db")), clock, config)
    }

    /// Refreshes over a wire that works, at `now`: this must succeed.
    async fn refresh_well(&self, now: Timestamp) {
        let run =
            self.refresher(&self.clean, Arc::new(now)).run(&request(now), now + SignedDuration::from_mins(5)).await;
        let run = run.unwrap();
        assert_eq!(run.outcome, Some(Outcome::Succeeded), "{run:?}");
    }

    /// The etag of every report, whose stored bytes must be there, whole, and those of the etag.
    async fn etags(&self) -> BTreeMap<String, String> {
        let mut etags = BTreeMap::new();
        for entry in self.clean.entries(TYPE, Read::Consistent).await.unwrap() {
            let key = entry.report_key.to_string();
            let stored = self.clean.body(&entry.report_key, &entry.current).await.unwrap();
            let json = codec::decode(&stored.unwrap_or_else(Bytes::new), entry.current.bytes).unwrap();
            assert_eq!(codec::etag(&json), entry.current.etag, "{key} is not what its entry says");
            etags.insert(key, entry.current.etag.0);
        }
        etags
    }

    /// Reads every report in turn over the bad wire until that time: good bytes, or "try again". How many of each.
    async fn read_until(&self, keys: &[String], ended: &tokio::sync::Notify) -> (u32, u32) {
        let limits = FreshnessLimits::from_env(&Env::new(&|_| None)).unwrap();
        let reports = Reports::new(Context::new(self.faulty.clone(), Arc::new(SystemClock), limits));
        let (mut served, mut refused) = (0, 0);
        let reading = async {
            for key in keys.iter().cycle() {
                let request = http::Request::get(format!("/reports/{key}"))
                    .header(header::AUTHORIZATION, format!("Bearer {}", self.reader.expose()));
                let answer = reports.handle(&request.body(Bytes::new()).unwrap()).await;
                match answer.status() {
                    StatusCode::OK => {
                        let etag = answer.headers()[header::ETAG].to_str().unwrap().trim_matches('"').to_owned();
                        assert_eq!(codec::etag(answer.body()).0, etag, "{key}: wrong bytes");
                        served += 1;
                    }
                    StatusCode::SERVICE_UNAVAILABLE => {
                        assert!(answer.headers().contains_key(header::RETRY_AFTER), "{answer:?}");
                        refused += 1;
                    }
                    _ => assert_eq!(answer.status(), StatusCode::OK, "{key}: {answer:?}"),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = reading => {}
            () = ended.notified() => {}
        }
        (served, refused)
    }

    /// What a run says of itself is so.
    async fn check(&self, request: &RefreshRequest, later: Timestamp, answered: Option<&Run>) -> Outcome {
        let recorded = self.clean.run(&request.run_id, later, Read::Consistent).await.unwrap();
        let Some(recorded) = recorded else {
            assert!(answered.is_none(), "a verdict that nobody wrote down: {answered:?}");
            return Outcome::Lost;
        };
        let outcome = recorded.outcome_at(later).unwrap();
        if let Some(run) = answered {
            assert_eq!((run.outcome, &run.counts), (Some(outcome), &recorded.counts), "told and recorded differ");
        }
        if recorded.outcome.is_none() {
            return outcome;
        }
        let entries = self.clean.entries(TYPE, Read::Consistent).await.unwrap();
        let not_routine: Vec<_> = recorded.reports.iter().map(|(key, _)| key).collect();
        let confirmed = entries.iter().filter(|e| e.run_id == request.run_id && !not_routine.contains(&&e.report_key));
        let claimed = recorded.counts.of("published") + recorded.counts.of("unchanged");
        assert_eq!(confirmed.count() as u64, claimed, "it claims what is not there: {recorded:?}");
        if outcome == Outcome::Succeeded {
            assert_eq!((claimed, entries.len() as u64), (recorded.total, recorded.total));
        }
        outcome
    }
}

fn request(now: Timestamp) -> RefreshRequest {
    let entropy = scrambled(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64) as u32;
    let mut request = RefreshRequest::new(RunId::new(TYPE, now, entropy), Trigger::Manual);
    request.force = true;
    request
}

/// Changes what every report of the type shows.
fn change(source: &Path, round: u32) {
    let db = rusqlite::Connection::open(source).unwrap();
    db.execute("UPDATE contact SET last_name = last_name || ?1", [format!(" {round}")]).unwrap();
}

/// Refreshes again and again over the bad wire while reports are read; the outcomes.
async fn live(world: &World) -> Vec<Outcome> {
    let (mut outcomes, mut answered) = (Vec::new(), 0);
    let mut now = Timestamp::now();
    world.refresh_well(now).await;
    let mut good = world.etags().await;
    let keys: Vec<String> = good.keys().cloned().collect();
    for round in 0..ROUNDS {
        change(&world.folder.path().join("vms.db"), round);
        let ended = tokio::sync::Notify::new();
        // What a run that could not be recorded holds on to has run out when the next one comes.
        now += SignedDuration::from_mins(10);
        let asked = request(now);
        let since = Instant::now();
        let refreshing = async {
            let deadline = now + SignedDuration::from_mins(1);
            let run = Box::pin(within(world.refresher(&world.faulty, Arc::new(now)).run(&asked, deadline))).await;
            ended.notify_one();
            run
        };
        let (run, (served, refused)) = tokio::join!(refreshing, world.read_until(&keys, &ended));
        now += SignedDuration::from_mins(10);
        let outcome = world.check(&asked, now, run.as_ref().ok()).await;
        let during = world.etags().await;
        world.refresh_well(now).await;
        let healed = world.etags().await;
        assert!(during.keys().eq(&keys) && healed.keys().eq(&keys));
        for (key, etag) in &during {
            assert!(*etag == good[key] || *etag == healed[key], "{key} is neither old nor new");
        }
        say(&format!(
            "wire: {outcome} ({}) in {:.1} s, {served} reads served, {refused} told to try again",
            run.as_ref().map_or_else(ToString::to_string, |r| format!("{} reports", r.done)),
            since.elapsed().as_secs_f32()
        ));
        answered += served;
        outcomes.push(outcome);
        good = healed;
    }
    assert!(answered > 0, "nothing was served");
    outcomes
}

/// The future's answer, which must come.
async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_mins(2), future).await.unwrap()
}

fn seed() -> u64 {
    let given = std::env::var("VMS_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64);
    say(&format!("wire: VMS_SEED={seed}"));
    seed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_a_bad_wire_a_refresh_ends_with_a_true_verdict_and_readers_are_answered() {
    let seed = seed();
    let worlds = (0..3).map(async |n| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        let world = World::make(&upstream, "wire", seed.wrapping_add(n << 32)).await;
        let outcomes = Box::pin(live(&world)).await;
        say(&format!("wire: {}", world.proxy.told()));
        outcomes
    });
    let outcomes = futures_util::future::join_all(worlds).await.concat();
    assert_eq!(outcomes.len(), 3 * ROUNDS as usize);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_holds_for_an_external_dynamodb() {
    let Ok(upstream) = std::env::var("AWS_ENDPOINT_URL_DYNAMODB") else {
        say("NOT RUN: a refresh over a bad wire on an external DynamoDB; to run it, start one (npx dynalite --port \
             4567) and set AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:4567");
        return;
    };
    let seed = seed();
    let table = format!("vms-wire-{}-{seed}", std::process::id());
    let world = World::make(&upstream, &table, seed).await;
    Box::pin(live(&world)).await;
    say(&format!("wire: {}", world.proxy.told()));
    delete_table(world.clean.table().client(), &table).await.unwrap();
}
