//! Days of the calendar: what a retirement, a suppression's last day and `--today` are. Which day it is, nobody here asks:
//! a caller says it, or it is not known.

use std::fmt;
use std::str::FromStr;

/// A day of the Gregorian calendar, such as `2026-11-24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    /// Of the month, from 1 on.
    day: u8,
}

impl FromStr for Date {
    type Err = &'static str;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ALLOWED: &str = "allowed is a date such as `2027-01-31`";
        let is_date = text.len() == 10
            && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
        let parts = is_date.then(|| Some((text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)));
        let (year, month, day) = parts.flatten().ok_or(ALLOWED)?;
        let date = Self { year, month, day };
        if (1..=12).contains(&month) && (1..=date.days_of_month()).contains(&day) { Ok(date) } else { Err(ALLOWED) }
    }
}

impl Date {
    /// How many days come after this one until `later`; less than 0 where that was before.
    pub fn days_until(self, later: Self) -> i64 {
        later.number() - self.number()
    }

    /// The day that comes so many days after 1970-01-01; `None` before that one, and after the year 9999.
    pub fn since_1970(days: i64) -> Option<Self> {
        let first = Self { year: 1970, month: 1, day: 1 };
        // A year has 365.2425 days: that is the year, or the one after it.
        let year = u16::try_from(1970 + days.max(0) / 366).ok().filter(|year| *year <= 9999)?;
        let wanted = first.number() + u32::try_from(days).ok().map(i64::from)?;
        let mut date = Self { year, month: 1, day: 1 };
        while (Self { year: date.year + 1, ..date }).number() <= wanted {
            date.year += 1;
        }
        while date.number() + i64::from(date.days_of_month()) <= wanted {
            date.month += 1;
        }
        date.day = u8::try_from(wanted - date.number() + 1).ok()?;
        Some(date)
    }

    fn days_of_month(self) -> u8 {
        match self.month {
            2 if self.is_leap() => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    fn is_leap(self) -> bool {
        self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400))
    }

    /// The days since the beginning of the calendar, reckoned in years that begin in March.
    fn number(self) -> i64 {
        let (year, month, day) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
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

    #[test]
    fn days_are_counted_over_months_and_leap_years() {
        let days = |from: &str, to: &str| from.parse::<Date>().unwrap().days_until(to.parse::<Date>().unwrap());
        assert_eq!(days("2026-11-24", "2026-11-24"), 0);
        assert_eq!(days("2024-02-28", "2024-03-01"), 2);
        assert_eq!(days("2026-02-28", "2026-03-01"), 1);
        assert_eq!(days("2026-12-31", "2027-01-01"), 1);
        assert_eq!(days("2027-01-01", "2026-01-01"), -365);
        assert_eq!(days("2000-01-01", "2400-01-01"), 146_097);
    }
}
