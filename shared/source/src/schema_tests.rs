//! The list of tables and columns against what loading really reads, as SQLite itself reports it.

use crate::load::load;
use crate::schema::{Needs, TABLES};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use vms_core::CacheType;

/// `table.column`.
type Columns = BTreeSet<String>;

/// Every listed table with every listed column, and one more of each. No column is a primary key, so that reading a
/// row's number is not taken for reading its `id`.
fn database() -> Connection {
    let mut tables = BTreeMap::<&str, BTreeSet<&str>>::new();
    for group in TABLES {
        tables.entry(group.table).or_default().extend(group.columns);
    }
    let db = Connection::open_in_memory().unwrap();
    for (table, columns) in tables {
        let columns: Vec<_> = columns.into_iter().chain(["nobody_reads_this"]).map(|c| format!("\"{c}\"")).collect();
        db.execute_batch(&format!("CREATE TABLE \"{table}\" ({})", columns.join(", "))).unwrap();
    }
    db
}

/// The columns that loading reads, whatever it reads them for: to keep, to join, to filter or to sort.
fn read(needs: &Needs) -> Columns {
    let db = database();
    let seen = Arc::new(Mutex::new(Columns::new()));
    let note = Arc::clone(&seen);
    db.authorizer(Some(move |context: AuthContext<'_>| {
        if let AuthAction::Read { table_name, column_name } = context.action
            && !column_name.is_empty()
            && column_name != "ROWID"
        {
            note.lock().unwrap().insert(format!("{table_name}.{column_name}"));
        }
        Authorization::Allow
    }));
    load(&db, needs).unwrap();
    drop(db);
    std::mem::take(&mut seen.lock().unwrap())
}

fn listed(needs: &Needs) -> Columns {
    needs.uses().flat_map(|u| u.columns.iter().map(|c| format!("{}.{c}", u.table))).collect()
}

#[test]
fn each_cache_type_reads_what_the_list_says_and_nothing_else() {
    // Students' names and addresses come from columns that are listed anyway.
    for student_details in [false, true] {
        for cache_type in CacheType::ALL {
            let needs = Needs::of([cache_type], student_details);
            assert_eq!(read(&needs), listed(&needs), "{cache_type}, student details: {student_details}");
        }
    }
}

#[test]
fn several_types_at_once_read_what_each_of_them_reads() {
    let all = Needs::of(CacheType::ALL, false);
    let each: Columns = CacheType::ALL.into_iter().flat_map(|t| read(&Needs::of([t], false))).collect();
    assert_eq!(read(&all), each);
}
