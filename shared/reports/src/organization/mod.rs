//! The organization family: a summary of all organizations, and the detail of each one that was active in a year.

mod detail;
mod summary;

use crate::rules::years::EventsOfYear;
use crate::{BuildError, Built, Settings};
use detail::OrganizationDetail;
use summary::OrganizationSummary;
use vms_core::{AsOf, ReportKey, SchoolYear};
use vms_source::{Dataset, Ix, Organization, Volunteer};

/// The reports of this family over one dataset.
pub struct Reports<'a> {
    data: &'a Dataset,
    members: Members,
    /// The years of the plan.
    years: Vec<(SchoolYear, EventsOfYear)>,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(data: &'a Dataset, as_of: &'a AsOf, settings: &'a Settings) -> Self {
        let years = as_of.school_years(settings.report_years).into_iter();
        let years = years.map(|year| (year, EventsOfYear::new(data, year)));
        Self { data, members: Members::new(data), years: years.collect() }
    }

    pub(crate) fn plan(&self) -> Vec<ReportKey> {
        self.years.iter().flat_map(|(year, events)| self.plan_of(*year, events)).collect()
    }

    /// The summary, and the detail of every organization with anything to list.
    fn plan_of<'r>(&'r self, year: SchoolYear, events: &'r EventsOfYear) -> impl Iterator<Item = ReportKey> + 'r {
        let active = move |o: &Ix<Organization>| detail::has_entries(self.data, events, self.members.of(*o));
        let organizations = self.data.organizations.positions().filter(active);
        let detail = move |o: Ix<Organization>| ReportKey::OrganizationDetail {
            year,
            organization: self.data.organizations[o].id,
        };
        std::iter::once(ReportKey::OrganizationSummary { year }).chain(organizations.map(detail))
    }

    pub(crate) fn build(&self, key: &ReportKey) -> Result<Built, BuildError> {
        match *key {
            ReportKey::OrganizationSummary { year } => self.summary(year),
            ReportKey::OrganizationDetail { year, organization } => self.detail(year, organization),
            _ => Err(BuildError::NoSubject),
        }
    }

    fn summary(&self, year: SchoolYear) -> Result<Built, BuildError> {
        self.in_year(year, |events| {
            let report = OrganizationSummary::new(self.data, events, &self.members);
            Built::new(format!("Organizations {}", year.label()), &report)
        })
    }

    fn detail(&self, year: SchoolYear, id: i64) -> Result<Built, BuildError> {
        let organization = self.data.organizations.find(id).ok_or(BuildError::NoSubject)?;
        let members = self.members.of(organization);
        let name = &self.data.organizations[organization].name;
        self.in_year(year, |events| {
            let report = OrganizationDetail::new(self.data, events, organization, members);
            Built::new(format!("Organization {}, {name}", year.label()), &report)
        })
    }

    /// Builds with the events of a year; those of a year outside the plan are found anew.
    fn in_year<T>(&self, year: SchoolYear, build: impl FnOnce(&EventsOfYear) -> T) -> T {
        match self.years.iter().find(|(planned, _)| *planned == year) {
            Some((_, events)) => build(events),
            None => build(&EventsOfYear::new(self.data, year)),
        }
    }
}

/// The volunteers linked to each organization, by id: every link counts, whatever its dates or status (quirk B5).
struct Members(Vec<Vec<Ix<Volunteer>>>);

impl Members {
    fn new(data: &Dataset) -> Self {
        let mut of = vec![Vec::new(); data.organizations.len()];
        for link in &data.memberships {
            if let (Some(organization), Some(volunteer)) = (link.organization, link.volunteer) {
                of[organization.get()].push(volunteer);
            }
        }
        for volunteers in &mut of {
            volunteers.sort_unstable();
            volunteers.dedup();
        }
        Self(of)
    }

    fn of(&self, organization: Ix<Organization>) -> &[Ix<Volunteer>] {
        &self.0[organization.get()]
    }
}

#[cfg(test)]
mod tests;
