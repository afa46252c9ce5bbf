//! How people are named in reports, and the links that reports carry.

use vms_source::{Teacher, Volunteer};

/// First and last name with one space, nothing trimmed.
pub fn display_name(volunteer: &Volunteer) -> String {
    format!("{} {}", volunteer.first_name, volunteer.last_name)
}

/// First, middle and last name with single spaces; the middle one only where there is one.
pub fn full_name(volunteer: &Volunteer) -> String {
    match volunteer.middle_name.as_deref() {
        Some(middle) if !middle.is_empty() => format!("{} {middle} {}", volunteer.first_name, volunteer.last_name),
        _ => display_name(volunteer),
    }
}

/// A teacher's first and last name with one space.
pub fn teacher_name(teacher: &Teacher) -> String {
    format!("{} {}", teacher.first_name, teacher.last_name)
}

/// The page of a record in VMS's Salesforce, for an id that is there and not empty.
pub fn salesforce_url(object: &str, id: Option<&str>) -> Option<String> {
    let id = id.filter(|id| !id.is_empty())?;
    Some(format!("https://prep-kc.lightning.force.com/lightning/r/{object}/{id}/view"))
}
