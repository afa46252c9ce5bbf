//! What is measured reaches CloudWatch over the wire, and comes back from it; what cannot be measured harms nothing.

mod cbor;
pub(crate) mod cloudwatch;
mod external;
mod monitor;
mod refreshes;
