//! Snapshots: the VMS database on its way from the machine of a VMS, through S3, to the refresh.
//!
//! [`pack()`] makes a copy of a live database and compresses it; [`push`] uploads that; [`S3Source`] is where a refresh
//! gets it from. An object holds a SQLite database as it is, or the gzip or zstd file of one, whatever its key is
//! called; what is known of it besides is in its metadata (`metadata.rs`).

mod client;
mod fault;
mod kept;
mod location;
mod metadata;
mod pack;
mod push;
mod source;
mod unpack;

pub use client::connect;
pub use location::{Location, LocationError};
pub use pack::{PackError, Packed, pack};
pub use push::{PushError, Pushed, push};
pub use source::S3Source;
