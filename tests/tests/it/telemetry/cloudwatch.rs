//! A CloudWatch of ours, as the SDK meets it on the wire: it remembers what it is asked, and answers as it is told.

use super::cbor;
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use vms_core::Env;
use vms_telemetry::CloudWatch;

/// Where the SDK sends a call, before the call's name.
const OPERATIONS: &str = "/service/GraniteServiceVersion20100801/operation/";

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// 500, again and again.
    Fails,
    /// It knows no permission.
    Refuses,
    /// It never answers.
    Stalls,
    /// It hangs up.
    Cuts,
}

/// A call: its name and what was sent.
pub(crate) type Call = (String, Value);

/// Clones are the same one.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
}

struct State {
    mood: Mood,
    calls: Vec<Call>,
    metrics: Value,
    alarms: Value,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = State { mood: Mood::Well, calls: Vec::new(), metrics: json!([]), alarms: json!({}) };
        let fake =
            Self { address: format!("http://{}", listener.local_addr().unwrap()), state: Arc::new(Mutex::new(state)) };
        let this = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let this = this.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| this.answer(request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        fake
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// The `MetricDataResults` of the next answers.
    pub(crate) fn set_metrics(&self, results: Value) {
        self.state().metrics = results;
    }

    /// What the next answers say of alarms.
    pub(crate) fn set_alarms(&self, alarms: Value) {
        self.state().alarms = alarms;
    }

    /// The calls so far; forgets them.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.state().calls)
    }

    /// The values that were put, as `name dimension value unit`, in the order of their names; forgets them.
    pub(crate) fn take_put(&self) -> Vec<String> {
        let mut put = Vec::new();
        for (name, sent) in self.take_calls() {
            assert_eq!((name.as_str(), &sent["Namespace"]), ("PutMetricData", &json!("VmsReportCache")));
            for datum in sent["MetricData"].as_array().unwrap() {
                assert!(datum["Timestamp"]["$time"].as_f64().unwrap() > 1e9, "{datum}");
                let dimensions = datum["Dimensions"].as_array().into_iter().flatten();
                let of: Vec<_> = dimensions.map(|d| format!("{}={}", word(&d["Name"]), word(&d["Value"]))).collect();
                let value = datum["Value"].as_f64().unwrap();
                put.push(format!("{} {} {value} {}", word(&datum["MetricName"]), of.join(","), word(&datum["Unit"])));
            }
        }
        put.sort();
        put
    }

    /// The names of the metrics that were put; forgets them.
    pub(crate) fn take_names(&self) -> Vec<String> {
        let name = |line: String| line.split(' ').next().unwrap_or_default().to_owned();
        self.take_put().into_iter().map(name).collect()
    }

    /// A client of it, with those settings.
    pub(crate) fn client(&self, settings: &[(&str, &str)]) -> CloudWatch {
        client(&self.address, settings)
    }

    async fn answer(&self, request: http::Request<Incoming>) -> io::Result<http::Response<Full<Bytes>>> {
        let operation = request.uri().path().strip_prefix(OPERATIONS).unwrap_or_default().to_owned();
        assert_eq!(request.headers()["smithy-protocol"], "rpc-v2-cbor");
        let body = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
        let (mood, answer) = {
            let mut state = self.state();
            state.calls.push((operation.clone(), cbor::decoded(&body)));
            let answer = match operation.as_str() {
                "GetMetricData" => json!({"MetricDataResults": state.metrics}),
                "DescribeAlarms" => state.alarms.clone(),
                _ => json!({}),
            };
            (state.mood, answer)
        };
        let error = |code: &str| json!({"__type": format!("com.amazonaws.cloudwatch#{code}"), "message": "a test's"});
        let (status, answer) = match mood {
            Mood::Well => (200, answer),
            Mood::Fails => (500, error("InternalServiceFault")),
            Mood::Refuses => (403, error("AccessDenied")),
            Mood::Stalls => std::future::pending().await,
            Mood::Cuts => return Err(io::ErrorKind::ConnectionReset.into()),
        };
        let response = http::Response::builder().status(status).header("smithy-protocol", "rpc-v2-cbor");
        let response = response.header("content-type", "application/cbor");
        response.body(Full::from(cbor::encoded(&answer))).map_err(io::Error::other)
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The settings of an AWS at that address.
pub(crate) fn aws(address: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("x", "x", None, None, "test")))
        .endpoint_url(address)
        .build()
}

/// A client of the CloudWatch at that address.
pub(crate) fn client(address: &str, settings: &[(&str, &str)]) -> CloudWatch {
    let lookup = |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    CloudWatch::from_env(&aws(address), &Env::new(&lookup)).unwrap()
}
