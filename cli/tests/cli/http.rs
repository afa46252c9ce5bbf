//! A small HTTP/1.1 client: what is sent is what the test wrote, what is read is what came.

use serde_json::Value;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer, byte for byte.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header by its lower-case name; it must not come twice.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let value = found.next();
        assert!(found.next().is_none(), "{name} came twice");
        value
    }

    /// A header that must be there.
    pub(crate) fn needed(&self, name: &str) -> &str {
        self.header(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// Every header but the one of that name, as text.
    pub(crate) fn head_without(&self, without: &str) -> String {
        let kept = self.headers.iter().filter(|(name, _)| name != without);
        kept.fold(String::new(), |text, (name, value)| text + name + ": " + value + "\n")
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.status, String::from_utf8_lossy(&self.body)))
    }
}

/// A request in the making.
pub(crate) struct Ask {
    address: String,
    head: String,
    body: Vec<u8>,
}

impl Ask {
    /// A request to `address` (`host:port`); the target goes out as it is, however wrong.
    pub(crate) fn new(address: &str, method: &str, target: &str) -> Self {
        let head = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
        Self { address: address.to_owned(), head, body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.head, "{name}: {value}\r\n");
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    pub(crate) fn json(self, body: &str) -> Self {
        self.header("content-type", "application/json").body(body.as_bytes())
    }

    pub(crate) fn body(self, body: &[u8]) -> Self {
        let length = body.len().to_string();
        Self { body: body.to_vec(), ..self.header("content-length", &length) }
    }

    /// The answer; a connection that ends without one fails the test.
    pub(crate) fn send(self) -> Answer {
        let what = self.head.lines().next().unwrap_or_default().chars().take(120).collect::<String>();
        self.try_send().unwrap_or_else(|e| panic!("{what}: {e}"))
    }

    pub(crate) fn try_send(self) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.write_all(&[self.head.as_bytes(), b"\r\n", &self.body].concat())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        parse(&bytes).ok_or_else(|| std::io::Error::other("no whole answer"))
    }
}

/// Reads an answer; one that is shorter than its length says, unless it has none to have, is no answer.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| line.split_once(':').map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned()));
    let headers = lines.map(header).collect::<Option<Vec<_>>>()?;
    let body = bytes[end + 4..].to_vec();
    let length = headers.iter().find(|(n, _)| n == "content-length").and_then(|(_, v)| v.parse::<usize>().ok());
    (body.is_empty() || length == Some(body.len())).then_some(Answer { status, headers, body })
}
