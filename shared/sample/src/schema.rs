//! The tables and indexes of a VMS file, as far as reports read them, and a few they must never read.
//!
//! Declared types matter: SQLite derives affinities from them, and VMS's own files declare exactly these. Indexes
//! come after the rows, which makes loading several times faster.

use Kind::{Plain, Unique};

/// The tables, in the order in which VMS's own references need them.
pub(crate) const TABLES: &str = r#"
CREATE TABLE district (
    id INTEGER NOT NULL PRIMARY KEY,
    salesforce_id VARCHAR(18),
    name VARCHAR(255) NOT NULL,
    district_code VARCHAR(20)
);
CREATE TABLE school (
    id VARCHAR(255) NOT NULL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    district_id INTEGER REFERENCES district (id),
    salesforce_district_id VARCHAR(255),
    normalized_name VARCHAR(255),
    school_code VARCHAR(255),
    level VARCHAR(50)
);
CREATE TABLE class (
    id INTEGER NOT NULL PRIMARY KEY,
    salesforce_id VARCHAR(18) NOT NULL,
    name VARCHAR(255) NOT NULL,
    school_salesforce_id VARCHAR(18) NOT NULL REFERENCES school (id),
    class_year INTEGER NOT NULL,
    created_at DATETIME,
    updated_at DATETIME
);
CREATE TABLE event (
    id INTEGER NOT NULL PRIMARY KEY,
    salesforce_id VARCHAR(18),
    title VARCHAR(255) NOT NULL,
    description TEXT,
    type VARCHAR(24),
    format VARCHAR(9) NOT NULL,
    start_date DATETIME NOT NULL,
    end_date DATETIME,
    duration INTEGER CHECK (duration IS NULL OR duration >= 0),
    status VARCHAR(9) NOT NULL,
    cancellation_reason VARCHAR(22),
    location VARCHAR(255),
    school VARCHAR(18) REFERENCES school (id),
    district_partner VARCHAR(255),
    volunteers_needed INTEGER,
    participant_count INTEGER CHECK (participant_count >= 0),
    registered_count INTEGER CHECK (registered_count >= 0),
    attended_count INTEGER CHECK (attended_count >= 0),
    available_slots INTEGER CHECK (available_slots >= 0),
    scheduled_participants_count INTEGER CHECK (scheduled_participants_count >= 0),
    total_requested_volunteer_jobs INTEGER CHECK (total_requested_volunteer_jobs >= 0),
    additional_information TEXT,
    session_id VARCHAR(255),
    session_host VARCHAR(255),
    series VARCHAR(255),
    registration_link VARCHAR(1300),
    original_status_string VARCHAR(255),
    educators TEXT,
    educator_ids TEXT,
    professionals TEXT,
    professional_ids TEXT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL
);
CREATE TABLE event_attendance_detail (
    id INTEGER NOT NULL PRIMARY KEY,
    event_id INTEGER NOT NULL REFERENCES event (id),
    num_classrooms INTEGER,
    rotations INTEGER,
    students_per_volunteer INTEGER,
    total_students INTEGER,
    attendance_in_sf BOOLEAN,
    pathway VARCHAR(128),
    groups_rotations VARCHAR(128),
    is_stem BOOLEAN,
    attendance_link VARCHAR(512)
);
CREATE TABLE event_districts (
    event_id INTEGER NOT NULL REFERENCES event (id),
    district_id VARCHAR(18) NOT NULL REFERENCES district (id),
    PRIMARY KEY (event_id, district_id)
);
CREATE TABLE event_volunteers (
    event_id INTEGER NOT NULL REFERENCES event (id),
    volunteer_id INTEGER NOT NULL REFERENCES volunteer (id),
    PRIMARY KEY (event_id, volunteer_id)
);
CREATE TABLE event_skills (
    event_id INTEGER NOT NULL REFERENCES event (id),
    skill_id INTEGER NOT NULL REFERENCES skill (id),
    PRIMARY KEY (event_id, skill_id)
);
CREATE TABLE event_teacher (
    event_id INTEGER NOT NULL REFERENCES event (id),
    teacher_id INTEGER NOT NULL REFERENCES teacher (id),
    status VARCHAR(50),
    is_simulcast BOOLEAN,
    attendance_confirmed_at DATETIME,
    notes TEXT,
    created_at DATETIME,
    updated_at DATETIME,
    PRIMARY KEY (event_id, teacher_id)
);
CREATE TABLE event_participation (
    id INTEGER NOT NULL PRIMARY KEY,
    volunteer_id INTEGER NOT NULL REFERENCES volunteer (id),
    event_id INTEGER NOT NULL REFERENCES event (id),
    status VARCHAR(20) NOT NULL,
    delivery_hours FLOAT,
    salesforce_id VARCHAR(18) UNIQUE,
    age_group VARCHAR(50),
    email VARCHAR(255),
    title VARCHAR(100),
    participant_type VARCHAR(50),
    contact VARCHAR(255)
);
CREATE TABLE event_student_participation (
    id INTEGER NOT NULL PRIMARY KEY,
    salesforce_id VARCHAR(18),
    event_id INTEGER NOT NULL REFERENCES event (id),
    student_id INTEGER NOT NULL REFERENCES student (id),
    status VARCHAR(50),
    delivery_hours FLOAT,
    age_group VARCHAR(100),
    created_at DATETIME,
    updated_at DATETIME,
    UNIQUE (event_id, student_id)
);
CREATE TABLE contact (
    id INTEGER NOT NULL PRIMARY KEY,
    type VARCHAR(50),
    salesforce_individual_id VARCHAR(18) UNIQUE,
    salesforce_account_id VARCHAR(18),
    salutation VARCHAR(14),
    first_name VARCHAR(50) NOT NULL,
    middle_name VARCHAR(50),
    last_name VARCHAR(50) NOT NULL,
    suffix VARCHAR(4),
    description TEXT,
    age_group VARCHAR(11),
    education_level VARCHAR(16),
    birthdate DATE,
    gender VARCHAR(17),
    race_ethnicity VARCHAR(17),
    do_not_call BOOLEAN,
    do_not_contact BOOLEAN,
    email_opt_out BOOLEAN,
    email_bounced_date DATETIME,
    exclude_from_reports BOOLEAN,
    last_email_date DATE,
    notes TEXT
);
CREATE TABLE email (
    id INTEGER NOT NULL PRIMARY KEY,
    contact_id INTEGER NOT NULL REFERENCES contact (id),
    email VARCHAR(100),
    type VARCHAR(12),
    "primary" BOOLEAN
);
CREATE TABLE phone (
    id INTEGER NOT NULL PRIMARY KEY,
    contact_id INTEGER NOT NULL REFERENCES contact (id),
    number VARCHAR(20),
    type VARCHAR(12),
    "primary" BOOLEAN
);
CREATE TABLE address (
    id INTEGER NOT NULL PRIMARY KEY,
    contact_id INTEGER NOT NULL REFERENCES contact (id),
    address_line1 VARCHAR(100),
    address_line2 VARCHAR(100),
    city VARCHAR(50),
    state VARCHAR(50),
    zip_code VARCHAR(20),
    country VARCHAR(50),
    type VARCHAR(12),
    "primary" BOOLEAN
);
CREATE TABLE volunteer (
    id INTEGER NOT NULL PRIMARY KEY REFERENCES contact (id),
    organization_name VARCHAR(100),
    title VARCHAR(50),
    department VARCHAR(50),
    industry VARCHAR(50),
    education VARCHAR(16),
    local_status VARCHAR(9),
    local_status_last_updated DATETIME,
    is_people_of_color BOOLEAN,
    first_volunteer_date DATE,
    last_volunteer_date DATE,
    last_non_internal_email_date DATE,
    last_activity_date DATE,
    times_volunteered INTEGER,
    additional_volunteer_count INTEGER,
    last_mailchimp_activity_date DATE,
    mailchimp_history TEXT,
    admin_contacts VARCHAR(200),
    interests TEXT,
    status VARCHAR(8)
);
CREATE TABLE teacher (
    id INTEGER NOT NULL PRIMARY KEY REFERENCES contact (id),
    department VARCHAR(50),
    school_id VARCHAR(255),
    status VARCHAR(8),
    active BOOLEAN NOT NULL,
    connector_role VARCHAR(50),
    connector_active BOOLEAN NOT NULL,
    connector_start_date DATE,
    connector_end_date DATE,
    last_email_message DATE,
    last_mailchimp_date DATE,
    salesforce_contact_id VARCHAR(18),
    salesforce_school_id VARCHAR(18),
    created_at DATETIME,
    updated_at DATETIME,
    CHECK (connector_end_date >= connector_start_date)
);
CREATE TABLE student (
    id INTEGER NOT NULL PRIMARY KEY REFERENCES contact (id),
    active BOOLEAN,
    current_grade INTEGER,
    legacy_grade VARCHAR(50),
    student_id VARCHAR(50),
    school_id VARCHAR(18) REFERENCES school (id) ON DELETE SET NULL,
    class_salesforce_id VARCHAR(18) REFERENCES class (salesforce_id) ON DELETE SET NULL,
    teacher_id INTEGER REFERENCES teacher (id) ON DELETE SET NULL,
    racial_ethnic VARCHAR(100),
    school_code VARCHAR(50),
    ell_language VARCHAR(50),
    gifted BOOLEAN NOT NULL,
    lunch_status VARCHAR(50)
);
CREATE TABLE organization (
    id INTEGER NOT NULL PRIMARY KEY,
    salesforce_id VARCHAR(18),
    name VARCHAR(255) NOT NULL,
    type VARCHAR(255),
    description VARCHAR(255),
    volunteer_salesforce_id VARCHAR(18),
    billing_street VARCHAR(255),
    billing_city VARCHAR(255),
    billing_state VARCHAR(255),
    billing_postal_code VARCHAR(255),
    billing_country VARCHAR(255),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    last_activity_date DATETIME
);
CREATE TABLE volunteer_organization (
    volunteer_id INTEGER NOT NULL REFERENCES volunteer (id) ON DELETE CASCADE,
    organization_id INTEGER NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    salesforce_volunteer_id VARCHAR(18),
    salesforce_org_id VARCHAR(18),
    role VARCHAR(255),
    start_date DATETIME,
    end_date DATETIME,
    is_primary BOOLEAN,
    status VARCHAR(50),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (volunteer_id, organization_id)
);
CREATE TABLE skill (
    id INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(50) NOT NULL UNIQUE
);
CREATE TABLE volunteer_skills (
    volunteer_id INTEGER NOT NULL REFERENCES volunteer (id),
    skill_id INTEGER NOT NULL REFERENCES skill (id),
    source VARCHAR(19),
    interest_level VARCHAR(20),
    PRIMARY KEY (volunteer_id, skill_id)
);
CREATE TABLE connector_data (
    id INTEGER NOT NULL PRIMARY KEY,
    volunteer_id INTEGER NOT NULL UNIQUE REFERENCES volunteer (id),
    user_auth_id VARCHAR(7) UNIQUE,
    joining_date VARCHAR(50),
    last_login_datetime VARCHAR(50),
    last_update_date DATE,
    active_subscription VARCHAR(8),
    active_subscription_name VARCHAR(255),
    role VARCHAR(20),
    signup_role VARCHAR(20),
    profile_link VARCHAR(1300),
    affiliations TEXT,
    industry VARCHAR(255),
    created_at DATETIME,
    updated_at DATETIME
);
"#;

/// Whether an index refuses equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Unique,
}

/// The indexes: name, table, columns. SQLite's choice among them explains the order of VMS's unordered lists.
pub(crate) const INDEXES: [(Kind, &str, &str, &str); 44] = [
    (Unique, "ix_district_salesforce_id", "district", "salesforce_id"),
    (Plain, "idx_class_year_school", "class", "class_year, school_salesforce_id"),
    (Plain, "ix_class_name", "class", "name"),
    (Unique, "ix_class_salesforce_id", "class", "salesforce_id"),
    (Plain, "ix_class_school_salesforce_id", "class", "school_salesforce_id"),
    (Plain, "idx_district_partner", "event", "district_partner"),
    (Plain, "idx_event_school_start", "event", "school, start_date"),
    (Plain, "idx_event_status_date", "event", "status, start_date"),
    (Plain, "idx_event_status_date_type", "event", "status, start_date, type"),
    (Plain, "ix_event_district_partner", "event", "district_partner"),
    (Plain, "ix_event_registered_count", "event", "registered_count"),
    (Unique, "ix_event_salesforce_id", "event", "salesforce_id"),
    (Plain, "ix_event_school", "event", "school"),
    (Plain, "ix_event_status", "event", "status"),
    (Plain, "ix_event_type", "event", "type"),
    (Unique, "ix_event_attendance_detail_event_id", "event_attendance_detail", "event_id"),
    (Plain, "ix_event_student_participation_event_id", "event_student_participation", "event_id"),
    (Unique, "ix_event_student_participation_salesforce_id", "event_student_participation", "salesforce_id"),
    (Plain, "ix_event_student_participation_student_id", "event_student_participation", "student_id"),
    (Plain, "ix_volunteer_is_people_of_color", "volunteer", "is_people_of_color"),
    (Plain, "ix_volunteer_last_activity_date", "volunteer", "last_activity_date"),
    (Plain, "ix_volunteer_last_volunteer_date", "volunteer", "last_volunteer_date"),
    (Plain, "ix_volunteer_local_status", "volunteer", "local_status"),
    (Plain, "ix_volunteer_status", "volunteer", "status"),
    (Plain, "idx_teacher_school_active", "teacher", "school_id, active"),
    (Plain, "idx_teacher_status_school", "teacher", "status, salesforce_school_id"),
    (Plain, "ix_teacher_department", "teacher", "department"),
    (Unique, "ix_teacher_salesforce_contact_id", "teacher", "salesforce_contact_id"),
    (Plain, "ix_teacher_school_id", "teacher", "school_id"),
    (Plain, "ix_teacher_status", "teacher", "status"),
    (Plain, "idx_student_school_grade", "student", "school_id, current_grade"),
    (Plain, "ix_student_class_salesforce_id", "student", "class_salesforce_id"),
    (Plain, "ix_student_school_code", "student", "school_code"),
    (Plain, "ix_student_school_id", "student", "school_id"),
    (Plain, "ix_student_student_id", "student", "student_id"),
    (Plain, "ix_student_teacher_id", "student", "teacher_id"),
    (Plain, "ix_organization_name", "organization", "name"),
    (Unique, "ix_organization_salesforce_id", "organization", "salesforce_id"),
    (Plain, "ix_organization_volunteer_salesforce_id", "organization", "volunteer_salesforce_id"),
    (Plain, "ix_volunteer_organization_organization_id", "volunteer_organization", "organization_id"),
    (Plain, "ix_volunteer_organization_salesforce_org_id", "volunteer_organization", "salesforce_org_id"),
    (Plain, "ix_volunteer_organization_salesforce_volunteer_id", "volunteer_organization", "salesforce_volunteer_id"),
    (Plain, "ix_volunteer_organization_volunteer_id", "volunteer_organization", "volunteer_id"),
    (Plain, "ix_connector_data_active_subscription", "connector_data", "active_subscription"),
];

/// The statement that makes one index.
pub(crate) fn create_index((kind, name, table, columns): (Kind, &str, &str, &str)) -> String {
    let unique = if kind == Unique { "UNIQUE " } else { "" };
    format!("CREATE {unique}INDEX {name} ON {table} ({columns})")
}
