//! What Linux says of a process: CPU time to the nanosecond, and the largest resident size.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Linux counts in hundredths of a second there, whatever the machine (`USER_HZ`).
const MILLISECONDS_A_TICK: u64 = 10;

/// A child that is measured, and killed with its handle.
pub(crate) struct Process {
    child: Child,
    /// Just before it was started.
    pub(crate) started: Instant,
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        let started = Instant::now();
        let child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        Self { child, started }
    }

    /// To the nanosecond, of the threads that live.
    pub(crate) fn cpu(&self) -> Duration {
        cpu_of(&self.child.id().to_string())
    }

    /// To a hundredth of a second, of all threads that ever lived.
    pub(crate) fn cpu_of_all_threads(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The second field is the program's name in parentheses, which may hold anything.
        let fields = stat.rsplit_once(')').unwrap_or_default().1;
        let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
        Duration::from_millis(ticks.sum::<u64>() * MILLISECONDS_A_TICK)
    }

    /// In KiB.
    pub(crate) fn peak(&self) -> u64 {
        peak_of(&self.child.id().to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time of a process's living threads so far; `self` is this one.
pub(crate) fn cpu_of(process: &str) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        let spent = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        spent.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// The largest resident size of a process so far, in KiB.
pub(crate) fn peak_of(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default()
}
