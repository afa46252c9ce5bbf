//! The HTTP interface from outside, each handler over a table in memory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where what it stands on gives way")]

mod acts;
mod bad_input;
mod damaged;
mod description;
mod forms;
mod refreshes;
mod sessions;
mod stage;
mod walk;
