//! Synthetic VMS databases: deterministic, invented, rich in edge cases.
//!
//! A sample has the shape of a real VMS file (its tables, declared types, indexes and ways of storing values) and the
//! habits of a real one: seasons, several school years and some planned months, returning and new volunteers,
//! namesakes, duplicate participations, every status in several spellings, stamps at the very borders of years,
//! nulls wherever a column allows them. It is also clean: no id points nowhere, and no enum text is unknown, so a
//! first run on a sample is a healthy one.
//!
//! Everything in it is invented except the seven districts that VMS's reports are about. Addresses are at
//! `example.org`, phone numbers begin with `555-01`.
//!
//! The same [`Spec`] gives the same rows, on any machine and with any version of our dependencies.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use vms_sample::{Scale, Spec};
//!
//! let path = std::env::temp_dir().join(format!("vms-sample-doc-{}.db", std::process::id()));
//! let spec = Spec { seed: 1, scale: Scale::Small, as_of: "2026-03-15T12:00:00Z".parse()? };
//! let counts = vms_sample::write(&path, &spec, &mut |_done, _total| ())?;
//! assert_eq!((counts.events, counts.volunteers), (400, 300));
//! # std::fs::remove_file(path)?;
//! # Ok(())
//! # }
//! ```

mod attendance;
mod calendar;
mod contacts;
mod enums;
mod events;
mod file;
mod organizations;
mod places;
mod plan;
mod progress;
mod rng;
mod roster;
mod schema;
mod schoolfolk;
mod spec;
mod sql;
#[cfg(test)]
mod tests;
mod titles;
mod volunteers;
mod words;
mod world;

use std::io;
use std::path::{Path, PathBuf};

pub use spec::{ParseScaleError, Scale, Spec};

use crate::file::NewFile;
use crate::progress::Progress;
use crate::world::World;

/// How many rows of the main kinds a sample holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows of `event`, past and upcoming.
    pub events: u64,
    /// Rows of `volunteer`.
    pub volunteers: u64,
    /// Rows of `student`.
    pub students: u64,
    /// Rows of `teacher`.
    pub teachers: u64,
    /// Rows of `event_participation`.
    pub participations: u64,
    /// Rows of `event_student_participation`.
    pub student_participations: u64,
    /// Rows of `organization`.
    pub organizations: u64,
    /// Rows of `school`.
    pub schools: u64,
    /// Rows of `district`.
    pub districts: u64,
}

/// Why no sample was written. Nothing is left at the path in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// There is a file already; a sample never replaces one.
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    /// The path names no file.
    #[error("{} is not the name of a file", .0.display())]
    NotAFile(PathBuf),
    /// The day has no four school years before it.
    #[error("a sample cannot be built around this day")]
    AsOf(#[source] jiff::Error),
    /// The file could not be made or renamed.
    #[error("{} could not be written", .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// SQLite refused a statement.
    #[error("the sample database could not be written")]
    Sqlite(#[from] rusqlite::Error),
}

/// Writes a new database file at `path`.
///
/// The rows go into a temporary file beside it, which gets its name when it is whole: a crash leaves nothing half.
/// `progress` is told now and then how much of the work is done, and at the end `progress(total, total)`.
///
/// # Errors
///
/// [`SampleError::Exists`] if there is a file at `path`; the others if it cannot be written.
pub fn write(path: &Path, spec: &Spec, progress: &mut dyn FnMut(u64, u64)) -> Result<Counts, SampleError> {
    let file = NewFile::beside(path)?;
    let world = World::new(spec)?;
    let mut progress = Progress::new(world.work(), progress);
    let connection = file.open()?;
    let counts = world.write(&connection, &mut progress)?;
    connection.close().map_err(|(_, error)| error)?;
    file.keep()?;
    progress.finish();
    Ok(counts)
}
