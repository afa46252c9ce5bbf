//! A VMS of three organizations, as tiny databases between which it switches on command.

use super::clock::TestClock;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use vms_core::{AsOf, CacheType, Clock, Etag, ReportKey};
use vms_refresh::{Snapshot, Source};
use vms_reports::{Family, Settings};
use vms_source::{Database, Fingerprint, Needs, SourceError, TABLES};
use vms_store::codec;

/// The type that the proofs refresh: its plan follows the data, and its keys name years.
pub(crate) const TYPE: CacheType = CacheType::Organization;

/// What the database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Content {
    /// Three organizations with so many active volunteers each, who worked `hours` each.
    Rows { hours: u8, volunteers: [u8; 3] },
    /// No SQLite file at all.
    Broken,
}

/// All three organizations are active.
pub(crate) const A: Content = rows(1, [4, 4, 4]);
/// The same with other figures.
pub(crate) const B: Content = rows(2, [4, 4, 4]);
/// The same with figures that differ again.
pub(crate) const C: Content = rows(3, [4, 4, 4]);
/// The first organization lost most of its rows, the third one all.
pub(crate) const SHORT: Content = rows(2, [1, 4, 0]);
/// The third organization is gone.
pub(crate) const WITHOUT_THIRD: Content = rows(1, [4, 4, 0]);
/// The tables are there, and nothing is in them.
pub(crate) const EMPTY: Content = rows(0, [0, 0, 0]);

/// So many volunteers who worked so many hours.
pub(crate) const fn rows(hours: u8, volunteers: [u8; 3]) -> Content {
    Content::Rows { hours, volunteers }
}

/// What a refresh from a content builds, computed without the engine: etags and row counts.
pub(crate) type Reports = BTreeMap<ReportKey, (Etag, u64)>;

/// A database and what is computed from it.
#[derive(Debug)]
struct Made {
    path: PathBuf,
    reports: Reports,
}

static MADE: LazyLock<Mutex<HashMap<Content, Arc<Made>>>> = LazyLock::new(Mutex::default);

fn made(content: Content) -> Arc<Made> {
    let mut all = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(all.entry(content).or_insert_with(|| Arc::new(Made::of(content))))
}

impl Made {
    fn of(content: Content) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let fresh = folder.path().join("vms.db");
        let name = match content {
            Content::Rows { hours, volunteers } => {
                write_rows(&fresh, hours, volunteers);
                format!("vms-{hours}-{volunteers:?}.db")
            }
            Content::Broken => {
                std::fs::write(&fresh, "this is no database ".repeat(20)).unwrap();
                "vms-broken.db".to_owned()
            }
        };
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // In one step: another test process may be reading the same file.
        std::fs::rename(&fresh, &path).unwrap();
        let reports = if content == Content::Broken { Reports::new() } else { compute(&path) };
        Self { path, reports }
    }
}

/// The time for which the expected reports are computed; all that matters of it is the school year.
fn some_day() -> AsOf {
    let zone = TimeZone::get("America/Chicago").unwrap();
    AsOf::new("2026-03-15T12:00:00Z".parse().unwrap(), zone).unwrap()
}

fn compute(path: &Path) -> Reports {
    let needs = Needs::of([TYPE], false);
    let data = Database::open(path, &needs).unwrap().load(&needs).unwrap();
    let (as_of, settings) = (some_day(), Settings::vms().unwrap());
    let family = Family::new(TYPE, &data, &as_of, &settings);
    let build = |key: ReportKey| {
        let built = family.build(&key).unwrap();
        (key, (codec::etag(&built.json), built.rows))
    };
    family.plan().into_iter().map(build).collect()
}

/// Every table that the type reads, with columns of no declared type: values are stored as they are given.
pub(crate) fn create_tables(db: &Connection) {
    let mut tables: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for group in TABLES.iter().filter(|group| group.used_by.contains(&TYPE)) {
        let columns = group.columns.iter().map(|column| format!("\"{column}\""));
        tables.entry(group.table).or_default().extend(columns);
    }
    for (table, columns) in tables {
        db.execute_batch(&format!("CREATE TABLE \"{table}\" ({})", columns.join(", "))).unwrap();
    }
}

fn write_rows(path: &Path, hours: u8, volunteers: [u8; 3]) {
    let mut db = Connection::open(path).unwrap();
    let db = db.transaction().unwrap();
    create_tables(&db);
    for (organization, active) in (1..).zip(volunteers) {
        let run = |sql: &str| db.execute(sql, []).unwrap();
        run(&format!("INSERT INTO organization (id, name) VALUES ({organization}, 'Organization {organization}')"));
        run(&format!(
            "INSERT INTO event (id, title, type, start_date, status, participant_count) \
             VALUES ({organization}, 'Career Day {organization}', 'DIA', '2025-10-0{organization} 09:00:00.000000', \
             'COMPLETED', 0)"
        ));
        for person in (0..active).map(|n| 10 * organization + i64::from(n)) {
            run(&format!(
                "INSERT INTO contact (id, first_name, last_name, exclude_from_reports) \
                 VALUES ({person}, 'First', 'Last{person}', 0)"
            ));
            run(&format!("INSERT INTO volunteer (id) VALUES ({person})"));
            run(&format!(
                "INSERT INTO volunteer_organization (volunteer_id, organization_id) VALUES ({person}, {organization})"
            ));
            run(&format!(
                "INSERT INTO event_participation (id, volunteer_id, event_id, status, delivery_hours) \
                 VALUES ({person}, {person}, {organization}, 'Attended', {hours}.5)"
            ));
        }
    }
    db.commit().unwrap();
}

impl Content {
    /// The reports that a refresh from it builds in the school year of the proofs.
    pub(crate) fn reports(self) -> Reports {
        made(self).reports.clone()
    }
}

/// When a content was last seen to be what the source says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// When it was fetched.
    pub(crate) at: Timestamp,
    /// When that copy was taken.
    pub(crate) taken_at: Timestamp,
}

/// The VMS: what it says now, and what it said to whom.
#[derive(Debug)]
pub(crate) struct Vms {
    clock: TestClock,
    now: Mutex<Now>,
}

#[derive(Debug, Clone)]
struct Now {
    content: Content,
    version: u64,
    taken_at: Timestamp,
    seen: HashMap<(ReportKey, Etag), Seen>,
    slow: bool,
}

impl Vms {
    /// It says `content` from the present on.
    pub(crate) fn new(clock: &TestClock, content: Content) -> Self {
        let now = Now { content, version: 1, taken_at: clock.now(), seen: HashMap::new(), slow: false };
        Self { clock: clock.clone(), now: Mutex::new(now) }
    }

    /// A VMS that says and said the same, by another clock.
    pub(crate) fn fork(&self, clock: &TestClock) -> Self {
        Self { clock: clock.clone(), now: Mutex::new(self.now().clone()) }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new copy arrives.
    pub(crate) fn switch(&self, content: Content) {
        let taken_at = self.clock.now();
        let mut now = self.now();
        now.content = content;
        now.version += 1;
        now.taken_at = taken_at;
    }

    /// What it says at present.
    pub(crate) fn content(&self) -> Content {
        self.now().content
    }

    /// From now on a copy takes for ever, or no longer does.
    pub(crate) fn set_slow(&self, slow: bool) {
        self.now().slow = slow;
    }

    /// When a report's content was last seen to be true.
    pub(crate) fn seen(&self, key: &ReportKey, etag: &Etag) -> Option<Seen> {
        self.now().seen.get(&(key.clone(), etag.clone())).copied()
    }

    /// The present version.
    pub(crate) fn version(&self) -> String {
        format!("v{}", self.now().version)
    }
}

impl Source for Vms {
    async fn fingerprint(&self) -> Result<Fingerprint, SourceError> {
        Ok(Fingerprint { version: self.version(), taken_at: self.now().taken_at })
    }

    async fn fetch(&self) -> Result<Snapshot, SourceError> {
        let slow = self.now().slow;
        if slow {
            std::future::pending::<()>().await;
        }
        let at = self.clock.now();
        let made = made(self.content());
        let mut now = self.now();
        let taken_at = now.taken_at;
        for (key, (etag, _)) in &made.reports {
            // By a clock that was put back, the present lies before what was.
            let seen = now.seen.entry((key.clone(), etag.clone())).or_insert(Seen { at, taken_at });
            *seen = Seen { at: seen.at.max(at), taken_at: seen.taken_at.max(taken_at) };
        }
        let fingerprint = Fingerprint { version: format!("v{}", now.version), taken_at };
        Ok(Snapshot { path: made.path.clone(), name: made.path.clone(), fingerprint })
    }
}

/// A key by its text.
pub(crate) fn key(text: &str) -> ReportKey {
    text.parse().unwrap()
}

/// So many days.
pub(crate) fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}
