//! How far the writing has come, told often enough for a progress bar and seldom enough to cost nothing.

/// Steps done, of all steps.
pub(crate) struct Progress<'p> {
    done: u64,
    total: u64,
    told: u64,
    tell: &'p mut dyn FnMut(u64, u64),
}

impl<'p> Progress<'p> {
    pub(crate) fn new(total: u64, tell: &'p mut dyn FnMut(u64, u64)) -> Self {
        tell(0, total);
        Self { done: 0, total, told: 0, tell }
    }

    /// One more step is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        if self.done < self.total && (self.done - self.told) * 200 >= self.total {
            self.told = self.done;
            (self.tell)(self.done, self.total);
        }
    }

    /// All is done.
    pub(crate) fn finish(self) {
        (self.tell)(self.total, self.total);
    }
}
