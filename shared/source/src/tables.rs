//! The tables as typed rows: of each, the columns that reports read.
//!
//! A column that no report of the loaded cache types reads is `None`.

use crate::Text;
use crate::enums::{EventFormat, EventStatus, EventType, LocalStatus, VolunteerStatus};
use crate::rows::{Ix, Row};
use crate::stamp::Stamp;
use jiff::civil::Date;

/// A row of `event`.
#[derive(Debug)]
pub struct Event {
    /// `id`
    pub id: i64,
    /// `title`
    pub title: Text,
    /// `type`
    pub event_type: Option<EventType>,
    /// `start_date`
    pub start: Stamp,
    /// `status`
    pub status: EventStatus,
    /// `school`, an id of `school`
    pub school: Option<Text>,
    /// `location`
    pub location: Option<Text>,
    /// `participant_count`
    pub participant_count: Option<i64>,
    /// `district_partner`
    pub district_partner: Option<Text>,
    /// `session_host`
    pub session_host: Option<Text>,
    /// `series`
    pub series: Option<Text>,
    /// `duration`, in minutes
    pub duration: Option<i64>,
    /// `additional_information`
    pub additional_information: Option<Text>,
    /// `session_id`
    pub session_id: Option<Text>,
    /// `registration_link`
    pub registration_link: Option<Text>,
    /// `original_status_string`
    pub original_status: Option<Text>,
    /// `description`
    pub description: Option<Text>,
    /// `format`
    pub format: Option<EventFormat>,
    /// `end_date`
    pub end: Option<Stamp>,
    /// `volunteers_needed`
    pub volunteers_needed: Option<i64>,
    /// `salesforce_id`
    pub salesforce_id: Option<Text>,
}

impl Event {
    /// Whether it is a virtual session; its format column plays no part in that.
    pub fn is_virtual(&self) -> bool {
        self.event_type == Some(EventType::VirtualSession)
    }
}

/// How a participation's free-text status counts. The texts are compared exactly, case included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attendance {
    /// No status at all: one report counts it like an attendance.
    Unsaid,
    /// Any other text: no-shows, cancellations, other spellings.
    No,
    /// `Simulcast`: counted by some reports.
    Simulcast,
    /// `Attended`, `Completed`, `Successfully Completed`.
    Attended,
}

impl Attendance {
    /// How a status counts.
    pub fn of(status: Option<&str>) -> Self {
        match status {
            None => Self::Unsaid,
            Some("Attended" | "Completed" | "Successfully Completed") => Self::Attended,
            Some("Simulcast") => Self::Simulcast,
            Some(_) => Self::No,
        }
    }
}

/// What a participation says of its volunteer, whether its event exists or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turnout {
    /// `id`
    pub id: i64,
    /// How the status counts.
    pub attendance: Attendance,
    /// `delivery_hours`
    pub hours: Option<f64>,
}

/// A row of `event_participation` whose event exists.
#[derive(Debug)]
pub struct Participation {
    /// `id`
    pub id: i64,
    /// `event_id`
    pub event: Ix<Event>,
    /// `volunteer_id`, which some figures count even where no such volunteer exists
    pub volunteer_id: i64,
    /// The volunteer, where there is one.
    pub volunteer: Option<Ix<Volunteer>>,
    /// `status`
    pub status: Option<Text>,
    /// How the status counts.
    pub attendance: Attendance,
    /// `delivery_hours`
    pub hours: Option<f64>,
    /// `participant_type`
    pub participant_type: Option<Text>,
}

impl Participation {
    /// Whether the status is one of the three that every report counts.
    pub fn attended(&self) -> bool {
        self.attendance == Attendance::Attended
    }

    /// Whether the status is one of those, or `Simulcast`.
    pub fn attended_or_simulcast(&self) -> bool {
        self.attendance >= Attendance::Simulcast
    }

    /// What it says of its volunteer.
    pub fn turnout(&self) -> Turnout {
        Turnout { id: self.id, attendance: self.attendance, hours: self.hours }
    }
}

/// A row of `volunteer` with its `contact`.
#[derive(Debug)]
pub struct Volunteer {
    /// `id`
    pub id: i64,
    /// `contact.first_name`
    pub first_name: Text,
    /// `contact.middle_name`
    pub middle_name: Option<Text>,
    /// `contact.last_name`
    pub last_name: Text,
    /// The address of the lowest-id `email` row marked primary.
    pub email: Option<Text>,
    /// That address, or without a primary row the one of the lowest-id `email` row.
    pub any_email: Option<Text>,
    /// `contact.salesforce_individual_id`
    pub salesforce_contact: Option<Text>,
    /// `contact.salesforce_account_id`
    pub salesforce_account: Option<Text>,
    /// `contact.exclude_from_reports`
    pub excluded: Option<bool>,
    /// `contact.do_not_contact`
    pub do_not_contact: Option<bool>,
    /// `contact.email_opt_out`
    pub email_opt_out: Option<bool>,
    /// `organization_name`
    pub organization_name: Option<Text>,
    /// `title`
    pub title: Option<Text>,
    /// `department`
    pub department: Option<Text>,
    /// `industry`
    pub industry: Option<Text>,
    /// `first_volunteer_date`
    pub first_date: Option<Date>,
    /// `last_volunteer_date`
    pub last_date: Option<Date>,
    /// `local_status`
    pub local: Option<LocalStatus>,
    /// `is_people_of_color`
    pub of_color: Option<bool>,
    /// `status`
    pub status: Option<VolunteerStatus>,
    /// `connector_data.user_auth_id`
    pub connector: Option<Text>,
}

/// A row of `volunteer_organization`.
#[derive(Debug)]
pub struct Membership {
    /// `volunteer_id`, which some figures follow even where no such volunteer exists
    pub volunteer_id: i64,
    /// The volunteer, where there is one.
    pub volunteer: Option<Ix<Volunteer>>,
    /// `organization_id`, which some figures count even where no such organization exists
    pub organization_id: i64,
    /// The organization, where there is one.
    pub organization: Option<Ix<Organization>>,
    /// `is_primary`
    pub primary: bool,
}

/// A row of `organization`.
#[derive(Debug)]
pub struct Organization {
    /// `id`
    pub id: i64,
    /// `name`
    pub name: Text,
}

/// A row of `teacher` with its `contact`.
#[derive(Debug)]
pub struct Teacher {
    /// `id`
    pub id: i64,
    /// `contact.first_name`
    pub first_name: Text,
    /// `contact.last_name`
    pub last_name: Text,
    /// `contact.exclude_from_reports`
    pub excluded: Option<bool>,
    /// The school of `school_id`, where it exists.
    pub school: Option<Ix<School>>,
    /// The school of `salesforce_school_id`, where it exists.
    pub salesforce_school: Option<Ix<School>>,
}

/// A row of `event_teacher` whose event exists.
#[derive(Debug)]
pub struct EventTeacher {
    /// `event_id`
    pub event: Ix<Event>,
    /// `teacher_id`, which some figures count even where no such teacher exists
    pub teacher_id: i64,
    /// The teacher, where there is one.
    pub teacher: Option<Ix<Teacher>>,
    /// `status`
    pub status: Option<Text>,
    /// `is_simulcast`
    pub simulcast: Option<bool>,
    /// Whether `attendance_confirmed_at` has a value.
    pub confirmed: bool,
}

/// A row of `student` with its `contact`.
#[derive(Debug)]
pub struct Student {
    /// `id`
    pub id: i64,
    /// The school of `school_id`, where it exists.
    pub school: Option<Ix<School>>,
    /// `current_grade`
    pub grade: Option<Grade>,
    /// Name and address, loaded only where reports may show them.
    pub details: Option<StudentDetails>,
}

/// A student's grade: a number, unless a file holds a text such as `K`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grade {
    /// A grade by its number.
    Number(i64),
    /// Any other grade.
    Text(Text),
}

/// What a report shows of a student where that is allowed.
#[derive(Debug)]
pub struct StudentDetails {
    /// `contact.first_name`
    pub first_name: Text,
    /// `contact.last_name`
    pub last_name: Text,
    /// The address of the lowest-id `email` row marked primary.
    pub email: Option<Text>,
}

/// A row of `event_student_participation` with status `Attended`, whose event and student exist.
#[derive(Debug)]
pub struct StudentParticipation {
    /// `event_id`
    pub event: Ix<Event>,
    /// `student_id`
    pub student: Ix<Student>,
}

/// A row of `event_attendance_detail`.
#[derive(Debug, Clone, Copy)]
pub struct AttendanceDetail {
    /// `total_students`
    pub total_students: Option<i64>,
    /// `num_classrooms`
    pub classrooms: Option<i64>,
    /// `rotations`
    pub rotations: Option<i64>,
}

/// A row of `district`.
#[derive(Debug)]
pub struct District {
    /// `id`
    pub id: i64,
    /// `salesforce_id`
    pub salesforce_id: Option<Text>,
    /// `name`
    pub name: Text,
}

/// A row of `school`.
#[derive(Debug)]
pub struct School {
    /// `id`, a text
    pub id: Text,
    /// `name`
    pub name: Text,
    /// `district_id`, where that district exists
    pub district: Option<Ix<District>>,
    /// `level`
    pub level: Option<Text>,
}

macro_rules! rows_with_id {
    ($($table:ident)*) => {
        $(impl Row for $table {
            fn id(&self) -> i64 {
                self.id
            }
        })*
    };
}

rows_with_id!(Event Participation Volunteer Organization Teacher Student District);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_count_only_in_their_exact_spelling() {
        for (status, attendance) in [
            (Some("Attended"), Attendance::Attended),
            (Some("Completed"), Attendance::Attended),
            (Some("Successfully Completed"), Attendance::Attended),
            (Some("Simulcast"), Attendance::Simulcast),
            (Some("attended"), Attendance::No),
            (Some("Attended "), Attendance::No),
            (Some("No Show"), Attendance::No),
            (Some(""), Attendance::No),
            (None, Attendance::Unsaid),
        ] {
            assert_eq!(Attendance::of(status), attendance, "{status:?}");
        }
    }
}
