//! What people and programs read: lines and tables, or JSON; errors on one line of standard error.

use crate::config;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

/// The program's two streams.
pub(crate) struct Output {
    json: bool,
    colours: bool,
    out: io::Stdout,
    err: io::Stderr,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        let out = io::stdout();
        let plain =
            json || config::variable("NO_COLOR").is_some() || config::variable("TERM").as_deref() == Some("dumb");
        Self { json, colours: !plain && out.is_terminal(), out, err: io::stderr() }
    }

    /// Whether JSON is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a person watches: only then is there a progress bar.
    pub(crate) fn is_watched(&self) -> bool {
        !self.json && self.err.is_terminal()
    }

    /// Bars of work that takes a while; nothing is drawn unless a person watches.
    pub(crate) fn bars(&self) -> MultiProgress {
        let target = if self.is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        MultiProgress::with_draw_target(target)
    }

    /// One bar, whose length may be told later.
    pub(crate) fn bar(&self, name: &str) -> ProgressBar {
        self.bars().add(bar(name))
    }

    /// A sign of life for work of which nobody knows how much it is.
    pub(crate) fn spinner(&self, what: &str) -> ProgressBar {
        let spinner = self.bars().add(ProgressBar::new_spinner().with_message(what.to_owned()));
        if self.is_watched() {
            spinner.enable_steady_tick(Duration::from_millis(100));
        }
        spinner
    }

    /// A state or outcome in its colour, where there are colours.
    pub(crate) fn paint(&self, word: &str) -> String {
        paint(self.colours, word)
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
        if out.is_terminal() && !bytes.ends_with(b"\n") {
            writeln!(out)?;
        }
        // What a full disk does not take is told here; at the end of the process nobody asks.
        out.flush()
    }

    /// A remark beside the result.
    pub(crate) fn note(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.err, "{}", text.as_ref());
    }

    /// That an act is done which the ledger of acts does not tell.
    pub(crate) fn not_recorded(&mut self) {
        self.note("this is done, but could not be written into the ledger of acts");
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
        let colours = self.colours;
        let line = |cells: &[&str]| {
            let cell = |(c, text): (usize, &&str)| {
                let fill = " ".repeat(widths[c] - text.chars().count());
                let shown = paint(colours, text);
                if numeric[c] { format!("{fill}{shown}") } else { format!("{shown}{fill}") }
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

/// A bar with a name.
pub(crate) fn bar(name: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:16} {wide_bar} {pos}/{len}").unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style).with_message(name.to_owned())
}

/// A word in its colour: green for well, yellow for look at it, red for act.
fn paint(colours: bool, word: &str) -> String {
    let colour = match word {
        "equal" | "fresh" | "succeeded" | "valid" | "Running" | "OK" | "HEALTHY" => 32,
        "aging" | "explained" | "partial" | "queued" | "running" => 33,
        "differs" | "stale" | "missing" | "failed" | "lost" | "Stopped" | "FAIL" | "UNHEALTHY" | "ERROR" => 31,
        _ => return word.to_owned(),
    };
    if colours { format!("\x1b[{colour}m{word}\x1b[0m") } else { word.to_owned() }
}

/// Whether an error only says that the reader of a pipe has read enough (`| head`).
pub(crate) fn is_closed(error: &anyhow::Error) -> bool {
    let of_json = |e: &serde_json::Error| e.io_error_kind();
    error.chain().any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        kind.or_else(|| cause.downcast_ref().and_then(of_json)) == Some(io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_say_how_bad_it_is_and_are_left_out_where_nobody_sees_them() {
        assert_eq!(
            ["fresh", "partial", "stale"].map(|w| paint(true, w)),
            ["\x1b[32mfresh\x1b[0m", "\x1b[33mpartial\x1b[0m", "\x1b[31mstale\x1b[0m"]
        );
        assert_eq!([paint(true, "district"), paint(false, "stale")], ["district", "stale"]);
    }
}
