//! The settings of a refresh, read once.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use vms_core::{ConfigError, Env, FreshnessLimits, Nightly};
use vms_reports::{DistrictList, Settings};

/// How reports are planned, audited and kept.
#[derive(Debug, Clone)]
pub struct RefreshConfig {
    /// What reports depend on besides the data.
    pub reports: Settings,
    /// The zone whose calendar decides the school year (`TIMEZONE`).
    pub zone: TimeZone,
    /// When the nightly rule fires, which a sweep makes up for (`SCHEDULE_TIMEZONE`).
    pub nightly: Nightly,
    /// Up to when a report is fresh.
    pub limits: FreshnessLimits,
    /// A manual refresh is refused while the last success is younger (`MIN_REFRESH_AGE_HOURS`).
    pub min_refresh_age: SignedDuration,
    /// How many versions of a report are kept, the served one included (`KEEP_VERSIONS`).
    pub keep_versions: usize,
    /// How long a report whose subject vanished is still served (`RETIRED_DAYS`).
    pub retired_for: SignedDuration,
    /// By how much a report's rows may fall before an operator is asked, and how many of a type's reports may vanish at
    /// once before the source is doubted (`MAX_ROW_DROP_PERCENT`).
    pub max_row_drop_percent: u32,
}

impl RefreshConfig {
    /// Reads every setting; `read_file` gives the text of `DISTRICTS_FILE`.
    pub fn from_env(
        env: &Env<'_>,
        read_file: impl FnOnce(&str) -> std::io::Result<String>,
    ) -> Result<Self, ConfigError> {
        const ZONE: &str = "TIMEZONE";
        let chicago = || {
            TimeZone::get("America/Chicago")
                .map_err(|_| ConfigError::new(ZONE, "is not set, and no time zone database has America/Chicago"))
        };
        let zone = env.zone(ZONE)?.map_or_else(chicago, Ok)?;
        Ok(Self {
            reports: Settings {
                report_years: env.number("REPORT_YEARS", 2, 1..=20)? as u8,
                student_details: env.switch("ENGAGEMENT_STUDENT_DETAILS", false)?,
                districts: districts(env, read_file)?,
            },
            zone,
            nightly: Nightly::from_env(env)?,
            limits: FreshnessLimits::from_env(env)?,
            min_refresh_age: hours(env.number("MIN_REFRESH_AGE_HOURS", 20, 0..=8760)?),
            keep_versions: vms_core::keep_versions(env)?,
            retired_for: hours(24 * env.number("RETIRED_DAYS", 7, 0..=3650)?),
            max_row_drop_percent: env.number("MAX_ROW_DROP_PERCENT", 50, 0..=100)?,
        })
    }
}

fn hours(n: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(n))
}

fn districts(
    env: &Env<'_>,
    read_file: impl FnOnce(&str) -> std::io::Result<String>,
) -> Result<DistrictList, ConfigError> {
    const FILE: &str = "DISTRICTS_FILE";
    let Some(path) = env.text(FILE) else {
        return DistrictList::vms().map_err(|e| ConfigError::new(FILE, e.to_string()));
    };
    let text = read_file(&path).map_err(|e| ConfigError::new(FILE, format!("{path} cannot be read ({})", e.kind())))?;
    DistrictList::parse(&path, &text).map_err(|e| ConfigError::new(FILE, e.to_string()))
}
