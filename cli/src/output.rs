//! What people and programs read: lines and tables, or JSON; errors on one line of standard error.

use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// The program's two streams.
pub(crate) struct Output {
    json: bool,
    out: io::Stdout,
    err: io::Stderr,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, out: io::stdout(), err: io::stderr() }
    }

    /// Whether JSON is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a person watches: only then is there a progress bar.
    pub(crate) fn is_watched(&self) -> bool {
        !self.json && self.err.is_terminal()
    }

    /// A line for people.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.out, "{}", text.as_ref())
    }

    /// A value for programs.
    pub(crate) fn value(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        let mut out = self.out.lock();
        serde_json::to_writer_pretty(&mut out, value)?;
        writeln!(out)?;
        Ok(())
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = self.out.lock();
        out.write_all(bytes)?;
        if out.is_terminal() { writeln!(out) } else { Ok(()) }
    }

    /// A remark beside the result.
    pub(crate) fn note(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.err, "{}", text.as_ref());
    }

    /// An error, on one line.
    pub(crate) fn error(&mut self, error: &anyhow::Error) {
        let _ = writeln!(self.err, "vms-cache: {error:#}");
    }

    /// A table: columns as wide as their widest cell, numbers to the right.
    pub(crate) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).chain([head[c].len()]).max().unwrap_or(0);
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let numeric = |c: usize| rows.iter().all(|r| r[c].starts_with(|d: char| d.is_ascii_digit() || d == '-'));
        let numeric: Vec<bool> = (0..head.len()).map(|c| !rows.is_empty() && numeric(c)).collect();
        let line = |cells: &[&str]| {
            let cell = |(c, text): (usize, &&str)| {
                let fill = " ".repeat(widths[c] - text.chars().count());
                if numeric[c] { format!("{fill}{text}") } else { format!("{text}{fill}") }
            };
            cells.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        self.line(line(head))?;
        for row in rows {
            self.line(line(&row.iter().map(String::as_str).collect::<Vec<_>>()))?;
        }
        Ok(())
    }
}

/// A length of time as people say it: `45 s`, `12 min`, `5 h 10 min`, `3 d 4 h`.
pub(crate) fn span(seconds: i64) -> String {
    match seconds {
        s if s < 60 => format!("{s} s"),
        s if s < 3600 => format!("{} min", s / 60),
        s if s < 86_400 => format!("{} h {} min", s / 3600, s % 3600 / 60),
        s => format!("{} d {} h", s / 86_400, s % 86_400 / 3600),
    }
}

/// A number of bytes as people say it.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        b if b < 1000 => format!("{b} B"),
        b if b < 1_000_000 => format!("{:.1} kB", b as f64 / 1e3),
        b => format!("{:.1} MB", b as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_sizes_are_told_as_people_say_them() {
        assert_eq!([45, 720, 18_600, 273_600].map(span), ["45 s", "12 min", "5 h 10 min", "3 d 4 h"]);
        assert_eq!([999, 1500, 2_500_000].map(size), ["999 B", "1.5 kB", "2.5 MB"]);
    }
}
