//! Rows that cannot be understood: reported by table, row id and reason, never by content.

use std::collections::BTreeMap;
use std::fmt;

/// Why a row, or a part of it, was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A column that must have a value has none.
    Null(&'static str),
    /// A column that holds a number holds something else, or a count that nothing could count.
    NotANumber(&'static str),
    /// A column that holds text holds something else, or text that is not UTF-8.
    NotText(&'static str),
    /// A date or time cannot be read.
    BrokenDate(&'static str),
    /// A text that is none of those VMS knows for this column.
    UnknownValue(&'static str),
    /// The row that a column refers to does not exist.
    Dangling(&'static str),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null(column) => write!(f, "{column} has no value"),
            Self::NotANumber(column) => write!(f, "{column} is not a number"),
            Self::NotText(column) => write!(f, "{column} is not text"),
            Self::BrokenDate(column) => write!(f, "{column} is not a date"),
            Self::UnknownValue(column) => write!(f, "{column} is none of the known values"),
            Self::Dangling(column) => write!(f, "{column} refers to a row that does not exist"),
        }
    }
}

/// One row that is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// The table.
    pub table: &'static str,
    /// SQLite's row id: for most tables the `id` column.
    pub row: i64,
    /// What is wrong with it.
    pub reason: Reason,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} row {}: {}", self.table, self.row, self.reason)
    }
}

/// All that was found wrong: every kind counted, the first rows by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defects {
    listed: Vec<Defect>,
    counts: BTreeMap<(&'static str, Reason), u64>,
}

impl Defects {
    /// How many rows are listed by name; the rest are only counted.
    pub const LISTED: usize = 200;

    pub(crate) fn add(&mut self, table: &'static str, row: i64, reason: Reason) {
        *self.counts.entry((table, reason)).or_default() += 1;
        if self.listed.len() < Self::LISTED {
            self.listed.push(Defect { table, row, reason });
        }
    }

    /// The first rows that were reported.
    pub fn listed(&self) -> &[Defect] {
        &self.listed
    }

    /// Reported rows by table and reason, as the run ledger keeps them.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.counts.iter().map(|((table, reason), n)| (format!("{table}: {reason}"), *n)).collect()
    }

    /// How many rows were reported.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}
