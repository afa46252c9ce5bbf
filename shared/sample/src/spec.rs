//! What a caller asks for: a seed, a scale and a day.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// What to write. The same specification always gives the same rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Another seed gives other people, other events and other figures of the same kind.
    pub seed: u64,
    /// How much of everything.
    pub scale: Scale,
    /// The "today" the data is built around. Only its UTC date matters: events before it are over, later ones are
    /// upcoming.
    pub as_of: Timestamp,
}

/// How much of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scale {
    /// 400 events, 300 volunteers, 1,500 students: for tests and for a first look.
    Small,
    /// 6,000 events, 8,000 volunteers, 40,000 students, 150,000 participations: as large as a real organization.
    Medium,
    /// Ten times medium: to see what grows faster than the data.
    Large,
}

impl Scale {
    /// Every scale, smallest first.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// The scale's word, as typed and printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }

    pub(crate) const fn sizes(self) -> Sizes {
        match self {
            Self::Small => Sizes::SMALL,
            Self::Medium => Sizes::MEDIUM,
            Self::Large => Sizes::LARGE,
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Scale {
    type Err = ParseScaleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|scale| scale.as_str() == text);
        found.ok_or_else(|| ParseScaleError { text: text.to_owned() })
    }
}

/// A text that names no scale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a scale: use small, medium or large")]
pub struct ParseScaleError {
    text: String,
}

/// The numbers behind a scale. Participations are aims, met within a few per cent; the others are exact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) events: usize,
    pub(crate) volunteers: usize,
    pub(crate) students: usize,
    pub(crate) teachers: usize,
    pub(crate) organizations: usize,
    pub(crate) schools_per_district: usize,
    pub(crate) participations: u64,
    pub(crate) student_participations: u64,
}

impl Sizes {
    const SMALL: Self = Self {
        events: 400,
        volunteers: 300,
        students: 1_500,
        teachers: 130,
        organizations: 60,
        schools_per_district: 5,
        participations: 2_400,
        student_participations: 4_500,
    };

    const MEDIUM: Self = Self {
        events: 6_000,
        volunteers: 8_000,
        students: 40_000,
        teachers: 2_500,
        organizations: 900,
        schools_per_district: 12,
        participations: 150_000,
        student_participations: 200_000,
    };

    const LARGE: Self = Self {
        events: 60_000,
        volunteers: 80_000,
        students: 400_000,
        teachers: 25_000,
        organizations: 9_000,
        // A region does not get ten times as many schools.
        schools_per_district: 30,
        participations: 1_500_000,
        student_participations: 2_000_000,
    };

    pub(crate) const fn contacts(&self) -> usize {
        self.volunteers + self.teachers + self.students
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_reads_back_what_it_prints() {
        for scale in Scale::ALL {
            assert_eq!(scale.to_string().parse(), Ok(scale));
        }
    }

    #[test]
    fn an_unknown_scale_is_refused_with_the_list_of_scales() {
        let error = "huge".parse::<Scale>().unwrap_err();
        assert_eq!(error.to_string(), "`huge` is not a scale: use small, medium or large");
        assert!("Small".parse::<Scale>().is_err(), "words are exact");
    }
}
