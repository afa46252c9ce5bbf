//! A function's answer as a gateway reads it.

use crate::runtime::Answer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::Read as _;

/// An HTTP answer.
pub(crate) struct Reply {
    pub(crate) status: u64,
    headers: Value,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The answer in a function's; none where it reported an error.
    pub(crate) fn of(answer: &Answer) -> Option<Self> {
        let mut value: Value = serde_json::from_slice(&answer.body).ok()?;
        let status = value["statusCode"].as_u64().filter(|_| !answer.failed)?;
        let text = value["body"].as_str().unwrap_or_default();
        let body = match value["isBase64Encoded"].as_bool() {
            Some(true) => STANDARD.decode(text).ok()?,
            _ => text.as_bytes().to_vec(),
        };
        Some(Self { status, headers: value["headers"].take(), body })
    }

    /// The body as JSON, unpacked where it says that it is packed.
    pub(crate) fn json(&self) -> Option<Value> {
        let headers = self.headers.as_object();
        let packed = headers.is_some_and(|all| all.iter().any(|(name, value)| is_gzip(name, value)));
        if !packed {
            return serde_json::from_slice(&self.body).ok();
        }
        let mut json = Vec::new();
        GzDecoder::new(&*self.body).read_to_end(&mut json).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

fn is_gzip(name: &str, value: &Value) -> bool {
    name.eq_ignore_ascii_case("content-encoding") && value == "gzip"
}
