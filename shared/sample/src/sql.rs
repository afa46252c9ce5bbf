//! Rows into tables: one prepared statement per table, and a count of what went in.

use rusqlite::{Connection, Params, Statement};

/// Writes rows into one table, in the order in which its columns were named. Columns left out stay NULL.
pub(crate) struct Inserter<'c> {
    statement: Statement<'c>,
    rows: u64,
}

impl<'c> Inserter<'c> {
    /// Prepares the table's statement; `columns` is the comma-separated list of those that get values.
    pub(crate) fn new(connection: &'c Connection, table: &str, columns: &str) -> rusqlite::Result<Self> {
        let marks = vec!["?"; columns.split(',').count()].join(", ");
        let statement = connection.prepare(&format!("INSERT INTO {table} ({columns}) VALUES ({marks})"))?;
        Ok(Self { statement, rows: 0 })
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, values: impl Params) -> rusqlite::Result<()> {
        self.rows += self.statement.execute(values)? as u64;
        Ok(())
    }

    /// How many rows went in so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The id for a table that counts its rows from 1.
    pub(crate) fn next_id(&self) -> i64 {
        self.rows as i64 + 1
    }
}

/// An invented Salesforce id: 18 letters and digits, its first three saying what kind of record, `tag` keeping our
/// kinds apart from each other.
pub(crate) fn salesforce_id(kind: &str, tag: char, number: i64) -> String {
    format!("{kind}5f0000{tag}{number:08}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salesforce_ids_have_eighteen_letters_and_digits() {
        let id = salesforce_id("003", 'C', 42);
        assert_eq!(id, "0035f0000C00000042");
        assert_eq!(id.len(), 18);
    }

    #[test]
    fn an_inserter_counts_its_rows() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (a, b, c)").unwrap();
        let mut inserter = Inserter::new(&connection, "t", "a, c").unwrap();
        inserter.add((1, "x")).unwrap();
        assert_eq!((inserter.rows(), inserter.next_id()), (1, 2));
    }
}
