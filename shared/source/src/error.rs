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
    /// A reduced copy without what is asked of it.
    #[error(
        "{0}: was pushed without students' names; push it again with ENGAGEMENT_STUDENT_DETAILS=on, or switch that off \
         here as well"
    )]
    NoStudentDetails(PathBuf),
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
    /// S3 has no such bucket.
    #[error("{0}: no such bucket; correct SOURCE_URL, or create the bucket")]
    NoBucket(PathBuf),
    /// The bucket has no such object.
    #[error("{0}: no such object; upload one with `vms-cache push`, or correct SOURCE_URL")]
    NoObject(PathBuf),
    /// S3 refuses.
    #[error(
        "{path}: S3 refuses to hand it out ({code}); grant s3:GetObject on it to the role that reads it, and \
         s3:ListBucket on the bucket, without which a missing object is refused as well"
    )]
    Refused {
        /// The object.
        path: PathBuf,
        /// S3's code.
        code: String,
    },
    /// Nothing to sign requests with.
    #[error("{0}: there are no AWS credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile")]
    NoCredentials(PathBuf),
    /// No answer, after retries.
    #[error("{0}: S3 does not answer; it is tried again, and if that lasts, look at the network and at AWS's health")]
    NoAnswer(PathBuf),
    /// Another version took its place.
    #[error("{0}: was replaced while it was downloaded; the next refresh takes the new one")]
    Replaced(PathBuf),
    /// Not all of it arrived.
    #[error("{0}: the download broke off; it is tried again")]
    BrokenOff(PathBuf),
    /// There is no space for it, or no leave to write it.
    #[error(
        "{path}: cannot be unpacked into {folder} ({kind}); the folder needs room for twice the size of the database, \
         which a function has by its ephemeral storage"
    )]
    NoRoom {
        /// The object.
        path: PathBuf,
        /// Where it would have gone.
        folder: PathBuf,
        /// The kind of the error.
        kind: std::io::ErrorKind,
    },
    /// Its bytes are not those of its upload.
    #[error("{0}: its SHA-256 is not the one it was uploaded with; push it again")]
    Checksum(PathBuf),
    /// Neither a database nor one that is packed.
    #[error("{0}: is neither a SQLite database nor the gzip or zstd file of one; push one with `vms-cache push`")]
    UnknownForm(PathBuf),
    /// It cannot be unpacked.
    #[error("{path}: is a {form} file that is damaged or cut off; push it again, completely")]
    Packed {
        /// The object.
        path: PathBuf,
        /// `gzip` or `zstd`.
        form: &'static str,
    },
    /// It unpacks to too much.
    #[error("{path}: unpacks to more than {limit} bytes, which no VMS database here may have")]
    TooLarge {
        /// The object.
        path: PathBuf,
        /// How many it may be.
        limit: u64,
    },
    /// Made by a later version of this program.
    #[error("{path}: was pushed in form {form}, which this version does not know; deploy the version that pushed it")]
    NewerForm {
        /// The object.
        path: PathBuf,
        /// Its form.
        form: String,
    },
}

impl SourceError {
    /// Who must act.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Missing(_)
            | Self::Permission(_)
            | Self::Unreadable { .. }
            | Self::Busy(_)
            | Self::NoBucket(_)
            | Self::NoObject(_)
            | Self::Refused { .. }
            | Self::NoCredentials(_)
            | Self::NoAnswer(_)
            | Self::Replaced(_)
            | Self::BrokenOff(_)
            | Self::NoRoom { .. } => FailureClass::SourceUnavailable,
            _ => FailureClass::SourceInvalid,
        }
    }

    /// The same of a file that people know by another name: that of the object it came from.
    #[must_use]
    pub fn of(mut self, name: &std::path::Path) -> Self {
        match &mut self {
            Self::Missing(path)
            | Self::Folder(path)
            | Self::Permission(path)
            | Self::Unreadable { path, .. }
            | Self::NotSqlite(path)
            | Self::Truncated { path, .. }
            | Self::Damaged(path)
            | Self::Schema { path, .. }
            | Self::NoStudentDetails(path)
            | Self::Busy(path)
            | Self::Sqlite { path, .. } => name.clone_into(path),
            _ => {}
        }
        self
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
