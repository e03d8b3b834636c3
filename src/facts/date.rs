//! Days of the calendar: what a retirement, a suppression's last day and `--today` are. Which day it is, nobody here asks:
//! a caller says it, or it is not known.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate};

/// A day of the Gregorian calendar, such as `2026-11-24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(NaiveDate);

impl FromStr for Date {
    type Err = &'static str;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Self);
        // Of `2027-1-1`, chrono makes a date as well.
        date.filter(|date| date.to_string() == text).ok_or("allowed is a date such as `2027-01-31`")
    }
}

impl Date {
    /// How many days come after this one until `later`; less than 0 where that was before.
    pub fn days_until(self, later: Self) -> i64 {
        (later.0 - self.0).num_days()
    }

    /// The day of a moment, by the seconds since 1970 began; `None` before that year, and after the year 9999.
    pub fn of_seconds(seconds: i64) -> Option<Self> {
        let date = DateTime::from_timestamp(seconds, 0)?.date_naive();
        (1970..=9999).contains(&date.year()).then_some(Self(date))
    }

    /// The month in words: `December 2025`.
    pub fn month(self) -> String {
        self.0.format("%B %Y").to_string()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_day_of_the_calendar_and_comes_after_the_one_before() {
        let date = |text: &str| text.parse::<Date>();
        for text in ["2027-01-31", "2028-02-29", "2000-02-29", "2026-12-31", "0001-01-01"] {
            assert_eq!(date(text).unwrap().to_string(), text);
        }
        for text in ["2027-02-29", "1900-02-29", "2027-13-01", "2027-00-01", "2027-04-31", "2027-1-1", "27-01-01"] {
            assert!(date(text).is_err(), "{text}");
        }
        for text in ["", "2027-01-31T00:00", "2027/01/31", "2026-04-01-1", "+027-01-31", "2027-01-名"] {
            assert!(date(text).is_err(), "{text}");
        }
        assert!(date("2026-12-31") < date("2027-01-01") && date("2027-01-31") < date("2027-02-01"));
    }

    #[test]
    fn a_moment_is_on_a_day_of_the_calendar() {
        let first_of_day = 20_785 * 86_400;
        for (seconds, day) in [
            (0, Some("1970-01-01")),
            (first_of_day - 1, Some("2026-11-27")),
            (first_of_day, Some("2026-11-28")),
            (-1, None),
            (i64::MAX, None),
        ] {
            assert_eq!(Date::of_seconds(seconds).map(|day| day.to_string()).as_deref(), day);
        }
    }
}
