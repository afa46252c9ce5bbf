//! Chance that can be had again: a seed, said aloud, and numbers from it.

use crate::harness::say;
use std::time::{Duration, SystemTime};

/// Numbers from a seed (`SplitMix64`).
pub(crate) struct Chance(u64);

impl Chance {
    /// From `VMS_SEED`, or anew; either way the seed is told.
    pub(crate) fn told(test: &str) -> Self {
        let given = std::env::var("VMS_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64);
        say(&format!("{test}: VMS_SEED={seed}"));
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A time up to `most`.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.next() % (most.as_micros() as u64 + 1))
    }
}
