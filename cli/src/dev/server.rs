//! All handlers behind one port.

use super::schedule::Refreshes;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use vms_http::{Function, Handle, Health, Manage, Reports, Request, Response, Status, function_of};
use vms_store::DynamoTable;

/// More than any handler takes: what is longer is cut, and refused by the handler.
const MOST_READ: usize = 128 * 1024;

/// More header fields than any handler takes, so that a flood is refused by the handler as well.
const MOST_HEADERS: usize = 1000;

/// The four HTTP functions, each answering for its own routes.
pub(crate) struct Whole {
    pub(crate) health: Health<DynamoTable>,
    pub(crate) reports: Reports<DynamoTable>,
    pub(crate) status: Status<DynamoTable>,
    pub(crate) manage: Manage<DynamoTable, Refreshes>,
}

impl Handle for Whole {
    async fn handle(&self, request: &Request) -> Response {
        match function_of(request.uri().path()) {
            Function::Health => Box::pin(self.health.handle(request)).await,
            Function::Reports => Box::pin(self.reports.handle(request)).await,
            Function::Status => Box::pin(self.status.handle(request)).await,
            Function::Manage => Box::pin(self.manage.handle(request)).await,
        }
    }
}

/// Serves connections until the task is ended.
pub(crate) async fn serve(listener: TcpListener, whole: Arc<Whole>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file handles, most likely: some will be free in a moment.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let whole = whole.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&whole, request));
            let mut connection = http1::Builder::new();
            connection.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(10));
            connection.max_headers(MOST_HEADERS);
            // A client that goes away in the middle is no event.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(whole: &Whole, request: http::Request<Incoming>) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MOST_READ).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::from(vec![b' '; MOST_READ]),
    };
    let response = Box::pin(whole.handle(&http::Request::from_parts(parts, body))).await;
    Ok(response.map(Full::new))
}
