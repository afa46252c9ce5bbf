//! Dates and times in the forms that people read. Stored digits are printed as they are; no zone is applied.

use jiff::civil::{Date, DateTime};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `MM/DD/YY`.
pub fn short_date(day: Date) -> String {
    format!("{:02}/{:02}/{:02}", day.month(), day.day(), day.year() % 100)
}

/// The 12-hour clock with a leading zero: `01:05 PM`.
pub fn twelve_hour(at: DateTime) -> String {
    let half = if at.hour() < 12 { "AM" } else { "PM" };
    let hour = match at.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    format!("{hour:02}:{:02} {half}", at.minute())
}

/// `September 2024`.
pub fn month_and_year(day: Date) -> String {
    format!("{} {}", MONTHS[usize::from(day.month().unsigned_abs()) - 1], day.year())
}

/// `2024-09`, which sorts by time.
pub fn month_key(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_time_is_shown_as_people_read_it() {
        for (hour, minute, text) in [
            (0, 0, "12:00 AM"),
            (0, 59, "12:59 AM"),
            (9, 5, "09:05 AM"),
            (11, 59, "11:59 AM"),
            (12, 0, "12:00 PM"),
            (13, 5, "01:05 PM"),
            (23, 59, "11:59 PM"),
        ] {
            assert_eq!(twelve_hour(date(2025, 9, 12).at(hour, minute, 59, 0)), text);
        }
    }

    #[test]
    fn a_date_has_two_digits_of_everything() {
        for (day, short, month, key) in [
            (date(2025, 9, 1), "09/01/25", "September 2025", "2025-09"),
            (date(2000, 1, 31), "01/31/00", "January 2000", "2000-01"),
            (date(2099, 12, 9), "12/09/99", "December 2099", "2099-12"),
        ] {
            assert_eq!(short_date(day), short);
            assert_eq!(month_and_year(day), month);
            assert_eq!(month_key(day), key);
        }
    }
}
