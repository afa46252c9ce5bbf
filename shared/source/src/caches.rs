//! VMS's own cache tables: what it kept of the reports that it computed.
//!
//! No report comes from them. They are read to hold ours beside them, row by row: the keys first, a body when its turn
//! comes, since all of them together may be large.

use crate::database::Database;
use crate::error::SourceError;
use crate::stamp::Stamp;
use jiff::civil::DateTime;
use rusqlite::OptionalExtension as _;
use vms_core::CacheType::{self, District, Organization, Recruitment, VirtualSession, Volunteer};

/// A cache table of VMS.
#[derive(Debug, PartialEq, Eq)]
pub struct CacheTable {
    /// Its name.
    pub name: &'static str,
    /// The cache type whose reports it keeps.
    pub cache_type: CacheType,
    /// The columns that say which report a row is.
    pub keys: &'static [&'static str],
    /// The columns that hold the report.
    pub members: &'static [CacheColumn],
}

/// A column that holds a part of a report.
#[derive(Debug, PartialEq, Eq)]
pub struct CacheColumn {
    /// Its name.
    pub name: &'static str,
    /// What that part is called here.
    pub member: &'static str,
    /// Whether it is JSON, and not a plain text.
    pub is_json: bool,
}

const fn json(name: &'static str) -> CacheColumn {
    CacheColumn { name, member: name, is_json: true }
}

const fn as_member(name: &'static str, member: &'static str) -> CacheColumn {
    CacheColumn { name, member, is_json: true }
}

const fn table(
    name: &'static str,
    cache_type: CacheType,
    keys: &'static [&'static str],
    members: &'static [CacheColumn],
) -> CacheTable {
    CacheTable { name, cache_type, keys, members }
}

/// Every cache table of VMS.
pub const CACHE_TABLES: &[CacheTable] = &[
    table(
        "district_year_end_reports",
        District,
        &["district_id", "school_year", "host_filter"],
        &[json("report_data"), json("events_data")],
    ),
    table(
        "district_engagement_reports",
        District,
        &["district_id", "school_year"],
        &[
            json("summary_stats"),
            json("volunteers_data"),
            json("students_data"),
            json("events_data"),
            json("breakdown_data"),
        ],
    ),
    table("organization_summary_cache", Organization, &["school_year"], &[json("organizations_data")]),
    table(
        "organization_detail_cache",
        Organization,
        &["organization_id", "school_year"],
        &[
            CacheColumn { name: "organization_name", member: "organization_name", is_json: false },
            json("volunteers_data"),
            json("in_person_events"),
            json("virtual_events"),
            json("cancelled_events"),
            json("summary_stats"),
        ],
    ),
    table(
        "organization_reports",
        Organization,
        &["organization_id", "school_year"],
        &[
            json("volunteers_data"),
            as_member("in_person_events_data", "in_person_events"),
            as_member("virtual_events_data", "virtual_events"),
            as_member("cancelled_events_data", "cancelled_events"),
            json("summary_stats"),
        ],
    ),
    table(
        "virtual_session_report_cache",
        VirtualSession,
        &["virtual_year", "date_from", "date_to"],
        &[json("session_data"), json("district_summaries"), json("overall_summary"), json("filter_options")],
    ),
    table(
        "virtual_session_district_cache",
        VirtualSession,
        &["district_name", "virtual_year", "date_from", "date_to"],
        &[
            json("session_data"),
            json("monthly_stats"),
            json("school_breakdown"),
            json("teacher_breakdown"),
            json("summary_stats"),
        ],
    ),
    table(
        "recent_volunteers_report_cache",
        Volunteer,
        &["school_year", "date_from", "date_to", "event_types", "title_filter"],
        &[json("report_data")],
    ),
    table("first_time_volunteer_report_cache", Volunteer, &["school_year"], &[json("report_data")]),
    table("recruitment_candidates_cache", Recruitment, &["event_id"], &[json("candidates_data")]),
];

/// Tables whose rows say when VMS last changed them.
const STAMPED: [&str; 5] =
    ["event", "event_student_participation", "event_teacher", "organization", "volunteer_organization"];

/// A row of a cache table, without what it holds.
#[derive(Debug)]
pub struct CachedRow {
    /// Its table.
    pub table: &'static CacheTable,
    /// Its id there.
    pub id: i64,
    /// When VMS last stored other figures in it, by the clock that VMS used.
    pub last_updated: Option<Stamp>,
    /// What the key columns hold, in their order.
    keys: Vec<Option<String>>,
}

impl CachedRow {
    /// What a key column holds.
    pub fn key(&self, column: &str) -> Option<&str> {
        let place = self.table.keys.iter().position(|key| *key == column)?;
        self.keys.get(place)?.as_deref()
    }
}

/// What the cache tables of a type hold.
#[derive(Debug, Default)]
pub struct CachedRows {
    /// Every row, by table, the earliest first: it is the one that VMS reads.
    pub rows: Vec<CachedRow>,
    /// The tables that are not there, or not in the form that is known here.
    pub missing: Vec<&'static str>,
}

impl Database {
    /// The rows of a type's cache tables.
    pub fn cached_rows(&self, cache_type: CacheType) -> Result<CachedRows, SourceError> {
        let mut found = CachedRows::default();
        for table in CACHE_TABLES.iter().filter(|table| table.cache_type == cache_type) {
            if self.has_cache(table)? {
                found.rows.extend(self.rows_of(table)?);
            } else {
                found.missing.push(table.name);
            }
        }
        Ok(found)
    }

    /// What a row holds, in the order of its table's members; `None` where VMS removed it meanwhile.
    pub fn cached_body(&self, row: &CachedRow) -> Result<Option<Vec<Option<String>>>, SourceError> {
        let members = row.table.members;
        let columns = members.iter().map(|column| format!("CAST(\"{}\" AS TEXT)", column.name)).collect::<Vec<_>>();
        let sql = format!("SELECT {} FROM \"{}\" WHERE id = ?1", columns.join(", "), row.table.name);
        self.at_one_moment(|db| {
            let texts = db.query_row(&sql, [row.id], |row| (0..members.len()).map(|place| row.get(place)).collect());
            texts.optional().map_err(|e| SourceError::of_sqlite(self.path(), &e))
        })
    }

    /// When VMS last changed what reports read, as far as its rows say, and not after `until`.
    pub fn last_change(&self, until: DateTime) -> Result<Option<Stamp>, SourceError> {
        let sqlite = |e: rusqlite::Error| SourceError::of_sqlite(self.path(), &e);
        let until = until.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string();
        let mut last: Option<String> = None;
        for table in STAMPED {
            if !self.columns(table).map_err(sqlite)?.iter().any(|column| column == "updated_at") {
                continue;
            }
            let sql = format!("SELECT MAX(updated_at) FROM \"{table}\" WHERE updated_at <= ?1");
            let newest = self.at_one_moment(|db| db.query_row(&sql, [&until], |row| row.get(0)).map_err(sqlite))?;
            last = last.max(newest);
        }
        Ok(last.and_then(|text| Stamp::parse(&text.into())))
    }

    fn has_cache(&self, table: &CacheTable) -> Result<bool, SourceError> {
        let present = self.columns(table.name).map_err(|e| SourceError::of_sqlite(self.path(), &e))?;
        let wanted = table.keys.iter().copied().chain(table.members.iter().map(|column| column.name));
        Ok(wanted.chain(["id", "last_updated"]).all(|column| present.iter().any(|p| p == column)))
    }

    fn rows_of(&self, table: &'static CacheTable) -> Result<Vec<CachedRow>, SourceError> {
        let columns = std::iter::once(&"last_updated").chain(table.keys);
        let columns = columns.map(|column| format!("CAST(\"{column}\" AS TEXT)")).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT id, {columns} FROM \"{}\" ORDER BY id", table.name);
        let read = |row: &rusqlite::Row<'_>| {
            let stamp: Option<String> = row.get(1)?;
            Ok(CachedRow {
                table,
                id: row.get(0)?,
                last_updated: stamp.and_then(|text| Stamp::parse(&text.into())),
                keys: (2..2 + table.keys.len()).map(|place| row.get(place)).collect::<Result<_, _>>()?,
            })
        };
        self.at_one_moment(|db| {
            let rows = db.prepare(&sql).and_then(|mut statement| statement.query_map([], read)?.collect());
            rows.map_err(|e| SourceError::of_sqlite(self.path(), &e))
        })
    }
}
