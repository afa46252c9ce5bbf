//! The sample as its readers see it: whole files, looked at with SQL.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::{Counts, SampleError, Scale, Spec, enums, write};

/// The rows of `Spec { seed: 1, scale: Small, as_of: 2026-03-15T12:00:00Z }`. If this test fails, the generator gives
/// other rows than before: bump it only if that is meant, since goldens elsewhere may be computed from a sample.
const PINNED: u64 = 0xf70a_51d6_c2d5_7fbf;

/// A folder of a test's own, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("vms-sample-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// A written sample, with its folder kept alive.
struct Sample {
    connection: Connection,
    counts: Counts,
    _folder: Folder,
}

impl Sample {
    fn one(&self, sql: &str) -> i64 {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn tables(&self) -> Vec<String> {
        self.texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    }

    /// Columns of all tables whose declared type begins with `declared`.
    fn columns(&self, declared: &str) -> Vec<(String, String)> {
        let of_table = |table: String| {
            let sql = format!("SELECT name FROM pragma_table_info('{table}') WHERE type LIKE '{declared}%'");
            self.texts(&sql).into_iter().map(move |column| (table.clone(), column))
        };
        self.tables().into_iter().flat_map(of_table).collect()
    }
}

fn spec(seed: u64, as_of: &str) -> Spec {
    Spec { seed, scale: Scale::Small, as_of: as_of.parse().unwrap() }
}

fn sample_of(spec: &Spec) -> Sample {
    let folder = Folder::new();
    let path = folder.0.join("vms.db");
    let counts = write(&path, spec, &mut |_, _| ()).unwrap();
    Sample { connection: Connection::open(path).unwrap(), counts, _folder: folder }
}

fn sample() -> Sample {
    sample_of(&spec(1, "2026-03-15T12:00:00Z"))
}

/// FNV-1a over every value of every table, in the order of rows.
fn hash_of(sample: &Sample) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for table in sample.tables() {
        eat(table.as_bytes());
        let mut statement = sample.connection.prepare(&format!("SELECT * FROM {table} ORDER BY rowid")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Null => eat(b"N"),
                    ValueRef::Integer(value) => eat(&value.to_le_bytes()),
                    ValueRef::Real(value) => eat(&value.to_bits().to_le_bytes()),
                    ValueRef::Text(value) | ValueRef::Blob(value) => eat(value),
                }
                eat(&[0xff]);
            }
        }
    }
    hash
}

#[test]
fn the_same_spec_gives_the_same_rows() {
    let first = hash_of(&sample());
    assert_eq!(first, hash_of(&sample()));
    assert_eq!(first, hash_of(&sample_of(&spec(1, "2026-03-15T23:59:59Z"))), "only the date counts");
    assert_ne!(first, hash_of(&sample_of(&spec(2, "2026-03-15T12:00:00Z"))));
    assert_ne!(first, hash_of(&sample_of(&spec(1, "2026-03-16T12:00:00Z"))));
}

#[test]
fn the_rows_of_a_pinned_spec_do_not_change() {
    let hash = hash_of(&sample());
    assert_eq!(hash, PINNED, "the generator gives other rows than before: {hash:#018x}");
}

#[test]
fn a_small_sample_has_the_promised_size() {
    let Sample { counts, .. } = sample();
    assert_eq!((counts.events, counts.volunteers, counts.students), (400, 300, 1_500));
    assert_eq!((counts.teachers, counts.organizations, counts.districts), (130, 60, 11));
    assert!((2_000..3_000).contains(&counts.participations), "{counts:?}");
    assert!((3_500..5_500).contains(&counts.student_participations), "{counts:?}");
}

#[test]
fn counts_are_those_of_the_file() {
    let sample = sample();
    let rows = |table: &str| sample.one(&format!("SELECT count(*) FROM {table}")) as u64;
    let counts = Counts {
        events: rows("event"),
        volunteers: rows("volunteer"),
        students: rows("student"),
        teachers: rows("teacher"),
        participations: rows("event_participation"),
        student_participations: rows("event_student_participation"),
        organizations: rows("organization"),
        schools: rows("school"),
        districts: rows("district"),
    };
    assert_eq!(sample.counts, counts);
}

#[test]
fn every_table_that_reports_read_has_its_columns() {
    let sample = sample();
    for (table, columns) in [
        ("district", "id salesforce_id name district_code"),
        ("school", "id name district_id salesforce_district_id normalized_name school_code level"),
        (
            "event",
            "id salesforce_id title description type format start_date end_date duration status cancellation_reason \
             location school district_partner volunteers_needed participant_count registered_count attended_count \
             available_slots scheduled_participants_count total_requested_volunteer_jobs additional_information \
             session_id session_host series registration_link original_status_string educators educator_ids \
             professionals professional_ids created_at updated_at",
        ),
        (
            "event_attendance_detail",
            "id event_id num_classrooms rotations students_per_volunteer total_students attendance_in_sf pathway \
             groups_rotations is_stem attendance_link",
        ),
        ("event_districts", "event_id district_id"),
        ("event_volunteers", "event_id volunteer_id"),
        ("event_skills", "event_id skill_id"),
        (
            "event_teacher",
            "event_id teacher_id status is_simulcast attendance_confirmed_at notes created_at updated_at",
        ),
        (
            "event_participation",
            "id volunteer_id event_id status delivery_hours salesforce_id age_group email title participant_type contact",
        ),
        (
            "event_student_participation",
            "id salesforce_id event_id student_id status delivery_hours age_group created_at updated_at",
        ),
        (
            "contact",
            "id type salesforce_individual_id salesforce_account_id salutation first_name middle_name last_name suffix \
             description age_group education_level birthdate gender race_ethnicity do_not_call do_not_contact \
             email_opt_out email_bounced_date exclude_from_reports last_email_date notes",
        ),
        ("email", "id contact_id email type primary"),
        ("phone", "id contact_id number type primary"),
        ("address", "id contact_id address_line1 address_line2 city state zip_code country type primary"),
        (
            "volunteer",
            "id organization_name title department industry education local_status local_status_last_updated \
             is_people_of_color first_volunteer_date last_volunteer_date last_non_internal_email_date \
             last_activity_date times_volunteered additional_volunteer_count last_mailchimp_activity_date \
             mailchimp_history admin_contacts interests status",
        ),
        (
            "teacher",
            "id department school_id status active connector_role connector_active connector_start_date \
             connector_end_date last_email_message last_mailchimp_date salesforce_contact_id salesforce_school_id \
             created_at updated_at",
        ),
        (
            "student",
            "id active current_grade legacy_grade student_id school_id class_salesforce_id teacher_id racial_ethnic \
             school_code ell_language gifted lunch_status",
        ),
        (
            "organization",
            "id salesforce_id name type description volunteer_salesforce_id billing_street billing_city billing_state \
             billing_postal_code billing_country created_at updated_at last_activity_date",
        ),
        (
            "volunteer_organization",
            "volunteer_id organization_id salesforce_volunteer_id salesforce_org_id role start_date end_date \
             is_primary status created_at updated_at",
        ),
        ("skill", "id name"),
        ("volunteer_skills", "volunteer_id skill_id source interest_level"),
        (
            "connector_data",
            "id volunteer_id user_auth_id joining_date last_login_datetime last_update_date active_subscription \
             active_subscription_name role signup_role profile_link affiliations industry created_at updated_at",
        ),
    ] {
        let found = sample.texts(&format!("SELECT name FROM pragma_table_info('{table}')"));
        assert_eq!(found.join(" "), columns, "{table}");
    }
}

#[test]
fn every_enum_name_occurs_and_no_other() {
    for seed in 1..=3 {
        let sample = sample_of(&spec(seed, "2026-11-22T08:00:00Z"));
        for (table, column, names) in [
            ("event", "type", &enums::EVENT_TYPES[..]),
            ("event", "status", &enums::EVENT_STATUSES),
            ("event", "format", &["VIRTUAL", "IN_PERSON"]),
            ("event", "cancellation_reason", &enums::CANCELLATION_REASONS),
            ("contact", "type", &["volunteer", "teacher", "student"]),
            ("contact", "salutation", &enums::SALUTATIONS),
            ("contact", "suffix", &enums::SUFFIXES),
            ("contact", "gender", &enums::GENDERS),
            ("contact", "race_ethnicity", &enums::RACES),
            ("contact", "age_group", &enums::AGE_GROUPS),
            ("contact", "education_level", &enums::EDUCATION),
            ("volunteer", "education", &enums::EDUCATION),
            ("volunteer", "local_status", &enums::LOCAL_STATUSES),
            ("volunteer", "status", &enums::VOLUNTEER_STATUSES),
            ("teacher", "status", &enums::TEACHER_STATUSES),
            ("email", "type", &enums::CONTACT_POINT_TYPES),
            ("phone", "type", &enums::CONTACT_POINT_TYPES),
            ("address", "type", &enums::CONTACT_POINT_TYPES),
            ("volunteer_skills", "source", &enums::SKILL_SOURCES),
            ("connector_data", "active_subscription", &enums::SUBSCRIPTIONS),
        ] {
            let found =
                sample.texts(&format!("SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1"));
            let mut names = names.to_vec();
            names.sort_unstable();
            assert_eq!(found, names, "{table}.{column}, seed {seed}");
        }
    }
}

#[test]
fn no_id_points_nowhere() {
    let sample = sample();
    assert_eq!(sample.texts("SELECT \"table\" FROM pragma_foreign_key_check()"), Vec::<String>::new());
    assert_eq!(sample.texts("PRAGMA integrity_check"), ["ok"]);
    // References that VMS does not declare.
    for column in ["school_id", "salesforce_school_id"] {
        let sql = format!("SELECT count(*) FROM teacher WHERE {column} NOT IN (SELECT id FROM school)");
        assert_eq!(sample.one(&sql), 0, "{column}");
    }
    for kind in ["volunteer", "teacher", "student"] {
        let sql = format!("SELECT count(*) FROM contact WHERE (id IN (SELECT id FROM {kind})) <> (type = '{kind}')");
        assert_eq!(sample.one(&sql), 0, "{kind}");
    }
}

#[test]
fn every_way_to_reach_somebody_is_invented() {
    let sample = sample();
    for (table, column) in sample.columns("") {
        let addresses = sample.texts(&format!("SELECT \"{column}\" FROM {table} WHERE \"{column}\" LIKE '%@%'"));
        assert!(addresses.iter().all(|address| address.ends_with("@example.org")), "{table}.{column}");
    }
    assert!(sample.one("SELECT count(*) FROM email WHERE email IS NOT NULL") > 200);
    assert_eq!(sample.one("SELECT count(*) FROM phone WHERE number NOT LIKE '555-01__'"), 0);
}

#[test]
fn values_are_stored_as_vms_stores_them() {
    let sample = sample();
    for (declared, wrong) in [
        ("DATETIME", "{} NOT GLOB '????-??-?? ??:??:??.??????'"),
        ("DATE", "{} NOT GLOB '????-??-??*'"),
        ("BOOLEAN", "{} NOT IN (0, 1)"),
        ("FLOAT", "typeof({}) NOT IN ('real', 'null')"),
        ("INTEGER", "typeof({}) NOT IN ('integer', 'null')"),
        ("VARCHAR", "typeof({}) NOT IN ('text', 'null')"),
    ] {
        for (table, column) in sample.columns(declared) {
            let wrong = wrong.replace("{}", &format!("\"{column}\""));
            assert_eq!(sample.one(&format!("SELECT count(*) FROM {table} WHERE {wrong}")), 0, "{table}.{column}");
        }
    }
    for table in ["event_participation", "event_student_participation"] {
        let sql =
            format!("SELECT count(*) FROM {table} WHERE delivery_hours * 16 <> CAST(delivery_hours * 16 AS INTEGER)");
        assert_eq!(sample.one(&sql), 0, "hours are sixteenths in {table}");
    }
    let raw = "SELECT count(*) FROM volunteer WHERE length(organization_name) = 18 AND organization_name GLOB '001*'";
    assert!(sample.one(raw) > 0, "raw Salesforce ids as organization names");
}

#[test]
fn what_makes_reports_interesting_occurs_around_any_day() {
    for (seed, as_of) in [
        (1, "2026-03-15T12:00:00Z"),
        (2, "2026-11-22T08:00:00Z"),
        (3, "2026-08-01T00:00:00Z"),
        (4, "2024-02-29T23:00:00Z"),
    ] {
        let sample = sample_of(&spec(seed, as_of));
        let sqls = INTERESTING.iter().map(|sql| sql.replace("$today", &as_of[..10]));
        let missing: Vec<_> = sqls.filter(|sql| sample.one(&format!("SELECT count(*) FROM {sql}")) == 0).collect();
        assert_eq!(missing, Vec::<String>::new(), "as of {as_of}");
    }
}

/// What a sample must hold, each as the part of a query after `FROM`.
const INTERESTING: &[&str] = &[
    // Times.
    "event WHERE start_date LIKE '%-07-31 00:00:00.000000'",
    "event WHERE start_date LIKE '%-07-31 00:00:01.000000'",
    "event WHERE start_date LIKE '%-07-31 23:59:59.500000'",
    "event WHERE start_date LIKE '%-08-01 00:00:00.000000'",
    "event WHERE start_date > '$today ~' AND status = 'CONFIRMED'",
    "event a JOIN event b ON a.start_date = b.start_date AND a.id < b.id AND a.type = b.type",
    // Upcoming DIA events, with and without volunteers.
    "event WHERE start_date > '$today ~' AND type = 'DIA' AND id IN (SELECT event_id FROM event_participation)",
    "event WHERE start_date > '$today ~' AND type = 'DIA' AND id NOT IN (SELECT event_id FROM event_participation)",
    "event WHERE start_date > '$today ~' AND type LIKE 'DIA%' AND volunteers_needed > 0",
    "event WHERE start_date > '$today ~' AND type LIKE 'DIA%' AND title LIKE '%Data Ethics Speaker%'",
    // Events.
    "event WHERE type IS NULL",
    "event WHERE session_host = 'PREPKC'",
    "event WHERE session_host = 'PrepKC'",
    "event WHERE session_host = 'Prep-KC'",
    "event WHERE session_host IS NULL",
    "event WHERE district_partner = 'KCKPS (KS)'",
    "event WHERE district_partner = ''",
    "event WHERE lower(original_status_string) LIKE '%moved to in-person%' AND status <> 'COMPLETED'",
    "event WHERE title LIKE '%\\%%' ESCAPE '\\'",
    "event WHERE title GLOB '*_*'",
    "event WHERE unicode(title) > 127 OR title LIKE '%í%'",
    "event a JOIN school s ON instr(a.title, s.name) > 0",
    "event_districts WHERE district_id = '10'",
    "(SELECT event_id FROM event_districts GROUP BY event_id HAVING count(*) > 1)",
    "event_attendance_detail WHERE total_students > 0 AND num_classrooms > 0 AND rotations > 0",
    "event_attendance_detail WHERE num_classrooms = 0 OR rotations IS NULL",
    "event_volunteers v JOIN event e ON e.id = v.event_id WHERE e.type = 'VIRTUAL_SESSION'",
    // Teachers.
    "event_teacher WHERE status = 'simulcast'",
    "event_teacher WHERE status = 'successfully completed'",
    "event_teacher WHERE status = 'registered'",
    "event_teacher WHERE status = 'no-show'",
    "event_teacher WHERE status = 'no_show'",
    "event_teacher WHERE status = 'Attended'",
    "event_teacher WHERE status = 'cancelled'",
    "event_teacher WHERE status IS NULL",
    "event_teacher WHERE attendance_confirmed_at IS NULL AND status = 'successfully completed'",
    "teacher WHERE school_id IS NULL",
    "teacher WHERE school_id <> salesforce_school_id",
    // Participations.
    "event_participation WHERE status = 'Completed'",
    "event_participation WHERE status = 'Successfully Completed'",
    "event_participation WHERE status = 'Simulcast'",
    "event_participation WHERE status = 'No Show'",
    "event_participation WHERE status = 'Cancelled'",
    "event_participation WHERE status = 'Did Not Attend'",
    "event_participation WHERE status = 'Teacher No-Show'",
    "event_participation WHERE status = 'Volunteer canceling due to snow'",
    "event_participation WHERE status = 'Weather Cancellation'",
    "event_participation WHERE status = 'School Closure'",
    "event_participation WHERE status = 'Emergency Cancellation'",
    "event_participation WHERE status = 'attended'",
    "event_participation WHERE delivery_hours IS NULL",
    "event_participation WHERE delivery_hours = 0 AND status = 'Attended'",
    "event_participation a JOIN event_participation b ON a.event_id = b.event_id AND a.volunteer_id = b.volunteer_id AND a.id < b.id",
    "event_student_participation WHERE status IS NULL",
    "event_student_participation WHERE status = 'attended'",
    // People.
    "volunteer WHERE first_volunteer_date LIKE '%-08-01'",
    "volunteer WHERE first_volunteer_date IS NULL AND times_volunteered > 0",
    "volunteer WHERE first_volunteer_date >= date('$today', '-2 years')",
    "volunteer WHERE is_people_of_color IS NULL",
    "contact WHERE exclude_from_reports = 1",
    "contact WHERE exclude_from_reports IS NULL",
    "contact WHERE birthdate IS NOT NULL AND notes IS NOT NULL",
    "contact WHERE unicode(first_name) > 127",
    "contact WHERE last_name GLOB '*[%_]*'",
    "contact a JOIN contact b ON a.first_name || a.last_name = b.first_name || b.last_name AND a.id < b.id AND a.type = b.type",
    "volunteer WHERE id NOT IN (SELECT volunteer_id FROM volunteer_organization)",
    "(SELECT volunteer_id FROM volunteer_organization GROUP BY volunteer_id HAVING count(*) > 2)",
    "(SELECT volunteer_id FROM volunteer_organization GROUP BY volunteer_id HAVING sum(coalesce(is_primary, 0)) = 0)",
    "(SELECT volunteer_id FROM volunteer_organization GROUP BY volunteer_id HAVING sum(is_primary) > 1)",
    "volunteer_organization a JOIN volunteer_organization b USING (volunteer_id) WHERE a.rowid < b.rowid AND a.organization_id > b.organization_id",
    "organization a JOIN organization b ON a.name = b.name AND a.id < b.id",
    "organization a JOIN organization b ON lower(a.name) = lower(b.name) AND a.name <> b.name",
    "(SELECT contact_id FROM email WHERE \"primary\" = 1 GROUP BY contact_id HAVING count(*) > 1)",
    "email WHERE contact_id NOT IN (SELECT contact_id FROM email WHERE \"primary\" = 1)",
    "connector_data WHERE user_auth_id IS NULL",
    "school a JOIN school b ON a.name = b.name AND a.district_id < b.district_id",
    "school WHERE level IS NULL",
    "school WHERE district_id IS NULL",
    "student WHERE school_id IS NULL",
];

#[test]
fn nothing_was_noted_in_the_future() {
    let sample = sample_of(&spec(2, "2026-11-22T08:00:00Z"));
    for column in ["created_at", "updated_at"] {
        for (table, _) in sample.columns("DATETIME").into_iter().filter(|(_, found)| found == column) {
            let sql = format!("SELECT count(*) FROM {table} WHERE {column} > '2026-11-22 00:00:00.000000'");
            assert_eq!(sample.one(&sql), 0, "{table}.{column}");
        }
    }
}

#[test]
fn first_dates_mostly_agree_with_the_first_participation() {
    let sample = sample();
    let firsts = "SELECT volunteer_id, substr(min(start_date), 1, 10) AS first FROM event_participation p
                  JOIN event e ON e.id = p.event_id WHERE e.status = 'COMPLETED'
                  AND p.status IN ('Attended', 'Completed', 'Successfully Completed') GROUP BY volunteer_id";
    let share = format!(
        "SELECT 100 * sum(first = first_volunteer_date) / count(*) FROM ({firsts}) JOIN volunteer ON id = volunteer_id"
    );
    let share = sample.one(&share);
    assert!((70..95).contains(&share), "{share} per cent agree");
}

#[test]
fn an_existing_file_is_refused_and_left_alone() {
    let folder = Folder::new();
    let path = folder.0.join("vms.db");
    fs::write(&path, "precious").unwrap();
    let error = write(&path, &spec(1, "2026-03-15T12:00:00Z"), &mut |_, _| ()).unwrap_err();
    assert!(matches!(error, SampleError::Exists(_)), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn nothing_is_left_beside_the_file_or_after_a_failure() {
    let folder = Folder::new();
    let path = folder.0.join("vms.db");
    write(&path, &spec(1, "2026-03-15T12:00:00Z"), &mut |_, _| ()).unwrap();
    assert_eq!(folder.names(), ["vms.db"]);

    // The file appears while a sample is written: it wins.
    let other = folder.0.join("other.db");
    let mut appear = |_, _| fs::write(&other, "precious").unwrap();
    let error = write(&other, &spec(1, "2026-03-15T12:00:00Z"), &mut appear).unwrap_err();
    assert!(matches!(error, SampleError::Exists(_)), "{error}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
    assert_eq!(folder.names().len(), 2);
}

#[test]
fn a_missing_folder_and_an_impossible_day_are_told() {
    let path = std::env::temp_dir().join("vms-sample-no-such-folder").join("vms.db");
    let error = write(&path, &spec(1, "2026-03-15T12:00:00Z"), &mut |_, _| ()).unwrap_err();
    assert!(matches!(error, SampleError::Io(..)), "{error}");

    let spec = Spec { seed: 1, scale: Scale::Small, as_of: jiff::Timestamp::MIN };
    assert!(matches!(write(&path, &spec, &mut |_, _| ()), Err(SampleError::AsOf(_))));
}

#[test]
fn progress_rises_and_ends_at_the_total() {
    let folder = Folder::new();
    let mut told = Vec::new();
    let mut tell = |done, total| told.push((done, total));
    write(&folder.0.join("vms.db"), &spec(1, "2026-03-15T12:00:00Z"), &mut tell).unwrap();
    assert!(told.is_sorted());
    let (done, total) = told[told.len() - 1];
    assert_eq!(done, total);
    assert!((20..=202).contains(&told.len()), "{} reports", told.len());
}
