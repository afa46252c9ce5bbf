//! JSON from pieces, for reports of which most is written once and put into many.

use serde::Serialize;
use serde_json::Value;

/// A text as JSON writes it between quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut quoted = Value::from(text).to_string();
    quoted.pop();
    quoted.remove(0);
    quoted
}

/// JSON that is put together from pieces that are JSON already.
pub(super) struct Json(Vec<u8>);

impl Json {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(super) fn put(&mut self, piece: &str) {
        self.0.extend_from_slice(piece.as_bytes());
    }

    pub(super) fn number(&mut self, number: impl Serialize) -> serde_json::Result<()> {
        serde_json::to_writer(&mut self.0, &number)
    }

    pub(super) fn list<'k>(&mut self, keywords: impl Iterator<Item = &'k str>) {
        for keyword in keywords {
            self.put(keyword);
            self.put(", ");
        }
        self.cut(", ");
    }

    /// Takes back a separator after which nothing came.
    pub(super) fn cut(&mut self, separator: &str) {
        if self.0.ends_with(separator.as_bytes()) {
            self.0.truncate(self.0.len() - separator.len());
        }
    }
}

impl From<Json> for Vec<u8> {
    fn from(json: Json) -> Self {
        json.0
    }
}
