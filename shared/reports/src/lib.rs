//! Every report that VMS caches, as a pure function of dataset and as-of time.
//!
//! One report, one file: its serialized shape, its rules, its quirks by their numbers in `docs/quirks.md`.
//! A rule that several reports share stands once, in [`rules`]. Nothing here does I/O, reads a clock or knows a store.

pub mod agreement;
pub mod district;
#[cfg(test)]
mod fixture;
pub mod organization;
#[cfg(test)]
mod properties;
pub mod recruitment;
pub mod rules;
pub mod virtual_session;
pub mod volunteer;

use serde::Serialize;
use vms_core::{AsOf, CacheType, ReportKey};
use vms_source::Dataset;

pub use district::list::{DistrictList, DistrictListError};

/// What the reports depend on besides dataset and as-of time.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many years back a plan reaches, the current one included (`REPORT_YEARS`).
    pub report_years: u8,
    /// Whether students' names and e-mail addresses appear (`ENGAGEMENT_STUDENT_DETAILS`).
    pub student_details: bool,
    /// The districts that get reports (`DISTRICTS_FILE`).
    pub districts: DistrictList,
}

impl Settings {
    /// VMS's own settings: two years, no students' details, its seven districts.
    pub fn vms() -> Result<Self, DistrictListError> {
        Ok(Self { report_years: 2, student_details: false, districts: DistrictList::vms()? })
    }
}

/// The shape of a report: what is serialized, and how many rows the audit compares.
pub(crate) trait Report: Serialize {
    /// Elements of the report's lists of subjects: what shrinks when data is lost.
    fn rows(&self) -> u64;
}

/// A report that was computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// What people call it; no personal names.
    pub title: String,
    /// Its canonical JSON: compact, members in the order of the contract.
    pub json: Vec<u8>,
    /// Elements of its lists, for the audit.
    pub rows: u64,
}

/// A report that could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The database has no such district, organization, district name or event.
    #[error("the VMS database has nothing that this report is about")]
    NoSubject,
    /// The report could not be written as JSON.
    #[error("the report could not be encoded")]
    Encode(#[from] serde_json::Error),
}

impl Built {
    pub(crate) fn new(title: String, report: &impl Report) -> Result<Self, BuildError> {
        Ok(Self { title, json: serde_json::to_vec(report)?, rows: report.rows() })
    }
}

/// The reports of one cache type over one dataset: indexes that they share are built once, in [`Family::new`].
pub enum Family<'a> {
    /// District year-end and engagement.
    District(district::Reports<'a>),
    /// Organization summary and detail.
    Organization(organization::Reports<'a>),
    /// Virtual session usage, overall and by district.
    VirtualSession(virtual_session::Reports<'a>),
    /// Recent and first-time volunteers.
    Volunteer(volunteer::Reports<'a>),
    /// Candidates and DIA events.
    Recruitment(recruitment::Reports<'a>),
}

impl<'a> Family<'a> {
    /// Prepares the reports of a type.
    pub fn new(cache_type: CacheType, data: &'a Dataset, as_of: &'a AsOf, settings: &'a Settings) -> Self {
        match cache_type {
            CacheType::District => Self::District(district::Reports::new(data, as_of, settings)),
            CacheType::Organization => Self::Organization(organization::Reports::new(data, as_of, settings)),
            CacheType::VirtualSession => Self::VirtualSession(virtual_session::Reports::new(data, as_of, settings)),
            CacheType::Volunteer => Self::Volunteer(volunteer::Reports::new(data, as_of, settings)),
            CacheType::Recruitment => Self::Recruitment(recruitment::Reports::new(data, as_of, settings)),
        }
    }

    /// The keys of the reports that belong into the cache, in a stable order.
    pub fn plan(&self) -> Vec<ReportKey> {
        match self {
            Self::District(r) => r.plan(),
            Self::Organization(r) => r.plan(),
            Self::VirtualSession(r) => r.plan(),
            Self::Volunteer(r) => r.plan(),
            Self::Recruitment(r) => r.plan(),
        }
    }

    /// How many reports the plan lacks because no key can hold the name of their subject.
    pub fn left_out(&self) -> usize {
        match self {
            Self::VirtualSession(r) => r.left_out(),
            Self::District(_) | Self::Organization(_) | Self::Volunteer(_) | Self::Recruitment(_) => 0,
        }
    }

    /// Computes one report of this type, of the plan or of any other year.
    pub fn build(&self, key: &ReportKey) -> Result<Built, BuildError> {
        match self {
            Self::District(r) => r.build(key),
            Self::Organization(r) => r.build(key),
            Self::VirtualSession(r) => r.build(key),
            Self::Volunteer(r) => r.build(key),
            Self::Recruitment(r) => r.build(key),
        }
    }
}
