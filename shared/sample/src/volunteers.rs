//! What volunteers have beyond a contact: a job, organizations, skills, a connector profile, and dates that mostly
//! agree with what they attended.

use jiff::civil::Date;
use rusqlite::{Connection, params};

use crate::calendar::{Calendar, midnight_stamp, plus_days, school_year_start};
use crate::enums::{EDUCATION, LOCAL_STATUSES, SKILL_SOURCES, SUBSCRIPTIONS, VOLUNTEER_STATUSES};
use crate::organizations::Organization;
use crate::rng::Rng;
use crate::roster::Volunteer;
use crate::sql::{Inserter, salesforce_id};
use crate::words::{DEPARTMENTS, INDUSTRIES, JOB_TITLES, SKILLS, organization_name};

const COLUMNS: &str = "id, organization_name, title, department, industry, education, local_status, \
                       local_status_last_updated, is_people_of_color, first_volunteer_date, last_volunteer_date, \
                       last_non_internal_email_date, last_activity_date, times_volunteered, \
                       additional_volunteer_count, last_mailchimp_activity_date, mailchimp_history, admin_contacts, \
                       interests, status";
const MEMBERSHIP_COLUMNS: &str = "volunteer_id, organization_id, salesforce_volunteer_id, salesforce_org_id, role, \
                                  start_date, end_date, is_primary, status, created_at, updated_at";
const CONNECTOR_COLUMNS: &str = "id, volunteer_id, user_auth_id, joining_date, last_login_datetime, last_update_date, \
                                 active_subscription, active_subscription_name, role, signup_role, profile_link, \
                                 affiliations, industry, created_at, updated_at";

/// Writes volunteers with their memberships, skills and connector profiles.
pub(crate) struct VolunteerRows<'c> {
    rng: Rng,
    calendar: Calendar,
    organizations: &'c [Organization],
    volunteers: Inserter<'c>,
    memberships: Inserter<'c>,
    skills: Inserter<'c>,
    connectors: Inserter<'c>,
}

impl<'c> VolunteerRows<'c> {
    pub(crate) fn new(
        connection: &'c Connection,
        seed: u64,
        calendar: Calendar,
        organizations: &'c [Organization],
    ) -> rusqlite::Result<Self> {
        let skill_columns = "volunteer_id, skill_id, source, interest_level";
        Ok(Self {
            rng: Rng::new(seed, "volunteers"),
            calendar,
            organizations,
            volunteers: Inserter::new(connection, "volunteer", COLUMNS)?,
            memberships: Inserter::new(connection, "volunteer_organization", MEMBERSHIP_COLUMNS)?,
            skills: Inserter::new(connection, "volunteer_skills", skill_columns)?,
            connectors: Inserter::new(connection, "connector_data", CONNECTOR_COLUMNS)?,
        })
    }

    /// Writes one volunteer.
    pub(crate) fn write(&mut self, volunteer: &Volunteer) -> rusqlite::Result<()> {
        let employer = self.write_memberships(volunteer.id)?;
        self.write_volunteer(volunteer, employer)?;
        self.write_skills(volunteer.id)?;
        if self.rng.percent(35) {
            self.write_connector(volunteer.id)?;
        }
        Ok(())
    }

    /// How many volunteers went in.
    pub(crate) fn written(&self) -> u64 {
        self.volunteers.rows()
    }

    fn write_volunteer(&mut self, volunteer: &Volunteer, employer: Option<&Organization>) -> rusqlite::Result<()> {
        let (rng, calendar, row) = (&mut self.rng, self.calendar, self.volunteers.rows() as usize);
        let first = first_date(rng, calendar, volunteer);
        let last = volunteer.last.filter(|_| !rng.percent(4)).map(|day| calendar.date(day));
        let mailed = plus_days(calendar.today, -rng.between(1, 500)).to_string();
        self.volunteers.add(params![
            volunteer.id,
            employer_text(rng, employer),
            job_title(rng),
            rng.pick_or_null(&DEPARTMENTS, 45),
            rng.pick_or_null(&INDUSTRIES, 25),
            rng.cover(row, &EDUCATION, 20),
            rng.cover(row, &LOCAL_STATUSES, 5),
            rng.percent(30).then(|| midnight_stamp(calendar.today)),
            rng.flag(30, 12),
            first.map(|date| date.to_string()),
            last.map(|date| date.to_string()),
            rng.percent(30).then_some(&mailed),
            last.map(|date| date.to_string()).or_else(|| rng.percent(40).then(|| mailed.clone())),
            (!rng.percent(5)).then_some(volunteer.times),
            rng.pick_or_null(&[0, 0, 0, 3, 25], 10),
            rng.percent(20).then_some(&mailed),
            rng.pick_or_null(&["opened; clicked", "unsubscribed once"], 90),
            rng.pick_or_null(&["Front desk", "School liaison"], 85),
            rng.pick_or_null(&["Mentoring;Career fairs", "Classroom talks", "Painting; Music"], 70),
            rng.cover(row, &VOLUNTEER_STATUSES, 4).map(|status| if rng.percent(70) { "ACTIVE" } else { status })
        ])
    }

    /// None to three organizations, in no order; one is primary, or none, or two. Answers the first.
    fn write_memberships(&mut self, volunteer: i64) -> rusqlite::Result<Option<&'c Organization>> {
        let number = self.rng.weighted(&[(0, 18), (1, 56), (2, 20), (3, 6)]);
        let mut chosen: Vec<&Organization> = Vec::with_capacity(number);
        for _ in 0..number {
            let position = self.rng.skewed_index(self.organizations.len());
            let found = self.organizations.get(position);
            chosen.extend(found.filter(|found| chosen.iter().all(|other| other.id != found.id)));
        }
        let primary = self.rng.index(chosen.len() + 1);
        for (nth, organization) in chosen.iter().enumerate() {
            let is_primary = self.rng.percent(9) || nth == primary;
            self.write_membership(volunteer, organization, is_primary)?;
        }
        Ok(chosen.first().copied())
    }

    fn write_membership(&mut self, volunteer: i64, organization: &Organization, primary: bool) -> rusqlite::Result<()> {
        let (rng, today) = (&mut self.rng, self.calendar.today);
        let from = plus_days(today, -rng.between(400, 2_500));
        let to = plus_days(today, -rng.between(1, 399));
        let left = rng.percent(15);
        self.memberships.add(params![
            volunteer,
            organization.id,
            salesforce_id("003", 'C', volunteer),
            organization.salesforce_id,
            rng.pick_or_null(&JOB_TITLES, 60),
            rng.percent(50).then(|| midnight_stamp(from)),
            left.then(|| midnight_stamp(to)),
            (primary || !rng.percent(8)).then_some(primary),
            if left { Some("Past") } else { rng.pick_or_null(&["Current", "Current", "Current", "Pending"], 5) },
            midnight_stamp(from),
            midnight_stamp(from)
        ])
    }

    fn write_skills(&mut self, volunteer: i64) -> rusqlite::Result<()> {
        let rng = &mut self.rng;
        let number = rng.pick(&[0, 0, 1, 2, 3, 4, 6, 10]);
        let mut skills: Vec<usize> = (0..number).map(|_| rng.index(SKILLS.len()) + 1).collect();
        skills.sort_unstable();
        skills.dedup();
        rng.shuffle(&mut skills);
        for skill in skills {
            let source = rng.cover(self.skills.rows() as usize, &SKILL_SOURCES, 15);
            let interest = rng.pick_or_null(&["High", "Medium", "Low"], 60);
            self.skills.add(params![volunteer, skill as i64, source, interest])?;
        }
        Ok(())
    }

    fn write_connector(&mut self, volunteer: i64) -> rusqlite::Result<()> {
        let (rng, today) = (&mut self.rng, self.calendar.today);
        let id = self.connectors.next_id();
        let joined = plus_days(today, -rng.between(30, 1_500));
        self.connectors.add(params![
            id,
            volunteer,
            (!rng.percent(8)).then(|| format!("{:07}", 2_000_000 + id)),
            rng.percent(70).then(|| joined.to_string()),
            rng.percent(40).then(|| midnight_stamp(plus_days(today, -3))),
            rng.percent(40).then(|| today.to_string()),
            rng.cover(id as usize - 1, &SUBSCRIPTIONS, 5),
            rng.pick_or_null(&["Community plan"], 80),
            rng.pick_or_null(&["professional", "educator"], 30),
            rng.pick_or_null(&["professional"], 50),
            rng.percent(40).then(|| format!("https://example.org/profile/{id}")),
            rng.pick_or_null(&["Alumni circle", "Makers' guild"], 80),
            rng.pick_or_null(&INDUSTRIES, 40),
            midnight_stamp(joined),
            midnight_stamp(joined)
        ])
    }
}

/// The date of the first participation, mostly. Some say 1 August or 31 July, some an earlier day, some nothing; of
/// those who never attended, some have a date all the same.
fn first_date(rng: &mut Rng, calendar: Calendar, volunteer: &Volunteer) -> Option<Date> {
    let Some(first) = volunteer.first.map(|day| calendar.date(day)) else {
        return rng.percent(40).then(|| calendar.date(volunteer.joined));
    };
    let august = Date::new(school_year_start(first), 8, 1).unwrap_or(first);
    match rng.below(100) {
        0..5 => None,
        5..9 => Some(august),
        9..11 => Some(plus_days(august, -1)),
        11..16 => Some(plus_days(first, -rng.between(1, 60))),
        _ => Some(first),
    }
}

/// The employer in the volunteer's own row: a name, something else, or a raw Salesforce id that an import left there.
fn employer_text(rng: &mut Rng, employer: Option<&Organization>) -> Option<String> {
    match rng.below(100) {
        0..22 => None,
        22..26 => Some(String::new()),
        26..31 => Some(salesforce_id("001", 'R', rng.between(1, 999))),
        31..46 => Some(organization_name(rng)),
        _ => employer.map(|employer| employer.name.clone()),
    }
}

fn job_title(rng: &mut Rng) -> Option<&'static str> {
    if rng.percent(3) { Some("") } else { rng.pick_or_null(&JOB_TITLES, 12) }
}
