//! Numbers as VMS computes and prints them: Python's rounding, Python's integers and floats.

use serde::{Serialize, Serializer};
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// A number that VMS prints as an integer or as a float; JSON keeps them apart as `0` and `0.0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Printed without a point.
    Int(i64),
    /// Printed with one.
    Float(f64),
}

impl Number {
    /// "Or zero": where VMS defaults a value, null and 0.0 alike become the integer 0.
    pub fn int_zero(x: f64) -> Self {
        if x == 0.0 { Self::Int(0) } else { Self::Float(x) }
    }

    /// The value, whichever way it is printed.
    pub fn value(self) -> f64 {
        match self {
            Self::Int(n) => n as f64,
            Self::Float(x) => x,
        }
    }

    /// Python's `round(x, digits)`: an integer stays as it is.
    #[must_use]
    pub fn rounded(self, digits: usize) -> Self {
        match self {
            Self::Int(n) => Self::Int(n),
            Self::Float(x) => Self::Float(round_to(x, digits)),
        }
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl Add for Number {
    type Output = Self;

    /// Python's `+`: one float makes the sum a float.
    fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Self::Int(a + b),
            (a, b) => Self::Float(a.value() + b.value()),
        }
    }
}

impl AddAssign for Number {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Number {
    /// Python's `sum`: left to right, from the integer 0.
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::default(), Add::add)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(n) => serializer.serialize_i64(*n),
            Self::Float(x) => serializer.serialize_f64(*x),
        }
    }
}

/// Python's `round(x, digits)`: the nearest decimal of the exact binary value, exact ties to even.
pub fn round_to(x: f64, digits: usize) -> f64 {
    const SCALES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];
    const EXACT: f64 = 1e15;
    // Most values are the double nearest to some n / 10^digits already. With n below the limit that double is off by
    // less than an eighth of a unit, so that rounding it leads back to the same n.
    let is_rounded = |scale: &f64| {
        let n = (x * scale).round();
        n.abs() < EXACT && (n / scale).to_bits() == x.to_bits()
    };
    if SCALES.get(digits).is_some_and(is_rounded) { x } else { rounded_by_text(x, digits) }
}

fn rounded_by_text(x: f64, digits: usize) -> f64 {
    format!("{x:.digits$}").parse().unwrap_or(x)
}

/// A running sum of hours: plain left to right, an integer until something other than null or zero was added.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Hours(Number);

impl Hours {
    /// Adds the hours of a row; null counts as zero.
    pub fn add(&mut self, hours: Option<f64>) {
        self.0 += Number::int_zero(hours.unwrap_or(0.0));
    }

    /// The sum as a float: `0.0` when nothing was added.
    pub fn float(self) -> f64 {
        self.0.value()
    }

    /// The sum as VMS prints it where it adds up itself, from the integer 0.
    pub fn number(self) -> Number {
        self.0
    }

    /// The rounded sum as VMS prints it where SQL adds up: an integer when it is zero.
    pub fn rounded(self, digits: usize) -> Number {
        Number::int_zero(self.float()).rounded(digits)
    }
}

impl FromIterator<Option<f64>> for Hours {
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(rows: I) -> Self {
        let mut sum = Self::default();
        rows.into_iter().for_each(|h| sum.add(h));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounding_is_pythons() {
        for (x, digits, expected) in [
            (0.125, 2, 0.12),
            (0.375, 2, 0.38),
            (2.675, 2, 2.67),
            (1.005, 2, 1.0),
            (1.255, 2, 1.25),
            (0.25, 1, 0.2),
            (0.35, 1, 0.3),
            (1.25, 1, 1.2),
            (2.25, 1, 2.2),
            (3.85, 1, 3.9),
            (1.75, 1, 1.8),
            (0.05, 1, 0.1),
            (1.15, 1, 1.1),
            (12.5, 0, 12.0),
            (37.5, 0, 38.0),
        ] {
            assert_eq!(round_to(x, digits).to_bits(), f64::to_bits(expected), "round({x}, {digits})");
        }
    }

    fn is_the_text_s(x: f64, digits: usize) -> bool {
        round_to(x, digits).to_bits() == rounded_by_text(x, digits).to_bits()
    }

    #[test]
    fn the_short_way_gives_what_the_text_gives_at_the_edges() {
        let edges = [0.0, -0.0, -0.0001, 5e-324, 1e15, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        for (x, digits) in edges.into_iter().flat_map(|x| (0..6).map(move |digits| (x, digits))) {
            assert!(is_the_text_s(x, digits), "{x} to {digits}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_gives_what_the_text_gives(
            n in prop_oneof![-100_000_i64..100_000, -2_000_000_000_000_000_i64..2_000_000_000_000_000],
            digits in 0..5_usize,
        ) {
            let x = n as f64 / 10_f64.powi(digits as i32);
            for x in [x, x.next_up(), x.next_down()] {
                prop_assert!(is_the_text_s(x, digits), "{} to {}", x, digits);
            }
        }
    }

    #[test]
    fn nothing_but_a_value_makes_a_sum_a_float() {
        let json = |rows: &[Option<f64>]| {
            let sum: Hours = rows.iter().copied().collect();
            serde_json::to_string(&(sum.number(), sum.float(), sum.rounded(1))).unwrap()
        };
        assert_eq!(json(&[]), "[0,0.0,0]");
        assert_eq!(json(&[None, Some(0.0)]), "[0,0.0,0]");
        assert_eq!(json(&[Some(2.0), None]), "[2.0,2.0,2.0]");
        assert_eq!(json(&[Some(0.25)]), "[0.25,0.25,0.2]");
        assert_eq!(json(&[Some(1.5), Some(-1.5)]), "[0.0,0.0,0]");
    }

    #[test]
    fn one_float_makes_a_sum_a_float() {
        let json = |numbers: &[Number]| serde_json::to_string(&numbers.iter().copied().sum::<Number>()).unwrap();
        assert_eq!(json(&[]), "0");
        assert_eq!(json(&[Number::Int(1), Number::Int(2)]), "3");
        assert_eq!(json(&[Number::Int(1), Number::Float(2.0)]), "3.0");
        assert_eq!(json(&[Number::Float(0.1), Number::Float(0.2)]), "0.30000000000000004");
    }
}
