//! The organization family: a summary of all organizations, and the detail of each one that was active in a year.

mod detail;
mod summary;

use crate::rules::years::SchoolYearBounds;
use crate::{BuildError, Built, Settings};
use detail::OrganizationDetail;
use summary::OrganizationSummary;
use vms_core::{AsOf, ReportKey, SchoolYear};
use vms_source::{Dataset, Ix, Organization, Volunteer};

/// The reports of this family over one dataset.
pub struct Reports<'a> {
    data: &'a Dataset,
    as_of: &'a AsOf,
    settings: &'a Settings,
    members: Members,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(data: &'a Dataset, as_of: &'a AsOf, settings: &'a Settings) -> Self {
        Self { data, as_of, settings, members: Members::new(data) }
    }

    pub(crate) fn plan(&self) -> Vec<ReportKey> {
        let years = self.as_of.school_years(self.settings.report_years);
        years.into_iter().flat_map(|year| self.plan_of(year)).collect()
    }

    /// The summary, and the detail of every organization with anything to list.
    fn plan_of(&self, year: SchoolYear) -> impl Iterator<Item = ReportKey> + '_ {
        let bounds = SchoolYearBounds::of(year);
        let active = move |o: &Ix<Organization>| detail::has_entries(self.data, &bounds, self.members.of(*o));
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
        let report = OrganizationSummary::new(self.data, &SchoolYearBounds::of(year), &self.members);
        Built::new(format!("Organizations {}", year.label()), &report)
    }

    fn detail(&self, year: SchoolYear, id: i64) -> Result<Built, BuildError> {
        let organization = self.data.organizations.find(id).ok_or(BuildError::NoSubject)?;
        let members = self.members.of(organization);
        let report = OrganizationDetail::new(self.data, &SchoolYearBounds::of(year), organization, members);
        let name = &self.data.organizations[organization].name;
        Built::new(format!("Organization {}, {name}", year.label()), &report)
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
