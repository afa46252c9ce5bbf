//! Whole percentages, rounded as VMS rounds them.

use crate::rules::numbers::round_to;

/// `count` of `whole` in percent: nearest integer, exact ties to even; 0 where there is nothing to divide by.
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
    fn percentages_are_integers_and_ties_go_to_the_even_one() {
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
