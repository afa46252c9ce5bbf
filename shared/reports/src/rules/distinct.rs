//! Ids of which each counts once.

use serde::Serialize;

/// A growing list of ids. They are put in order when they are counted, and not before: for hundreds of thousands, most of
/// them new, that costs a fraction of looking each up in a set.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub struct DistinctIds(Vec<i64>);

impl Extend<i64> for DistinctIds {
    fn extend<I: IntoIterator<Item = i64>>(&mut self, ids: I) {
        self.0.extend(ids);
    }
}

impl DistinctIds {
    /// How many there are; from then on, until more are added, each is there once and they ascend.
    pub fn count(&mut self) -> usize {
        self.0.sort_unstable();
        self.0.dedup();
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_counts_once_and_they_ascend() {
        let mut ids = DistinctIds::default();
        assert_eq!(ids.count(), 0);
        ids.extend([7, 3, 7]);
        assert_eq!(ids.count(), 2);
        ids.extend([i64::MIN, 3, 5]);
        assert_eq!((ids.count(), ids.0), (4, vec![i64::MIN, 3, 5, 7]));
    }
}
