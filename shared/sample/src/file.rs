//! The new file: under a temporary name until it is whole.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::SampleError;

/// Speed instead of safety: nobody reads the file before it is whole and flushed. References are not enforced, as in
/// VMS itself: rows about events come before the people in them.
const PRAGMAS: &str = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
                       PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;
                       PRAGMA foreign_keys = OFF;";

/// A file in the making; removed when dropped before [`NewFile::keep`].
pub(crate) struct NewFile {
    path: PathBuf,
    temporary: PathBuf,
}

impl NewFile {
    /// Prepares to write `path` through a temporary sibling.
    pub(crate) fn beside(path: &Path) -> Result<Self, SampleError> {
        refuse_existing(path)?;
        let name = path.file_name().ok_or_else(|| SampleError::NotAFile(path.to_owned()))?;
        let temporary = path.with_file_name(format!(".{}.{}.partial", name.display(), std::process::id()));
        if temporary.exists() {
            fs::remove_file(&temporary).map_err(|error| SampleError::Io(temporary.clone(), error))?;
        }
        Ok(Self { path: path.to_owned(), temporary })
    }

    /// Opens the temporary file as an empty database.
    pub(crate) fn open(&self) -> Result<Connection, SampleError> {
        // SQLite's own message for a missing folder says little; the system's says it all.
        File::create_new(&self.temporary).map_err(|error| SampleError::Io(self.path.clone(), error))?;
        let connection = Connection::open_with_flags(&self.temporary, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.execute_batch(PRAGMAS)?;
        Ok(connection)
    }

    /// Flushes the file and gives it its name.
    pub(crate) fn keep(self) -> Result<(), SampleError> {
        let io = |error| SampleError::Io(self.path.clone(), error);
        File::open(&self.temporary).and_then(|file| file.sync_all()).map_err(io)?;
        refuse_existing(&self.path)?;
        fs::rename(&self.temporary, &self.path).map_err(io)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After a rename there is nothing to remove, and a second failure would say nothing new.
        let _ = fs::remove_file(&self.temporary);
    }
}

fn refuse_existing(path: &Path) -> Result<(), SampleError> {
    match path.try_exists() {
        Ok(false) => Ok(()),
        Ok(true) => Err(SampleError::Exists(path.to_owned())),
        Err(error) => Err(SampleError::Io(path.to_owned(), error)),
    }
}
