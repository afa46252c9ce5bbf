//! Bodies kept in memory by their etag: they never change, so a warm request costs one small read.

use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use vms_core::Etag;

/// Bytes that are kept: some hundred reports, a small part of a function's memory.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Stored bodies, the earliest kept dropped first.
#[derive(Default)]
pub(crate) struct BodyCache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    bodies: HashMap<Etag, Bytes>,
    order: VecDeque<Etag>,
    bytes: usize,
}

impl BodyCache {
    pub(crate) fn get(&self, etag: &Etag) -> Option<Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bodies.get(etag).cloned()
    }

    pub(crate) fn keep(&self, etag: &Etag, body: &Bytes) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if body.len() > MOST_BYTES || kept.bodies.insert(etag.clone(), body.clone()).is_some() {
            return;
        }
        kept.order.push_back(etag.clone());
        kept.bytes += body.len();
        while kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.order.pop_front() else { return };
            if let Some(dropped) = kept.bodies.remove(&oldest) {
                kept.bytes -= dropped.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_bodies_go_when_there_are_too_many_bytes() {
        let cache = BodyCache::default();
        let third = Bytes::from(vec![0; MOST_BYTES / 3]);
        let etag = |n: u32| Etag(n.to_string());
        for n in 0..4 {
            cache.keep(&etag(n), &third);
            cache.keep(&etag(n), &third);
        }
        let kept: Vec<_> = (0..4).filter(|n| cache.get(&etag(*n)).is_some()).collect();
        assert_eq!(kept, [1, 2, 3]);
    }
}
