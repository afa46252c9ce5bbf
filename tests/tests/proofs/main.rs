//! The whole system under test: publishing under faults, and what a reader sees meanwhile.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where what it stands on gives way")]
#![expect(clippy::panic, reason = "a broken invariant ends the test that finds it")]

mod crashes;
mod support;
