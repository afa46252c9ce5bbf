//! Why a database could not be read, in one line each: what it is, and who does what about it.

use std::path::PathBuf;
use vms_core::FailureClass;

/// A VMS database that cannot be used. No message carries anything from inside the database.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nothing at that path.
    #[error("{0}: no such file; name the SQLite file of a VMS, usually instance/your_database.db")]
    Missing(PathBuf),
    /// A folder where a file is expected.
    #[error("{0}: is a folder; name the SQLite file inside it")]
    Folder(PathBuf),
    /// The operating system refuses.
    #[error("{0}: no permission to read it; grant read access to the user that runs this program")]
    Permission(PathBuf),
    /// Another error of the operating system.
    #[error("{path}: cannot be read ({kind}); check the disk and the path")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The kind of the error.
        kind: std::io::ErrorKind,
    },
    /// The file's first bytes are not SQLite's.
    #[error("{0}: is not a SQLite database; name the database file of a VMS, not an export or an archive")]
    NotSqlite(PathBuf),
    /// The file is shorter than its header says.
    #[error("{path}: is truncated ({actual} of {expected} bytes); copy it again, completely")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes that the header promises.
        expected: u64,
        /// Bytes that are there.
        actual: u64,
    },
    /// SQLite finds its pages damaged.
    #[error("{0}: its pages are damaged; copy it again, or restore it from a backup")]
    Damaged(PathBuf),
    /// Tables or columns are missing, all of them named.
    #[error("{path}: is no VMS database that these reports can be computed from; it lacks {}", missing.join(", "))]
    Schema {
        /// The file.
        path: PathBuf,
        /// `table` or `table.column`, each.
        missing: Vec<String>,
    },
    /// It was locked, or changed, for as long as we tried.
    #[error("{0}: is being written without pause; try again in a moment")]
    Busy(PathBuf),
    /// Any other error of SQLite, by its code.
    #[error("{path}: SQLite cannot read it (code {code}); check the file with PRAGMA integrity_check")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// SQLite's extended result code.
        code: i32,
    },
}

impl SourceError {
    /// Who must act.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Missing(_) | Self::Permission(_) | Self::Unreadable { .. } | Self::Busy(_) => {
                FailureClass::SourceUnavailable
            }
            _ => FailureClass::SourceInvalid,
        }
    }

    pub(crate) fn of_sqlite(path: &std::path::Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_path_buf();
        match error.sqlite_error() {
            Some(e) if e.code == ErrorCode::NotADatabase => Self::NotSqlite(path),
            Some(e) if e.code == ErrorCode::DatabaseCorrupt => Self::Damaged(path),
            Some(e) if matches!(e.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(path),
            Some(e) => Self::Sqlite { path, code: e.extended_code },
            None => Self::Sqlite { path, code: 0 },
        }
    }

    pub(crate) fn of_io(path: &std::path::Path, error: &std::io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing(path),
            std::io::ErrorKind::PermissionDenied => Self::Permission(path),
            kind => Self::Unreadable { path, kind },
        }
    }
}
