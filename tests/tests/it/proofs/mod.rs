//! Publishing that can be trusted: what a reader sees whatever fails, at whatever moment.

mod crashes;
mod support;
