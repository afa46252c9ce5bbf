//! Settings from environment variables: looked up once by each concern's own reader, errors naming the variable.
//!
//! The lookup is an argument, so that nothing here touches the environment and every test has its own.

use jiff::tz::TimeZone;
use std::fmt::Display;
use std::str::FromStr;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct ConfigError {
    /// The environment variable.
    pub variable: &'static str,
    /// What is wrong with it, and what is expected.
    pub problem: String,
}

impl ConfigError {
    /// An error about that variable.
    pub fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self { variable, problem: problem.into() }
    }
}

/// Where settings come from.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Env<'a> {
    /// Settings that `lookup` knows; an empty value counts as unset.
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup }
    }

    /// The text of a variable, if it is set.
    pub fn text(&self, variable: &'static str) -> Option<String> {
        (self.lookup)(variable).filter(|text| !text.is_empty())
    }

    /// The text of a variable that must be set.
    pub fn required(&self, variable: &'static str) -> Result<String, ConfigError> {
        self.text(variable).ok_or_else(|| ConfigError::new(variable, "is not set"))
    }

    /// A time zone by its name, if it is set.
    pub fn zone(&self, variable: &'static str) -> Result<Option<TimeZone>, ConfigError> {
        let named = |name: String| TimeZone::get(&name);
        let zone = self.text(variable).map(named).transpose();
        zone.map_err(|_| ConfigError::new(variable, "expects a time zone such as America/Chicago"))
    }

    /// A parsed variable, or its default.
    pub fn parsed<T: FromStr<Err: Display>>(&self, variable: &'static str, default: T) -> Result<T, ConfigError> {
        match self.text(variable) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|e| ConfigError::new(variable, format!("{e}"))),
        }
    }

    /// A whole number between two bounds, or its default.
    pub fn number(
        &self,
        variable: &'static str,
        default: u32,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, ConfigError> {
        let expected = || format!("expects a whole number from {} to {}", bounds.start(), bounds.end());
        let Some(text) = self.text(variable) else {
            return Ok(default);
        };
        let number = text.parse().ok().filter(|n| bounds.contains(n));
        number.ok_or_else(|| ConfigError::new(variable, expected()))
    }

    /// A switch, `on` or `off`, or its default.
    pub fn switch(&self, variable: &'static str, default: bool) -> Result<bool, ConfigError> {
        match self.text(variable).as_deref() {
            None => Ok(default),
            Some("on" | "true" | "1") => Ok(true),
            Some("off" | "false" | "0") => Ok(false),
            Some(_) => Err(ConfigError::new(variable, "expects on or off")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env_of(value: &'static str) -> impl Fn(&str) -> Option<String> {
        move |name| (name == "X").then(|| value.to_owned())
    }

    #[test]
    fn an_error_names_the_variable_and_what_it_expects() {
        let lookup = env_of("many");
        let error = Env::new(&lookup).number("X", 7, 1..=30).unwrap_err();
        assert_eq!(error.to_string(), "X: expects a whole number from 1 to 30");
        assert_eq!(Env::new(&lookup).switch("X", false).unwrap_err().to_string(), "X: expects on or off");
        assert_eq!(Env::new(&lookup).required("Y").unwrap_err().to_string(), "Y: is not set");
    }

    #[test]
    fn what_is_unset_or_empty_has_its_default() {
        let lookup = env_of("");
        assert_eq!(Env::new(&lookup).number("X", 7, 1..=30), Ok(7));
        assert_eq!(Env::new(&lookup).switch("X", true), Ok(true));
    }

    #[test]
    fn a_number_outside_its_bounds_is_refused() {
        let lookup = env_of("31");
        assert!(Env::new(&lookup).number("X", 7, 1..=30).is_err());
    }
}
