//! Days of the calendar: what a retirement, a suppression's last day and `--today` are. Which day it is, nobody here asks:
//! a caller says it, or it is not known.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate};

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

    /// The day that comes so many days after 1970-01-01; `None` before that one, and after the year 9999.
    pub fn since_1970(days: i64) -> Option<Self> {
        let date = NaiveDate::default().checked_add_days(Days::new(u64::try_from(days).ok()?))?;
        (date.year() <= 9999).then_some(Self(date))
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
    fn days_since_1970_are_days_of_the_calendar() {
        let first: Date = "1970-01-01".parse().unwrap();
        for days in [0, 30, 31, 58, 59, 364, 365, 789, 790, 11_016, 20_785, 20_786, 47_540] {
            assert_eq!(first.days_until(Date::since_1970(days).unwrap()), days);
        }
        assert_eq!(Date::since_1970(20_785), "2026-11-28".parse().ok());
        assert_eq!(Date::since_1970(-1), None);
        assert_eq!(Date::since_1970(i64::MAX), None);
    }
}
