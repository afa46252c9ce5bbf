//! Opening a VMS database without ever writing to it, live ones with a write-ahead log included.

use crate::copy;
use crate::dataset::Dataset;
use crate::error::SourceError;
use crate::load::load;
use crate::schema::Needs;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// How long a locked database is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What tells two states of a file apart, and when the later one was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Sizes and times of the file and of its write-ahead log, as one text.
    pub version: String,
    /// When either was last written.
    pub taken_at: Timestamp,
}

/// The fingerprint of a database file, without opening it.
pub fn fingerprint(path: &Path) -> Result<Fingerprint, SourceError> {
    let (mut version, mut taken_at) = written(path, &metadata(path)?)?;
    let log = log_of(path);
    if let Ok(meta) = std::fs::metadata(&log)
        && meta.len() > 0
    {
        let (log_version, log_time) = written(&log, &meta)?;
        version = format!("{version}+{log_version}");
        taken_at = taken_at.max(log_time);
    }
    Ok(Fingerprint { version, taken_at })
}

fn written(path: &Path, meta: &Metadata) -> Result<(String, Timestamp), SourceError> {
    let time = meta.modified().map_err(|e| SourceError::of_io(path, &e))?;
    let time = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok((format!("{}-{}", time.as_microsecond(), meta.len()), time))
}

/// A database that was opened and whose schema fits.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    db: Connection,
    /// Opened without locks, because no log stood beside it; then it must not change while it is read.
    unlocked: Option<Fingerprint>,
}

impl Database {
    /// Opens the file and checks that it is SQLite, whole, and has every table and column that `needs` names.
    pub fn open(path: &Path, needs: &Needs) -> Result<Self, SourceError> {
        let header = header(path)?;
        let without_log = header.uses_log && !log_of(path).exists();
        let unlocked = if without_log { Some(fingerprint(path)?) } else { None };
        let db = connect(path, unlocked.is_some()).map_err(|e| SourceError::of_sqlite(path, &e))?;
        let this = Self { path: path.to_path_buf(), db, unlocked };
        let _reading = READING.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(truncated) = header.truncated
            && !this.is_whole()?
        {
            return Err(truncated);
        }
        this.check_schema(needs)?;
        if needs.student_details && needs.read_table("student") && this.lacks_student_details()? {
            return Err(SourceError::NoStudentDetails(this.path));
        }
        Ok(this)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the rows that `needs` names, all as of one moment.
    pub fn load(&self, needs: &Needs) -> Result<Dataset, SourceError> {
        self.at_one_moment(|db| load(db, needs).map_err(|e| SourceError::of_sqlite(&self.path, &e)))
    }

    /// Reads inside one transaction, of which nothing counts where the file changed without heeding it.
    pub(crate) fn at_one_moment<T, E: From<SourceError>>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let _reading = READING.read().unwrap_or_else(PoisonError::into_inner);
        let moment = self.db.unchecked_transaction().map_err(|e| SourceError::of_sqlite(&self.path, &e))?;
        let answer = read(&moment)?;
        match &self.unlocked {
            Some(then) if *then != fingerprint(&self.path)? => Err(SourceError::Busy(self.path.clone()).into()),
            _ => Ok(answer),
        }
    }

    fn lacks_student_details(&self) -> Result<bool, SourceError> {
        copy::lacks_student_details(&self.db).map_err(|e| SourceError::of_sqlite(&self.path, &e))
    }

    /// Whether the file is as large as it says, at a moment when no commit is under way.
    fn is_whole(&self) -> Result<bool, SourceError> {
        let sqlite = |e: rusqlite::Error| SourceError::of_sqlite(&self.path, &e);
        let moment = self.db.unchecked_transaction().map_err(sqlite)?;
        let pragma = |name| moment.pragma_query_value(None, name, |row| row.get::<_, u64>(0)).map_err(sqlite);
        match pragma("page_count") {
            Ok(pages) => Ok(metadata(&self.path)?.len() >= pages * pragma("page_size")?),
            Err(SourceError::Damaged(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn check_schema(&self, needs: &Needs) -> Result<(), SourceError> {
        let mut missing = Vec::new();
        for group in needs.uses() {
            let present = self.columns(group.table).map_err(|e| SourceError::of_sqlite(&self.path, &e))?;
            if present.is_empty() {
                missing.push(group.table.to_owned());
            } else {
                let absent = group.columns.iter().filter(|c| !present.iter().any(|p| p == *c));
                missing.extend(absent.map(|c| format!("{}.{c}", group.table)));
            }
        }
        missing.dedup();
        if missing.is_empty() { Ok(()) } else { Err(SourceError::Schema { path: self.path.clone(), missing }) }
    }

    pub(crate) fn columns(&self, table: &str) -> rusqlite::Result<Vec<String>> {
        let mut statement = self.db.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
        statement.query_map([table], |row| row.get(0))?.collect()
    }
}

fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    PathBuf::from(log)
}

fn metadata(path: &Path) -> Result<Metadata, SourceError> {
    let meta = std::fs::metadata(path).map_err(|e| SourceError::of_io(path, &e))?;
    if meta.is_dir() { Err(SourceError::Folder(path.to_path_buf())) } else { Ok(meta) }
}

struct Header {
    uses_log: bool,
    /// The size it promises, where the file is smaller: cut off, or in the middle of a commit that makes it larger.
    truncated: Option<SourceError>,
}

/// Held while a database is read, and alone while its first bytes are looked at: on POSIX, closing a file gives up
/// every lock that this process has on it, so a second refresh would open the way for VMS to write under the first.
static READING: RwLock<()> = RwLock::new(());

/// Looks at the file's first bytes before SQLite does: its own messages about a wrong file help nobody.
fn header(path: &Path) -> Result<Header, SourceError> {
    let io = |e: &std::io::Error| SourceError::of_io(path, e);
    let _alone = READING.write().unwrap_or_else(PoisonError::into_inner);
    let actual = metadata(path)?.len();
    let mut first = [0_u8; 100];
    let mut file = File::open(path).map_err(|e| io(&e))?;
    if actual < 100 {
        return Err(SourceError::NotSqlite(path.to_path_buf()));
    }
    file.read_exact(&mut first).map_err(|e| io(&e))?;
    if &first[..16] != b"SQLite format 3\0" {
        return Err(SourceError::NotSqlite(path.to_path_buf()));
    }
    let page = match u16::from_be_bytes([first[16], first[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let pages = u64::from(u32::from_be_bytes([first[28], first[29], first[30], first[31]]));
    // The header's page count is only meant where its two change counters agree (SQLite file format, 1.3.7).
    let (expected, meant) = (page * pages, first[24..28] == first[92..96]);
    let uses_log = first[19] == 2;
    let cut_off = meant && actual < expected && !(uses_log && log_of(path).exists());
    let truncated = cut_off.then(|| SourceError::Truncated { path: path.to_path_buf(), expected, actual });
    Ok(Header { uses_log, truncated })
}

/// A database in write-ahead mode without a log beside it would get one from a plain read-only connection;
/// `immutable` leaves the folder as it is.
fn connect(path: &Path, immutable: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => uri.push(char::from(*byte)),
            other => {
                let _ = write!(uri, "%{other:02X}");
            }
        }
    }
    uri.push_str(if immutable { "?immutable=1" } else { "?mode=ro" });
    let db = Connection::open_with_flags(uri, flags)?;
    db.busy_timeout(PATIENCE)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}
