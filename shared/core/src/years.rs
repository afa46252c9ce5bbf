//! School years and virtual years: which one a day belongs to, and where VMS cuts them.
//!
//! Both start on 1 August. They end differently, and that is VMS's doing: a school year ends at
//! midnight at the *start* of 31 July (quirk B1), a virtual year at the last second of that day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A year text that is not of the expected form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YearError {
    /// Not `YYZZ` with ZZ the year after YY.
    #[error("a school year is four digits, both years of it, such as 2526 for August 2025 to July 2026")]
    School,
    /// Not `YYYY-ZZZZ` with ZZZZ the year after YYYY.
    #[error("a virtual year is written such as 2025-2026")]
    Virtual,
}

/// The calendar year in which the year that contains `day` began: they begin on 1 August.
fn starts_in(day: Date) -> i16 {
    if day.month() >= 8 { day.year() } else { day.year() - 1 }
}

/// A school year, printed `2526`: from 1 August 2025 to 31 July 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SchoolYear {
    /// Years since 2000 of its August.
    start: u8,
}

impl SchoolYear {
    /// The school year that `day` lies in; days before August 2000 and after July 2100 are held at the ends.
    pub fn containing(day: Date) -> Self {
        Self { start: (starts_in(day) - 2000).clamp(0, 99) as u8 }
    }

    /// The year before this one; the first one is its own predecessor.
    #[must_use]
    pub fn previous(self) -> Self {
        Self { start: self.start.saturating_sub(1) }
    }

    /// The calendar year of its August.
    pub fn first_calendar_year(self) -> i16 {
        2000 + i16::from(self.start)
    }

    /// The first moment of the year, in the text form that VMS compares stored stamps with.
    pub fn first_stamp(self) -> String {
        format!("{}-08-01 00:00:00.000000", self.first_calendar_year())
    }

    /// The last moment that VMS counts: midnight at the start of 31 July (quirk B1).
    pub fn last_stamp(self) -> String {
        format!("{}-07-31 00:00:00.000000", self.first_calendar_year() + 1)
    }

    /// `2025-26`, as people write it.
    pub fn label(self) -> String {
        format!("{}-{:02}", self.first_calendar_year(), (self.start + 1) % 100)
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}{:02}", self.start, (self.start + 1) % 100)
    }
}

impl FromStr for SchoolYear {
    type Err = YearError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(YearError::School);
        }
        let start: u8 = text[..2].parse().map_err(|_| YearError::School)?;
        let year = Self { start };
        if year.to_string() == text { Ok(year) } else { Err(YearError::School) }
    }
}

impl From<SchoolYear> for String {
    fn from(year: SchoolYear) -> Self {
        year.to_string()
    }
}

impl TryFrom<String> for SchoolYear {
    type Error = YearError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A virtual year, printed `2025-2026`: from 1 August 2025 to the end of 31 July 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VirtualYear(SchoolYear);

impl VirtualYear {
    /// The virtual year that begins with the same August as `year`.
    pub fn of(year: SchoolYear) -> Self {
        Self(year)
    }

    /// The school year that begins with the same August.
    pub fn school_year(self) -> SchoolYear {
        self.0
    }

    /// The first moment of the year, in the text form that VMS compares stored stamps with.
    pub fn first_stamp(self) -> String {
        self.0.first_stamp()
    }

    /// The last moment that VMS counts; the fraction of that second is outside.
    pub fn last_stamp(self) -> String {
        format!("{}-07-31 23:59:59.000000", self.0.first_calendar_year() + 1)
    }
}

impl fmt::Display for VirtualYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.0.first_calendar_year();
        write!(f, "{first}-{}", first + 1)
    }
}

impl FromStr for VirtualYear {
    type Err = YearError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let first: i16 = text.get(..4).and_then(|t| t.parse().ok()).ok_or(YearError::Virtual)?;
        let start = u8::try_from(first - 2000).ok().filter(|s| *s < 100).ok_or(YearError::Virtual)?;
        let year = Self(SchoolYear { start });
        if year.to_string() == text { Ok(year) } else { Err(YearError::Virtual) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_year_starts_on_the_first_of_august() {
        for (day, year) in [
            (date(2026, 7, 31), "2526"),
            (date(2026, 8, 1), "2627"),
            (date(2026, 1, 1), "2526"),
            (date(2025, 12, 31), "2526"),
            (date(2000, 1, 1), "0001"),
            (date(2100, 7, 31), "9900"),
        ] {
            assert_eq!(SchoolYear::containing(day).to_string(), year, "{day}");
        }
    }

    #[test]
    fn a_school_year_ends_at_the_start_of_31_july_and_a_virtual_year_at_its_end() {
        let year: SchoolYear = "2526".parse().unwrap();
        assert_eq!(year.first_stamp(), "2025-08-01 00:00:00.000000");
        assert_eq!(year.last_stamp(), "2026-07-31 00:00:00.000000");
        assert_eq!(VirtualYear::of(year).first_stamp(), year.first_stamp());
        assert_eq!(VirtualYear::of(year).last_stamp(), "2026-07-31 23:59:59.000000");
    }

    #[test]
    fn only_consecutive_years_in_the_one_form_are_accepted() {
        for bad in ["", "25", "2527", "25-26", "20252026", "25２6", "+526", "2025-26"] {
            assert!(bad.parse::<SchoolYear>().is_err(), "{bad}");
        }
        for bad in ["", "2526", "2025-2027", "2025-26", "1999-2000", "2100-2101", "2025–2026", "2025-2026 "] {
            assert!(bad.parse::<VirtualYear>().is_err(), "{bad}");
        }
        assert_eq!(String::from("9900".parse::<SchoolYear>().unwrap()), "9900");
        assert_eq!("2025-2026".parse::<VirtualYear>().unwrap().to_string(), "2025-2026");
    }

    #[test]
    fn the_label_is_what_people_write() {
        assert_eq!("2526".parse::<SchoolYear>().unwrap().label(), "2025-26");
    }
}
