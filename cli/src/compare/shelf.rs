//! Which report of ours a row of VMS's cache is, if any.

use super::why::Why;
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};
use vms_core::{AsOf, DistrictName, HostFilter, ReportKey, SchoolYear, VirtualYear};
use vms_source::{CachedRow, Dataset};

/// The reports of a plan, and what decides which row of VMS is which of them.
pub(super) struct Plan {
    pub(super) keys: Vec<ReportKey>,
    known: BTreeSet<ReportKey>,
    newest: Option<SchoolYear>,
    /// What VMS's districts are called.
    districts: HashMap<i64, String>,
    /// The day by the UTC clock, with which VMS ends its window.
    today: Date,
}

/// A row that is no report of the plan: the report that it would be, and why it is not planned.
pub(super) struct Stray {
    pub(super) key: Option<ReportKey>,
    pub(super) why: Why,
}

impl Plan {
    pub(super) fn new(keys: Vec<ReportKey>, data: &Dataset, as_of: &AsOf) -> Self {
        Self {
            known: keys.iter().cloned().collect(),
            newest: keys.iter().filter_map(ReportKey::school_year).max(),
            districts: data.districts.iter().map(|d| (d.id, d.name.to_string())).collect(),
            today: as_of.utc().date(),
            keys,
        }
    }

    /// The report that a row is.
    pub(super) fn place(&self, row: &CachedRow) -> Result<ReportKey, Stray> {
        let key = self.key(row).map_err(|why| Stray { key: None, why })?;
        let key = self.namesake(&key).unwrap_or(key);
        if self.known.contains(&key) { Ok(key) } else { Err(self.unplanned(key)) }
    }

    fn key(&self, row: &CachedRow) -> Result<ReportKey, Why> {
        match row.table.name {
            "district_year_end_reports" => {
                let filter = row.key("host_filter");
                let hosts = HostFilter::ALL.into_iter().find(|hosts| Some(hosts.as_str()) == filter);
                let hosts = hosts.ok_or(Why::new("D3", "a host filter that somebody typed; here there are two"))?;
                Ok(ReportKey::DistrictYearEnd { year: school_year(row)?, hosts, district: id(row, "district_id")? })
            }
            "district_engagement_reports" => {
                Ok(ReportKey::DistrictEngagement { year: school_year(row)?, district: id(row, "district_id")? })
            }
            "organization_summary_cache" => Ok(ReportKey::OrganizationSummary { year: school_year(row)? }),
            "organization_detail_cache" => {
                let organization = id(row, "organization_id")?;
                Ok(ReportKey::OrganizationDetail { year: school_year(row)?, organization })
            }
            "virtual_session_report_cache" => Ok(ReportKey::VirtualUsage { year: virtual_year(row)? }),
            "virtual_session_district_cache" => {
                let name = row.key("district_name").unwrap_or_default();
                let district = DistrictName::new(name).map_err(|_| Why::plain("a name that no report key can hold"))?;
                Ok(ReportKey::VirtualDistrict { year: virtual_year(row)?, district })
            }
            "recent_volunteers_report_cache" => self.recent(row),
            "first_time_volunteer_report_cache" => Ok(ReportKey::VolunteerFirstTime { year: school_year(row)? }),
            "recruitment_candidates_cache" => Ok(ReportKey::RecruitmentCandidates { event: id(row, "event_id")? }),
            _ => Err(Why::new("B3", "a table that VMS itself never fills or reads")),
        }
    }

    fn recent(&self, row: &CachedRow) -> Result<ReportKey, Why> {
        if row.key("event_types") != Some("ALL") || row.key("title_filter").is_some() {
            return Err(Why::new("B24", "a filtered list; those are not cached here"));
        }
        if row.key("school_year").is_some() {
            return Ok(ReportKey::VolunteerRecent { year: school_year(row)? });
        }
        let day = |column| row.key(column).and_then(|text| text.parse::<Date>().ok());
        let (Some(from), Some(to)) = (day("date_from"), day("date_to")) else {
            return Err(Why::plain("neither a school year nor a window of dates"));
        };
        match (to - from).get_days() {
            365 if to == self.today => Ok(ReportKey::VolunteerRecentDays),
            365 => Err(Why::new("B28", format!("the last 365 days of {to}; compare it with --as-of on that day"))),
            _ => Err(Why::plain("a window of dates; of those only the last 365 days are cached here")),
        }
    }

    /// VMS files a year-end report under any district of its name, we under that of the Salesforce id (quirk D5).
    fn namesake(&self, key: &ReportKey) -> Option<ReportKey> {
        let ReportKey::DistrictYearEnd { year, hosts, district } = key else { return None };
        if self.known.contains(key) {
            return None;
        }
        let name = self.districts.get(district)?;
        let same = self.districts.iter().filter(|(_, other)| *other == name);
        let mut keys = same.map(|(id, _)| ReportKey::DistrictYearEnd { year: *year, hosts: *hosts, district: *id });
        keys.find(|key| self.known.contains(key))
    }

    fn unplanned(&self, key: ReportKey) -> Stray {
        let (year, newest) = (key.school_year(), self.newest);
        let why = match &key {
            _ if year > newest && newest.is_some() => {
                Why::new("M3", "a school year to come: VMS's refresh takes the calendar year for the school year")
            }
            _ if self.keys.iter().all(|planned| planned.school_year() != year) => {
                Why::plain("a year that is not planned; `refresh --report` builds it")
            }
            ReportKey::OrganizationDetail { .. } => {
                Why::new("B11", "an organization without any event in that year; empty details are not kept here")
            }
            ReportKey::VirtualDistrict { .. } => {
                Why::plain("a district without any session in that year; empty reports are not kept here")
            }
            ReportKey::RecruitmentCandidates { .. } => {
                Why::plain("an event that is not among the 50 upcoming and 50 most recent of VMS's picker")
            }
            _ => Why::plain("a district that is not on the district list"),
        };
        Stray { key: Some(key), why }
    }
}

fn school_year(row: &CachedRow) -> Result<SchoolYear, Why> {
    let year = row.key("school_year").and_then(|text| text.parse().ok());
    year.ok_or(Why::plain("a school year that there is not"))
}

/// VMS stores whole years only.
fn virtual_year(row: &CachedRow) -> Result<VirtualYear, Why> {
    let year = row.key("virtual_year").and_then(|text| text.parse::<VirtualYear>().ok());
    let year = year.ok_or(Why::plain("a virtual year that there is not"))?;
    let begins = |column, stamp: String| row.key(column).is_some_and(|day| stamp.starts_with(day));
    let whole = begins("date_from", year.first_stamp()) && begins("date_to", year.last_stamp());
    if whole { Ok(year) } else { Err(Why::plain("a part of a year; only whole years are cached here")) }
}

fn id(row: &CachedRow, column: &str) -> Result<i64, Why> {
    row.key(column).and_then(|text| text.parse().ok()).ok_or(Why::plain("an id that is no number"))
}
