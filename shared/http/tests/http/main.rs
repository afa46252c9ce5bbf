//! The HTTP interface from outside, each handler over a table in memory.

#![expect(clippy::unwrap_used, reason = "what a test stands on is there")]

mod acts;
mod bad_input;
mod description;
mod forms;
mod sessions;
mod stage;
mod walk;
