//! What an object says of itself besides its bytes: the names, written by a push and read by a refresh.

/// When the copy was taken from VMS, such as `2026-03-15T03:30:00Z`.
pub(crate) const TAKEN_AT: &str = "taken-at";
/// SHA-256 of the object's bytes, in hex.
pub(crate) const SHA256: &str = "sha256";
/// The form of all this.
pub(crate) const FORM: &str = "form";
/// The present form: a SQLite database, or the gzip or zstd file of one.
pub(crate) const PRESENT_FORM: &str = "1";
