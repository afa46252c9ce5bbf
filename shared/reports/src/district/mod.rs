//! The district family: year-end and engagement figures of the listed districts.
//!
//! A year-end report is filed under the id of the district row that has the listed name, engagement under that of the
//! row that has the listed Salesforce id: mostly they are one row (D5). What the reports share is worked out once:
//! which events belong to which district, and which organizations a volunteer is linked to.

mod engagement;
mod events;
mod figures;
pub mod list;
mod year_end;

use crate::{BuildError, Built, Settings};
use engagement::Engagement;
use events::{DistrictEvents, Subject};
use std::collections::HashMap;
use vms_core::{AsOf, HostFilter, ReportKey, SchoolYear};
use vms_source::{Dataset, District, Ix};
use year_end::{DistrictYearEnd, Rows};

/// The reports of this family over one dataset.
pub struct Reports<'a> {
    data: &'a Dataset,
    as_of: &'a AsOf,
    settings: &'a Settings,
    subjects: Vec<Subject<'a>>,
    events: DistrictEvents,
    organizations: Organizations,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(data: &'a Dataset, as_of: &'a AsOf, settings: &'a Settings) -> Self {
        let subjects = events::subjects(data, &settings.districts);
        Self {
            events: DistrictEvents::new(data, &subjects),
            organizations: Organizations::new(data),
            data,
            as_of,
            settings,
            subjects,
        }
    }

    pub(crate) fn plan(&self) -> Vec<ReportKey> {
        let years = self.as_of.school_years(self.settings.report_years);
        years.into_iter().flat_map(|year| self.plan_of(year)).collect()
    }

    fn plan_of(&self, year: SchoolYear) -> impl Iterator<Item = ReportKey> + '_ {
        let id = |row: Ix<District>| self.data.districts[row].id;
        let year_end = move |hosts| {
            let filed = self.subjects.iter().filter_map(|s| s.named);
            filed.map(move |row| ReportKey::DistrictYearEnd { year, hosts, district: id(row) })
        };
        let engagement = self.subjects.iter().map(move |s| ReportKey::DistrictEngagement { year, district: id(s.row) });
        HostFilter::ALL.into_iter().flat_map(year_end).chain(engagement)
    }

    pub(crate) fn build(&self, key: &ReportKey) -> Result<Built, BuildError> {
        match *key {
            ReportKey::DistrictYearEnd { year, hosts, district } => self.year_end(year, hosts, district),
            ReportKey::DistrictEngagement { year, district } => self.engagement(year, district),
            _ => Err(BuildError::NoSubject),
        }
    }

    fn year_end(&self, year: SchoolYear, hosts: HostFilter, district: i64) -> Result<Built, BuildError> {
        let (at, subject, detail) = self.subject(district, |s| s.named)?;
        let events = self.events.of(self.data, at, year, hosts);
        let rows = Rows { base: subject.row, detail };
        let report = DistrictYearEnd::new(self.data, subject.listed, rows, &self.organizations, events);
        let whose = match hosts {
            HostFilter::All => "all hosts",
            HostFilter::Prepkc => "PREPKC hosts",
        };
        let title = format!("Year-end {}, {}, {whose}", year.label(), subject.listed.name);
        Built::new(title, &report)
    }

    fn engagement(&self, year: SchoolYear, district: i64) -> Result<Built, BuildError> {
        let (at, subject, row) = self.subject(district, |s| Some(s.row))?;
        let engagement = Engagement {
            data: self.data,
            listed: subject.listed,
            district: row,
            organizations: &self.organizations,
            student_details: self.settings.student_details,
        };
        let report = engagement.report(self.events.of(self.data, at, year, HostFilter::All));
        let title = format!("Engagement {}, {}", year.label(), subject.listed.name);
        Built::new(title, &report)
    }

    /// The listed district of whose rows `filed` names the one with that id, its place, and that row.
    fn subject(
        &self,
        district: i64,
        filed: impl Fn(&Subject<'_>) -> Option<Ix<District>>,
    ) -> Result<(usize, &Subject<'a>, Ix<District>), BuildError> {
        let row = self.data.districts.find(district).ok_or(BuildError::NoSubject)?;
        let at = self.subjects.iter().position(|s| filed(s) == Some(row)).ok_or(BuildError::NoSubject)?;
        Ok((at, &self.subjects[at], row))
    }
}

/// The organizations that each volunteer is linked to, by id, ascending: every link counts, past and dangling ones
/// included.
pub(crate) struct Organizations(HashMap<i64, Vec<i64>>);

impl Organizations {
    fn new(data: &Dataset) -> Self {
        let mut of: HashMap<i64, Vec<i64>> = HashMap::new();
        for link in &data.memberships {
            of.entry(link.volunteer_id).or_default().push(link.organization_id);
        }
        for organizations in of.values_mut() {
            organizations.sort_unstable();
            organizations.dedup();
        }
        Self(of)
    }

    fn of(&self, volunteer_id: i64) -> &[i64] {
        self.0.get(&volunteer_id).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;
