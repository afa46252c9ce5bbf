//! The whole system under test.

mod events;
mod wire;
