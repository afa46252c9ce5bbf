//! Publishing that can be trusted: what a reader sees whatever fails, at whatever moment.

mod crashes;
mod interleavings;
mod large;
mod late_wakers;
mod model;
mod readers;
mod retirement;
pub(crate) mod support;
mod sweep;
