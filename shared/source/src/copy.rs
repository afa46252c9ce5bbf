//! Copies of a VMS database: the reduced one, which may leave the machine on which VMS runs, and the full one.
//!
//! A VMS file also holds birth dates, phones, addresses and notes. The reduced copy is a new file with the tables and
//! columns of the one list (`schema.rs`) and nothing else; row ids, declared types and values are the original's, so
//! that every report comes out of it byte for byte the same.
//!
//! The list's columns about people are copied for those people whose reports show them. Of students that is nobody,
//! unless their details are wanted: then they leave no more than an id.

use crate::database::Database;
use crate::error::SourceError;
use crate::schema::TABLES;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};

/// Marks a reduced copy (`PRAGMA application_id`).
const REDUCED: i32 = 0x564d_5352;
/// Whether it has students' names and addresses (`PRAGMA user_version`).
const WITHOUT_STUDENT_DETAILS: i32 = 1;
const WITH_STUDENT_DETAILS: i32 = 2;

/// Speed instead of safety: nobody reads a copy before it is whole.
const PRAGMAS: &str = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;";
/// Pages that a full copy takes at a time.
const PAGES: i32 = 256;
/// Rows after which a reduced copy says how far it is.
const ROWS: u64 = 1024;

/// What is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// What reports read.
    Reduced {
        /// Students' names and e-mail addresses as well as volunteers'.
        student_details: bool,
    },
    /// Everything, row for row and page for page.
    Full,
}

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// Its tables.
    pub tables: u64,
    /// Columns of them all.
    pub columns: u64,
    /// Rows of them all.
    pub rows: u64,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The original cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The copy cannot be written.
    #[error("{path}: the copy cannot be written (SQLite code {code}); check the space on its disk")]
    Target {
        /// The copy.
        path: PathBuf,
        /// SQLite's extended result code.
        code: i32,
    },
}

/// A table of a reduced copy.
struct Reduced {
    name: &'static str,
    columns: Vec<Column>,
}

/// A column as the original declares it.
struct Column {
    name: String,
    declared: String,
    /// It is the row id under another name.
    is_row_id: bool,
}

impl Database {
    /// Copies what is wanted, all as of one moment, into the empty file `target`. `progress` is told how much of how
    /// much is done.
    ///
    /// The original is only read. While that goes on, a VMS without a write-ahead log waits with its writes.
    pub fn copy(
        &self,
        content: Content,
        target: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Copied, CopyError> {
        let refused = |e: rusqlite::Error| target_error(target, &e);
        let mut to = Connection::open_with_flags(target, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(refused)?;
        to.execute_batch(PRAGMAS).map_err(refused)?;
        let copied = self.at_one_moment(|from| match content {
            Content::Reduced { student_details } => {
                Copying { from, source: self.path(), to: &to, target, student_details }.reduced(progress)
            }
            Content::Full => self.full(from, &mut to, target, progress),
        })?;
        to.close().map_err(|(_, e)| refused(e))?;
        Ok(copied)
    }

    fn full(
        &self,
        from: &Connection,
        to: &mut Connection,
        target: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Copied, CopyError> {
        // A first read, so that the transaction stands: without it every write of VMS would make the backup begin anew.
        from.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))
            .map_err(|e| SourceError::of_sqlite(self.path(), &e))?;
        let backup = Backup::new(from, to).map_err(|e| target_error(target, &e))?;
        loop {
            let step = backup.step(PAGES).map_err(|e| target_error(target, &e))?;
            let (all, left) = (backup.progress().pagecount, backup.progress().remaining);
            progress(all.saturating_sub(left) as u64, all as u64);
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(SourceError::Busy(self.path().to_path_buf()).into()),
            }
        }
        drop(backup);
        // The original may say that a log belongs to it; the copy stands alone.
        to.pragma_update(None, "journal_mode", "DELETE").map_err(|e| target_error(target, &e))?;
        counted(to).map_err(|e| target_error(target, &e))
    }
}

/// Whether the database is a reduced copy that was made without students' names.
pub(crate) fn lacks_student_details(db: &Connection) -> rusqlite::Result<bool> {
    let pragma = |name| db.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    Ok(pragma("application_id")? == REDUCED && pragma("user_version")? != WITH_STUDENT_DETAILS)
}

/// A reduced copy in the making.
struct Copying<'a> {
    from: &'a Connection,
    source: &'a Path,
    to: &'a Connection,
    target: &'a Path,
    student_details: bool,
}

impl Copying<'_> {
    fn reduced(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Copied, CopyError> {
        let tables = tables(self.from).map_err(|e| self.unread(&e))?;
        let mut total: u64 = 0;
        for table in &tables {
            total = total.saturating_add(self.highest_row_id(table.name)?);
        }
        let details = if self.student_details { WITH_STUDENT_DETAILS } else { WITHOUT_STUDENT_DETAILS };
        self.write(&format!("PRAGMA application_id = {REDUCED}; PRAGMA user_version = {details}; BEGIN"))?;
        let mut copied = Copied::default();
        let mut before: u64 = 0;
        for table in &tables {
            self.write(&table.definition())?;
            copied.rows += self.rows(table, &mut |row_id| progress(before.saturating_add(row_id).min(total), total))?;
            before = before.saturating_add(self.highest_row_id(table.name)?);
            copied.tables += 1;
            copied.columns += table.columns.len() as u64;
        }
        self.write("COMMIT")?;
        progress(total, total);
        Ok(copied)
    }

    /// Copies the rows of a table in the order of their ids; how many.
    fn rows(&self, table: &Reduced, progress: &mut dyn FnMut(u64)) -> Result<u64, CopyError> {
        let unread = |e: rusqlite::Error| self.unread(&e);
        let mut select = self.from.prepare(&self.selection(table)).map_err(unread)?;
        let mut insert = self.to.prepare(&table.insertion()).map_err(|e| self.unwritten(&e))?;
        let width = insert.parameter_count();
        let mut rows = select.query([]).map_err(unread)?;
        let mut count = 0;
        while let Some(row) = rows.next().map_err(unread)? {
            for column in 0..width {
                let value = row.get_ref(column).map_err(unread)?;
                // Bound as it is stored: no text is looked into, no number converted.
                let bound = insert.raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(value));
                bound.map_err(|e| self.unwritten(&e))?;
            }
            insert.raw_execute().map_err(|e| self.unwritten(&e))?;
            count += 1;
            if count % ROWS == 0
                && let Ok(ValueRef::Integer(row_id)) = row.get_ref(0)
            {
                progress(u64::try_from(row_id).unwrap_or(0));
            }
        }
        Ok(count)
    }

    /// The query whose first column is the row id; the others follow in the order of the columns.
    fn selection(&self, table: &Reduced) -> String {
        let value = |column: &Column| match self.readers(table.name, &column.name) {
            Some(readers) => format!("CASE WHEN {} THEN \"{}\" END", any_of("id", readers), column.name),
            None => quoted(&column.name),
        };
        let values: Vec<_> = table.stored().map(value).collect();
        let rows = match table.name {
            "contact" => format!("WHERE {}", any_of("id", &["volunteer", "teacher", "student"])),
            "email" if self.student_details => format!("WHERE {}", any_of("contact_id", &["volunteer", "student"])),
            "email" => format!("WHERE {}", any_of("contact_id", &["volunteer"])),
            _ => String::new(),
        };
        let columns = [vec!["rowid".to_owned()], values].concat().join(", ");
        format!("SELECT {columns} FROM \"{}\" {rows} ORDER BY rowid", table.name)
    }

    /// The tables of those people for whom a column of `contact` is read; `None` where it is read of everybody.
    fn readers(&self, table: &str, column: &str) -> Option<&'static [&'static str]> {
        match (table, column) {
            ("contact", "id") => None,
            ("contact", "first_name" | "last_name") if self.student_details => {
                Some(&["volunteer", "teacher", "student"])
            }
            ("contact", "first_name" | "last_name" | "exclude_from_reports") => Some(&["volunteer", "teacher"]),
            ("contact", _) => Some(&["volunteer"]),
            _ => None,
        }
    }

    /// About how many rows a table has, found without a look at them.
    fn highest_row_id(&self, table: &str) -> Result<u64, CopyError> {
        let sql = format!("SELECT COALESCE(MAX(rowid), 0) FROM \"{table}\"");
        let highest: i64 = self.from.query_row(&sql, [], |row| row.get(0)).map_err(|e| self.unread(&e))?;
        Ok(u64::try_from(highest).unwrap_or(0))
    }

    fn write(&self, sql: &str) -> Result<(), CopyError> {
        self.to.execute_batch(sql).map_err(|e| self.unwritten(&e))
    }

    fn unread(&self, error: &rusqlite::Error) -> CopyError {
        SourceError::of_sqlite(self.source, error).into()
    }

    fn unwritten(&self, error: &rusqlite::Error) -> CopyError {
        target_error(self.target, error)
    }
}

impl Reduced {
    fn definition(&self) -> String {
        let column = |c: &Column| {
            if c.is_row_id {
                format!("\"{}\" INTEGER PRIMARY KEY", c.name)
            } else {
                format!("\"{}\" {}", c.name, c.declared)
            }
        };
        format!("CREATE TABLE \"{}\" ({})", self.name, self.columns.iter().map(column).collect::<Vec<_>>().join(", "))
    }

    /// The columns besides the row id.
    fn stored(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|c| !c.is_row_id)
    }

    fn insertion(&self) -> String {
        let names: Vec<_> = ["rowid".to_owned()].into_iter().chain(self.stored().map(|c| quoted(&c.name))).collect();
        let values = vec!["?"; names.len()];
        format!("INSERT INTO \"{}\" ({}) VALUES ({})", self.name, names.join(", "), values.join(", "))
    }
}

/// The tables of the list, their columns in the original's order and with its types.
fn tables(db: &Connection) -> rusqlite::Result<Vec<Reduced>> {
    let mut tables: Vec<Reduced> = Vec::new();
    for group in TABLES {
        if !tables.iter().any(|t| t.name == group.table) {
            tables.push(Reduced { name: group.table, columns: columns(db, group.table)? });
        }
    }
    Ok(tables)
}

fn columns(db: &Connection, table: &'static str) -> rusqlite::Result<Vec<Column>> {
    let is_listed = |name: &str| TABLES.iter().any(|u| u.table == table && u.columns.contains(&name));
    // A primary key without an index of its own is the row id.
    let indexed: bool =
        db.query_row("SELECT EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk')", [table], |row| {
            row.get(0)
        })?;
    let mut statement = db.prepare("SELECT name, type, pk FROM pragma_table_info(?1)")?;
    let all = statement.query_map([table], |row| {
        let (name, declared, key): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let is_row_id = key == 1 && !indexed && declared.eq_ignore_ascii_case("INTEGER");
        // The type becomes part of a statement; what no real one holds is left out.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || " _(),".contains(c);
        let declared = if declared.chars().all(is_plain) { declared } else { String::new() };
        Ok(Column { name, declared, is_row_id })
    })?;
    let all: Vec<Column> = all.collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|c| is_listed(&c.name)).collect())
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn any_of(id: &str, tables: &[&str]) -> String {
    let one = |table: &&str| format!("{id} IN (SELECT id FROM {table})");
    tables.iter().map(one).collect::<Vec<_>>().join(" OR ")
}

fn counted(db: &Connection) -> rusqlite::Result<Copied> {
    let mut copied = Copied::default();
    let mut statement =
        db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let names: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names {
        let table = name.replace('"', "\"\"");
        let rows: i64 = db.query_row(&format!("SELECT COUNT(*) FROM \"{table}\""), [], |row| row.get(0))?;
        let columns: i64 = db.query_row("SELECT COUNT(*) FROM pragma_table_info(?1)", [&name], |row| row.get(0))?;
        copied.tables += 1;
        copied.columns += columns as u64;
        copied.rows += rows as u64;
    }
    Ok(copied)
}

fn target_error(path: &Path, error: &rusqlite::Error) -> CopyError {
    let code = error.sqlite_error().map_or(0, |e| e.extended_code);
    CopyError::Target { path: path.to_path_buf(), code }
}
