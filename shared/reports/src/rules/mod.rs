//! Rules that several reports share, each once, each with its own table of tests.

pub mod names;
pub mod numbers;
pub mod organizations;
pub mod text;
