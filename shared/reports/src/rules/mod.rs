//! Rules that several reports share, each once, each with its own table of tests.

pub mod dates;
pub mod distinct;
pub mod names;
pub mod needles;
pub mod numbers;
pub mod organizations;
pub mod percentages;
pub mod pytext;
pub mod text;
pub mod years;
