//! What the holder of an API key may do.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The two roles of an API key. An operator may do all that a reader may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May read reports.
    Reader,
    /// May also see the management pages and steer the cache.
    Operator,
}

impl Role {
    /// Whether the holder of this role may do what `needed` may.
    pub fn covers(self, needed: Self) -> bool {
        self >= needed
    }

    /// The name in items and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "reader" => Ok(Self::Reader),
            "operator" => Ok(Self::Operator),
            _ => Err("a role is reader or operator"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_may_do_all_that_a_reader_may_and_not_the_other_way_round() {
        use Role::{Operator, Reader};
        for (held, needed, may) in
            [(Reader, Reader, true), (Operator, Reader, true), (Operator, Operator, true), (Reader, Operator, false)]
        {
            assert_eq!(held.covers(needed), may, "{held} where {needed} is needed");
        }
    }

    #[test]
    fn a_role_is_read_as_it_is_printed_and_nothing_else_is_one() {
        for role in [Role::Reader, Role::Operator] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for text in ["", "Operator", "admin"] {
            assert!(text.parse::<Role>().is_err(), "{text}");
        }
    }
}
