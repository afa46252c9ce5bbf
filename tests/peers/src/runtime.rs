//! A mock of Lambda's Runtime API: hands out events, and tells when each was asked for and answered.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, oneshot};

/// What a function said to an event.
pub(crate) struct Answer {
    pub(crate) at: Instant,
    pub(crate) body: Bytes,
    /// The function reported an error, which a gateway turns into a 502.
    pub(crate) failed: bool,
}

/// The API that one process polls.
pub(crate) struct Runtime {
    pub(crate) events: UnboundedSender<String>,
    pub(crate) polls: UnboundedReceiver<Instant>,
    pub(crate) answers: UnboundedReceiver<Answer>,
    /// Host and port, as `AWS_LAMBDA_RUNTIME_API` has it.
    pub(crate) address: String,
    _until_dropped: oneshot::Sender<()>,
}

/// The other ends of the channels.
struct Ends {
    events: Mutex<UnboundedReceiver<String>>,
    polls: UnboundedSender<Instant>,
    answers: UnboundedSender<Answer>,
}

impl Runtime {
    pub(crate) async fn start() -> Self {
        let (events, next) = unbounded_channel();
        let (polled, polls) = unbounded_channel();
        let (answered, answers) = unbounded_channel();
        let ends = Arc::new(Ends { events: Mutex::new(next), polls: polled, answers: answered });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (until_dropped, mut dropped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            loop {
                let (stream, _) = tokio::select! {
                    accepted = listener.accept() => accepted.unwrap(),
                    _ = &mut dropped => return,
                };
                stream.set_nodelay(true).unwrap();
                let ends = ends.clone();
                let service = service_fn(move |request| serve(request, ends.clone()));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { events, polls, answers, address, _until_dropped: until_dropped }
    }

    /// Sends an event once the function asks for one and waits for the answer: how long that took, and the answer.
    pub(crate) async fn invoke(&mut self, event: &str) -> (Duration, Answer) {
        self.invoke_within(event, Duration::from_mins(10)).await.unwrap()
    }

    /// The same; `None` where there is no answer in time, after which this runtime is of no more use.
    pub(crate) async fn invoke_within(&mut self, event: &str, limit: Duration) -> Option<(Duration, Answer)> {
        let wait = async {
            self.polls.recv().await.unwrap();
            let sent = Instant::now();
            self.events.send(event.to_owned()).unwrap();
            let answer = self.answers.recv().await.unwrap();
            (answer.at - sent, answer)
        };
        tokio::time::timeout(limit, wait).await.ok()
    }
}

async fn serve(request: hyper::Request<Incoming>, ends: Arc<Ends>) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    if path.ends_with("/invocation/next") {
        let _ = ends.polls.send(Instant::now());
        let event = ends.events.lock().await.recv().await;
        let Some(event) = event else { return Ok(std::future::pending().await) };
        let response = hyper::Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", "00000000-0000-0000-0000-000000000000")
            .header("lambda-runtime-deadline-ms", deadline_ms().to_string())
            .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:1:function:peers");
        return Ok(response.body(Full::from(event)).unwrap());
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let _ = ends.answers.send(Answer { at: Instant::now(), body, failed: path.ends_with("/error") });
    Ok(hyper::Response::builder().status(202).body(Full::default()).unwrap())
}

fn deadline_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond() + 15 * 60 * 1000
}
