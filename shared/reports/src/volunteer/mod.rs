//! Volunteers: who was active in a window, and who came for the first time.

mod first_time;
mod first_timers;
mod recent;
#[cfg(test)]
mod tests;

use crate::{BuildError, Built, Settings};
use vms_core::{AsOf, ReportKey, SchoolYear};
use vms_source::{Dataset, Event, EventStatus, Stamp};

/// The reports of this family over one dataset.
pub struct Reports<'a> {
    data: &'a Dataset,
    as_of: &'a AsOf,
    settings: &'a Settings,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(data: &'a Dataset, as_of: &'a AsOf, settings: &'a Settings) -> Self {
        Self { data, as_of, settings }
    }

    pub(crate) fn plan(&self) -> Vec<ReportKey> {
        let years = self.as_of.school_years(self.settings.report_years);
        let recent = years.iter().map(|y| ReportKey::VolunteerRecent { year: *y });
        let first_time = years.iter().map(|y| ReportKey::VolunteerFirstTime { year: *y });
        recent.chain([ReportKey::VolunteerRecentDays]).chain(first_time).collect()
    }

    pub(crate) fn build(&self, key: &ReportKey) -> Result<Built, BuildError> {
        match key {
            ReportKey::VolunteerRecent { year } => {
                let title = format!("Recent volunteers {}", year.label());
                Built::new(title, &recent::build(self.data, &Window::school_year(*year)))
            }
            ReportKey::VolunteerRecentDays => {
                let title = "Recent volunteers, last 365 days".to_owned();
                Built::new(title, &recent::build(self.data, &Window::last_days(self.as_of, 365)))
            }
            ReportKey::VolunteerFirstTime { year } => {
                let title = format!("First-time volunteers {}", year.label());
                Built::new(title, &first_time::build(self.data, &Window::school_year(*year)))
            }
            _ => Err(BuildError::NoSubject),
        }
    }
}

/// A stretch of time as VMS compares it: two stored texts, both inclusive.
struct Window {
    first: String,
    last: String,
}

impl Window {
    /// A school year; events later on 31 July are in none (quirk B1).
    fn school_year(year: SchoolYear) -> Self {
        Self { first: year.first_stamp(), last: year.last_stamp() }
    }

    /// The days before now, by the UTC clock held against naive stamps, as VMS does.
    fn last_days(as_of: &AsOf, days: i64) -> Self {
        Self { first: as_of.utc_stamp_days_before(days), last: as_of.utc_stamp() }
    }

    fn holds(&self, stamp: &Stamp) -> bool {
        stamp.is_within(&self.first, &self.last)
    }

    /// A completed event of this window.
    fn holds_completed(&self, event: &Event) -> bool {
        event.status == EventStatus::Completed && self.holds(&event.start)
    }

    /// A plain date against the two date-times: as the shorter text it sorts first, so the window's first day
    /// is outside and its last day inside (quirk B2).
    fn holds_date(&self, date: jiff::civil::Date) -> bool {
        let text = date.to_string();
        (self.first.as_str()..=self.last.as_str()).contains(&text.as_str())
    }
}
