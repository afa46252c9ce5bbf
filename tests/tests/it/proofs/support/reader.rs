//! A reader: the reports handler itself, asked as a client asks.

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{Request, StatusCode, header};
use std::io::Read as _;
use std::sync::Arc;
use vms_core::{Clock, Etag, FreshnessLimits, ReportKey, Role};
use vms_http::{Context, Handle, Reports, Response};
use vms_store::{ApiKey, KeySecret, Store, Table, codec};

/// The key that every reader of the proofs holds.
pub(crate) fn secret() -> KeySecret {
    KeySecret::from_entropy([7; 32])
}

/// Makes that key valid.
pub(crate) async fn admit<T: Table>(store: &Store<T>, clock: &impl Clock) {
    let key = ApiKey::new("reader", "reader", Role::Reader, clock.now());
    store.create_key(&secret(), &key).await.unwrap();
}

/// A report as a client got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) etag: Etag,
    pub(crate) json: Vec<u8>,
    /// Seconds since the report was confirmed.
    pub(crate) age: i64,
    /// Seconds since its source was copied.
    pub(crate) source_age: i64,
    pub(crate) state: String,
}

/// A client with nothing in memory.
pub(crate) struct Reader<T> {
    reports: Reports<T>,
}

impl<T: Table> Reader<T> {
    pub(crate) fn new(store: Arc<Store<T>>, clock: impl Clock + 'static) -> Self {
        Self { reports: Reports::new(Context::new(store, Arc::new(clock), FreshnessLimits::default())) }
    }

    /// The answer, whatever it is.
    pub(crate) async fn ask(&self, key: &ReportKey, accept: &str) -> Response {
        let request = Request::get(format!("/reports/{key}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", secret().expose()))
            .header(header::ACCEPT_ENCODING, accept)
            .body(Bytes::new())
            .unwrap();
        self.reports.handle(&request).await
    }

    /// The report; `None` where it is not in the cache.
    ///
    /// # Panics
    ///
    /// Where the answer is anything else, or its bytes are not what its etag says.
    pub(crate) async fn get(&self, key: &ReportKey) -> Option<Served> {
        let response = self.ask(key, "gzip").await;
        match response.status() {
            StatusCode::OK => Some(served(&response)),
            StatusCode::NOT_FOUND => None,
            other => panic!("{key} is answered with {other}"),
        }
    }
}

/// Unpacks an answer, and holds its bytes against its etag.
pub(crate) fn served(response: &Response) -> Served {
    let text = |name: &str| response.headers()[name].to_str().unwrap();
    let number = |name: &str| text(name).parse().unwrap();
    let mut json = Vec::new();
    GzDecoder::new(response.body().as_ref()).read_to_end(&mut json).expect("a whole gzip body");
    let etag = Etag(text("etag").trim_matches('"').trim_end_matches("-gzip").to_owned());
    assert_eq!(codec::etag(&json), etag, "the bytes are those that the etag names");
    assert_eq!(number("content-length"), response.body().len() as i64);
    Served {
        etag,
        json,
        age: number("age"),
        source_age: number("x-source-age"),
        state: text("x-cache-state").to_owned(),
    }
}
