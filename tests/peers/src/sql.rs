//! Reports said in SQL, as whoever would rather not write Rust would say them: totals of volunteers and organizations.
//!
//! They give the figures only: no lists of events, no names as people read them, no addresses. That is in their
//! favour.

use crate::process::cpu_of;
use crate::refresh::since;
use rusqlite::{Connection, OpenFlags, params};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use vms_core::{AsOf, CacheType, ReportKey};
use vms_reports::{Family, Settings};
use vms_source::{Database, Needs};

/// What covers the queries, besides the indexes that VMS has.
const INDEXES: &str = "
    CREATE INDEX peers_event ON event (status, start_date, id);
    CREATE INDEX peers_by_event ON event_participation (event_id, status, volunteer_id, delivery_hours);
    CREATE INDEX peers_by_volunteer ON event_participation (volunteer_id, status, event_id, delivery_hours);
    CREATE INDEX peers_members ON volunteer_organization (organization_id, volunteer_id);
    CREATE INDEX peers_organizations ON volunteer_organization (volunteer_id, organization_id);
    CREATE INDEX peers_first ON volunteer (first_volunteer_date, id);
    CREATE INDEX peers_people ON contact (id, exclude_from_reports);
    ANALYZE;";

/// Organizations with the sessions, hours and volunteers of a year.
const SUMMARY: &str = "
    SELECT o.id, o.name, COUNT(DISTINCT p.event_id), SUM(COALESCE(p.delivery_hours, 0)), COUNT(DISTINCT p.volunteer_id)
    FROM event e
    JOIN event_participation p ON p.event_id = e.id
        AND p.status IN ('Attended', 'Completed', 'Successfully Completed')
    JOIN (SELECT DISTINCT organization_id, volunteer_id FROM volunteer_organization) m
        ON m.volunteer_id = p.volunteer_id
    JOIN organization o ON o.id = m.organization_id
    WHERE e.start_date BETWEEN ?1 AND ?2
    GROUP BY o.id ORDER BY 4 DESC, 1";

/// Volunteers who were active in a window.
const ACTIVE: &str = "
    SELECT p.volunteer_id, '', COUNT(*), SUM(COALESCE(p.delivery_hours, 0)), MAX(e.start_date)
    FROM event e
    JOIN event_participation p ON p.event_id = e.id
        AND p.status IN ('Attended', 'Completed', 'Successfully Completed', 'Simulcast')
    JOIN volunteer v ON v.id = p.volunteer_id
    JOIN contact c ON c.id = v.id AND c.exclude_from_reports = 0
    WHERE e.status = 'COMPLETED' AND e.start_date BETWEEN ?1 AND ?2
    GROUP BY p.volunteer_id";

/// Volunteers whose first date lies in a window, by organization, with all that they ever did.
const FIRST_IN_RANGE: &str = "
    SELECT v.id, COALESCE(o.name, ''), COUNT(p.id), SUM(COALESCE(p.delivery_hours, 0)), NULL
    FROM volunteer v
    JOIN contact c ON c.id = v.id AND c.exclude_from_reports = 0
    LEFT JOIN volunteer_organization m ON m.volunteer_id = v.id
    LEFT JOIN organization o ON o.id = m.organization_id
    LEFT JOIN event_participation p ON p.volunteer_id = v.id
    WHERE v.first_volunteer_date BETWEEN ?1 AND ?2
    GROUP BY v.id, o.name";

/// The same with what they attended, without those who were somewhere and attended nothing.
const FIRST_TIME: &str = "
    SELECT v.id, COALESCE(o.name, ''), COUNT(p.id) FILTER (WHERE attended), SUM(IIF(attended, COALESCE(hours, 0), 0)), NULL
    FROM volunteer v
    LEFT JOIN volunteer_organization m ON m.volunteer_id = v.id
    LEFT JOIN organization o ON o.id = m.organization_id
    LEFT JOIN (
        SELECT id, volunteer_id, delivery_hours AS hours,
            status IN ('Attended', 'Completed', 'Successfully Completed') AS attended
        FROM event_participation
    ) p ON p.volunteer_id = v.id
    WHERE v.first_volunteer_date BETWEEN ?1 AND ?2
    GROUP BY v.id, o.name
    HAVING COUNT(p.id) = 0 OR COUNT(p.id) FILTER (WHERE attended) > 0";

/// Events and hours of a subject, by its id and the name that it is seen with.
type Figures = BTreeMap<(i64, String), (u64, f64)>;

/// One question: a query, and where our report has the same figures.
struct Question {
    query: &'static str,
    window: (String, String),
    report: ReportKey,
    /// The list in the report, and the members of its elements.
    list: &'static str,
    events: &'static str,
    /// Whether a subject is seen with a name.
    named: bool,
}

/// Opens a database for reading.
pub(crate) fn open(database: &Path) -> Connection {
    Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// Makes the indexes: CPU seconds.
pub(crate) fn index(database: &Path) -> f64 {
    let before = cpu_of("self");
    Connection::open(database).unwrap().execute_batch(INDEXES).unwrap();
    since(before)
}

/// Answers a family's questions by SQL and by our reports, and holds the answers against each other: how many figures
/// were compared; CPU seconds by SQL, for loading, and for our reports.
pub(crate) fn compare(family: CacheType, database: &Path, as_of: &AsOf) -> Vec<f64> {
    let questions = questions(family, as_of);
    let before = cpu_of("self");
    let by_sql: Vec<Figures> = {
        let db = open(database);
        questions.iter().map(|question| question.by_sql(&db)).collect()
    };
    let sql = since(before);

    let (settings, needs) = (Settings::vms().unwrap(), Needs::of([family], false));
    let before = cpu_of("self");
    let data = Database::open(database, &needs).unwrap().load(&needs).unwrap();
    let loading = since(before);
    let before = cpu_of("self");
    let reports = Family::new(family, &data, as_of, &settings);
    let mut keys: Vec<_> = questions.iter().map(|question| question.report.clone()).collect();
    keys.dedup();
    let built: BTreeMap<_, _> = keys.into_iter().map(|key| (key.to_string(), reports.build(&key).unwrap())).collect();
    let ours = since(before);

    let mut compared = 0;
    for (question, by_sql) in questions.iter().zip(by_sql) {
        let report = serde_json::from_slice(&built[&question.report.to_string()].json).unwrap();
        compared += equal(question, &question.by_report(&report), &by_sql);
    }
    vec![compared as f64, sql, loading, ours]
}

fn questions(family: CacheType, as_of: &AsOf) -> Vec<Question> {
    let mut all = Vec::new();
    for year in as_of.school_years(2) {
        let window = || (year.first_stamp(), year.last_stamp());
        let list = "organizations_data";
        let report = ReportKey::OrganizationSummary { year };
        all.push(Question { query: SUMMARY, window: window(), report, list, events: "unique_sessions", named: true });
        all.extend(recent(&ReportKey::VolunteerRecent { year }, &window()));
        let report = ReportKey::VolunteerFirstTime { year };
        let list = "report_data/volunteers";
        all.push(Question { query: FIRST_TIME, window: window(), report, list, events: "total_events", named: true });
    }
    all.extend(recent(&ReportKey::VolunteerRecentDays, &(as_of.utc_stamp_days_before(365), as_of.utc_stamp())));
    all.retain(|question| question.report.cache_type() == family);
    all
}

fn recent(report: &ReportKey, window: &(String, String)) -> [Question; 2] {
    let question = |query, list, events| {
        let (window, report) = (window.clone(), report.clone());
        Question { query, window, report, list, events, named: false }
    };
    [
        question(ACTIVE, "report_data/active_volunteers", "event_count"),
        question(FIRST_IN_RANGE, "report_data/first_time_in_range", "total_events"),
    ]
}

impl Question {
    fn by_sql(&self, db: &Connection) -> Figures {
        let mut statement = db.prepare(self.query).unwrap();
        let mut rows = statement.query(params![self.window.0, self.window.1]).unwrap();
        let mut figures = Figures::new();
        while let Some(row) = rows.next().unwrap() {
            let name: String = row.get(1).unwrap();
            let events: i64 = row.get(2).unwrap();
            let hours: Option<f64> = row.get(3).unwrap();
            add(&mut figures, self, row.get(0).unwrap(), &name, events as u64, hours.unwrap_or(0.0));
        }
        figures
    }

    fn by_report(&self, report: &Value) -> Figures {
        let list = report.pointer(&format!("/{}", self.list)).and_then(Value::as_array).unwrap();
        let mut figures = Figures::new();
        for item in list {
            let name = item.get("organization").or_else(|| item.get("name")).and_then(Value::as_str).unwrap_or("");
            let (id, events) = (item["id"].as_i64().unwrap(), item[self.events].as_u64().unwrap());
            add(&mut figures, self, id, name, events, item["total_hours"].as_f64().unwrap());
        }
        figures
    }
}

/// Adds up, since what is not seen with a name may be there once for each.
fn add(figures: &mut Figures, question: &Question, id: i64, name: &str, events: u64, hours: f64) {
    let name = match name {
        _ if !question.named => "",
        "" => "Independent",
        name => name,
    };
    let sum = figures.entry((id, name.to_owned())).or_default();
    *sum = (sum.0 + events, sum.1 + hours);
}

/// How many figures there are; all must be equal, hours as far as a report rounds them.
fn equal(question: &Question, ours: &Figures, by_sql: &Figures) -> usize {
    let (report, list) = (&question.report, question.list);
    assert!(ours.keys().eq(by_sql.keys()), "{report}, {list}: {} subjects, by SQL {}", ours.len(), by_sql.len());
    for ((subject, ours), by_sql) in ours.iter().zip(by_sql.values()) {
        let same = ours.0 == by_sql.0 && (ours.1 - by_sql.1).abs() < 0.0051;
        assert!(same, "{report}, {list}, {}: {ours:?}, by SQL {by_sql:?}", subject.0);
    }
    2 * ours.len()
}
