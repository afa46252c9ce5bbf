//! Alarms that ring: the template's own alarms, judged as CloudWatch judges them, on figures that the real code emits.

pub(crate) mod definition;
pub(crate) mod gate;
mod judge;
mod math;
mod rings;
mod series;
mod world;
