//! The five groups in which reports are refreshed, each by a Lambda function of its own.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One of the five groups of reports; a refresh always concerns exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheType {
    /// Year-end and engagement figures per school district.
    District,
    /// Summary and detail per organization.
    Organization,
    /// Usage of virtual sessions, overall and per district name.
    VirtualSession,
    /// Recent and first-time volunteers.
    Volunteer,
    /// Candidates per event, and upcoming DIA events.
    Recruitment,
}

impl CacheType {
    /// Every cache type, in VMS's own order of refreshing.
    pub const ALL: [Self; 5] =
        [Self::District, Self::Organization, Self::VirtualSession, Self::Volunteer, Self::Recruitment];

    /// The name in keys, routes, events and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::District => "district",
            Self::Organization => "organization",
            Self::VirtualSession => "virtual_session",
            Self::Volunteer => "volunteer",
            Self::Recruitment => "recruitment",
        }
    }

    /// The known names, as an error message lists them.
    pub fn known() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

impl fmt::Display for CacheType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names none of the five cache types.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown cache type; known are {}", CacheType::known())]
pub struct UnknownCacheType;

impl FromStr for CacheType {
    type Err = UnknownCacheType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|t| t.as_str() == text).ok_or(UnknownCacheType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_parsed_from_its_own_name() {
        for t in CacheType::ALL {
            assert_eq!(t.as_str().parse(), Ok(t));
        }
    }

    #[test]
    fn an_unknown_type_is_told_the_known_ones() {
        let error = "districts".parse::<CacheType>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown cache type; known are district, organization, virtual_session, volunteer, recruitment"
        );
    }
}
