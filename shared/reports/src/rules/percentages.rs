//! Shares in percent.

use super::numbers::{Number, round_to};

/// The share in percent with one decimal, divided first and then multiplied; of nothing it is the integer 0.
pub fn percent(part: f64, total: f64) -> Number {
    if total == 0.0 {
        Number::Int(0)
    } else {
        Number::Float(round_to(part / total * 100.0, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_float_unless_it_is_a_share_of_nothing() {
        for (part, total, json) in [
            (0.0, 0.0, "0"),
            (0.0, 4.0, "0.0"),
            (1.0, 4.0, "25.0"),
            (1.0, 3.0, "33.3"),
            (2.0, 3.0, "66.7"),
            (4.0, 4.0, "100.0"),
            (1.0, 16.0, "6.2"), // 6.25, a tie, goes to the even digit
            (3.0, 16.0, "18.8"),
            (7.0, 2.0, "350.0"),
        ] {
            assert_eq!(
                serde_json::to_string(&percent(part, total)).unwrap(),
                json,
                "{part}/{total}"
            );
        }
    }
}
