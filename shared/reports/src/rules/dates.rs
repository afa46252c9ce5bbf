//! The forms in which reports write dates and times: always the stored digits, no time zone, English names.

use jiff::civil::DateTime;

/// `September 2024`
pub fn month_and_year(at: DateTime) -> String {
    at.strftime("%B %Y").to_string()
}

/// `09/10/2024`
pub fn slashed(at: DateTime) -> String {
    at.strftime("%m/%d/%Y").to_string()
}

/// `09/10/24`
pub fn slashed_short(at: DateTime) -> String {
    format!("{:02}/{:02}/{:02}", at.month(), at.day(), at.year().rem_euclid(100))
}

/// `September 01, 2024`
pub fn long(at: DateTime) -> String {
    at.strftime("%B %d, %Y").to_string()
}

/// `Sep 01, 2024`
pub fn medium(at: DateTime) -> String {
    at.strftime("%b %d, %Y").to_string()
}

/// `01:05 PM`
pub fn clock(at: DateTime) -> String {
    at.strftime("%I:%M %p").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_has_five_forms() {
        for (day, expected) in [
            (date(2024, 9, 1), "September 2024|09/01/2024|09/01/24|September 01, 2024|Sep 01, 2024"),
            (date(2009, 5, 31), "May 2009|05/31/2009|05/31/09|May 31, 2009|May 31, 2009"),
            (date(2030, 12, 25), "December 2030|12/25/2030|12/25/30|December 25, 2030|Dec 25, 2030"),
            (date(2099, 2, 3), "February 2099|02/03/2099|02/03/99|February 03, 2099|Feb 03, 2099"),
        ] {
            let at = day.at(23, 59, 59, 0);
            let forms = [month_and_year, slashed, slashed_short, long, medium].map(|form| form(at));
            assert_eq!(forms.join("|"), expected);
        }
    }

    #[test]
    fn the_clock_has_twelve_hours_and_a_leading_zero() {
        for (hour, minute, expected) in [
            (0, 0, "12:00 AM"),
            (0, 59, "12:59 AM"),
            (9, 5, "09:05 AM"),
            (11, 59, "11:59 AM"),
            (12, 0, "12:00 PM"),
            (13, 5, "01:05 PM"),
            (23, 59, "11:59 PM"),
        ] {
            assert_eq!(clock(date(2025, 1, 2).at(hour, minute, 0, 0)), expected);
        }
    }
}
