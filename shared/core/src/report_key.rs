//! Report keys: the one name of a cached report, as a type and as a path.
//!
//! Parsing is the only way in and `Display` the only way out; each key has exactly one text form,
//! so two reports can never share an entry and one report can never have two.

use crate::cache_type::CacheType;
use crate::years::{SchoolYear, VirtualYear};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// The longest key, in bytes, that is stored: DynamoDB's sort keys end at 1,024.
const MAX_BYTES: usize = 900;

/// A text that is not the key of a report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The first segments name no report.
    #[error("no report has such a key; {}", forms(*nearest))]
    UnknownReport {
        /// The form of key that it comes closest to, where it comes close to one.
        nearest: Option<&'static str>,
    },
    /// A year is not in its form.
    #[error(transparent)]
    Year(#[from] crate::years::YearError),
    /// An id is not a plain decimal number.
    #[error("an id in a report key is a decimal number without leading zeros")]
    Id,
    /// A host filter other than the two that VMS caches.
    #[error("a host filter is all or prepkc")]
    HostFilter,
    /// A segment is empty or not written in its one form.
    #[error("in a report key letters, digits, - _ and . stand for themselves, every other byte is written ~XX")]
    Escape,
    /// The key would exceed 900 bytes.
    #[error("a report key has at most {MAX_BYTES} bytes")]
    TooLong,
}

/// Which events a year-end report counts, by their host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HostFilter {
    /// Every event.
    All,
    /// Events whose host contains `prepkc`.
    Prepkc,
}

impl HostFilter {
    /// Both filters, in the order of their keys.
    pub const ALL: [Self; 2] = [Self::All, Self::Prepkc];

    /// The name in a key.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Prepkc => "prepkc",
        }
    }
}

/// A district name as virtual sessions know it: any text that fits into a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DistrictName(String);

impl DistrictName {
    /// Accepts a name whose key stays within 900 bytes.
    pub fn new(name: impl Into<String>) -> Result<Self, KeyError> {
        const LONGEST: usize = MAX_BYTES - "virtual_session/district/2025-2026/".len();
        let name = name.into();
        if name.is_empty() {
            return Err(KeyError::Escape);
        }
        if encode_segment(&name).len() > LONGEST { Err(KeyError::TooLong) } else { Ok(Self(name)) }
    }

    /// The name itself, unescaped.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key of one report.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ReportKey {
    /// `district/year-end/{school_year}/{host_filter}/{district_id}`
    DistrictYearEnd {
        /// The school year of the events.
        year: SchoolYear,
        /// Which hosts' events count.
        hosts: HostFilter,
        /// `district.id`
        district: i64,
    },
    /// `district/engagement/{school_year}/{district_id}`
    DistrictEngagement {
        /// The school year of the events.
        year: SchoolYear,
        /// `district.id`
        district: i64,
    },
    /// `organization/summary/{school_year}`
    OrganizationSummary {
        /// The school year of the events.
        year: SchoolYear,
    },
    /// `organization/detail/{school_year}/{organization_id}`
    OrganizationDetail {
        /// The school year of the events.
        year: SchoolYear,
        /// `organization.id`
        organization: i64,
    },
    /// `virtual_session/usage/{virtual_year}`
    VirtualUsage {
        /// The virtual year of the sessions.
        year: VirtualYear,
    },
    /// `virtual_session/district/{virtual_year}/{district_name}`
    VirtualDistrict {
        /// The virtual year of the sessions.
        year: VirtualYear,
        /// The name by which sessions are assigned to a district.
        district: DistrictName,
    },
    /// `volunteer/recent/{school_year}`
    VolunteerRecent {
        /// The school year of the events.
        year: SchoolYear,
    },
    /// `volunteer/recent/last-365-days`, what VMS's page opens with.
    VolunteerRecentDays,
    /// `volunteer/first-time/{school_year}`
    VolunteerFirstTime {
        /// The school year of the first volunteering.
        year: SchoolYear,
    },
    /// `recruitment/candidates/{event_id}`
    RecruitmentCandidates {
        /// `event.id`
        event: i64,
    },
    /// `recruitment/dia-events`
    RecruitmentDiaEvents,
}

impl ReportKey {
    /// The form of every report key, in the order of the cache types.
    pub const FORMS: [&str; 11] = [
        "district/year-end/{school_year}/{host_filter}/{district_id}",
        "district/engagement/{school_year}/{district_id}",
        "organization/summary/{school_year}",
        "organization/detail/{school_year}/{organization_id}",
        "virtual_session/usage/{virtual_year}",
        "virtual_session/district/{virtual_year}/{district_name}",
        "volunteer/recent/{school_year}",
        "volunteer/recent/last-365-days",
        "volunteer/first-time/{school_year}",
        "recruitment/candidates/{event_id}",
        "recruitment/dia-events",
    ];

    /// The group in which this report is refreshed: the key's first segment.
    pub fn cache_type(&self) -> CacheType {
        match self {
            Self::DistrictYearEnd { .. } | Self::DistrictEngagement { .. } => CacheType::District,
            Self::OrganizationSummary { .. } | Self::OrganizationDetail { .. } => CacheType::Organization,
            Self::VirtualUsage { .. } | Self::VirtualDistrict { .. } => CacheType::VirtualSession,
            Self::VolunteerRecent { .. } | Self::VolunteerRecentDays | Self::VolunteerFirstTime { .. } => {
                CacheType::Volunteer
            }
            Self::RecruitmentCandidates { .. } | Self::RecruitmentDiaEvents => CacheType::Recruitment,
        }
    }

    /// The year that the report is about, where it is about one; a virtual year counts as the school year
    /// that begins with the same August.
    pub fn school_year(&self) -> Option<SchoolYear> {
        match self {
            Self::DistrictYearEnd { year, .. }
            | Self::DistrictEngagement { year, .. }
            | Self::OrganizationSummary { year }
            | Self::OrganizationDetail { year, .. }
            | Self::VolunteerRecent { year }
            | Self::VolunteerFirstTime { year } => Some(*year),
            Self::VirtualUsage { year } | Self::VirtualDistrict { year, .. } => Some(year.school_year()),
            Self::VolunteerRecentDays | Self::RecruitmentCandidates { .. } | Self::RecruitmentDiaEvents => None,
        }
    }

    /// Whether every plan in that school year holds this report, whatever is in the database: it is about no district,
    /// organization or event, and about no other year.
    pub fn is_always_planned_in(&self, current: SchoolYear) -> bool {
        let has_subject = match self {
            Self::DistrictYearEnd { .. }
            | Self::DistrictEngagement { .. }
            | Self::OrganizationDetail { .. }
            | Self::VirtualDistrict { .. }
            | Self::RecruitmentCandidates { .. } => true,
            Self::OrganizationSummary { .. }
            | Self::VirtualUsage { .. }
            | Self::VolunteerRecent { .. }
            | Self::VolunteerRecentDays
            | Self::VolunteerFirstTime { .. }
            | Self::RecruitmentDiaEvents => false,
        };
        !has_subject && self.school_year().is_none_or(|year| year == current)
    }

    /// The members that the report's JSON object must have, in order.
    pub fn members(&self) -> &'static [&'static str] {
        match self {
            Self::DistrictYearEnd { .. } => &["report_data", "events_data"],
            Self::DistrictEngagement { .. } => {
                &["summary_stats", "volunteers_data", "students_data", "events_data", "breakdown_data"]
            }
            Self::OrganizationSummary { .. } => &["organizations_data"],
            Self::OrganizationDetail { .. } => &[
                "organization_name",
                "volunteers_data",
                "in_person_events",
                "virtual_events",
                "cancelled_events",
                "summary_stats",
            ],
            Self::VirtualUsage { .. } => &["session_data", "district_summaries", "overall_summary", "filter_options"],
            Self::VirtualDistrict { .. } => {
                &["session_data", "monthly_stats", "school_breakdown", "teacher_breakdown", "summary_stats"]
            }
            Self::VolunteerRecent { .. } | Self::VolunteerRecentDays | Self::VolunteerFirstTime { .. } => {
                &["report_data"]
            }
            Self::RecruitmentCandidates { .. } => &["candidates_data"],
            Self::RecruitmentDiaEvents => &["filled_events", "unfilled_events"],
        }
    }
}

impl fmt::Display for ReportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DistrictYearEnd { year, hosts, district } => {
                write!(f, "district/year-end/{year}/{}/{district}", hosts.as_str())
            }
            Self::DistrictEngagement { year, district } => write!(f, "district/engagement/{year}/{district}"),
            Self::OrganizationSummary { year } => write!(f, "organization/summary/{year}"),
            Self::OrganizationDetail { year, organization } => write!(f, "organization/detail/{year}/{organization}"),
            Self::VirtualUsage { year } => write!(f, "virtual_session/usage/{year}"),
            Self::VirtualDistrict { year, district } => {
                write!(f, "virtual_session/district/{year}/{}", encode_segment(&district.0))
            }
            Self::VolunteerRecent { year } => write!(f, "volunteer/recent/{year}"),
            Self::VolunteerRecentDays => f.write_str("volunteer/recent/last-365-days"),
            Self::VolunteerFirstTime { year } => write!(f, "volunteer/first-time/{year}"),
            Self::RecruitmentCandidates { event } => write!(f, "recruitment/candidates/{event}"),
            Self::RecruitmentDiaEvents => f.write_str("recruitment/dia-events"),
        }
    }
}

impl FromStr for ReportKey {
    type Err = KeyError;

    /// Reads a key in its one form; anything else is an error that shows the forms.
    ///
    /// ```
    /// use vms_core::{KeyError, ReportKey};
    /// let key: ReportKey = "virtual_session/district/2025-2026/Center~20~28MO~29".parse()?;
    /// assert_eq!(key.to_string(), "virtual_session/district/2025-2026/Center~20~28MO~29");
    /// assert_eq!("volunteer/recent/25-26".parse::<ReportKey>().is_err(), true);
    /// # Ok::<(), KeyError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_BYTES {
            return Err(KeyError::TooLong);
        }
        let segments: Vec<&str> = text.split('/').collect();
        Ok(match segments[..] {
            ["district", "year-end", year, hosts, district] => {
                Self::DistrictYearEnd { year: year.parse()?, hosts: host_filter(hosts)?, district: id(district)? }
            }
            ["district", "engagement", year, district] => {
                Self::DistrictEngagement { year: year.parse()?, district: id(district)? }
            }
            ["organization", "summary", year] => Self::OrganizationSummary { year: year.parse()? },
            ["organization", "detail", year, organization] => {
                Self::OrganizationDetail { year: year.parse()?, organization: id(organization)? }
            }
            ["virtual_session", "usage", year] => Self::VirtualUsage { year: year.parse()? },
            ["virtual_session", "district", year, name] => Self::VirtualDistrict {
                year: year.parse()?,
                district: DistrictName::new(decode_segment(name).ok_or(KeyError::Escape)?)?,
            },
            ["volunteer", "recent", "last-365-days"] => Self::VolunteerRecentDays,
            ["volunteer", "recent", year] => Self::VolunteerRecent { year: year.parse()? },
            ["volunteer", "first-time", year] => Self::VolunteerFirstTime { year: year.parse()? },
            ["recruitment", "candidates", event] => Self::RecruitmentCandidates { event: id(event)? },
            ["recruitment", "dia-events"] => Self::RecruitmentDiaEvents,
            _ => return Err(KeyError::UnknownReport { nearest: nearest_form(&segments) }),
        })
    }
}

impl From<ReportKey> for String {
    fn from(key: ReportKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for ReportKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// What a mistyped key should have looked like.
fn forms(nearest: Option<&'static str>) -> String {
    match nearest {
        Some(form) => format!("did you mean {form}?"),
        None => format!("keys look like {}", ReportKey::FORMS.join(", ")),
    }
}

/// The form whose fixed segments these are, but for a few letters, or for one segment too few or too many.
fn nearest_form(segments: &[&str]) -> Option<&'static str> {
    let near = ReportKey::FORMS.into_iter().filter_map(|form| Some((distance(form, segments)?, form)));
    // Of two that are as close, the one that leaves less open.
    near.min_by_key(|(distance, form)| (*distance, form.matches('{').count())).map(|(_, form)| form)
}

/// How far segments are from a form, in letters and segments; `None` where nobody can have meant it.
fn distance(form: &str, segments: &[&str]) -> Option<usize> {
    let form: Vec<&str> = form.split('/').collect();
    let lengths = form.len().abs_diff(segments.len());
    if lengths > 1 {
        return None;
    }
    let fixed = form.iter().enumerate().filter(|(_, part)| !part.starts_with('{'));
    fixed.map(|(at, part)| letters(part, segments.get(at)?)).try_fold(lengths, |sum, more| Some(sum + more?))
}

/// How many letters of a word are wrong, up to a third of them and one.
fn letters(word: &str, typed: &str) -> Option<usize> {
    let wrong = strsim::osa_distance(word, &typed.to_ascii_lowercase());
    (wrong <= 1 + word.len() / 3).then_some(wrong)
}

fn host_filter(text: &str) -> Result<HostFilter, KeyError> {
    HostFilter::ALL.into_iter().find(|h| h.as_str() == text).ok_or(KeyError::HostFilter)
}

/// An id in its one decimal form: `007` and `+7` would be second names of `7`.
fn id(text: &str) -> Result<i64, KeyError> {
    text.parse::<i64>().ok().filter(|n| n.to_string() == text).ok_or(KeyError::Id)
}

fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Writes any text as one segment of a key: it holds no `%`, `/`, `?` or `#`, and is never `.` or `..`,
/// so it means the same before and after any URL decoding.
pub fn encode_segment(text: &str) -> String {
    let dots = matches!(text, "." | "..");
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if stands_for_itself(byte) && !dots {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "~{byte:02X}");
        }
    }
    out
}

/// Reads a segment back; `None` unless it is exactly what [`encode_segment`] writes.
pub(crate) fn decode_segment(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'~' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok().filter(|text| encode_segment(text) == segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_is_read_and_printed_as_it_was() {
        for text in [
            "district/year-end/2526/prepkc/7",
            "district/engagement/2526/7",
            "organization/summary/2526",
            "organization/detail/2526/-3",
            "virtual_session/usage/2025-2026",
            "virtual_session/district/2025-2026/Kansas~20City~20Public~20Schools~20~28MO~29",
            "virtual_session/district/2025-2026/~2E~2E",
            "volunteer/recent/2526",
            "volunteer/recent/last-365-days",
            "volunteer/first-time/2526",
            "recruitment/candidates/91",
            "recruitment/dia-events",
        ] {
            let key: ReportKey = text.parse().unwrap();
            assert_eq!(key.to_string(), text);
            assert_eq!(key.cache_type().as_str(), text.split('/').next().unwrap());
        }
    }

    #[test]
    fn what_no_database_can_lack_is_planned_in_its_year() {
        let current = "2526".parse().unwrap();
        for (key, planned) in [
            ("volunteer/recent/last-365-days", true),
            ("volunteer/recent/2526", true),
            ("virtual_session/usage/2025-2026", true),
            ("organization/summary/2425", false),
            ("organization/detail/2526/7", false),
            ("recruitment/dia-events", true),
            ("recruitment/candidates/7", false),
        ] {
            assert_eq!(key.parse::<ReportKey>().unwrap().is_always_planned_in(current), planned, "{key}");
        }
    }

    #[test]
    fn a_second_spelling_of_a_key_is_refused() {
        for text in [
            "volunteer/recent/2526/",
            "/volunteer/recent/2526",
            "volunteer//2526",
            "Volunteer/recent/2526",
            "recruitment/candidates/007",
            "recruitment/candidates/+7",
            "recruitment/candidates/",
            "district/year-end/2526/ALL/7",
            "virtual_session/district/2025-2026/",
            "virtual_session/district/2025-2026/.",
            "virtual_session/district/2025-2026/..",
            "virtual_session/district/2025-2026/~41",
            "virtual_session/district/2025-2026/~2f",
            "virtual_session/district/2025-2026/~2",
            "virtual_session/district/2025-2026/~FF",
            "virtual_session/district/2025-2026/~+1",
            "virtual_session/district/2025-2026/a b",
        ] {
            assert!(text.parse::<ReportKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_mistyped_key_is_told_the_form_that_was_meant() {
        for (text, meant) in [
            ("volunter/recent/2526", Some("volunteer/recent/{school_year}")),
            ("volunteer/recent", Some("volunteer/recent/{school_year}")),
            ("volunteer/recent/last-365-days/", Some("volunteer/recent/last-365-days")),
            ("Volunteer/first_time/2526", Some("volunteer/first-time/{school_year}")),
            ("district/yearend/2526/all/7", Some("district/year-end/{school_year}/{host_filter}/{district_id}")),
            ("district/year-end/2526/7", Some("district/year-end/{school_year}/{host_filter}/{district_id}")),
            ("virtual-session/usage/2025-2026", Some("virtual_session/usage/{virtual_year}")),
            ("organisation/detail/2526/7", Some("organization/detail/{school_year}/{organization_id}")),
            ("recruitment/dia-event", Some("recruitment/dia-events")),
            ("volunteer", None),
            ("teacher/progress/2526", None),
            ("", None),
        ] {
            let nearest = meant;
            assert_eq!(text.parse::<ReportKey>(), Err(KeyError::UnknownReport { nearest }), "{text}");
        }
        let error = |text: &str| text.parse::<ReportKey>().unwrap_err().to_string();
        assert_eq!(
            error("volunter/recent/2526"),
            "no report has such a key; did you mean volunteer/recent/{school_year}?"
        );
        assert!(ReportKey::FORMS.iter().all(|form| error("nonsense").contains(form)));
    }

    #[test]
    fn a_name_too_long_for_a_key_is_refused_before_it_is_stored() {
        assert_eq!(DistrictName::new("é".repeat(200)), Err(KeyError::TooLong));
        let longest = "é".repeat(140);
        assert_eq!(DistrictName::new(longest.clone()).unwrap().as_str(), longest);
        let long = format!("virtual_session/district/2025-2026/{}", "a".repeat(900));
        assert_eq!(long.parse::<ReportKey>(), Err(KeyError::TooLong));
        let longest = format!("virtual_session/district/2025-2026/{}", "a".repeat(865));
        assert_eq!(longest.parse::<ReportKey>().map(String::from), Ok(longest));
        assert_eq!("x".repeat(901).parse::<ReportKey>(), Err(KeyError::TooLong), "whatever form it has");
    }

    proptest! {
        #[test]
        fn distinct_names_never_share_a_segment(a in any::<String>(), b in any::<String>()) {
            prop_assert_eq!(a == b, encode_segment(&a) == encode_segment(&b));
        }

        #[test]
        fn a_segment_says_its_name_and_survives_url_decoding(name in any::<String>()) {
            let segment = encode_segment(&name);
            prop_assert_eq!(decode_segment(&segment), Some(name));
            let harmless = |b: u8| stands_for_itself(b) || b == b'~';
            prop_assert!(segment.bytes().all(harmless));
            prop_assert!(segment != "." && segment != "..");
        }

        #[test]
        fn whatever_is_read_is_printed_as_it_was(text in "(virtual_session/district/20[0-9]{2}-20[0-9]{2}/[ -~]{0,12}|[a-z_/0-9-]{0,40})") {
            if let Ok(key) = text.parse::<ReportKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }
}
