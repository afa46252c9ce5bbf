//! Rules that several reports share, each once, each with its own table of tests.

pub mod clock;
pub mod names;
pub mod numbers;
pub mod organizations;
pub mod percent;
pub mod pytext;
pub mod text;
