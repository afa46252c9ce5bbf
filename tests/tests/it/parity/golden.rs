//! The golden files: which report each row is about, and whether a plan must hold it.

use crate::support::{DatabaseFile, chicago, picker, unpacked};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use vms_core::{DistrictName, HostFilter, ReportKey, SchoolYear, VirtualYear};

/// The figures of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GoldenFamily {
    DistrictYearEnd,
    OrganizationSummary,
    OrganizationDetail,
    VirtualSession,
    VirtualDistrict,
    RecentVolunteers,
    FirstTimeVolunteer,
    Recruitment,
}

impl GoldenFamily {
    /// The file's name, and VMS's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DistrictYearEnd => "district_year_end",
            Self::OrganizationSummary => "organization_summary",
            Self::OrganizationDetail => "organization_detail",
            Self::VirtualSession => "virtual_session",
            Self::VirtualDistrict => "virtual_district",
            Self::RecentVolunteers => "recent_volunteers",
            Self::FirstTimeVolunteer => "first_time_volunteer",
            Self::Recruitment => "recruitment",
        }
    }
}

impl GoldenFamily {
    /// A key of one of its reports, whichever: what VMS leaves open is the same for all of them.
    pub(crate) fn some_key(self) -> ReportKey {
        let year = SchoolYear::containing(jiff::civil::date(2025, 8, 1));
        match self {
            Self::DistrictYearEnd => ReportKey::DistrictYearEnd { year, hosts: HostFilter::All, district: 1 },
            Self::OrganizationSummary => ReportKey::OrganizationSummary { year },
            Self::OrganizationDetail => ReportKey::OrganizationDetail { year, organization: 1 },
            Self::VirtualSession => ReportKey::VirtualUsage { year: VirtualYear::of(year) },
            Self::VirtualDistrict => {
                ReportKey::VirtualDistrict { year: VirtualYear::of(year), district: DistrictName::new("any").unwrap() }
            }
            Self::RecentVolunteers => ReportKey::VolunteerRecentDays,
            Self::FirstTimeVolunteer => ReportKey::VolunteerFirstTime { year },
            Self::Recruitment => ReportKey::RecruitmentCandidates { event: 1 },
        }
    }
}

/// One file.
pub(crate) struct Golden {
    pub(crate) family: GoldenFamily,
    pub(crate) clock: String,
    pub(crate) rows: Vec<Row>,
}

/// One row that a report key stands for.
pub(crate) struct Row {
    pub(crate) wanted: Wanted,
    pub(crate) body: Value,
    pub(crate) required: bool,
}

/// The report that a row is about.
pub(crate) enum Wanted {
    Key(ReportKey),
    /// VMS files a year-end row under any district of that name, so its id says nothing.
    DistrictNamed {
        year: SchoolYear,
        hosts: HostFilter,
        name: String,
    },
}

impl Wanted {
    /// The key, if the report is filed under that district.
    pub(crate) fn with_district(&self, district: i64) -> Option<ReportKey> {
        match self {
            Self::Key(_) => None,
            Self::DistrictNamed { year, hosts, .. } => {
                Some(ReportKey::DistrictYearEnd { year: *year, hosts: *hosts, district })
            }
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::DistrictNamed { year, hosts, name } => {
                write!(f, "district/year-end/{year}/{}/ of {name}", hosts.as_str())
            }
        }
    }
}

/// What decides which rows are required.
struct Plan {
    years: Vec<SchoolYear>,
    today: String,
    picker: BTreeSet<i64>,
}

impl Golden {
    /// Reads what VMS computed on a database.
    pub(crate) fn read(name: &str, family: GoldenFamily, database: &DatabaseFile) -> Self {
        let file = unpacked(&format!("golden/{name}/{}.json.gz", family.name()));
        let mut file: Value = serde_json::from_slice(&file).unwrap();
        let clock = text(&file, "clock").to_owned();
        let as_of = chicago(&clock);
        let plan = Plan {
            years: as_of.school_years(2),
            today: text(&file, "today").to_owned(),
            picker: if family == GoldenFamily::Recruitment {
                picker(database, &as_of).into_iter().collect()
            } else {
                BTreeSet::new()
            },
        };
        let rows = file["rows"].as_array_mut().unwrap();
        let rows = rows.iter_mut().filter_map(|row| Row::read(family, &row["key"].clone(), row["data"].take(), &plan));
        Self { family, clock, rows: rows.collect() }
    }
}

impl Row {
    /// Nothing for rows that no report key stands for: other host filters, other windows, filtered lists.
    fn read(family: GoldenFamily, key: &Value, mut body: Value, plan: &Plan) -> Option<Self> {
        let school_year = || text(key, "school_year").parse::<SchoolYear>().unwrap();
        let virtual_year = || text(key, "virtual_year").parse::<VirtualYear>().unwrap();
        let (wanted, required) = match family {
            GoldenFamily::DistrictYearEnd => {
                let filter = text(key, "host_filter");
                let hosts = HostFilter::ALL.into_iter().find(|h| h.as_str() == filter)?;
                let name = text(&body["report_data"], "name").to_owned();
                (Wanted::DistrictNamed { year: school_year(), hosts, name }, true)
            }
            GoldenFamily::OrganizationSummary => {
                (Wanted::Key(ReportKey::OrganizationSummary { year: school_year() }), true)
            }
            GoldenFamily::OrganizationDetail => {
                let organization = key["organization_id"].as_i64().unwrap();
                let members = body.as_object_mut().unwrap();
                if let Some(volunteers) = members.remove("volunteers") {
                    members.insert("volunteers_data".to_owned(), volunteers);
                }
                let listed = lists_anything(members);
                (Wanted::Key(ReportKey::OrganizationDetail { year: school_year(), organization }), listed)
            }
            GoldenFamily::VirtualSession => (Wanted::Key(ReportKey::VirtualUsage { year: virtual_year() }), true),
            GoldenFamily::VirtualDistrict => {
                let district = DistrictName::new(text(key, "district_name")).unwrap();
                let has_sessions = body["session_data"].as_array().is_some_and(|list| !list.is_empty());
                (Wanted::Key(ReportKey::VirtualDistrict { year: virtual_year(), district }), has_sessions)
            }
            GoldenFamily::RecentVolunteers => (Wanted::Key(recent_key(key, plan)?), true),
            GoldenFamily::FirstTimeVolunteer => {
                (Wanted::Key(ReportKey::VolunteerFirstTime { year: school_year() }), true)
            }
            GoldenFamily::Recruitment => {
                let event = key["event_id"].as_i64().unwrap();
                (Wanted::Key(ReportKey::RecruitmentCandidates { event }), plan.picker.contains(&event))
            }
        };
        let of_a_planned_year = wanted.year().is_none_or(|year| plan.years.contains(&year));
        Some(Self { wanted, body, required: required && of_a_planned_year })
    }
}

impl Wanted {
    fn year(&self) -> Option<SchoolYear> {
        match self {
            Self::Key(key) => key.school_year(),
            Self::DistrictNamed { year, .. } => Some(*year),
        }
    }
}

/// The recent volunteers of a school year, or of the 365 days up to the golden day; other windows have no key.
fn recent_key(key: &Value, plan: &Plan) -> Option<ReportKey> {
    if key["event_types"] != "ALL" || !key["title_filter"].is_null() {
        return None;
    }
    if let Some(year) = key["school_year"].as_str() {
        return Some(ReportKey::VolunteerRecent { year: year.parse().unwrap() });
    }
    let day = |member| text(key, member).parse::<jiff::civil::Date>().unwrap();
    let days = (day("date_to") - day("date_from")).get_days();
    (text(key, "date_to") == plan.today && days == 365).then_some(ReportKey::VolunteerRecentDays)
}

fn lists_anything(members: &Map<String, Value>) -> bool {
    members.values().any(|member| member.as_array().is_some_and(|list| !list.is_empty()))
}

fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object[member].as_str().unwrap_or_else(|| panic!("the golden file lacks the text {member}"))
}
