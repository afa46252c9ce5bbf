//! Databases to test with, each in a folder of its own that vanishes with it.

use flate2::read::GzDecoder;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;
use vms_core::{AsOf, CacheType};
use vms_sample::{Scale, Spec};
use vms_source::{Database, Dataset, Needs};

/// The moment at which the golden figures were computed, and around which the sample is built.
pub(crate) const GOLDEN_CLOCK: &str = "2026-03-15T12:00:00Z";

/// An as-of time where the schools are.
pub(crate) fn chicago(instant: &str) -> AsOf {
    AsOf::new(instant.parse().unwrap(), TimeZone::get("America/Chicago").unwrap()).unwrap()
}

/// A file of `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The bytes of a gzip file of `tests/fixtures`.
pub(crate) fn unpacked(name: &str) -> Vec<u8> {
    let path = fixture(name);
    let packed = std::fs::File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    bytes
}

/// A database file.
pub(crate) struct DatabaseFile {
    folder: TempDir,
    path: PathBuf,
}

impl DatabaseFile {
    /// A file of these bytes, whatever they are.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vms.db");
        std::fs::write(&path, bytes).unwrap();
        Self { folder, path }
    }

    /// One of the databases whose figures VMS computed.
    pub(crate) fn fixture(name: &str) -> Self {
        Self::of(&unpacked(&format!("{name}.db.gz")))
    }

    /// A small sample around [`GOLDEN_CLOCK`]: clean, with rows on both sides of every border.
    pub(crate) fn sample() -> Self {
        static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
        Self::of(BYTES.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("sample.db");
            let spec = Spec { seed: 1, scale: Scale::Small, as_of: GOLDEN_CLOCK.parse().unwrap() };
            vms_sample::write(&path, &spec, &mut |_, _| ()).unwrap();
            std::fs::read(path).unwrap()
        }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder, in which there is nothing else at first.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The names of the files in that folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A connection that may do anything, as VMS's own: references are not enforced.
    pub(crate) fn vms(&self) -> Connection {
        let vms = Connection::open(&self.path).unwrap();
        vms.pragma_update(None, "foreign_keys", false).unwrap();
        vms
    }

    /// The file after some SQL.
    pub(crate) fn with(self, sql: &str) -> Self {
        self.vms().execute_batch(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
        self
    }

    /// What the reports of these types read.
    pub(crate) fn load(&self, types: &[CacheType]) -> Dataset {
        let needs = Needs::of(types.iter().copied(), false);
        Database::open(&self.path, &needs).unwrap().load(&needs).unwrap()
    }
}

/// The events that VMS's picker offers: the 50 that start next and the 50 that started last, asked of the database
/// itself. Equal stamps come by id, because VMS reads whole rows.
pub(crate) fn picker(database: &DatabaseFile, as_of: &AsOf) -> Vec<i64> {
    let (db, now) = (database.vms(), as_of.utc_stamp());
    let ids = |sql: &str| -> Vec<i64> {
        let mut statement = db.prepare(sql).unwrap();
        statement.query_map([&now], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut offered = ids("SELECT id FROM event WHERE start_date >= ?1 ORDER BY start_date, id LIMIT 50");
    offered.extend(ids("SELECT id FROM event WHERE start_date < ?1 ORDER BY start_date DESC, id LIMIT 50"));
    offered
}
