//! The virtual session family: usage over all districts, and one report per district.
//!
//! The sessions of a planned year are gathered once and indexed by district; each report then reads only its own,
//! so the family grows with the registrations and presenters of a year, not with districts times sessions.
//!
//! A year is VMS's virtual year, which holds all of 31 July but its last fraction of a second (V1); which one is
//! current follows the calendar and does not jump a day early (V2 fixed).

mod district;
mod sessions;
mod usage;

#[cfg(test)]
mod tests;

use crate::{BuildError, Built, Settings};
use district::{DistrictBySchoolName, VirtualDistrict};
use sessions::{Sessions, partner};
use usage::VirtualUsage;
use vms_core::{AsOf, DistrictName, KeyError, ReportKey, VirtualYear};
use vms_source::Dataset;

/// The reports of this family over one dataset.
pub struct Reports<'a> {
    data: &'a Dataset,
    as_of: &'a AsOf,
    /// The planned years, newest first.
    years: Vec<(VirtualYear, Sessions<'a>)>,
    schools: DistrictBySchoolName<'a>,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(data: &'a Dataset, as_of: &'a AsOf, settings: &'a Settings) -> Self {
        let years = as_of.virtual_years(settings.report_years);
        Self {
            data,
            as_of,
            years: years.into_iter().map(|y| (y, Sessions::of(data, y))).collect(),
            schools: schools_by_name(data),
        }
    }

    pub(crate) fn plan(&self) -> Vec<ReportKey> {
        let usage = self.years.iter().map(|(year, _)| ReportKey::VirtualUsage { year: *year });
        let districts = self.district_keys().filter_map(Result::ok);
        usage.chain(districts).collect()
    }

    /// How many district reports the plan lacks because no key can hold the district's name.
    pub fn left_out(&self) -> usize {
        self.district_keys().filter(Result::is_err).count()
    }

    fn district_keys(&self) -> impl Iterator<Item = Result<ReportKey, KeyError>> {
        self.years.iter().flat_map(|(year, sessions)| {
            sessions
                .district_names()
                .map(|name| Ok(ReportKey::VirtualDistrict { year: *year, district: DistrictName::new(name)? }))
        })
    }

    pub(crate) fn build(&self, key: &ReportKey) -> Result<Built, BuildError> {
        match key {
            ReportKey::VirtualUsage { year } => self.with_sessions(*year, |sessions| {
                let title = format!("Virtual sessions {year}");
                Built::new(title, &VirtualUsage::of(sessions, self.as_of))
            }),
            ReportKey::VirtualDistrict { year, district } => self.with_sessions(*year, |sessions| {
                let name = district.as_str();
                if sessions.of_district(name).next().is_none() && !self.knows(name) {
                    return Err(BuildError::NoSubject);
                }
                let title = format!("Virtual sessions {year}: {name}");
                Built::new(title, &VirtualDistrict::of(sessions, name, &self.schools))
            }),
            _ => Err(BuildError::NoSubject),
        }
    }

    /// Hands over the sessions of a year; those outside the plan are gathered for this one report.
    fn with_sessions<T>(&self, year: VirtualYear, build: impl FnOnce(&Sessions<'a>) -> T) -> T {
        match self.years.iter().find(|(planned, _)| *planned == year) {
            Some((_, sessions)) => build(sessions),
            None => build(&Sessions::of(self.data, year)),
        }
    }

    /// Whether the database has that name at all, be it for sessions of other years.
    fn knows(&self, name: &str) -> bool {
        let mut districts = self.data.districts.iter();
        districts.any(|d| &*d.name == name) || self.data.events.iter().any(|e| partner(e) == Some(name))
    }
}

/// The district of each school name: where names repeat, of the school that was inserted first (V14).
fn schools_by_name(data: &Dataset) -> DistrictBySchoolName<'_> {
    let mut by_name = DistrictBySchoolName::new();
    for school in &data.schools {
        let district = school.district.map(|d| &*data.districts[d].name);
        by_name.entry(&*school.name).or_insert(district);
    }
    by_name
}
