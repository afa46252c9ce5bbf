//! The sample's own random numbers: `SplitMix64`.
//!
//! Our own, because a sample must not change when a dependency is upgraded: the same seed gives the same rows for
//! as long as the tests pin them. Every part of the sample draws from a generator of its own section, so a change in
//! one part leaves the rows of the others alone.

/// A generator for one section of the sample.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// The generator that `seed` gives to `section`.
    pub(crate) fn new(seed: u64, section: &str) -> Self {
        // FNV-1a turns the section's name into a number.
        let hash = section
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut rng = Self(seed ^ hash);
        rng.draw();
        rng
    }

    /// The generator of one numbered item of a section, for values that are looked up by number.
    pub(crate) fn for_item(seed: u64, section: &str, item: i64) -> Self {
        let mut section = Self::new(seed, section);
        section.0 ^= (item as u64).wrapping_mul(0xd6e8_feb8_6659_fd93);
        section.draw();
        section
    }

    /// The next 64 bits.
    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, not including, `bound`; 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(bound)) >> 64) as u64
    }

    /// A position in a list of `len` items.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// A position in a list of `len` items, the early ones far more often: some items become popular.
    pub(crate) fn skewed_index(&mut self, len: usize) -> usize {
        let near = self.index(len + 1);
        self.index(near.max(1))
    }

    /// A number between `low` and `high`, both possible.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as u64) as i64
    }

    /// True in `share` of 100 cases.
    pub(crate) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// 1, 0 or NULL, with the given shares of 1 and NULL.
    pub(crate) fn flag(&mut self, true_percent: u64, null_percent: u64) -> Option<bool> {
        let drawn = self.below(100);
        (drawn >= null_percent).then_some(drawn < null_percent + true_percent)
    }

    /// One of the items; the list is never empty.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.index(items.len())]
    }

    /// One of the items, or nothing in `null_percent` of 100 cases.
    pub(crate) fn pick_or_null<T: Copy>(&mut self, items: &[T], null_percent: u64) -> Option<T> {
        (!self.percent(null_percent)).then(|| self.pick(items))
    }

    /// One of the items, in proportion to their weights; the list is never empty.
    pub(crate) fn weighted<T: Copy>(&mut self, items: &[(T, u64)]) -> T {
        let mut left = self.below(items.iter().map(|(_, weight)| weight).sum());
        for (item, weight) in items {
            if left < *weight {
                return *item;
            }
            left -= weight;
        }
        items[0].0
    }

    /// The first rows of a table go through the items in order, so that each item occurs at any scale and seed; later
    /// rows take one at random, or nothing.
    pub(crate) fn cover<T: Copy>(&mut self, row: usize, items: &[T], null_percent: u64) -> Option<T> {
        let drawn = self.pick_or_null(items, null_percent);
        items.get(row).copied().or(drawn)
    }

    /// Brings the items into a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.index(last + 1);
            items.swap(last, other);
        }
    }

    /// `total * weight / weights` as a whole number, rounded at random so that the shares add up to about `total`.
    pub(crate) fn share(&mut self, total: u64, weight: u64, weights: u64) -> u64 {
        let weights = weights.max(1);
        let product = total * weight;
        product / weights + u64::from(self.below(weights) < product % weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_section_give_the_same_numbers() {
        let draw = |seed, section| Rng::new(seed, section).draw();
        assert_eq!(draw(1, "events"), draw(1, "events"));
        assert_ne!(draw(1, "events"), draw(2, "events"));
        assert_ne!(draw(1, "events"), draw(1, "people"));
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut rng = Rng::new(7, "bounds");
        assert!((0..1_000).all(|_| rng.below(3) < 3));
        assert_eq!(rng.below(0), 0);
        assert!((0..1_000).all(|_| (-2..=2).contains(&rng.between(-2, 2))));
        assert!((0..1_000).all(|_| rng.skewed_index(5) < 5));
    }

    #[test]
    fn covering_goes_through_every_item_first() {
        let mut rng = Rng::new(7, "cover");
        let drawn: Vec<_> = (0..3).filter_map(|row| rng.cover(row, &["a", "b", "c"], 100)).collect();
        assert_eq!(drawn, ["a", "b", "c"]);
        assert_eq!(rng.cover(3, &["a", "b", "c"], 100), None);
    }

    #[test]
    fn shares_add_up_to_about_the_total() {
        let mut rng = Rng::new(7, "shares");
        let sum: u64 = (0..1_000).map(|_| rng.share(5_500, 1, 1_000)).sum();
        assert!((5_300..5_700).contains(&sum), "{sum}");
    }
}
