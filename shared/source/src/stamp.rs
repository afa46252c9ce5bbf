//! Date-times as VMS stores them: wall-clock digits without a zone, compared as text.

use crate::Text;
use jiff::civil::DateTime;

/// A stored date-time. VMS filters and sorts by its text and prints its digits, so both are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    text: Text,
    at: DateTime,
}

impl Stamp {
    /// Reads what VMS reads: ISO-like texts with or without time, fraction, `T` or offset, the offset ignored.
    pub(crate) fn parse(text: &Text) -> Option<Self> {
        let digits = without_offset(text);
        let at = digits.parse::<DateTime>().ok()?;
        Some(Self { text: text.clone(), at })
    }

    /// The stored text, which decides comparison and order.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The digits as a date-time.
    pub fn at(&self) -> DateTime {
        self.at
    }

    /// Whether it lies between two texts in the stored form, both inclusive, as VMS's queries compare (quirk D25).
    pub fn is_within(&self, first: &str, last: &str) -> bool {
        (first..=last).contains(&self.text())
    }

    /// ISO text without offset, microseconds only where there are some: `2025-09-10T09:00:00`.
    pub fn iso(&self) -> String {
        if self.at.subsec_nanosecond() == 0 { self.at.to_string() } else { format!("{:.6}", self.at) }
    }
}

fn without_offset(text: &str) -> &str {
    let time = text.find(['T', ' ']).map_or(text.len(), |i| i + 1);
    let end = text[time..].find(['+', '-', 'Z', 'z']).map_or(text.len(), |i| time + i);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(text: &str) -> Option<String> {
        Stamp::parse(&text.into()).map(|s| s.iso())
    }

    #[test]
    fn every_form_that_vms_reads_is_read() {
        for (text, expected) in [
            ("2025-09-10 09:00:00.000000", "2025-09-10T09:00:00"),
            ("2025-09-10 09:00:00.500000", "2025-09-10T09:00:00.500000"),
            ("2025-09-10 09:00:00.1234569", "2025-09-10T09:00:00.123456"),
            ("0001-01-01 00:00:00.000001", "0001-01-01T00:00:00.000001"),
            ("2025-09-10T09:00:00", "2025-09-10T09:00:00"),
            ("2025-09-10", "2025-09-10T00:00:00"),
            ("2025-09-10 09:00:00+05:00", "2025-09-10T09:00:00"),
            ("2025-09-10T09:00:00-05:00", "2025-09-10T09:00:00"),
            ("2025-09-10T09:00:00Z", "2025-09-10T09:00:00"),
        ] {
            assert_eq!(iso(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "soon", "2025-13-01", "2025-02-30 09:00:00.000000", "10/09/2025", "2025-09-10 25:00:00"] {
            assert_eq!(iso(text), None, "{text}");
        }
    }

    #[test]
    fn bounds_are_compared_as_text() {
        let year = ("2024-08-01 00:00:00.000000", "2025-07-31 00:00:00.000000");
        for (text, inside) in [
            ("2024-08-01 00:00:00.000000", true),
            ("2024-08-01 00:00:00", false), // a shorter text sorts below the bound
            ("2025-07-31 00:00:00.000000", true),
            ("2025-07-31 00:00:00.000001", false),
            ("2025-07-30 23:59:59.999999", true),
        ] {
            assert_eq!(Stamp::parse(&text.into()).unwrap().is_within(year.0, year.1), inside, "{text}");
        }
    }
}
