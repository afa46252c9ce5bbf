//! A door in front of the store: it counts what goes through, and fails on demand.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// What the door does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Lets it through.
    Open,
    /// Closes the connection without an answer.
    Closed,
    /// Lets it through after that time.
    Slow(Duration),
    /// Refuses so many calls as DynamoDB does when it throttles, then lets them through.
    Throttling(u32),
}

/// What went through since it was last asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) calls: u64,
    /// Bytes of the store's answers.
    pub(crate) bytes: u64,
}

/// The door.
pub(crate) struct Door {
    pub(crate) url: String,
    state: Arc<Mutex<(Mode, Traffic)>>,
}

impl Door {
    pub(crate) async fn before(store: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new((Mode::Open, Traffic::default())));
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        let (shared, store) = (state.clone(), store.to_owned());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (state, client, store) = (shared.clone(), client.clone(), store.clone());
                let pass = move |request| pass(request, state.clone(), client.clone(), store.clone());
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(pass)));
            }
        });
        Self { url, state }
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.state.lock().unwrap().0 = mode;
    }

    pub(crate) fn traffic(&self) -> Traffic {
        std::mem::take(&mut self.state.lock().unwrap().1)
    }
}

/// What the door does to this call, of which it keeps count.
fn next(state: &Mutex<(Mode, Traffic)>) -> Mode {
    let mut state = state.lock().unwrap();
    state.1.calls += 1;
    match state.0 {
        Mode::Throttling(0) => Mode::Open,
        Mode::Throttling(left) => {
            state.0 = Mode::Throttling(left - 1);
            Mode::Throttling(left)
        }
        mode => mode,
    }
}

async fn pass(
    request: hyper::Request<Incoming>,
    state: Arc<Mutex<(Mode, Traffic)>>,
    client: Client<HttpConnector, Full<Bytes>>,
    store: String,
) -> io::Result<hyper::Response<Full<Bytes>>> {
    match next(&state) {
        Mode::Open => {}
        Mode::Closed => return Err(io::ErrorKind::ConnectionReset.into()),
        Mode::Slow(time) => tokio::time::sleep(time).await,
        Mode::Throttling(_) => return Ok(throttled()),
    }
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    parts.uri = format!("{store}{path}").parse().unwrap();
    let body = body.collect().await.unwrap().to_bytes();
    let answer = client.request(hyper::Request::from_parts(parts, Full::new(body))).await;
    let (parts, body) = answer.map_err(io::Error::other)?.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    state.lock().unwrap().1.bytes += body.len() as u64;
    Ok(hyper::Response::from_parts(parts, Full::new(body)))
}

fn throttled() -> hyper::Response<Full<Bytes>> {
    let body =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#;
    let response = hyper::Response::builder().status(400).header("content-type", "application/x-amz-json-1.0");
    response.body(Full::from(body)).unwrap()
}
