//! Time as a port, so that every rule about time can be tested at any time.

use jiff::Timestamp;

/// Where the present comes from.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock; programs choose it in their `main`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A pinned instant is a clock too.
impl Clock for Timestamp {
    fn now(&self) -> Timestamp {
        *self
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_clock_that_stands_is_a_clock_and_so_is_a_shared_one() {
        let noon: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
        assert_eq!((noon.now(), Arc::new(noon).now()), (noon, noon));
        assert!(SystemClock.now() > noon, "the system's clock is not behind this test");
    }
}
