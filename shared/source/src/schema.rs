//! Which tables and columns of a VMS database the reports read: the one list.
//!
//! Reading, the error about missing columns and the reduced copy that leaves a VMS all follow it.
//! A VMS file also holds birth dates, phones, addresses and notes; none of them is here.

use std::collections::BTreeSet;
use vms_core::CacheType::{self, District, Organization, Recruitment, VirtualSession, Volunteer};

/// Columns of a table, and the cache types whose reports read them.
#[derive(Debug)]
pub struct ColumnUse {
    /// The table.
    pub table: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
    /// The cache types that read them.
    pub used_by: &'static [CacheType],
}

const ALL: &[CacheType] = &[District, Organization, VirtualSession, Volunteer, Recruitment];

const fn used(table: &'static str, columns: &'static [&'static str], used_by: &'static [CacheType]) -> ColumnUse {
    ColumnUse { table, columns, used_by }
}

/// Every table and column that any report reads.
pub const TABLES: &[ColumnUse] = &[
    used("event", &["id", "title", "type", "start_date", "status"], ALL),
    used("event", &["school"], &[District, Recruitment]),
    used("event", &["location"], &[District, Recruitment]),
    used("event", &["participant_count"], &[Organization, VirtualSession]),
    used("event", &["district_partner"], &[District, VirtualSession, Volunteer]),
    used("event", &["session_host"], &[District]),
    used("event", &["series"], &[District, VirtualSession]),
    used(
        "event",
        &["duration", "additional_information", "session_id", "registration_link", "original_status_string"],
        &[VirtualSession],
    ),
    used("event", &["description", "format", "end_date", "volunteers_needed", "salesforce_id"], &[Recruitment]),
    used("event_attendance_detail", &["event_id", "num_classrooms", "rotations", "total_students"], &[Organization]),
    used("event_districts", &["event_id", "district_id"], &[District, VirtualSession]),
    used("event_volunteers", &["event_id", "volunteer_id"], &[VirtualSession]),
    used("event_skills", &["event_id", "skill_id"], &[Recruitment]),
    used("event_teacher", &["event_id", "teacher_id"], &[District, Organization, VirtualSession]),
    used("event_teacher", &["status"], &[Organization, VirtualSession]),
    used("event_teacher", &["attendance_confirmed_at"], &[District, VirtualSession]),
    used("event_teacher", &["is_simulcast"], &[VirtualSession]),
    used(
        "event_participation",
        &["id", "volunteer_id", "event_id", "status"],
        &[District, Organization, Volunteer, Recruitment],
    ),
    used("event_participation", &["delivery_hours"], &[District, Organization, Volunteer]),
    used("event_participation", &["participant_type"], &[Recruitment]),
    used("event_student_participation", &["id", "event_id", "student_id", "status"], &[District]),
    used("contact", &["id", "first_name", "last_name"], ALL),
    used("contact", &["middle_name"], &[VirtualSession]),
    used("contact", &["exclude_from_reports"], &[Organization, Volunteer, Recruitment]),
    used("contact", &["salesforce_individual_id", "salesforce_account_id"], &[Volunteer]),
    used("contact", &["do_not_contact", "email_opt_out"], &[Recruitment]),
    used("email", &["id", "contact_id", "email", "primary"], &[District, Organization, Volunteer, Recruitment]),
    used("volunteer", &["id"], ALL),
    used("volunteer", &["organization_name"], &[VirtualSession, Volunteer, Recruitment]),
    used("volunteer", &["title"], &[Volunteer, Recruitment]),
    used("volunteer", &["first_volunteer_date"], &[Volunteer]),
    used("volunteer", &["local_status"], &[VirtualSession, Recruitment]),
    used("volunteer", &["is_people_of_color"], &[VirtualSession]),
    used("volunteer", &["department", "industry", "last_volunteer_date", "status"], &[Recruitment]),
    used("teacher", &["id"], &[District, Organization, VirtualSession]),
    used("teacher", &["school_id"], &[District, VirtualSession]),
    used("teacher", &["salesforce_school_id"], &[Organization]),
    used("student", &["id", "school_id", "current_grade"], &[District]),
    used("organization", &["id", "name"], ALL),
    used("volunteer_organization", &["volunteer_id", "organization_id"], ALL),
    used("volunteer_organization", &["is_primary"], &[Volunteer, Recruitment]),
    used("skill", &["id", "name"], &[District, Recruitment]),
    used("volunteer_skills", &["volunteer_id", "skill_id"], &[District, Recruitment]),
    used("connector_data", &["volunteer_id", "user_auth_id"], &[Recruitment]),
    used("district", &["id", "name"], &[District, Organization, VirtualSession]),
    used("district", &["salesforce_id"], &[District, Organization]),
    used("school", &["id", "name"], &[District, Organization, VirtualSession, Recruitment]),
    used("school", &["district_id"], &[District, Organization, VirtualSession]),
    used("school", &["level"], &[VirtualSession]),
];

/// What is to be read: the columns of some cache types.
#[derive(Debug, Clone)]
pub struct Needs {
    types: BTreeSet<CacheType>,
    /// Read students' names and e-mail addresses as well as volunteers'.
    pub student_details: bool,
}

impl Needs {
    /// The needs of these types' reports.
    pub fn of(types: impl IntoIterator<Item = CacheType>, student_details: bool) -> Self {
        Self { types: types.into_iter().collect(), student_details }
    }

    /// Whether any of the types reads that column.
    pub fn read(&self, table: &str, column: &str) -> bool {
        self.uses().any(|u| u.table == table && u.columns.contains(&column))
    }

    /// Whether any of the types reads that table.
    pub fn read_table(&self, table: &str) -> bool {
        self.uses().any(|u| u.table == table)
    }

    /// The tables and columns to read.
    pub fn uses(&self) -> impl Iterator<Item = &'static ColumnUse> {
        TABLES.iter().filter(|u| u.used_by.iter().any(|t| self.types.contains(t)))
    }
}
