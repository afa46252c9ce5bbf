//! Marks in a VMS database: a token of its own in every text of every row, by which whatever comes from a cell is
//! known again wherever it turns up.
//!
//! A text is taken for personal unless the list below says why it is not: what a new table or column holds is found
//! out to be public by whoever adds it here.

use rusqlite::Connection;

/// What every mark begins with; no other text here holds it.
const MARK: &str = "Qzkanari";

/// Why a column keeps its texts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// It names what is no person, and keys and titles of reports may name as well.
    Public,
    /// It holds one of VMS's words, by which reports count.
    Word,
    /// Rows refer to others by it.
    Reference,
}

/// Columns that keep their texts, since reports would be others without: of a table, which, and why.
const KEPT: &[(&str, &[&str], Kept)] = &[
    ("district", &["salesforce_id", "name", "district_code"], Kept::Public),
    ("school", &["id", "name", "normalized_name", "school_code", "level"], Kept::Public),
    ("school", &["salesforce_district_id"], Kept::Reference),
    ("organization", &["name"], Kept::Public),
    ("class", &["salesforce_id", "school_salesforce_id"], Kept::Reference),
    ("event", &["title", "district_partner"], Kept::Public),
    ("event", &["type", "format", "status", "cancellation_reason", "original_status_string"], Kept::Word),
    ("event", &["school"], Kept::Reference),
    ("event_districts", &["district_id"], Kept::Reference),
    ("event_participation", &["status", "participant_type"], Kept::Word),
    ("event_teacher", &["status"], Kept::Word),
    ("event_student_participation", &["status"], Kept::Word),
    ("volunteer", &["status", "local_status"], Kept::Word),
    ("teacher", &["school_id", "salesforce_school_id"], Kept::Reference),
    ("student", &["school_id", "class_salesforce_id"], Kept::Reference),
];

/// A column of the database.
struct Column {
    table: String,
    name: String,
    is_text: bool,
}

fn columns(db: &Connection) -> Vec<Column> {
    // The one column that cannot hold a text is the row id under another name.
    let sql = "SELECT t.name, c.name, upper(c.type) LIKE 'VARCHAR%' OR upper(c.type) = 'TEXT'
               FROM sqlite_schema t JOIN pragma_table_info(t.name) c
               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND NOT (c.pk = 1 AND upper(c.type) = 'INTEGER'
               AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) other WHERE other.pk = 2))";
    let mut statement = db.prepare(sql).unwrap();
    let column = |row: &rusqlite::Row<'_>| {
        Ok(Column { table: row.get(0)?, name: row.get(1)?, is_text: row.get::<_, Option<bool>>(2)? == Some(true) })
    };
    statement.query_map([], column).unwrap().collect::<Result<_, _>>().unwrap()
}

fn kept(column: &Column) -> Option<Kept> {
    let of = |(table, names, _): &&(&str, &[&str], _)| *table == column.table && names.contains(&column.name.as_str());
    KEPT.iter().find(of).map(|(_, _, why)| *why)
}

/// A connection on which VMS's own rules do not hold.
fn lawless(path: &std::path::Path) -> Connection {
    let db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF")
        .unwrap();
    db
}

/// Marks every personal text of every row: names and the like go on with the mark, addresses are one. The reports can
/// still be computed.
pub(crate) fn mark(path: &std::path::Path) {
    let mut db = lawless(path);
    let columns = columns(&db);
    assert!(KEPT.iter().all(|(table, names, _)| {
        names.iter().all(|name| columns.iter().any(|c| c.table == *table && c.name == *name))
    }));
    let all = db.transaction().unwrap();
    for (number, column) in columns.iter().enumerate().filter(|(_, c)| c.is_text && kept(c).is_none()) {
        let Column { table, name, .. } = column;
        let mark = format!("'{MARK}{number:03}r' || rowid");
        let sql = if name == "email" {
            format!("UPDATE \"{table}\" SET \"{name}\" = lower({mark}) || '@example.org'")
        } else {
            format!("UPDATE \"{table}\" SET \"{name}\" = trim(coalesce(\"{name}\", '') || ' ' || {mark})")
        };
        all.execute(&sql, []).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    all.commit().unwrap();
}

/// Puts a mark where none can be read: into every column of every table but the public names, so into numbers, dates,
/// words and references too, each time in another row, so that each is met.
pub(crate) fn spoil(path: &std::path::Path) {
    let mut db = lawless(path);
    let columns = columns(&db);
    let all = db.transaction().unwrap();
    for (number, column) in columns.iter().enumerate().filter(|(_, c)| kept(c) != Some(Kept::Public)) {
        let Column { table, name, .. } = column;
        let place = columns[..number].iter().filter(|c| c.table == *table).count();
        let sql = format!(
            "UPDATE \"{table}\" SET \"{name}\" = '{MARK}{number:03}s' || rowid
             WHERE rowid = (SELECT rowid FROM \"{table}\" ORDER BY rowid LIMIT 1 OFFSET
                            {place} % (SELECT count(*) FROM \"{table}\"))"
        );
        all.execute(&sql, []).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    all.commit().unwrap();
}

/// Takes a column away that reports read, and leaves its texts under another name.
pub(crate) fn lose_a_column(path: &std::path::Path) {
    let sql = format!("ALTER TABLE contact RENAME COLUMN last_name TO {MARK}_name");
    lawless(path).execute_batch(&sql).unwrap();
}

/// What of a marked database is in a text, with what stands around it.
pub(crate) fn found(text: &str) -> Option<&str> {
    found_word(text, MARK)
}

/// The same of another word, however its letters are written.
pub(crate) fn found_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let at = text.to_ascii_lowercase().find(&word.to_ascii_lowercase())?;
    let (from, to) = (text.floor_char_boundary(at.saturating_sub(160)), text.ceil_char_boundary(at + 60));
    Some(&text[from..to])
}
