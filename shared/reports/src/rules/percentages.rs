//! Shares in percent.

use super::numbers::{Number, round_to};

/// The share in percent with one decimal, divided first and then multiplied; of nothing it is the integer 0.
pub fn percent(part: f64, total: f64) -> Number {
    if total == 0.0 { Number::Int(0) } else { Number::Float(round_to(part / total * 100.0, 1)) }
}

/// The share in percent as an integer, multiplied first and then divided, exact ties to even; of nothing it is 0.
pub fn whole_percent(count: usize, whole: usize) -> u64 {
    if count == 0 || whole == 0 {
        return 0;
    }
    round_to(100.0 * count as f64 / whole as f64, 0) as u64
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
            assert_eq!(serde_json::to_string(&percent(part, total)).unwrap(), json, "{part}/{total}");
        }
    }

    #[test]
    fn a_whole_share_goes_to_the_even_integer() {
        for (count, whole, percent) in [
            (0, 0, 0),
            (0, 5, 0),
            (5, 0, 0),
            (1, 8, 12), // 12.5
            (3, 8, 38), // 37.5
            (1, 3, 33),
            (2, 3, 67),
            (29, 200, 14), // 14.5
            (7, 7, 100),
            (3, 2, 150), // VMS divides sessions by titles
        ] {
            assert_eq!(whole_percent(count, whole), percent, "{count} of {whole}");
        }
    }
}
