//! The VMS database as typed rows.
//!
//! A VMS database is one SQLite file. It is opened read-only, read inside one transaction, and turned into a
//! [`Dataset`]: the tables and columns that the reports need, decoded, with positions instead of ids and with
//! indexes that are built once. Rows that cannot be understood are left out and named in [`Defects`]; they never
//! fail a refresh.
//!
//! VMS relies on SQLite's row orders where it states none; the dataset states them (docs/quirks.md, "Row orders").

mod caches;
mod cells;
mod copy;
mod database;
mod dataset;
mod defects;
mod enums;
mod error;
mod load;
mod rows;
mod schema;
#[cfg(test)]
mod schema_tests;
mod stamp;
mod tables;

pub use caches::{CACHE_TABLES, CacheColumn, CacheTable, CachedRow, CachedRows};
pub use copy::{Content, Copied, CopyError};
pub use database::{Database, Fingerprint, fingerprint};
pub use dataset::Dataset;
pub use defects::{Defect, Defects, Reason};
pub use enums::{EventFormat, EventStatus, EventType, LocalStatus, VolunteerStatus};
pub use error::SourceError;
pub use rows::{Ix, Row, Rows};
pub use schema::{ColumnUse, Needs, TABLES};
pub use stamp::Stamp;
pub use tables::{
    Attendance, AttendanceDetail, District, Event, EventTeacher, Grade, Membership, Organization, Participation,
    School, Student, StudentDetails, StudentParticipation, Teacher, Turnout, Volunteer,
};

/// A text of the database; texts that repeat are shared.
pub type Text = std::sync::Arc<str>;
